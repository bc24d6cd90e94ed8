//! One layer of wrapping, and how it is peeled off a line.

use super::clean::Clean;
use super::clean::Line;
use super::csv::Cells;
use super::escape::finish_escaped;
use super::escape::push_logged;
use super::escape::unescape;
use super::escape::unescape_syslog;
use super::json_lines::JsonLines;
use super::markup;
use super::shape::Shape;
use super::strings::Strings;
use crate::parse::scan::find_header;

/// How a newline is escaped.
pub(super) const NEWLINES: [&[u8]; 4] = [b"\\n", b"\\r\\n", b"\\012", b"\\x0a"];

/// One layer of wrapping.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// `\r\n` ends the lines. Lines without `\r` are taken too: editors mix them.
    Crlf,
    /// The fields of a document's record; the lines are what they are.
    Record,
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
            Self::Crlf | Self::Record => peel_rest(line, 0, line.bytes.len(), clean),
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

    /// Whether it is the record of a document.
    pub(super) fn is_record(&self) -> bool {
        matches!(self, Self::Record)
    }

    /// For the user.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Crlf => "CRLF line ends",
            Self::Record => "record",
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
    let bytes = line.bytes.get(start..end).unwrap_or_default();
    let rest = Line { bytes, offset: line.offset + start as u64, ..line };
    if start > 0 {
        push_logged(rest, clean);
    } else {
        clean.push_line(rest);
    }
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

/// Peels the strings with a header off `line`, or what is behind a header outside of strings.
fn peel_escaped(line: Line<'_>, clean: &mut Clean) -> bool {
    let Some(at) = find_header(line.bytes, 0) else { return false };
    if Strings::around(line.bytes, at).is_some() {
        for value in Strings::new(line.bytes).skip_while(|value| value.range.end <= at) {
            let text = line.bytes.get(value.range.clone()).unwrap_or_default();
            // A header alone in a further string is only spoken of.
            let is_dump = value.range.contains(&at) || memchr::memmem::find(text, b"\\n").is_some();
            if is_dump && find_header(text, 0).is_some() {
                let before = clean.text.len();
                unescape(line, value.range.start, Some(b'"'), clean);
                finish_escaped(before, clean);
            }
        }
        return true;
    }
    let start = clean.text.len();
    let before = line.bytes.get(..at).unwrap_or_default();
    let text = if NEWLINES.iter().any(|newline| memchr::memmem::find(before, newline).is_some()) {
        // Lines of the string stand before the header's.
        before.iter().take(2).position(|byte| is_quote(*byte)).map_or(0, |quote| quote + 1)
    } else {
        let text = before.trim_ascii_end();
        if text.last().is_none_or(|byte| is_quote(*byte)) { text.len() } else { at }
    };
    // Python's: `b'goroutine 1 [running]:\nmain.main()'`
    let quote = text.checked_sub(1).and_then(|index| before.get(index)).copied();
    unescape(line, text, quote.filter(|byte| is_quote(*byte)), clean);
    finish_escaped(start, clean);
    true
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'\'' | b'`')
}

fn peel_octal(line: Line<'_>, clean: &mut Clean) -> bool {
    let Some(at) = find_header(line.bytes, 0) else { return false };
    let before = clean.text.len();
    unescape_syslog(line, at, clean);
    finish_escaped(before, clean);
    true
}
