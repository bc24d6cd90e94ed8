//! Where a traceback of another tool starts.

use memchr::memchr;
use memchr::memmem;
use memchr::memrchr;

use super::Tool;
use crate::parse::delve;
use crate::parse::place::Text;
use crate::parse::pprof_text;
use crate::parse::race;
use crate::parse::unwrap::Wrapper;

/// The first traceback of another tool in a text.
#[derive(Debug)]
pub(in crate::parse) enum Start {
    /// It starts at the line at `at`.
    Dump { at: usize, tool: Tool },
    /// The lines around its start at `at` are wrapped.
    Wrapped { at: usize, wrapper: Box<Wrapper> },
}

/// A place at which a tool's text seems to start.
#[derive(Clone, Copy, Debug)]
struct Place {
    tool: Tool,
    /// The first byte of the line.
    line: usize,
    /// How many bytes of it stand before the tool's own text.
    prefix: usize,
}

/// Looks for the first traceback of another tool in `text`. `limit`: where one of Go's own starts.
pub(in crate::parse) fn look(text: &Text<'_>, limit: Option<usize>) -> Option<Start> {
    let start = first(text, limit)?;
    if start.prefix > 0 && text.pieces.is_none() {
        let rest = text.bytes.get(start.line..)?;
        let line = rest.get(..memchr(b'\n', rest).unwrap_or(rest.len()))?;
        let wrapper = Wrapper::of_line(line, start.prefix)?;
        return Some(Start::Wrapped { at: start.line + start.prefix, wrapper: Box::new(wrapper) });
    }
    Some(Start::Dump { at: start.line, tool: start.tool })
}

/// The first of all tools before `limit`.
fn first(text: &Text<'_>, limit: Option<usize>) -> Option<Place> {
    let kinds: [(&[u8], Tool); 5] = [
        (b"Goroutine ", Tool::Delve),
        (b"  0x0000", Tool::Delve),
        (b"WARNING: DATA RACE", Tool::Race),
        (pprof_text::SEPARATOR, Tool::Traces),
        (b"PeriodType: goroutine", Tool::Raw),
    ];
    let mut found: Option<Place> = None;
    for (anchor, tool) in kinds {
        // What starts behind the first one that was found need not be looked for.
        let end = found.map(|start| start.line).or(limit).unwrap_or(text.bytes.len());
        let area = text.bytes.get(..end)?;
        if let Some(start) = search(text, area, anchor, tool) {
            found = Some(start);
        }
    }
    found
}

/// The first place in `area`, the beginning of `text`, at which `tool` can start, which has `anchor`.
fn search(text: &Text<'_>, area: &[u8], anchor: &[u8], tool: Tool) -> Option<Place> {
    let mut from = 0;
    while let Some(found) = memmem::find(area.get(from..)?, anchor) {
        let at = from + found;
        let before = area.get(..at)?;
        let line = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let rest = text.bytes.get(line..)?;
        let end = match memchr(b'\n', rest) {
            Some(newline) => newline,
            None if text.eof => rest.len(),
            None => return None,
        };
        let content = rest.get(..end)?;
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let start = match tool {
            Tool::Delve => delve::starts(content, at - line),
            Tool::Race => race::starts(content, at - line),
            Tool::Traces => None,
            Tool::Raw => pprof_text::starts_raw(content, at - line),
        };
        match (tool, start) {
            (Tool::Traces, _) => {
                if let Some(line) = pprof_text::starts_traces(before, line) {
                    return Some(Place { tool, line, prefix: 0 });
                }
            }
            (Tool::Race, Some(prefix)) => {
                // The rule above it belongs to it.
                let rule = memrchr(b'\n', before.get(..line.saturating_sub(1))?);
                let rule = rule.map_or(0, |newline| newline + 1);
                let above = area.get(rule..line)?.trim_ascii();
                let is_rule = prefix == 0 && race::is_rule(above);
                return Some(Place { tool, line: if is_rule { rule } else { line }, prefix });
            }
            (Tool::Delve, Some(0)) => {
                let line = delve::asked_before(before, line);
                return Some(Place { tool, line, prefix: 0 });
            }
            (_, Some(prefix)) => return Some(Place { tool, line, prefix }),
            (_, None) => {}
        }
        from = line + end.max(at + 1 - line);
    }
    None
}
