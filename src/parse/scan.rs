//! Finds where a dump may start in gigabytes of log.

use std::borrow::Cow;

use memchr::memmem;

use super::debug2::is_whole_header;

/// Bytes that are searched for one kind of header before the other kind gets its turn: a file with
/// many headers of one kind is then not searched to its end for the other at each of them.
const WINDOW: usize = 8 << 10;
/// The first of these windows: each is twice as long as the one before, so that a header which is near is
/// found in little time, as in a text of many small dumps.
const FIRST_WINDOW: usize = 256;
/// Longest name of a profile that is looked for.
const MAX_NAME: usize = 128;
/// Longest run of control sequences and blanks between two words of a header.
const MAX_GAP: usize = 64;
/// Longest header that is recognised though it is glued to what stands before it.
const MAX_GLUED: usize = 1024;

/// Offset in `bytes` of the next candidate for a header at or after `from`: `goroutine 7 [`,
/// `goroutine 7 gp=`, or `goroutine profile: total 5` with any name of a profile.
///
/// The candidate may stand anywhere in a line, also behind `\n` as two characters. Between the words of
/// a goroutine's header there may be what terminals and web pages put there: escape sequences, `&nbsp;`.
pub(super) fn find_header(bytes: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    let mut window = FIRST_WINDOW;
    while from < bytes.len() {
        // Whatever starts in the window ends in the overlap behind it.
        let end = bytes.len().min(from + window);
        window = WINDOW.min(2 * window);
        let overlap = bytes.len().min(end + 2 * MAX_NAME);
        let goroutine = goroutine_header(bytes, overlap, from);
        let profile = profile_header(bytes.get(..goroutine.unwrap_or(overlap))?, from);
        match (goroutine, profile) {
            (None, None) => from = end,
            (found, None) | (None, found) => return found,
            (Some(goroutine), Some(profile)) => return Some(goroutine.min(profile)),
        }
    }
    None
}

/// The next `goroutine 7 [` or `goroutine 7 gp=` that starts before `end`.
fn goroutine_header(bytes: &[u8], end: usize, from: usize) -> Option<usize> {
    let searched = bytes.get(..end)?;
    let mut from = from;
    loop {
        let at = from + memmem::find(searched.get(from..)?, b"goroutine")?;
        from = at + b"goroutine".len();
        if is_header(bytes.get(from..)?) && (starts_word(bytes, at) || is_glued(bytes, at)) {
            return Some(at);
        }
    }
}

/// Whether `rest` goes on as a header does behind `goroutine`.
fn is_header(rest: &[u8]) -> bool {
    let before = gap(rest);
    let rest = rest.get(before..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest.get(digits..).unwrap_or_default();
    let after = gap(rest);
    let rest = rest.get(after..).unwrap_or_default();
    // Go 1.23 and later: `goroutine 1 gp=0xc000002380 m=0 mp=0x5f1c20 [running]:`
    let status = rest.starts_with(b"[") || rest.starts_with(b"gp=");
    before > 0 && (1..=20).contains(&digits) && after > 0 && status
}

/// The length of the gap between two words that `text` starts with: one blank, or what became of it, and
/// any control sequences. 0 if there is no blank in it.
fn gap(text: &[u8]) -> usize {
    if let [b' ', next, ..] = text
        && !matches!(next, 0x1b | b'&' | 0xc2)
    {
        return 1;
    }
    let mut at = 0;
    let mut blank = false;
    while at < MAX_GAP {
        let rest = text.get(at..).unwrap_or_default();
        at += match rest {
            [b' ', ..] if !blank => 1,
            [0xc2, 0xa0, ..] => 2,
            [0x1b, ..] => control_sequence(rest),
            _ => match super::unwrap::blank_entity(rest) {
                0 => break,
                length => length,
            },
        };
        blank |= rest.first() != Some(&0x1b);
    }
    if blank { at } else { 0 }
}

/// The length of the escape sequence of a terminal that `text` starts with (ECMA-48): `ESC [ 3 1 m`,
/// `ESC ] 8 ; ; … BEL`, `ESC ( B`; 0 if there is none. A sequence that is cut ends with the text.
fn control_sequence(text: &[u8]) -> usize {
    /// Longest text of a command to the operating system, such as a link.
    const MAX_COMMAND: usize = 4096;
    let Some(rest) = text.strip_prefix(b"\x1b") else { return 0 };
    match rest.first() {
        None => 1,
        Some(b'[') => {
            let parameters = rest.iter().skip(1).take_while(|byte| (0x20..0x40).contains(*byte));
            let parameters = parameters.count();
            // What is no final byte belongs to the text.
            let ends = rest.get(1 + parameters).is_some_and(|byte| (0x40..0x7f).contains(byte));
            2 + parameters + usize::from(ends)
        }
        Some(b']' | b'P' | b'_' | b'^') => {
            let command = rest.get(..rest.len().min(MAX_COMMAND)).unwrap_or(rest);
            let bell = command.iter().position(|byte| *byte == 0x07).map(|at| at + 1);
            let end = memmem::find(command, b"\x1b\\").map(|at| at + 2);
            1 + bell.into_iter().chain(end).min().unwrap_or(1)
        }
        Some(b'(' | b')' | b'#' | b' ' | b'%') => text.len().min(3),
        Some(_) => 2,
    }
}

/// `text` without the control sequences of terminals.
pub(super) fn without_control(text: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = text;
    let mut shown = Vec::new();
    while let Some(escape) = memchr::memchr(0x1b, rest) {
        let (before, after) = rest.split_at(escape);
        shown.extend_from_slice(before);
        rest = after.get(control_sequence(after).max(1)..).unwrap_or_default();
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    shown.extend_from_slice(rest);
    Cow::Owned(shown)
}

/// The next `goroutine profile: total 5`, with any name.
fn profile_header(bytes: &[u8], from: usize) -> Option<usize> {
    const MIDDLE: &[u8] = b" profile: total ";
    let mut search = from;
    loop {
        let middle = search + memmem::find(bytes.get(search..)?, MIDDLE)?;
        search = middle + MIDDLE.len();
        if !bytes.get(search)?.is_ascii_digit() {
            continue;
        }
        let before = bytes.get(middle.saturating_sub(MAX_NAME)..middle)?;
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-/".contains(byte);
        let mut name = before.iter().rev().take_while(is_name).count();
        // `\ngoroutine profile: total 5` in a JSON string: the `n` is the escape's.
        if name > 1 && before.len() > name && before.get(before.len() - name - 1) == Some(&b'\\') {
            name -= 1;
        }
        // `grep -n` and compose put nothing between their prefix and the name.
        for known in [&b"goroutine"[..], b"goroutineleak"] {
            if before.ends_with(known) {
                name = known.len();
            }
        }
        if name > 0 && middle - name >= from {
            return Some(middle - name);
        }
    }
}

/// Whether a word starts at `at`: no letter is before it, or one that is an escape's (`\n`, `\t`, `\012`,
/// `ESC [ 3 1 m`).
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let byte = |back: usize| at.checked_sub(back).and_then(|index| bytes.get(index));
    match byte(1) {
        Some(b'n' | b't' | b'r') => byte(2) == Some(&b'\\'),
        // rsyslog's `#012` is a newline, and so is C's `\012`.
        Some(b'0'..=b'7') => matches!(byte(4), Some(b'#' | b'\\')),
        Some(b'a'..=b'z' | b'A'..=b'Z') => ends_sequence(bytes.get(..at).unwrap_or_default()),
        Some(before) => !before.is_ascii_alphanumeric() && *before != b'_',
        None => true,
    }
}

/// Whether `before` ends with the escape sequence of a terminal.
fn ends_sequence(before: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(MAX_GAP)..).unwrap_or(before);
    memchr::memrchr(0x1b, near).is_some_and(|escape| {
        let sequence = near.get(escape..).unwrap_or_default();
        control_sequence(sequence) == sequence.len()
    })
}

