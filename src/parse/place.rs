//! From a position in a block of text to its place in the input, for problems.

use super::unwrap::Piece;
use crate::model::Problem;

/// A block of text that a parser is given: whole lines, except at the end of the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// The text.
    pub(crate) bytes: &'a [u8],
    /// Byte offset of the text in the input; without meaning if there are `pieces`.
    pub(crate) offset: u64,
    /// Line in the input of the first byte, from 1; without meaning if there are `pieces`.
    pub(crate) line: u64,
    /// If the text was peeled out of log lines: where each piece comes from.
    pub(crate) pieces: Option<&'a [Piece]>,
    /// Nothing follows this block.
    pub(crate) eof: bool,
}

/// How far a parser came in a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fed {
    /// Bytes that were dealt with; the rest is given again with more text behind it.
    pub(crate) consumed: usize,
    /// The dump ends here: what follows is not its text.
    pub(crate) done: bool,
}

impl Text<'_> {
    /// The byte offset in the input of the byte at `at` of this text.
    pub(crate) fn offset_of(&self, at: usize) -> u64 {
        match self.piece(at) {
            Some(piece) => piece.offset + (at - piece.at) as u64,
            None => self.offset + at as u64,
        }
    }

    fn piece(&self, at: usize) -> Option<Piece> {
        let pieces = self.pieces?;
        let index = pieces.partition_point(|piece| piece.at <= at).checked_sub(1)?;
        pieces.get(index).copied()
    }

    /// A problem with the `length` bytes at `at` of this text.
    pub(crate) fn problem(&self, at: usize, length: usize, message: impl Into<String>) -> Problem {
        let at = at.min(self.bytes.len());
        let before = self.bytes.get(..at).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let line = rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or(rest);
        let shown = line.get(..line.len().min(Problem::EXCERPT)).unwrap_or(line);
        Problem {
            message: message.into(),
            offset: self.offset_of(at),
            length: length as u64,
            line: match self.piece(at) {
                Some(piece) => piece.line,
                None => self.line + memchr::memchr_iter(b'\n', before).count() as u64,
            },
            column: (at - start) as u64 + 1,
            excerpt: String::from_utf8_lossy(shown).into(),
        }
    }
}
