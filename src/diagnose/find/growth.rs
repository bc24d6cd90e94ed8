//! What a series of dumps says: which crowds grow from dump to dump, which stay, which shrink.
//!
//! Why it matters: growth is what makes a leak, and the one sign that needs no guess about what a
//! goroutine waits for.
//!
//! What it cannot know: whether the load grew, too. [`Trend`] leaves out what chance explains.

use std::collections::{BTreeMap, BTreeSet};

use super::crowd::{Crowd, crowds, site};
use super::ids::common;
use super::limits::MANY;
use super::{aside, suspect, tell};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::title::{CrowdTitle, Title};
use crate::model::{Goroutine, WaitKind};
use crate::series::{Trend, never_falls};

/// The kind of these findings.
pub(super) const KIND: &str = "growing";

/// How many goroutines there were at each place in each dump, oldest first.
pub(super) struct Places<'c> {
    places: BTreeMap<(&'c str, WaitKind), Vec<i64>>,
    dumps: usize,
}

impl<'c> Places<'c> {
    /// Places the goroutines of all dumps of `case`; nothing if there is only one.
    pub(super) fn new(case: &Case<'c, '_>) -> Self {
        let dumps = case.history.before.len() + 1;
        let mut all = Self { places: BTreeMap::new(), dumps };
        if case.history.before.is_empty() {
            return all;
        }
        for (number, facts) in case.series().enumerate() {
            for (index, group) in facts.groups.iter().enumerate() {
                let Some(place) = place(facts, index) else { continue };
                let counts = all.places.entry(place).or_insert_with(|| vec![0; dumps]);
                if let Some(count) = counts.get_mut(number) {
                    *count = count.saturating_add(group.count);
                }
            }
        }
        all
    }

    /// How many goroutines waited where those of `groups` do now.
    fn counts(&self, facts: &'c Index<'_>, groups: &[usize]) -> Vec<i64> {
        let mut places: Vec<_> = groups.iter().filter_map(|index| place(facts, *index)).collect();
        places.sort_unstable();
        places.dedup();
        let mut sums = vec![0i64; self.dumps];
        for counts in places.iter().filter_map(|place| self.places.get(place)) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum = sum.saturating_add(*count);
            }
        }
        sums
    }
}

/// The function in which the group at `index` waits, and what for.
fn place<'c>(facts: &'c Index<'_>, index: usize) -> Option<(&'c str, WaitKind)> {
    let stack = facts.groups.get(index)?.stack;
    Some((site(facts, stack)?.function, facts.kind(index).class()))
}

/// Says in a finding what the earlier dumps say of it. `false` if they acquit it.
pub(super) fn weigh(case: &Case<'_, '_>, places: &Places<'_>, finding: &mut Finding) -> bool {
    if case.history.before.is_empty() || finding.groups.is_empty() {
        return true;
    }
    let counts = places.counts(case.now, &finding.groups);
    let trend = Trend::of(&counts);
    let (stayed, earlier) = stayed(case, &finding.groups);
    let moves = earlier >= MANY && stayed.saturating_mul(10) < earlier;
    let accrues = trend == Trend::Stays && accrues(&counts, stayed, earlier);
    let mut said = vec![Evidence::Counts { trend, accrues, counts }];
    if stayed > 0 {
        said.push(Evidence::Stayed { stayed, earlier });
    }
    if moves {
        said.push(Fact::Moves.into());
    }
    finding.evidence.splice(0..0, said);
    finding.next.retain(|step| !step.is_second_dump());
    // What is known to leak, and not for what reason alone, is not less of one than a mere suspicion.
    let sure = finding.category == Category::Leak && finding.severity >= Severity::Medium;
    if sure && trend == Trend::Grows && !moves && finding.count >= MANY {
        finding.severity = Severity::High;
        finding.confidence = finding.confidence.max(Confidence::Likely);
    }
    // What chance may explain are goroutines that come and go.
    accrues || finding.kind != suspect::KIND || judge(case, finding, trend, moves)
}

