//! The head of the screen: what is watched, how it goes, and what is to be said of it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Palette, edges, width};
use crate::render::escape::visible;
use crate::render::words::{columns, cut_end, cut_start, number, wrap};
use crate::tui::app::App;
use crate::tui::picture::Picture;
use crate::tui::trend::{change, sparkline};

/// Columns of the total's history.
const HISTORY: usize = 24;
/// Moments for which a restart is told of.
const RECENT: usize = 12;

/// One of several processes, in a few words.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Tab {
    name: String,
    count: Option<i64>,
    trouble: bool,
}

/// What is said of the process of `app` while another may be shown.
pub(in crate::tui) fn tab(app: &App) -> Tab {
    let name = app.name.split_once("://").map_or(app.name.as_str(), |(_, rest)| rest);
    let name = name.split('?').next().unwrap_or(name);
    Tab {
        name: name.strip_suffix("/debug/pprof/goroutine").unwrap_or(name).to_owned(),
        count: app.now().map(|now| now.shown),
        trouble: app.trouble.is_some(),
    }
}

/// All of them in a line; the one at `at` is shown.
pub(super) fn tab_line(tabs: &[Tab], at: usize, palette: Palette, room: u16) -> Line<'static> {
    let each = (width(room) / tabs.len().max(1)).saturating_sub(2);
    let mut spans = Vec::new();
    for (index, tab) in tabs.iter().enumerate() {
        let count = match (tab.trouble, tab.count) {
            (true, _) => " ✗".to_owned(),
            (false, Some(count)) => format!(" {}", number(count)),
            (false, None) => " …".to_owned(),
        };
        let key = format!("{} ", index + 1);
        let left = each.saturating_sub(columns(&key) + columns(&count));
        let text = format!(" {key}{}{count} ", cut_start(&visible(&tab.name), left));
        let style = if tab.trouble { palette.bad() } else { Style::new() };
        spans.push(Span::styled(text, if index == at { palette.chosen() } else { style }));
    }
    Line::from(spans)
}

/// Name and time, goroutines and their history, states.
pub(super) fn lines(app: &App, palette: Palette, room: u16) -> Vec<Line<'static>> {
    let mut right = vec![Span::styled(app.pace.clone(), palette.dim())];
    let mut fact = |text: String, style: Style| {
        if !text.is_empty() {
            right.push(Span::raw("  "));
            right.push(Span::styled(text, style));
        }
    };
    let now = app.now();
    fact(now.map_or(String::new(), |now| now.time.clone()), Style::new());
    if let Some(place) = app.history.place() {
        fact(place, palette.dim());
    }
    if app.paused {
        fact("PAUSED".to_owned(), palette.warn());
    } else if !app.history.follow {
        fact("not following".to_owned(), palette.warn());
    }
    let taken: usize = right.iter().map(|span| columns(&span.content)).sum();
    let shown = if app.ended { now.map_or("", |now| now.name.as_str()) } else { app.name.as_str() };
    let name = cut_start(&visible(shown), width(room).saturating_sub(taken + 2)).into_owned();
    let first = edges(vec![Span::styled(name, palette.title())], right, room);
    let Some(now) = now else {
        let text = match (app.ended, app.trouble.is_some()) {
            (true, _) => "no dump",
            (false, true) => "no dump yet",
            (false, false) => "waiting for the first dump",
        };
        return vec![first, Line::styled(text, palette.dim())];
    };
    let totals: Vec<_> = app.history.last(HISTORY).iter().map(|m| Some(m.shown)).collect();
    let style = if now.incomplete { palette.bad() } else { Style::new() };
    let mut second = vec![Span::styled(now.account.clone(), style)];
    let delta = app.total_change();
    if delta != 0 {
        second.push(Span::styled(format!("  {}", change(delta)), palette.delta(delta)));
    }
    if let Some(mark) = app.history.marked() {
        let text = format!("  against moment {} {}", mark.number + 1, mark.time);
        second.push(Span::styled(text.trim_end().to_owned(), palette.dim()));
    }
    let history = if app.history.is_series() { sparkline(&totals, HISTORY) } else { String::new() };
    let second = edges(second, vec![Span::styled(history, palette.state())], room);
    vec![first, second, states(now, palette, width(room))]
}

/// The states in a line, as many as there is room for.
fn states(now: &Picture, palette: Palette, room: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for (index, (state, count)) in now.states.iter().enumerate() {
        let (state, count) = (visible(state).into_owned(), format!(" {}", number(*count)));
        let gap = if index > 0 { 2 } else { 0 };
        let need = gap + columns(&state) + columns(&count);
        let rest = now.states.len() - index;
        // Room for how many more there are.
        if used + need + 10 > room && rest > 1 {
            spans.push(Span::styled(format!("  … {rest} more"), palette.dim()));
            break;
        }
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(state, palette.state()));
        spans.push(Span::styled(count, palette.title()));
        used += need;
    }
    Line::from(spans)
}

/// What went wrong, what was left out, and whether the process was restarted.
pub(super) fn notices(app: &App, palette: Palette, room: u16) -> Vec<Line<'static>> {
    let room = width(room);
    let line = |text: &str, style| Line::styled(cut_end(&visible(text), room).into_owned(), style);
    let mut lines = Vec::new();
    if let Some(trouble) = &app.trouble {
        let since = match trouble.tries {
            1 => trouble.since.clone(),
            n => format!("{} ({n} tries)", trouble.since),
        };
        let next = match (app.asking, app.paused) {
            (Some(_), _) => "asking …".to_owned(),
            (None, true) => "paused".to_owned(),
            (None, false) => format!("next try in {}s", seconds(trouble.next)),
        };
        let mut what = trouble.lines.iter();
        let first = what.next().map_or("", String::as_str);
        // The name is on the screen already.
        let first = first.split_once(": ").filter(|(url, _)| url.contains("://"));
        let why = first.map_or(trouble.lines.first().map_or("", String::as_str), |(_, why)| why);
        lines.push(line(&format!("no answer since {since}; {next}"), palette.bad()));
        lines.extend(wrapped(why, room).map(|text| line(&text, palette.bad())));
        lines.extend(what.flat_map(|text| wrapped(text, room)).map(|t| line(&t, palette.dim())));
    } else if let Some(asked) = app.asking.filter(|asked| asked.elapsed().as_secs() >= 2) {
        let text = format!("asking for {}s …", asked.elapsed().as_secs());
        lines.push(line(&text, palette.warn()));
    }
    let restart = app.history.last(RECENT).iter().rev().find(|moment| moment.restarted.is_some());
    if let Some(moment) = restart {
        let why = moment.restarted.as_deref().unwrap_or("");
        let number = moment.number + 1;
        let text =
            format!("RESTARTED before moment {number}, {}: ids start again ({why})", moment.time);
        lines.extend(wrapped(&text, room).map(|text| line(&text, palette.warn())));
    }
    if let Some(now) = app.now() {
        if !now.note.is_empty() {
            lines.extend(wrapped(&now.note, room).map(|text| line(&text, palette.warn())));
        } else if !now.cost.is_empty() {
            lines.push(line(&now.cost, palette.dim()));
        }
    }
    lines
}

/// `text` in a few lines.
fn wrapped(text: &str, room: usize) -> impl Iterator<Item = String> + use<> {
    const MOST: usize = 3;
    wrap(text, room).into_iter().take(MOST)
}

/// Seconds until then.
fn seconds(then: std::time::Instant) -> u64 {
    let left = then.saturating_duration_since(std::time::Instant::now());
    left.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}
