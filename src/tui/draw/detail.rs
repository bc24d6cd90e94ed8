//! What was opened: a group with its goroutines and a stack, or a finding.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::{Palette, width};
use crate::render::escape::visible;
use crate::render::words::{columns, counted, cut_end, cut_start, number};
use crate::tui::app::{App, Pane};
use crate::tui::picture::{Detail, FrameLine, GoroutineLine};

/// From this width on goroutines and stack stand side by side.
const WIDE: u16 = 130;

pub(super) fn draw(app: &mut App, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    if app.pane == Pane::Finding {
        finding(app, palette, frame, area);
        return;
    }
    let Some(detail) = app.detail.take() else { return };
    let [head, rest] = Layout::vertical([Constraint::Length(2), Constraint::Min(1)]).areas(area);
    // Who reads is not disturbed by newer moments, but told that there are some.
    let now = app.now().map_or(detail.moment, |now| now.number);
    let of = if now == detail.moment { String::new() } else { moment(&detail) };
    frame.render_widget(Paragraph::new(title(&detail, &of, palette, width(area.width))), head);
    let parts = [Constraint::Percentage(45), Constraint::Percentage(55)];
    let [list, stack] = if area.width >= WIDE {
        Layout::horizontal(parts).spacing(2).areas(rest)
    } else {
        Layout::vertical(parts).areas(rest)
    };
    goroutines(app, &detail, palette, frame, list);
    stack_of(app, &detail, palette, frame, stack);
    app.detail = Some(detail);
}

/// When the goroutines were so.
fn moment(detail: &Detail) -> String {
    match &*detail.time {
        "" => format!("  at moment {}", detail.moment + 1),
        time => format!("  at {time}"),
    }
}

fn title(detail: &Detail, of: &str, palette: Palette, room: usize) -> Vec<Line<'static>> {
    let group = &detail.group;
    let count = counted(group.count, "goroutine");
    let state = visible(&group.state).into_owned();
    let wait = if group.wait.is_empty() { String::new() } else { format!(", {}", group.wait) };
    let used = columns(&count) + columns(&state) + columns(&wait) + columns(of) + 5;
    let name = cut_start(&visible(&group.function), room.saturating_sub(used)).into_owned();
    let creator = if group.creator.is_empty() {
        String::new()
    } else {
        format!("created by {}", visible(&group.creator))
    };
    vec![
        Line::from(vec![
            Span::styled(count, palette.title()),
            Span::raw(" "),
            Span::styled(format!("[{state}{wait}]"), palette.state()),
            Span::raw("  "),
            Span::styled(name, palette.user()),
            Span::styled(of.to_owned(), palette.warn()),
        ]),
        Line::styled(cut_end(&creator, room).into_owned(), palette.dim()),
    ]
}

fn pane(title: String, active: bool, palette: Palette) -> Block<'static> {
    let style = if active { palette.title() } else { palette.dim() };
    Block::new().borders(Borders::TOP).title(title).border_style(style)
}

fn goroutines(app: &mut App, detail: &Detail, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let more =
        if detail.more > 0 { format!(" and {} more", number(detail.more)) } else { String::new() };
    let listed = detail.goroutines.len();
    let title = format!(" Goroutines: {}{more} ", number(listed as u64));
    let block = pane(title, app.pane == Pane::Goroutines, palette);
    let inner = block.inner(area);
    app.goroutines.show(listed, width(inner.height));
    let id = detail.goroutines.iter().map(|g| columns(&g.id)).max().unwrap_or(0);
    let lines: Vec<_> = detail
        .goroutines
        .iter()
        .enumerate()
        .skip(app.goroutines.top)
        .take(width(inner.height))
        .map(|(index, goroutine)| {
            let line =
                goroutine_line(goroutine, (id, &detail.group.creator), palette, width(inner.width));
            if index == app.goroutines.at { line.patch_style(palette.chosen()) } else { line }
        })
        .collect();
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A goroutine in a line; who created the whole group is said above it.
fn goroutine_line(
    goroutine: &GoroutineLine,
    (id, creator): (usize, &str),
    palette: Palette,
    room: usize,
) -> Line<'static> {
    let head = format!("{:<id$}  {:>6}  ", goroutine.id, goroutine.wait);
    let state = format!("{}  ", visible(&goroutine.state));
    let left = room.saturating_sub(columns(&head) + columns(&state));
    let rest = match (goroutine.labels.is_empty(), goroutine.creator.is_empty()) {
        (false, _) => goroutine.labels.clone(),
        (true, false) if goroutine.creator != creator => {
            format!("created by {}", goroutine.creator)
        }
        (true, _) => String::new(),
    };
    Line::from(vec![
        Span::raw(head),
        Span::styled(state, palette.state()),
        Span::styled(cut_end(&visible(&rest), left).into_owned(), palette.dim()),
    ])
}

fn stack_of(app: &App, detail: &Detail, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let chosen = detail.goroutines.get(app.goroutines.at);
    let title = chosen.map_or(String::new(), |goroutine| format!(" Stack of {} ", goroutine.id));
    let block = pane(title, app.pane == Pane::Stack, palette);
    let inner = block.inner(area);
    let room = width(inner.width);
    let stack: &[FrameLine] = chosen.map_or(&[], |goroutine| goroutine.stack.as_slice());
    let name =
        stack.iter().map(|frame| columns(&frame.function)).max().unwrap_or(0).min(room * 3 / 5);
    let line = |frame: &FrameLine| {
        let function = cut_start(&visible(&frame.function), name).into_owned();
        let pad = name.saturating_sub(columns(&function));
        let place = cut_start(&visible(&frame.place), room.saturating_sub(name + 2)).into_owned();
        let style = if frame.user { palette.user() } else { palette.dim() };
        Line::from(vec![
            Span::styled(function, style),
            Span::raw(" ".repeat(pad + 2)),
            Span::styled(place, palette.dim()),
        ])
    };
    let lines: Vec<_> = stack.iter().skip(app.scroll).take(width(inner.height)).map(line).collect();
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(lines), inner);
}

fn finding(app: &App, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let Some(finding) = app.now().and_then(|now| now.findings.get(app.findings.at)) else { return };
    let lines: Vec<_> = finding
        .text
        .iter()
        .skip(app.scroll)
        .take(width(area.height))
        .enumerate()
        .map(|(index, text)| {
            let first = index == 0 && app.scroll == 0;
            let style = if first {
                palette.severity(finding.severity)
            } else {
                ratatui::style::Style::default()
            };
            Line::styled(text.clone(), style)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}