/// Whether the header at `at` is whole, so that it is one though it is glued to what stands before it:
/// `exit status 2goroutine 7 [select]:`.
fn is_glued(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let rest = rest.get(..rest.len().min(MAX_GLUED)).unwrap_or(rest);
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    is_whole_header(rest.get(..end).unwrap_or(rest).trim_ascii_end())
}

#[cfg(test)]
mod tests {
    use super::find_header;
    use proptest::prelude::*;

    #[test]
    fn finds_each_kind_of_header() {
        for (text, at) in [
            ("goroutine 7 [running]:", Some(0)),
            ("web-1 | goroutine 7 [running]:", Some(8)),
            ("x\ngoroutine 1 gp=0xc000002380 m=0 mp=0x5f1c20 [running]:", Some(2)),
            ("goroutine profile: total 5", Some(0)),
            ("goroutineleak profile: total 5", Some(0)),
            ("995:goroutine profile: total 5", Some(4)),
            ("{\"log\":\"x\\ngoroutine 7 [running]:", Some(11)),
            ("{\"log\":\"x\\ngoroutine profile: total 7", Some(11)),
            ("host app: x#012goroutine 7 [running]:", Some(15)),
            ("char *s = \"x\\012goroutine 7 [running]:", Some(16)),
            ("\u{1b}[31mgoroutine\u{1b}[0m 7 [running]:", Some(5)),
            ("\u{1b}[01;31m\u{1b}[Kgoroutine 7\u{1b}[m\u{1b}[K [running]:", Some(11)),
            ("goroutine&nbsp;7&nbsp;[running]:<br>", Some(0)),
            ("goroutine\u{a0}7\u{a0}[running]:", Some(0)),
            ("exit status 2goroutine 7 [running]:", Some(13)),
            ("created by main.main in goroutine 1", None),
            ("[originating from goroutine 5]:", None),
            ("\tgoroutine running on other thread; stack unavailable", None),
            ("mygoroutine 7 [running", None),
            ("goroutine 7", None),
            ("goroutine7 [running]:", None),
            ("", None),
        ] {
            assert_eq!(find_header(text.as_bytes(), 0), at, "{text}");
        }
    }

    #[test]
    fn finds_the_next_one() {
        let text = b"goroutine 7 [running]:\n\ngoroutine profile: total 5";
        assert_eq!(find_header(text, 1), Some(24));
        assert_eq!(find_header(text, 25), None);
        assert_eq!(find_header(text, 1000), None);
    }

    #[test]
    fn a_header_across_windows_is_found() {
        for before in super::WINDOW - 30..super::WINDOW + 30 {
            for header in ["goroutine 12345 [running]:", "goroutine profile: total 77"] {
                let text = format!("{}\n{header}", "x".repeat(before));
                assert_eq!(find_header(text.as_bytes(), 0), Some(before + 1), "{before}");
            }
        }
    }

    proptest! {
        #[test]
        fn never_goes_back(bytes in "(goroutine |profile: total | |\\[|[0-9]|\\n|x|\u{1b}|&nbsp;){0,60}", from in 0..200_usize) {
            if let Some(at) = find_header(bytes.as_bytes(), from) {
                prop_assert!(at >= from);
            }
        }
    }
}
