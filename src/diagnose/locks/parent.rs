//! Who may hold a lock because it started all who wait for it, and waits for them.

use rustc_hash::FxHashMap;

use super::candidate::lasts;
use super::{Candidate, Locks, Tier, Wait, stack_of};
use crate::diagnose::index::Index;
use crate::model::{Goroutine, Symbol, WaitKind};

/// For locks of which nobody is known to hold them: the goroutine that started all waiters in the function
/// in which it waits now, for them to end or to hand something over. What only they use is likely made
/// there, and locked there.
///
/// For a moment children may well wait for one of them that goes on, so that this is said only if they have
/// waited for minutes, if nothing in the program runs, or of several such families all of whose children
/// wait.
pub(super) fn by_parent(locks: &Locks<'_>, facts: &Index<'_>, found: &mut [Vec<Candidate>]) {
    let creator = |wait: &Wait| facts.dump().goroutine(wait.row as usize)?.creator_goid();
    let mut young: Vec<(u32, u64, Candidate)> = Vec::new();
    for (number, list) in (0u32..).zip(&mut *found).filter(|(_, list)| list.is_empty()) {
        let Some(first) = locks.waits_for(number).next() else { continue };
        let Some(goid) = creator(first).filter(|_| first.kind.is_lock()) else { continue };
        let Some(row) = facts.starter(goid) else { continue };
        if !locks.waits_for(number).all(|wait| creator(wait) == Some(goid)) {
            continue;
        }
        let Some(frame) = waits_in(locks, facts, first.row, row) else { continue };
        let candidate = Candidate { row, frame, tier: Tier::Parent, pointer: 0 };
        if locks.deserted || locks.waits_for(number).all(|wait| lasts(facts, wait)) {
            list.push(candidate);
        } else {
            young.push((number, goid, candidate));
        }
    }
    if young.len() >= SEVERAL {
        let mut children: FxHashMap<u64, usize> =
            young.iter().map(|(_, goid, _)| (*goid, 0)).collect();
        let by = |goroutine: Goroutine<'_>| goroutine.creator().map(|creator| creator.function);
        for goroutine in facts.dump().goroutines() {
            let goid = goroutine.creator_goid().filter(|_| {
                // A request has goroutines of `net/http` beside its own.
                by(goroutine).is_some_and(|name| !Symbol::new(facts.dump().str(name)).is_std())
            });
            if let Some(count) = goid.and_then(|goid| children.get_mut(&goid)) {
                *count += 1;
            }
        }
        let wait = |(number, goid, _): &(u32, u64, Candidate)| {
            children.get(goid) == Some(&locks.waits_for(*number).count())
        };
        young.retain(wait);
    }
    if young.len() >= SEVERAL {
        for (number, _, candidate) in young {
            if let Some(list) = found.get_mut(number as usize) {
                list.push(candidate);
            }
        }
    }
}

/// Families in which all wait at one moment: in one of them, one that is about to unlock may have been
/// missed; in several at once it is no chance.
const SEVERAL: usize = 3;

/// The raw index of the frame in which the goroutine in `parent` started the one in `child`, if it waits
/// there for a `WaitGroup` or a channel.
fn waits_in(locks: &Locks<'_>, facts: &Index<'_>, child: u32, parent: u32) -> Option<usize> {
    let dump = facts.dump();
    let creator = dump.goroutine(child as usize)?.creator()?;
    let kind = facts.kind(locks.group(parent)?);
    let waits = matches!(kind, WaitKind::Receive | WaitKind::WaitGroup);
    let stack = stack_of(facts, parent);
    let user = (0..stack.len()).find(|at| locks.frames.at(stack, *at).user)?;
    (waits && locks.frames.at(stack, user).name == dump.str(creator.function)).then_some(user)
}
