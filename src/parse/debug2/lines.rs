//! Lines of a block of text, and what kinds of lines stand around goroutines.

use memchr::memchr;

use super::frame::ancestor;
use super::frame::created_by;
use super::frame::elided;
use super::frame::file_line;
use super::frame::function_line;
use super::frame::non_go_frame;
use super::frame::unavailable;
use super::gccgo::gccgo_symbol;
use super::gccgo::is_sure_frame;
use crate::parse::expect::PResult;
use crate::parse::expect::fail;
use crate::parse::lexical::hex;
use crate::parse::place::Text;

/// A line of a block of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The line without its newline.
    pub(super) text: &'a [u8],
    /// Where the next line starts.
    pub(super) next: usize,
    /// False if the newline is missing: the input ends here.
    pub(super) whole: bool,
}

/// What stands at a position of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At<'a> {
    Line(Line<'a>),
    /// The block ends here or inside a line, and more text follows.
    More,
    /// The input ends here.
    End,
}

/// The line that starts at `at`.
pub(super) fn line_at<'a>(text: &Text<'a>, at: usize) -> At<'a> {
    let rest = text.bytes.get(at..).unwrap_or_default();
    match memchr(b'\n', rest) {
        Some(newline) => {
            let line = rest.get(..newline).unwrap_or_default();
            At::Line(Line { text: line, next: at + newline + 1, whole: true })
        }
        None if !text.eof => At::More,
        None if rest.is_empty() => At::End,
        None => At::Line(Line { text: rest, next: at + rest.len(), whole: false }),
    }
}

/// Whether `line`, which starts with `goroutine `, is a header, good or damaged, rather than a line of
/// a log such as `goroutine 5 started`.
pub(super) fn is_header_like(line: Line<'_>) -> bool {
    let Some(after) = line.text.strip_prefix(b"goroutine ") else { return false };
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = after.get(digits..).unwrap_or_default();
    let header = digits > 0
        && (rest.starts_with(b" [") || rest.starts_with(b" gp=") || rest.ends_with(b"]:"));
    header || (!line.whole && (digits > 0 || after.is_empty()))
}

/// Whether `line` can be the first one below a header.
pub(super) fn is_stack_line(line: &[u8]) -> bool {
    function_line(line).is_ok()
        || unavailable(line).is_ok()
        || created_by(line).is_ok()
        || non_go_frame(line).is_ok()
        || elided(line).is_ok()
        || ancestor(line).is_ok()
}

/// Whether a call and its file line stand at `at`; `None` if the text ends before that can be told.
pub(super) fn is_call_at(text: &Text<'_>, at: usize) -> Option<bool> {
    let is_call = |line: &[u8]| function_line(line).is_ok();
    let is_name = |line: &[u8]| matches!(gccgo_symbol(line), Ok((b"", ())));
    match line_at(text, at) {
        At::Line(first) if is_call(first.text) || is_name(first.text) => {
            match line_at(text, first.next) {
                At::Line(second) if is_name(first.text) => {
                    Some(is_sure_frame(first.text, second.text))
                }
                At::Line(second) => Some(file_line(second.text).is_ok()),
                At::More => None,
                At::End => Some(false),
            }
        }
        At::More => None,
        At::Line(_) | At::End => Some(false),
    }
}

/// The first line of a panic; nested ones stand behind a tab. The value is printed raw up to Go 1.22,
/// so that it may have lines that look like a header; 1.23 and later indent its lines by a tab.
///
/// ```abnf
/// panic-line      = %s"panic: " *( %x20-7E )
/// ```
pub(super) fn panic_line(input: &[u8]) -> PResult<'_, ()> {
    let text = input.trim_ascii_start();
    if text.starts_with(b"panic: ") { Ok((b"", ())) } else { fail(input, "`panic: `") }
}

/// The line of a fatal error; Go 1.0 says `throw`.
///
/// ```abnf
/// fatal-line      = ( %s"fatal error: " / %s"throw: " ) *( %x20-7E )
/// ```
pub(super) fn fatal_line(input: &[u8]) -> PResult<'_, ()> {
    if input.starts_with(b"fatal error: ") || input.starts_with(b"throw: ") {
        Ok((b"", ()))
    } else {
        fail(input, "`fatal error: `")
    }
}

