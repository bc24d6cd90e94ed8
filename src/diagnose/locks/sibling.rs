//! Who may hold a lock by where it was started, together with the waiters or by one of them, or by the
//! package that it is in; and who is in the function of a `sync.Once`.

use rustc_hash::FxHashMap;

use super::{Candidate, Locks, Tier, Wait, stack_of};
use crate::diagnose::index::Index;
use crate::model::wait::LockKind;
use crate::model::{GoidSet, WaitKind};

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
pub(super) fn by_start(locks: &Locks<'_>, facts: &Index<'_>, found: &mut [Vec<Candidate>]) {
    let waits: Vec<(usize, Wait)> = (0u32..)
        .zip(&*found)
        .filter(|(_, list)| list.is_empty())
        .filter_map(|(number, _)| {
            let wait = locks.waits_for(number).find(|wait| wait.kind.is_lock())?;
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
        if group.is_some_and(|group| facts.kind(group).is_channel()) {
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

/// Goroutines that are blocked in another function of the package, for locks that functions take which
/// are no methods: their lock is a variable of the package. One of several alike cannot hold a mutex, and
/// a line that takes several locks takes no variable.
pub(super) fn by_package(locks: &Locks<'_>, facts: &Index<'_>, found: &mut [Vec<Candidate>]) {
    let place = |wait: &Wait| {
        let stack = stack_of(facts, wait.row);
        let frame = locks.frames.at(stack, wait.caller as usize);
        let plain =
            frame.user && frame.owner.is_none() && wait.kind != WaitKind::Lock(LockKind::Once);
        plain.then_some((stack.get(wait.caller as usize).copied(), frame.package))
    };
    let first = |number: u32| locks.waits_for(number).find(|wait| wait.kind.is_lock());
    let mut locks_at: FxHashMap<_, u32> = FxHashMap::default();
    for (at, _) in (0u32..).zip(&*found).filter_map(|(number, _)| place(first(number)?)) {
        *locks_at.entry(at).or_default() += 1;
    }
    let wanted: Vec<(usize, &str)> = (0u32..)
        .zip(&*found)
        .filter(|(_, list)| list.is_empty())
        .filter_map(|(number, _)| {
            let (at, package) = place(first(number)?)?;
            (locks_at.get(&at) == Some(&1)).then_some((number as usize, package))
        })
        .collect();
    if wanted.is_empty() {
        return;
    }
    let mut blocked: FxHashMap<&str, Vec<(u32, usize)>> = FxHashMap::default();
    for index in 0..facts.groups.len() {
        let [row] = facts.summary.grouping.rows(index) else { continue };
        if facts.groups.get(index).is_some_and(|group| group.count > 1)
            || locks.wait(*row).is_some()
        {
            continue;
        }
        if let Some((package, frame)) = inside(locks, facts, index, *row) {
            blocked.entry(package).or_default().push((*row, frame));
        }
    }
    for (number, package) in wanted {
        let Some(list) = found.get_mut(number) else { continue };
        // Where many are blocked, that one of them is in the package tells nothing.
        let few = blocked.get(package).filter(|list| list.len() <= FAMILY);
        let inside = few.into_iter().flatten();
        list.extend(inside.map(|(row, frame)| Candidate {
            row: *row,
            frame: *frame,
            tier: Tier::Package,
            pointer: 0,
        }));
    }
}

/// The package of the innermost plain function that the goroutine in `row` is blocked in, with its frame.
/// The function that a goroutine starts with is mostly a loop, which holds nothing while it waits for its
/// next turn: it counts only if it is in a call that takes its time.
fn inside<'d>(
    locks: &Locks<'d>,
    facts: &Index<'d>,
    index: usize,
    row: u32,
) -> Option<(&'d str, usize)> {
    let stack = stack_of(facts, row);
    let kind = facts.kind(index);
    let in_call = matches!(kind, WaitKind::Io | WaitKind::Syscall)
        || (kind == WaitKind::Select && locks.frames.is_in_call(stack));
    let accepts = facts.names(index).iter().any(|name| name.ends_with(".accept"));
    if accepts || !(in_call || super::candidate::is_blocked(kind)) {
        return None;
    }
    let at = (0..stack.len()).find(|at| locks.frames.at(stack, *at).user)?;
    let frame = locks.frames.at(stack, at);
    let starts = at + 1 == stack.len() || frame.name == "main.main";
    (frame.owner.is_none() && (!starts || in_call)).then_some((frame.package, at))
}
