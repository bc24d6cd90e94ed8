//! Suspected leaks: crowds of goroutines that wait for something which, as far as a dump shows, does
//! not come.
//!
//! Why it matters: a leaked goroutine keeps its stack and all that it refers to for ever; a service
//! that loses one in each request dies of it.
//!
//! What it cannot know: whether somebody will come yet. An idle pool and a leak of a dispatcher look
//! the same in one dump, so what only one goroutine started is at most a `low` finding that asks for a
//! second dump, unless it sends on a channel: idle workers receive or select, they do not send.
//!
//! Age raises, never lowers: Go counts it from a garbage collection, and who ticks is always young.

use super::aside::{is_fine, is_main};
use super::crowd::{Crowd, crowds};
use super::leak_context::LeakContext;
pub(super) use super::suspicion::KIND;
use super::{cluster, suspicion};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::model::WaitKind;

/// Looks for suspected leaks.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let context = LeakContext::new(case);
    // What is known to be fine belongs to no structure that got stuck either.
    let judged: Vec<_> = candidates(facts)
        .into_iter()
        .filter(|crowd| !is_fine(case, crowd))
        .map(|crowd| (context.judge_if_unknown(case, &crowd), crowd))
        .collect();
    let clusters = cluster::join(facts, judged, context.at_rest);
    clusters.iter().map(|cluster| suspicion::finding(case, &context, cluster)).collect()
}

/// Crowds that may leak, or belong to one that does.
fn candidates<'d>(facts: &Index<'d>) -> Vec<Crowd<'d>> {
    crowds(facts, |index, kind| {
        let waits = !matches!(kind, WaitKind::OnCpu | WaitKind::Other | WaitKind::Syscall);
        let proven = facts.groups.get(index).is_some_and(|group| group.leaked > 0);
        waits && !proven && !is_main(facts, index)
    })
}
