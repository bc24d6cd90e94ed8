//! Listeners that nobody closes: as many goroutines in `Accept` as no configuration asks for.
//!
//! Why it matters: each keeps a port, a file descriptor and a goroutine; when the descriptors are used
//! up nothing in the process can open a connection any more.
//!
//! What it cannot know: what the program is for. One that forwards ports has a listener for each of them;
//! it starts them from one place that stays, though.

use super::crowd::{Crowd, crowds};
use super::limits::MANY;
use super::tell;
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "listeners-not-closed";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let accepts = |index: usize, _| facts.names(index).contains(&"net.(*netFD).accept");
    let crowds = crowds(facts, accepts);
    let many = crowds.iter().filter(|crowd| crowd.count >= MANY);
    many.map(|crowd| tell_one(facts, crowd)).collect()
}

fn tell_one(facts: &Index<'_>, crowd: &Crowd<'_>) -> Finding {
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    let outlives = crowd.origin.is_one_per_call() && crowd.origin.is_gone();
    (finding.severity, finding.confidence) = if outlives {
        (Severity::High, Confidence::Likely)
    } else {
        (Severity::Medium, Confidence::Possible)
    };
    finding.title = Title::Listeners { listeners: crowd.count, at: crowd.site.location() };
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.extend(tell::since(crowd));
    finding.evidence.push(Fact::FewAddresses.into());
    finding.next = vec![tell::at_start(facts, crowd, Advice::CloseListener)];
    finding
}
