//! Goroutines that wait for each other in a circle, not only for locks: one holds a lock and waits for its
//! children, for the other side of a channel or for a signal, and these wait for the lock.
//!
//! Why it matters: it is the most common deadlock of Go programs. None in the circle ever goes on, and
//! every other user of the lock piles up behind.
//!
//! What it cannot know: which channel a goroutine uses, and who holds a lock. The circle is said only if
//! everybody who is seen that could break it is stuck in it himself.

use super::tangles::{Knot, knots};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::waitfor::Why;
use crate::model::WaitKind;

/// The kind of these findings.
pub(super) const KIND: &str = "wait-cycle";

/// Members of a circle that a title names.
const NAMED: usize = 4;

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let mixed = |knot: &Knot<'_, '_>| knot.tangle.ring.iter().any(|edge| edge.why != Why::Lock);
    knots(case, Trouble::Cycle).filter(mixed).filter_map(|knot| told(&knot)).collect()
}

fn told(knot: &Knot<'_, '_>) -> Option<Finding> {
    let mut finding = knot.finding(KIND, Category::Deadlock);
    let (row, frame) = knot.first()?;
    finding.severity = knot.deadlock();
    let weakest = knot.tangle.ring.iter().map(|edge| edge.sure).min();
    finding.confidence = weakest.unwrap_or(Confidence::Possible).min(knot.confidence());
    finding.title = title(knot);
    finding.evidence = evidence(knot);
    let at = knot.tell.at(row, knot.tell.user(row, frame));
    let what = match knot.tangle.ring.first().map(|edge| edge.why) {
        Some(Why::Child) => {
            "unlock before waiting for the goroutines, or let them do without the lock"
        }
        Some(Why::Channel) => {
            "do not wait for a channel with the lock held: unlock before, or let the other side do without the lock"
        }
        Some(Why::Signal) => "Cond.Wait releases only its own lock: wait with no other one held",
        _ => "unlock before waiting for somebody who needs the lock",
    };
    finding.next = vec![format!("{at}: {what}")];
    Some(finding)
}

/// Goroutines of the circle that wait for a lock of it: not victims.
fn members(knot: &Knot<'_, '_>) -> i64 {
    let path = knot.tangle.path.iter();
    let waits = path.filter(|id| {
        let op = knot.facts.graph().node(**id).and_then(|node| node.kind);
        op.is_some_and(WaitKind::is_lock)
    });
    waits.map(|id| knot.facts.graph().count(knot.facts, *id)).sum()
}

fn title(knot: &Knot<'_, '_>) -> String {
    let ring = knot.tangle.path.iter().zip(&knot.tangle.ring);
    let function = |id: u32| {
        let node = knot.facts.graph().node(id);
        let row = node.and_then(|node| node.rows.first().copied()).unwrap_or_default();
        let frame = node.map_or(0, |node| node.frame);
        knot.tell.function(row, knot.tell.user(row, frame)).to_owned()
    };
    let first = knot.tangle.path.first().map(|id| function(*id)).unwrap_or_default();
    let mut text = format!("{first} holds {}", knot.tell.lock(knot.tangle));
    let count = knot.tangle.path.len();
    for (at, (id, edge)) in ring.enumerate() {
        let link = if at == 0 { " and" } else { ", which" };
        let part = if at + 1 == count {
            format!("{link} {}", closing(knot, *id, edge.why))
        } else if at < NAMED {
            format!("{link} {} {}", knot.tell.verb(*id, edge), function(edge.to))
        } else if at == NAMED {
            format!(", and so on over {} more", count - NAMED - 1)
        } else {
            String::new()
        };
        text.push_str(&part);
    }
    match knot.waiting() - members(knot) {
        more if more > 0 => format!("{text}; {more} more wait behind"),
        _ => text,
    }
}

/// How the last one waits for the first.
fn closing(knot: &Knot<'_, '_>, id: u32, why: Why) -> &'static str {
    match why {
        Why::Lock if knot.facts.graph().count(knot.facts, id) > 1 => "wait for that lock",
        Why::Lock => "waits for that lock",
        Why::Writer => "is kept out by it",
        Why::Child => "waits in a WaitGroup for the first",
        Why::Channel => "waits at a channel for the first",
        Why::Signal => "waits for a signal of the first",
    }
}

/// Why each is believed to wait for the next; who waits for whom is in the tree.
fn evidence(knot: &Knot<'_, '_>) -> Vec<String> {
    let mut all = knot.facts();
    let lock = knot.tangle.locks.first().and_then(|lock| knot.locks.lock(*lock));
    if let (Some(by), Some(lock)) = (knot.tangle.by, lock) {
        all.push(knot.tell.because(&by, lock.id));
    }
    for (id, edge) in knot.tangle.path.iter().zip(&knot.tangle.ring).take(16) {
        let (from, to) = (knot.tell.name(*id), knot.tell.name(edge.to));
        all.extend(match (edge.why, edge.sure) {
            (Why::Lock, _) => None,
            (Why::Writer, _) => Some("a writer that waits lets no further reader in".to_owned()),
            (Why::Child, Confidence::Possible) => {
                Some(format!("{to}: by its name started by {from}, so likely what its WaitGroup counts"))
            }
            (Why::Child, _) => Some(format!("{to}: created by {from}, so likely what its WaitGroup counts")),
            (_, Confidence::Possible) => Some(format!(
                "the other side of the channel or Cond of {from} is taken to be {to}, which is in code of the same type or function"
            )),
            (_, _) => Some(format!(
                "the other side of the channel or Cond of {from} is taken to be {to}, which has the same object"
            )),
        });
    }
    all.push("nobody else is seen who could break the circle".to_owned());
    all
}
