//! What one lock's waiters and candidates say about it: whether it moves, whether a waiter holds it
//! itself, whether a reader is behind a writer that waits for that same reader, or who holds it.

use rustc_hash::FxHashMap;

use super::{Candidate, Id, Locks, Op, Owner, Tier, Wait, stack_of};
use crate::analysis::Facts;

/// What is said of one lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It moves from one to the next.
    Moves(u32),
    /// A waiter is already inside of it; `frame` is the raw index of the frame that locked first.
    Own { row: u32, frame: usize },
    /// A `Once` whose function calls it again.
    Once { row: u32, frame: usize },
    /// A reader locks again behind a writer.
    Reads { row: u32, frame: usize, writer: u32 },
    /// Somebody may hold it.
    Held(Candidate),
    /// Nobody is seen.
    Nobody,
}

/// Writers that are known by their type alone.
pub(super) type Writers<'d> = FxHashMap<Owner<'d>, u32>;

/// Finds writers that wait for locks known by their type alone.
pub(super) fn writers<'d>(locks: &Locks<'d>) -> Writers<'d> {
    let mut all = Writers::default();
    for wait in locks.waits.iter().filter(|wait| matches!(wait.op, Op::Write | Op::WriteBehind)) {
        if let Some(Id::Type(owner)) = locks.lock(wait.lock).map(|lock| lock.id) {
            all.entry(owner).or_insert(wait.row);
        }
    }
    all
}

/// The verdict on the lock at `index`.
pub(super) fn verdict<'d>(
    locks: &Locks<'d>,
    facts: &Facts<'d>,
    index: u32,
    writers: &Writers<'d>,
) -> Verdict {
    let Some(lock) = locks.lock(index) else { return Verdict::Nobody };
    if let Some(row) = lock.moving.first() {
        return Verdict::Moves(*row);
    }
    if let Some((row, frame)) = locks.waits_for(index).find_map(|wait| again(locks, facts, wait)) {
        return Verdict::Once { row, frame };
    }
    let nested: Vec<(u32, usize, Op)> = locks
        .waits_for(index)
        .filter_map(|wait| nested(locks, facts, wait).map(|frame| (wait.row, frame, wait.op)))
        .take(3)
        .collect();
    if let Some(reads) = reads(locks, facts, index, &nested, writers) {
        return reads;
    }
    let best = lock.holders.first().copied();
    // An exact pointer in a goroutine that is blocked elsewhere is better evidence than a call path.
    let sure = best.filter(|candidate| candidate.tier <= Tier::Shared);
    // Only one goroutine can be inside of a mutex: several nested waiters cannot all hold it. What is
    // known by its type alone may be as many objects as there are waiters.
    let lone = match nested[..] {
        [(row, frame, _)] => Some((row, frame)),
        [(row, frame, _), ..] if !lock.id.is_object() => {
            let all = locks.waits_for(index).all(|wait| self::nested(locks, facts, wait).is_some());
            all.then_some((row, frame))
        }
        _ => None,
    };
    match (sure, lone, best) {
        (Some(candidate), ..) => Verdict::Held(candidate),
        (None, Some((row, frame)), _) => Verdict::Own { row, frame },
        (None, None, Some(candidate)) => Verdict::Held(candidate),
        (None, None, None) => Verdict::Nobody,
    }
}

fn reads<'d>(
    locks: &Locks<'d>,
    facts: &Facts<'d>,
    index: u32,
    nested: &[(u32, usize, Op)],
    writers: &Writers<'d>,
) -> Option<Verdict> {
    let (row, frame, _) = *nested.iter().find(|(_, _, op)| *op == Op::Read)?;
    let waits = locks.waits_for(index);
    let own = waits.into_iter().find(|wait| matches!(wait.op, Op::Write | Op::WriteBehind));
    let writer = match own {
        Some(wait) => wait.row,
        None => {
            let wait = locks.wait(row)?;
            let owner = locks.frames.at(stack_of(facts, row), wait.caller as usize).owner?;
            *writers.get(&owner)?
        }
    };
    Some(Verdict::Reads { row, frame, writer })
}

/// The raw index of an earlier frame that is a method of the object whose lock the innermost method
/// wants, if there is one. The same function again is recursion through a structure, unless it is the
/// same object.
fn nested(locks: &Locks<'_>, facts: &Facts<'_>, wait: &Wait) -> Option<usize> {
    let stack = stack_of(facts, wait.row);
    let caller = wait.caller as usize;
    let inner = locks.frames.at(stack, caller);
    let owner = inner.owner.filter(|_| wait.op.is_lock() && wait.op != Op::Once)?;
    let receiver = |frame: usize| locks.frames.receiver(wait.row as usize, frame);
    (caller + 1..stack.len()).find(|at| {
        let outer = locks.frames.at(stack, *at);
        if outer.owner != Some(owner) {
            return false;
        }
        let (a, b) = (receiver(caller), receiver(*at));
        let closure = inner.name.starts_with(outer.name);
        match (a, b) {
            (Some(a), Some(b)) => a == b && !closure,
            _ => !closure,
        }
    })
}

/// The raw index of an earlier call of the same `Once` by the same line.
fn again(locks: &Locks<'_>, facts: &Facts<'_>, wait: &Wait) -> Option<(u32, usize)> {
    if wait.op != Op::Once {
        return None;
    }
    let stack = stack_of(facts, wait.row);
    let frame = |at: usize| locks.frames.at(stack, at);
    let inner = frame(wait.caller as usize);
    let found = (wait.caller as usize + 1..stack.len()).find(|at| {
        let outer = frame(*at);
        let runs = at.checked_sub(1).and_then(|before| stack.get(before));
        runs.is_some_and(|id| locks.frames.is_once(*id))
            && (outer.name, outer.line) == (inner.name, inner.line)
    });
    found.map(|at| (wait.row, at))
}
