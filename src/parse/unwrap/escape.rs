//! Undoes the escapes that put a whole dump, or a line of it, into a string.

use super::Clean;
use super::Line;
use super::shape::Shape;
use crate::parse::scan::find_header;

/// Undoes the escapes of JSON and of Go's `%q` in the bytes of `line` from `start` on, up to
/// `quote`, and appends what they stand for. The end in `line`: of the string or of the line.
///
/// JSON's and Go's escapes agree where both have one, so one function does for both.
pub(super) fn unescape(
    line: Line<'_>,
    start: usize,
    quote: Option<u8>,
    clean: &mut Clean,
) -> usize {
    let mut at = start;
    clean.piece(line.offset + at as u64, line.number);
    while let Some(rest) = line.bytes.get(at..) {
        let stop = match quote {
            Some(quote) => memchr::memchr2(b'\\', quote, rest),
            None => memchr::memchr(b'\\', rest),
        };
        let run = stop.unwrap_or(rest.len());
        clean.text.extend_from_slice(rest.get(..run).unwrap_or(rest));
        at += run;
        let escape = rest.get(run..).unwrap_or_default();
        if escape.first() != Some(&b'\\') {
            break;
        }
        at += one(escape, clean);
        if clean.text.last() == Some(&b'\n') {
            clean.piece(line.offset + at as u64, line.number);
        }
    }
    at
}

/// Undoes the escape that `source` starts with. Its length.
fn one(source: &[u8], clean: &mut Clean) -> usize {
    let text = &mut clean.text;
    let simple = match source.get(1) {
        Some(b'n') => {
            clean.end_line();
            return 2;
        }
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'a') => 7,
        Some(b'b') => 8,
        Some(b'v') => 11,
        Some(b'f') => 12,
        Some(&same @ (b'\\' | b'"' | b'\'' | b'/')) => same,
        Some(b'x') => return byte(source, 2..4, 16, text),
        Some(b'0'..=b'7') => return byte(source, 1..4, 8, text),
        Some(b'u') => return utf16(source, text),
        Some(b'U') => return scalar(source, text),
        // The string was cut inside an escape.
        None => return 1,
        // Not an escape: kept as it is.
        Some(_) => {
            text.push(b'\\');
            return 1;
        }
    };
    text.push(simple);
    2
}

/// The number in `source` at `range`.
fn number(source: &[u8], range: std::ops::Range<usize>, radix: u32) -> Option<u32> {
    let digits = source.get(range)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()
}

/// `\x7f` or `\177`: a byte.
fn byte(source: &[u8], range: std::ops::Range<usize>, radix: u32, text: &mut Vec<u8>) -> usize {
    let length = range.end;
    let value = number(source, range, radix).and_then(|value| u8::try_from(value).ok());
    text.push(value.unwrap_or(b'\\'));
    if value.is_some() { length } else { 1 }
}

/// `\u00e9`, or `\ud83d\ude00` for what UTF-16 needs two of.
fn utf16(source: &[u8], text: &mut Vec<u8>) -> usize {
    let Some(first) = number(source, 2..6, 16) else {
        text.push(b'\\');
        return 1;
    };
    let second = || {
        let low = number(source, 8..12, 16)?;
        (source.get(6..8) == Some(b"\\u") && (0xdc00..0xe000).contains(&low)).then_some(low)
    };
    let (value, length) = match first {
        0xd800..0xdc00 => match second() {
            Some(low) => (0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00), 12),
            None => (0xfffd, 6),
        },
        value => (value, 6),
    };
    push(char::from_u32(value), text);
    length
}

/// `\U0001f600`.
fn scalar(source: &[u8], text: &mut Vec<u8>) -> usize {
    if let Some(value) = number(source, 2..10, 16) {
        push(char::from_u32(value), text);
        10
    } else {
        text.push(b'\\');
        1
    }
}

