//! The wait-for graph: who waits for whom, and whether it can end.
//!
//! A node is a set of goroutines of one group that wait for the same thing; an edge leads to who would
//! have to do something first: from a lock to its likely holder, from a reader to the writer that keeps
//! it out, from `WaitGroup.Wait` to the children, from a channel or a `Cond` to who may be at its other
//! side. A goroutine is stuck if its lock's holder or one of its children is, or, where any of several
//! could let it go on, if all of them are. What runs, sleeps or waits for something outside never is.
//! Circles are looked for among the stuck alone, so that nothing that moves is called a deadlock.
//!
//! Goroutines, stacks and edges are each looked at once: it is linear in all of them.

mod children;
mod counterpart;
mod route;
mod started;

use std::cell::Cell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::WaitKind;
use crate::model::wait::{LockKind, Side};
pub use started::Started;

use super::locks::{Locks, Tier, Verdict};
use super::rating::Confidence;
use crate::diagnose::index::Index;
use crate::model::Goroutine;

/// Index of a node.
pub type NodeId = u32;

/// What one goroutine waits for the other to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// To unlock.
    Lock,
    /// To have written: no reader is let in before.
    Writer,
    /// To end, or to call `Done`.
    Child,
    /// To receive, send or close.
    Channel,
    /// To signal.
    Signal,
}

impl Why {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Writer => "writer",
            Self::Child => "children",
            Self::Channel => "channel",
            Self::Signal => "signal",
        }
    }
}

/// Someone who would have to do something first.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Who.
    pub to: NodeId,
    /// What.
    pub why: Why,
    /// How sure it is.
    pub sure: Confidence,
}

/// Goroutines of one group that wait for the same thing.
#[derive(Clone, Debug)]
pub struct Node {
    /// Their group.
    pub group: usize,
    /// What they wait for: index in [`Locks::locks`], `WaitGroup`s and `Cond`s included.
    pub lock: Option<u32>,
    /// What they wait in, if it is one of those.
    pub kind: Option<WaitKind>,
    /// Their records.
    pub rows: Vec<u32>,
    /// Raw index of the frame that says most: where they wait, or hold.
    pub frame: usize,
    /// For whom they wait.
    pub edges: Vec<Edge>,
    /// Whether it takes all edges, or any, to be stuck.
    any: bool,
    /// Whether they can only go on if somebody else does who cannot.
    pub stuck: bool,
}

/// The graph.
#[derive(Default)]
pub struct Graph {
    /// All nodes; those of locks first, in the order of the groups.
    pub nodes: Vec<Node>,
    /// The nodes of each lock.
    by_lock: Vec<Vec<NodeId>>,
    /// By group and lock.
    by_key: FxHashMap<(u32, u32), NodeId>,
    /// The edge that each node's chain follows.
    next: Vec<Option<Edge>>,
    /// The nodes whose chains come through each node.
    waiters: Vec<Vec<NodeId>>,
    started: Started,
}

impl Graph {
    /// Finds out who waits for whom; `verdicts` say what is known of each lock.
    pub(in crate::diagnose) fn new(
        locks: &Locks<'_>,
        facts: &Index<'_>,
        verdicts: &[Verdict],
    ) -> Self {
        let mut builder = Builder {
            locks,
            facts,
            nodes: Vec::new(),
            by_key: FxHashMap::default(),
            by_lock: vec![Vec::new(); locks.locks.len()],
            known: FxHashSet::default(),
            user_frames: vec![Cell::new(NONE); facts.dump().stack_count()],
            started: Started::default(),
        };
        builder.waits();
        builder.holders(verdicts);
        children::link(&mut builder);
        counterpart::link(&mut builder);
        route::settle(builder)
    }

    /// The node at `id`.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The edge that the chain from the node at `id` follows.
    pub fn next(&self, id: NodeId) -> Option<Edge> {
        self.next.get(id as usize).copied().flatten()
    }

