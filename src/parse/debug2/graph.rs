//! Goroutines that are recognised by comparing known text.
//!
//! Of a goroutine's text below its header only the arguments and the creator's goroutine id vary. A
//! [`Node`] is the fixed text between two of these, and what it adds to the goroutine:
//!
//! ```text
//! )\n\t/go/src/net/pipe.go:159 +0x145\nnet.(*pipe).Read(
//! ```
//!
//! Its successors are the nodes that came next somewhere, so that a path through the graph is a stack,
//! seen before or a new combination of known calls.
//!
//! Invariants:
//! - A node was cut out of a goroutine that the grammar read, from one variable part to the next, with
//!   the frames that the grammar read there. The grammar goes from line to line and carries nothing
//!   across them here, so a path adds what the grammar would read.
//! - The successors of a node are free of prefixes: arguments begin with neither `)` nor `.` (calls
//!   without arguments and inlined calls are fixed text), and only the last node of a path ends with a
//!   blank line.
//! - Nodes, edges and their text are bounded. A graph that is full is used as it stands, and is thrown
//!   away when it was of no use too often.

use std::hash::Hash;
use std::hash::Hasher;

use memchr::memchr_iter;
use rustc_hash::FxHashMap;
use rustc_hash::FxHasher;

use super::block::Arguments;
use super::block::Block;
use super::block::arguments_len;
use super::dispatch::Dispatch;
use super::paths::Stack;
use super::paths::Walked;
use crate::model::CreatorId;
use crate::model::FrameId;
use crate::parse::lexical::number;

/// Nodes of one path. Go prints at most a hundred frames (runtime/traceback.go).
const MAX_PATH: usize = 128;
const MAX_NODES: usize = 1 << 14;
const MAX_EDGES: usize = 1 << 15;
/// Bytes of text of all nodes, and of one.
const MAX_TEXT: usize = 2 << 20;
const MAX_NODE_TEXT: usize = 4 << 10;
/// Edges that cannot be added, because a node has too many or they cannot be told apart, before the
/// graph counts as full.
const MAX_REFUSED: u32 = 1 << 12;
/// Goroutines that a full graph does not recognise before it is thrown away.
const MAX_MISSES: u32 = 1 << 17;

/// What varies behind a node's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// A call's arguments, up to `)`.
    Arguments,
    /// The same, and their words are evidence.
    Evidence,
    /// The creator's goroutine id.
    Goid,
    /// Nothing: the goroutine ends.
    End,
}

/// The nodes that came next.
#[derive(Debug)]
enum Next {
    None,
    One(u32),
    Many(Box<Dispatch>),
}

/// What a walk needs of a node.
#[derive(Debug)]
struct Node {
    text: Box<[u8]>,
    after: After,
    next: Next,
}

/// What a node adds to a goroutine.
#[derive(Clone, Copy, Debug, Default)]
struct Adds {
    /// Where its frames start in [`Graph::frames`], and how many there are.
    frames: u32,
    frame_count: u32,
    lines: u32,
    creator: CreatorId,
}

/// Known texts of goroutines.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    adds: Vec<Adds>,
    frames: Vec<FrameId>,
    /// Nodes by the hash of what they hold.
    index: FxHashMap<u64, u32>,
    edges: usize,
    /// Bytes of text of all nodes.
    bytes: usize,
    /// The nodes of the last walk, how many there are, and where in the text it began.
    walked: [u32; MAX_PATH],
    length: usize,
    start: usize,
    /// There is no room for more.
    full: bool,
    /// Edges that could not be added, and goroutines that were not recognised since the graph is full.
    refused: u32,
    misses: u32,
}

/// The node before the first.
const ROOT: u32 = 0;

impl Graph {
    pub(super) fn new() -> Self {
        let root = Node { text: Box::default(), after: After::End, next: Next::None };
        Self {
            nodes: vec![root],
            adds: vec![Adds::default()],
            frames: Vec::new(),
            index: FxHashMap::default(),
            edges: 0,
            bytes: 0,
            walked: [0; MAX_PATH],
            length: 0,
            start: 0,
            full: false,
            refused: 0,
            misses: 0,
        }
    }

