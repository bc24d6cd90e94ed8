//! What loggers, terminals and web pages put around the lines of a dump, and how it is peeled off again.
//!
//! A [`Wrapper`] is learned from the lines around a header: by what they share before the text, and by
//! which lines of a stack may follow which. Then it peels line by line.

mod clean;
mod csv;
mod detect;
mod escape;
mod json_lines;
mod layer;
mod learn;
mod level;
mod markup;
mod order;
mod rule;
mod runs;
mod shape;
mod strings;
#[cfg(test)]
mod tests;

pub(super) use clean::Clean;
pub(super) use clean::Line;
pub(super) use clean::Piece;
pub(super) use learn::Learned;
pub(super) use learn::Records;
pub(super) use learn::learn;
pub(super) use learn::learn_records;
pub(super) use level::Emit;
pub(super) use level::Fit;
pub(super) use markup::blank_entity;

use layer::Layer;
use level::Level;
use rule::Rule;

/// Whether `line` is one of a stack or record.
pub(super) fn is_structure(line: &[u8]) -> bool {
    order::Kind::of(line).is_structure()
}

/// How lines are wrapped: one layer, or several with the outermost first.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    levels: Vec<Level>,
    /// The last line of the text stands first.
    newest_first: bool,
}

/// Undoes the escapes of a JSON string, whose inside is `line`; a newline ends what is appended.
pub(super) fn unescape_json(line: Line<'_>, clean: &mut Clean) {
    escape::unescape(line, 0, None, clean);
    if !clean.text.ends_with(b"\n") {
        clean.end_line();
    }
}

/// Undoes the entities in the text of an element, which begins in line `text.number` of the input, unless
/// it is not `escaped`; a newline ends what is appended.
pub(super) fn unescape_markup(text: Line<'_>, escaped: bool, clean: &mut Clean) {
    let mut offset = text.offset;
    for (number, bytes) in (text.number..).zip(text.bytes.split(|byte| *byte == b'\n')) {
        let line = Line { bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes), offset, number };
        if escaped {
            markup::strip_markup(line, 0, clean);
        } else {
            clean.push_line(line);
        }
        offset += bytes.len() as u64 + 1;
    }
}

impl Wrapper {
    /// How `line` is wrapped, which holds at byte `at` the start of a text whose lines tell nothing of their
    /// order. Whatever is in a field of a record may vary, and the times in a prefix.
    pub(super) fn of_line(line: &[u8], at: usize) -> Option<Self> {
        let (layer, mut rules) = detect::layer(line, at)?;
        if !matches!(layer, Layer::Prefix(_)) {
            rules.fill(Rule::Free);
        }
        Some(Self { levels: vec![Level::new(layer, rules)], newest_first: false })
    }

    /// Peels `line`, whose process `base` tells as far as is known, and gives the lines inside to `emit`,
    /// each with what tells its process.
    pub(super) fn peel(&mut self, line: Line<'_>, base: &[u8], emit: &mut Emit<'_>) -> Fit {
        let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        level::peel(&mut self.levels, Line { bytes, ..line }, &mut base.to_vec(), emit)
    }

    /// The lines inside `line`, whatever the words are that the wrapper knows.
    pub(super) fn look_inside(&self, line: &[u8]) -> Vec<Vec<u8>> {
        let mut open = self.clone();
        for level in &mut open.levels {
            level.rules.fill(Rule::Free);
        }
        let mut found = Vec::new();
        let line = Line { bytes: line, offset: 0, number: 1 };
        open.peel(line, b"", &mut |_, inside| found.push(inside.bytes.to_vec()));
        found
    }

    /// What tells the process of `line`; `None` if the line is not wrapped in this way.
    pub(super) fn key_of(&self, line: &[u8]) -> Option<Vec<u8>> {
        let mut found = None;
        let line = Line { bytes: line, offset: 0, number: 1 };
        self.clone().peel(line, b"", &mut |key, _| {
            found.get_or_insert_with(|| key.to_vec());
        });
        found
    }

    /// Whether something tells processes apart.
    pub(super) fn is_keyed(&self) -> bool {
        self.levels.iter().any(|level| level.rules.contains(&Rule::Key))
    }

    /// Passes on what is left of lines whose end never came; to be called at the end of the input.
    pub(super) fn finish(&mut self, emit: &mut Emit<'_>) {
        level::finish(&mut self.levels, emit);
    }

    /// Whether the last line of the text stands first.
    pub(super) fn is_newest_first(&self) -> bool {
        self.newest_first
    }

    /// What the lines are wrapped in, for the user: `docker json-file`, `syslog prefix` and the like;
    /// `None` if they are only put in order.
    pub(super) fn name(&self) -> Option<String> {
        let mut names: Vec<_> = self.levels.iter().map(|level| level.layer.name()).collect();
        if self.newest_first {
            names.push("newest line first");
        }
        (!names.is_empty()).then(|| names.join(" + "))
    }
}
