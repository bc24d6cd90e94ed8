//! `sync.Once` whose function calls the same `Once` again.
//!
//! Why it matters: the second call waits for the first to end, which waits for the second: nobody
//! passes this `Once` any more.
//!
//! What it cannot know: that both calls are of the same `Once` follows from the same line calling it
//! twice in one stack; a line that serves several objects may nest without harm.

use super::tangles::knots;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "once-recursion";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let told = knots(case, Trouble::Once).map(|knot| {
        let mut finding = knot.finding(KIND, Category::Deadlock);
        finding.severity = knot.deadlock();
        finding.confidence = Confidence::Likely;
        let Some((row, outer)) = knot.first() else { return finding };
        let user = knot.tell.user(row, outer);
        finding.title = Title::OnceRecursion { function: knot.tell.function(row, user).to_owned() };
        finding.evidence = knot.facts();
        let (goid, at) = (knot.tell.goid(row), knot.tell.at(row, user));
        finding.evidence.push(Evidence::OnceTwice { goid, at: at.clone() });
        finding.next = vec![Step::at(at, Advice::NoSecondOnce)];
        finding
    });
    told.collect()
}
