//! Who created whom. Goroutines are joined by id where the dump has the ids of creators (Go 1.21 and
//! later), else each stands below the function that created it. Creators that are gone are ghosts: all
//! that is known of them is their id, and the functions and lines of their `go` statements.
//!
//! Brothers and sisters with equal subtrees are one node. Everything is linear in the number of
//! goroutines and nothing is recursive: a chain of a million creators is a line.

mod fold;

use rustc_hash::FxHashMap;

use super::spawn;
use super::summary::{Look, Summary};
use crate::model::{CreatorId, Dump, Goroutine, StackId};

/// A forest of goroutines.
pub struct Tree<'d> {
    /// The dump, and how it is looked at.
    pub summary: Summary<'d>,
    /// The nodes, parents before their children.
    pub nodes: Vec<Node<'d>>,
    /// Goroutines below the deepest nodes, and brothers that were left out.
    pub left_out: u64,
    /// Whether creators are functions, as the dump has no ids of creators.
    pub by_function: bool,
}

/// How much of a tree is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Levels.
    pub depth: usize,
    /// Children of a node.
    pub top: usize,
}

/// Goroutines with equal subtrees and one parent, or a creator that is gone.
pub struct Node<'d> {
    /// Index of the parent.
    pub parent: Option<usize>,
    /// Levels above it.
    pub depth: usize,
    /// Goroutines, or creators that are gone.
    pub count: u64,
    /// Goroutines in all subtrees, without itself.
    pub below: u64,
    /// A creator that is not in the dump.
    pub ghost: bool,
    /// It did not pass the filter, and is shown for those below it.
    pub context: bool,
    /// Ids of the first of them; of creators that are gone theirs.
    pub goids: Vec<u64>,
    /// The function that they run; of a ghost the one that held the `go` statement. Empty if not known.
    pub function: &'d str,
    /// Where it is.
    pub file: &'d str,
    /// The line.
    pub line: u32,
    /// The `go` statement that started them, if it is one, and through which helper.
    pub created_by: Option<Place<'d>>,
    /// States, most frequent first.
    pub states: Vec<(&'d str, u64)>,
    /// Children that were left out.
    pub hidden: u64,
}

/// A `go` statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place<'d> {
    /// The function that is meant; helpers are looked through.
    pub function: &'d str,
    /// File of the statement.
    pub file: &'d str,
    /// Its line.
    pub line: u32,
    /// The helper that holds the statement.
    pub via: Option<&'d str>,
}

/// The creator of a goroutine with `stack`.
pub fn created_by<'d>(summary: &Summary<'d>, id: CreatorId, stack: StackId) -> Option<Place<'d>> {
    let dump = summary.dump;
    let creator = dump.creator(id)?;
    let (function, file) = (dump.str(creator.function), dump.str(creator.file));
    if spawn::is_helper(function)
        && let Some((meant, file, line)) = spawn::meant(&summary.stacks, stack)
    {
        return Some(Place { function: meant, file, line, via: Some(function) });
    }
    Some(Place { function, file, line: creator.line, via: None })
}

/// What the fold is made of: every goroutine that counts, and ghosts behind them.
pub(super) struct Forest<'d> {
    /// Parents by node; `NONE` for roots.
    parents: Vec<u32>,
    /// The row of each node; ghosts have none.
    rows: Vec<Option<u32>>,
    ghosts: Vec<Ghost<'d>>,
    /// Whether each node passed the filter.
    shown: Vec<bool>,
}

/// A creator that is gone.
#[derive(Clone, Copy)]
pub(super) struct Ghost<'d> {
    goid: Option<u64>,
    function: &'d str,
    file: &'d str,
    line: u32,
}

pub(super) const NONE: u32 = u32::MAX;

