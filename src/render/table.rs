//! Groups as rows: those of a dump, of a comparison, of a series. As NDJSON a row is the object that the
//! JSON document has for it; as CSV it is flat.

use std::io::{self, Write};

use super::convert::csv::{Table, names};
use super::{Body, Report, View, json};
use crate::model::SourceLocation;
use crate::series::diff::Row;
use crate::series::process::Flow;
use crate::series::{Diff, Series, Track, Who};
use crate::view::canon::Shown;
use crate::view::group::Group;
use crate::view::summary::Summary;

/// Rows as JSON objects, one a line.
pub(super) fn ndjson(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    match &report.body {
        Body::List(lists) => {
            super::convert::ndjson::write(lists.iter().map(|list| &list.page), out)
        }
        _ => json::lines(report, view, out),
    }
}

/// Rows of cells.
pub(super) fn csv(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let top = view.top.map_or(usize::MAX, super::Limit::get);
    match &report.body {
        Body::List(lists) => super::convert::csv::write(lists.iter().map(|list| &list.page), out),
        Body::Groups(summaries, skip) => groups(summaries, *skip, top, view.ids.get(), out),
        Body::Diff(diff) => compared(diff, top, out),
        Body::Series(series, _) => followed(series, top, out),
        // The command line does not let it come to this.
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// The columns of a group's name.
const WHO: [&str; 6] = ["state", "function", "at", "created_by", "created_at", "group"];

fn groups(
    summaries: &[Summary<'_>],
    skip: usize,
    top: usize,
    ids: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(out);
    for name in [
        "input",
        "group",
        "key",
        "count",
        "states",
        "wait_known",
        "wait_min_minutes",
        "wait_median_minutes",
        "wait_max_minutes",
        "leaked",
        "locked",
        "cut",
        "created_by",
        "created_at",
        "created_count",
        "creators",
        "labels",
        "goids",
        "user",
        "user_at",
        "depth",
        "stack",
    ] {
        table.text(name)?;
    }
    table.end()?;
    for summary in summaries {
        let grouping = &summary.grouping;
        let indices = (0..grouping.len()).skip(skip).take(top);
        for group in indices.filter_map(|index| grouping.group(&summary.stacks, index, ids)) {
            row(&mut table, summary, &group)?;
        }
    }
    Ok(())
}

fn row(table: &mut Table<'_>, summary: &Summary<'_>, group: &Group<'_>) -> io::Result<()> {
    let stacks = &summary.stacks;
    let one = group.states.len() == 1;
    let states = group.states.iter().map(|state| {
        if one { state.state.to_owned() } else { format!("{} {}", state.count, state.state) }
    });
    let wait = &group.wait;
    let minutes = |minutes: Option<u32>| minutes.map(i64::from);
    table.text(&summary.dump.name)?;
    table.text(&format!("{:016x}", group.id))?;
    table.text(group.title.as_deref().unwrap_or(""))?;
    table.number(group.count)?;
    table.text(&states.collect::<Vec<_>>().join("; "))?;
    table.number(wait.known)?;
    for value in [wait.min, wait.median, wait.max] {
        table.maybe(minutes(value))?;
    }
    for value in [group.leaked, group.locked, group.cut] {
        table.number(value)?;
    }
    let creator = group.creators.first();
    let (function, file, line) =
        creator.map_or(("", "", 0), |creator| (creator.function, creator.file, creator.line));
    table.place(function, file, line)?;
    table.maybe(creator.map(|creator| creator.count))?;
    table.number(i64::try_from(group.creators.len()).unwrap_or(i64::MAX))?;
    let labels = group.labels.iter().flat_map(|label| {
        label.values.iter().map(|(value, count)| format!("{}={value} {count}", label.key))
    });
    table.text(&labels.collect::<Vec<_>>().join("; "))?;
    let ids: Vec<String> = group.goids.iter().map(u64::to_string).collect();
    table.text(&ids.join(" "))?;
    let names = names(stacks.visible(group.stack).map(|id| stacks.shown(id)));
    if let Some(Shown::Call { function, file, line, .. }) =
        stacks.user(group.stack).map(|id| stacks.shown(id))
    {
        table.place(function, file, line)?;
    } else {
        table.place("", "", 0)?;
    }
    table.number(i64::try_from(names.len()).unwrap_or(i64::MAX))?;
    table.text(&names.join("; "))?;
    table.end()
}

fn compared(diff: &Diff<'_>, top: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(out);
    let changes = ["change", "before", "after", "growth"];
    let flows = ["stayed", "renewed", "moved_in", "moved_out", "new", "gone"];
    for name in changes.into_iter().chain(flows).chain(WHO) {
        table.text(name)?;
    }
    table.end()?;
    for row in diff.rows.iter().take(top) {
        let Row { change, before, after, .. } = row;
        table.text(change.name())?;
        for value in [*before, *after, row.growth()] {
            table.number(value)?;
        }
        let flow = row.flow.map(|flow| {
            let Flow { stayed, renewed, moved_in, moved_out, new, gone } = flow;
            [stayed, renewed, moved_in, moved_out, new, gone]
        });
        for at in 0..flows.len() {
            table.maybe(flow.and_then(|flow| flow.get(at).copied()))?;
        }
        who(&mut table, &row.who)?;
        table.end()?;
    }
    Ok(())
}

/// A row for each group; behind its name a column for each dump.
fn followed(series: &Series, top: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(out);
    let per = if series.minutes.is_some() { "slope_per_minute" } else { "slope_per_dump" };
    let numbers = ["trend", "first", "last", "min", "max", per, "never_falls", "stuck"];
    for name in numbers.into_iter().chain(WHO) {
        table.text(name)?;
    }
    for taken in &series.dumps {
        table.text(taken.name())?;
    }
    table.end()?;
    for track in series.groups.iter().take(top) {
        let Track { first, last, min, max, .. } = track;
        table.text(track.trend.name())?;
        for value in [*first, *last, *min, *max] {
            table.number(value)?;
        }
        table.decimal(track.slope)?;
        table.flag(track.never_falls)?;
        table.number(track.stuck)?;
        who(&mut table, &track.who)?;
        for count in track.counts(series.dumps.len()) {
            table.number(count)?;
        }
        table.end()?;
    }
    Ok(())
}

fn who(table: &mut Table<'_>, who: &Who) -> io::Result<()> {
    table.text(&who.state)?;
    let SourceLocation { function, file, line } = &who.place;
    table.place(function, file, *line)?;
    match &who.creator {
        Some(SourceLocation { function, file, line }) => table.place(function, file, *line)?,
        None => table.place("", "", 0)?,
    }
    table.text(&format!("{:016x}", who.id))
}
