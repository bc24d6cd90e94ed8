//! Locks that many wait for but that move: a goroutine is in Unlock, or was woken to take it.
//!
//! Why it matters: it is no deadlock. The lock is taken too often or held too long for the load, and
//! each handover costs a switch of goroutines; more CPU does not help.
//!
//! What it cannot know: how fast it moves.

use super::library::TOO_MANY;
use super::tangles::{SURE, knots};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::graph;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::tangles::Trouble;

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
        finding.title = format!(
            "{} for {} in {}, and it moves: contention, no deadlock",
            graph::wait(knot.waiting()),
            knot.tell.lock(knot.tangle),
            knot.site()
        );
        finding.evidence = knot.facts();
        if let Some((row, _)) = knot.first() {
            let who = knot.tell.who(row);
            finding
                .evidence
                .push(format!("{who} is unlocking it or was woken to take it at this moment"));
        }
        finding.evidence.push(format!("waiting: {}", knot.places().join(", ")));
        finding.next = vec![format!(
            "{}: hold the lock shorter, or split it",
            knot.crowd().map_or_else(String::new, |(row, frame)| knot.tell.at(row, frame))
        )];
        finding
    });
    told.collect()
}
