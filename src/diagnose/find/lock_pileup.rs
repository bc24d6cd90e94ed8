//! Goroutines that wait for a lock which another one likely holds while it waits for something else.
//!
//! Why it matters: the crowd is the victim; the one goroutine that holds the lock is the cause, and
//! what it waits for – the network, a channel, a timer – is what to take out of the lock.
//!
//! What it cannot know: Go does not record who holds a lock. The holder is found by pointers that it
//! shares with the waiters, or by its type alone, and is at most likely. Whether a slow holder will
//! end, a second dump tells.

use super::tangles::{Knot, SURE, knots};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::graph;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::tangles::Trouble;
use crate::model::WaitKind;

/// The kind of these findings.
pub(super) const KIND: &str = "lock-pileup";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    knots(case, Trouble::Held).map(|knot| held(&knot)).collect()
}

fn held(knot: &Knot<'_, '_>) -> Finding {
    let stuck = knot.tangle.stuck;
    let category = if stuck { Category::Deadlock } else { Category::Contention };
    let mut finding = knot.finding(KIND, category);
    finding.severity = if stuck { knot.deadlock() } else { knot.contention() };
    finding.confidence = knot.confidence();
    if !stuck && finding.confidence == Confidence::Possible && is_maybe_at_work(knot) {
        finding.severity = finding.severity.min(Severity::Medium);
    }
    let Some((row, frame)) = knot.first() else { return finding };
    let user = knot.tell.user(row, frame);
    let holder = match finding.confidence {
        Confidence::Possible => "a possible holder",
        _ => "its likely holder",
    };
    finding.title = format!(
        "{} for {} in {}; {holder}, {}, {}",
        graph::wait(knot.waiting()),
        knot.tell.lock(knot.tangle),
        knot.site(),
        knot.tell.function(row, user),
        doing(knot, row)
    );
    finding.evidence = evidence(knot);
    finding.next = next(knot, stuck);
    finding
}

/// Whether the format shows neither since when they wait nor that the holder does: it may be about to
/// unlock.
fn is_maybe_at_work(knot: &Knot<'_, '_>) -> bool {
    let group = knot.first().and_then(|(row, _)| knot.locks.group(row));
    let kind = group.map_or(WaitKind::Unknown, |group| knot.facts.kind(group));
    !knot.facts.has_ages() && matches!(kind, WaitKind::Unknown | WaitKind::OnCpu)
}

/// What the holder does, and those for whom it waits.
fn doing(knot: &Knot<'_, '_>, row: u32) -> String {
    let (Some(first), Some(source)) = (knot.tangle.path.first(), knot.tangle.source()) else {
        return knot.tell.doing(row);
    };
    let Some(edge) = knot.facts.graph().next(*first) else { return knot.tell.doing(row) };
    let node = knot.facts.graph().node(source);
    let last = node.and_then(|node| node.rows.first().copied()).unwrap_or(row);
    let named = |id: u32| {
        let node = knot.facts.graph().node(id);
        let frame = node.map_or(0, |node| node.frame);
        let row = node.and_then(|node| node.rows.first().copied()).unwrap_or(row);
        knot.tell.function(row, knot.tell.user(row, frame))
    };
    let verb = knot.tell.verb(*first, &edge);
    let what = knot.tell.doing(last);
    if edge.to == source {
        format!("{verb} {}, which {what}", named(source))
    } else {
        format!("{verb} {} and, behind it, {}, which {what}", named(edge.to), named(source))
    }
}

fn evidence(knot: &Knot<'_, '_>) -> Vec<String> {
    let mut all = knot.facts();
    let lock = knot.tangle.locks.first().and_then(|lock| knot.locks.lock(*lock));
    if let (Some(by), Some(lock)) = (knot.tangle.by, lock) {
        all.push(knot.tell.because(&by, lock.id));
    }
    if knot.tangle.rivals > 0 {
        all.push(format!("{} other goroutines would fit as well", knot.tangle.rivals));
    }
    all.push(format!("waiting: {}", knot.places().join(", ")));
    if knot.tangle.stuck {
        all.push("what the holder waits for must come from this process, and nobody at work was seen who would send it".to_owned());
    }
    all
}

fn next(knot: &Knot<'_, '_>, stuck: bool) -> Vec<String> {
    let Some((row, frame)) = knot.first() else { return Vec::new() };
    let at = knot.tell.at(row, knot.tell.user(row, frame));
    let what = if stuck {
        format!("{at}: do not wait for a channel or another goroutine while the lock is held")
    } else {
        format!("{at}: do the slow part outside of the lock, or set a deadline")
    };
    let old = knot.oldest.is_some_and(|minutes| minutes >= SURE);
    let mut all = vec![what];
    if !old {
        let who = knot.tell.who(row);
        all.push(format!("take a second dump in a minute: if {who} is still there, it is stuck"));
    }
    all
}
