//! Evidence about goroutines that wait for locks and for each other.

use super::phrase::{counts, named, one_does, place, time, wait, who};
use crate::diagnose::data::Address;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::locks::Tier;
use crate::diagnose::said::{Holding, Same};

/// The sentence, if it is about such goroutines.
pub(super) fn evidence(evidence: &Evidence) -> Option<String> {
    of_lock(evidence).or_else(|| of_call(evidence)).or_else(|| of_peer(evidence))
}

/// About waiters of a lock and who holds it.
fn of_lock(evidence: &Evidence) -> Option<String> {
    Some(match evidence {
        Evidence::OneLock { waiting, lock: Address(lock) } => format!(
            "{} for the lock at {lock:#x}; the address is Go's own, printed without `?`",
            wait(*waiting)
        ),
        Evidence::OneObject { waiting, object: Address(object) } => format!(
            "{} in methods of the object at {object:#x}; an RWMutex prints no address of its own",
            wait(*waiting)
        ),
        Evidence::SeveralLocks { waiting, locks, one_place } => format!(
            "{} for {locks} different locks{}",
            wait(*waiting),
            if *one_place {
                " in one place: many instances of one fault"
            } else {
                "; their addresses are Go's own"
            }
        ),
        Evidence::Longest { minutes } => format!("the longest wait is {}", time(*minutes)),
        Evidence::Waiting { functions } => format!("waiting: {}", counts(functions)),
        Evidence::Holder { goid, at, holding } => holder(&who(*goid), &place(at), *holding),
        Evidence::Rivals { others } => format!("{others} other goroutines would fit as well"),
        Evidence::WaitsForLock { goid, lock, at } => {
            let which = lock.map_or_else(
                || "a lock".to_owned(),
                |Address(lock)| format!("the lock at {lock:#x}"),
            );
            format!("{} waits for {which} in {}", who(*goid), place(at))
        }
        Evidence::Unlocks { goid } => {
            format!("{} is unlocking it or was woken to take it at this moment", who(*goid))
        }
        Evidence::MayHold { goid, does, at } => {
            format!("{} {} in {}, and may hold it", who(*goid), one_does(Some(does)), place(at))
        }
        _ => return None,
    })
}

/// About calls that take a lock again.
fn of_call(evidence: &Evidence) -> Option<String> {
    Some(match evidence {
        Evidence::NestedMethods { goid, outer, inner, receiver } => {
            let nested = format!(
                "{} is in {} and, called from there, in {}",
                who(*goid),
                place(outer),
                place(inner)
            );
            match receiver {
                Some(Address(receiver)) => format!("{nested}, both with receiver {receiver:#x}"),
                None => format!("{nested}, methods of the same type"),
            }
        }
        Evidence::Nested { goid, outer, inner } => format!(
            "{} is in {} and, called from there, in {}",
            who(*goid),
            place(outer),
            place(inner)
        ),
        Evidence::WritersWait { goid, at } => {
            format!("{} waits to write in {}; from then on RLock waits, too", who(*goid), place(at))
        }
        Evidence::OnceTwice { goid, at } => {
            format!("{} calls Once.Do twice from the same line, {}", who(*goid), place(at))
        }
        Evidence::NamedLocked { goid, function } => format!(
            "{} is called {function}, so it waits with another lock held: look for a goroutine that takes them in the other order",
            who(*goid)
        ),
        _ => return None,
    })
}

