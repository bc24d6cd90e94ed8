//! One record a row (RFC 4180), for spreadsheets and databases. A cell that a spreadsheet would take for
//! a formula begins with `'`.

use std::io::{self, Write};

use super::rows::{Place, Row, Rows};
use crate::analysis::Selection;
use crate::analysis::canon::Shown;
use crate::render::escape::visible;

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
    write!(out, "{}\r\n", COLUMNS.join(","))?;
    for selection in selections {
        let rows = Rows::new(selection);
        for goroutine in selection.goroutines() {
            row(&rows.row(goroutine), out)?;
        }
    }
    Ok(())
}

fn row(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    let number = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
    let labels: Vec<String> =
        row.labels.0.labels().map(|(key, value)| format!("{key}={value}")).collect();
    let names: Vec<String> = row
        .stack
        .each()
        .map(|frame| match frame {
            Shown::Call { function, .. } => function.to_owned(),
            Shown::Address(address) => format!("{address:#x}"),
            Shown::Elided(Some(n)) => format!("...{n} frames elided..."),
            Shown::Elided(None) => "...additional frames elided...".to_owned(),
        })
        .collect();
    text(row.input, out)?;
    write!(out, ",{},{},", number(row.goid), row.count)?;
    text(row.state.unwrap_or(""), out)?;
    write!(
        out,
        ",{},{},{},{},{},{},{},{},",
        row.inferred,
        number(row.wait_minutes.map(u64::from)),
        row.leaked,
        row.locked,
        row.scan,
        row.durable,
        row.cut,
        number(row.bubble)
    )?;
    text(&labels.join("; "), out)?;
    place(row.created_by, out)?;
    write!(out, ",{},{}", number(row.creator_goid), row.group)?;
    place(row.user, out)?;
    write!(out, ",{},", names.len())?;
    text(&names.join("; "), out)?;
    write!(out, "\r\n")
}

/// The cells of a function and of its place, each behind a comma.
fn place(place: Option<Place<'_>>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, ",")?;
    let Some(place) = place else { return write!(out, ",") };
    text(place.function, out)?;
    write!(out, ",")?;
    if place.file.is_empty() {
        return Ok(());
    }
    text(&format!("{}:{}", place.file, place.line), out)
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