    /// Recognises the lines below a header from `at` on. `None` if they are not known, or not all
    /// there.
    pub(super) fn walk(&mut self, text: &[u8], at: usize) -> Option<Walked> {
        let mut rest = text.get(at..)?;
        let (mut hash, mut creator_goid, mut length) = (0u64, 0, 0);
        let mut node = self.nodes.first()?;
        loop {
            let is = |id: u32| {
                let node = self.nodes.get(id as usize)?;
                Some((id, node, node.after(rest)?))
            };
            let id;
            (id, node, rest) = match &node.next {
                Next::One(id) => is(*id)?,
                Next::Many(dispatch) => dispatch.find(rest, is)?,
                Next::None => return None,
            };
            hash = hash.wrapping_mul(5).wrapping_add(u64::from(id));
            *self.walked.get_mut(length)? = id;
            length += 1;
            match node.after {
                After::Arguments | After::Evidence => rest = rest.get(arguments_len(rest)?..)?,
                After::Goid => (rest, creator_goid) = number(rest).ok()?,
                After::End => {
                    (self.length, self.start) = (length, at);
                    let hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    return Some(Walked { end: text.len() - rest.len(), creator_goid, hash });
                }
            }
        }
    }

    /// The nodes of the path that was walked.
    pub(super) fn nodes(&self) -> &[u32] {
        self.walked.get(..self.length).unwrap_or_default()
    }

    /// What is to be known of the path that was walked, but for its stack, whose frames are put into
    /// `frames`.
    pub(super) fn new_path(&self, frames: &mut Vec<FrameId>) -> Stack {
        frames.clear();
        let mut found = Stack::default();
        for node in self.nodes() {
            let Some(adds) = self.adds.get(*node as usize) else { continue };
            // Mostly one: a loop is quicker than a call.
            for frame in self.frames_of(*adds) {
                frames.push(*frame);
            }
            found.creator = adds.creator;
            found.lines += u64::from(adds.lines);
            let node = self.nodes.get(*node as usize);
            found.evidence |= node.is_some_and(|node| node.after == After::Evidence);
        }
        found
    }

    /// Puts the arguments of the path that was walked in `text` into `out`: all, or those that are
    /// evidence.
    pub(super) fn arguments(&self, text: &[u8], all: bool, out: &mut Vec<Arguments>) {
        out.clear();
        let mut frame = 0;
        let mut at = self.start;
        for node in self.nodes() {
            let Some(adds) = self.adds.get(*node as usize) else { continue };
            let Some(node) = self.nodes.get(*node as usize) else { continue };
            frame += adds.frame_count as usize;
            at += node.text.len();
            let evidence = match node.after {
                After::Arguments => false,
                After::Evidence => true,
                After::Goid | After::End => return,
            };
            let Some(len) = text.get(at..).and_then(arguments_len) else { return };
            if evidence || all {
                out.push(Arguments { frame, at, len, evidence });
            }
            at += len;
        }
    }

    fn frames_of(&self, adds: Adds) -> &[FrameId] {
        let from = adds.frames as usize;
        self.frames.get(from..from + adds.frame_count as usize).unwrap_or_default()
    }

    /// Learns the goroutine that the grammar read into `block`, whose lines start at `at`. True if all
    /// that was known before is forgotten.
    pub(super) fn learn(&mut self, text: &[u8], at: usize, block: &Block) -> bool {
        if self.full {
            self.misses += 1;
            let forget = self.misses > MAX_MISSES;
            if forget {
                *self = Self::new();
            }
            return forget;
        }
        if block.is_regular() && text.get(at..block.end).is_some_and(|all| all.ends_with(b"\n\n")) {
            let done = self.learn_path(text, at, block);
            self.refused += u32::from(done.is_none());
            self.full |= self.refused > MAX_REFUSED;
        }
        false
    }

