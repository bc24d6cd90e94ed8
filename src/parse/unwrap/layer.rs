//! One layer of wrapping, and how it is peeled off a line.

use super::clean::Clean;
use super::clean::Line;
use super::csv::Cells;
use super::escape::unescape;
use super::escape::unescape_syslog;
use super::json_lines::JsonLines;
use super::markup;
use super::shape::Shape;
use super::strings::Strings;
use crate::parse::scan::find_header;

/// One layer of wrapping.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// `\r\n` ends the lines. Lines without `\r` are taken too: editors mix them.
    Crlf,
    /// Escape sequences of a terminal, anywhere.
    Control,
    /// Entities and tags of a web page.
    Markup,
    /// A prefix of this shape before each line.
    Prefix(Shape),
    /// Kubernetes CRI: `2026-11-23T09:03:29.000000000Z stderr F text`.
    Cri,
    /// One JSON object for each line.
    Json(JsonLines),
    /// Cells of a table.
    Csv(Cells),
    /// A quoted string for each line, behind a prefix of this shape: logrus' `… msg="main.main()"`.
    Quoted(Shape),
    /// A whole dump in a string of a line, with `\n` for its newlines; the string is JSON's.
    Escaped { json: bool },
    /// A whole dump in a line of rsyslog, with `#012` for its newlines.
    Octal,
    /// A blank line behind each line.
    Spaced { dropped: bool },
}

/// A line of Kubernetes CRI.
pub(super) struct Cri<'l> {
    /// Where the text starts.
    pub(super) text: usize,
    /// The stream it was written to: `stdout` or `stderr`.
    pub(super) stream: &'l [u8],
    /// The next line continues this one.
    partial: bool,
}

impl Layer {
    /// Peels `line`: appends the text to `clean`, with a newline where a line of it ends, and gives each
    /// word of the prefix, or field of the record, to `each` with its index. False, and nothing is
    /// appended, if the line is not wrapped in this way.
    pub(super) fn read(
        &mut self,
        line: Line<'_>,
        clean: &mut Clean,
        each: &mut dyn FnMut(usize, &[u8]),
    ) -> bool {
        match self {
            Self::Crlf => peel_rest(line, 0, line.bytes.len(), clean),
            Self::Control => {
                markup::strip_control(line, clean);
                true
            }
            Self::Markup => {
                markup::strip_markup(line, 0, clean);
                true
            }
            Self::Prefix(shape) => match shape.read(line.bytes, each) {
                Some((start, end)) => peel_rest(line, start, end, clean),
                None => false,
            },
            Self::Cri => peel_cri(line, clean, each),
            Self::Json(json) => json.read(line, clean, each),
            Self::Csv(cells) => cells.read(line, clean, each),
            Self::Quoted(shape) => peel_quoted(shape, line, clean, each),
            Self::Escaped { .. } => peel_escaped(line, clean),
            Self::Octal => peel_octal(line, clean),
            Self::Spaced { dropped } => {
                if line.bytes.trim_ascii().is_empty() && !*dropped {
                    *dropped = true;
                    return true;
                }
                *dropped = false;
                clean.push_line(line);
                true
            }
        }
    }

    /// What is left of a record whose end never came.
    pub(super) fn finish(&mut self) -> Option<Clean> {
        match self {
            Self::Csv(cells) => cells.finish(),
            _ => None,
        }
    }

    /// For the user.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Crlf => "CRLF line ends",
            Self::Control => "terminal colors",
            Self::Markup => "HTML",
            Self::Prefix(shape) => shape.name(),
            Self::Cri => "Kubernetes CRI",
            Self::Json(json) => json.name(),
            Self::Csv(_) => "CSV",
            Self::Quoted(_) => "quoted log lines",
            Self::Escaped { json: true } => "JSON string",
            Self::Escaped { json: false } => "quoted string",
            Self::Octal => "rsyslog escapes",
            Self::Spaced { .. } => "double spacing",
        }
    }
}

