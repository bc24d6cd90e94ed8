//! Who waits for whom, as it is told: the root first, its victims folded into groups below it.
//!
//! Edges lead from a waiter to the likely holder of its lock, from `WaitGroup.Wait` to the goroutines
//! that were started for it, and from a goroutine that waits to those it started. Cycles are found
//! where holders are followed (`locks::diagnose`); here they are laid out.

mod words;

use std::collections::BTreeMap;

use super::Facts;
use super::locks::{Locks, Op, Tangle, stack_of};
use crate::model::StackId;

pub use words::{Teller, wait};

/// Goroutines of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Their group in [`Facts::groups`].
    pub group: usize,
    /// How many of them.
    pub count: i64,
    /// Ids of some of them.
    pub goids: Vec<u64>,
    /// A record that is one of them.
    pub row: u32,
    /// Its stack.
    pub stack: StackId,
    /// The frame to mark, as an index into the frames as they are shown.
    pub blocking: Option<usize>,
}

/// A goroutine, why it matters, and who waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The goroutines.
    pub link: Link,
    /// What they do to those below, such as `holds 0x76daecbe1a0 (likely)`.
    pub role: String,
    /// Why that is believed.
    pub evidence: Vec<String>,
    /// Who waits for them.
    pub victims: Vec<Chain>,
}

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

/// The chain of a tangle: its first root, the other members of a cycle or the writer, the waiters, and
/// those who wait for waiters.
pub fn chain<'d>(locks: &Locks<'d>, facts: &Facts<'d>, tangle: &Tangle) -> Option<Chain> {
    let teller = Teller::new(locks, facts);
    let mut roots = tangle.roots.iter();
    let (row, frame) = *roots.next()?;
    let group = locks.group(row)?;
    let mut root = Chain {
        link: link(facts, group, row, frame)?,
        role: teller.role(tangle, row),
        evidence: Vec::new(),
        victims: Vec::new(),
    };
    let mut leaf = |link: Option<Link>, role: String| {
        let made = link.map(|link| Chain { link, role, evidence: vec![], victims: vec![] });
        root.victims.extend(made);
    };
    for (row, frame) in roots.clone().take(16) {
        let made = locks.group(*row).and_then(|group| link(facts, group, *row, *frame));
        leaf(made, teller.role(tangle, *row));
    }
    if let Some(writer) = tangle.writer {
        let frame = locks.wait(writer).map_or(0, |wait| wait.caller as usize);
        let made = locks.group(writer).and_then(|group| link(facts, group, writer, frame));
        leaf(made, "waits to write, so that no new reader is let in".to_owned());
    }
    let named: Vec<usize> = tangle.roots.iter().filter_map(|(row, _)| locks.group(*row)).collect();
    let maps = [
        (&tangle.waiters, "waits for it"),
        (&tangle.behind, "waits behind those"),
        (&tangle.alike, "does the same with another lock"),
    ];
    for (map, role) in maps {
        for (group, count) in map {
            let own = named.iter().filter(|other| *other == group).count();
            let rest = count - i64::try_from(own).unwrap_or(0);
            if rest > 0 {
                leaf(links(facts, *group, rest, first_user(locks, facts, *group)), role.to_owned());
            }
        }
    }
    for (group, count) in parents(locks, facts, &tangle.groups(locks)) {
        let frame = first_user(locks, facts, group);
        leaf(links(facts, group, count, frame), "started them and waits for them".to_owned());
    }
    Some(root)
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
        .flat_map(|group| facts.members(*group).take(Facts::STARTED))
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
        let state = facts.state(group);
        let waits = locks.wait(row).is_some_and(|wait| wait.op != Op::Cond);
        if waits || state == "chan receive" || state == "chan send" {
            *found.entry(group).or_default() += 1;
        }
    }
    found
}
