//! Puts the state on the screen: a head, what is wrong, the groups or what was opened, a foot.

mod detail;
mod groups;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::app::{App, Pane};
use super::keys::HELP;
use super::picture::Picture;
use super::trend::{change, sparkline};
use crate::analysis::Severity;
use crate::render::escape::visible;
use crate::render::words::{columns, cut_end, cut_start, number};

/// Findings that are shown above the groups.
const FINDINGS: usize = 3;
/// Columns of the total's history.
const HISTORY: usize = 24;

/// The colours, or none of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    colored: bool,
}

#[allow(clippy::unused_self, reason = "whoever draws asks the palette for every style alike")]
impl Palette {
    pub(super) fn new(colored: bool) -> Self {
        Self { colored }
    }

    fn color(self, color: Color) -> Style {
        if self.colored { Style::new().fg(color) } else { Style::new() }
    }

    fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn state(self) -> Style {
        self.color(Color::Cyan)
    }

    fn user(self) -> Style {
        self.color(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    fn good(self) -> Style {
        self.color(Color::Green)
    }

    fn bad(self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn warn(self) -> Style {
        self.color(Color::Yellow)
    }

    fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::High => self.bad(),
            Severity::Medium => self.warn(),
            Severity::Low | Severity::Info => self.dim(),
        }
    }

    /// Growth is what one looks for; what shrinks is well.
    fn delta(self, delta: i64) -> Style {
        if delta > 0 { self.bad() } else { self.good() }
    }

    fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

/// Draws everything.
pub(super) fn screen(app: &mut App, palette: Palette, frame: &mut Frame<'_>) {
    let findings = app.now().map_or(0, |now| now.findings.len());
    let wrong = match findings {
        0 => 1,
        n => u16::try_from(n.min(FINDINGS)).unwrap_or(1) + 1,
    };
    let [head, middle, body, foot] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(wrong),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(head_lines(app, palette, head.width)), head);
    match app.pane {
        Pane::Groups | Pane::Findings => {
            findings_list(app, palette, frame, middle);
            groups::draw(app, palette, frame, body);
        }
        Pane::Finding | Pane::Goroutines | Pane::Stack => {
            let whole = Rect { height: middle.height + body.height, ..middle };
            detail::draw(app, palette, frame, whole);
        }
    }
    frame.render_widget(Paragraph::new(foot_line(app, palette, foot.width)), foot);
    if app.help {
        help(palette, frame);
    }
}

fn width(width: u16) -> usize {
    usize::from(width)
}

/// `left`, and `right` at the right edge.
fn edges(left: Vec<Span<'static>>, right: Vec<Span<'static>>, room: u16) -> Line<'static> {
    let taken = |spans: &[Span<'_>]| spans.iter().map(|s| columns(&s.content)).sum::<usize>();
    let gap = width(room).saturating_sub(taken(&left) + taken(&right)).max(1);
    let mut spans = left;
    spans.push(Span::raw(" ".repeat(gap)));
    spans.extend(right);
    Line::from(spans)
}

fn head_lines(app: &App, palette: Palette, room: u16) -> Vec<Line<'static>> {
    let mut right = vec![Span::styled(app.pace.clone(), palette.dim())];
    let mut fact = |text: String, style: Style| {
        if !text.is_empty() {
            right.push(Span::raw("  "));
            right.push(Span::styled(text, style));
        }
    };
    let now = app.now();
    fact(now.map_or(String::new(), |now| now.time.clone()), Style::new());
    if !app.moments.is_empty() {
        fact(format!("{}/{}", app.at + 1, app.moments.len()), palette.dim());
    }
    if app.paused {
        fact("PAUSED".to_owned(), palette.warn());
    } else if !app.follow {
        fact("not following".to_owned(), palette.warn());
    }
    let taken: usize = right.iter().map(|span| columns(&span.content)).sum();
    let shown = if app.ended { now.map_or("", |now| now.name.as_str()) } else { app.name.as_str() };
    let name = cut_start(&visible(shown), width(room).saturating_sub(taken + 2)).into_owned();
    let first = edges(vec![Span::styled(name, palette.title())], right, room);
    let Some(now) = now else {
        let text = if app.ended { "no dump" } else { "waiting for the first dump" };
        return vec![first, Line::styled(text, palette.dim())];
    };
    let totals: Vec<_> = app.moments.iter().take(app.at + 1).map(|m| Some(m.shown)).collect();
    let style = if now.incomplete { palette.bad() } else { Style::new() };
    let mut second = vec![Span::styled(now.account.clone(), style)];
    let delta = app.total_change();
    if delta != 0 {
        second.push(Span::styled(format!("  {}", change(delta)), palette.delta(delta)));
    }
    if let Some(mark) = app.mark {
        second.push(Span::styled(format!("  against moment {}", mark + 1), palette.dim()));
    }
    let history = if totals.len() > 1 { sparkline(&totals, HISTORY) } else { String::new() };
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

fn findings_list(app: &mut App, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let Some(now) = app.moments.get(app.at) else { return };
    if now.findings.is_empty() {
        let line = Line::styled("nothing wrong in sight", palette.good());
        frame.render_widget(Paragraph::new(line), area);
        return;
    }
    let height = width(area.height).saturating_sub(1);
    app.findings.show(now.findings.len(), height);
    let rest = now.findings.len().saturating_sub(height);
    let more = if rest > 0 { format!(" ({} in all)", now.findings.len()) } else { String::new() };
    let mut lines = vec![Line::from(vec![
        Span::styled("Findings", palette.title()),
        Span::styled(more, palette.dim()),
    ])];
    let shown = now.findings.iter().enumerate().skip(app.findings.top).take(height);
    for (index, finding) in shown {
        let head =
            format!(" {:<7} {:<13}", finding.severity.name().to_uppercase(), finding.category);
        let room = width(area.width).saturating_sub(columns(&head));
        let title = cut_end(&visible(&finding.title), room).into_owned();
        let line = Line::from(vec![
            Span::styled(head, palette.severity(finding.severity)),
            Span::raw(title),
        ]);
        let chosen = app.pane == Pane::Findings && index == app.findings.at;
        lines.push(if chosen { line.patch_style(palette.chosen()) } else { line });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn foot_line(app: &App, palette: Palette, room: u16) -> Line<'static> {
    if let Some(text) = &app.typing {
        let wrong = app.message.as_ref().map_or(String::new(), |(text, _)| format!("   {text}"));
        let room = width(room).saturating_sub(3);
        let typed = cut_start(&visible(text), room).into_owned();
        let left = room.saturating_sub(columns(&typed));
        return Line::from(vec![
            Span::styled("/", palette.title()),
            Span::raw(typed),
            Span::styled("▏", palette.title()),
            Span::styled(cut_end(&visible(&wrong), left).into_owned(), palette.bad()),
        ]);
    }
    if let Some((text, wrong)) = &app.message {
        let style = if *wrong { palette.bad() } else { palette.good() };
        return Line::styled(cut_end(&visible(text), width(room)).into_owned(), style);
    }
    let keys = match app.pane {
        Pane::Groups => {
            "Enter open  Tab findings  / search  s sort  m mark  p pause  ? help  q quit"
        }
        Pane::Findings => "Enter evidence  Tab groups  Esc back  ? help  q quit",
        Pane::Goroutines => "↑↓ goroutine  Tab stack  Esc back  e export  ? help  q quit",
        Pane::Finding | Pane::Stack => "↑↓ scroll  Esc back  ? help  q quit",
    };
    let search = if app.search.is_empty() { String::new() } else { format!("/{}", app.search) };
    let left = width(room).saturating_sub(columns(keys) + 2);
    let search = cut_end(&visible(&search), left).into_owned();
    edges(vec![Span::styled(keys, palette.dim())], vec![Span::styled(search, palette.warn())], room)
}

fn help(palette: Palette, frame: &mut Frame<'_>) {
    let area = frame.area();
    let height = u16::try_from(HELP.len()).unwrap_or(0) + 2;
    let wide = 72.min(area.width);
    let height = height.min(area.height);
    let place =
        Rect { x: (area.width - wide) / 2, y: (area.height - height) / 2, width: wide, height };
    let line = |(key, text): &(&'static str, &'static str)| {
        Line::from(vec![Span::styled(format!(" {key:<12}"), palette.title()), Span::raw(*text)])
    };
    let lines: Vec<_> = HELP.iter().map(line).collect();
    frame.render_widget(Clear, place);
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(" gdump watch ")),
        place,
    );
}

#[cfg(test)]
mod tests;
