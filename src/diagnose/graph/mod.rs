//! Who waits for whom, as it is told: the root first, its victims folded into groups below it, their own
//! victims below them. The edges are those of [`waitfor`](super::waitfor); circles are found where its
//! chains are followed (`locks::diagnose`); here they are laid out.

mod chain;
mod locator;
mod tree;

use std::collections::BTreeMap;

use super::Facts;
use super::index::Index;
use super::locks::{Locks, stack_of};
use crate::model::WaitKind;

pub use chain::{Chain, Link};
pub use locator::Locator;
pub use tree::chain;

/// Ids that a link keeps.
const IDS: usize = 64;

/// The frame at the raw index `frame` of the record at `row`, as an index into the frames as shown.
pub fn shown_index(facts: &Facts<'_>, row: u32, frame: usize) -> Option<usize> {
    let raw = stack_of(facts, row);
    let stack = facts.dump().goroutine(row as usize)?.stack();
    let id = raw.get(frame)?;
    facts.summary.stacks.visible(stack).position(|other| other == *id)
}

/// The link of the one record at `row`.
pub fn link(facts: &Facts<'_>, group: usize, row: u32, frame: usize) -> Option<Link> {
    let goroutine = facts.dump().goroutine(row as usize)?;
    Some(Link {
        group,
        count: goroutine.count(),
        goids: goroutine.goid().into_iter().collect(),
        row,
        stack: goroutine.stack(),
        blocking: shown_index(facts, row, frame),
    })
}

/// The link of `count` goroutines of the group at `group`.
pub fn links(facts: &Facts<'_>, group: usize, count: i64, frame: Option<usize>) -> Option<Link> {
    let known = facts.groups.get(group)?;
    let row = *facts.summary.grouping.rows(group).first()?;
    Some(Link {
        group,
        count,
        goids: known.goids.iter().take(IDS).copied().collect(),
        row,
        stack: known.stack,
        blocking: frame.and_then(|frame| shown_index(facts, row, frame)),
    })
}

/// The raw index of the innermost frame outside of the standard library in the group's first stack.
pub fn first_user(locks: &Locks<'_>, facts: &Facts<'_>, group: usize) -> Option<usize> {
    let stack = stack_of(facts, *facts.summary.grouping.rows(group).first()?);
    (0..stack.len()).find(|at| locks.frames.at(stack, *at).user)
}

/// Groups of goroutines that started members of `groups` and now wait in a `WaitGroup`, a lock or on a
/// channel, with how many they are. Those in `groups` are left out.
pub fn parents(locks: &Locks<'_>, facts: &Facts<'_>, groups: &[usize]) -> BTreeMap<usize, i64> {
    let mut rows: Vec<u32> = groups
        .iter()
        .flat_map(|group| facts.members(*group).take(Index::STARTED))
        .filter_map(crate::model::Goroutine::creator_goid)
        .filter_map(|goid| facts.starter(goid))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let mut found = BTreeMap::new();
    for row in rows {
        let Some(group) = locks.group(row).filter(|group| !groups.contains(group)) else {
            continue;
        };
        let waits = locks.wait(row).is_some_and(|wait| wait.kind != WaitKind::Cond);
        if waits || matches!(facts.kind(group), WaitKind::Receive | WaitKind::Send) {
            *found.entry(group).or_default() += 1;
        }
    }
    found
}