/// Whether there are more from dump to dump while nine in ten of those of before are still there.
fn accrues(counts: &[i64], stayed: i64, earlier: i64) -> bool {
    let stays = earlier >= MANY && stayed.saturating_mul(10) >= earlier.saturating_mul(9);
    stays && never_falls(counts) && counts.last() > counts.first()
}

/// Raises or lowers a suspected leak by what earlier dumps show; `false` acquits it.
fn judge(case: &Case<'_, '_>, finding: &mut Finding, trend: Trend, moves: bool) -> bool {
    match trend {
        Trend::Varies => true,
        Trend::Grows if moves => true,
        Trend::Grows => {
            let grown = if finding.count >= MANY { Severity::High } else { Severity::Medium };
            finding.severity = finding.severity.max(grown);
            finding.confidence = finding.confidence.max(Confidence::Likely);
            finding.title.grow();
            true
        }
        Trend::Falls => false,
        Trend::Stays if moves => false,
        Trend::Stays => {
            // Who sends and stays is stuck; who receives or selects and stays may as well be idle.
            let first = finding.groups.first();
            if first.is_none_or(|index| case.now.kind(*index) != WaitKind::Send) {
                finding.severity = match finding.severity {
                    Severity::High => Severity::Medium,
                    Severity::Medium => Severity::Low,
                    Severity::Low | Severity::Info => Severity::Info,
                };
                finding.title.stay();
            }
            true
        }
    }
}

/// How many goroutines that were in the places of `groups` in the dump before are there now, and how
/// many there were; nothing without ids.
fn stayed(case: &Case<'_, '_>, groups: &[usize]) -> (i64, i64) {
    let Some(before) = case.history.before.last() else { return (0, 0) };
    let ids: BTreeSet<u64> = groups
        .iter()
        .filter_map(|index| case.now.groups.get(*index))
        .map(|group| group.id)
        .collect();
    let old = before.groups.iter().enumerate().filter(|(_, group)| ids.contains(&group.id));
    let mut then: Vec<u64> =
        old.flat_map(|(index, _)| before.members(index)).filter_map(Goroutine::goid).collect();
    let mut now: Vec<u64> =
        groups.iter().flat_map(|g| case.now.members(*g)).filter_map(Goroutine::goid).collect();
    then.sort_unstable();
    now.sort_unstable();
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    (number(common(&then, &now)), number(then.len()))
}

/// Looks for crowds that grow.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    if case.history.before.is_empty() {
        return Vec::new();
    }
    let waits = |index: usize, kind: WaitKind| {
        !matches!(kind, WaitKind::OnCpu | WaitKind::Other) && !aside::is_main(case.now, index)
    };
    let places = Places::new(case);
    let crowds = crowds(case.now, waits);
    crowds.iter().filter_map(|crowd| tell_one(case, &places, crowd)).collect()
}

fn tell_one(case: &Case<'_, '_>, places: &Places<'_>, crowd: &Crowd<'_>) -> Option<Finding> {
    if Trend::of(&places.counts(case.now, &crowd.groups)) != Trend::Grows {
        return None;
    }
    let facts = case.now;
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    if crowd.kind.is_lock() {
        finding.category = Category::Contention;
    }
    // Connections grow with the clients, and what is known grows with what it serves.
    let load = crowd.kind == WaitKind::Io || aside::is_fine(case, crowd) || crowd.count < MANY;
    finding.severity = if load { Severity::Low } else { Severity::Medium };
    finding.confidence = if load { Confidence::Possible } else { Confidence::Likely };
    let title = CrowdTitle::new(crowd.count, crowd.kind, crowd.site.location());
    finding.title = Title::Crowd { crowd: title };
    finding.title.grow();
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.extend(tell::since(crowd));
    finding.next = tell::next(facts, crowd, finding.severity);
    Some(finding)
}
