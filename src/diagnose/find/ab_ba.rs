//! Locks taken in opposite order: each goroutine of a circle waits for a lock that the next one holds.
//!
//! Why it matters: none of them will ever go on, and every other user of these locks piles up behind.
//!
//! What it cannot know: who holds a lock is inferred, from pointers that are shared, or, where these
//! are gone from the registers, from the structure alone.

use super::tangles::{Knot, knots};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::locks::Id;
use crate::diagnose::rating::Category;
use crate::diagnose::tangles::Trouble;
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
    let each = match names[..] {
        [one] => format!("goroutines in {one} wait"),
        [.., last] => {
            let rest = names.get(..names.len() - 1).unwrap_or_default();
            format!("{} and {last} wait", rest.join(", "))
        }
        [] => "goroutines wait".to_owned(),
    };
    let victims = knot.waiting() - i64::try_from(knot.tangle.roots.len()).unwrap_or(0);
    let more = if victims > 0 { format!("; {victims} more wait behind") } else { String::new() };
    finding.title = format!("{each} for locks that the other holds, taken in opposite order{more}");
    finding.evidence = evidence(knot);
    finding.next = knot
        .tangle
        .roots
        .iter()
        .take(2)
        .map(|(row, frame)| {
            let at = knot.tell.at(*row, knot.tell.user(*row, *frame));
            format!("{at}: take the locks in one order everywhere, such as by address or id")
        })
        .collect();
    finding.next.dedup();
    Some(finding)
}

fn evidence(knot: &Knot<'_, '_>) -> Vec<String> {
    let mut all = Vec::new();
    for (row, frame) in knot.tangle.roots.iter().take(4) {
        let lock = knot.locks.wait(*row).and_then(|wait| knot.locks.lock(wait.lock));
        let which = match lock.map(|lock| lock.id) {
            Some(Id::Address(address)) => format!("the lock at {address:#x}"),
            _ => "a lock".to_owned(),
        };
        let at = knot.tell.at(*row, knot.tell.user(*row, *frame));
        all.push(format!("{} waits for {which} in {at}", knot.tell.who(*row)));
    }
    let lock = knot.tangle.locks.first().and_then(|lock| knot.locks.lock(*lock));
    if let (Some(by), Some(lock)) = (knot.tangle.by, lock) {
        all.push(knot.tell.because(&by, lock.id));
    }
    all.extend(knot.facts());
    all.push(format!("waiting: {}", knot.places().join(", ")));
    all
}