    /// Adds the nodes and edges that are missing; `None` if that cannot be done.
    fn learn_path(&mut self, text: &[u8], at: usize, block: &Block) -> Option<()> {
        let mut from = at;
        let mut frame = 0;
        let mut node = ROOT;
        if block.arguments.len() + 2 > MAX_PATH {
            return None;
        }
        for call in &block.arguments {
            let first = text.get(call.at);
            if call.len == 0 || !first.is_some_and(|byte| varies(*byte)) {
                continue;
            }
            let after = if call.evidence { After::Evidence } else { After::Arguments };
            let frames = block.frames.get(frame..call.frame)?;
            let fixed = text.get(from..call.at)?;
            node = self.learn_node(node, fixed, after, frames, CreatorId::default())?;
            (from, frame) = (call.at + call.len, call.frame);
        }
        let mut frames = block.frames.get(frame..)?;
        if let Some((goid, len)) = block.goid_at {
            let fixed = text.get(from..goid)?;
            node = self.learn_node(node, fixed, After::Goid, frames, CreatorId::default())?;
            (from, frames) = (goid + len, &[]);
        }
        let fixed = text.get(from..block.end)?;
        self.learn_node(node, fixed, After::End, frames, block.creator).map(|_| ())
    }

    /// The successor of the node `from` with this text, added if it is missing.
    fn learn_node(
        &mut self,
        from: u32,
        text: &[u8],
        after: After,
        frames: &[FrameId],
        creator: CreatorId,
    ) -> Option<u32> {
        let mut hasher = FxHasher::default();
        (text, frames, creator).hash(&mut hasher);
        let hash = hasher.finish();
        let id = match self.index.get(&hash) {
            Some(id) => *id,
            None => self.add(hash, text, after, frames, creator)?,
        };
        let (node, adds) = (self.nodes.get(id as usize)?, self.adds.get(id as usize)?);
        // Two nodes with one hash cannot both be known.
        let same =
            *node.text == *text && self.frames_of(*adds) == frames && adds.creator == creator;
        (same && self.connect(from, id)).then_some(id)
    }

    fn add(
        &mut self,
        hash: u64,
        text: &[u8],
        after: After,
        frames: &[FrameId],
        creator: CreatorId,
    ) -> Option<u32> {
        if text.len() > MAX_NODE_TEXT {
            return None;
        }
        if self.nodes.len() >= MAX_NODES || self.bytes + text.len() > MAX_TEXT {
            self.full = true;
            return None;
        }
        let id = u32::try_from(self.nodes.len()).ok()?;
        self.bytes += text.len();
        self.nodes.push(Node { text: text.into(), after, next: Next::None });
        self.adds.push(Adds {
            frames: u32::try_from(self.frames.len()).ok()?,
            frame_count: u32::try_from(frames.len()).ok()?,
            lines: u32::try_from(memchr_iter(b'\n', text).count()).ok()?,
            creator,
        });
        self.frames.extend_from_slice(frames);
        self.index.insert(hash, id);
        Some(id)
    }

    /// Makes the node `to` a successor of the node `from`. False if there is no room.
    fn connect(&mut self, from: u32, to: u32) -> bool {
        let Some(node) = self.nodes.get_mut(from as usize) else { return false };
        match &node.next {
            Next::One(known) if *known == to => return true,
            Next::Many(dispatch) if dispatch.contains(to) => return true,
            _ => {}
        }
        let next = std::mem::replace(&mut node.next, Next::None);
        let nodes = &self.nodes;
        let text = |id: u32| nodes.get(id as usize).map(|node| &*node.text).unwrap_or_default();
        let (next, done) = match next {
            Next::None => (Next::One(to), true),
            Next::One(known) => match Dispatch::new(vec![known, to], &text) {
                Some(dispatch) => (Next::Many(Box::new(dispatch)), true),
                None => (Next::One(known), false),
            },
            Next::Many(mut dispatch) => {
                let done = dispatch.insert(to, &text);
                (Next::Many(dispatch), done)
            }
        };
        if let Some(node) = self.nodes.get_mut(from as usize) {
            node.next = next;
        }
        self.edges += 1;
        self.full |= self.edges >= MAX_EDGES;
        done
    }
}

impl Node {
    /// What stands behind the node in `text` if it starts with it.
    #[inline]
    fn after<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let rest = text.strip_prefix(&*self.text)?;
        let is_call = matches!(self.after, After::Arguments | After::Evidence);
        (!is_call || rest.first().is_some_and(|byte| varies(*byte))).then_some(rest)
    }
}

/// Whether arguments that begin with `byte` vary: those of calls without any, and `...` of inlined
/// calls, do not.
fn varies(byte: u8) -> bool {
    byte != b')' && byte != b'.'
}
