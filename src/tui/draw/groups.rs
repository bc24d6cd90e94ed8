//! The list of groups with their growth.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Palette, width};
use crate::render::escape::visible;
use crate::render::words::{columns, cut_end, cut_start, function, number};
use crate::tui::app::{App, HISTORY, Pane, Row};
use crate::tui::trend::{change, sparkline};

/// Columns of the number of goroutines, and of the change.
const COUNT: usize = 9;
const DELTA: usize = 8;
/// Columns of the state.
const STATE: usize = 18;

/// Below this width there is no room for growth.
const NARROW: u16 = 64;

pub(super) fn draw(app: &mut App, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let height = width(area.height).saturating_sub(1);
    app.groups.show(app.rows.len(), height);
    // Where there is little room, who it is matters more than how it was.
    let series = app.history.is_series() && area.width >= NARROW;
    let mut lines = vec![head(app, palette, series)];
    let shown = app.rows.iter().enumerate().skip(app.groups.top).take(height);
    for (index, row) in shown {
        let line = line(row, palette, series, width(area.width));
        let chosen = app.pane == Pane::Groups && index == app.groups.at;
        lines.push(if chosen { line.patch_style(palette.chosen()) } else { line });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn head(app: &App, palette: Palette, series: bool) -> Line<'static> {
    let more = app.now().map_or(0, |now| now.more.0);
    let all = app.rows.len() + more;
    let title = format!("{:>COUNT$}", "Groups");
    let growth = if series {
        format!("{:>DELTA$}  {:<HISTORY$}", "change", "history")
    } else {
        String::new()
    };
    let more = if more > 0 {
        format!(", the largest {} here", number(app.rows.len() as u64))
    } else {
        String::new()
    };
    Line::from(vec![
        Span::styled(title, palette.title()),
        Span::styled(growth, palette.dim()),
        Span::styled(
            format!("  {} by {}{more}", number(all as u64), app.sort.name()),
            palette.dim(),
        ),
    ])
}

fn line(row: &Row, palette: Palette, series: bool, room: usize) -> Line<'static> {
    let group = &row.group;
    let mut spans = vec![Span::styled(format!("{:>COUNT$}", number(group.count)), palette.title())];
    let mut used = COUNT;
    if series {
        let delta = format!("{:>DELTA$}", change(row.delta));
        spans.push(Span::styled(delta, palette.delta(row.delta)));
        let history = format!("  {:<HISTORY$}", sparkline(&row.counts, HISTORY));
        spans.push(Span::styled(history, palette.state()));
        used += DELTA + 2 + HISTORY;
    }
    let state = cut_end(&visible(&group.state), STATE).into_owned();
    let pad = STATE.saturating_sub(columns(&state));
    spans.push(Span::styled(format!("  {state}{}", " ".repeat(pad)), palette.state()));
    used += 2 + STATE;
    if room > 100 {
        spans.push(Span::styled(format!("  {:<9}", group.wait), palette.dim()));
        used += 11;
    }
    let left = room.saturating_sub(used + 2);
    let name = visible(&group.function).into_owned();
    let name = function(&name, left, true).into_owned();
    let place = left.saturating_sub(columns(&name) + 2);
    spans.push(Span::raw("  "));
    spans.push(Span::styled(name, palette.user()));
    let file = visible(&group.place);
    let file = file.rsplit('/').next().unwrap_or("");
    if place >= columns(file) && !file.is_empty() {
        // A file's name is not cut: it is shown whole, with as much of its folder as there is room for.
        let path = visible(&group.place);
        let text =
            if place > columns(file) { cut_start(&path, place.min(48)) } else { file.into() };
        spans.push(Span::styled(format!("  {text}"), palette.dim()));
    }
    Line::from(spans)
}
