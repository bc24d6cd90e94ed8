//! The table of states.

use super::Role;
use crate::model::wait;
use crate::render::line::Line;
use crate::render::words::{columns, counted, cut_end, number, range};
use crate::render::{Limit, View};
use crate::view::Summary;
use crate::view::states::StateRow;

/// States that are listed unless the user asks for all.
const TOP: usize = 12;
/// The longest bar.
const BAR: usize = 40;

pub(in crate::render) fn lines(summary: &Summary<'_>, view: &View) -> Vec<Line> {
    if summary.states.is_empty() {
        return Vec::new();
    }
    let most = if view.top == Some(Limit::All) { usize::MAX } else { TOP };
    let shown: Vec<_> = summary.states.iter().take(most).collect();
    let ages = summary.dump.has_ages();
    let waits: Vec<_> = shown.iter().map(|row| waiting(row, ages, view.width)).collect();
    let all_inferred = shown.iter().all(|row| row.inferred || row.state == wait::UNKNOWN);
    let title = if all_inferred { "State (inferred)" } else { "State" };
    let names: Vec<_> = shown.iter().map(|row| name(row, all_inferred)).collect();
    let state =
        names.iter().map(|name| columns(name)).max().unwrap_or(0).max(columns(title)).min(34);
    let count = 1 + state + 2 + "Goroutines".len();
    let wait = count + 9;
    let used = waits.iter().map(|text| columns(text)).max().unwrap_or(0);
    let used = if used > 0 { used.max("Waiting".len()) + 2 } else { 0 };
    let bar = wait + used;
    let mut head = Line::at(1);
    head.push(Role::Title, title).push_right(Role::Title, "Goroutines", count);
    if used > 0 {
        head.pad_to(wait).push(Role::Title, "Waiting");
    }
    let mut lines = vec![Line::new(), head];
    for ((row, name), waiting) in shown.iter().zip(&names).zip(&waits) {
        let mut line = Line::at(1);
        line.push(Role::State, &cut_end(name, state));
        line.push_right(Role::Number, &number(row.count), count);
        line.push_right(Role::Dim, &percent(row.count, summary.shown), count + 7);
        let room = view.width.saturating_sub(wait);
        line.pad_to(wait).push(Role::Plain, &cut_end(waiting, room));
        let room = view.width.saturating_sub(bar).min(BAR);
        if room >= 6 {
            line.pad_to(bar).push(Role::State, &blocks(row.count, summary.shown, room));
        }
        lines.push(line);
    }
    lines.extend(left_out(summary.states.get(most..).unwrap_or(&[])));
    lines
}

fn left_out(rest: &[StateRow<'_>]) -> Option<Line> {
    let sum = rest.iter().fold(0i64, |sum, row| sum.saturating_add(row.count));
    let mut line = Line::at(1);
    line.push(
        Role::Dim,
        &format!(
            "… {}, {}: --top all",
            counted(rest.len() as u64, "more state"),
            counted(sum, "goroutine")
        ),
    );
    (!rest.is_empty()).then_some(line)
}

fn name(row: &StateRow<'_>, all_inferred: bool) -> String {
    let mark = if row.inferred && !all_inferred { " (inferred)" } else { "" };
    format!("{}{mark}", crate::render::escape::visible(row.state))
}

/// Waits and leaks in words.
fn waiting(row: &StateRow<'_>, ages: bool, width: usize) -> String {
    let mut text = match range(&row.wait) {
        Some(range) if row.wait.unknown != 0 => {
            let young = if width < 100 { "under 1m" } else { "under a minute or no GC yet" };
            format!("{range} ({} {young})", number(row.wait.unknown))
        }
        Some(range) => range,
        None if ages && row.leaked == 0 => "–".to_owned(),
        None => String::new(),
    };
    if row.leaked > 0 {
        let comma = if text.is_empty() { "" } else { ", " };
        text = format!("{text}{comma}{} leaked", number(row.leaked));
    }
    text
}

/// Percent of `total`: whole ones, `<1 %` for what is less.
fn percent(count: i64, total: i64) -> String {
    if total <= 0 || count <= 0 {
        return String::new();
    }
    let percent = (i128::from(count) * 200 + i128::from(total)) / (i128::from(total) * 2);
    if percent == 0 { "<1 %".to_owned() } else { format!("{percent} %") }
}

/// A bar of `count` in `total`, of which the whole is `room` columns.
fn blocks(count: i64, total: i64, room: usize) -> String {
    if total <= 0 || count <= 0 {
        return String::new();
    }
    let eighths = i128::from(count) * (room as i128) * 8 / i128::from(total);
    let eighths = usize::try_from(eighths.max(1)).unwrap_or(0).min(room * 8);
    let last = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(last.get(eighths % 8).unwrap_or(&""));
    bar
}