    /// The nodes whose chains lead to the node at `id` next, those aside that are no victims.
    pub fn victims(&self, facts: &Index<'_>, id: NodeId) -> impl Iterator<Item = NodeId> {
        let all = self.waiters.get(id as usize).map_or(&[][..], Vec::as_slice);
        all.iter().copied().filter(|id| self.is_victim(facts, *id))
    }

    /// What the goroutines in `WaitGroup.Wait` started.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// The nodes that wait for the lock at `lock`.
    pub fn of_lock(&self, lock: u32) -> &[NodeId] {
        self.by_lock.get(lock as usize).map_or(&[], Vec::as_slice)
    }

    /// The node of the record at `row`, if it has one.
    pub fn of_row(&self, locks: &Locks<'_>, row: u32) -> Option<NodeId> {
        let group = locks.group(row)?;
        let key = match locks.wait_in(group, row) {
            Some(wait) => (wait.group, wait.lock),
            None => (u32::try_from(group).ok()?, NONE),
        };
        self.by_key.get(&key).copied()
    }

    /// Whether the goroutine that an edge leads to runs, sleeps or waits for something outside.
    pub fn works(&self, facts: &Index<'_>, edge: &Edge) -> bool {
        let node = self.node(edge.to);
        edge.sure > Confidence::Possible
            && node.is_some_and(|node| facts.kind(node.group).ends_by_itself())
    }

    /// Whether the goroutines at `id` are held up by those they wait for: an idle worker that waits for
    /// work is not, if nothing but its code says where that comes from.
    pub fn is_victim(&self, facts: &Index<'_>, id: NodeId) -> bool {
        let Some((node, edge)) = self.node(id).zip(self.next(id)) else { return false };
        let receives = |kind| matches!(kind, WaitKind::Receive | WaitKind::NilChan(Side::Receive));
        let idle = receives(facts.kind(node.group)) || node.kind == Some(WaitKind::Cond);
        !(idle && edge.sure == Confidence::Possible)
    }

    /// Goroutines of the node at `id`.
    pub fn count(&self, facts: &Index<'_>, id: NodeId) -> i64 {
        let rows = self.node(id).map_or(&[][..], |node| &node.rows);
        if !facts.dump().is_counted() {
            return i64::try_from(rows.len()).unwrap_or(i64::MAX);
        }
        let count = |row: &u32| facts.dump().goroutine(*row as usize).map_or(1, Goroutine::count);
        rows.iter().map(count).fold(0, i64::saturating_add)
    }
}

/// No lock.
const NONE: u32 = u32::MAX;

struct Builder<'b, 'd> {
    locks: &'b Locks<'d>,
    facts: &'b Index<'d>,
    nodes: Vec<Node>,
    /// By group and lock.
    by_key: FxHashMap<(u32, u32), NodeId>,
    by_lock: Vec<Vec<NodeId>>,
    /// Edges that were made.
    known: FxHashSet<(NodeId, NodeId)>,
    started: Started,
    /// For each stack the raw index of the innermost frame of the user's code, once it was asked for.
    user_frames: Vec<Cell<u32>>,
}

impl Builder<'_, '_> {
    /// The node of a group's goroutines that wait for a lock, or for none of them.
    fn node(&mut self, group: usize, lock: u32, kind: Option<WaitKind>, frame: usize) -> NodeId {
        let next = NodeId::try_from(self.nodes.len()).unwrap_or(NONE);
        let key = (u32::try_from(group).unwrap_or(NONE), lock);
        let id = *self.by_key.entry(key).or_insert(next);
        if id == next {
            let lock = (lock != NONE).then_some(lock);
            let any = kind.is_none_or(|kind| kind == WaitKind::Cond);
            let (rows, edges, stuck) = (Vec::new(), Vec::new(), false);
            self.nodes.push(Node { group, lock, kind, rows, frame, edges, any, stuck });
        }
        id
    }