fn push(value: Option<char>, text: &mut Vec<u8>) {
    let value = value.unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(value.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Undoes what rsyslog does to control characters (`#012` for a newline, `#011` for a tab) in the
/// bytes of `line` from `start` on.
pub(super) fn unescape_syslog(line: Line<'_>, start: usize, clean: &mut Clean) {
    let mut at = start;
    clean.piece(line.offset + at as u64, line.number);
    while let Some(rest) = line.bytes.get(at..) {
        let stop = memchr::memchr(b'#', rest);
        let run = stop.unwrap_or(rest.len());
        clean.text.extend_from_slice(rest.get(..run).unwrap_or(rest));
        at += run;
        let Some(escape) = rest.get(run..).filter(|escape| !escape.is_empty()) else { break };
        if escape.starts_with(b"#012") {
            clean.end_line();
            at += 4;
            clean.piece(line.offset + at as u64, line.number);
        } else if escape.starts_with(b"#011") {
            clean.text.push(b'\t');
            at += 4;
        } else {
            clean.text.push(b'#');
            at += 1;
        }
    }
}

/// Appends a line that stood in a line of a log. rsyslog escapes its tabs:
/// `app[123]: #011/src/main.go:5 +0x1d`
pub(super) fn push_logged(line: Line<'_>, clean: &mut Clean) {
    if memchr::memmem::find(line.bytes, b"#011").is_some() {
        clean.piece(line.offset, line.number);
        unescape_syslog(line, 0, clean);
        clean.end_line();
    } else {
        clean.push_line(line);
    }
}

/// Makes whole lines of the text in `clean` from `start` on, with the header at the start of one.
pub(super) fn finish_escaped(start: usize, clean: &mut Clean) {
    if clean.text.last() != Some(&b'\n') || clean.text.len() == start {
        clean.end_line();
    }
    // `"error":"recovered: boom: goroutine 12 [running]:\nmain.main()…"`, from
    // fmt.Sprintf("recovered: %v: %s", r, debug.Stack()).
    let Some(at) = find_header(&clean.text, start) else { return };
    let (before, behind) = clean.text.split_at(at);
    let before = before.get(start..).unwrap_or_default();
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    // Where all lines have a prefix, it is that of the header's line, too.
    let next = behind.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    let has_prefix = || Shape::learn(line, b"").0.read(next, &mut |_, _| {}).is_some();
    if !line.trim_ascii().is_empty() && (next.is_empty() || !has_prefix()) {
        clean.break_line(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn undo(source: &str) -> String {
        let line = Line { bytes: source.as_bytes(), offset: 0, number: 1 };
        let mut clean = Clean::default();
        unescape(line, 0, Some(b'"'), &mut clean);
        String::from_utf8_lossy(&clean.text).into()
    }

    #[test]
    fn escapes_of_json_and_go() {
        assert_eq!(undo(r"a\n\tb\\\/\'"), "a\n\tb\\/'");
        assert_eq!(undo(r#"a\"b" rest"#), "a\"b");
        assert_eq!(undo(r"\u003cnil\u003e \ud83d\ude00 \U0001f600"), "<nil> 😀 😀");
        assert_eq!(undo(r"\ud83d x \ud83dA \ude00"), "\u{fffd} x \u{fffd}A \u{fffd}");
        assert_eq!(undo(r"\x41\101\a\v"), "AA\u{7}\u{b}");
        assert_eq!(undo("a\\r\\nb"), "a\nb");
    }

    #[test]
    fn no_escape_is_kept_and_a_cut_one_is_dropped() {
        assert_eq!(undo(r"C:\q \xzz \u12 \U12 \9"), r"C:\q \xzz \u12 \U12 \9");
        assert_eq!(undo("ab\\"), "ab");
    }

    #[test]
    fn each_line_has_its_piece() {
        let line = Line { bytes: br#""a\nbc\nd""#, offset: 100, number: 7 };
        let mut clean = Clean::default();
        assert_eq!(unescape(line, 1, Some(b'"'), &mut clean), 9);
        let places: Vec<_> = clean.pieces.iter().map(|p| (p.at, p.offset, p.line)).collect();
        assert_eq!(places, [(0, 101, 7), (2, 104, 7), (5, 108, 7)]);
    }

    proptest! {
        #[test]
        fn json_strings_come_back(text in "[^\r]*") {
            let source = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(undo(source.strip_prefix('"').unwrap()), text);
        }

        #[test]
        fn never_panics(bytes in "(\\\\|u|U|x|d8|dc|[0-9]|\"|#|n){0,40}") {
            let line = Line { bytes: bytes.as_bytes(), offset: 0, number: 1 };
            unescape(line, 0, None, &mut Clean::default());
            unescape_syslog(line, 0, &mut Clean::default());
        }
    }
}
