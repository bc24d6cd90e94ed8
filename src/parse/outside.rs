//! Text between dumps: where the next one starts, what belongs to it before its first header, and
//! whether loggers wrapped it.

use memchr::memchr;
use memchr::memchr_iter;
use memchr::memrchr;

use super::debug1::Debug1;
use super::debug2;
use super::place::Text;
use super::scan::find_header;
use super::tools;
use super::tools::Tool;
use super::unwrap::Learned;
use super::unwrap::Wrapper;
use super::unwrap::learn;

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
    /// The lines around the header at `at` are wrapped.
    Wrapped { at: usize, wrapper: Box<Wrapper> },
    /// The text ends before that can be told.
    More,
}

/// Looks for the start of a dump in `text`, one of Go's own or that of another tool; none starts at the
/// offset `barren` of the input, where one was begun before and nothing came of it.
pub(super) fn look(text: &Text<'_>, barren: Option<u64>) -> Outside {
    let own = look_own(text, barren);
    let at = match own {
        Outside::Dump { at, .. } | Outside::Wrapped { at, .. } => Some(at),
        // What stands behind a header that cannot be told yet may belong to it.
        Outside::More => find_header(text.bytes, 0),
        Outside::Nothing { .. } => None,
    };
    match tools::look(text, at) {
        Some(tools::Start::Dump { at, tool }) => dump(text, at, Author::Tool(tool)),
        Some(tools::Start::Wrapped { at, wrapper }) => Outside::Wrapped { at, wrapper },
        None => own,
    }
}

/// Looks for the start of a dump that Go itself wrote.
fn look_own(text: &Text<'_>, barren: Option<u64>) -> Outside {
    let bytes = text.bytes;
    // A part of a debug=1 profile that somebody cut out, without its header.
    let before = bytes.get(..find_header(bytes, 0).unwrap_or(bytes.len())).unwrap_or_default();
    if let Some(at) = Debug1::find_record(before, 0)
        && barren.is_none_or(|barren| barren < text.offset_of(at))
    {
        return dump(text, at, Author::Pprof);
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
        if Debug1::sniff(line) {
            if column == 0 && !line.ends_with(b"\r") {
                return dump(text, start, Author::Pprof);
            }
            match bytes.get(start + line.len() + 1..).filter(|rest| !rest.is_empty()) {
                Some(next) if column > 0 && is_record(next) => {
                    return dump(
                        text,
                        if is_name(before, start) { start } else { at },
                        Author::Pprof,
                    );
                }
                None if !text.eof => return Outside::More,
                Some(_) | None => {}
            }
        }
        match is_plain(text, start, column, line) {
            Some(true) if column == 0 => {
                return dump(text, debug2::dump_start(bytes, start, LOOK_BACK), Author::Runtime);
            }
            Some(true) => return dump(text, at, Author::Runtime),
            Some(false) => {}
            None => return Outside::More,
        }
        if text.pieces.is_none() && !debug2::is_panic_value(bytes, at) {
            match learn(bytes, at, text.eof) {
                Learned::Wrapped(wrapper, _) => {
                    return Outside::Wrapped { at, wrapper: Box::new(wrapper) };
                }
                Learned::More => return Outside::More,
                Learned::Plain => {}
            }
        }
        if column == 0 {
            return dump(text, debug2::dump_start(bytes, start, LOOK_BACK), Author::Runtime);
        }
        from = start + line.len();
    }
    nothing(text)
}

/// Whether a stack follows the header in `line`, which starts at `start`, as it stands; `None` if the text
/// ends before that can be told.
///
/// `2026/11/23 09:18:35 goroutine 5 [running]:` is one, too, from log.Print(debug.Stack()): only the first
/// line has the prefix.
fn is_plain(text: &Text<'_>, start: usize, column: usize, line: &[u8]) -> Option<bool> {
    if line.ends_with(b"\r") {
        return Some(false);
    }
    let header = line.get(column..).unwrap_or_default();
    match debug2::header_len(header) {
        // `goroutine 1 [running]:\nmain.main()…`, all on one line.
        Some(length) if length < header.len() && column == 0 => return Some(false),
        None if column > 0 => return Some(false),
        Some(_) | None => {}
    }
    if column > 0 {
        return debug2::is_stack_at(text, start + line.len() + 1);
    }
    debug2::is_plain_header_at(text, start)
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
fn dump(text: &Text<'_>, at: usize, author: Author) -> Outside {
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
