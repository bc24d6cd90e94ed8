//! Who is stuck, and the one edge that each chain follows.

use super::{Builder, Edge, Graph, Node, NodeId};
use crate::diagnose::index::Index;

/// Finds out who is stuck, and where each node's chain leads.
pub(super) fn settle(builder: Builder<'_, '_>) -> Graph {
    let facts = builder.facts;
    let mut nodes = builder.nodes;
    let forced: Vec<bool> = nodes.iter().map(|node| node.stuck).collect();
    // Nobody is seen for whom it waits, or its lock moves.
    let open = |node: &Node| node.edges.is_empty() && !is_forever(facts, node);
    for (node, forced) in nodes.iter_mut().zip(&forced) {
        node.stuck = *forced || !open(node);
    }
    release(&mut nodes, &forced);
    let next: Vec<Option<Edge>> = nodes.iter().map(|node| next(&nodes, node)).collect();
    let mut waiters: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
    for (id, edge) in (0u32..).zip(&next) {
        if let Some(list) = edge.and_then(|edge| waiters.get_mut(edge.to as usize)) {
            list.push(id);
        }
    }
    let Builder { by_lock, by_key, started, .. } = builder;
    Graph { nodes, by_lock, by_key, next, waiters, started }
}

/// Nothing ends a wait for a nil channel or in a `select` without cases.
fn is_forever(facts: &Index<'_>, node: &Node) -> bool {
    facts.kind(node.group).is_forever()
}

/// Releases whoever waits for one that is not stuck, and those who wait for them, and so on; what is
/// left cannot be released by any order.
fn release(nodes: &mut [Node], forced: &[bool]) {
    let mut waiters: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
    // Edges that would have to be released before the node is.
    let mut needs: Vec<usize> = vec![0; nodes.len()];
    for (id, node) in (0u32..).zip(nodes.iter()) {
        for edge in &node.edges {
            if let Some(list) = waiters.get_mut(edge.to as usize) {
                list.push(id);
            }
        }
        if let Some(slot) = needs.get_mut(id as usize) {
            *slot = if node.any { 1 } else { node.edges.len() };
        }
    }
    let mut free: Vec<NodeId> =
        (0u32..).zip(nodes.iter()).filter(|(_, node)| !node.stuck).map(|(id, _)| id).collect();
    while let Some(id) = free.pop() {
        for waiter in waiters.get(id as usize).into_iter().flatten() {
            let at = *waiter as usize;
            let (Some(node), Some(left)) = (nodes.get_mut(at), needs.get_mut(at)) else { continue };
            if !node.stuck || forced.get(at) == Some(&true) {
                continue;
            }
            *left = left.saturating_sub(1);
            if *left == 0 {
                node.stuck = false;
                free.push(*waiter);
            }
        }
    }
}

/// Of several edges the one to follow: what keeps the node stuck; who waits for nobody; the surest; the
/// first. Of those who could let a goroutine go on, and may, none is more to blame than the others.
fn next(nodes: &[Node], node: &Node) -> Option<Edge> {
    if node.any && !node.stuck {
        return None;
    }
    let to = |edge: &Edge| nodes.get(edge.to as usize);
    let stuck = |edge: &Edge| to(edge).is_some_and(|to| to.stuck);
    let ends = |edge: &Edge| to(edge).is_some_and(|to| to.edges.is_empty());
    let chosen = node.edges.iter().copied().filter(|edge| !node.stuck || stuck(edge));
    // The first of equal ones: `max_by_key` would take the last.
    chosen.rev().max_by_key(|edge| (stuck(edge), !node.stuck && ends(edge), edge.sure))
}
