//! Goroutines that wait in a `sync.Cond` and are not woken.
//!
//! Why it matters: a Cond keeps no memory: a `Signal` before the `Wait`, or one that is forgotten on a
//! path, is lost, and the waiter stays.
//!
//! What it cannot know: idle workers wait in a Cond, too. They came at one time, though; callers that
//! arrive one after the other, at one Cond, and stay, are no pool.

use std::collections::BTreeMap;

use super::waits::{MANY, place, sites};
use crate::analysis::facts::Case;
use crate::analysis::finding::{Category, Confidence, Finding, Severity};
use crate::analysis::graph;
use crate::analysis::locks::{Id, Op};

/// The kind of these findings.
pub(super) const KIND: &str = "cond-never-signalled";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let locks = facts.locks();
    let wait = |index: usize| {
        let row = facts.summary.grouping.rows(index).first()?;
        locks.wait(*row).filter(|wait| wait.op == Op::Cond)
    };
    let mut found = Vec::new();
    for site in sites(facts, |index| wait(index).is_some()) {
        let mut conds: BTreeMap<u32, usize> = BTreeMap::new();
        for row in site.groups.iter().flat_map(|group| facts.summary.grouping.rows(*group)) {
            if let Some(wait) = locks.wait(*row) {
                *conds.entry(wait.lock).or_default() += 1;
            }
        }
        let (cond, most) = conds.iter().max_by_key(|(_, n)| **n).map_or((0, 0), |(c, n)| (*c, *n));
        let together = i64::try_from(most).unwrap_or(0).saturating_mul(2) > site.count;
        if !(site.leaked > 0 || (site.count >= MANY && site.spread && together)) {
            continue;
        }
        let mut finding = site.finding(facts, KIND, Category::Leak, None);
        finding.severity = if site.count > 1 { Severity::High } else { Severity::Medium };
        finding.confidence = Confidence::Likely;
        finding.title = format!(
            "{} in Cond.Wait in {}, and no Signal or Broadcast wakes them",
            graph::wait(site.count),
            site.function
        );
        if let Some(Id::Address(address)) = locks.lock(cond).map(|lock| lock.id) {
            finding.evidence.push(format!("{most} of them wait for the Cond at {address:#x}"));
        }
        finding.evidence.push(
            "they came one after the other and none was woken, as a pool of idle workers would not"
                .to_owned(),
        );
        let at = site.groups.first().map(|group| place(facts, *group)).unwrap_or_default();
        finding.next = vec![format!(
            "{at}: look for the change of state that has no Signal, or a Signal without the lock held"
        )];
        found.push(finding);
    }
    found
}
