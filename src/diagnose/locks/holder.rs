//! Who may hold a lock.
//!
//! The consistent-offset rule: a lock is a field, so its address minus the receiver of the method that
//! locks it is the same for all objects of a type. A goroutine that does not wait for the lock, but is
//! in a method of that type with the very object that holds the lock (or has the lock's own address as
//! its receiver), likely holds it. Weaker, in this order: the same pointer as another argument; a
//! pointer just before the lock in a goroutine that waits for another lock; another method of the same
//! type that is blocked; a goroutine started together with the waiters that is blocked on a channel; for
//! locks that plain functions take, one that is blocked in another function of the package. Words that Go marks `?` are never used.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::candidate::{
    self, CROWD, Candidate, KEPT, NEAR, Tier, fit, is_blocked, is_of_argument, offset,
};
use super::{Id, Lock, Locks, Owner, Sieve, stack_of};
use crate::diagnose::index::Index;
use crate::model::wait::LockKind;
use crate::model::{GoidSet, WaitKind};

/// Waiters whose pointers are looked at: all have the same lock, so a few tell.
const SAMPLE: usize = 16;

/// A pointer that leads to a lock.
#[derive(Clone, Copy)]
struct Lead<'d> {
    lock: u32,
    /// The type that the pointer is of, if it was a receiver.
    owner: Option<Owner<'d>>,
}

/// Finds candidates for every lock of `locks`.
pub(super) fn find<'d>(locks: &mut Locks<'d>, facts: &Index<'d>) {
    let mut found: Vec<Vec<Candidate>> = vec![Vec::new(); locks.locks.len()];
    by_address(locks, facts, &mut found);
    by_type(locks, facts, &mut found);
    super::once::by_function(locks, facts, &mut found);
    super::sibling::by_start(locks, facts, &mut found);
    super::parent::by_parent(locks, facts, &mut found);
    super::sibling::by_package(locks, facts, &mut found);
    for (lock, mut list) in locks.locks.iter_mut().zip(found) {
        list.sort_by_key(|candidate| (candidate.row, candidate.tier));
        list.dedup_by_key(|candidate| candidate.row);
        lock.holders = list;
    }
    prefer(locks, facts);
}

fn is_lock(locks: &Locks<'_>, lock: &Lock<'_>) -> bool {
    lock.waits.first().and_then(|w| locks.waits.get(*w as usize)).is_some_and(|w| w.kind.is_lock())
}

fn leads<'d>(locks: &Locks<'d>, facts: &Index<'d>) -> (FxHashMap<u64, Vec<Lead<'d>>>, Sieve) {
    let mut leads: FxHashMap<u64, Vec<Lead<'d>>> = FxHashMap::default();
    let mut leading = Sieve::default();
    for (lock, number) in locks.locks.iter().zip(0u32..) {
        if !is_lock(locks, lock) {
            continue;
        }
        let mut add = |value: u64, owner: Option<Owner<'d>>| {
            leading.add(value);
            let list = leads.entry(value).or_default();
            if !list.iter().any(|lead| lead.lock == number && lead.owner == owner) {
                list.push(Lead { lock: number, owner });
            }
        };
        match lock.id {
            Id::Address(address) => add(address, None),
            Id::Receiver(owner, receiver) => add(receiver, Some(owner)),
            Id::Type(_) | Id::Function(_) => continue,
        }
        let Id::Address(address) = lock.id else { continue };
        for wait in lock.waits.iter().take(SAMPLE) {
            let Some(wait) = locks.waits.get(*wait as usize) else { continue };
            let stack = stack_of(facts, wait.row);
            let package = locks.frames.at(stack, wait.caller as usize).package;
            for word in facts.dump().args(wait.row as usize).iter() {
                let frame = locks.frames.at(stack, usize::from(word.frame));
                let inside = word.frame >= wait.caller;
                // What the standard library hands around, such as a server's context, lies next to
                // anything on the heap.
                let own = frame.user || frame.package == package;
                if word.exact && inside && own && offset(address, word.value).is_some() {
                    add(word.value, frame.owner.filter(|_| word.position == 0));
                }
            }
        }
    }
    (leads, leading)
}

/// The type whose method waits for the lock at `number`.
fn waiting_type<'d>(locks: &Locks<'d>, facts: &Index<'d>, number: u32) -> Option<Owner<'d>> {
    let first = locks.waits_for(number).find(|wait| wait.kind.is_lock())?;
    locks.frames.at(stack_of(facts, first.row), first.caller as usize).owner
}

