//! Puts the state on the screen: a head, what is wrong, the groups or what was opened, a foot.

mod detail;
mod groups;
mod head;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::app::{App, Pane};
use super::export::MENU;
use super::keys::HELP;
use crate::diagnose::Severity;
use crate::render::escape::visible;
use crate::render::words::{columns, cut_end, cut_start};

use head::tab_line;
pub(super) use head::{Tab, tab};

/// Findings that are shown above the groups.
const FINDINGS: usize = 3;

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

/// Draws everything: `tabs` are the processes that are watched, and which of them `app` is.
pub(super) fn screen(
    app: &mut App,
    (tabs, at): (&[Tab], usize),
    palette: Palette,
    frame: &mut Frame<'_>,
) {
    let findings = app.now().map_or(0, |now| now.findings.len());
    let wrong = match findings {
        0 => 1,
        n => height(n.min(FINDINGS)) + 1,
    };
    let room = frame.area().width;
    let mut lines = if tabs.len() > 1 { vec![tab_line(tabs, at, palette, room)] } else { vec![] };
    lines.extend(head::lines(app, palette, room));
    lines.extend(head::notices(app, palette, room));
    let [head, middle, body, foot] = Layout::vertical([
        Constraint::Length(height(lines.len())),
        Constraint::Length(wrong),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(lines), head);
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

fn height(lines: usize) -> u16 {
    u16::try_from(lines).unwrap_or(u16::MAX)
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

fn findings_list(app: &mut App, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let Some(now) = app.history.now() else { return };
    if now.findings.is_empty() {
        let line = Line::styled("nothing wrong in sight", palette.good());
        frame.render_widget(Paragraph::new(line), area);
        return;
    }
    let room = width(area.height).saturating_sub(1);
    app.findings.show(now.findings.len(), room);
    let rest = now.findings.len().saturating_sub(room);
    let more = if rest > 0 { format!(" ({} in all)", now.findings.len()) } else { String::new() };
    let mut lines = vec![Line::from(vec![
        Span::styled("Findings", palette.title()),
        Span::styled(more, palette.dim()),
    ])];
    let shown = now.findings.iter().enumerate().skip(app.findings.top).take(room);
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
    if app.menu {
        let mut spans = vec![Span::styled("export: ", palette.title())];
        for (key, what, _) in MENU {
            spans.push(Span::styled(key.to_string(), palette.title()));
            spans.push(Span::styled(format!(" {what}  "), palette.dim()));
        }
        spans.push(Span::styled("Esc none", palette.dim()));
        return Line::from(spans);
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
    let height = height(HELP.len()) + 2;
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
