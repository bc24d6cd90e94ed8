//! Problems with their place: `file:line:column: message`, the line, and a caret under the piece.

use std::io::{self, Write};

use super::Role;
use crate::model::{Dump, Problem};
use crate::render::View;
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{columns, counted};

pub(super) fn write(dump: &Dump, view: &View, out: &mut dyn Write) -> io::Result<()> {
    if dump.problems.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut title = Line::at(1);
    title.push(Role::Title, "Problems").write(view.style, out)?;
    for problem in &dump.problems {
        let mut line = Line::new();
        line.push(Role::Title, &format!("{}:{}:{}", dump.name, problem.line, problem.column));
        line.push(Role::Plain, ": ").push(Role::Warn, &problem.message);
        line.write(view.style, out)?;
        for line in excerpt(problem, view.width.saturating_sub(4)) {
            line.write(view.style, out)?;
        }
    }
    if dump.more_problems > 0 {
        let mut line = Line::at(1);
        line.push(
            Role::Dim,
            &format!("… {}, not kept", counted(dump.more_problems, "more problem")),
        );
        line.write(view.style, out)?;
    }
    Ok(())
}

/// The line and the carets; of a long line the part around them.
fn excerpt(problem: &Problem, width: usize) -> Vec<Line> {
    let text = &*problem.excerpt;
    let column = usize::try_from(problem.column.saturating_sub(1)).unwrap_or(usize::MAX);
    if text.is_empty() || column > text.len() {
        return Vec::new();
    }
    let length = usize::try_from(problem.length).unwrap_or(usize::MAX);
    let end = floor(text, column.saturating_add(length).min(text.len()));
    let column = floor(text, column);
    let from = ceil(text, column.saturating_sub(width / 3));
    let from = if columns(&visible(text)) <= width { 0 } else { from };
    let before = visible(text.get(from..column).unwrap_or(""));
    let marked = visible(text.get(column..end).unwrap_or(""));
    let after = visible(text.get(end..).unwrap_or(""));
    let dots = if from > 0 { "…" } else { "" };
    let start = columns(dots) + columns(&before);
    let carets = columns(&marked).clamp(1, width.saturating_sub(start).max(1));
    let mut line = Line::at(4);
    let whole = format!("{dots}{before}{marked}{after}");
    line.push(Role::Plain, &super::words::cut_end(&whole, width));
    let mut caret = Line::at(4 + start);
    caret.push(Role::Bad, &"^".repeat(carets));
    vec![line, caret]
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}
