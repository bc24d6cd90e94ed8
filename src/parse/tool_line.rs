//! Lines of a block of another tool's text, and who reads them; lines that transport broke in two.

use crate::model::Dump;
use crate::model::DumpBuilder;
use crate::model::Problem;
use crate::parse::place::Text;

/// A reader of one dump, which is given line by line.
pub(in crate::parse) trait Reader {
    /// The dump as far as it was read.
    fn builder(&mut self) -> &mut DumpBuilder;

    /// Reads a line, and counts it in the account. False, and nothing was done, if it begins something
    /// else; never for the first line.
    fn line(&mut self, line: &Line<'_>) -> bool;

    /// The dump, whose text has `bytes` bytes and ends at `end` of the input; `at_eof` if the input ends
    /// there too. `None` if there was no goroutine in it.
    fn finish(self: Box<Self>, bytes: u64, end: u64, at_eof: bool) -> Option<Dump>;
}

/// A line of a block of text.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Line<'t> {
    text: &'t Text<'t>,
    at: usize,
    /// The line without its end, be it LF or CRLF.
    pub(in crate::parse) bytes: &'t [u8],
    /// False if its end is missing: the input ends here.
    pub(in crate::parse) whole: bool,
}

impl<'t> Line<'t> {
    /// The line at `at`, and where the next one starts; `None` if more text is needed, or there is none.
    pub(in crate::parse) fn at(text: &'t Text<'t>, at: usize) -> Option<(Self, usize)> {
        let rest = text.bytes.get(at..)?;
        let newline = memchr::memchr(b'\n', rest);
        if newline.is_none() && (!text.eof || rest.is_empty()) {
            return None;
        }
        let bytes = newline.map_or(rest, |newline| rest.get(..newline).unwrap_or_default());
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let next = at + newline.map_or(rest.len(), |newline| newline + 1);
        Some((Self { text, at, bytes, whole: newline.is_some() }, next))
    }

    /// The line without blanks at its ends: transport adds and takes away indentation.
    pub(in crate::parse) fn trimmed(&self) -> &'t [u8] {
        self.bytes.trim_ascii()
    }

    /// A problem with the line.
    pub(in crate::parse) fn problem(&self, message: impl Into<String>) -> Problem {
        let start = self.bytes.len() - self.bytes.trim_ascii_start().len();
        self.text.problem(self.at + start, self.trimmed().len(), message)
    }
}

/// A line that is not understood by itself, as its end may stand on the next one. Lines that wait count as
/// understood until the line is given up: each is counted when it is read, as places follow from that.
#[derive(Debug, Default)]
pub(in crate::parse) struct Joiner {
    text: Vec<u8>,
    lines: u64,
    problem: Option<Problem>,
}

/// Most lines that a terminal or mail makes of one.
const MAX_LINES: u64 = 4;
/// Longest line that is put together, in bytes.
const MAX_TEXT: usize = 4096;

impl Joiner {
    /// Whether a line waits for its end.
    pub(in crate::parse) fn is_open(&self) -> bool {
        self.lines > 0
    }

    /// The line that waits, as far as it is known.
    pub(in crate::parse) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Holds the line `text`, which is not understood for the reason in `problem`.
    pub(in crate::parse) fn hold(&mut self, text: &[u8], problem: Problem) {
        *self = Self { text: text.to_vec(), lines: 1, problem: Some(problem) };
    }

    /// The line that waits and `next` together, broken anywhere or at a blank that was dropped, if that
    /// `is` a line. Then the line waits no more.
    pub(in crate::parse) fn join(
        &mut self,
        next: &[u8],
        is: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<u8>> {
        if !self.is_open() || self.lines >= MAX_LINES || self.text.len() + next.len() > MAX_TEXT {
            return None;
        }
        let whole = [[&self.text, next].concat(), [&self.text, &b" "[..], next].concat()];
        let whole = whole.into_iter().find(|text| is(text))?;
        *self = Self::default();
        Some(whole)
    }

    /// Takes `next` for a part of the line that waits. False if there is none, or it is too long.
    pub(in crate::parse) fn add(&mut self, next: &[u8]) -> bool {
        let fits = self.is_open()
            && self.lines + 1 < MAX_LINES
            && self.text.len() + next.len() <= MAX_TEXT;
        if fits {
            self.text.extend_from_slice(next);
            self.lines += 1;
        }
        fits
    }

    /// Gives up: the problem, and the number of lines.
    pub(in crate::parse) fn give_up(&mut self) -> Option<(Problem, u64)> {
        let Self { lines, problem, .. } = std::mem::take(self);
        Some((problem?, lines))
    }
}
