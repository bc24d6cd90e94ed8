//! Text between dumps: where the next one starts, what belongs to it before its first header, and
//! whether loggers wrapped it.

use memchr::memchr;
use memchr::memchr_iter;
use memchr::memrchr;

use super::debug1::Debug1;
use super::debug2;
use super::place::Text;
use super::tools;
use super::tools::Tool;
use crate::source::unwrap::Wrapper;
use crate::source::unwrap::find_header;

/// How far before its first header a dump can start, in bytes: a panic's value may be long.
const LOOK_BACK: usize = 32 << 10;

/// Whose text a dump is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// Go's runtime.
    Runtime,
    /// Package `runtime/pprof`, at debug=1.
    Pprof,
    /// Another tool.
    Tool(Tool),
}

/// What was found in a text outside of dumps.
pub(super) enum Outside {
    /// No dump starts in the first `consumed` bytes, which are `lines` lines.
    Nothing { consumed: usize, lines: u64 },
    /// A dump starts at `at`, after `lines` lines that belong to none.
    Dump { at: usize, lines: u64, author: Author },
    /// The header at `at` is wrapped by a logger.
    Wrapped { at: usize, wrapper: Wrapper },
    /// The text ends before that can be told.
    More,
}

/// Looks for the start of a dump in `text`, one of Go's own or that of another tool; none starts at the
/// offset `barren` of the input, where one was begun before and nothing came of it.
pub(super) fn look(text: &Text<'_>, barren: Option<u64>) -> Outside {
    let own = look_own(text, barren);
    let at = match own {
        Outside::Dump { at, .. } | Outside::Wrapped { at, .. } => Some(at),
        Outside::Nothing { .. } | Outside::More => None,
    };
    tools::look(text, at).unwrap_or(own)
}

/// Looks for the start of a dump that Go itself wrote.
fn look_own(text: &Text<'_>, barren: Option<u64>) -> Outside {
    let bytes = text.bytes;
    // A part of a debug=1 profile that somebody cut out, without its header.
    if text.offset == 0 && text.pieces.is_none() && barren.is_none() && is_record(bytes) {
        return dump(text, 0, Author::Pprof);
    }
    let mut from = 0;
    while let Some(at) = find_header(bytes, from) {
        let before = bytes.get(..at).unwrap_or_default();
        let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        if barren
            .is_some_and(|barren| barren == text.offset_of(start) || barren == text.offset_of(at))
        {
            from = at + 1;
            continue;
        }
        let rest = bytes.get(start..).unwrap_or_default();
        let line = match memchr(b'\n', rest) {
            Some(newline) => rest.get(..newline).unwrap_or_default(),
            None if text.eof => rest,
            None => return Outside::More,
        };
        let column = at - start;
        if column == 0 && !line.ends_with(b"\r") {
            if Debug1::sniff(line) {
                return dump(text, start, Author::Pprof);
            }
            return dump(text, debug2::dump_start(bytes, start, LOOK_BACK), Author::Runtime);
        }
        if column > 0 && Debug1::sniff(line) {
            match bytes.get(start + line.len() + 1..).filter(|rest| !rest.is_empty()) {
                Some(next) if is_record(next) => {
                    let at = if is_name(before, start) { start } else { at };
                    return dump(text, at, Author::Pprof);
                }
                None if !text.eof => return Outside::More,
                Some(_) | None => {}
            }
        }
        // `2026/11/23 09:18:35 goroutine 5 [running]:` from log.Print(debug.Stack()): only the first
        // line has the prefix.
        match debug2::is_stack_at(text, start + line.len() + 1) {
            Some(true) if column > 0 => return dump(text, at, Author::Runtime),
            None => return Outside::More,
            Some(_) => {}
        }
        let may_wrap = text.pieces.is_none() && !debug2::is_panic_value(bytes, start);
        if let Some(wrapper) = may_wrap.then(|| Wrapper::detect(line, column)).flatten() {
            return Outside::Wrapped { at, wrapper };
        }
        from = start + line.len();
    }
    nothing(text)
}

/// Whether the text starts with a record of debug=1: `5 @ 0x48bb6a`.
fn is_record(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && text.get(digits..).is_some_and(|rest| rest.starts_with(b" @"))
}

/// Whether what stands between `start` and the end of `before` can be words of a custom profile's name
/// (`my open files profile: total 3`), rather than what a logger puts before a line.
fn is_name(before: &[u8], start: usize) -> bool {
    let prefix = before.get(start..).unwrap_or_default();
    prefix.first().is_some_and(u8::is_ascii_alphabetic)
        && !prefix.iter().any(|byte| matches!(byte, b':' | b'[' | b'|' | b'=' | b'"'))
}

/// The dump of `author` at `at`.
pub(super) fn dump(text: &Text<'_>, at: usize, author: Author) -> Outside {
    let before = text.bytes.get(..at).unwrap_or_default();
    let lines = memchr_iter(b'\n', before).count() as u64;
    Outside::Dump { at, lines, author }
}

/// There is no header: all but the end is no part of a dump, and the end may be its preamble.
fn nothing(text: &Text<'_>) -> Outside {
    let bytes = text.bytes;
    let consumed = if text.eof {
        bytes.len()
    } else {
        let keep = bytes.len().saturating_sub(LOOK_BACK);
        memrchr(b'\n', bytes.get(..keep).unwrap_or_default()).map_or(0, |newline| newline + 1)
    };
    let gone = bytes.get(..consumed).unwrap_or_default();
    let mut lines = memchr_iter(b'\n', gone).count() as u64;
    if text.eof && !gone.is_empty() && !gone.ends_with(b"\n") {
        lines += 1;
    }
    if consumed == 0 { Outside::More } else { Outside::Nothing { consumed, lines } }
}
