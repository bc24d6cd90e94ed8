//! The screen as a terminal shows it, after keys were pressed.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Palette, screen};
use crate::diagnose::facts::Config;
use crate::diagnose::known::Known;
use crate::model::Dump;
use crate::source::Stream;
use crate::tui::app::App;
use crate::tui::feed::Files;
use crate::tui::work::Work;
use crate::tui::{Feed, Options, keys};
use crate::view::summary::Look;

/// A series: 30 goroutines, then 45 of which one group grew and one is new.
fn series() -> Vec<Dump> {
    let goroutine = |id: usize, state: &str, function: &str| {
        format!(
            "goroutine {id} [{state}]:\nexample.com/shop/{function}(0xc000012345)\n\t/src/shop/{}.go:{}\n\
             created by example.com/shop/api.(*Server).accept in goroutine 1\n\t/src/shop/api.go:7 +0x1d\n\n",
            function.split('.').next().unwrap(),
            10 + function.len(),
        )
    };
    let moment = |name: &str, senders: usize, new: bool| {
        let mut text = goroutine(1, "IO wait", "api.(*Server).listen");
        (100..100 + senders)
            .for_each(|id| text += &goroutine(id, "chan send, 3 minutes", "jobs.(*Queue).put"));
        (500..509).for_each(|id| text += &goroutine(id, "select", "cache.(*Janitor).run"));
        if new {
            (900..905).for_each(|id| text += &goroutine(id, "sleep", "mail.retry\x1b[31m"));
        }
        let mut stream = Stream::new(std::io::Cursor::new(text));
        crate::parse::parse(&mut stream, name, &crate::parse::Options::default()).unwrap()
    };
    let mut dumps = moment("monday.txt", 20, false);
    dumps.extend(moment("tuesday.txt", 35, true));
    dumps
}

fn options() -> Options {
    Options {
        look: Look::default(),
        config: Config::default(),
        known: Known::built_in(),
        colored: false,
        folder: std::env::temp_dir(),
    }
}

/// The screen after `keys`, each a character, or `⏎`, `⎋`, `⇥`, `↓`, `←`.
fn after(keys_pressed: &str, width: u16, height: u16) -> String {
    let mut feed: Box<dyn Feed> = Box::new(Files::new(series()));
    let mut app = App::new(feed.name(), feed.every(), Look::default().filter);
    let mut work = Work::new(options().into(), false);
    while !app.ended {
        work.take(feed.next(false)).into_iter().for_each(|answer| app.hear(answer));
    }
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let palette = Palette::new(false);
    terminal.draw(|frame| screen(&mut app, (&[], 0), palette, frame)).unwrap();
    for key in keys_pressed.chars() {
        let code = match key {
            '⏎' => KeyCode::Enter,
            '⎋' => KeyCode::Esc,
            '⇥' => KeyCode::Tab,
            '↓' => KeyCode::Down,
            '←' => KeyCode::Left,
            key => KeyCode::Char(key),
        };
        keys::press(&mut app, KeyEvent::new(code, KeyModifiers::NONE));
        for ask in std::mem::take(&mut app.asks) {
            work.answer(ask).into_iter().for_each(|answer| app.hear(answer));
        }
        terminal.draw(|frame| screen(&mut app, (&[], 0), palette, frame)).unwrap();
    }
    terminal.backend().to_string().replace('"', "")
}

#[test]
fn what_the_keys_show() {
    for (name, keys, width, height) in [
        ("start", "", 80, 24),
        ("start-wide", "", 140, 30),
        ("before", "←", 80, 24),
        ("marked", "←m", 80, 24),
        ("by-growth", "s", 80, 24),
        ("group", "⏎", 80, 24),
        ("group-wide", "⏎↓↓", 140, 30),
        ("finding", "⇥⏎", 80, 24),
        ("search", "/state == \"sleep\"⏎", 80, 24),
        ("typing-wrong", "/state ==⏎", 80, 24),
        ("help", "?", 80, 24),
        ("tiny", "", 20, 6),
        ("narrow", "", 50, 14),
    ] {
        insta::assert_snapshot!(name, after(keys, width, height));
    }
}

/// Ten more in each of sixteen dumps are little beside hundreds, and much in all.
#[test]
fn growth_shows_over_many_moments() {
    let dump = |count: usize| {
        let one = |id: usize| {
            format!(
                "goroutine {id} [chan send]:\nmain.leak(0xc000012345)\n\t/src/main.go:9\n\
                 created by main.main in goroutine 1\n\t/src/main.go:7 +0x1d\n\n"
            )
        };
        let text: String = (10..10 + count).map(one).collect();
        let mut stream = Stream::new(std::io::Cursor::new(text));
        crate::parse::parse(&mut stream, "x", &crate::parse::Options::default()).unwrap().remove(0)
    };
    let dumps: Vec<_> = (0..16).map(|n| dump(700 + 10 * n)).collect();
    let mut feed: Box<dyn Feed> = Box::new(Files::new(dumps));
    let mut app = App::new(feed.name(), feed.every(), Look::default().filter);
    let mut work = Work::new(options().into(), true);
    while !app.ended {
        work.take(feed.next(false)).into_iter().for_each(|answer| app.hear(answer));
    }
    let title = &app.now().unwrap().findings[0].title;
    assert!(title.contains("they grow"), "{title}");
}

#[test]
fn any_keys_on_any_screen() {
    let all = ["⏎", "⎋", "⇥", "↓", "←", "s", "m", "p", "f", "?", "r", "/x⎋", "g", "G", "k"];
    for (index, first) in all.iter().enumerate() {
        let keys: String = (0..24).map(|n| all[(index * 7 + n * 5) % all.len()]).collect();
        for (width, height) in [(1, 1), (3, 2), (40, 5), (200, 60)] {
            after(&format!("{first}{keys}"), width, height);
        }
    }
}
