//! JSON documents.

use super::Field;
use super::Found;
use super::MAX_PATHS;
use super::Record;
use crate::parse::json::Event;
use crate::parse::json::walk;
use crate::parse::scan::find_header;

/// Whether `text`, the start of an input without the blanks before it, is a document rather than a log of
/// which each line is an object; `whole`: it is all of the input.
pub(super) fn is_document(text: &[u8], whole: bool) -> bool {
    let mut in_array = false;
    let mut note = |event: Event<'_>, line: &[u8]| {
        if let Event::String { path, range } = event {
            let is_array = memchr::memmem::find(path, b"[]").is_some();
            in_array |=
                is_array && line.get(range).is_some_and(|text| find_header(text, 0).is_some());
        }
    };
    let end = memchr::memchr(b'\n', text);
    if text.starts_with(b"{")
        && let Some(line) = end.and_then(|end| text.get(..end))
        && let Ok(used) = walk(line, &mut |event| note(event, line))
    {
        let rest = line.get(used..).unwrap_or_default().trim_ascii();
        let more = text.get(line.len()..).unwrap_or_default().trim_ascii();
        return rest.is_empty() && (in_array || (whole && more.is_empty()));
    }
    match walk(text, &mut |_| {}) {
        // `[1] started`
        Ok(used) => {
            let rest = text.get(used..).unwrap_or_default().trim_ascii_start();
            matches!(rest.first(), None | Some(b'{' | b'[' | b','))
        }
        Err(broken) => broken.eof && (!whole || broken.at > 0),
    }
}

/// Gives what happens on the way through all values of `text` to `each`; true if it ends inside a value or
/// is broken.
fn walk_all(text: &[u8], each: &mut dyn FnMut(Event<'_>, usize)) -> bool {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let blanks = rest.len() - rest.trim_ascii_start().len();
        let Some(value) = rest.get(blanks..).filter(|rest| !rest.is_empty()) else { return false };
        let base = at + blanks;
        match walk(value, &mut |event| each(event, base)) {
            Ok(used) => at = base + used.max(1),
            Err(_) => return true,
        }
    }
    false
}

/// The paths at which there are headers, in the order in which they come.
pub(super) fn paths(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    walk_all(text, &mut |event, base| {
        if let Event::String { path, range } = event
            && found.len() < MAX_PATHS
            && !found.iter().any(|known| known == path)
            && text
                .get(base + range.start..base + range.end)
                .is_some_and(|text| find_header(text, 0).is_some())
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
    let broken = walk_all(text, &mut |event, base| match event {
        Event::Enter { path, place } => {
            let parent = open.last().copied().unwrap_or(u32::MAX);
            let scope = found.enter(parent);
            open.push(scope);
            if let Some(place) = place {
                found.add(scope, path, Field::Number(place));
            }
        }
        Event::Leave => {
            // Of an element without a text there is nothing to keep.
            let scope = open.pop();
            let is_last = scope.is_some_and(|scope| scope as usize + 1 == found.scopes.len());
            let is_used = found.records.last().is_some_and(|record| Some(record.scope) == scope);
            if is_last && !is_used {
                found.scopes.pop();
            }
        }
        Event::String { path: at, range } => {
            let scope = open.last().copied().unwrap_or_default();
            let range = base + range.start..base + range.end;
            if at == path {
                found.records.push(Record { range, scope, escaped: true });
            } else {
                found.add(scope, at, Field::Text(range));
            }
        }
        Event::Number { path: at, value } => {
            let scope = open.last().copied().unwrap_or_default();
            found.add(scope, at, Field::Number(value));
        }
    });
    (found, broken)
}
