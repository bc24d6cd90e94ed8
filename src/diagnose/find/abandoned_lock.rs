//! Locks that goroutines wait for, though nobody is seen who could hold them.
//!
//! Why it matters: a path that returns without Unlock, or a goroutine that ended (or panicked and
//! recovered) with the lock held, stops everybody who needs it until the process is restarted.
//!
//! What it cannot know: that no candidate is visible does not prove that there is none: the holder's
//! frames may be inlined or elided. It is called abandoned only if the dump is complete, nobody is on a
//! CPU in the same package, nobody else is in a method of the same type, and the waiters last, are
//! marked by Go, or are many; else it is a pile-up with an unseen holder.

use super::tangles::{Knot, SURE, knots};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::graph;
use crate::diagnose::locks::stack_of;
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::role::Role;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::tangles::Trouble;
use crate::diagnose::title::Title;
use crate::model::{SourceLocation, WaitKind};

/// The kind of these findings.
pub(super) const KIND: &str = "abandoned-lock";

/// So many waiters without a holder do not meet by chance between an Unlock and the next Lock: the
/// one woken first would be seen running.
const CROWD: i64 = 10;

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let mut others = None;
    let one = |knot: Knot<'_, '_>| {
        let others = others.get_or_insert_with(|| others_of(case));
        judge(&knot, others)
    };
    knots(case, Trouble::Nobody).map(one).collect()
}

/// Groups that wait for no lock, and the first record of each: found once, as there may be many locks and
/// many groups that wait for them.
fn others_of(case: &Case<'_, '_>) -> Vec<(usize, u32)> {
    let first = |index: usize| case.now.summary.grouping.rows(index).first().copied();
    let waits = |row: u32| case.now.locks().wait(row).is_some_and(|wait| wait.kind.is_lock());
    let groups = (0..case.now.groups.len()).filter_map(|index| Some((index, first(index)?)));
    groups.filter(|(_, row)| !waits(*row)).collect()
}

fn judge(knot: &Knot<'_, '_>, others: &[(usize, u32)]) -> Finding {
    let lasts = knot.leaked > 0
        || knot.oldest.is_some_and(|minutes| minutes >= SURE)
        || (knot.locks.deserted && (!knot.facts.has_ages() || is_whole(knot.facts)));
    let inside = somebody(knot, others);
    let alone = knot.facts.groups.len() < 2 && !is_whole(knot.facts);
    let partial = !knot.facts.sees_all() || alone;
    let many = knot.waiting() >= CROWD || (knot.tangle.locks.len() > 2 && knot.is_object());
    if inside.is_none() && !partial && (lasts || many) {
        return abandoned(knot);
    }
    unseen(knot, lasts, inside)
}

/// Whether the dump is no excerpt that somebody made of one: the goroutine that wrote it is there, or the
/// program ended with it.
fn is_whole(facts: &Facts<'_>) -> bool {
    !facts.is_partial() && (facts.summary.writer_goid.is_some() || super::crash::has_ended(facts))
}

fn abandoned(knot: &Knot<'_, '_>) -> Finding {
    let mut finding = knot.finding(KIND, Category::Deadlock);
    finding.severity = knot.deadlock();
    finding.confidence = if knot.is_object() { Confidence::Likely } else { Confidence::Possible };
    let site = knot.site();
    finding.title = Title::LockAbandoned {
        waiting: knot.waiting(),
        lock: knot.tell.lock(knot.tangle),
        site: site.clone(),
    };
    finding.root = knot.crowd().and_then(|(row, frame)| {
        let mut root = finding.root.take().or_else(|| root(knot, row))?;
        root.blocking = graph::shown_index(knot.facts, row, frame);
        Some(root)
    });
    finding.evidence = knot.facts();
    finding.evidence.push(Fact::NobodyInside.into());
    finding.evidence.push(knot.places());
    finding.next = vec![
        Step::at(SourceLocation::function(&site), Advice::FindMissingUnlock),
        Advice::SearchLock.into(),
    ];
    finding
}

fn unseen(knot: &Knot<'_, '_>, lasts: bool, inside: Option<Evidence>) -> Finding {
    let category = if lasts { Category::Deadlock } else { Category::Contention };
    let mut finding = knot.finding(super::lock_pileup::KIND, category);
    finding.severity = if lasts { knot.deadlock() } else { knot.contention() };
    finding.confidence = Confidence::Possible;
    finding.title = Title::LockUnseen {
        waiting: knot.waiting(),
        lock: knot.tell.lock(knot.tangle),
        site: knot.site(),
    };
    finding.root = knot.crowd().and_then(|(row, _)| root(knot, row));
    finding.evidence = knot.facts();
    finding.evidence.push(inside.unwrap_or(Fact::MaybeExcerpt.into()));
    finding.evidence.extend(held_by_name(knot));
    finding.evidence.push(knot.places());
    finding.next = vec![if super::crash::has_ended(knot.facts) {
        Step::at(SourceLocation::function(&knot.site()), Advice::SearchOtherLock)
    } else {
        Advice::CompleteDump.into()
    }];
    finding
}

fn root(knot: &Knot<'_, '_>, row: u32) -> Option<crate::diagnose::finding::Root> {
    let goroutine = knot.facts.dump().goroutine(row as usize)?;
    Some(crate::diagnose::finding::Root {
        goids: goroutine.goid().into_iter().collect(),
        row,
        stack: goroutine.stack(),
        role: Some(if knot.waiting() > 1 { Role::WaitsAsOthers } else { Role::WaitsForIt }),
        blocking: knot.crowd().and_then(|(row, frame)| graph::shown_index(knot.facts, row, frame)),
    })
}

/// Who else may be inside of the lock: a goroutine in a method of the same type that waits for no lock,
/// or one that runs in the same package.
fn somebody(knot: &Knot<'_, '_>, others: &[(usize, u32)]) -> Option<Evidence> {
    let (row, _) = knot.crowd()?;
    let caller = knot.locks.wait(row)?.caller as usize;
    let inner = knot.locks.frames.at(stack_of(knot.facts, row), caller);
    for (index, first) in others {
        let running = knot.facts.kind(*index) == WaitKind::OnCpu;
        let stack = stack_of(knot.facts, *first);
        let found = (0..stack.len()).find(|at| {
            let frame = knot.locks.frames.at(stack, *at);
            let same_type = frame.owner.is_some() && frame.owner == inner.owner;
            // Another object of the type holds another lock.
            let other = knot.tangle.locks.len() == 1
                && same_type
                && matches!(
                    (knot.locks.frames.receiver(row as usize, caller), knot.locks.frames.receiver(*first as usize, *at)),
                    (Some(a), Some(b)) if a != b
                );
            frame.user && ((same_type && !other) || (running && frame.package == inner.package))
        });
        if let Some(at) = found {
            return Some(Evidence::MayHold {
                goid: knot.tell.goid(*first),
                does: knot.tell.does(*first),
                at: knot.tell.at(*first, at),
            });
        }
    }
    None
}

/// Functions whose name says that a lock is held while they run: `handleRaftReadyRaftMuLocked`.
fn held_by_name(knot: &Knot<'_, '_>) -> Option<Evidence> {
    let (row, _) = knot.crowd()?;
    let stack = stack_of(knot.facts, row);
    let name = |at: usize| knot.locks.frames.at(stack, at).name;
    let found = (0..stack.len()).find(|at| name(*at).ends_with("Locked"))?;
    Some(Evidence::NamedLocked { goid: knot.tell.goid(row), function: name(found).to_owned() })
}
