//! Who runs the function of a `sync.Once`.

use rustc_hash::FxHashMap;

use super::candidate::KEPT;
use super::{Candidate, Locks, Tier, stack_of};
use crate::diagnose::index::Index;
use crate::model::wait::LockKind;
use crate::model::{Symbol, WaitKind};

/// For a `sync.Once`: who is in its function, called from the same place as the waiters.
pub(super) fn by_function(locks: &Locks<'_>, facts: &Index<'_>, found: &mut [Vec<Candidate>]) {
    let mut running: FxHashMap<&str, Vec<(u32, usize)>> = FxHashMap::default();
    for index in 0..facts.groups.len() {
        let Some(row) = facts.summary.grouping.rows(index).first() else { continue };
        let stack = stack_of(facts, *row);
        let inside = stack.iter().take_while(|id| locks.frames.is_sync(**id)).count();
        let calls = (inside + 1..stack.len()).filter(|at| {
            let before = stack.get(at - 1).is_some_and(|id| locks.frames.is_once(*id));
            before && stack.get(*at).is_some_and(|id| !locks.frames.is_sync(*id))
        });
        for at in calls {
            let list = running.entry(locks.frames.at(stack, at).name).or_default();
            if list.len() < KEPT {
                list.push((*row, at));
            }
        }
    }
    for (number, list) in (0u32..).zip(found).filter(|(_, list)| list.is_empty()) {
        let Some(wait) =
            locks.waits_for(number).find(|wait| wait.kind == WaitKind::Lock(LockKind::Once))
        else {
            continue;
        };
        let name = locks.frames.at(stack_of(facts, wait.row), wait.caller as usize).name;
        let package = locks.frames.at(stack_of(facts, wait.row), wait.caller as usize).package;
        let inside = |name: &&str| Symbol::new(name).package() == package;
        let exact = running.get(name).into_iter().flatten().filter(|(row, _)| *row != wait.row);
        let mut rows: Vec<_> = exact.collect();
        if rows.is_empty() {
            // One that is called from several places, as what `sync.OnceValue` returns is.
            let near = running.iter().filter(|(name, _)| inside(name)).flat_map(|(_, list)| list);
            rows.extend(near.filter(|(row, _)| *row != wait.row));
            rows.sort_unstable();
        }
        list.extend(rows.into_iter().map(|(row, frame)| Candidate {
            row: *row,
            frame: *frame,
            tier: Tier::Type,
            pointer: 0,
        }));
    }
}
