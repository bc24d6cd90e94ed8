//! What one lock's waiters and candidates say about it: whether it moves, whether a waiter holds it
//! itself, whether a reader is behind a writer that waits for that same reader, or who holds it.

use rustc_hash::FxHashMap;

use super::candidate::{is_busy, lasts, offset};
use super::{Candidate, Id, Locks, Owner, Tier, Wait, stack_of};
use crate::diagnose::index::Index;
use crate::model::WaitKind;
use crate::model::wait::LockKind;

/// Waiters whose age is looked at; the dump has the oldest first.
const SAMPLE: usize = 64;

/// What is said of one lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::diagnose) enum Verdict {
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
    for wait in locks
        .waits
        .iter()
        .filter(|wait| matches!(wait.kind, WaitKind::Lock(LockKind::Write | LockKind::WriteBehind)))
    {
        if let Some(Id::Type(owner)) = locks.lock(wait.lock).map(|lock| lock.id) {
            all.entry(owner).or_insert(wait.row);
        }
    }
    all
}

/// The verdict on the lock at `index`.
pub(super) fn verdict<'d>(
    locks: &Locks<'d>,
    facts: &Index<'d>,
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
    let nested: Vec<(u32, usize, WaitKind)> = locks
        .waits_for(index)
        .filter_map(|wait| nested(locks, facts, wait).map(|frame| (wait.row, frame, wait.kind)))
        .take(3)
        .collect();
    if let Some(reads) = reads(locks, facts, index, &nested, writers) {
        return reads;
    }
    // Nobody serves a select for minutes with a lock held; a loop that does holds another or none.
    let old = locks.waits_for(index).take(SAMPLE).any(|wait| lasts(facts, wait));
    let fits = |candidate: &&Candidate| !(old && locks.is_loop(facts, candidate));
    let best = lock.holders.iter().find(fits).copied();
    // An exact pointer in a goroutine that is blocked elsewhere is better evidence than a call path.
    let sure = best.filter(|candidate| candidate.tier <= Tier::Shared);
    // A loop that serves an object, and that the goroutine started with, holds nothing while it calls.
    let starts =
        |(row, frame, _): &(u32, usize, WaitKind)| frame + 1 == stack_of(facts, *row).len();
    let all_nested = nested;
    let nested: Vec<_> = all_nested.iter().copied().filter(|found| !starts(found)).collect();
    // Only one goroutine can be inside of a mutex: several nested waiters cannot all hold it. What is
    // known by its type alone may be as many objects as there are waiters.
    let lone = |nested: &[(u32, usize, WaitKind)]| {
        let first = nested.first().filter(|_| match nested.len() {
            1 => true,
            _ if lock.id.is_object() => false,
            _ => locks.waits_for(index).all(|wait| self::nested(locks, facts, wait).is_some()),
        });
        first.map(|(row, frame, _)| (*row, *frame))
    };
    // Where every waiter came through the object, as where nothing tells objects apart, the call path
    // says little beside a goroutine of the same type that is blocked elsewhere.
    let blocked = best.filter(|candidate| {
        let plain = locks.waits_for(index).nth(1).is_some() && lock.id.is_object();
        !plain && candidate.tier == Tier::Type && is_busy(locks, facts, candidate)
    });
    if let (None, Some((row, frame))) = (sure.or(blocked), lone(&nested)) {
        return Verdict::Own { row, frame };
    }
    // Who is only in the same package says less than a circle does.
    let (guess, best) = match best {
        Some(candidate) if candidate.tier == Tier::Package => (best, None),
        _ => (None, best),
    };
    let found = sure.or(blocked).or(best).or_else(|| each_other(locks, facts, index, &nested));
    match found.or(guess) {
        Some(candidate) => Verdict::Held(candidate),
        None => match lone(&all_nested).filter(|_| locks.deserted) {
            // Unless nobody else is there who could hold it.
            Some((row, frame)) => Verdict::Own { row, frame },
            None => inside_once(locks, facts, index).unwrap_or(Verdict::Nobody),
        },
    }
}

