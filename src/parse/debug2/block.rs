//! What is read of one goroutine below its header.

use memchr::memchr3;

use super::frame::argument;
use super::frame::arguments;
use super::known::NONE;
use crate::model::Ancestor;
use crate::model::CreatorId;
use crate::model::FrameId;
use crate::model::Problem;

/// The arguments of a call as they stand in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arguments {
    /// Index of the call's frame.
    pub(super) frame: usize,
    /// Where they start, and their length.
    pub(super) at: usize,
    pub(super) len: usize,
    /// Their words are evidence.
    pub(super) evidence: bool,
}

/// What was read of a goroutine below its header. Reused from one to the next.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Where the text of the block ends, after the blank line that ends it.
    pub(super) end: usize,
    /// The frames, innermost first.
    pub(super) frames: Vec<FrameId>,
    /// The arguments of the goroutine's own calls.
    pub(super) arguments: Vec<Arguments>,
    pub(super) creator: CreatorId,
    /// 0 if not known.
    pub(super) creator_goid: u64,
    /// Where that stands in the text, and its length.
    pub(super) goid_at: Option<(usize, usize)>,
    pub(super) ancestors: Vec<Ancestor>,
    pub(super) problems: Vec<Problem>,
    /// Problems beyond those that are kept.
    pub(super) more_problems: u64,
    pub(super) understood_lines: u64,
    pub(super) skipped_lines: u64,
    pub(super) ignored_lines: u64,
    pub(super) problem_lines: u64,
    /// The input ends inside the block, or inside its last line.
    pub(super) cut: bool,
    /// `stack unavailable` was printed in place of frames.
    pub(super) unavailable: bool,
    /// The frames of the ancestor that is being read.
    pub(super) ancestor_frames: Vec<FrameId>,
    pub(super) ancestor_goid: Option<u64>,
    /// The call that was read last.
    pub(super) known: u32,
    /// The creator was read.
    pub(super) created: bool,
    /// Something stands behind the creator.
    pub(super) goes_on: bool,
}

impl Block {
    /// Empties the block; its lists keep their room.
    pub(super) fn clear(&mut self) {
        *self = Self {
            frames: cleared(&mut self.frames),
            arguments: cleared(&mut self.arguments),
            ancestor_frames: cleared(&mut self.ancestor_frames),
            known: NONE,
            ..Self::default()
        };
    }

    /// Whether the block is nothing but frames, then a creator if there is one.
    pub(super) fn is_regular(&self) -> bool {
        !self.goes_on
            && !self.cut
            && !self.unavailable
            && self.ancestors.is_empty()
            && self.problem_lines + self.skipped_lines + self.ignored_lines == 0
            && self.problems.is_empty()
    }
}

/// Length of most arguments.
const SHORT: usize = 32;

/// Where a parenthesis or the end of the line stands: arguments hold none, so that they end there, or
/// what follows is not what is known. Most are short: eight bytes at a time, without a call.
#[inline]
pub(super) fn arguments_len(text: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let from = match text.first_chunk::<SHORT>() {
        Some(short) => {
            let (words, _) = short.as_chunks::<8>();
            let mut at = 0;
            let found = words.iter().find_map(|word| {
                // Without these three bits newline and parentheses are one, and but for control
                // characters, `*` and `+`, which arguments do not hold, there are no others.
                let word = (u64::from_le_bytes(*word) & (ONES * 0xdc)) ^ (ONES * 0x08);
                // The lowest bit that is set belongs to the first byte that is zero.
                let zeros = word.wrapping_sub(ONES) & !word & HIGH;
                let start = at;
                at += 8;
                (zeros != 0).then(|| start + zeros.trailing_zeros() as usize / 8)
            });
            match found {
                Some(at) if matches!(text.get(at), Some(b')' | b'(' | b'\n')) => return Some(at),
                Some(at) => at,
                None => SHORT,
            }
        }
        None => 0,
    };
    Some(from + memchr3(b')', b'(', b'\n', text.get(from..)?)?)
}

/// Values below a page are no addresses: lengths, flags, nil.
const FIRST_ADDRESS: u64 = 0x1000;

/// The first word of arguments if it may be an address and is exact.
pub(super) fn first_word(text: &[u8]) -> Option<u64> {
    let (_, word) = argument(text).ok()?;
    word.filter(|word| word.exact && word.value >= FIRST_ADDRESS).map(|word| word.value)
}

/// Words of arguments that may be addresses: position, value, whether exact.
pub(super) fn words(text: &[u8], mut each: impl FnMut(u8, u64, bool)) {
    let done = arguments(text, |position, word| {
        if word.value >= FIRST_ADDRESS {
            each(position, word.value, word.exact);
        }
    });
    // Arguments that are no such list carry no evidence.
    let _ = done.is_ok();
}

/// `list` emptied, with its room.
fn cleared<T>(list: &mut Vec<T>) -> Vec<T> {
    let mut list = std::mem::take(list);
    list.clear();
    list
}
