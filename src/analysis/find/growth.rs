//! What a series of dumps says: which crowds grow from dump to dump, which stay, which shrink.
//!
//! Why it matters: growth is what makes a leak, and the one sign that needs no guess about what a
//! goroutine waits for.
//!
//! What it cannot know: whether the load grew, too. Numbers of goroutines in flight vary by chance,
//! as arrivals do (a Poisson variable has a standard deviation of the root of its mean), so a change
//! counts only if it is larger than three deviations of the difference of both counts.

use std::collections::BTreeMap;

use super::aside;
use super::crowd::{Crowd, crowds, reason, site};
use super::origin::common;
use super::reason::Reason;
use super::suspect::{self, MANY};
use super::tell::{self, are, goroutines};
use crate::analysis::facts::{Case, Facts};
use crate::analysis::finding::{Category, Confidence, Finding, Severity};

/// The kind of these findings.
pub(super) const KIND: &str = "growing";

/// What a number does over several dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trend {
    /// It never falls, and rises by more than chance.
    Grows,
    /// It is what it was, but for chance.
    Stays,
    /// It is lower than it was.
    Falls,
    /// It goes up and down.
    Varies,
}

impl Trend {
    /// The trend of `counts`, oldest first.
    pub(super) fn of(counts: &[i64]) -> Self {
        let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return Self::Stays };
        let most = counts.iter().max().unwrap_or(last);
        let rises = counts.windows(2).all(|pair| matches!(pair, [a, b] if b >= a));
        match () {
            () if rises && is_more(*last, *first) => Self::Grows,
            () if is_more(*most, *last) => Self::Falls,
            () if is_more(*last, *first) => Self::Varies,
            () => Self::Stays,
        }
    }
}

/// Whether `more` exceeds `less` by more than three standard deviations of their difference.
fn is_more(more: i64, less: i64) -> bool {
    let rise = more.saturating_sub(less);
    rise > 0 && rise.saturating_mul(rise) > more.saturating_add(less).saturating_mul(9)
}

/// How many goroutines of the dumps wait in the same functions for the same kinds of things as those
/// of `groups` do now, oldest first.
fn counts(case: &Case<'_, '_>, groups: &[usize]) -> Vec<i64> {
    let key = |facts: &Facts<'_>, index: usize| {
        let stack = facts.groups.get(index)?.stack;
        Some((site(facts, stack)?.function.to_owned(), reason(facts, index)))
    };
    let mut keys: Vec<_> = groups.iter().filter_map(|index| key(case.now, *index)).collect();
    keys.sort();
    keys.dedup();
    let all = case.before.iter().chain(std::iter::once(case.now));
    all.map(|facts| {
        let same = (0..facts.groups.len())
            .filter(|index| key(facts, *index).is_some_and(|key| keys.binary_search(&key).is_ok()));
        let groups = same.filter_map(|index| facts.groups.get(index));
        groups.fold(0i64, |sum, group| sum.saturating_add(group.count))
    })
    .collect()
}

/// `31 → 120 → 245 (+107 per dump)`.
fn arrow(counts: &[i64]) -> String {
    let list: Vec<_> = counts.iter().map(ToString::to_string).collect();
    let steps = i64::try_from(counts.len()).unwrap_or(i64::MAX).saturating_sub(1).max(1);
    let change = counts.last().unwrap_or(&0) - counts.first().unwrap_or(&0);
    match change / steps {
        0 => list.join(" → "),
        each => format!("{} ({each:+} per dump)", list.join(" → ")),
    }
}

/// Says in a finding what the earlier dumps say of it. `false` if they acquit it.
pub(super) fn weigh(case: &Case<'_, '_>, finding: &mut Finding) -> bool {
    if case.before.is_empty() || finding.groups.is_empty() {
        return true;
    }
    let counts = counts(case, &finding.groups);
    let trend = Trend::of(&counts);
    let (stayed, earlier) = stayed(case, &finding.groups);
    let verb = match trend {
        Trend::Grows => "it grows",
        Trend::Stays => "it does not grow",
        Trend::Falls => "it falls",
        Trend::Varies => "it goes up and down",
    };
    let mut said = vec![format!("{verb}: {}", arrow(&counts))];
    if earlier > 0 && stayed > 0 {
        said.push(format!("{stayed} of the {earlier} that were there in the dump before are still in the same place"));
    }
    let moves = earlier >= MANY && stayed.saturating_mul(10) < earlier;
    if moves {
        said.push("they are others in each dump, so it moves".to_owned());
    }
    for sentence in said.into_iter().rev() {
        finding.evidence.insert(0, sentence);
    }
    if finding.kind != suspect::KIND {
        return true;
    }
    match trend {
        Trend::Grows if !moves => {
            let grown = if finding.count >= MANY { Severity::High } else { Severity::Medium };
            finding.severity = finding.severity.max(grown);
            finding.confidence = finding.confidence.max(Confidence::Likely);
            finding.title = tell::grown(&finding.title);
            true
        }
        Trend::Falls | Trend::Varies => false,
        Trend::Stays if moves => false,
        // What sends and stays is stuck; what receives or selects and stays is idle as well as stuck.
        Trend::Stays => {
            let sends =
                finding.groups.first().is_some_and(|g| reason(case.now, *g) == Reason::Send);
            if !sends {
                finding.severity = finding.severity.min(Severity::Medium);
                if finding.confidence == Confidence::Possible {
                    finding.severity = finding.severity.min(Severity::Low);
                }
            }
            true
        }
        Trend::Grows => true,
    }
}

