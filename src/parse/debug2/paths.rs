//! What is known of the paths through the graph that were gone before.

use crate::model::CreatorId;
use crate::model::StackId;

/// Paths that are remembered.
const PATHS: usize = 1 << 12;

/// What all goroutines on one path have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stack {
    pub(super) id: StackId,
    pub(super) creator: CreatorId,
    /// Lines of text below the header.
    pub(super) lines: u64,
    /// Words of some of its arguments are evidence.
    pub(super) evidence: bool,
}

/// A goroutine that was recognised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    /// Where its text ends.
    pub(super) end: usize,
    /// 0 if there is none.
    pub(super) creator_goid: u64,
    /// Of the path's nodes.
    pub(super) hash: u64,
}

/// Stacks by the hash of their path's nodes; a later one takes the place of one before.
#[derive(Debug, Default)]
pub(super) struct Paths {
    paths: Vec<Path>,
}

#[derive(Clone, Debug, Default)]
struct Path {
    nodes: Box<[u32]>,
    stack: Stack,
}

impl Paths {
    /// What is known of the path of `nodes`.
    pub(super) fn get(&self, walked: Walked, nodes: &[u32]) -> Option<Stack> {
        let path = self.paths.get(slot_of(walked.hash))?;
        (*path.nodes == *nodes).then_some(path.stack)
    }

    /// Remembers what is known of the path of `nodes`.
    pub(super) fn insert(&mut self, walked: Walked, nodes: &[u32], stack: Stack) {
        if self.paths.is_empty() {
            self.paths.resize_with(PATHS, Path::default);
        }
        if let Some(path) = self.paths.get_mut(slot_of(walked.hash)) {
            *path = Path { nodes: nodes.into(), stack };
        }
    }

    /// Forgets all paths.
    pub(super) fn clear(&mut self) {
        self.paths.clear();
    }
}

fn slot_of(hash: u64) -> usize {
    usize::try_from(hash >> (64 - PATHS.trailing_zeros())).unwrap_or(0)
}
