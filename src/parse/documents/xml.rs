//! XML documents: reports of tests, such as those in the format of `JUnit`.

use quick_xml::Reader;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use super::Field;
use super::Found;
use super::MAX_PATHS;
use super::Record;
use crate::parse::scan::find_header;
use std::ops::Range;

/// Deepest element that is looked at.
const MAX_DEPTH: usize = 128;

/// Whether `text` is XML, rather than a piece of a web page: those are read line by line.
pub(super) fn is_document(text: &[u8]) -> bool {
    const PAGES: &[&[u8]] = &[
        b"!doctype html",
        b"html",
        b"head",
        b"body",
        b"pre",
        b"div",
        b"p",
        b"span",
        b"br",
        b"details",
        b"summary",
        b"code",
        b"table",
        b"a",
        b"b",
        b"i",
        b"li",
        b"ul",
        b"font",
        b"blockquote",
        b"script",
    ];
    let Some(rest) = text.strip_prefix(b"<") else { return false };
    let name = rest.get(..rest.len().min(16)).unwrap_or(rest).to_ascii_lowercase();
    let is_page = PAGES.iter().any(|page| {
        name.strip_prefix(*page)
            .is_some_and(|rest| rest.first().is_none_or(|b| !b.is_ascii_alphanumeric()))
    });
    !is_page && rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'?')
}

/// What happens on the way through a document.
enum Step<'s> {
    Enter,
    Leave,
    /// A text at the path, with entities in it or without.
    Text {
        path: &'s [u8],
        range: Range<usize>,
        escaped: bool,
    },
    /// An attribute.
    Attribute {
        path: &'s [u8],
        range: Range<usize>,
    },
}

/// Gives what happens on the way through `text` to `each`; true if it is broken or breaks off.
fn walk(text: &[u8], each: &mut dyn FnMut(Step<'_>)) -> bool {
    let mut reader = Reader::from_reader(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut path: Vec<u8> = Vec::new();
    let mut depths: Vec<usize> = Vec::new();
    // Where the text between two tags starts: entities are events of their own.
    let mut start: Option<usize> = None;
    loop {
        let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event();
        let after = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        if matches!(event, Ok(Event::Text(_) | Event::GeneralRef(_))) {
            start.get_or_insert(before);
            continue;
        }
        if let Some(start) = start.take() {
            each(Step::Text { path: &path, range: start..before, escaped: true });
        }
        match event {
            Ok(Event::Start(tag)) if depths.len() < MAX_DEPTH => {
                depths.push(path.len());
                path.push(b'/');
                path.extend_from_slice(tag.name().as_ref().as_bytes());
                each(Step::Enter);
                attributes(text, &tag, &mut path, before, each);
            }
            Ok(Event::Empty(tag)) => {
                let length = path.len();
                path.push(b'/');
                path.extend_from_slice(tag.name().as_ref().as_bytes());
                each(Step::Enter);
                attributes(text, &tag, &mut path, before, each);
                each(Step::Leave);
                path.truncate(length);
            }
            Ok(Event::End(_)) => {
                if let Some(length) = depths.pop() {
                    path.truncate(length);
                    each(Step::Leave);
                }
            }
            Ok(Event::CData(_)) => {
                // `<![CDATA[` and `]]>`
                let range = before + 9..after.saturating_sub(3).max(before + 9);
                each(Step::Text { path: &path, range, escaped: false });
            }
            Ok(Event::Eof) => return !depths.is_empty(),
            Err(_) | Ok(Event::Start(_)) => return true,
            Ok(_) => {}
        }
    }
}

/// Gives the attributes of `tag`, which starts at `at`, to `each`.
fn attributes(
    text: &[u8],
    tag: &BytesStart<'_>,
    path: &mut Vec<u8>,
    at: usize,
    each: &mut dyn FnMut(Step<'_>),
) {
    let length = path.len();
    for attribute in tag.attributes().with_checks(false).flatten() {
        path.push(b'@');
        path.extend_from_slice(attribute.key.as_ref().as_bytes());
        // The values are borrowed from the tag, which stands behind `<`.
        let offset = (attribute.value.as_ptr() as usize).checked_sub(tag.as_ptr() as usize);
        if let Some(start) = offset.map(|offset| at + 1 + offset)
            && start + attribute.value.len() <= text.len()
        {
            each(Step::Attribute { path, range: start..start + attribute.value.len() });
        }
        path.truncate(length);
    }
}

fn has_header(text: &[u8], range: &Range<usize>) -> bool {
    text.get(range.clone()).is_some_and(|text| find_header(text, 0).is_some())
}

/// The paths at which there are headers.
pub(super) fn paths(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    walk(text, &mut |step| {
        if let Step::Text { path, range, .. } | Step::Attribute { path, range } = step
            && found.len() < MAX_PATHS
            && !found.iter().any(|known| known == path)
            && has_header(text, &range)
        {
            found.push(path.to_vec());
        }
    });
    found
}

/// The texts at `path`; and whether the document breaks off.
pub(super) fn records(text: &[u8], path: &[u8]) -> (Found, bool) {
    let mut found = Found::default();
    let mut open: Vec<u32> = Vec::new();
    let broken = walk(text, &mut |step| {
        let scope = open.last().copied().unwrap_or(u32::MAX);
        match step {
            Step::Enter => {
                let scope = found.enter(scope);
                open.push(scope);
            }
            Step::Leave => {
                open.pop();
            }
            Step::Text { path: at, range, escaped } if at == path => {
                found.records.push(Record { range, scope, escaped });
            }
            Step::Attribute { path: at, range } if at == path => {
                found.records.push(Record { range, scope, escaped: true });
            }
            Step::Attribute { path: at, range } => found.add(scope, at, Field::Text(range)),
            Step::Text { .. } => {}
        }
    });
    (found, broken)
}
