//! Goroutines that wait for a lock which they hold themselves.
//!
//! Why it matters: Go's locks are not reentrant. A method that locks and calls another one of the same
//! object that locks, too, stops for ever, and so does everybody who needs the lock.
//!
//! What it cannot know: whether the outer method holds the lock at the time of the call, or has
//! released it. Where another holder is visible, that one is believed instead.

use super::tangles::{Knot, knots};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::Category;
use crate::diagnose::tangles::Trouble;

/// The kind of these findings.
pub(super) const KIND: &str = "self-deadlock";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    knots(case, Trouble::Own).filter_map(|knot| told(&knot)).collect()
}

fn told(knot: &Knot<'_, '_>) -> Option<Finding> {
    let mut finding = knot.finding(KIND, Category::Deadlock);
    let (row, outer) = knot.first()?;
    let inner = knot.locks.wait(row)?.caller as usize;
    finding.severity = knot.deadlock();
    finding.confidence = knot.confidence();
    let (holds, wants) = (knot.tell.function(row, outer), knot.tell.function(row, inner));
    let more = match knot.waiting() - 1 {
        0 => String::new(),
        n => format!("; {n} more wait for it"),
    };
    finding.title = format!(
        "{holds} likely holds {} and calls {wants}, which locks it again{more}",
        knot.tell.lock(knot.tangle)
    );
    finding.evidence = evidence(knot, row, outer, inner);
    finding.next = vec![format!(
        "{}: call a variant of {wants} that expects the lock to be held, or unlock before",
        knot.tell.at(row, outer)
    )];
    Some(finding)
}

fn evidence(knot: &Knot<'_, '_>, row: u32, outer: usize, inner: usize) -> Vec<String> {
    let mut all = knot.facts();
    let who = knot.tell.who(row);
    let (a, b) = (knot.tell.at(row, outer), knot.tell.at(row, inner));
    let receiver = |frame: usize| knot.locks.frames.receiver(row as usize, frame);
    all.push(match (receiver(outer), receiver(inner)) {
        (Some(x), Some(y)) if x == y => {
            format!("{who} is in {a} and, called from there, in {b}, both with receiver {x:#x}")
        }
        _ => format!("{who} is in {a} and, called from there, in {b}, methods of the same type"),
    });
    all.push("no other goroutine is seen that could hold the lock".to_owned());
    all.push(format!("waiting: {}", knot.places().join(", ")));
    all
}
