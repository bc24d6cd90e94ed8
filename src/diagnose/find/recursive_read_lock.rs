//! Readers that read-lock an `RWMutex` again while a writer waits for it.
//!
//! Why it matters: a waiting writer keeps new readers out, so the reader's second `RLock` waits for
//! the writer, which waits for that reader. Nobody is at fault in a small test; under load it stops.
//!
//! What it cannot know: whether the outer method still holds its read lock at the time of the call.

use super::tangles::{Knot, knots};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::Category;
use crate::diagnose::step::Step;
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "recursive-read-lock";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    knots(case, Trouble::Reads).filter_map(|knot| told(&knot)).collect()
}

fn told(knot: &Knot<'_, '_>) -> Option<Finding> {
    let mut finding = knot.finding(KIND, Category::Deadlock);
    let (row, outer) = knot.first()?;
    let inner = knot.locks.wait(row)?.caller as usize;
    let writer = knot.tangle.writer?;
    let locks = knot.locks.wait(writer)?.caller as usize;
    finding.severity = knot.deadlock();
    finding.confidence = knot.confidence();
    let (reads, again) = (knot.tell.function(row, outer), knot.tell.function(row, inner));
    let writes = knot.tell.function(writer, knot.tell.user(writer, locks));
    finding.title = Title::RecursiveRead {
        reads: reads.to_owned(),
        again: again.to_owned(),
        writes: writes.to_owned(),
        waiting: knot.waiting(),
    };
    finding.evidence = knot.facts();
    let at = knot.tell.at(row, outer);
    finding.evidence.push(Evidence::Nested {
        goid: knot.tell.goid(row),
        outer: at.clone(),
        inner: knot.tell.at(row, inner),
    });
    finding.evidence.push(Evidence::WritersWait {
        goid: knot.tell.goid(writer),
        at: knot.tell.at(writer, locks),
    });
    finding.evidence.push(knot.places());
    finding.next = vec![Step::NotWithReadLock { at, function: again.to_owned() }];
    Some(finding)
}
