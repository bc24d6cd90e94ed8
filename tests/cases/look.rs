//! What the analyses say of a dump, as far as the scores need it.

use gdump::diagnose::facts::{Case, Config};
use gdump::diagnose::find;
use gdump::diagnose::history::History;
use gdump::diagnose::{Facts, Finding, Known, Severity};
use regex::Regex;

use super::truth::Truth;
use crate::support::worded::Worded;

/// The findings of a dump, without those about the test harness alone, and what is in the dump.
pub(super) struct Look {
    pub(super) findings: Vec<Said>,
    /// Function and state of each frame of each group.
    pub(super) present: Vec<(String, String, bool)>,
}

/// A finding's texts.
pub(super) struct Said {
    pub(super) kind: &'static str,
    pub(super) category: &'static str,
    pub(super) severity: Severity,
    pub(super) title: String,
    pub(super) count: i64,
    /// Title, and the functions of its root and groups, one a line.
    pub(super) place: String,
    /// Its evidence, one sentence a line.
    pub(super) evidence: String,
}

impl Said {
    /// Whether it names what `pattern` matches: in its title, evidence, root or groups.
    pub(super) fn names(&self, pattern: &Regex) -> bool {
        self.places(pattern) || self.evidence.lines().any(|line| pattern.is_match(line))
    }

    /// The same without the evidence.
    pub(super) fn places(&self, pattern: &Regex) -> bool {
        self.place.lines().any(|line| pattern.is_match(line))
    }
}

impl Look {
    /// Prints the findings whole, for those who work on them.
    pub(super) fn print(&self) {
        for said in &self.findings {
            println!("    {:?} {} {}: {}", said.severity, said.category, said.kind, said.title);
            for line in said.evidence.lines() {
                println!("        · {line}");
            }
        }
    }
}

/// Runs the analyses.
pub(super) fn look(now: &Facts<'_>, before: &[Facts<'_>], case: &Truth) -> Look {
    let config = Config::default();
    let known = Known::built_in();
    let history = History::of_last(before.iter().chain([now]).map(Facts::index));
    let found = find::run(&Case::new(now, history, &config, &known));
    let findings = found
        .iter()
        .filter(|finding| !(case.has_harness() && is_harness(finding, now)))
        .map(|finding| said(finding, now))
        .collect();
    let mut present = Vec::new();
    for (index, group) in now.groups.iter().enumerate() {
        let state = now.state(index).to_owned();
        let inferred = group.states.first().is_none_or(|state| state.inferred);
        for function in now.functions(group.stack) {
            present.push((function.to_owned(), state.clone(), inferred));
        }
    }
    Look { findings, present }
}

fn said(finding: &Finding, facts: &Facts<'_>) -> Said {
    let mut place = finding.title();
    let stacks =
        finding.root.iter().map(|root| root.stack).chain(
            finding.groups.iter().filter_map(|group| facts.groups.get(*group)).map(|g| g.stack),
        );
    for function in stacks.flat_map(|stack| facts.functions(stack)) {
        place.push('\n');
        place.push_str(function);
    }
    Said {
        kind: finding.kind,
        category: finding.category.name(),
        severity: finding.severity,
        title: finding.title(),
        count: finding.count,
        place,
        evidence: finding.evidence().join("\n"),
    }
}

/// Whether all groups of the finding belong to the harness: goroutine 1 in `TestMain` or
/// `testing.(*T).Run`, and the one that writes the dump in `TestMain.func1`.
fn is_harness(finding: &Finding, facts: &Facts<'_>) -> bool {
    let harness = |function: &str| {
        let local = function.rsplit('/').next().unwrap_or(function);
        local.contains(".TestMain") || function == "testing.(*T).Run"
    };
    !finding.groups.is_empty()
        && finding.groups.iter().all(|index| {
            facts.groups.get(*index).is_some_and(|group| facts.functions(group.stack).any(harness))
        })
}