    /// The nodes of all who wait for locks, `WaitGroup`s and `Cond`s.
    fn waits(&mut self) {
        for wait in &self.locks.waits {
            let id =
                self.node(wait.group as usize, wait.lock, Some(wait.kind), wait.caller as usize);
            if let Some(node) = self.nodes.get_mut(id as usize) {
                if node.rows.is_empty()
                    && let Some(list) = self.by_lock.get_mut(wait.lock as usize)
                {
                    list.push(id);
                }
                node.rows.push(wait.row);
            }
        }
    }

    /// The node that the record at `row` belongs to, and takes it up.
    fn of_row(&mut self, row: u32, frame: Option<usize>) -> Option<NodeId> {
        let group = self.locks.group(row)?;
        if let Some(wait) = self.locks.wait_in(group, row) {
            return self.by_key.get(&(wait.group, wait.lock)).copied();
        }
        let frame = frame.unwrap_or_else(|| self.user_frame(row));
        let id = self.node(group, NONE, None, frame);
        self.take_up(id, &[row]);
        Some(id)
    }

    /// Takes up `rows` of the node at `id`, of which the first may be the one that it has last.
    fn take_up(&mut self, id: NodeId, rows: &[u32]) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            let known = rows.first().is_some_and(|first| node.rows.last() == Some(first));
            node.rows.extend_from_slice(rows.get(usize::from(known)..).unwrap_or_default());
        }
    }

    /// The raw index of the innermost frame of the user's code.
    fn user_frame(&self, row: u32) -> usize {
        let Some(id) = self.facts.dump().goroutine(row as usize).map(Goroutine::stack) else {
            return 0;
        };
        let known = self.user_frames.get(id.index());
        if let Some(known) = known.map(Cell::get).filter(|known| *known != NONE) {
            return known as usize;
        }
        let stack = self.facts.dump().stack(id);
        let found = stack.iter().position(|frame| self.locks.frames.get(*frame).user).unwrap_or(0);
        if let (Some(known), Ok(found)) = (known, u32::try_from(found)) {
            known.set(found);
        }
        found
    }

    fn link(&mut self, from: NodeId, to: NodeId, why: Why, sure: Confidence) {
        if self.known.insert((from, to))
            && let Some(node) = self.nodes.get_mut(from as usize)
        {
            node.edges.push(Edge { to, why, sure });
        }
    }

    /// From those who wait for a lock to its likely holder; readers wait for a writer first.
    fn holders(&mut self, verdicts: &[Verdict]) {
        for (lock, verdict) in (0u32..).zip(verdicts) {
            let waiting = self.by_lock.get(lock as usize).cloned().unwrap_or_default();
            if let Verdict::Own { .. } | Verdict::Once { .. } | Verdict::Reads { .. } = verdict {
                for id in waiting {
                    if let Some(node) = self.nodes.get_mut(id as usize) {
                        node.stuck = true;
                    }
                }
                continue;
            }
            let Verdict::Held(candidate) = verdict else { continue };
            let Some(holder) = self.of_row(candidate.row, Some(candidate.frame)) else { continue };
            let sure = match candidate.tier {
                Tier::Receiver | Tier::Shared | Tier::Near => Confidence::Likely,
                Tier::Enclosing
                | Tier::Type
                | Tier::Sibling
                | Tier::Parent
                | Tier::Package
                | Tier::Released => Confidence::Possible,
            };
            let op = |node: &NodeId| self.nodes.get(*node as usize).and_then(|node| node.kind);
            let writes = |node: &NodeId| {
                matches!(op(node), Some(WaitKind::Lock(LockKind::Write | LockKind::WriteBehind)))
            };
            let writer = waiting.iter().copied().find(writes);
            let reads: Vec<bool> = waiting
                .iter()
                .map(|node| op(node) == Some(WaitKind::Lock(LockKind::Read)))
                .collect();
            for (id, reads) in waiting.into_iter().zip(reads) {
                match writer.filter(|writer| reads && *writer != holder) {
                    Some(writer) => self.link(id, writer, Why::Writer, Confidence::Likely),
                    None => self.link(id, holder, Why::Lock, sure),
                }
            }
        }
    }
}