/// A goroutine in the function of a `Once` that waits for one which nobody else is seen in: it is the same
/// one, called from another line, as what `sync.OnceValue` returns is.
fn inside_once(locks: &Locks<'_>, facts: &Index<'_>, index: u32) -> Option<Verdict> {
    let wait = locks.waits_for(index).find(|wait| wait.kind == WaitKind::Lock(LockKind::Once))?;
    let stack = stack_of(facts, wait.row);
    let package = locks.frames.at(stack, wait.caller as usize).package;
    let frame = (wait.caller as usize + 1..stack.len()).find(|at| {
        let before = at.checked_sub(1).and_then(|before| stack.get(before));
        before.is_some_and(|id| locks.frames.is_once(*id))
            && stack.get(*at).is_some_and(|id| !locks.frames.is_sync(*id))
            && locks.frames.at(stack, *at).package == package
    })?;
    Some(Verdict::Once { row: wait.row, frame })
}

/// Where nothing tells objects apart, several that are inside of one object and want another one of the
/// type, with others before the door, hold what each other wants: only one can be inside of each.
fn each_other(
    locks: &Locks<'_>,
    facts: &Index<'_>,
    index: u32,
    nested: &[(u32, usize, WaitKind)],
) -> Option<Candidate> {
    let count =
        |row: u32| facts.dump().goroutine(row as usize).map_or(1, crate::model::Goroutine::count);
    let inside: i64 = nested.iter().map(|(row, ..)| count(*row)).sum();
    let (row, frame, _) = nested.first().copied()?;
    let named = locks.lock(index).is_some_and(|lock| !lock.id.is_object());
    (named && inside > 1).then_some(Candidate { row, frame, tier: Tier::Type, pointer: 0 })
}

fn reads<'d>(
    locks: &Locks<'d>,
    facts: &Index<'d>,
    index: u32,
    nested: &[(u32, usize, WaitKind)],
    writers: &Writers<'d>,
) -> Option<Verdict> {
    let (row, frame, _) =
        *nested.iter().find(|(_, _, op)| *op == WaitKind::Lock(LockKind::Read))?;
    let waits = locks.waits_for(index);
    let own = waits
        .into_iter()
        .find(|wait| matches!(wait.kind, WaitKind::Lock(LockKind::Write | LockKind::WriteBehind)));
    let writer = if let Some(wait) = own {
        wait.row
    } else {
        let wait = locks.wait(row)?;
        let owner = locks.frames.at(stack_of(facts, row), wait.caller as usize).owner?;
        *writers.get(&owner)?
    };
    Some(Verdict::Reads { row, frame, writer })
}

/// The raw index of an earlier frame that is a method of the object whose lock the innermost method
/// wants, if there is one. The same function again is recursion through a structure, unless it is the
/// same object.
///
/// Of several the outermost is named, as the way into an object is where it is mostly locked; but not
/// the function that the goroutine started with if there is another.
fn nested(locks: &Locks<'_>, facts: &Index<'_>, wait: &Wait) -> Option<usize> {
    let stack = stack_of(facts, wait.row);
    let caller = wait.caller as usize;
    let inner = locks.frames.at(stack, caller);
    let owner = inner
        .owner
        .filter(|_| wait.kind.is_lock() && wait.kind != WaitKind::Lock(LockKind::Once))?;
    let receiver = |frame: usize| locks.frames.receiver(wait.row as usize, frame);
    // A lock far from the receiver is no field of it.
    if let (Some(Id::Address(address)), Some(object)) =
        (locks.lock(wait.lock).map(|lock| lock.id), receiver(caller))
        && offset(address, object).is_none()
    {
        return None;
    }
    let is_outer = |at: &usize| {
        let outer = locks.frames.at(stack, *at);
        let closure = inner.name.starts_with(outer.name);
        let differs = matches!((receiver(caller), receiver(*at)), (Some(a), Some(b)) if a != b);
        outer.owner == Some(owner) && !closure && !differs
    };
    let mut outermost = (caller + 1..stack.len()).rev().filter(is_outer);
    let first = outermost.next()?;
    let starts = first + 1 == stack.len();
    Some(if starts { outermost.next().unwrap_or(first) } else { first })
}

/// The raw index of an earlier call of the same `Once` by the same line.
fn again(locks: &Locks<'_>, facts: &Index<'_>, wait: &Wait) -> Option<(u32, usize)> {
    if wait.kind != WaitKind::Lock(LockKind::Once) {
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
