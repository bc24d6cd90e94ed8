//! The groups that goroutines in `WaitGroup.Wait` started: who calls `Done` is not recorded, but mostly
//! it is a goroutine that the waiter itself started.

use super::facts::Facts;
use super::locks::Op;
use crate::model::{GoidSet, Goroutine};

/// What the goroutines in `WaitGroup.Wait` started.
pub(super) struct Started {
    /// Goroutines in `WaitGroup.Wait` have ids, and goroutines have ids of creators.
    is_known: bool,
    /// Those that started a group, with its index, sorted.
    pairs: Vec<(u64, u32)>,
    parents: GoidSet,
}

impl Started {
    /// Finds them among the goroutines of `facts`.
    pub(super) fn new(facts: &Facts<'_>) -> Self {
        let dump = facts.dump();
        // Bits, as most goroutines are no child of these.
        let empty = || GoidSet::new(dump.max_goid(), dump.len());
        let mut found = Self { is_known: false, pairs: Vec::new(), parents: empty() };
        let mut waiters = empty();
        let mut any = false;
        for wait in facts.locks().waits.iter().filter(|wait| wait.op == Op::WaitGroup) {
            if let Some(goid) = dump.goroutine(wait.row as usize).and_then(Goroutine::goid) {
                waiters.insert(goid);
                any = true;
            }
        }
        if !any {
            return found;
        }
        facts.grouped().for_each(|(goroutine, group)| {
            let Some(creator) = goroutine.creator_goid() else { return };
            found.is_known = true;
            let Some(group) = u32::try_from(group).ok().filter(|_| waiters.contains(creator))
            else {
                return;
            };
            let pair = (creator, group);
            if found.pairs.last() != Some(&pair) {
                found.parents.insert(creator);
                found.pairs.push(pair);
            }
        });
        found.pairs.sort_unstable();
        found.pairs.dedup();
        found
    }

    /// Whether the dump tells who started whom, and some of them wait.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    /// The indices of the groups that the goroutine `goid` started members of, ascending.
    pub(super) fn by(&self, goid: u64) -> impl Iterator<Item = usize> {
        let from = if self.parents.contains(goid) {
            self.pairs.partition_point(|(creator, _)| *creator < goid)
        } else {
            self.pairs.len()
        };
        let rest = self.pairs.get(from..).unwrap_or(&[]).iter();
        rest.take_while(move |(creator, _)| *creator == goid).map(|(_, group)| *group as usize)
    }
}
