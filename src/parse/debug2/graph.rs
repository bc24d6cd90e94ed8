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

const MAX_NODES: usize = 1 << 14;
const MAX_EDGES: usize = 1 << 15;
/// Bytes of text of all nodes, and of one.
const MAX_TEXT: usize = 2 << 20;
const MAX_NODE_TEXT: u16 = 4 << 10;
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
#[derive(Clone, Copy, Debug)]
enum Next {
    None,
    One(u32),
    /// Index of a [`Dispatch`].
    Many(u32),
}

/// What a walk needs of a node.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Where its text starts in [`Graph::text`], and its length.
    text: u32,
    len: u16,
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

/// Where what varies behind a node stands in the text.
#[derive(Clone, Copy, Debug)]
struct Span {
    at: usize,
    len: usize,
}

/// Known texts of goroutines.
#[derive(Debug)]
pub(super) struct Graph {
    text: Vec<u8>,
    nodes: Vec<Node>,
    adds: Vec<Adds>,
    frames: Vec<FrameId>,
    dispatches: Vec<Dispatch>,
    /// Nodes by the hash of what they hold.
    index: FxHashMap<u64, u32>,
    edges: usize,
    /// The nodes of the last walk, and what varied behind each but the last.
    walked: Vec<u32>,
    spans: Vec<Span>,
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
        let root = Node { text: 0, len: 0, after: After::End, next: Next::None };
        Self {
            text: Vec::new(),
            nodes: vec![root],
            adds: vec![Adds::default()],
            frames: Vec::new(),
            dispatches: Vec::new(),
            index: FxHashMap::default(),
            edges: 0,
            walked: Vec::new(),
            spans: Vec::new(),
            full: false,
            refused: 0,
            misses: 0,
        }
    }

    /// Recognises the lines below a header from `at` on. `None` if they are not known, or not all
    /// there.
    pub(super) fn walk(&mut self, text: &[u8], at: usize) -> Option<Walked> {
        self.walked.clear();
        self.spans.clear();
        let mut at = at;
        let (mut hash, mut creator_goid) = (0u64, 0);
        let mut node = self.nodes.first()?;
        loop {
            let id = self.successor(node, text.get(at..)?)?;
            node = self.nodes.get(id as usize)?;
            at += usize::from(node.len);
            hash = (hash.rotate_left(5) ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.walked.push(id);
            let rest = text.get(at..)?;
            let len = match node.after {
                After::Arguments | After::Evidence => arguments_len(rest)?,
                After::Goid => {
                    let (after, goid) = number(rest).ok()?;
                    creator_goid = goid;
                    rest.len() - after.len()
                }
                After::End => return Some(Walked { end: at, creator_goid, hash }),
            };
            self.spans.push(Span { at, len });
            at += len;
        }
    }

    /// The nodes of the path that was walked.
    pub(super) fn nodes(&self) -> &[u32] {
        &self.walked
    }

    /// What is to be known of the path that was walked, but for its stack, whose frames are put into
    /// `frames`.
    pub(super) fn new_path(&self, frames: &mut Vec<FrameId>) -> Stack {
        frames.clear();
        let mut found = Stack::default();
        for node in &self.walked {
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

    /// Puts the arguments of the path that was walked into `out`: all, or those that are evidence.
    pub(super) fn arguments(&self, all: bool, out: &mut Vec<Arguments>) {
        out.clear();
        let mut frame = 0;
        for (node, span) in self.walked.iter().zip(&self.spans) {
            let Some(adds) = self.adds.get(*node as usize) else { continue };
            let Some(node) = self.nodes.get(*node as usize) else { continue };
            frame += adds.frame_count as usize;
            let evidence = node.after == After::Evidence;
            if evidence || (all && node.after == After::Arguments) {
                out.push(Arguments { frame, at: span.at, len: span.len, evidence });
            }
        }
    }

    /// The successor of `node` that `rest` starts with.
    #[inline]
    fn successor(&self, node: &Node, rest: &[u8]) -> Option<u32> {
        let is = |next: u32| self.nodes.get(next as usize).is_some_and(|n| self.is_at(n, rest));
        match node.next {
            Next::One(next) => is(next).then_some(next),
            Next::Many(dispatch) => self.dispatches.get(dispatch as usize)?.find(rest, is),
            Next::None => None,
        }
    }

    #[inline]
    fn is_at(&self, node: &Node, rest: &[u8]) -> bool {
        let text = self.text_of(node);
        let is_call = matches!(node.after, After::Arguments | After::Evidence);
        rest.starts_with(text)
            && (!is_call || rest.get(text.len()).is_some_and(|byte| varies(*byte)))
    }

    fn frames_of(&self, adds: Adds) -> &[FrameId] {
        let from = adds.frames as usize;
        self.frames.get(from..from + adds.frame_count as usize).unwrap_or_default()
    }

    fn text_of(&self, node: &Node) -> &[u8] {
        let from = node.text as usize;
        self.text.get(from..from + usize::from(node.len)).unwrap_or_default()
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
        let same = self.text_of(node) == text
            && self.frames_of(*adds) == frames
            && adds.creator == creator;
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
        let len = u16::try_from(text.len()).ok().filter(|len| *len <= MAX_NODE_TEXT)?;
        if self.nodes.len() >= MAX_NODES || self.text.len() + text.len() > MAX_TEXT {
            self.full = true;
            return None;
        }
        let start = u32::try_from(self.text.len()).ok()?;
        let id = u32::try_from(self.nodes.len()).ok()?;
        self.text.extend_from_slice(text);
        self.nodes.push(Node { text: start, len, after, next: Next::None });
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
        let Self { text, nodes, dispatches, .. } = self;
        let text_of = |id: u32| {
            let node = nodes.get(id as usize);
            let range =
                node.map(|node| node.text as usize..node.text as usize + usize::from(node.len));
            range.and_then(|range| text.get(range)).unwrap_or_default()
        };
        let Some(next) = nodes.get(from as usize).map(|node| node.next) else { return false };
        let next = match next {
            Next::None => Some(Next::One(to)),
            Next::One(known) if known == to => return true,
            Next::One(known) => Dispatch::new(vec![known, to], &text_of).and_then(|dispatch| {
                dispatches.push(dispatch);
                u32::try_from(dispatches.len() - 1).ok().map(Next::Many)
            }),
            Next::Many(at) => match dispatches.get_mut(at as usize) {
                Some(dispatch) if dispatch.contains(to) => return true,
                Some(dispatch) => dispatch.insert(to, &text_of).then_some(next),
                None => None,
            },
        };
        self.edges += 1;
        self.full |= self.edges >= MAX_EDGES;
        match (next, self.nodes.get_mut(from as usize)) {
            (Some(next), Some(node)) => {
                node.next = next;
                true
            }
            _ => false,
        }
    }
}

/// Whether arguments that begin with `byte` vary: those of calls without any, and `...` of inlined
/// calls, do not.
fn varies(byte: u8) -> bool {
    byte != b')' && byte != b'.'
}