/// About those that have to do something first.
fn of_peer(evidence: &Evidence) -> Option<String> {
    Some(match evidence {
        Evidence::ChildOf { child, parent, by_name } => format!(
            "{}: {} {}, so likely what its WaitGroup counts",
            named(child),
            if *by_name { "by its name started by" } else { "created by" },
            named(parent)
        ),
        Evidence::OtherSide { waiter, other, same_object } => format!(
            "the other side of the channel or Cond of {} is taken to be {}, which {}",
            named(waiter),
            named(other),
            if *same_object {
                "has the same object"
            } else {
                "is in code of the same type or function"
            }
        ),
        Evidence::NobodyInType { package, receiver } => format!(
            "no goroutine but the senders is in a method of {package}.{receiver}: who received has left, be it a caller that gave up (a timeout, an early return) or a loop that ended (a return, a recovered panic)"
        ),
        Evidence::ConsumerWorks { at } => format!(
            "the consumer is at work in {}, so the queue moves: this is backpressure, no leak",
            place(at)
        ),
        Evidence::ConsumerBlocked { same, does, at } => format!(
            "a goroutine of the same {}, likely the consumer, {} in {}",
            if *same == Same::Type { "type" } else { "package" },
            one_does(does.as_ref()),
            place(at)
        ),
        Evidence::OfErrgroup { held } => format!(
            "{held} {} started by this errgroup, of which each has a place",
            if *held == 1 { "was" } else { "were" }
        ),
        Evidence::InsideFunction { held } => format!(
            "{held} {} past that line, and still in the same function",
            if *held == 1 { "is" } else { "are" }
        ),
        Evidence::NobodyInside { function } => format!(
            "no goroutine is past that line and still in the same function: who took the places has returned from {function}"
        ),
        Evidence::OneCond { waiting, cond: Address(cond) } => {
            format!("{waiting} of them wait for the Cond at {cond:#x}")
        }
        Evidence::BothSidesWait { others, at } => format!(
            "{others} more wait in a Cond in {}, in methods of the same type: both sides sleep, so that a wake-up was lost or went to the wrong side; with one Cond for both, Signal may wake who has nothing to do",
            place(at)
        ),
        Evidence::ChildrenBlocked { with, waiting, does, at } => format!(
            "{with} of the {waiting} that wait have started a goroutine that {} in {}",
            one_does(does.as_ref()),
            place(at)
        ),
        Evidence::NoChildren { waiting } => format!("{waiting} have no child left"),
        Evidence::ChildrenGone { without, waiting } => format!(
            "no goroutine in the dump was created by {without} of the {waiting} that wait: a child has ended without Done, or Add was called too often"
        ),
        Evidence::WentOn { goroutines: n, function, line } => format!(
            "{} past {function}:{line}, where the others wait, and at work further down",
            if *n == 1 { "1 goroutine is".to_owned() } else { format!("{n} goroutines are") }
        ),
        Evidence::NotStartedByWaiter { loops, does, at } => format!(
            "{} {} in {}, a method of the same type, and was not started by the one that waits",
            if *loops == 1 { "1 goroutine" } else { "each of them" },
            one_does(does.as_ref()),
            place(at)
        ),
        _ => return None,
    })
}

/// Why a goroutine is believed to hold a lock.
fn holder(who: &str, at: &str, holding: Holding) -> String {
    let Holding { tier, pointer, address } = holding;
    match (tier, address) {
        (Tier::Receiver, Some(address)) => format!(
            "{who} is in {at} with receiver {pointer:#x}, which holds the lock at offset {}, as in the waiters, and does not wait for it",
            address.saturating_sub(pointer)
        ),
        (Tier::Receiver, _) => format!(
            "{who} is in {at} with the same receiver {pointer:#x} as the waiters, and does not wait for the lock"
        ),
        (Tier::Shared, _) => {
            format!("{who} is in {at} with the pointer {pointer:#x} that the waiters have, too")
        }
        (Tier::Near, Some(address)) => format!(
            "{who} is in {at}, a method of the waiters' type, with receiver {pointer:#x}: the lock lies {} bytes behind that",
            address.saturating_sub(pointer)
        ),
        (Tier::Enclosing | Tier::Near, _) => {
            format!("{who} is in {at} with {pointer:#x}, right before the lock")
        }
        (Tier::Type, _) => format!(
            "{who} is in {at}, in the same code as the waiters, and does not wait for this lock; no address tells which object it has"
        ),
        (Tier::Released, _) => format!(
            "{who} waits in a Cond in {at}: Cond.Wait releases only its own lock, and nobody else is seen who could hold this one"
        ),
        (Tier::Package, _) => format!(
            "{who} is in {at}, in the package of the waiters, whose lock is likely a variable of it, and does not wait for it; nothing else links it to the lock"
        ),
        (Tier::Parent, _) => format!(
            "{who} started all who wait for the lock, and waits for them in {at}; nobody else is seen who could hold it"
        ),
        (Tier::Sibling, _) => format!(
            "{who} in {at} was started together with the waiters and is blocked; no address links it to the lock"
        ),
    }
}
