//! Dumps in documents: exports of log services, reports of tests. A document is JSON (one value or several)
//! or XML; the texts at one path in it are the lines, or the goroutines, of a dump.

mod json;
mod xml;

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::Options;
use super::scan::find_header;
use super::scanner::Dumps;
use super::streams::Streams;
use super::unwrap::Clean;
use super::unwrap::Learned;
use super::unwrap::Line;
use super::unwrap::Records;
use super::unwrap::learn_records;
use super::unwrap::unescape_json;
use super::unwrap::unescape_markup;
use crate::model::Dump;
use crate::model::TruncationReason;

/// Fields that are kept of an element.
const MAX_FIELDS: usize = 64;
/// Paths whose texts are read.
const MAX_PATHS: usize = 8;
/// Records that are looked at to learn from, before and behind the first header.
const SAMPLE: usize = 160;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Xml,
}

/// What document `head`, the first bytes of an input, can be the start of; `whole`: it is all there is. One
/// JSON object for each line is a log, and no document.
pub(super) fn sniff(head: &[u8], whole: bool) -> Option<Kind> {
    let text = head.trim_ascii_start();
    match text.first()? {
        b'{' | b'[' => json::is_document(text, whole).then_some(Kind::Json),
        b'<' => xml::is_document(text).then_some(Kind::Xml),
        _ => None,
    }
}

/// A text in a document.
#[derive(Clone, Debug)]
struct Record {
    /// Where it stands, as it is written.
    range: Range<usize>,
    /// The element that it is in.
    scope: u32,
    /// Its escapes are undone.
    escaped: bool,
}

/// An element: what else is in it may tell its process.
#[derive(Clone, Debug, Default)]
struct Scope {
    parent: u32,
    fields: Vec<(u32, Field)>,
}

#[derive(Clone, Debug)]
enum Field {
    Text(Range<usize>),
    Number(i64),
}

/// The texts at one path, and the elements that they are in.
#[derive(Debug, Default)]
struct Found {
    records: Vec<Record>,
    scopes: Vec<Scope>,
    paths: FxHashMap<Vec<u8>, u32>,
}

impl Found {
    /// A number for the path of a field.
    fn path(&mut self, path: &[u8]) -> u32 {
        if let Some(id) = self.paths.get(path) {
            return *id;
        }
        let id = u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        self.paths.insert(path.to_vec(), id);
        id
    }

    /// Adds a field to the element `scope`.
    fn add(&mut self, scope: u32, path: &[u8], field: Field) {
        let path = self.path(path);
        if let Some(scope) = self.scopes.get_mut(scope as usize)
            && scope.fields.len() < MAX_FIELDS
        {
            scope.fields.push((path, field));
        }
    }

    /// An element in `parent`.
    fn enter(&mut self, parent: u32) -> u32 {
        self.scopes.push(Scope { parent, fields: Vec::new() });
        u32::try_from(self.scopes.len() - 1).unwrap_or(u32::MAX)
    }

    /// The fields of a record, of the elements around its own, too.
    fn fields<'t>(
        &self,
        text: &'t [u8],
        record: &Record,
    ) -> Vec<(usize, std::borrow::Cow<'t, [u8]>)> {
        let mut found = Vec::new();
        let mut scope = record.scope;
        while let Some(Scope { parent, fields }) = self.scopes.get(scope as usize) {
            for (path, field) in fields {
                let value = match field {
                    Field::Text(range) if *range == record.range => continue,
                    Field::Text(range) => text.get(range.clone()).unwrap_or_default().into(),
                    Field::Number(number) => number.to_string().into_bytes().into(),
                };
                found.push((*path as usize, value));
            }
            if *parent == scope || found.len() > MAX_FIELDS {
                break;
            }
            scope = *parent;
        }
        found
    }
}

/// The dumps in the document `text`, the input `name`; `reason` if its stream ended too early. None if no
/// goroutine is in it.
pub(super) fn parse(
    text: &[u8],
    kind: Kind,
    name: &str,
    options: &Options,
    reason: Option<TruncationReason>,
) -> Vec<Dump> {
    let paths = match kind {
        Kind::Json => json::paths(text),
        Kind::Xml => xml::paths(text),
    };
    let mut dumps = Dumps::new(options);
    let mut ignored = 0;
    let mut seen: Vec<u64> = Vec::new();
    for path in paths {
        let (found, broken) = match kind {
            Kind::Json => json::records(text, &path),
            Kind::Xml => xml::records(text, &path),
        };
        // Some services give a text twice, as it came and under a name of theirs.
        let hash = hash(text, &found);
        if seen.contains(&hash) {
            continue;
        }
        seen.push(hash);
        let reason = reason.or(broken.then_some(TruncationReason::MidLine));
        ignored += read(text, kind, &found, reason, &mut dumps);
    }
    dumps.finish(name, ignored)
}

