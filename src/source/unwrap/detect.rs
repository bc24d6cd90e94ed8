//! Learns from one line how it is wrapped.

use super::Clean;
use super::Line;
use super::escape::unescape;
use super::find_header;
use super::json::Strings;
use super::json::Value;
use super::layer::Cri;
use super::layer::Json;
use super::layer::Layer;
use super::layer::Writer;
use super::shape::Shape;
use memchr::memmem;

/// Most layers that are peeled off a line.
const MAX_LAYERS: usize = 3;
/// Longest line prefix.
const MAX_PREFIX: usize = 1024;

/// The layers around the header or preamble line at `at` of `line`, outermost first.
pub(super) fn layers(line: &[u8], at: usize) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut clean = Clean::default();
    let plain = line.strip_suffix(b"\r").unwrap_or(line);
    let mut payload = plain.to_vec();
    let mut at = at;
    while layers.len() < MAX_LAYERS {
        let Some(layer) = layer(&payload, at) else { break };
        clean.text.clear();
        clean.pieces.clear();
        if !layer.peel(Line { bytes: &payload, offset: 0, number: 1 }, &mut clean) {
            break;
        }
        let prefix = matches!(layer, Layer::Prefix(_));
        layers.push(layer);
        // A preamble line is no header: it is what a prefix leaves, and else the text's start.
        let header = if prefix { None } else { find_header(&clean.text, 0) };
        let header = header.unwrap_or(0);
        let before = clean.text.get(..header).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let rest = clean.text.get(start..).unwrap_or_default();
        at = header - start;
        payload = rest.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec();
    }
    if layers.is_empty() && plain.len() < line.len() {
        layers.push(Layer::Crlf);
    }
    layers
}

/// The outermost layer.
fn layer(line: &[u8], at: usize) -> Option<Layer> {
    if at == 0 {
        return escaped(line, at);
    }
    if let Some(cri) = Cri::of(line).filter(|cri| cri.text <= at) {
        return Some(Layer::Cri(cri.stream));
    }
    if let Some(value) = Strings::around(line, at)
        && let Some(layer) = string(line, at, &value)
    {
        return Some(layer);
    }
    let prefix = || line.get(..at).filter(|prefix| prefix.len() <= MAX_PREFIX).map(Shape::learn);
    escaped(line, at).or_else(|| prefix().map(Layer::Prefix))
}

/// The header is in the string `value`.
fn string(line: &[u8], at: usize, value: &Value<'_>) -> Option<Layer> {
    let whole = holds_more_lines(line, at);
    if value.key.is_empty() {
        if whole {
            return Some(Layer::Escaped { json: false });
        }
        // A stray quote is no string: `5" disk: goroutine 1 [running]:`
        let prefix = line.get(..value.range.start - 1)?;
        let quoted = value.closed && prefix.len() <= MAX_PREFIX;
        return quoted.then(|| Layer::Quoted(Shape::learn(prefix)));
    }
    let json = json(line, value);
    if whole && json.writer == Writer::Other {
        return Some(Layer::Escaped { json: true });
    }
    Some(Layer::Json(json))
}

/// The JSON object around the string `value`.
fn json(line: &[u8], value: &Value<'_>) -> Json {
    let string = |key: &[u8]| {
        let found = Strings::of(line, key)?;
        Some((key.to_vec(), line.get(found.range)?.to_vec()))
    };
    let (writer, guard) = match value.key {
        b"log" => match string(b"stream") {
            Some(stream) => (Writer::Docker, Some(stream)),
            None if string(b"time").is_some() => (Writer::Docker, None),
            None => (Writer::Other, None),
        },
        b"Output" if string(b"Action").is_some() => (Writer::Test2Json, string(b"Package")),
        _ => (Writer::Other, None),
    };
    let text = line.get(value.range.clone()).unwrap_or_default();
    let has_newline = writer != Writer::Other || text.ends_with(b"\\n");
    Json { key: value.key.to_vec(), has_newline, guard, writer }
}

/// Whether more lines follow that of the header at `at` in the string that it is in.
fn holds_more_lines(line: &[u8], at: usize) -> bool {
    let mut clean = Clean::default();
    unescape(Line { bytes: line, offset: 0, number: 1 }, at, Some(b'"'), &mut clean);
    clean.text.trim_ascii().contains(&b'\n')
}

/// A whole dump outside of any string, with its newlines escaped:
/// `goroutine 1 [running]:\nmain.main()\n\t/x.go:5 +0x1d`.
fn escaped(line: &[u8], at: usize) -> Option<Layer> {
    let rest = line.get(at..)?;
    // A header of Go 1.26 or later may hold `:\n` in a label, but then ends as all headers do.
    if rest.ends_with(b":") {
        return None;
    }
    if memmem::find(rest, b":\\n").is_some() {
        return Some(Layer::Escaped { json: false });
    }
    memmem::find(rest, b":#012").map(|_| Layer::Octal)
}
