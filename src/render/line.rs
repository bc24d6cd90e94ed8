//! A line of the screen: pieces of text, each with its role, and the columns they take.

use std::io::{self, Write};

use super::escape::visible;
use super::style::{Role, Style};
use super::words::columns;

/// A line that is being put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pieces: Vec<(Role, String)>,
    width: usize,
}

impl Line {
    /// An empty line.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A line that begins at column `indent`.
    pub(super) fn at(indent: usize) -> Self {
        let mut line = Self::new();
        line.pad_to(indent);
        line
    }

    /// Adds text; what is invisible in it is made visible.
    pub(super) fn push(&mut self, role: Role, text: &str) -> &mut Self {
        let text = visible(text);
        self.width += columns(&text);
        match self.pieces.last_mut() {
            Some((last, before)) if *last == role => before.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.pieces.push((role, text.into_owned())),
        }
        self
    }

    /// Adds text so that it ends at the column `end`.
    pub(super) fn push_right(&mut self, role: Role, text: &str, end: usize) -> &mut Self {
        let start = end.saturating_sub(columns(text));
        self.pad_to(start);
        self.push(role, text)
    }

    /// Adds spaces up to the column `column`.
    pub(super) fn pad_to(&mut self, column: usize) -> &mut Self {
        if let Some(spaces) = column.checked_sub(self.width).filter(|spaces| *spaces > 0) {
            self.pieces.push((Role::Plain, " ".repeat(spaces)));
            self.width = column;
        }
        self
    }

    /// Columns that are taken.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Adds another line's pieces.
    pub(super) fn append(&mut self, other: Self) {
        self.width += other.width;
        self.pieces.extend(other.pieces);
    }

    /// Its text without spaces at its end.
    pub(super) fn text(&self) -> String {
        let mut text: String = self.pieces.iter().map(|(_, text)| &**text).collect();
        text.truncate(text.trim_end().len());
        text
    }

    /// Writes the line without spaces at its end.
    pub(super) fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let used = self.pieces.iter().rposition(|(_, text)| !text.trim().is_empty());
        let used = used.map_or(0, |last| last + 1);
        for (index, (role, text)) in self.pieces.iter().take(used).enumerate() {
            let (before, after) = style.codes(*role);
            let text = if index + 1 == used { text.trim_end() } else { text };
            write!(out, "{before}{text}{after}")?;
        }
        writeln!(out)
    }
}

/// Lines of pieces with `separator` between them, broken where `width` is reached.
pub(super) fn flow(
    pieces: Vec<(Role, String)>,
    separator: &str,
    indent: usize,
    width: usize,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::at(indent);
    let mut first = true;
    let last = pieces.len().saturating_sub(1);
    for (index, (role, text)) in pieces.into_iter().enumerate() {
        // What parts it from the next may end its line.
        let end = if index < last { columns(separator.trim_end()) } else { 0 };
        let room = line.width() + columns(separator) + columns(&visible(&text)) + end <= width;
        if !first && room {
            line.push(Role::Dim, separator);
        } else if !first {
            line.push(Role::Dim, separator.trim_end());
            lines.push(std::mem::replace(&mut line, Line::at(indent)));
        }
        line.push(role, &text);
        first = false;
    }
    lines.push(line);
    lines
}
