//! What keys do; the help is made of the same table.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::App;
use super::work::Ask;

/// Keys and what they do, as the help shows them.
pub(super) const HELP: &[(&str, &str)] = &[
    ("↑ ↓  k j", "up and down; PgUp, PgDn, Home and End as usual"),
    ("Enter", "open: group, goroutines, stack; finding, its evidence"),
    ("Esc", "back; at the start: take the search back"),
    ("Tab", "groups or findings; goroutines or stack"),
    ("← →  h l", "the moment before, the moment after"),
    ("f", "follow the newest moment"),
    ("/", "search: the language of --where, or any text"),
    ("s", "order: count, growth, wait, name"),
    ("m", "mark this moment and compare with it; again: no mark"),
    ("p  Space", "pause, go on"),
    ("r", "take a dump now"),
    ("e", "export this moment as a JSON report"),
    ("?", "this help"),
    ("q  Ctrl-C", "leave"),
];

/// Lines that a page moves by.
const PAGE: isize = 10;

/// Does what `key` means.
pub(super) fn press(app: &mut App, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control && key.code == KeyCode::Char('c') {
        app.quit = true;
    } else if app.typing.is_some() {
        typed(app, key.code);
    } else if app.help {
        app.help = false;
    } else {
        command(app, key.code);
    }
}

/// A key while the search line is typed.
fn typed(app: &mut App, key: KeyCode) {
    let Some(text) = &mut app.typing else { return };
    match key {
        KeyCode::Char(c) => text.push(c),
        KeyCode::Backspace => {
            text.pop();
        }
        KeyCode::Esc => {
            app.typing = None;
            app.message = None;
        }
        KeyCode::Enter => {
            let text = text.clone();
            app.search(&text);
        }
        _ => {}
    }
}

fn command(app: &mut App, key: KeyCode) {
    match key {
        KeyCode::Char('q') => app.quit = true,
        KeyCode::Char('?') | KeyCode::F(1) => app.help = true,
        KeyCode::Up | KeyCode::Char('k') => app.go(-1),
        KeyCode::Down | KeyCode::Char('j') => app.go(1),
        KeyCode::PageUp => app.go(-PAGE),
        KeyCode::PageDown => app.go(PAGE),
        KeyCode::Home | KeyCode::Char('g') => app.go(isize::MIN / 2),
        KeyCode::End | KeyCode::Char('G') => app.go(isize::MAX / 2),
        KeyCode::Enter => app.open(),
        KeyCode::Esc if app.pane == super::app::Pane::Groups && !app.search.is_empty() => {
            app.search("");
        }
        KeyCode::Esc => app.back(),
        KeyCode::Tab | KeyCode::BackTab => app.next_pane(),
        KeyCode::Left | KeyCode::Char('h') => app.step(-1),
        KeyCode::Right | KeyCode::Char('l') => app.step(1),
        KeyCode::Char('f') => app.step(isize::MAX / 2),
        KeyCode::Char('/') => app.typing = Some(app.search.clone()),
        KeyCode::Char('s') => app.next_sort(),
        KeyCode::Char('m') => app.toggle_mark(),
        KeyCode::Char('p' | ' ') => {
            app.paused = !app.paused;
            app.asks.push(Ask::Pause(app.paused));
        }
        KeyCode::Char('r') => app.asks.push(Ask::Now),
        KeyCode::Char('e') => app.asks.push(Ask::Export { moment: app.at }),
        _ => {}
    }
}
