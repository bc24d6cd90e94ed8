//! Where a dump starts: what a crash prints before its first goroutine belongs to it.

use memchr::memmem;
use memchr::memrchr;

use super::frame::created_by;
use super::frame::file_line;
use super::frame::function_line;
use super::lines::At;
use super::lines::is_call_at;
use super::lines::is_crash_detail;
use super::lines::is_crash_start;
use super::lines::is_hex_row;
use super::lines::is_stack_line;
use super::lines::line_at;
use super::lines::panic_line;
use crate::parse::place::Text;

/// Most lines between `panic: ` and the first goroutine: a value may have several.
const MAX_VALUE_LINES: usize = 100;

/// Where the dump starts whose first header stands at `header`, the start of a line, in `bytes`: at the
/// first line of what the crash says, at most `look_back` bytes before.
pub(in crate::parse) fn dump_start(bytes: &[u8], header: usize, look_back: usize) -> usize {
    let lowest = header.saturating_sub(look_back);
    let mut found = None;
    // Frames directly before the header, without a good header of their own.
    let mut stack = None;
    let mut crash = true;
    for (count, (start, line)) in lines_before(bytes, header).enumerate() {
        if start < lowest {
            break;
        }
        if found.is_some() && !is_crash_start(line) && !is_crash_detail(line) {
            break;
        }
        if count == 0 && is_logged_panic(line) {
            return start;
        }
        if is_crash_start(line) {
            if crash || (panic_line(line).is_ok() && count <= MAX_VALUE_LINES) {
                found = Some(start);
            } else {
                break;
            }
        } else if found.is_some() {
            found = Some(start);
        }
        crash &= is_crash_text(line);
        if crash && !line.is_empty() {
            stack = Some(start);
        } else if stack == Some(start + line.len() + 1) && line.starts_with(b"goroutine ") {
            // The header of these frames is damaged.
            stack = Some(start);
        }
    }
    found.or(stack).unwrap_or(header)
}

/// Whether the header at `at` is a line of a panic's value, which Go 1.23 and later indents by a tab: the
/// lines before it are indented too, up to one that starts a panic. A logger may have put a prefix before
/// all of them.
pub(in crate::parse) fn is_panic_value(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    if !before.ends_with(b"\t") {
        return false;
    }
    let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let tabs = |line: &[u8]| memchr::memchr_iter(b'\t', line).count();
    let indent = tabs(before.get(start..).unwrap_or_default());
    let mut lines = lines_before(bytes, start).take(MAX_VALUE_LINES);
    let first = lines.find(|(_, line)| tabs(line) < indent);
    first.is_some_and(|(_, line)| memmem::find(line, b"panic: ").is_some())
}

/// Whether a call with its file line stands at `at`; `None` if the text ends before that can be told.
pub(in crate::parse) fn is_stack_at(text: &Text<'_>, at: usize) -> Option<bool> {
    is_call_at(text, at)
}

/// Whether the header at `at`, the start of a line, is followed by a stack as Go prints it, or by nothing;
/// `None` if the text ends before that can be told.
pub(in crate::parse) fn is_plain_header_at(text: &Text<'_>, at: usize) -> Option<bool> {
    let line = match line_at(text, at) {
        At::Line(line) => line,
        At::More => return None,
        At::End => return Some(true),
    };
    let second = match line_at(text, line.next) {
        At::Line(second) => second,
        At::More => return None,
        At::End => return Some(true),
    };
    if created_by(second.text).is_ok() || function_line(second.text).is_ok() {
        return match line_at(text, second.next) {
            At::Line(third) => Some(file_line(third.text).is_ok()),
            At::More => None,
            At::End => Some(true),
        };
    }
    Some(is_stack_line(second.text) || !second.whole)
}

/// Whether `text` holds what a crash says before its goroutines: with `GOTRACEBACK=none` there are none.
pub(in crate::parse) fn is_crash(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(is_crash_start)
}

/// Whether the line is what a crash prints between its first line and the first goroutine.
fn is_crash_text(line: &[u8]) -> bool {
    line.is_empty()
        || line == b"runtime stack:"
        || is_crash_start(line)
        || is_crash_detail(line)
        || is_hex_row(line)
        || is_stack_line(line)
        || file_line(line).is_ok()
}

/// `2026/11/23 09:18:35 http: panic serving 127.0.0.1:1234: boom`, directly above a goroutine.
pub(super) fn is_logged_panic(line: &[u8]) -> bool {
    memmem::find(line, b"panic").is_some() && !is_crash_start(line) && !line.starts_with(b"\t")
}

/// The lines that end before `at`, the start of a line, last first: start and text.
fn lines_before(bytes: &[u8], at: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut end = at;
    std::iter::from_fn(move || {
        let text = bytes.get(..end.checked_sub(1)?)?;
        let start = memrchr(b'\n', text).map_or(0, |newline| newline + 1);
        end = start;
        Some((start, text.get(start..)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(text: &str) -> &str {
        let header = text.rfind("goroutine 1 [").unwrap();
        text.split_at(dump_start(text.as_bytes(), header, 1000)).1
    }

    #[test]
    fn a_crash_starts_before_its_goroutines() {
        let crash =
            "panic: a\nmulti-line\n\ngoroutine 1 [running]:\nvalue\n\ngoroutine 1 [running]:\n";
        assert_eq!(start(&format!("log\nlog\n{crash}")), crash);
        let crash = "fatal error: x\n[signal SIGSEGV: a]\n\nruntime stack:\nmain.f()\n\t/x.go:1 +0x1\n\ngoroutine 1 [idle]:\n";
        assert_eq!(start(&format!("log\n{crash}")), crash);
        let crash = "2026/11/23 http: panic serving 1.2.3.4:5: boom\ngoroutine 1 [running]:\n";
        assert_eq!(start(&format!("log\n{crash}")), crash);
        assert_eq!(start("SIGQUIT: no\nother\ngoroutine 1 [idle]:\n"), "goroutine 1 [idle]:\n");
        let crash = "panic: a [recovered]\n\tpanic: b\n\ngoroutine 1 [running]:\n";
        assert_eq!(start(crash), crash);
    }

    #[test]
    fn a_header_in_a_panic_value_is_none() {
        let text = b"panic: a\n\tb\n\tgoroutine 1 [running]:\n";
        assert!(is_panic_value(text, 13));
        assert!(!is_panic_value(b"x: a\n\tb\n\tgoroutine 1 [running]:\n", 9));
        let text = b"web | panic: a\nweb | \tb\nweb | \tgoroutine 1 [running]:\n";
        assert!(is_panic_value(text, 31));
    }
}
