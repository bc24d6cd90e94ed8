//! Who may hold a lock because it started all who wait for it, and waits for them.

use super::verdict::SURE;
use super::{Candidate, Locks, Tier, Wait, stack_of};
use crate::analysis::Facts;
use crate::model::Goroutine;

/// For locks of which nobody is known to hold them: the goroutine that started all waiters in the function
/// in which it waits now, for them to end or to hand something over. What only they use is likely made
/// there, and locked there.
///
/// For a moment children may well wait for one of them that goes on, so that this is said only if they have
/// waited for minutes, or if nothing in the program runs.
pub(super) fn by_parent(locks: &Locks<'_>, facts: &Facts<'_>, found: &mut [Vec<Candidate>]) {
    let creator = |wait: &Wait| facts.dump().goroutine(wait.row as usize)?.creator_goid();
    let lasts = |wait: &Wait| {
        let head = facts.dump().goroutine(wait.row as usize).map(Goroutine::head);
        head.is_some_and(|head| head.leaked || head.minutes.is_some_and(|minutes| minutes >= SURE))
    };
    for (number, list) in (0u32..).zip(found).filter(|(_, list)| list.is_empty()) {
        let Some(first) = locks.waits_for(number).next() else { continue };
        let Some(goid) = creator(first).filter(|_| first.op.is_lock()) else { continue };
        let Some(row) = facts.starter(goid) else { continue };
        let all = locks.waits_for(number).all(|wait| creator(wait) == Some(goid));
        if !all || !(locks.deserted || locks.waits_for(number).all(lasts)) {
            continue;
        }
        if let Some(frame) = waits_in(locks, facts, first.row, row) {
            list.push(Candidate { row, frame, tier: Tier::Parent, pointer: 0 });
        }
    }
}

/// The raw index of the frame in which the goroutine in `parent` started the one in `child`, if it waits
/// there for a `WaitGroup` or a channel.
fn waits_in(locks: &Locks<'_>, facts: &Facts<'_>, child: u32, parent: u32) -> Option<usize> {
    let dump = facts.dump();
    let creator = dump.goroutine(child as usize)?.creator()?;
    let state = facts.state(locks.group(parent)?);
    let waits = matches!(state, "chan receive" | "sync.WaitGroup.Wait" | "semacquire");
    let stack = stack_of(facts, parent);
    let user = (0..stack.len()).find(|at| locks.frames.at(stack, *at).user)?;
    (waits && locks.frames.at(stack, user).name == dump.str(creator.function)).then_some(user)
}
