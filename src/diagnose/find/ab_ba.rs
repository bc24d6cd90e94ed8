//! Locks taken in opposite order: each goroutine of a circle waits for a lock that the next one holds.
//!
//! Why it matters: none of them will ever go on, and every other user of these locks piles up behind.
//!
//! What it cannot know: who holds a lock is inferred, from pointers that are shared, or, where these
//! are gone from the registers, from the structure alone.

use super::tangles::{Knot, knots};
use crate::diagnose::data::Address;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::locks::Id;
use crate::diagnose::rating::Category;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;
use crate::diagnose::waitfor::Why;

/// The kind of these findings.
pub(super) const KIND: &str = "ab-ba";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let locks = |knot: &Knot<'_, '_>| knot.tangle.ring.iter().all(|edge| edge.why == Why::Lock);
    knots(case, Trouble::Cycle).filter(locks).filter_map(|knot| told(&knot)).collect()
}

fn told(knot: &Knot<'_, '_>) -> Option<Finding> {
    let mut finding = knot.finding(KIND, Category::Deadlock);
    knot.first()?;
    finding.severity = knot.deadlock();
    finding.confidence = knot.confidence();
    let mut names: Vec<&str> = Vec::new();
    for (row, frame) in &knot.tangle.roots {
        let name = knot.tell.function(*row, knot.tell.user(*row, *frame));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    finding.title = Title::LockOrder {
        functions: names.iter().map(|name| (*name).to_owned()).collect(),
        behind: knot.waiting() - i64::try_from(knot.tangle.roots.len()).unwrap_or(0),
    };
    finding.evidence = evidence(knot);
    let step = |(row, frame): &(u32, usize)| {
        let at = knot.tell.at(*row, knot.tell.user(*row, *frame));
        Step::at(at, Advice::LockInOneOrder)
    };
    finding.next = knot.tangle.roots.iter().take(2).map(step).collect();
    finding.next.dedup();
    Some(finding)
}

fn evidence(knot: &Knot<'_, '_>) -> Vec<Evidence> {
    let mut all = Vec::new();
    for (row, frame) in knot.tangle.roots.iter().take(4) {
        let lock = knot.locks.wait(*row).and_then(|wait| knot.locks.lock(wait.lock));
        let lock = match lock.map(|lock| lock.id) {
            Some(Id::Address(address)) => Some(Address(address)),
            _ => None,
        };
        let at = knot.tell.at(*row, knot.tell.user(*row, *frame));
        all.push(Evidence::WaitsForLock { goid: knot.tell.goid(*row), lock, at });
    }
    all.extend(knot.holder());
    all.extend(knot.facts());
    all.push(knot.places());
    all
}
