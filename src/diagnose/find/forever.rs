//! Goroutines that can never go on, by construction: they use a channel that was never made, or are
//! in a `select` without cases.
//!
//! Why it matters: nothing can end such a wait, whatever the rest of the program does (Go's language
//! specification: a nil channel is never ready for communication).
//!
//! What it cannot know: whether it is meant. A program may park a goroutine on purpose with
//! `select {}` or on the nil channel of `context.Background().Done()`; the main goroutine does that in
//! many, and one goroutine that was started once costs nothing.

use super::aside::{is_fine, is_main};
use super::crowd::{Crowd, crowds};
use super::limits::MANY;
use super::tell;
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of these findings.
pub(super) const KIND: &str = "blocked-forever";

/// Looks for goroutines that can never go on.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let forever = |index: usize, kind| {
        matches!(kind, WaitKind::NilChan(_) | WaitKind::EmptySelect)
            && !is_main(facts, index)
            && facts.groups.get(index).is_some_and(|group| group.leaked == 0)
    };
    let crowds = crowds(facts, forever);
    crowds
        .iter()
        .filter(|crowd| !is_fine(case, crowd))
        .map(|crowd| tell_one(facts, crowd))
        .collect()
}

fn tell_one(facts: &Index<'_>, crowd: &Crowd<'_>) -> Finding {
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    let aggregated = facts.dump().is_aggregated();
    finding.severity = severity(crowd);
    finding.confidence = if aggregated { Confidence::Likely } else { Confidence::Proven };
    let first = crowd.groups.first().copied().unwrap_or(0);
    finding.title = Title::Forever {
        goroutines: crowd.count,
        waits_for: facts.kind(first),
        at: crowd.site.location(),
    };
    finding.evidence.push(match crowd.kind {
        WaitKind::NilChan(_) => Fact::NilChannel.into(),
        _ => Fact::EmptySelect.into(),
    });
    if aggregated {
        finding.evidence.push(Fact::Inferred.into());
    }
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.extend(tell::since(crowd));
    finding.next = tell::next(facts, crowd, finding.severity);
    finding
}

/// A single goroutine that parks is harmless whether it is meant or not; several are started again
/// and again, and add up.
fn severity(crowd: &Crowd<'_>) -> Severity {
    let outlives = crowd.origin.is_gone() || crowd.origin.is_one_per_call();
    match crowd.kind {
        _ if crowd.count >= MANY || (crowd.count > 1 && outlives) => Severity::High,
        WaitKind::NilChan(_) => Severity::Medium,
        _ if crowd.count > 1 || outlives => Severity::Medium,
        _ => Severity::Low,
    }
}
