//! Equal subtrees made one: classes from the leaves up, nodes from the roots down.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Extent, Forest, NONE, Node, Place, created_by};
use crate::model::{CreatorId, StackId};
use crate::view::spawn;
use crate::view::summary::Summary;

/// Ids that a node gives.
const IDS: usize = 5;

/// Children of every node, one after the other.
struct Children {
    start: Vec<u32>,
    list: Vec<u32>,
}

impl Children {
    fn new(parents: &[u32]) -> Self {
        let mut start = vec![0u32; parents.len() + 1];
        for parent in parents.iter().filter(|parent| **parent != NONE) {
            if let Some(count) = start.get_mut(*parent as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut start {
            sum += *count;
            *count = sum;
        }
        let mut next = start.clone();
        let mut list = vec![0u32; sum as usize];
        for (parent, node) in parents.iter().zip(0u32..) {
            if let Some(at) = next.get_mut(*parent as usize).filter(|_| *parent != NONE) {
                if let Some(slot) = list.get_mut(*at as usize) {
                    *slot = node;
                }
                *at += 1;
            }
        }
        Self { start, list }
    }

    fn of(&self, node: u32) -> &[u32] {
        let at = |index: usize| self.start.get(index).copied().unwrap_or(0) as usize;
        self.list.get(at(node as usize)..at(node as usize + 1)).unwrap_or(&[])
    }
}

/// What makes two nodes alike.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'d> {
    ghost: bool,
    shown: bool,
    function: &'d str,
    created_by: Option<Place<'d>>,
    /// Classes of the children with how many there are of each.
    children: Vec<(u32, u32)>,
}

struct Fold<'s, 'd> {
    summary: &'s Summary<'d>,
    forest: &'s Forest<'d>,
    children: Children,
    /// The class of each node.
    classes: Vec<u32>,
    /// Goroutines that count in the subtree of each node, itself included.
    sizes: Vec<u64>,
    /// Function, file and line that each stack starts with.
    starts: Vec<(&'d str, &'d str, u32)>,
    creators: FxHashMap<(CreatorId, StackId), Option<Place<'d>>>,
}

pub(super) fn nodes<'d>(
    summary: &Summary<'d>,
    forest: &Forest<'d>,
    extent: Extent,
) -> (Vec<Node<'d>>, u64) {
    let stacks = 0..u32::try_from(summary.dump.stack_count()).unwrap_or(u32::MAX);
    let (roots, order, parents) = order(&forest.parents);
    let mut fold = Fold {
        summary,
        forest,
        children: Children::new(&parents),
        classes: vec![0; parents.len()],
        sizes: vec![0; parents.len()],
        starts: stacks.map(|id| spawn::start(&summary.stacks, StackId::from(id))).collect(),
        creators: FxHashMap::default(),
    };
    fold.classify(&order);
    fold.unfold(&roots, extent)
}

/// The roots, all nodes with parents before children, and the parents without those that close a circle:
/// a hostile dump may have goroutines that create each other.
fn order(parents: &[u32]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let mut parents = parents.to_vec();
    let mut state = vec![0u8; parents.len()];
    let mut path = Vec::new();
    for start in 0..u32::try_from(parents.len()).unwrap_or(u32::MAX) {
        let mut node = start;
        while let Some(seen) = state.get_mut(node as usize) {
            if *seen == 1 {
                // Its parent is on the path that led here.
                if let Some(last) = path.last().and_then(|last| parents.get_mut(*last as usize)) {
                    *last = NONE;
                }
            }
            if *seen != 0 {
                break;
            }
            *seen = 1;
            path.push(node);
            node = parents.get(node as usize).copied().unwrap_or(NONE);
        }
        for node in path.drain(..) {
            if let Some(seen) = state.get_mut(node as usize) {
                *seen = 2;
            }
        }
    }
    let children = Children::new(&parents);
    let is_root = |node: &u32| parents.get(*node as usize) == Some(&NONE);
    let all = 0..u32::try_from(parents.len()).unwrap_or(u32::MAX);
    let roots: Vec<u32> = all.filter(is_root).collect();
    let mut order = roots.clone();
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        order.extend_from_slice(children.of(node));
        next += 1;
    }
    (roots, order, parents)
}

