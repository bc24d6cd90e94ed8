//! A gate for scripts and alerts: what was asked of a dump, and what of it does not hold.

pub mod baseline;
mod default;
mod found;
pub mod rule;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnose::diagnosis::Sight;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Severity};
use crate::diagnose::title::Title;
use crate::model::SourceLocation;
use crate::view::filter::WaitLimit;
use crate::view::group::Group;
pub use baseline::Baseline;
pub use found::accepted;
use found::{groups, incomplete, is_over, place_of};
pub use rule::{Findings, Growth, Max, Rules};

/// What came of it.
pub struct Gate<'d> {
    /// The dumps; the last one was judged.
    pub sights: Vec<Sight<'d>>,
    /// All that was asked, in order.
    pub checks: Vec<Check>,
    /// Why it is red, worst first; empty if it is green.
    pub trips: Vec<Trip>,
    /// What the gate could not judge; what the last dump's analyses could not is with them.
    pub notes: Vec<String>,
    /// What a format without ages and creators does not show, if that would matter.
    pub unseen: Option<String>,
    /// Why the last dump may hold more than was judged, if it may.
    pub incomplete: Option<String>,
    /// The folder that files are told relative to; empty for none.
    pub root: String,
}

/// Something that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// As it is typed: `max goroutines=100`.
    pub name: String,
    /// What there is: `267 goroutines`.
    pub says: String,
    /// It does not hold.
    pub tripped: bool,
}

/// A reason why the gate is red.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// Number of the check in [`Gate::checks`].
    pub check: usize,
    /// What kind of reason: the kind of a finding, or `max`, `max-wait`, `max-growth`, `new-group`,
    /// `over-baseline`, `incomplete-dump`.
    pub kind: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The reason.
    pub reason: Reason,
    /// Goroutines concerned.
    pub count: i64,
    /// Where to look.
    pub place: Option<SourceLocation>,
    /// Fingerprint of the finding or of the group.
    pub id: Option<u64>,
}

/// Why a check does not hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Something was found.
    Found(Category, Title),
    /// What was measured is not allowed: in one line, without a final period.
    Measured(String),
}

/// Kinds of reasons that are no findings, and what they mean.
pub const KINDS: &[(&str, &str)] = &[
    ("max", "There are more goroutines of a kind than --max allows."),
    ("max-wait", "Goroutines have waited longer than --max-wait allows."),
    ("max-growth", "There are more goroutines than before by more than --max-growth allows."),
    ("new-group", "There are goroutines in a stack and state that the baseline does not know."),
    ("over-baseline", "There are more goroutines in a group than the baseline accepts."),
    ("incomplete-dump", "The dump is cut off or not understood in parts, so it may hide anything."),
];

impl<'d> Gate<'d> {
    /// Judges the last of `sights`; `named` says whether a finding is one of those that the user named.
    pub fn new(sights: Vec<Sight<'d>>, rules: &Rules, named: impl Fn(&Finding) -> bool) -> Self {
        let mut gate = Self {
            sights: Vec::new(),
            checks: Vec::new(),
            trips: Vec::new(),
            notes: Vec::new(),
            unseen: None,
            incomplete: None,
            root: String::new(),
        };
        if let Some(now) = sights.last() {
            let groups = groups(now);
            gate.incomplete = incomplete(now.summary());
            let dump = now.facts.dump();
            match &rules.findings {
                Findings::Accepted => {}
                Findings::Named(names) => {
                    gate.findings(now, format!("fail-on {}", names.join(",")), "", &named);
                }
                Findings::Default => {
                    let red = |finding: &Finding| default::is_red(finding, dump);
                    gate.findings(now, "findings".to_owned(), default::WORDS, &red);
                    gate.unseen = default::unseen(now, red).filter(|_| sights.len() == 1);
                }
            }
            for max in &rules.max {
                gate.max(now, &groups, max);
            }
            if let Some(limit) = &rules.max_wait {
                gate.wait(now, &groups, limit, rules.scoped);
            }
            let before = sights.first().filter(|_| sights.len() > 1);
            if let Some((growth, before)) = rules.max_growth.zip(before) {
                gate.growth(before, now, &groups, growth);
            }
            if let Some(baseline) = &rules.baseline {
                gate.baseline(now, &groups, baseline, rules.max_growth);
            }
            gate.complete(rules.strict);
        }
        gate.trips.sort_by(|a, b| {
            (b.severity, b.count).cmp(&(a.severity, a.count)).then_with(|| a.check.cmp(&b.check))
        });
        gate.sights = sights;
        gate
    }

