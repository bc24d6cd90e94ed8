//! Goroutines that wait for a lock which another one likely holds while it waits for something else.
//!
//! Why it matters: the crowd is the victim; the one goroutine that holds the lock is the cause, and
//! what it waits for – the network, a channel, a timer – is what to take out of the lock.
//!
//! What it cannot know: Go does not record who holds a lock. The holder is found by pointers that it
//! shares with the waiters, or by its type alone, and is at most likely. Whether a slow holder will
//! end, a second dump tells.

use super::tangles::{Knot, SURE, knots};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::HolderDoes;
use crate::diagnose::step::{Advice, SecondDump, Step};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;
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
    finding.title = Title::LockHeld {
        waiting: knot.waiting(),
        lock: knot.tell.lock(knot.tangle),
        site: knot.site(),
        sure: finding.confidence,
        holder: knot.tell.function(row, user).to_owned(),
        does: does(knot, row),
    };
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
fn does(knot: &Knot<'_, '_>, row: u32) -> HolderDoes {
    let itself = || HolderDoes::Itself(knot.tell.does(row));
    let (Some(first), Some(source)) = (knot.tangle.path.first(), knot.tangle.source()) else {
        return itself();
    };
    let graph = knot.facts.graph();
    let Some(edge) = graph.next(*first) else { return itself() };
    let node = graph.node(source);
    let last = node.and_then(|node| node.rows.first().copied()).unwrap_or(row);
    let named = |id: u32| {
        let node = graph.node(id);
        let frame = node.map_or(0, |node| node.frame);
        let row = node.and_then(|node| node.rows.first().copied()).unwrap_or(row);
        knot.tell.function(row, knot.tell.user(row, frame)).to_owned()
    };
    let wants = knot.tell.wants(*first, &edge, &knot.tangle.locks);
    let does = knot.tell.does(last);
    if edge.to == source {
        HolderDoes::Behind { wants, next: named(source), does }
    } else {
        HolderDoes::FarBehind { wants, next: named(edge.to), last: named(source), does }
    }
}

fn evidence(knot: &Knot<'_, '_>) -> Vec<Evidence> {
    let mut all = knot.facts();
    all.extend(knot.holder());
    if knot.tangle.rivals > 0 {
        all.push(Evidence::Rivals { others: knot.tangle.rivals });
    }
    all.push(knot.places());
    if knot.tangle.stuck {
        all.push(Fact::HolderStuck.into());
    }
    all
}

fn next(knot: &Knot<'_, '_>, stuck: bool) -> Vec<Step> {
    let Some((row, frame)) = knot.first() else { return Vec::new() };
    let at = knot.tell.at(row, knot.tell.user(row, frame));
    let advice = if stuck { Advice::NoWaitInLock } else { Advice::SlowPartOutside };
    let old = knot.oldest.is_some_and(|minutes| minutes >= SURE);
    let mut all = vec![Step::at(at, advice)];
    if !old {
        let why = SecondDump::HolderStuck(knot.tell.goid(row).map(|goid| goid.0));
        all.push(Step::SecondDump { why });
    }
    all
}