/// The rules that need addresses: one look at every word of the dump.
fn by_address<'d>(locks: &Locks<'d>, facts: &Index<'d>, found: &mut [Vec<Candidate>]) {
    let (leads, leading) = leads(locks, facts);
    if leads.is_empty() {
        return;
    }
    let mut addresses: Vec<(u64, u32)> = locks
        .locks
        .iter()
        .zip(0u32..)
        .filter_map(|(lock, number)| match lock.id {
            Id::Address(address) if is_lock(locks, lock) => Some((address, number)),
            _ => None,
        })
        .collect();
    addresses.sort_unstable();
    // Most words lead nowhere, and are near no lock: in none of the blocks that are as long as near is.
    let mut nearby = Sieve::default();
    for (address, _) in &addresses {
        nearby.add(address / NEAR);
        nearby.add((address / NEAR).saturating_sub(1));
    }
    let owners: Vec<Option<Owner<'d>>> =
        (0u32..).zip(&locks.locks).map(|(number, _)| waiting_type(locks, facts, number)).collect();
    for args in facts.dump().args_by_record() {
        let row = args.row();
        let Some(goroutine) = facts.dump().goroutine(row as usize) else { continue };
        let stack_id = goroutine.stack();
        let stack = facts.dump().stack(stack_id);
        // Looked up when needed: most words lead nowhere.
        let group = OnceCell::new();
        let in_group = || group.get_or_init(|| locks.group(row)).is_some();
        let wait = OnceCell::new();
        let wait = || *wait.get_or_init(|| locks.wait(row));
        for word in args.iter().filter(|word| word.exact) {
            let is_lead = leading.may_have(word.value);
            if !is_lead && !nearby.may_have(word.value / NEAR) {
                continue;
            }
            let index = usize::from(word.frame);
            if stack.get(index).is_none_or(|id| locks.frames.is_sync(*id)) {
                continue;
            }
            let frame = locks.frames.at(stack, index);
            let mut add = |lock: u32, tier: Tier| {
                let Some(list) = found.get_mut(lock as usize) else { return };
                let own = || wait().is_some_and(|wait| wait.lock == lock);
                if list.len() < KEPT * SAMPLE && in_group() && !own() {
                    list.push(Candidate { row, frame: index, tier, pointer: word.value });
                }
            };
            for lead in leads.get(&word.value).filter(|_| is_lead).into_iter().flatten() {
                let method = word.position == 0 && frame.owner.is_some();
                let same = lead.owner.is_none() || lead.owner == frame.owner;
                add(lead.lock, if method && same { Tier::Receiver } else { Tier::Shared });
            }
            let waits = || locks.waiting.contains(&stack_id);
            let method = frame.owner.filter(|_| word.position == 0);
            if word.value >= 0x1000 && (method.is_some() || waits()) {
                let from = addresses.partition_point(|(address, _)| *address <= word.value);
                let near = addresses.get(from..).unwrap_or(&[]).iter();
                for (_, lock) in near.take_while(|(a, _)| a - word.value <= NEAR).take(4) {
                    if method.is_some() && owners.get(*lock as usize) == Some(&method) {
                        add(*lock, Tier::Near);
                    } else if wait().is_some_and(|wait| wait.kind.is_lock()) {
                        add(*lock, Tier::Enclosing);
                    }
                }
            }
        }
    }
}

/// Another method of the type whose method locks, for locks that no address leads from.
fn by_type(locks: &Locks<'_>, facts: &Index<'_>, found: &mut [Vec<Candidate>]) {
    let mut groups: FxHashMap<Owner<'_>, Vec<(usize, usize)>> = FxHashMap::default();
    for (index, group) in facts.groups.iter().enumerate() {
        let stack = facts.dump().stack(group.stack);
        let kind = facts.kind(index);
        let in_call = kind == WaitKind::Select && locks.frames.is_in_call(stack);
        if !(is_blocked(kind) || in_call || kind == WaitKind::OnCpu) {
            continue;
        }
        let mut seen: Vec<Owner<'_>> = Vec::new();
        for at in 0..stack.len() {
            let frame = locks.frames.at(stack, at);
            if let Some(owner) = frame.owner.filter(|owner| frame.user && !seen.contains(owner)) {
                seen.push(owner);
                groups.entry(owner).or_default().push((index, at));
            }
        }
    }
    // What is asked for: each lock without a candidate, its first waiter, and the type of its method.
    let ask = |(number, list): (u32, &Vec<Candidate>)| {
        let lock = locks.lock(number).filter(|_| list.is_empty())?;
        let first = locks.waits_for(number).find(|wait| wait.kind.is_lock())?;
        let stack = stack_of(facts, first.row);
        let owner = locks.frames.at(stack, first.caller as usize).owner?;
        (!is_of_argument(lock, facts, first)).then_some((number, lock, first, owner))
    };
    let asked: Vec<_> = (0u32..).zip(found.iter()).filter_map(ask).collect();
    let start = |row: u32| facts.dump().goroutine(row as usize)?.creator_goid();
    let mut starters = GoidSet::new(facts.dump().max_goid(), facts.dump().len());
    for goid in asked.iter().filter_map(|(_, _, first, _)| start(first.row)) {
        starters.insert(goid);
    }
    let mut by_start: FxHashMap<usize, FxHashMap<Option<u64>, u32>> = FxHashMap::default();
    for (number, lock, first, owner) in asked {
        let Some(list) = found.get_mut(number as usize) else { continue };
        let known = locks.frames.receiver(first.row as usize, first.caller as usize);
        for (group, frame) in groups.get(&owner).into_iter().flatten().take(KEPT * 4) {
            let rows = facts.summary.grouping.rows(*group);
            // Of many instances the one that was started together with the waiter.
            let starts = by_start.entry(*group).or_insert_with(|| {
                let mut firsts = FxHashMap::default();
                for row in rows {
                    let start = start(*row);
                    if start.is_none_or(|goid| starters.contains(goid)) {
                        firsts.entry(start).or_insert(*row);
                    }
                }
                firsts
            });
            let near = starts.get(&start(first.row));
            let Some(row) = near.or(rows.first()).copied() else { continue };
            let other = locks.frames.receiver(row as usize, *frame);
            let differs = matches!((known, other), (Some(a), Some(b)) if a != b);
            let same_place = locks.wait(row).is_some_and(|wait| {
                wait.lock == number || is_same_place(locks, facts, wait.row, first.row, lock)
            });
            let released = locks.wait(row).is_some_and(|wait| wait.kind == WaitKind::Cond);
            if !differs && !same_place {
                let tier = if released { Tier::Released } else { Tier::Type };
                list.push(Candidate { row, frame: *frame, tier, pointer: 0 });
            }
        }
    }
}

