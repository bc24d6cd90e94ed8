//! The gate: the reasons in a line each, worst first, then what was asked.

use std::io::{self, Write};

use super::{Role, paragraph, write_all};
use crate::diagnose::Severity;
use crate::gate::{Gate, Trip};
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{columns, counted, location, wrap};
use crate::render::{View, wording};

pub(super) fn render(gate: &Gate<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<Line> = gate.trips.iter().map(reason).collect();
    if gate.is_green() && !view.quiet {
        lines.push(green(gate));
    }
    // A gate that could not see everything must not look green without a word.
    if let Some(why) = &gate.incomplete {
        let mut line = Line::new();
        line.push(Role::Warn, "warning");
        line.push(Role::Plain, &format!("  {}", visible(why)));
        let said = gate.trips.iter().any(|trip| trip.kind == "incomplete-dump");
        lines.extend((!said).then_some(line));
    }
    if let Some(what) = gate.unseen.as_ref().filter(|_| !view.quiet) {
        let mut line = Line::new();
        line.push(Role::Warn, "warning").push(Role::Plain, &format!("  {}", visible(what)));
        lines.push(line);
    }
    if !view.quiet {
        lines.push(Line::new());
        lines.extend(checks(gate, view));
        for note in wording::gate_notes(gate) {
            lines.extend(paragraph(
                Role::Dim,
                &format!("Note: {}.", visible(&note)),
                1,
                view.width,
            ));
        }
    }
    write_all(&lines, view, out)
}

/// One line, however long: scripts read it.
fn reason(trip: &Trip) -> Line {
    let mut line = Line::new();
    let role = if trip.severity >= Severity::High { Role::Bad } else { Role::Warn };
    line.push(role, "red").push(Role::Plain, "  ");
    line.push(Role::State, trip.kind).push(Role::Plain, ": ");
    line.push(Role::Plain, &visible(&wording::reason(trip)));
    if let Some(place) = trip.place.as_ref().filter(|place| !place.file.is_empty()) {
        line.push(Role::Dim, &format!("  [{}]", location(&place.file, place.line, 40)));
    }
    line
}

fn green(gate: &Gate<'_>) -> Line {
    let input = gate.sights.last().map_or("", |sight| &sight.facts.dump().name);
    let mut line = Line::new();
    line.push(Role::Good, "green");
    let checks = counted(gate.checks.len() as u64, "check");
    let hold = if gate.checks.len() == 1 { "holds" } else { "hold" };
    line.push(Role::Plain, &format!("  {}: {checks} {hold}", visible(input)));
    line
}

/// What was asked, and what there is.
pub(in crate::render) fn checks(gate: &Gate<'_>, view: &View) -> Vec<Line> {
    let names = gate.checks.iter().map(|check| columns(&visible(&check.name)));
    let wide = names.max().unwrap_or(0).min(view.width / 2);
    let at = 3 + wide + 2;
    let mut lines = Vec::new();
    for check in &gate.checks {
        let mut line = Line::at(1);
        let (role, word) = if check.tripped { (Role::Bad, "✗") } else { (Role::Good, "✓") };
        line.push(role, word).push(Role::Plain, " ");
        line.push(Role::Title, &visible(&check.name));
        if line.width() + 2 > at {
            lines.push(std::mem::take(&mut line));
        }
        for part in wrap(&visible(&check.says), view.width.saturating_sub(at).max(24)) {
            line.pad_to(at).push(Role::Dim, &part);
            lines.push(std::mem::take(&mut line));
        }
    }
    lines
}
