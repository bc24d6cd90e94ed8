//! What keys do; the help is made of the same table.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::App;
use super::export;
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
    ("d", "take debug=2 now, though the process stands still for it"),
    ("e", "export: text, Markdown, HTML, JSON, or the dump as it came"),
    ("[ ]  1–9", "another process, if several are watched"),
    ("?", "this help"),
    ("q  Ctrl-C", "leave"),
];

/// Lines that a page moves by.
const PAGE: isize = 10;

/// Which of `all` processes `key` asks for, if it does; `at` is the one that is shown.
pub(super) fn process(app: &App, key: KeyEvent, at: usize, all: usize) -> Option<usize> {
    if app.typing.is_some() || app.help || app.menu || all < 2 {
        return None;
    }
    match key.code {
        KeyCode::Char('[') => Some((at + all - 1) % all),
        KeyCode::Char(']') => Some((at + 1) % all),
        KeyCode::Char(digit) => {
            let number = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok())?;
            number.checked_sub(1).filter(|index| *index < all)
        }
        _ => None,
    }
}

/// Does what `key` means.
pub(super) fn press(app: &mut App, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control && key.code == KeyCode::Char('c') {
        app.quit = true;
    } else if app.typing.is_some() {
        typed(app, key.code);
    } else if app.help {
        app.help = false;
    } else if app.menu {
        app.menu = false;
        let moment = app.now().map(|now| now.number);
        if let (Some(kind), Some(moment)) = (export::chosen(key.code), moment) {
            app.asks.push(Ask::Export { moment, kind });
        }
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
    // It was read by now.
    app.message = None;
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
        KeyCode::Char('r') => app.asks.push(Ask::Now(false)),
        KeyCode::Char('d') => app.asks.push(Ask::Now(true)),
        KeyCode::Char('e') => app.menu = app.now().is_some(),
        _ => {}
    }
}
