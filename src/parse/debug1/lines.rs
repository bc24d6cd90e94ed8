//! Lines of a block of text.

use super::grammar;
use crate::parse::place::Text;

/// A line of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The line without its end.
    pub(super) text: &'a [u8],
    /// Where the next line begins.
    pub(super) end: usize,
    /// Whether it has an end, rather than being cut by the end of the input.
    pub(super) whole: bool,
}

/// The line that begins at `at`; `None` if there is none, or if it may go on in the next block.
pub(super) fn line_at<'a>(text: &Text<'a>, at: usize) -> Option<Line<'a>> {
    let rest = text.bytes.get(at..)?;
    match memchr::memchr(b'\n', rest) {
        Some(length) => Some(Line { text: rest.get(..length)?, end: at + length + 1, whole: true }),
        None if text.eof && !rest.is_empty() => {
            Some(Line { text: rest, end: text.bytes.len(), whole: false })
        }
        None => None,
    }
}

/// What kind of line of a profile one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) enum LineKind {
    /// `goroutine profile: total 5`
    Header,
    /// `5 @ 0x48bb6a`
    Record,
    /// `# labels: {"a":"b"}`
    Labels,
    /// `# 0x48bb69 main.main+0x29 /src/main.go:5`, with tabs
    Frame,
}

/// The kind of `line`, if it is one of a profile.
pub(in crate::parse) fn line_kind(line: &[u8]) -> Option<LineKind> {
    match line.first()? {
        b'#' if grammar::labels_line(line).is_ok() => Some(LineKind::Labels),
        b'#' => grammar::frame_line(line).is_ok().then_some(LineKind::Frame),
        b'0'..=b'9' | b'-' => grammar::record_line(line).is_ok().then_some(LineKind::Record),
        _ => grammar::profile_header(line).is_ok().then_some(LineKind::Header),
    }
}

#[cfg(test)]
/// Number of lines in `text`, one without an end included.
pub(super) fn count_lines(text: &[u8]) -> u64 {
    let open = !text.is_empty() && !text.ends_with(b"\n");
    memchr::memchr_iter(b'\n', text).count() as u64 + u64::from(open)
}