    /// Whether all that was asked holds.
    pub fn is_green(&self) -> bool {
        self.trips.is_empty()
    }

    fn check(&mut self, name: String, says: String) -> usize {
        self.checks.push(Check { name, says, tripped: false });
        self.checks.len() - 1
    }

    fn trip(&mut self, trip: Trip) {
        if let Some(check) = self.checks.get_mut(trip.check) {
            check.tripped = true;
        }
        self.trips.push(trip);
    }

    fn findings(
        &mut self,
        now: &Sight<'_>,
        name: String,
        meant: &str,
        fails: &impl Fn(&Finding) -> bool,
    ) {
        let found: Vec<&Finding> = now.findings.iter().filter(|finding| fails(finding)).collect();
        let (red, all) = (found.len(), now.findings.len());
        let says = match (all, meant) {
            (0, _) => "none".to_owned(),
            (_, "") => format!("{red} of {all}"),
            (_, meant) => format!("{red} of {all}: {meant}"),
        };
        let check = self.check(name, says);
        for finding in found {
            self.trip(Trip {
                check,
                kind: finding.kind,
                severity: finding.severity,
                reason: Reason::Found(finding.category, finding.title.clone()),
                count: finding.count,
                place: place_of(now, finding),
                id: Some(now.id(finding)),
            });
        }
    }

