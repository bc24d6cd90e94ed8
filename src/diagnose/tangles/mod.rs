//! What is wrong with the locks of a dump: from each lock its chain is followed to somebody who waits for
//! nobody that is seen, or back to one that was met before. What ends the same way in the same places is
//! told as one.

mod ends;
mod tangle;

use rustc_hash::{FxHashMap, FxHashSet};

use super::locks::{Candidate, Locks, Verdict, busy_parents, is_stuck, stack_of};
use crate::diagnose::index::Index;
use crate::diagnose::waitfor::{Graph, NodeId, Why};
use crate::model::{GoidSet, WaitKind};
use ends::{End, Ends};
pub use tangle::{Spot, Tangle, Trouble};

/// Members of a circle that are named.
const MEMBERS: usize = 64;

/// Finds what is wrong.
pub(in crate::diagnose) fn diagnose<'d>(
    locks: &Locks<'d>,
    graph: &Graph,
    facts: &Index<'d>,
    verdicts: &[Verdict],
) -> Vec<Tangle> {
    let busy = busy_parents(facts);
    let ends = Ends::new(graph);
    let judge = Judge { locks, graph, facts, verdicts, ends: &ends, busy: &busy };
    let count = u32::try_from(locks.locks.len()).unwrap_or(u32::MAX);
    let mut told: FxHashMap<(Trouble, bool, Vec<&str>, &str), usize> = FxHashMap::default();
    let mut tangles: Vec<Tangle> = Vec::new();
    let mut of_end: FxHashMap<End, usize> = FxHashMap::default();
    for index in 0..count {
        for id in graph.of_lock(index) {
            let is_lock = graph.node(*id).and_then(|node| node.kind);
            if !is_lock.is_some_and(WaitKind::is_lock) {
                continue;
            }
            let end = ends.of(*id);
            let at = *of_end.entry(end).or_insert_with(|| {
                let tangle = judge.tangle(*id, end);
                let name =
                    |spot: &(u32, usize)| locks.frames.at(stack_of(facts, spot.0), spot.1).name;
                let mut places: Vec<&str> = tangle.roots.iter().map(name).collect();
                places.sort_unstable();
                places.dedup();
                let key = (tangle.trouble, tangle.stuck, places, judge.site(*id));
                let at = *told.entry(key).or_insert(tangles.len());
                match tangles.get_mut(at) {
                    Some(first) => first.join(locks, &tangle),
                    None => tangles.push(tangle),
                }
                at
            });
            let Some(tangle) = tangles.get_mut(at) else { continue };
            let Some(node) = graph.node(*id) else { continue };
            let direct = ends.is_direct(graph, *id);
            // They come in their order.
            if direct && tangle.locks.last() != Some(&index) {
                tangle.locks.push(index);
            }
            let map = if direct { &mut tangle.waiters } else { &mut tangle.behind };
            *map.entry(node.group).or_default() += graph.count(facts, *id);
        }
    }
    further(graph, facts, &ends, &of_end, &mut tangles);
    tangles
}

/// Counts who waits for any of a tangle's goroutines in another way than for a lock.
fn further(
    graph: &Graph,
    facts: &Index<'_>,
    ends: &Ends,
    of_end: &FxHashMap<End, usize>,
    tangles: &mut [Tangle],
) {
    let on_path: FxHashSet<NodeId> = tangles
        .iter()
        .flat_map(|tangle| tangle.path.iter().chain(&tangle.others))
        .copied()
        .collect();
    for (id, node) in (0u32..).zip(&graph.nodes) {
        if node.kind.is_some_and(WaitKind::is_lock) {
            continue;
        }
        let tangle = of_end.get(&ends.of(id)).and_then(|at| tangles.get_mut(*at));
        let Some(tangle) = tangle else { continue };
        if tangle.path.contains(&id) {
            tangle.apart += graph.count(facts, id);
        } else if !on_path.contains(&id) && graph.is_victim(facts, id) {
            *tangle.further.entry(node.group).or_default() += graph.count(facts, id);
        }
    }
}

struct Judge<'j, 'd> {
    locks: &'j Locks<'d>,
    graph: &'j Graph,
    facts: &'j Index<'d>,
    verdicts: &'j [Verdict],
    ends: &'j Ends,
    busy: &'j GoidSet,
}

