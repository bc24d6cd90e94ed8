//! The groups that goroutines in `WaitGroup.Wait` started: who calls `Done` is not recorded, but mostly
//! it is a goroutine that the waiter itself started.

use crate::model::{Dump, GoidSet};

/// What the goroutines in `WaitGroup.Wait` started.
#[derive(Default)]
pub struct Started {
    /// Goroutines in `WaitGroup.Wait` have ids, and goroutines have ids of creators.
    is_known: bool,
    /// Those that started a group, with its index, sorted.
    pairs: Vec<(u64, u32)>,
    parents: GoidSet,
}

impl Started {
    /// Of goroutines of `dump` in `WaitGroup.Wait` and the groups that each started, in any order and any
    /// number of times.
    pub(super) fn new(dump: &Dump, mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        // Bits, as most goroutines have no children.
        let mut parents = GoidSet::new(dump.max_goid(), dump.len());
        for (creator, _) in &pairs {
            parents.insert(*creator);
        }
        Self { is_known: true, pairs, parents }
    }

    /// Whether the dump tells who started whom, and some of them wait.
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// The indices of the groups that the goroutine `goid` started members of, ascending.
    pub fn by(&self, goid: u64) -> impl Iterator<Item = usize> {
        let from = if self.parents.contains(goid) {
            self.pairs.partition_point(|(creator, _)| *creator < goid)
        } else {
            self.pairs.len()
        };
        let rest = self.pairs.get(from..).unwrap_or(&[]).iter();
        rest.take_while(move |(creator, _)| *creator == goid).map(|(_, group)| *group as usize)
    }
}
