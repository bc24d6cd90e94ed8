//! From a header line to the model's ids, by memory where its text was seen before.

use memchr::memchr;
use rustc_hash::FxHashMap;
use wide::u8x32;

use super::header::Header;
use super::header::Label;
use super::header::goroutine_header;
use super::header::header_start;
use super::header::labels_after;
use super::header::plain_inside;
use super::mangled::annotated_header;
use crate::model::DumpBuilder;
use crate::model::Head;
use crate::model::HeadId;
use crate::model::LabelsId;
use crate::parse::expect::Expected;
use crate::parse::expect::whole;
use crate::parse::lexical::number;

/// Heads that are remembered by their text. A real dump has some hundreds (states times minutes).
const MAX_HEADS: usize = 4096;
/// Longest text of a head that is remembered.
const MAX_HEAD: usize = 256;
/// Places for heads that are found without a hash table.
const SLOTS: usize = 512;

/// A header whose parts are interned.
pub(super) struct Known {
    pub(super) goid: u64,
    pub(super) head: HeadId,
    pub(super) labels: LabelsId,
    /// The status is `running`.
    pub(super) running: bool,
}

/// What stands between the brackets of headers that were read before.
#[derive(Debug)]
pub(super) struct Heads {
    /// Whether anything is remembered.
    hot: bool,
    texts: Vec<HeadText>,
    index: FxHashMap<Box<[u8]>, u32>,
    /// The head that was read last of those that share a slot.
    slots: Vec<u32>,
}

#[derive(Debug)]
struct HeadText {
    text: Box<[u8]>,
    id: HeadId,
    running: bool,
}

impl Heads {
    pub(super) fn new(hot: bool) -> Self {
        let slots = vec![u32::MAX; if hot { SLOTS } else { 0 }];
        Self { hot, texts: Vec::new(), index: FxHashMap::default(), slots }
    }

    /// The header at the start of `text`, with the length of its line, if its head is known, and if it
    /// has no labels.
    pub(super) fn known(&self, text: &[u8]) -> Option<(Known, usize)> {
        let (rest, goid) = number(text.strip_prefix(b"goroutine ")?).ok()?;
        let rest = rest.strip_prefix(b" [")?;
        let inside = rest.get(..bracket(rest)?)?;
        let slot = self.slots.get(slot_of(inside))?;
        let head = self.texts.get(*slot as usize).filter(|head| *head.text == *inside)?;
        let rest = rest.get(inside.len()..)?.strip_prefix(b"]:\n")?;
        let labels = LabelsId::default();
        Some((
            Known { goid, head: head.id, labels, running: head.running },
            text.len() - rest.len(),
        ))
    }

    /// Reads the header `line`; what stands between its brackets is remembered, its labels are not.
    pub(super) fn header<'i>(
        &mut self,
        builder: &mut DumpBuilder,
        line: &'i [u8],
    ) -> Result<Known, Expected<'i>> {
        match self.remembered(builder, line) {
            Some(header) => Ok(header),
            None => Ok(self.new_head(builder, line, &whole(line, goroutine_header)?)),
        }
    }

    /// Reads the header that `line` starts with, and which somebody annotated; and the note.
    pub(super) fn annotated<'i>(
        &mut self,
        builder: &mut DumpBuilder,
        line: &'i [u8],
    ) -> Option<(Known, &'i [u8])> {
        let (note, header) = annotated_header(line).ok()?;
        Some((self.new_head(builder, line, &header), note))
    }

    /// Reads the header `line` if its head is known.
    pub(super) fn remembered(&mut self, builder: &mut DumpBuilder, line: &[u8]) -> Option<Known> {
        if !self.hot {
            return None;
        }
        let (rest, goid) = header_start(line).ok()?;
        let inside = plain_inside(rest)?;
        let at = *self.index.get(inside)?;
        let head = self.texts.get(at as usize)?;
        if let Some(slot) = self.slots.get_mut(slot_of(inside)) {
            *slot = at;
        }
        let (id, running) = (head.id, head.running);
        let rest = rest.get(inside.len() + 1..)?;
        if rest == b":" {
            return Some(Known { goid, head: id, labels: LabelsId::default(), running });
        }
        let Ok((b":", list)) = labels_after(rest) else { return None };
        Some(Known { goid, head: id, labels: labels(builder, &list), running })
    }

    fn new_head(&mut self, builder: &mut DumpBuilder, line: &[u8], header: &Header<'_>) -> Known {
        let inside = &header.inside;
        let head = Head {
            state: builder.string(inside.state),
            minutes: inside.minutes,
            leaked: inside.leaked,
            scan: inside.scan,
            durable: inside.durable,
            locked: inside.locked,
            bubble: inside.bubble,
            inferred: false,
            cut: false,
        };
        let head = builder.head(head);
        let running = inside.state.starts_with(b"running");
        if let Some(text) = header_start(line).ok().and_then(|(rest, _)| plain_inside(rest)) {
            self.remember(text, head, running);
        }
        let labels = labels(builder, &header.labels);
        Known { goid: header.goid, head, labels, running }
    }

    fn remember(&mut self, text: &[u8], id: HeadId, running: bool) {
        if !self.hot || self.texts.len() >= MAX_HEADS || text.len() > MAX_HEAD {
            return;
        }
        let at = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(HeadText { text: text.into(), id, running });
        self.index.insert(text.into(), at);
        if let Some(slot) = self.slots.get_mut(slot_of(text)) {
            *slot = at;
        }
    }
}

/// Where the first `]` stands. Most heads are short: 32 bytes at once, without a call.
#[inline]
fn bracket(text: &[u8]) -> Option<usize> {
    let ends = text
        .first_chunk()
        .map_or(0, |start| u8x32::new(*start).simd_eq(u8x32::splat(b']')).to_bitmask());
    if ends == 0 { memchr(b']', text) } else { Some(ends.trailing_zeros() as usize) }
}

/// The slot of a head: states differ in their first bytes, minutes in their last.
fn slot_of(inside: &[u8]) -> usize {
    let word = match (inside.first_chunk(), inside.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23)
        }
        _ => inside.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let mixed = (word ^ inside.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> (64 - SLOTS.trailing_zeros())).unwrap_or(0)
}

fn labels(builder: &mut DumpBuilder, labels: &[Label<'_>]) -> LabelsId {
    let labels: Vec<_> =
        labels.iter().map(|(key, value)| (builder.string(key), builder.string(value))).collect();
    builder.labels(&labels)
}
