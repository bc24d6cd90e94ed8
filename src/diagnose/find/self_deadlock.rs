//! Goroutines that wait for a lock which they hold themselves.
//!
//! Why it matters: Go's locks are not reentrant. A method that locks and calls another one of the same
//! object that locks, too, stops for ever, and so does everybody who needs the lock.
//!
//! What it cannot know: whether the outer method holds the lock at the time of the call, or has
//! released it. Where another holder is visible, that one is believed instead.

use super::tangles::{Knot, knots};
use crate::diagnose::data::Address;
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::Category;
use crate::diagnose::step::Step;
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "self-deadlock";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    knots(case, Trouble::Own).filter_map(|knot| told(&knot)).collect()
}

fn told(knot: &Knot<'_, '_>) -> Option<Finding> {
    let mut finding = knot.finding(KIND, Category::Deadlock);
    let (row, outer) = knot.first()?;
    // The standard library does not lock twice: its lock has another holder.
    let stack = crate::diagnose::locks::stack_of(knot.facts, row);
    if !knot.locks.frames.at(stack, outer).user {
        return None;
    }
    let inner = knot.locks.wait(row)?.caller as usize;
    finding.severity = knot.deadlock();
    finding.confidence = knot.confidence();
    let (holds, wants) = (knot.tell.function(row, outer), knot.tell.function(row, inner));
    finding.title = Title::SelfDeadlock {
        holds: holds.to_owned(),
        wants: wants.to_owned(),
        lock: knot.tell.lock(knot.tangle),
        behind: knot.waiting() - 1,
    };
    finding.evidence = evidence(knot, row, outer, inner);
    let (at, function) = (knot.tell.at(row, outer), wants.to_owned());
    finding.next = vec![Step::CallLocked { at, function }];
    Some(finding)
}

fn evidence(knot: &Knot<'_, '_>, row: u32, outer: usize, inner: usize) -> Vec<Evidence> {
    let mut all = knot.facts();
    let receiver = |frame: usize| knot.locks.frames.receiver(row as usize, frame);
    let same = receiver(outer).filter(|object| receiver(inner) == Some(*object));
    all.push(Evidence::NestedMethods {
        goid: knot.tell.goid(row),
        outer: knot.tell.at(row, outer),
        inner: knot.tell.at(row, inner),
        receiver: same.map(Address),
    });
    all.push(Fact::NobodyElseHolds.into());
    all.push(knot.places());
    all
}