/// How many goroutines that were in the places of `groups` in the dump before are there now, and how
/// many there were; nothing without ids.
fn stayed(case: &Case<'_, '_>, groups: &[usize]) -> (i64, i64) {
    let Some(before) = case.before.last() else { return (0, 0) };
    let ids: BTreeMap<u64, ()> = groups
        .iter()
        .filter_map(|index| case.now.groups.get(*index))
        .map(|group| (group.id, ()))
        .collect();
    let old = before.groups.iter().enumerate().filter(|(_, group)| ids.contains_key(&group.id));
    let mut then: Vec<u64> =
        old.flat_map(|(index, _)| before.members(index)).filter_map(|g| g.goid()).collect();
    let mut now: Vec<u64> =
        groups.iter().flat_map(|g| case.now.members(*g)).filter_map(|g| g.goid()).collect();
    then.sort_unstable();
    now.sort_unstable();
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    (number(common(&then, &now)), number(then.len()))
}

/// Looks for crowds that grow.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    if case.before.is_empty() {
        return Vec::new();
    }
    let waits = |index: usize, reason: Reason| {
        !matches!(reason, Reason::OnCpu | Reason::Other) && !aside::is_main(case.now, index)
    };
    let crowds = crowds(case.now, waits);
    crowds.iter().filter_map(|crowd| tell_one(case, crowd)).collect()
}

fn tell_one(case: &Case<'_, '_>, crowd: &Crowd<'_>) -> Option<Finding> {
    if Trend::of(&counts(case, &crowd.groups)) != Trend::Grows {
        return None;
    }
    let facts = case.now;
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    if crowd.reason == Reason::Lock {
        finding.category = Category::Contention;
    }
    // Connections grow with the clients, and what is known grows with what it serves.
    let load = crowd.reason == Reason::Io || aside::is_fine(case, crowd) || crowd.count < MANY;
    finding.severity = if load { Severity::Low } else { Severity::Medium };
    finding.confidence = if load { Confidence::Possible } else { Confidence::Likely };
    finding.title = tell::grown(&format!(
        "{} {} {} in {}",
        goroutines(crowd.count),
        are(crowd.count),
        crowd.reason.doing(),
        crowd.site.words()
    ));
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.extend(tell::since(crowd));
    finding.next = tell::next(facts, crowd, finding.severity);
    Some(finding)
}

/// Whether the dumps before are of the same process: goroutines with the same id and stack are in
/// both. `None` if there are no ids, or too few to tell.
pub(super) fn same_process(case: &Case<'_, '_>) -> Option<bool> {
    /// So many goroutines do not all end between two dumps of a service.
    const ENOUGH: usize = 5;
    let before = case.before.last()?;
    let goids = |facts: &Facts<'_>| {
        let all = facts.dump().goroutines().filter_map(|g| g.goid().filter(|id| *id > 1));
        let mut goids: Vec<u64> = all.collect();
        goids.sort_unstable();
        goids
    };
    let (then, now) = (goids(before), goids(case.now));
    if then.len() < ENOUGH || now.len() < ENOUGH {
        return None;
    }
    Some(common(&then, &now) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends() {
        assert_eq!(Trend::of(&[31, 120, 245]), Trend::Grows);
        assert_eq!(Trend::of(&[198, 563, 206]), Trend::Falls);
        assert_eq!(Trend::of(&[150, 150, 150]), Trend::Stays);
        assert_eq!(Trend::of(&[5067, 5067]), Trend::Stays);
        // A pool that is busier by chance.
        assert_eq!(Trend::of(&[40, 52]), Trend::Stays);
        assert_eq!(arrow(&[31, 120, 245]), "31 → 120 → 245 (+107 per dump)");
    }
}
