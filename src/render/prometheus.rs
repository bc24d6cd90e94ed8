//! Prometheus' text format, for a text file collector or a push gateway.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::escape::visible;
use crate::gate::Gate;

/// Groups that are written if the user did not say.
const TOP: usize = 20;

pub(super) fn render(gate: &Gate<'_>, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let Some(sight) = gate.sights.last() else { return Ok(()) };
    let summary = sight.summary();
    family(out, "gdump_check_passed", "Whether all that was asked holds.")?;
    writeln!(out, "gdump_check_passed {}", i32::from(gate.is_green()))?;
    family(out, "gdump_dump_complete", "Whether the dump is whole and was understood.")?;
    writeln!(out, "gdump_dump_complete {}", i32::from(summary.is_clean()))?;

    family(out, "gdump_goroutines", "Goroutines by state.")?;
    let mut states: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &summary.states {
        let sum = states.entry(row.state).or_default();
        *sum = sum.saturating_add(row.count);
    }
    for (state, count) in states {
        writeln!(out, "gdump_goroutines{{state=\"{}\"}} {count}", label(state))?;
    }
    family(out, "gdump_wait_seconds_max", "Longest known wait by state; Go counts in minutes.")?;
    let mut waits: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &summary.states {
        if let Some(minutes) = row.wait.max {
            let most = waits.entry(row.state).or_default();
            *most = minutes.max(*most);
        }
    }
    for (state, minutes) in waits {
        let seconds = u64::from(minutes) * 60;
        writeln!(out, "gdump_wait_seconds_max{{state=\"{}\"}} {seconds}", label(state))?;
    }

    family(out, "gdump_findings", "Findings by category and severity.")?;
    let mut findings: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for finding in &sight.findings {
        let key = (finding.category.name(), finding.severity.name());
        *findings.entry(key).or_default() += 1;
    }
    for ((category, severity), count) in findings {
        writeln!(out, "gdump_findings{{category=\"{category}\",severity=\"{severity}\"}} {count}")?;
    }

    family(out, "gdump_group_goroutines", "Goroutines of the largest groups by stack and state.")?;
    // Groups that differ only in lines have one fingerprint.
    let mut groups: Vec<(u64, String, i64)> = Vec::new();
    let mut known: BTreeMap<u64, usize> = BTreeMap::new();
    for index in 0..summary.grouping.len() {
        let Some(group) = sight.group(index, 0) else { continue };
        if let Some(at) = known.get(&group.id) {
            if let Some((_, _, sum)) = groups.get_mut(*at) {
                *sum = sum.saturating_add(group.count);
            }
        } else if groups.len() < top.unwrap_or(TOP) {
            let function = summary.stacks.user_name(group.stack);
            let (state, function) = (label(group.state()), label(function));
            known.insert(group.id, groups.len());
            groups.push((
                group.id,
                format!("function=\"{function}\",state=\"{state}\""),
                group.count,
            ));
        }
    }
    for (id, labels, count) in groups {
        writeln!(out, "gdump_group_goroutines{{group=\"{id:016x}\",{labels}}} {count}")?;
    }
    Ok(())
}

fn family(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

/// The value of a label: backslash, quote and line feed are escaped.
fn label(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
