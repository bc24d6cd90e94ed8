//! Where each chain of the wait-for graph ends. Every node has one next, so each path is walked once.

use crate::diagnose::waitfor::{Graph, NodeId, Why};
use crate::model::WaitKind;

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum End {
    /// At a lock whose holder is not seen, or that has one of its waiters as its holder.
    Lock(u32),
    /// At somebody who waits for nobody that is seen.
    Node(NodeId),
    /// In a circle, known by its first node.
    Cycle(NodeId),
}

/// The ends of all nodes.
pub(super) struct Ends {
    of: Vec<End>,
    /// The last lock on the way.
    last: Vec<Option<u32>>,
    /// Nodes of circles.
    in_cycle: Vec<bool>,
}

impl Ends {
    /// Follows all chains of `graph`.
    pub(super) fn new(graph: &Graph) -> Self {
        let count = graph.nodes.len();
        let mut ends: Vec<Option<End>> = vec![None; count];
        let mut last: Vec<Option<u32>> = vec![None; count];
        let mut in_cycle = vec![false; count];
        let mut seen_in: Vec<u32> = vec![u32::MAX; count];
        for start in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            let mut path: Vec<NodeId> = Vec::new();
            let mut at = start;
            let end = loop {
                if let Some(end) = ends.get(at as usize).copied().flatten() {
                    break end;
                }
                let Some(seen) = seen_in.get_mut(at as usize) else { break End::Node(at) };
                if *seen == start {
                    let from = path.iter().position(|node| *node == at).unwrap_or(0);
                    let cycle = path.get(from..).unwrap_or(&[]);
                    let first = cycle.iter().copied().min().unwrap_or(at);
                    // Without a lock that is held it may be idle workers and who would give them work.
                    let held = |id: &NodeId| {
                        graph.next(*id).is_some_and(|e| matches!(e.why, Why::Lock | Why::Writer))
                    };
                    let stuck = graph.node(first).is_some_and(|node| node.stuck);
                    if !stuck || !cycle.iter().any(held) {
                        break End::Node(first);
                    }
                    for id in cycle {
                        if let Some(slot) = in_cycle.get_mut(*id as usize) {
                            *slot = true;
                        }
                    }
                    break End::Cycle(first);
                }
                *seen = start;
                path.push(at);
                match graph.next(at) {
                    Some(edge) => at = edge.to,
                    None => break terminal(graph, at),
                }
            };
            let mut lock = last.get(at as usize).copied().flatten();
            for id in path.into_iter().rev() {
                lock = lock.or_else(|| own_lock(graph, id));
                let at = id as usize;
                if let (Some(end_of), Some(last_of)) = (ends.get_mut(at), last.get_mut(at)) {
                    (*end_of, *last_of) = (Some(end), lock);
                }
            }
        }
        let ends = ends.into_iter().map(|end| end.unwrap_or(End::Node(0))).collect();
        Self { of: ends, last, in_cycle }
    }

    /// Where the chain from the node at `id` ends.
    pub(super) fn of(&self, id: NodeId) -> End {
        self.of.get(id as usize).copied().unwrap_or(End::Node(id))
    }

    /// The last lock on the way from the node at `id`, its own included.
    pub(super) fn last_lock(&self, id: NodeId) -> Option<u32> {
        self.last.get(id as usize).copied().flatten()
    }

    /// Whether the node at `id` waits for a lock at the root, not for somebody who does.
    pub(super) fn is_direct(&self, graph: &Graph, id: NodeId) -> bool {
        let in_cycle = |id: NodeId| self.in_cycle.get(id as usize) == Some(&true);
        match self.of(id) {
            End::Cycle(_) => in_cycle(id) || graph.next(id).is_some_and(|edge| in_cycle(edge.to)),
            End::Lock(_) | End::Node(_) => {
                own_lock(graph, id).is_some() && self.last_lock(id) == own_lock(graph, id)
            }
        }
    }
}

fn own_lock(graph: &Graph, id: NodeId) -> Option<u32> {
    let node = graph.node(id)?;
    node.lock.filter(|_| node.kind.is_some_and(WaitKind::is_lock))
}

fn terminal(graph: &Graph, id: NodeId) -> End {
    own_lock(graph, id).map_or(End::Node(id), End::Lock)
}
