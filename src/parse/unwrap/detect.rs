//! From a line with a header: what its outermost layer of wrapping can be.

use super::clean::Clean;
use super::clean::Line;
use super::csv::Cells;
use super::escape::unescape;
use super::json_lines::JsonLines;
use super::layer::Cri;
use super::layer::Layer;
use super::layer::NEWLINES;
use super::markup;
use super::rule::Rule;
use super::shape::Shape;
use super::strings::Strings;
use super::strings::Value;
use crate::parse::debug2::header_len;
use memchr::memmem;

/// Longest line prefix.
const MAX_PREFIX: usize = 1024;

/// The outermost layer around the header at `at` of `line`, with what is known of its words or fields.
pub(super) fn layer(line: &[u8], at: usize) -> Option<(Layer, Vec<Rule>)> {
    let alone = |layer| Some((layer, Vec::new()));
    if at == 0 {
        return escaped(line, at).and_then(alone);
    }
    if let Some(cri) = Cri::of(line).filter(|cri| cri.text <= at) {
        return Some((Layer::Cri, vec![Rule::Equal(cri.stream.to_vec())]));
    }
    if let Some((json, values)) = JsonLines::learn(line, at) {
        return Some((Layer::Json(json), equal(values)));
    }
    // A string with `\n` in it is none of a table's cells, which hold newlines as they are.
    let is_string = Strings::around(line, at).is_some() && holds_more_lines(line, at);
    if !is_string && let Some((cells, values)) = Cells::learn(line, at) {
        return Some((Layer::Csv(cells), equal(values)));
    }
    let prefix = || line.get(..at).filter(|prefix| prefix.len() <= MAX_PREFIX);
    if let Some(value) = Strings::around(line, at) {
        // JSON behind a prefix.
        let object = memchr::memchr(b'{', line).filter(|object| *object > 0 && *object < at);
        if let Some(object) = object
            && JsonLines::learn(line.get(object..)?, at - object).is_some()
        {
            let (shape, rules) = Shape::learn(line.get(..object)?, b"");
            return Some((Layer::Prefix(shape), rules));
        }
        if let Some(found) = string(line, at, &value) {
            return Some(found);
        }
    }
    if let Some(layer) = escaped(line, at) {
        return alone(layer);
    }
    let (shape, rules) = Shape::learn(prefix()?, suffix(line, at));
    Some((Layer::Prefix(shape), rules))
}

/// That fields have these values is all that is known of them.
pub(super) fn equal(values: Vec<Vec<u8>>) -> Vec<Rule> {
    values.into_iter().map(Rule::Equal).collect()
}

/// What closes the line behind its header, as the right side of a box does; empty if there is nothing.
fn suffix(line: &[u8], at: usize) -> &[u8] {
    let rest = line.get(at..).unwrap_or_default();
    let Some(after) = header_len(rest).and_then(|length| rest.get(length..)) else { return b"" };
    let suffix = after.trim_ascii();
    let is_border = suffix.iter().all(|byte| !byte.is_ascii_alphanumeric() && *byte != b' ');
    if is_border && suffix.len() <= 8 { suffix } else { b"" }
}

/// The header is in the string `value`.
fn string(line: &[u8], at: usize, value: &Value<'_>) -> Option<(Layer, Vec<Rule>)> {
    let whole = holds_more_lines(line, at);
    if !value.key.is_empty() || whole {
        // JSON that is cut, or printed over several lines.
        return Some((Layer::Escaped { json: !value.key.is_empty() }, Vec::new()));
    }
    // A stray quote is no string: `5" disk: goroutine 1 [running]:`
    let prefix = line.get(..value.range.start - 1)?;
    if !value.closed || prefix.len() > MAX_PREFIX {
        return None;
    }
    let (shape, rules) = Shape::learn(prefix, b"");
    Some((Layer::Quoted(shape), rules))
}

/// Whether more lines follow that of the header at `at` in the string that it is in.
fn holds_more_lines(line: &[u8], at: usize) -> bool {
    let mut clean = Clean::default();
    unescape(Line { bytes: line, offset: 0, number: 1 }, at, Some(b'"'), &mut clean);
    let text = clean.text.trim_ascii();
    text.contains(&b'\n') || markup::has_break(text)
}

/// A whole dump outside of any string, with its newlines escaped:
/// `goroutine 1 [running]:\nmain.main()\n\t/x.go:5 +0x1d`.
fn escaped(line: &[u8], at: usize) -> Option<Layer> {
    let rest = line.get(at..)?;
    // A header of Go 1.26 or later may hold `:\n` in a label, but then ends as all headers do.
    if rest.ends_with(b":") {
        return None;
    }
    let is_break = |newline: &&[u8]| {
        memmem::find_iter(rest, newline).any(|at| at > 0 && rest.get(at - 1) == Some(&b':'))
    };
    if NEWLINES.iter().any(is_break) {
        return Some(Layer::Escaped { json: false });
    }
    memmem::find(rest, b":#012").map(|_| Layer::Octal)
}
