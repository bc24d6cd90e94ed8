//! One JSON object for each line of a log, one of whose strings is the text.

use super::clean::Clean;
use super::clean::Line;
use super::escape::finish_escaped;
use super::escape::unescape;
use super::strings::Strings;
use crate::parse::json::Event;
use crate::parse::json::walk;

/// One JSON object for each line.
#[derive(Clone, Debug)]
pub(super) struct JsonLines {
    /// The path of the text.
    text: Vec<u8>,
    /// The paths of the other fields; their indices are those of the rules.
    fields: Vec<Vec<u8>>,
    /// A text without a newline at its end goes on in the next line.
    has_newline: bool,
    /// The text holds more than one line.
    whole: bool,
    writer: Writer,
}

/// What writes one JSON object for each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    Docker,
    Test2Json,
    Other,
}

impl JsonLines {
    /// What `line` is whose header stands at `at`; with the values of its other fields. `None` if it is
    /// no JSON object, or its text stands in an array.
    pub(super) fn learn(line: &[u8], at: usize) -> Option<(Self, Vec<Vec<u8>>)> {
        if line.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        let mut text = None;
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let end = walk(line, &mut |event| match event {
            Event::String { path, range } if range.contains(&at) => {
                text = Some((path.to_vec(), range));
            }
            Event::String { path, range } => {
                fields.push((path.to_vec(), line.get(range).unwrap_or_default().to_vec()));
            }
            Event::Number { path, value } => fields.push((path.to_vec(), value.to_string().into())),
            Event::Enter { .. } | Event::Leave => {}
        });
        let (text, range) = text?;
        let rest = line.get(end.ok()?..)?;
        if memchr::memmem::find(&text, b"[]").is_some() || !rest.trim_ascii().is_empty() {
            return None;
        }
        // Elements of arrays have no field of their own.
        fields.retain(|(path, _)| memchr::memmem::find(path, b"[]").is_none());
        let has = |path: &[u8]| fields.iter().any(|(known, _)| known == path);
        let writer = match text.as_slice() {
            b".log" if has(b".stream") || has(b".time") => Writer::Docker,
            b".Output" if has(b".Action") => Writer::Test2Json,
            _ => Writer::Other,
        };
        let string = line.get(range).unwrap_or_default();
        let has_newline = writer != Writer::Other || string.ends_with(b"\\n");
        let whole = writer == Writer::Other && holds_lines(string);
        let (fields, values) = fields.into_iter().unzip();
        Some((Self { text, fields, has_newline, whole, writer }, values))
    }

    /// Peels `line`: see [`super::layer::Layer::read`].
    pub(super) fn read(
        &self,
        line: Line<'_>,
        clean: &mut Clean,
        each: &mut dyn FnMut(usize, &[u8]),
    ) -> bool {
        if line.bytes.trim_ascii_start().first() != Some(&b'{') {
            return false;
        }
        let mut text = None;
        let mut next = 0;
        let mut field = |path: &[u8], value: &[u8]| {
            // Fields stand in the same order in each line as a rule.
            if self.fields.get(next).is_none_or(|known| known != path) {
                next = self.fields.iter().position(|known| known == path).unwrap_or(next);
            }
            if self.fields.get(next).is_some_and(|known| known == path) {
                each(next, value);
                next += 1;
            }
        };
        let done = walk(line.bytes, &mut |event| match event {
            Event::String { path, range } if path == self.text => {
                text.get_or_insert(range);
            }
            Event::String { path, range } => field(path, line.bytes.get(range).unwrap_or_default()),
            Event::Number { path, value } => field(path, value.to_string().as_bytes()),
            Event::Enter { .. } | Event::Leave => {}
        });
        if done.is_err() && text.is_none() {
            // The line was cut inside its text.
            let key = self.text.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
            text = Strings::of(line.bytes, key).map(|value| value.range);
        }
        let Some(range) = text else {
            // `{"Time":"…","Action":"pass","Package":"p","Test":"TestX","Elapsed":0.1}`
            return self.writer == Writer::Test2Json && done.is_ok();
        };
        let before = clean.text.len();
        unescape(line, range.start, Some(b'"'), clean);
        if self.whole {
            finish_escaped(before, clean);
        } else if !self.has_newline
            && !clean.text.get(before..).unwrap_or_default().ends_with(b"\n")
        {
            clean.end_line();
        }
        true
    }

    /// For the user.
    pub(super) fn name(&self) -> &'static str {
        match self.writer {
            Writer::Docker => "docker json-file",
            Writer::Test2Json => "go test -json",
            Writer::Other if self.whole => "JSON string",
            Writer::Other => "JSON log lines",
        }
    }
}

/// Whether more than one line is in the JSON `string`.
fn holds_lines(string: &[u8]) -> bool {
    let mut clean = Clean::default();
    unescape(Line { bytes: string, offset: 0, number: 1 }, 0, None, &mut clean);
    clean.text.trim_ascii().contains(&b'\n')
}