/// The text of `line` from `start` to `end` is a line.
fn peel_rest(line: Line<'_>, start: usize, end: usize, clean: &mut Clean) -> bool {
    let rest = line.bytes.get(start..end).unwrap_or_default();
    clean.piece(line.offset + start as u64, line.number);
    // rsyslog escapes the tabs of a line: `app[123]: #011/src/main.go:5 +0x1d`
    if start > 0 && memchr::memmem::find(rest, b"#011").is_some() {
        let rest = Line { bytes: rest, offset: line.offset + start as u64, ..line };
        unescape_syslog(rest, 0, clean);
    } else {
        clean.text.extend_from_slice(rest);
    }
    clean.end_line();
    true
}

fn peel_cri(line: Line<'_>, clean: &mut Clean, each: &mut dyn FnMut(usize, &[u8])) -> bool {
    let Some(cri) = Cri::of(line.bytes) else { return false };
    each(0, cri.stream);
    clean.piece(line.offset + cri.text as u64, line.number);
    clean.text.extend_from_slice(line.bytes.get(cri.text..).unwrap_or_default());
    if !cri.partial {
        clean.end_line();
    }
    true
}

impl<'l> Cri<'l> {
    /// Reads `2026-11-23T09:03:29.000000000Z stderr F text`.
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let time = memchr::memchr(b' ', line.get(..line.len().min(48))?)?;
        let stamp = line.get(..time)?;
        if stamp.len() < 20 || stamp.get(10) != Some(&b'T') || !stamp.first()?.is_ascii_digit() {
            return None;
        }
        let rest = line.get(time + 1..)?;
        let stream = rest.get(..6).filter(|name| matches!(*name, b"stderr" | b"stdout"))?;
        // More tags may follow: `F:tag`.
        let tags = rest.get(6..)?.strip_prefix(b" ")?;
        let length = tags.iter().position(|byte| *byte == b' ').unwrap_or(tags.len());
        let partial = match tags.get(..length)? {
            [b'F'] | [b'F', b':', ..] => false,
            [b'P'] | [b'P', b':', ..] => true,
            _ => return None,
        };
        Some(Self { text: line.len().min(time + 1 + 7 + length + 1), stream, partial })
    }
}

fn peel_quoted(
    shape: &Shape,
    line: Line<'_>,
    clean: &mut Clean,
    each: &mut dyn FnMut(usize, &[u8]),
) -> bool {
    let Some((start, _)) = shape.read(line.bytes, each) else { return false };
    match line.bytes.get(start..) {
        Some([b'"', ..]) => {
            unescape(line, start + 1, Some(b'"'), clean);
        }
        // logrus only quotes what needs it: `msg=` for an empty line.
        rest => {
            let word = rest.unwrap_or_default().split(|byte| *byte == b' ').next();
            clean.piece(line.offset + start as u64, line.number);
            clean.text.extend_from_slice(word.unwrap_or_default());
        }
    }
    clean.end_line();
    true
}

/// Peels the first string with a header off `line`, or what is behind a header outside of strings.
fn peel_escaped(line: Line<'_>, clean: &mut Clean) -> bool {
    let Some(at) = find_header(line.bytes, 0) else { return false };
    let before = clean.text.len();
    if let Some(value) = Strings::around(line.bytes, at) {
        unescape(line, value.range.start, Some(b'"'), clean);
    } else {
        // Python's: `b'goroutine 1 [running]:\nmain.main()'`
        let before = at.checked_sub(1).and_then(|index| line.bytes.get(index));
        let quote = before.copied().filter(|byte| matches!(byte, b'\'' | b'`'));
        unescape(line, at, quote, clean);
    }
    finish_escaped(before, clean);
    true
}

fn peel_octal(line: Line<'_>, clean: &mut Clean) -> bool {
    let Some(at) = find_header(line.bytes, 0) else { return false };
    let before = clean.text.len();
    unescape_syslog(line, at, clean);
    finish_escaped(before, clean);
    true
}

/// Makes whole lines of the text in `clean` from `start` on, with the header at the start of one.
pub(super) fn finish_escaped(start: usize, clean: &mut Clean) {
    if clean.text.last() != Some(&b'\n') || clean.text.len() == start {
        clean.end_line();
    }
    // `"error":"recovered: boom: goroutine 12 [running]:\nmain.main()…"`, from
    // fmt.Sprintf("recovered: %v: %s", r, debug.Stack()).
    let Some(at) = find_header(&clean.text, start) else { return };
    if at > start && clean.text.get(at - 1) != Some(&b'\n') {
        clean.break_line(at);
    }
}