    fn max<'g>(&mut self, now: &Sight<'d>, groups: &'g [Group<'d>], max: &Max) {
        let summary = now.summary();
        let measured = max.measure(summary, groups);
        let check = self.check(
            format!("max {}", max.text),
            format!("{} {}, {} allowed", measured.value, measured.what, max.limit),
        );
        if measured.value <= max.limit {
            return;
        }
        let place = measured.largest.and_then(|group| rule::place(summary, group));
        let most = place.as_ref().map_or_else(String::new, |place| {
            let count = measured.largest.map_or(0, |group| group.count);
            format!(", most of them in {} ({count})", place.function)
        });
        self.trip(Trip {
            check,
            kind: "max",
            severity: Severity::High,
            reason: Reason::Measured(format!(
                "{} {}, {} more than the {} allowed{most}",
                measured.value,
                measured.what,
                measured.value.saturating_sub(max.limit),
                max.limit
            )),
            count: measured.value,
            place,
            id: measured.largest.map(|group| group.id),
        });
    }

    fn wait(&mut self, now: &Sight<'d>, groups: &[Group<'d>], limit: &WaitLimit, scoped: bool) {
        let summary = now.summary();
        let name = format!("max-wait {}", limit.text);
        if !summary.dump.format.is_traceback() {
            self.check(name, "not judged: the dump carries no ages".to_owned());
            self.note_unjudged(format!(
                "no goroutine of this dump has an age, so --max-wait {} was not judged; take \
                 /debug/pprof/goroutine?debug=2",
                limit.text
            ));
            return;
        }
        // Who is known to be idle may be so for as long as it likes.
        let fine: BTreeSet<u64> = now
            .fine
            .iter()
            .filter(|_| !scoped)
            .filter_map(|fine| now.facts.groups.get(fine.group))
            .map(|group| group.id)
            .collect();
        let mut over = 0i64;
        let mut worst: Option<(u32, &Group<'d>)> = None;
        for (index, group) in groups.iter().enumerate().filter(|(_, g)| !fine.contains(&g.id)) {
            let Some(longest) = group.wait.max.filter(|max| is_over(*max, limit)) else { continue };
            let signatures = summary.grouping.signatures(index).iter();
            let longer = signatures.filter(|(id, _)| {
                let head = summary.dump.head(summary.dump.signature(*id).head);
                head.minutes.is_some_and(|minutes| is_over(minutes, limit))
            });
            over = longer.fold(over, |sum, (_, count)| sum.saturating_add(*count));
            if worst.is_none_or(|(most, _)| longest > most) {
                worst = Some((longest, group));
            }
        }
        let mut says = format!("{over} goroutines have waited longer");
        if !fine.is_empty() {
            says.push_str(", known idle ones left out");
        }
        let check = self.check(name, says);
        let Some((longest, group)) = worst else { return };
        let place = rule::place(summary, group);
        let at = place.as_ref().map_or_else(String::new, |place| format!(" in {}", place.function));
        self.trip(Trip {
            check,
            kind: "max-wait",
            severity: Severity::High,
            reason: Reason::Measured(format!(
                "{over} goroutines have waited longer than {}, the longest {longest}m in {}{at}",
                limit.text,
                group.state(),
            )),
            count: over,
            place,
            id: Some(group.id),
        });
    }

    fn growth(
        &mut self,
        before: &Sight<'d>,
        now: &Sight<'d>,
        groups: &[Group<'d>],
        growth: Growth,
    ) {
        let (was, is) = (before.summary().shown, now.summary().shown);
        let change = is.saturating_sub(was);
        let check = self.check(format!("max-growth {growth}"), format!("{was} → {is} goroutines"));
        if is <= growth.allowed(was) {
            return;
        }
        let mut then: BTreeMap<u64, i64> = BTreeMap::new();
        for group in found::groups(before) {
            let sum = then.entry(group.id).or_default();
            *sum = sum.saturating_add(group.count);
        }
        let more = |group: &&Group<'_>| {
            group.count.saturating_sub(then.get(&group.id).copied().unwrap_or(0))
        };
        let largest = groups.iter().max_by_key(more);
        let place = largest.and_then(|group| rule::place(now.summary(), group));
        let most = largest.zip(place.as_ref()).map_or_else(String::new, |(group, place)| {
            format!(", most of it in {} ({:+})", place.function, more(&group))
        });
        self.trip(Trip {
            check,
            kind: "max-growth",
            severity: Severity::High,
            reason: Reason::Measured(format!(
                "{was} → {is} goroutines ({change:+}), {growth} allowed{most}"
            )),
            count: change,
            place,
            id: largest.map(|group| group.id),
        });
    }

    fn baseline(
        &mut self,
        now: &Sight<'d>,
        groups: &[Group<'d>],
        baseline: &Baseline,
        growth: Option<Growth>,
    ) {
        let summary = now.summary();
        let known = baseline.entries.len();
        let check = self.check("baseline".to_owned(), format!("{known} groups are accepted"));
        let mut counts: BTreeMap<u64, (i64, &Group<'d>)> = BTreeMap::new();
        for group in groups {
            let entry = counts.entry(group.id).or_insert((0, group));
            entry.0 = entry.0.saturating_add(group.count);
        }
        for (id, (count, group)) in &counts {
            let place = rule::place(summary, group);
            let at = place.as_ref().map_or("(no stack)", |place| &*place.function);
            let state = group.state();
            let (kind, message) = match baseline.entries.get(id) {
                None => {
                    let allowed = growth.filter(|growth| matches!(growth, Growth::Count(_)));
                    if allowed.is_some_and(|growth| *count <= growth.allowed(0)) {
                        continue;
                    }
                    ("new-group", format!("new: {count} goroutines in {state} in {at}"))
                }
                Some(entry) => {
                    let allowed = growth.map_or(entry.max, |growth| growth.allowed(entry.max));
                    if *count <= allowed {
                        continue;
                    }
                    let text =
                        format!("{count} goroutines in {state} in {at}, {} accepted", entry.max);
                    ("over-baseline", text)
                }
            };
            let (count, id) = (*count, Some(*id));
            let severity = Severity::High;
            let reason = Reason::Measured(message);
            self.trip(Trip { check, kind, severity, reason, count, place, id });
        }
        let gone = baseline.entries.iter().filter(|(id, _)| !counts.contains_key(id));
        let gone: Vec<&str> = gone.map(|(_, entry)| &*entry.name).collect();
        if let Some(first) = gone.first() {
            self.notes.push(format!(
                "{} groups of the baseline are not there any more, such as {first}",
                gone.len()
            ));
        }
    }

    /// What a format cannot answer may be anything.
    fn note_unjudged(&mut self, why: String) {
        match &mut self.incomplete {
            Some(known) => {
                known.push_str("; ");
                known.push_str(&why);
            }
            None => self.incomplete = Some(why),
        }
    }

    fn complete(&mut self, strict: bool) {
        let Some(why) = self.incomplete.clone().filter(|_| strict) else { return };
        let check = self.check("strict".to_owned(), why.clone());
        self.trip(Trip {
            check,
            kind: "incomplete-dump",
            severity: Severity::High,
            reason: Reason::Measured(why),
            count: 0,
            place: None,
            id: None,
        });
    }
}
