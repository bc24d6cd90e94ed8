//! `sync.Once` whose function calls the same `Once` again.
//!
//! Why it matters: the second call waits for the first to end, which waits for the second: nobody
//! passes this `Once` any more.
//!
//! What it cannot know: that both calls are of the same `Once` follows from the same line calling it
//! twice in one stack; a line that serves several objects may nest without harm.

use super::tangles::knots;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::tangles::Trouble;

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
        finding.title = format!(
            "the function of the sync.Once in {} calls the same Once again and waits for itself",
            knot.tell.function(row, user)
        );
        finding.evidence = knot.facts();
        finding.evidence.push(format!(
            "{} calls Once.Do twice from the same line, {}",
            knot.tell.who(row),
            knot.tell.at(row, user)
        ));
        finding.next =
            vec![format!("{}: take the second call out of the function", knot.tell.at(row, user))];
        finding
    });
    told.collect()
}