/// Whether two goroutines wait for a lock in the same function and line: they want it, then, whether or
/// not it is the same object.
fn is_same_place(locks: &Locks<'_>, facts: &Index<'_>, a: u32, b: u32, lock: &Lock<'_>) -> bool {
    let place = |row: u32| {
        let wait = locks.wait(row)?;
        let frame = locks.frames.at(stack_of(facts, row), wait.caller as usize);
        Some((frame.name, if lock.id.is_object() { frame.line } else { 0 }))
    };
    place(a) == place(b)
}

/// Several goroutines with one stack and one object cannot all hold its mutex, and what one of them
/// does the others do, too: none of them is the holder. (Readers of an `RWMutex` can all hold it.)
fn drop_crowds(locks: &Locks<'_>, list: &mut Vec<Candidate>) {
    let mut places: FxHashMap<(Option<usize>, usize, u64), usize> = FxHashMap::default();
    let place =
        |candidate: &Candidate| (locks.group(candidate.row), candidate.frame, candidate.pointer);
    for candidate in list.iter() {
        *places.entry(place(candidate)).or_default() += 1;
    }
    list.retain(|candidate| {
        candidate.tier > Tier::Enclosing || places.get(&place(candidate)) == Some(&1)
    });
}

/// Whether the waiters of a lock cannot be there by chance: so many would see one of them running.
fn lasts(locks: &Locks<'_>, facts: &Index<'_>, number: u32) -> bool {
    let waiting = locks.waits_for(number).filter_map(|w| facts.dump().goroutine(w.row as usize));
    let count: i64 = waiting.map(crate::model::Goroutine::count).sum();
    let mut waits = locks.waits_for(number);
    count >= CROWD || waits.any(|wait| candidate::lasts(facts, wait))
}

/// Puts the likeliest first: by tier, then by how the state fits, then the rarest stack – the exception
/// in the crowd – and keeps some.
fn prefer(locks: &mut Locks<'_>, facts: &Index<'_>) {
    let mut all: Vec<Vec<Candidate>> =
        locks.locks.iter_mut().map(|lock| std::mem::take(&mut lock.holders)).collect();
    for (list, number) in all.iter_mut().zip(0u32..) {
        for candidate in list.iter_mut().filter(|candidate| fit(locks, facts, candidate) == 9) {
            candidate.tier = Tier::Released;
        }
        let released = |candidate: &Candidate| candidate.tier == Tier::Released;
        if !list.iter().all(released) || !lasts(locks, facts, number) {
            list.retain(|candidate| !released(candidate));
        }
        if locks.waits_for(number).all(|wait| wait.kind != WaitKind::Lock(LockKind::Write)) {
            drop_crowds(locks, list);
        }
        list.sort_by_cached_key(|candidate| {
            let group = locks.group(candidate.row);
            let crowd = group.map_or(0, |group| facts.summary.grouping.count(group));
            (candidate.tier, fit(locks, facts, candidate), crowd, candidate.row)
        });
        list.truncate(KEPT);
    }
    for (lock, list) in locks.locks.iter_mut().zip(all) {
        lock.holders = list;
    }
}
