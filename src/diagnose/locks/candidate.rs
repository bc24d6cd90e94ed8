//! Goroutines that may hold a lock: how they were found, and how well what they do fits a holder.

use super::{Id, Lock, Locks, Wait, stack_of};
use crate::diagnose::index::Index;
use crate::model::WaitKind;
use crate::model::wait::Side;

/// How a candidate was found, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// In a method of the object that holds the lock.
    Receiver,
    /// With the object, or the lock, among its arguments.
    Shared,
    /// In a method of the waiters' type, with a receiver just before the lock: its offset in the object
    /// is small, but no waiter shows it.
    Near,
    /// With a pointer that ends just before the lock, waiting for another lock.
    Enclosing,
    /// In another method of the same type; which object is not known.
    Type,
    /// Started together with the waiters.
    Sibling,
    /// Waiting for the waiters, all of which it started in the function that it waits in.
    Parent,
    /// In another function of the package whose functions, not methods, wait: their lock is a variable
    /// of the package.
    Package,
    /// In a `Cond.Wait` of the same object or type, which has released its lock, but no other one. Only
    /// if nobody else is seen and the wait cannot be chance.
    Released,
}

impl Tier {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Shared => "shared-pointer",
            Self::Near => "near-receiver",
            Self::Enclosing => "near-pointer",
            Self::Type => "type",
            Self::Sibling => "same-start",
            Self::Parent => "creator",
            Self::Package => "package",
            Self::Released => "cond",
        }
    }
}

/// A goroutine that may hold a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its record.
    pub row: u32,
    /// Raw index of the frame that speaks for it.
    pub frame: usize,
    /// How it was found.
    pub tier: Tier,
    /// The pointer that it shares with the lock; 0 if none.
    pub pointer: u64,
}

/// Fields farther from the start of their struct are not searched for. In the 3,372 waits of our cases
/// that print both the lock and the receiver the lock is at most 24 bytes in; `vault`'s `Core` has one
/// at 0x230. A page is a choice between larger structs and neighbours on the heap.
const MAX_OFFSET: u64 = 4096;

/// For a pointer of unknown type: a cache line, as small objects lie side by side in Go's size classes
/// (measured in ANALYSES.md 0.2: with 512 bytes more than half of the hits are neighbours).
pub(super) const NEAR: u64 = 64;

/// Candidates kept of each lock.
pub(super) const KEPT: usize = 8;

/// So many do not meet by chance between an Unlock and the next Lock: the one woken first would be seen
/// running.
pub(super) const CROWD: i64 = 10;

/// Minutes from which on a wait is one: Go counts from a garbage collection and forces one every two
/// minutes (runtime/proc.go, forcegcperiod).
const SURE: u32 = 2;

/// Whether `wait` is no matter of a moment: it is old, or Go has proven that it never ends.
pub(super) fn lasts(facts: &Index<'_>, wait: &Wait) -> bool {
    let head = facts.dump().goroutine(wait.row as usize).map(crate::model::Goroutine::head);
    head.is_some_and(|head| head.leaked || head.minutes.is_some_and(|minutes| minutes >= SURE))
}

/// The offset of a lock in the object at `receiver`, if it can be a field of it.
pub(super) fn offset(lock: u64, receiver: u64) -> Option<u64> {
    lock.checked_sub(receiver).filter(|offset| *offset < MAX_OFFSET)
}

/// Whether a lock lies in an argument of the method that locks it, not in its receiver.
pub(super) fn is_of_argument(lock: &Lock<'_>, facts: &Index<'_>, wait: &Wait) -> bool {
    let Id::Address(address) = lock.id else { return false };
    let words = facts.dump().args(wait.row as usize).iter();
    let mut own = words.filter(|word| word.frame == wait.caller && word.exact);
    let lies_in = |value: u64| address.checked_sub(value).is_some_and(|offset| offset <= NEAR);
    own.any(|word| word.position > 0 && word.value >= 0x1000 && lies_in(word.value))
}

/// States in which a goroutine is blocked in the midst of its work. `select` is left out: loops that
/// serve an object wait in it and hold nothing. debug=1 hides some channel waits: they are unknown.
pub(super) fn is_blocked(kind: WaitKind) -> bool {
    kind.is_channel()
        || matches!(
            kind,
            WaitKind::Io
                | WaitKind::Sleep
                | WaitKind::Syscall
                | WaitKind::Lock(_)
                | WaitKind::WaitGroup
                | WaitKind::Cond
                | WaitKind::EmptySelect
                | WaitKind::Unknown
        )
}

/// How well a state fits a holder: who is blocked in the midst of work comes first, loops that wait
/// for work last. Who waits in a Cond has released its lock.
pub(super) fn fit(locks: &Locks<'_>, facts: &Index<'_>, candidate: &Candidate) -> u8 {
    if let Some(wait) = locks.wait(candidate.row) {
        return if wait.kind == WaitKind::Cond { 9 } else { 0 };
    }
    let kind = locks.group(candidate.row).map_or(WaitKind::Other, |group| facts.kind(group));
    let stack = stack_of(facts, candidate.row);
    match kind {
        WaitKind::Io | WaitKind::Syscall | WaitKind::Send | WaitKind::NilChan(Side::Send) => 1,
        WaitKind::Select if locks.frames.is_in_call(stack) => 1,
        WaitKind::OnCpu => 2,
        WaitKind::Receive | WaitKind::NilChan(Side::Receive) => 3,
        WaitKind::Sleep => 4,
        _ => 5,
    }
}

/// Whether a candidate is blocked or at work, and not in a lock or in a loop that waits for work.
pub(super) fn is_busy(locks: &Locks<'_>, facts: &Index<'_>, candidate: &Candidate) -> bool {
    locks.wait(candidate.row).is_none() && fit(locks, facts, candidate) < 3
}
