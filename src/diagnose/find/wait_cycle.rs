//! Goroutines that wait for each other in a circle, not only for locks: one holds a lock and waits for its
//! children, for the other side of a channel or for a signal, and these wait for the lock.
//!
//! Why it matters: it is the most common deadlock of Go programs. None in the circle ever goes on, and
//! every other user of the lock piles up behind.
//!
//! What it cannot know: which channel a goroutine uses, and who holds a lock. The circle is said only if
//! everybody who is seen that could break it is stuck in it himself.

use super::tangles::{Knot, knots};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::said::CycleLink;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;
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
    let advice = match knot.tangle.ring.first().map(|edge| edge.why) {
        Some(Why::Child) => Advice::UnlockBeforeChildren,
        Some(Why::Channel) => Advice::UnlockBeforeChannel,
        Some(Why::Signal) => Advice::CondWithOneLock,
        _ => Advice::UnlockBefore,
    };
    finding.next = vec![Step::at(at, advice)];
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

fn title(knot: &Knot<'_, '_>) -> Title {
    let graph = knot.facts.graph();
    let function = |id: u32| {
        let node = graph.node(id);
        let row = node.and_then(|node| node.rows.first().copied()).unwrap_or_default();
        let frame = node.map_or(0, |node| node.frame);
        knot.tell.function(row, knot.tell.user(row, frame)).to_owned()
    };
    let ring = knot.tangle.path.iter().zip(&knot.tangle.ring);
    let mut links: Vec<CycleLink> = ring
        .map(|(id, edge)| CycleLink {
            wants: knot.tell.wants(*id, edge, &knot.tangle.locks),
            waiters: graph.count(knot.facts, *id),
            of: function(edge.to),
        })
        .collect();
    let members = links.len();
    let last = links.pop();
    links.truncate(NAMED);
    Title::WaitCycle {
        first: knot.tangle.path.first().map(|id| function(*id)).unwrap_or_default(),
        lock: knot.tell.lock(knot.tangle),
        links,
        members,
        last,
        behind: knot.waiting() - self::members(knot),
    }
}

/// Why each is believed to wait for the next; who waits for whom is in the tree.
fn evidence(knot: &Knot<'_, '_>) -> Vec<Evidence> {
    let mut all = knot.facts();
    all.extend(knot.holder());
    for (id, edge) in knot.tangle.path.iter().zip(&knot.tangle.ring).take(16) {
        let (from, to) = (knot.tell.named(*id), knot.tell.named(edge.to));
        let guess = edge.sure == Confidence::Possible;
        all.extend(match edge.why {
            Why::Lock => None,
            Why::Writer => Some(Fact::WriterKeepsOut.into()),
            Why::Child => Some(Evidence::ChildOf { child: to, parent: from, by_name: guess }),
            Why::Channel | Why::Signal => {
                Some(Evidence::OtherSide { waiter: from, other: to, same_object: !guess })
            }
        });
    }
    all.push(Fact::NobodyBreaksCircle.into());
    all
}
