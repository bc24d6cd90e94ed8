//! One layer of wrapping, and how it is peeled off a line.

use super::Clean;
use super::Line;
use super::escape::unescape;
use super::escape::unescape_syslog;
use super::find_header;
use super::json::Strings;
use super::shape::Shape;

/// One layer of wrapping.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// `\r\n` ends the lines. Lines without `\r` are taken too: editors mix them.
    Crlf,
    /// A prefix of this shape before each line.
    Prefix(Shape),
    /// Kubernetes CRI: `2026-11-23T09:03:29.000000000Z stderr F text`; lines of this stream.
    Cri(Stream),
    /// One JSON object for each line.
    Json(Json),
    /// A quoted string for each line, behind a prefix of this shape: logrus' `… msg="main.main()"`.
    Quoted(Shape),
    /// A whole dump in a string of a line, with `\n` for its newlines; the string is JSON's.
    Escaped { json: bool },
    /// A whole dump in a line of rsyslog, with `#012` for its newlines.
    Octal,
}

/// One JSON object for each line, whose string at `key` is the text.
#[derive(Clone, Debug)]
pub(super) struct Json {
    /// The key of the text.
    pub(super) key: Vec<u8>,
    /// The text holds the newline, so that a text without it is continued by the next line.
    pub(super) has_newline: bool,
    /// Lines with another string at this key are of another origin.
    pub(super) guard: Option<(Vec<u8>, Vec<u8>)>,
    /// Who writes such lines.
    pub(super) writer: Writer,
}

/// Who writes one JSON object for each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Docker,
    Test2Json,
    Other,
}

/// An output stream of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// A line of Kubernetes CRI.
pub(super) struct Cri {
    /// Where the text starts.
    pub(super) text: usize,
    /// The stream it was written to.
    pub(super) stream: Stream,
    /// The next line continues this one.
    pub(super) partial: bool,
}

impl Layer {
    /// Peels `line`: see [`super::Wrapper::peel`].
    pub(super) fn peel(&self, line: Line<'_>, clean: &mut Clean) -> bool {
        match self {
            Self::Crlf => peel_rest(line, 0, clean),
            Self::Prefix(shape) => match shape.matches(line.bytes) {
                Some(length) => peel_rest(line, length, clean),
                None => false,
            },
            Self::Cri(stream) => peel_cri(*stream, line, clean),
            Self::Json(json) => json.peel(line, clean),
            Self::Quoted(shape) => peel_quoted(shape, line, clean),
            Self::Escaped { .. } => peel_escaped(line, clean),
            Self::Octal => peel_octal(line, clean),
        }
    }

    /// For the user.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Crlf => "CRLF line ends",
            Self::Prefix(shape) => shape.name(),
            Self::Cri(_) => "Kubernetes CRI",
            Self::Json(Json { writer: Writer::Docker, .. }) => "docker json-file",
            Self::Json(Json { writer: Writer::Test2Json, .. }) => "go test -json",
            Self::Json(_) => "JSON log lines",
            Self::Quoted(_) => "quoted log lines",
            Self::Escaped { json: true } => "JSON string",
            Self::Escaped { json: false } => "quoted string",
            Self::Octal => "rsyslog escapes",
        }
    }
}

/// The text of `line` from `start` on is a line.
fn peel_rest(line: Line<'_>, start: usize, clean: &mut Clean) -> bool {
    let rest = line.bytes.get(start..).unwrap_or_default();
    clean.piece(line.offset + start as u64, line.number);
    // rsyslog escapes the tab before a file: `app[123]: #011/src/main.go:5 +0x1d`
    match rest.strip_prefix(b"#011") {
        Some(rest) if start > 0 => {
            clean.text.push(b'\t');
            clean.text.extend_from_slice(rest);
        }
        _ => clean.text.extend_from_slice(rest),
    }
    clean.end_line();
    true
}

fn peel_cri(stream: Stream, line: Line<'_>, clean: &mut Clean) -> bool {
    let Some(cri) = Cri::of(line.bytes).filter(|cri| cri.stream == stream) else { return false };
    clean.piece(line.offset + cri.text as u64, line.number);
    clean.text.extend_from_slice(line.bytes.get(cri.text..).unwrap_or_default());
    if !cri.partial {
        clean.end_line();
    }
    true
}

impl Cri {
    /// Reads `2026-11-23T09:03:29.000000000Z stderr F text`.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let time = memchr::memchr(b' ', line.get(..line.len().min(48))?)?;
        let stamp = line.get(..time)?;
        if stamp.len() < 20 || stamp.get(10) != Some(&b'T') || !stamp.first()?.is_ascii_digit() {
            return None;
        }
        let rest = line.get(time + 1..)?;
        let stream = match rest.get(..7)? {
            b"stderr " => Stream::Stderr,
            b"stdout " => Stream::Stdout,
            _ => return None,
        };
        // More tags may follow: `F:tag`.
        let tags = rest.get(7..)?;
        let length = tags.iter().position(|byte| *byte == b' ').unwrap_or(tags.len());
        let partial = match tags.get(..length)? {
            [b'F'] | [b'F', b':', ..] => false,
            [b'P'] | [b'P', b':', ..] => true,
            _ => return None,
        };
        Some(Self { text: line.len().min(time + 1 + 7 + length + 1), stream, partial })
    }
}

impl Json {
    fn peel(&self, line: Line<'_>, clean: &mut Clean) -> bool {
        if let Some((key, value)) = &self.guard
            && let Some(found) = Strings::of(line.bytes, key)
            && line.bytes.get(found.range) != Some(value.as_slice())
        {
            return false;
        }
        let Some(value) = Strings::of(line.bytes, &self.key) else {
            // `{"Time":"…","Action":"pass","Package":"p","Test":"TestX","Elapsed":0.1}`
            return self.writer == Writer::Test2Json
                && Strings::of(line.bytes, b"Action").is_some();
        };
        let before = clean.text.len();
        unescape(line, value.range.start, Some(b'"'), clean);
        let ended = clean.text.len() > before && clean.text.last() == Some(&b'\n');
        if !self.has_newline && !ended {
            clean.end_line();
        }
        true
    }
}

fn peel_quoted(shape: &Shape, line: Line<'_>, clean: &mut Clean) -> bool {
    let Some(start) = shape.matches(line.bytes) else { return false };
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
fn finish_escaped(start: usize, clean: &mut Clean) {
    if clean.text.last() != Some(&b'\n') || clean.text.len() == start {
        clean.end_line();
    }
    // `"error":"recovered: boom: goroutine 12 [running]:\nmain.main()…"`, from
    // fmt.Sprintf("recovered: %v: %s", r, debug.Stack()).
    let Some(at) = find_header(&clean.text, start) else { return };
    if at == start || clean.text.get(at - 1) == Some(&b'\n') {
        return;
    }
    clean.text.insert(at, b'\n');
    let next = clean.pieces.partition_point(|piece| piece.at <= at);
    for piece in clean.pieces.iter_mut().skip(next) {
        piece.at += 1;
    }
    if let Some(&piece) = next.checked_sub(1).and_then(|index| clean.pieces.get(index)) {
        let offset = piece.offset + (at - piece.at) as u64;
        clean.pieces.insert(next, super::Piece { at: at + 1, offset, line: piece.line });
    }
}