/// The line of a signal: `SIGQUIT: quit`. A terminal shows the key that sent it before it: `^\SIGQUIT: quit`.
///
/// ```abnf
/// signal-line     = [ "^\" ] %s"SIG" 3*6( %x41-5A ) %s": " *( %x20-7E )
/// ```
pub(super) fn signal_line(input: &[u8]) -> PResult<'_, ()> {
    let text = input.strip_prefix(b"^\\").unwrap_or(input);
    let name = text.strip_prefix(b"SIG").unwrap_or_default();
    let len = name.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if (2..=6).contains(&len) && name.get(len..).is_some_and(|rest| rest.starts_with(b": ")) {
        Ok((b"", ()))
    } else {
        fail(input, "a signal's name such as `SIGQUIT: `")
    }
}

/// Whether the line starts what a crash prints before its goroutines.
pub(super) fn is_crash_start(line: &[u8]) -> bool {
    (line.first() == Some(&b'p') && panic_line(line).is_ok())
        || fatal_line(line).is_ok()
        || signal_line(line).is_ok()
}

/// Whether the line belongs to what a crash prints before its goroutines, but does not start it:
/// `[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x728b71]`, `PC=0x4272b1 m=0`,
/// `runtime: goroutine stack exceeds 1000000000-byte limit`, `goroutine running on other thread`, …
pub(super) fn is_crash_detail(line: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b"[signal ",
        b"PC=0x",
        b"\tpanic: ",
        b"runtime: ",
        b"unexpected fault address",
        b"signal arrived during ",
        b"instruction bytes: ",
        b"Exception 0x",
        b"Signal ",
        b"stack: frame=",
        b"rip=",
        b"[recovered",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Whether the line is one of a register dump: `rax    0x0`, `r10 0xffff`, and up to Go 1.4
/// `rax     fffffffffffffffc` or `eflags  202`.
pub(super) fn is_register(line: &[u8]) -> bool {
    let len = line.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (name, rest) = line.split_at(len);
    let value = rest.trim_ascii();
    (2..=8).contains(&name.len())
        && name.first().is_some_and(u8::is_ascii_lowercase)
        && rest.first() == Some(&b' ')
        && !value.is_empty()
        && (matches!(hex(value), Ok((b"", _)))
            || (value.iter().all(u8::is_ascii_hexdigit) && is_register_name(name)))
}

fn is_register_name(name: &[u8]) -> bool {
    matches!(
        name,
        b"rip" | b"rflags" | b"eip" | b"eflags" | b"cs" | b"ds" | b"es" | b"fs" | b"gs" | b"ss"
    ) || (name.len() <= 3 && matches!(name.first(), Some(b'r' | b'e')))
}

/// Whether the line is a row of a stack's hex dump (after `stack: frame={…}`):
/// `000000c000041f28:  000000000045a5d6 <runtime.gopark+0x00000000000000d6>  0x0000…`.
pub(super) fn is_hex_row(line: &[u8]) -> bool {
    let digits = line.strip_prefix(b"0x").unwrap_or(line);
    let len = digits.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    len >= 8 && digits.get(len..).is_some_and(|rest| rest.starts_with(b": "))
}

/// The separator between the threads of GOTRACEBACK=crash.
pub(super) fn is_crash_separator(line: &[u8]) -> bool {
    line == b"-----"
}

/// The line above and below a report of the race detector.
pub(super) fn is_race_rule(line: &[u8]) -> bool {
    line == b"=================="
}

/// Whether a report of the race detector starts with `line`; `None` if the text ends before that can be
/// told. Reports stand among goroutines and look a little like them, but are none.
pub(super) fn is_race_start(text: &Text<'_>, line: Line<'_>) -> Option<bool> {
    if !is_race_rule(line.text) {
        return Some(false);
    }
    match line_at(text, line.next) {
        At::Line(second) => Some(second.text == b"WARNING: DATA RACE"),
        At::More => None,
        At::End => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_and_other_lines() {
        for line in [
            "rax    0x0",
            "rip    0x45a5d6",
            "r10 0xffff",
            "eflags  202",
            "fs     0x0",
            "rflags  246",
        ] {
            assert!(is_register(line.as_bytes()), "{line}");
        }
        for line in ["exit status 2", "main.main()", "FAIL", "ok 12", "see abc", ""] {
            assert!(!is_register(line.as_bytes()), "{line}");
        }
        assert!(
            is_crash_start(b"^\\SIGQUIT: quit")
                && is_crash_start(b"SIGQUIT: quit")
                && is_crash_start(b"fatal error: x")
        );
        assert!(!is_crash_start(b"\tpanic: x") && is_crash_detail(b"\tpanic: x"));
        assert!(is_hex_row(b"000000c000041f28:  000000000045a5d6 <runtime.gopark+0x00d6>"));
    }
}