impl<'d> Judge<'_, 'd> {
    /// The function in which the first waiter locks.
    fn site(&self, id: NodeId) -> &'d str {
        let Some(node) = self.graph.node(id) else { return "" };
        let Some(row) = node.rows.first() else { return "" };
        self.locks.frames.at(stack_of(self.facts, *row), node.frame).name
    }

    /// The tangle in which the chain from the node at `from` ends.
    fn tangle(&self, from: NodeId, end: End) -> Tangle {
        let mut tangle = Tangle::new();
        let lock = match end {
            End::Lock(lock) => lock,
            End::Node(_) => self.ends.last_lock(from).unwrap_or(0),
            End::Cycle(first) => {
                self.ring(&mut tangle, first);
                return tangle;
            }
        };
        tangle.rivals = rivals(self.locks, lock);
        match self.verdicts.get(lock as usize) {
            Some(Verdict::Own { row, frame }) => {
                (tangle.trouble, tangle.stuck) = (Trouble::Own, true);
                tangle.roots.push((*row, *frame));
            }
            Some(Verdict::Once { row, frame }) => {
                (tangle.trouble, tangle.stuck) = (Trouble::Once, true);
                tangle.roots.push((*row, *frame));
            }
            Some(Verdict::Reads { row, frame, writer }) => {
                (tangle.trouble, tangle.stuck) = (Trouble::Reads, true);
                tangle.roots.push((*row, *frame));
                tangle.writer = Some(*writer);
            }
            Some(Verdict::Held(candidate)) => self.held(&mut tangle, candidate, end),
            Some(Verdict::Moves(row)) => {
                tangle.trouble = Trouble::Moves;
                tangle.roots.push((*row, 0));
            }
            Some(Verdict::Nobody) | None => {}
        }
        tangle
    }

    fn held(&self, tangle: &mut Tangle, candidate: &Candidate, end: End) {
        tangle.trouble = Trouble::Held;
        tangle.roots.push((candidate.row, candidate.frame));
        tangle.by = Some(*candidate);
        let graph = self.graph;
        let mut at = graph.of_row(self.locks, candidate.row);
        while let Some(id) = at.filter(|id| !tangle.path.contains(id)) {
            tangle.path.push(id);
            let goes_on = end != End::Node(id) && tangle.path.len() < MEMBERS;
            at = graph.next(id).filter(|_| goes_on).map(|edge| edge.to);
        }
        let holder = tangle.path.first().and_then(|id| graph.node(*id));
        // Whose other side is seen at work goes on.
        let moves = holder.is_some_and(|node| {
            !node.stuck && node.edges.iter().any(|edge| graph.works(self.facts, edge))
        });
        let runs = tangle.ends_running(graph, self.facts);
        tangle.stuck = !runs
            && (holder.is_some_and(|node| node.stuck)
                || (!moves && is_stuck(self.locks, self.facts, candidate.row, self.busy)));
    }

    /// The members of the circle through the node at `first`; one that is waited for by its lock first.
    fn ring(&self, tangle: &mut Tangle, first: NodeId) {
        (tangle.trouble, tangle.stuck) = (Trouble::Cycle, true);
        let graph = self.graph;
        let next = |id: NodeId| graph.next(id);
        let mut start = first;
        for _ in 0..MEMBERS {
            match next(start) {
                // Its holder is who did wrong: it waits with the lock held.
                Some(edge) if edge.why == Why::Lock => {
                    start = edge.to;
                    break;
                }
                Some(edge) => start = edge.to,
                None => break,
            }
        }
        let mut at = start;
        while let Some(edge) = next(at).filter(|_| tangle.path.len() < MEMBERS) {
            let Some(node) = graph.node(at) else { break };
            tangle.path.push(at);
            tangle.ring.push(edge);
            tangle.roots.extend(node.rows.first().map(|row| (*row, node.frame)));
            if let (Some(lock), Why::Lock) = (node.lock, edge.why)
                && let Some(Verdict::Held(candidate)) = self.verdicts.get(lock as usize)
            {
                let weaker = tangle.by.filter(|own| own.tier >= candidate.tier);
                tangle.by = Some(weaker.unwrap_or(*candidate));
                tangle.rivals = tangle.rivals.max(rivals(self.locks, lock));
            }
            at = edge.to;
            if at == start {
                break;
            }
        }
    }
}

/// Other candidates of the best one's tier.
fn rivals(locks: &Locks<'_>, lock: u32) -> usize {
    let Some(lock) = locks.lock(lock) else { return 0 };
    let best = lock.holders.first().map(|best| best.tier);
    lock.holders.iter().skip(1).filter(|other| Some(other.tier) == best).count()
}
