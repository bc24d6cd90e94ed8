//! Locks that many wait for but that move: a goroutine is in Unlock, or was woken to take it.
//!
//! Why it matters: it is no deadlock. The lock is taken too often or held too long for the load, and
//! each handover costs a switch of goroutines; more CPU does not help.
//!
//! What it cannot know: how fast it moves.

use super::library::TOO_MANY;
use super::tangles::{SURE, knots};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "lock-convoy";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let moving = knots(case, Trouble::Moves).filter(|knot| knot.waiting() > 0);
    let told = moving.map(|knot| {
        let mut finding = knot.finding(KIND, Category::Contention);
        // It goes on by itself: worse than a queue only if somebody waits for minutes, or so many do
        // that the handover itself is the load.
        let long = knot.oldest.is_some_and(|minutes| minutes >= SURE);
        let most =
            if long || knot.waiting() >= TOO_MANY { Severity::High } else { Severity::Medium };
        finding.severity = knot.contention().min(most);
        finding.confidence = Confidence::Likely;
        finding.title = Title::LockMoves {
            waiting: knot.waiting(),
            lock: knot.tell.lock(knot.tangle),
            site: knot.site(),
        };
        finding.evidence = knot.facts();
        let moving = knot.first().map(|(row, _)| Evidence::Unlocks { goid: knot.tell.goid(row) });
        finding.evidence.extend(moving);
        finding.evidence.push(knot.places());
        let at = knot.crowd().map(|(row, frame)| knot.tell.at(row, frame)).unwrap_or_default();
        finding.next = vec![Step::at(at, Advice::HoldShorter)];
        finding
    });
    told.collect()
}
