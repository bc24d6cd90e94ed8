//! Whether the holder of a lock can go on by itself.

use super::{Locks, stack_of};
use crate::diagnose::index::Index;
use crate::model::{GoidSet, Symbol, WaitKind};

/// Whether the goroutine in `row`, which waits for no lock, can go on only if another one in this
/// process does something: then its lock is not merely held for long.
///
/// What waits for the network, a timer or a system call goes on when that ends, and so may a `select`.
/// A channel has its other side in the process: if the goroutine started others that are at work, they
/// are its likely other side; else nobody is seen who would answer.
pub(in crate::diagnose) fn is_stuck(
    locks: &Locks<'_>,
    facts: &Index<'_>,
    row: u32,
    busy: &GoidSet,
) -> bool {
    let Some(group) = locks.group(row) else { return false };
    let kind = facts.kind(group);
    if kind.is_forever() {
        return true;
    }
    let waits_for_others = matches!(kind, WaitKind::Send | WaitKind::Receive | WaitKind::Unknown)
        || locks
            .wait(row)
            .is_some_and(|wait| matches!(wait.kind, WaitKind::WaitGroup | WaitKind::Cond));
    if !waits_for_others || is_timer(locks, facts, row) {
        return false;
    }
    let goid = facts.dump().goroutine(row as usize).and_then(crate::model::Goroutine::goid);
    goid.is_none_or(|goid| !busy.contains(goid))
}

/// A wait for a timer or a signal ends from outside.
fn is_timer(locks: &Locks<'_>, facts: &Index<'_>, row: u32) -> bool {
    let stack = stack_of(facts, row);
    let first = stack.iter().map(|id| locks.frames.get(*id).package).find(|p| *p != "runtime");
    matches!(first, Some("time" | "os/signal" | "net/rpc" | "os/exec" | "database/sql"))
}

/// Goroutines that started one that runs, sleeps or waits for something outside. What the standard
/// library starts, such as the reader beside each handler of `net/http`, answers to no channel of the
/// program.
pub(in crate::diagnose) fn busy_parents(facts: &Index<'_>) -> GoidSet {
    let own = |index: usize| {
        let creators = facts.groups.get(index).map_or(&[][..], |group| &group.creators);
        creators.iter().any(|by| starts_for_user(by.function))
    };
    let works: Vec<bool> =
        (0..facts.groups.len()).map(|index| works(facts.kind(index)) && own(index)).collect();
    let mut parents = GoidSet::new(facts.dump().max_goid(), facts.dump().len());
    // In the order of the dump, as rows of a group lie far apart.
    facts.grouped().for_each(|(goroutine, group)| {
        if let (Some(true), Some(parent)) = (works.get(group), goroutine.creator_goid()) {
            parents.insert(parent);
        }
    });
    parents
}

/// Whether what the function `creator` starts is the program's own: it is user code, or starts what it
/// was given.
pub(in crate::diagnose) fn starts_for_user(creator: &str) -> bool {
    let symbol = Symbol::new(creator);
    !symbol.is_std() || creator == "sync.(*WaitGroup).Go"
}

/// Whether nothing in the program runs, sleeps or waits for something outside: then nobody is left who
/// could end a wait for a lock.
pub(super) fn is_deserted(facts: &Index<'_>) -> bool {
    (0..facts.groups.len()).all(|index| !facts.kind(index).ends_by_itself())
}

/// Whether a wait ends without the help of another goroutine of the process, or may.
fn works(kind: WaitKind) -> bool {
    kind.ends_by_itself() || kind == WaitKind::Select
}
