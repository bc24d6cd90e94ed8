//! Goroutines that wait for a lock, or for several in the same way, and what is wrong.

use std::collections::BTreeMap;

use crate::diagnose::index::Index;
use crate::diagnose::locks::{Candidate, Locks};
use crate::diagnose::waitfor::{Edge, Graph, NodeId};
use crate::model::WaitKind;

/// What is wrong with a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// A goroutine waits for a lock that it holds.
    Own,
    /// The function of a `sync.Once` calls it again.
    Once,
    /// A reader locks again behind a writer that waits for it.
    Reads,
    /// Goroutines wait for each other.
    Cycle,
    /// Somebody likely holds it.
    Held,
    /// It moves, slowly.
    Moves,
    /// Nobody is seen who could hold it.
    Nobody,
}

/// A goroutine and the frame that matters: its record, and the raw index in its stack.
pub type Spot = (u32, usize);

/// A lock that keeps goroutines waiting, or several that do so in the same way.
#[derive(Clone, Debug)]
pub struct Tangle {
    /// What is wrong.
    pub trouble: Trouble,
    /// Whether it cannot go on by itself.
    pub stuck: bool,
    /// The locks at its root, in the order of the dump.
    pub locks: Vec<u32>,
    /// Who holds them; for a circle its members, each waiting for the next. Empty if nobody is seen.
    pub roots: Vec<Spot>,
    /// For a circle what each member waits for, in the order of the roots.
    pub ring: Vec<Edge>,
    /// From the holder on: whom it waits for, and so on, to where it starts. One node for a holder that
    /// waits for nobody who is seen; the members of a circle.
    pub path: Vec<NodeId>,
    /// Ends of others with the same functions, whose waiters are counted here, too.
    pub others: Vec<NodeId>,
    /// The writer behind whom a reader locks again.
    pub writer: Option<u32>,
    /// How the holder was found; of several the weakest evidence.
    pub by: Option<Candidate>,
    /// Candidates that are as good.
    pub rivals: usize,
    /// Goroutines that wait for these locks, by group.
    pub waiters: BTreeMap<usize, i64>,
    /// Goroutines that wait for those, by group.
    pub behind: BTreeMap<usize, i64>,
    /// Goroutines that wait for any of those in another way than for a lock, by group.
    pub further: BTreeMap<usize, i64>,
    /// Goroutines that do elsewhere what its roots do, by group.
    pub alike: BTreeMap<usize, i64>,
    /// Goroutines of the path that wait for no lock.
    pub apart: i64,
}

impl Tangle {
    /// One about which nothing is known yet.
    pub(super) fn new() -> Self {
        Self {
            trouble: Trouble::Nobody,
            stuck: false,
            locks: Vec::new(),
            roots: Vec::new(),
            ring: Vec::new(),
            path: Vec::new(),
            others: Vec::new(),
            writer: None,
            by: None,
            rivals: 0,
            waiters: BTreeMap::new(),
            behind: BTreeMap::new(),
            further: BTreeMap::new(),
            alike: BTreeMap::new(),
            apart: 0,
        }
    }

    /// Whether what everybody waits for in the end runs or may run: it is at work.
    pub fn ends_running(&self, graph: &Graph, facts: &Index<'_>) -> bool {
        let end = self.path.last().and_then(|id| graph.node(*id));
        end.is_some_and(|node| facts.kind(node.group) == WaitKind::OnCpu)
    }

    /// All its groups, roots first.
    pub fn groups(&self, locks: &Locks<'_>, graph: &Graph) -> Vec<usize> {
        let mut all = Vec::new();
        let path = self.path.iter().rev();
        let path = path.filter_map(|id| graph.node(*id).map(|node| node.group));
        let roots = self.roots.iter().map(|(row, _)| *row).chain(self.writer);
        let roots = roots.filter_map(|row| locks.group(row));
        let maps = [&self.waiters, &self.behind, &self.further, &self.alike];
        for group in path.chain(roots).chain(maps.into_iter().flat_map(BTreeMap::keys).copied()) {
            if !all.contains(&group) {
                all.push(group);
            }
        }
        all
    }

    /// Takes up another one with the same functions.
    pub(super) fn join(&mut self, locks: &Locks<'_>, other: &Self) {
        let rows = other.roots.iter().map(|(row, _)| *row).chain(other.writer);
        for group in rows.filter_map(|row| locks.group(row)) {
            *self.alike.entry(group).or_default() += 1;
        }
        self.others.extend(&other.path);
    }

    /// Goroutines that wait for its locks.
    pub fn direct(&self) -> i64 {
        self.waiters.values().sum()
    }

    /// Where it starts: the end of the path, if that is not the holder itself.
    pub fn source(&self) -> Option<NodeId> {
        let beyond = self.path.len() > 1 && self.trouble == Trouble::Held;
        self.path.last().copied().filter(|_| beyond)
    }
}
