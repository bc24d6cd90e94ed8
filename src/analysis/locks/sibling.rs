//! Who may hold a lock by where it was started: together with the waiters, or by one of them.

use rustc_hash::FxHashMap;

use super::{Candidate, Locks, Tier, Wait, stack_of};
use crate::analysis::Facts;
use crate::model::GoidSet;

/// Goroutines started by one that belong together; who starts more is a dispatcher, or main, and to be
/// started by it tells nothing. In the reduced bugs of `GoBench` all but 12 of 6,208 starters have at
/// most three.
const FAMILY: usize = 8;

/// The goroutines that one started.
#[derive(Default)]
struct Family {
    size: usize,
    /// Those that are blocked on a channel, if they are not too many.
    blocked: Vec<u32>,
}

/// Goroutines started by the same goroutine as a waiter, or by the waiter, that are blocked on a
/// channel in the same package.
pub(super) fn by_start(locks: &Locks<'_>, facts: &Facts<'_>, found: &mut [Vec<Candidate>]) {
    let waits: Vec<(usize, Wait)> = (0u32..)
        .zip(&*found)
        .filter(|(_, list)| list.is_empty())
        .filter_map(|(number, _)| {
            let wait = locks.waits_for(number).find(|wait| wait.op.is_lock())?;
            Some((number as usize, *wait))
        })
        .collect();
    let parents = |wait: &Wait| {
        let goroutine = facts.dump().goroutine(wait.row as usize);
        goroutine.into_iter().flat_map(|g| [g.goid(), g.creator_goid()]).flatten()
    };
    let mut families: FxHashMap<u64, Family> = FxHashMap::default();
    let mut asked = GoidSet::new(facts.dump().max_goid(), facts.dump().len());
    for goid in waits.iter().flat_map(|(_, wait)| parents(wait)) {
        families.entry(goid).or_default();
        asked.insert(goid);
    }
    if families.is_empty() {
        return;
    }
    facts.dump().goroutines().for_each(|goroutine| {
        let parent = goroutine.creator_goid().filter(|goid| asked.contains(*goid));
        let Some(family) = parent.and_then(|goid| families.get_mut(&goid)) else { return };
        family.size += 1;
        let group = facts.group_of(goroutine).filter(|_| family.size <= FAMILY);
        if group.is_some_and(|group| facts.state(group).starts_with("chan ")) {
            family.blocked.extend(u32::try_from(goroutine.index()).ok());
        }
    });
    for (number, wait) in waits {
        let Some(list) = found.get_mut(number) else { continue };
        let package = locks.frames.at(stack_of(facts, wait.row), wait.caller as usize).package;
        let small = parents(&wait).filter_map(|goid| families.get(&goid));
        for row in small.filter(|family| family.size <= FAMILY).flat_map(|family| &family.blocked) {
            let stack = stack_of(facts, *row);
            let user = (0..stack.len()).find(|at| locks.frames.at(stack, *at).user);
            if let Some(frame) = user.filter(|at| locks.frames.at(stack, *at).package == package) {
                list.push(Candidate { row: *row, frame, tier: Tier::Sibling, pointer: 0 });
            }
        }
    }
}
