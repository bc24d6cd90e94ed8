//! One JSON object a record, one a line: for jq, `DuckDB` and log pipelines.

use std::io::{self, Write};

use super::rows::Rows;
use crate::render::harmless::to_line;
use crate::view::Selection;

pub(in crate::render) fn write<'a, 'd: 'a>(
    selections: impl IntoIterator<Item = &'a Selection<'d>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for selection in selections {
        let rows = Rows::new(selection);
        for goroutine in selection.goroutines() {
            to_line(&rows.row(goroutine), out)?;
        }
    }
    Ok(())
}
