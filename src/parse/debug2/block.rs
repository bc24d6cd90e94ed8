//! What is read of one goroutine below its header.

use std::borrow::Cow;

use memchr::memchr3;
use wide::u8x32;

use super::frame::argument;
use super::frame::arguments;
use super::known::NONE;
use crate::model::Ancestor;
use crate::model::CreatorId;
use crate::model::FrameId;
use crate::model::Problem;
use crate::parse::gccgo::go_name;

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
    /// Lines were not as Go prints them.
    pub(super) mended: bool,
    /// Lines that are counted twice: a header is glued to the one before it, or a call to its header.
    pub(super) glued: u64,
    /// Lines of the stack that were given up.
    pub(super) lost: u64,
    /// A frame is of gccgo.
    pub(super) gccgo: bool,
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

    /// `function` in the form of Go's own compiler.
    pub(super) fn name<'i>(&self, function: &'i [u8]) -> Cow<'i, [u8]> {
        if self.gccgo { Cow::Owned(go_name(function)) } else { Cow::Borrowed(function) }
    }

    /// Whether the block is nothing but frames, then a creator if there is one.
    pub(super) fn is_regular(&self) -> bool {
        !self.goes_on
            && !self.mended
            && !self.gccgo
            && !self.cut
            && !self.unavailable
            && self.ancestors.is_empty()
            && self.problem_lines + self.skipped_lines + self.ignored_lines == 0
            && self.problems.is_empty()
    }
}

/// Where a parenthesis or the end of the line stands: arguments hold none, so that they end there, or
/// what follows is not what is known. Most are short: 32 bytes at once, without a call or a branch.
#[inline]
pub(super) fn arguments_len(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    while let Some((bytes, after)) = rest.split_first_chunk() {
        let bytes = u8x32::new(*bytes);
        // The two parentheses differ in the lowest bit.
        let ends = (bytes & u8x32::splat(0xfe)).simd_eq(u8x32::splat(b'('))
            | bytes.simd_eq(u8x32::splat(b'\n'));
        let ends = ends.to_bitmask();
        if ends != 0 {
            return Some(text.len() - rest.len() + ends.trailing_zeros() as usize);
        }
        rest = after;
    }
    memchr3(b')', b'(', b'\n', rest).map(|at| text.len() - rest.len() + at)
}

/// Values below a page are no addresses: lengths, flags, nil.
const FIRST_ADDRESS: u64 = 0x1000;

/// The first word of the arguments that `text` starts with if it may be an address and is exact.
pub(super) fn first_word(text: &[u8]) -> Option<u64> {
    let (_, word) = argument(text).ok()?;
    word.filter(|word| word.exact && word.value >= FIRST_ADDRESS).map(|word| word.value)
}

/// Words of the arguments in the first `len` bytes of `text` that may be addresses: position, value,
/// whether exact.
#[inline]
pub(super) fn words(text: &[u8], len: usize, mut each: impl FnMut(u8, u64, bool)) {
    let done = arguments(text, len, |position, word| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_end_wherever_they_end() {
        for byte in 0..=255u8 {
            for len in [0, 1, 15, 16, 31, 32, 33, 63, 64, 70] {
                let mut text = vec![b'0'; len];
                text.push(byte);
                let ends = matches!(byte, b')' | b'(' | b'\n');
                for tail in [&b""[..], b"x", b"\n\t/x.go:1 +0x1f\nmain.main(0xc000012345, 0x1)"] {
                    let all = [&text, tail].concat();
                    let next = tail.iter().position(|byte| matches!(byte, b')' | b'(' | b'\n'));
                    let want = if ends { Some(len) } else { next.map(|at| len + 1 + at) };
                    assert_eq!(arguments_len(&all), want, "{byte} {len}");
                }
            }
        }
    }
}