impl<'d> Tree<'d> {
    /// The tree of `dump`; `None` if it says nothing of creators.
    pub fn new(dump: &'d Dump, look: &Look, extent: Extent) -> Option<Self> {
        let summary = Summary::new(dump, look);
        dump.creator(1.into())?;
        let by_function = !dump.goroutines().any(|g| g.creator_goid().is_some());
        let forest =
            if by_function { Forest::by_function(&summary) } else { Forest::by_id(&summary) };
        let (nodes, left_out) = fold::nodes(&summary, &forest, extent);
        Some(Self { summary, nodes, left_out, by_function })
    }
}

impl<'d> Forest<'d> {
    fn by_id(summary: &Summary<'d>) -> Self {
        let dump = summary.dump;
        let mut forest = Self::of_rows(summary);
        let rows = forest.rows.len();
        let mut by_goid: FxHashMap<u64, u32> = FxHashMap::default();
        by_goid.reserve(rows);
        for (goroutine, node) in dump.goroutines().zip(0u32..) {
            if let Some(goid) = goroutine.goid() {
                by_goid.insert(goid, node);
            }
        }
        for (goroutine, node) in dump.goroutines().zip(0usize..) {
            let Some(goid) = goroutine.creator_goid() else { continue };
            let parent = *by_goid
                .entry(goid)
                .or_insert_with(|| forest.ghost(Some(goid), summary, goroutine));
            if let Some(slot) = forest.parents.get_mut(node) {
                *slot = parent;
            }
        }
        forest
    }

    /// Functions are ghosts; a function is below the one that created the goroutines that start with it.
    fn by_function(summary: &Summary<'d>) -> Self {
        let dump = summary.dump;
        let mut forest = Self::of_rows(summary);
        let mut by_name: FxHashMap<&str, u32> = FxHashMap::default();
        let mut starts: FxHashMap<&str, u32> = FxHashMap::default();
        for (goroutine, node) in dump.goroutines().zip(0usize..) {
            let signature = goroutine.signature();
            let Some(place) = created_by(summary, signature.creator, signature.stack) else {
                continue;
            };
            let parent = *by_name
                .entry(place.function)
                .or_insert_with(|| forest.ghost(None, summary, goroutine));
            let (start, ..) = spawn::start(&summary.stacks, signature.stack);
            starts.entry(start).or_insert(parent);
            if let Some(slot) = forest.parents.get_mut(node) {
                *slot = parent;
            }
        }
        for (name, node) in by_name.iter().collect::<std::collections::BTreeMap<_, _>>() {
            let parent = starts.get(name).copied().filter(|parent| parent != node);
            if let (Some(parent), Some(slot)) = (parent, forest.parents.get_mut(*node as usize)) {
                *slot = parent;
            }
        }
        forest
    }

    fn of_rows(summary: &Summary<'d>) -> Self {
        let dump = summary.dump;
        let count = dump.len();
        let shown = |g: Goroutine<'d>| summary.grouping.group_of(g).is_some();
        Self {
            parents: vec![NONE; count],
            rows: (0u32..).take(count).map(Some).collect(),
            ghosts: Vec::new(),
            shown: dump.goroutines().map(shown).collect(),
        }
    }

    /// A new ghost, the creator of `child`.
    fn ghost(&mut self, goid: Option<u64>, summary: &Summary<'d>, child: Goroutine<'d>) -> u32 {
        let node = u32::try_from(self.rows.len()).unwrap_or(NONE - 1);
        let signature = child.signature();
        let place = created_by(summary, signature.creator, signature.stack);
        let (function, file, line) =
            place.map_or(("", "", 0), |place| (place.function, place.file, place.line));
        self.ghosts.push(Ghost { goid, function, file, line });
        self.rows.push(None);
        self.parents.push(NONE);
        self.shown.push(false);
        node
    }

    fn ghost_of(&self, node: u32) -> Option<Ghost<'d>> {
        let first = self.rows.len() - self.ghosts.len();
        self.ghosts.get((node as usize).checked_sub(first)?).copied()
    }
}

#[cfg(test)]
mod tests;