fn hash(text: &[u8], found: &Found) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    for record in &found.records {
        text.get(record.range.clone()).unwrap_or_default().hash(&mut hasher);
    }
    hasher.finish()
}

/// Appends the text of `record` to `clean`, with a newline at its end; `lines` counts those of the document.
fn open(text: &[u8], kind: Kind, record: &Record, lines: &mut Lines<'_>, clean: &mut Clean) {
    let number = lines.at(record.range.start);
    let bytes = text.get(record.range.clone()).unwrap_or_default();
    let line = Line { bytes, offset: record.range.start as u64, number };
    match kind {
        Kind::Json => unescape_json(line, clean),
        Kind::Xml => unescape_markup(line, record.escaped, clean),
    }
}

/// Counts lines, from one place of a text to others near it.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    number: u64,
}

impl Lines<'_> {
    /// The number of the line at `at`.
    fn at(&mut self, at: usize) -> u64 {
        let count = |from: usize, to: usize| {
            let text = self.text.get(from..to).unwrap_or_default();
            memchr::memchr_iter(b'\n', text).count() as u64
        };
        self.number = if at >= self.at {
            self.number + count(self.at, at)
        } else {
            self.number - count(at, self.at)
        };
        self.at = at;
        self.number
    }
}

/// Reads the dumps in the records; how many of their lines belong to none.
fn read(
    text: &[u8],
    kind: Kind,
    found: &Found,
    reason: Option<TruncationReason>,
    dumps: &mut Dumps<'_>,
) -> u64 {
    let mut lines = Lines { text, at: 0, number: 1 };
    let Some((keys, wrapper)) = learn_document(text, kind, found, &mut lines) else { return 0 };
    let newest_first = wrapper.is_newest_first();
    let name = match kind {
        Kind::Json => "JSON document",
        Kind::Xml => "XML",
    };
    dumps.wrapping = Some(match wrapper.name() {
        Some(inner) => format!("{name} + {inner}"),
        None => name.to_owned(),
    });
    let mut streams = Streams::of_records(wrapper, !keys.is_empty());
    let mut clean = Clean::default();
    let mut key = Vec::new();
    let mut take = |record: &Record| {
        key.clear();
        if !keys.is_empty() {
            let fields = found.fields(text, record);
            for (_, value) in fields.iter().filter(|(path, _)| keys.contains(path)) {
                key.extend_from_slice(value);
                key.push(0);
            }
        }
        open(text, kind, record, &mut lines, &mut clean);
        clean.lines(clean.text.len(), |line| streams.take_of(&key, line));
        clean.clear();
        if streams.waiting() > 1 << 20 {
            streams.step(dumps);
        }
    };
    if newest_first {
        found.records.iter().rev().for_each(&mut take);
    } else {
        found.records.iter().for_each(&mut take);
    }
    streams.finish(text.len() as u64, true, reason, dumps)
}

/// Learns from the records around the first header which fields tell processes apart, and what else is
/// around the lines.
fn learn_document(
    text: &[u8],
    kind: Kind,
    found: &Found,
    lines: &mut Lines<'_>,
) -> Option<(Vec<usize>, super::unwrap::Wrapper)> {
    let has_header = |record: &Record| {
        text.get(record.range.clone()).is_some_and(|text| find_header(text, 0).is_some())
    };
    let first = found.records.iter().position(has_header)?;
    let mut records = Records::default();
    let near = found.records.iter().enumerate();
    let near = near.skip(first.saturating_sub(SAMPLE)).take(2 * SAMPLE);
    for (index, record) in near {
        let mut clean = Clean::default();
        open(text, kind, record, lines, &mut clean);
        let fields = found.fields(text, record);
        records.push(&clean, &fields, index == first);
    }
    match learn_records(records) {
        Learned::Wrapped(wrapper, keys) => Some((keys, wrapper)),
        Learned::Plain | Learned::More => None,
    }
}
