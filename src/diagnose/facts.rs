//! What the analyses look at: a dump's groups with everything about them, found out once.

use std::cell::Cell;
use std::ops::Deref;

use super::history::History;
use super::index::Index;
use super::known::{Entry, Known};
use super::locks::Locks;
use super::tangles::{Tangle, diagnose};
use super::waitfor::{Graph, Started};
use crate::model::Dump;

/// What an analysis is given: the dump that is judged, and earlier ones of the same process.
pub struct Case<'c, 'd> {
    /// The dump that is judged: the last one.
    pub now: &'c Facts<'d>,
    /// Earlier dumps of the same process.
    pub history: History<'c, 'd>,
    /// What the user asked for.
    pub config: &'c Config,
    /// Goroutines that are known.
    pub known: &'c Known,
    /// What was found out about the groups: the entry that each is known by, plus two; 1 if by none,
    /// 0 before anybody asked.
    entries: Vec<Cell<u32>>,
}

impl<'c, 'd> Case<'c, 'd> {
    /// The dump `now`, with those before it.
    pub fn new(
        now: &'c Facts<'d>,
        history: History<'c, 'd>,
        config: &'c Config,
        known: &'c Known,
    ) -> Self {
        let entries = vec![Cell::new(0); now.groups.len()];
        Self { now, history, config, known, entries }
    }

    /// The whole series, oldest first, the dump that is judged last.
    pub fn series(&self) -> impl Iterator<Item = &'c Index<'d>> {
        let now: &'c Index<'d> = self.now;
        self.history.before.iter().copied().chain([now])
    }

    /// The entry by which the goroutines of the group at `index` are known.
    pub fn entry(&self, index: usize) -> Option<&'c Entry> {
        let memo = self.entries.get(index)?;
        if memo.get() == 0 {
            let found = self.known.matching(self.now, index);
            memo.set(found.and_then(|at| u32::try_from(at + 2).ok()).unwrap_or(1));
        }
        self.known.entries().get(usize::try_from(memo.get()).ok()?.checked_sub(2)?)
    }
}

/// Thresholds that the user set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Only goroutines that waited at least so long, in minutes; `--min-wait`.
    pub min_wait: Option<u32>,
    /// Only groups of at least so many goroutines; `--min-count`.
    pub min_count: Option<i64>,
}

/// A dump with its groups, its locks and who waits for whom. Goroutines of the runtime, and the one that
/// wrote the dump, are in no group.
pub struct Facts<'d> {
    index: Index<'d>,
    locks: Locks<'d>,
    graph: Graph,
    tangles: Vec<Tangle>,
}

impl<'d> Facts<'d> {
    /// Finds out everything about `dump`.
    pub fn new(dump: &'d Dump) -> Self {
        let index = Index::new(dump);
        let (locks, verdicts) = Locks::new(&index);
        if locks.locks.is_empty() {
            return Self { index, locks, graph: Graph::default(), tangles: Vec::new() };
        }
        let graph = Graph::new(&locks, &index, &verdicts);
        let tangles = diagnose(&locks, &graph, &index, &verdicts);
        Self { index, locks, graph, tangles }
    }

    /// The dump's groups.
    pub fn index(&self) -> &Index<'d> {
        &self.index
    }

    /// The locks of the dump, and who likely holds them.
    pub fn locks(&self) -> &Locks<'d> {
        &self.locks
    }

    /// Who waits for whom.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What is wrong with the locks.
    pub fn tangles(&self) -> &[Tangle] {
        &self.tangles
    }

    /// What the goroutines in `WaitGroup.Wait` started.
    pub fn started(&self) -> &Started {
        self.graph.started()
    }
}

impl<'d> Deref for Facts<'d> {
    type Target = Index<'d>;

    fn deref(&self) -> &Index<'d> {
        &self.index
    }
}