impl<'d> Fold<'_, 'd> {
    fn classify(&mut self, order: &[u32]) {
        let mut known: FxHashMap<Shape<'d>, u32> = FxHashMap::default();
        for node in order.iter().rev() {
            let mut size = u64::from(self.is_shown(*node));
            let mut classes: Vec<u32> = Vec::new();
            for child in self.children.of(*node) {
                let below = self.sizes.get(*child as usize).copied().unwrap_or(0);
                size = size.saturating_add(below);
                if below > 0 {
                    classes.extend(self.classes.get(*child as usize));
                }
            }
            classes.sort_unstable();
            let mut children: Vec<(u32, u32)> = Vec::new();
            for class in classes {
                match children.last_mut() {
                    Some((last, count)) if *last == class => *count += 1,
                    _ => children.push((class, 1)),
                }
            }
            let (function, _, _) = self.start(*node);
            let shape = Shape {
                ghost: self.forest.ghost_of(*node).is_some(),
                shown: self.is_shown(*node),
                function,
                created_by: self.created_by(*node),
                children,
            };
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let class = *known.entry(shape).or_insert(next);
            if let Some(slot) = self.classes.get_mut(*node as usize) {
                *slot = class;
            }
            if let Some(slot) = self.sizes.get_mut(*node as usize) {
                *slot = size;
            }
        }
    }

    fn is_shown(&self, node: u32) -> bool {
        self.forest.shown.get(node as usize).copied().unwrap_or(false)
    }

    fn size(&self, node: u32) -> u64 {
        self.sizes.get(node as usize).copied().unwrap_or(0)
    }

    fn row(&self, node: u32) -> Option<u32> {
        self.forest.rows.get(node as usize).copied().flatten()
    }

    fn start(&self, node: u32) -> (&'d str, &'d str, u32) {
        if let Some(ghost) = self.forest.ghost_of(node) {
            return (ghost.function, ghost.file, ghost.line);
        }
        let goroutine = self.row(node).and_then(|row| self.summary.dump.goroutine(row as usize));
        goroutine.and_then(|g| self.starts.get(g.stack().index()).copied()).unwrap_or(("", "", 0))
    }

    fn created_by(&mut self, node: u32) -> Option<Place<'d>> {
        let goroutine = self.summary.dump.goroutine(self.row(node)? as usize)?;
        let signature = goroutine.signature();
        let summary = self.summary;
        *self
            .creators
            .entry((signature.creator, signature.stack))
            .or_insert_with(|| created_by(summary, signature.creator, signature.stack))
    }

    /// Nodes from the roots down, depth first.
    fn unfold(&mut self, roots: &[u32], extent: Extent) -> (Vec<Node<'d>>, u64) {
        let mut nodes: Vec<Node<'d>> = Vec::new();
        let mut left_out = 0u64;
        // Parent, depth and the alike ones, the next one last.
        let mut open: Vec<(Option<usize>, usize, Vec<u32>)> = Vec::new();
        let groups = self.alike(roots.iter().copied(), extent.top, &mut left_out).0;
        open.extend(groups.into_iter().rev().map(|group| (None, 0, group)));
        while let Some((parent, depth, members)) = open.pop() {
            let mut node = self.node(parent, depth, &members);
            let index = nodes.len();
            if depth + 1 >= extent.depth {
                node.hidden = node.below;
                left_out = left_out.saturating_add(node.below);
            } else {
                let children = &self.children;
                let below = members.iter().flat_map(|one| children.of(*one)).copied();
                let below: Vec<u32> = below.collect();
                let (groups, hidden) = self.alike(below.into_iter(), extent.top, &mut left_out);
                node.hidden = hidden;
                let next = groups.into_iter().rev().map(|group| (Some(index), depth + 1, group));
                open.extend(next);
            }
            nodes.push(node);
        }
        (nodes, left_out)
    }

    /// `nodes` by class, largest subtrees first, and how many goroutines were left out.
    fn alike(
        &self,
        nodes: impl Iterator<Item = u32>,
        top: usize,
        left_out: &mut u64,
    ) -> (Vec<Vec<u32>>, u64) {
        let mut numbers: FxHashMap<u32, usize> = FxHashMap::default();
        let mut groups: Vec<(u64, Vec<u32>)> = Vec::new();
        for node in nodes.filter(|node| self.size(*node) > 0) {
            let class = self.classes.get(node as usize).copied().unwrap_or(0);
            let at = *numbers.entry(class).or_insert(groups.len());
            if at == groups.len() {
                groups.push((0, Vec::new()));
            }
            if let Some((size, members)) = groups.get_mut(at) {
                *size = size.saturating_add(self.size(node));
                members.push(node);
            }
        }
        groups.sort_by_key(|(size, _)| Reverse(*size));
        let rest = groups.get(top.min(groups.len())..).unwrap_or(&[]);
        let hidden = rest.iter().fold(0u64, |sum, (size, _)| sum.saturating_add(*size));
        *left_out = left_out.saturating_add(hidden);
        groups.truncate(top);
        (groups.into_iter().map(|(_, members)| members).collect(), hidden)
    }

    fn node(&mut self, parent: Option<usize>, depth: usize, members: &[u32]) -> Node<'d> {
        let first = members.first().copied().unwrap_or(NONE);
        let ghost = self.forest.ghost_of(first);
        let (function, file, line) = self.start(first);
        let dump = self.summary.dump;
        let mut states: BTreeMap<&'d str, u64> = BTreeMap::new();
        let mut goids = Vec::new();
        let mut size = 0u64;
        for member in members {
            size = size.saturating_add(self.size(*member));
            let Some(goroutine) = self.row(*member).and_then(|row| dump.goroutine(row as usize))
            else {
                let ghost = self.forest.ghost_of(*member).and_then(|ghost| ghost.goid);
                goids.extend(ghost.filter(|_| goids.len() < IDS));
                continue;
            };
            *states.entry(goroutine.state()).or_insert(0) += 1;
            if goids.len() < IDS {
                goids.extend(goroutine.goid());
            }
        }
        let mut states: Vec<_> = states.into_iter().collect();
        states.sort_by_key(|(_, count)| Reverse(*count));
        let shown = self.is_shown(first);
        let own = if shown { members.len() as u64 } else { 0 };
        Node {
            parent,
            depth,
            count: members.len() as u64,
            below: size.saturating_sub(own),
            ghost: ghost.is_some(),
            context: !shown && ghost.is_none(),
            goids,
            function,
            file,
            line,
            created_by: self.created_by(first),
            states,
            hidden: 0,
        }
    }
}
