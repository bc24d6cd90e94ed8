//! One record a row (RFC 4180), for spreadsheets and databases. A cell that a spreadsheet would take for
//! a formula begins with `'`.

use std::io::{self, Write};

use super::rows::{Place, Row, Rows};
use crate::render::escape::visible;
use crate::view::Selection;
use crate::view::canon::Shown;

/// The names of the columns.
const COLUMNS: &[&str] = &[
    "input",
    "goid",
    "count",
    "state",
    "inferred",
    "wait_minutes",
    "leaked",
    "locked",
    "scan",
    "durable",
    "cut",
    "bubble",
    "labels",
    "created_by",
    "created_at",
    "creator_goid",
    "group",
    "user",
    "user_at",
    "depth",
    "stack",
];

pub(in crate::render) fn write<'a, 'd: 'a>(
    selections: impl IntoIterator<Item = &'a Selection<'d>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(out);
    COLUMNS.iter().try_for_each(|name| table.text(name))?;
    table.end()?;
    for selection in selections {
        let rows = Rows::new(selection);
        for goroutine in selection.goroutines() {
            row(&rows.row(goroutine), &mut table)?;
        }
    }
    Ok(())
}

fn row(row: &Row<'_>, table: &mut Table<'_>) -> io::Result<()> {
    let number = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let labels: Vec<String> =
        row.labels.0.labels().map(|(key, value)| format!("{key}={value}")).collect();
    let names = names(row.stack.each());
    table.text(row.input)?;
    table.maybe(number(row.goid))?;
    table.number(row.count)?;
    table.text(row.state.unwrap_or(""))?;
    table.flag(row.inferred)?;
    table.maybe(row.wait_minutes.map(i64::from))?;
    for flag in [row.leaked, row.locked, row.scan, row.durable, row.cut] {
        table.flag(flag)?;
    }
    table.maybe(number(row.bubble))?;
    table.text(&labels.join("; "))?;
    place(row.created_by, table)?;
    table.maybe(number(row.creator_goid))?;
    table.text(&row.group)?;
    place(row.user, table)?;
    table.number(i64::try_from(names.len()).unwrap_or(i64::MAX))?;
    table.text(&names.join("; "))?;
    table.end()
}

fn place(place: Option<Place<'_>>, table: &mut Table<'_>) -> io::Result<()> {
    let Place { function, file, line } = place.unwrap_or(Place { function: "", file: "", line: 0 });
    table.place(function, file, line)
}

/// The names of frames.
pub(in crate::render) fn names<'a>(frames: impl Iterator<Item = Shown<'a>>) -> Vec<String> {
    let name = |frame| match frame {
        Shown::Call { function, .. } => String::from(function),
        Shown::Address(address) => format!("{address:#x}"),
        Shown::Elided(Some(n)) => format!("...{n} frames elided..."),
        Shown::Elided(None) => "...additional frames elided...".to_owned(),
    };
    frames.map(name).collect()
}

/// A table that is being written, cell by cell.
pub(in crate::render) struct Table<'w> {
    out: &'w mut dyn Write,
    /// Something stands in the row.
    begun: bool,
}

impl<'w> Table<'w> {
    /// An empty table.
    pub(in crate::render) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, begun: false }
    }

    fn next(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) { self.out.write_all(b",") } else { Ok(()) }
    }

    /// A cell with text, made harmless.
    pub(in crate::render) fn text(&mut self, cell: &str) -> io::Result<()> {
        self.next()?;
        text(cell, self.out)
    }

    /// The cells of a function and of where it is; both empty if they are not known.
    pub(in crate::render) fn place(
        &mut self,
        function: &str,
        file: &str,
        line: u32,
    ) -> io::Result<()> {
        self.text(function)?;
        self.text(&if file.is_empty() { String::new() } else { format!("{file}:{line}") })
    }

    /// A number.
    pub(in crate::render) fn number(&mut self, n: i64) -> io::Result<()> {
        self.next()?;
        write!(self.out, "{n}")
    }

    /// A number, or nothing.
    pub(in crate::render) fn maybe(&mut self, n: Option<i64>) -> io::Result<()> {
        match n {
            Some(n) => self.number(n),
            None => self.next(),
        }
    }

    /// A number with three decimals.
    pub(in crate::render) fn decimal(&mut self, n: f64) -> io::Result<()> {
        self.next()?;
        write!(self.out, "{n:.3}")
    }

    /// `true` or `false`.
    pub(in crate::render) fn flag(&mut self, is: bool) -> io::Result<()> {
        self.next()?;
        write!(self.out, "{is}")
    }

    /// Ends the row.
    pub(in crate::render) fn end(&mut self) -> io::Result<()> {
        self.begun = false;
        self.out.write_all(b"\r\n")
    }
}

/// A cell with `cell` in it, made harmless.
fn text(cell: &str, out: &mut dyn Write) -> io::Result<()> {
    let cell = visible(cell);
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '|', '%']);
    let quoted = formula || cell.contains(['"', ',', '\'']) || cell.trim() != cell;
    if !quoted {
        return out.write_all(cell.as_bytes());
    }
    write!(out, "\"{}", if formula { "'" } else { "" })?;
    for (index, part) in cell.split('"').enumerate() {
        write!(out, "{}{part}", if index > 0 { "\"\"" } else { "" })?;
    }
    write!(out, "\"")
}
