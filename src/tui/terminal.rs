//! The terminal: taken over at the start, given back at the end whatever happens.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use signal_hook::consts::{SIGHUP, SIGTERM};

use super::app::App;
use super::work::Work;
use super::{Feed, Options, draw, keys};
use crate::error::{Error, Result};

/// How long keys are waited for before the screen looks whether there is something new.
const BEAT: Duration = Duration::from_millis(100);

pub(super) fn run(feed: Box<dyn Feed>, options: Options) -> Result<()> {
    if !io::stdout().is_terminal() {
        let hint = "watch needs a terminal; for a file or a pipe use: gdump trend, or gdump record";
        return Err(Error::Usage(hint.to_owned()));
    }
    // The terminal must be given back on SIGTERM and when the terminal itself goes away.
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended)).map_err(Error::Output)?;
    }
    let pace = options.every.map_or(String::new(), |every| format!("every {every:?}"));
    let mut app = App::new(feed.name(), pace, options.look.filter.clone());
    let palette = draw::Palette::new(options.colored);
    let (ask, answers) = Work::new(feed, options).start();
    // Sets a panic hook that gives the terminal back first.
    let mut terminal = ratatui::try_init().map_err(Error::Output)?;
    let done = loop {
        if let Err(error) = terminal.draw(|frame| draw::screen(&mut app, palette, frame)) {
            break Err(Error::Output(error));
        }
        match next_event() {
            Ok(Some(Event::Key(key))) if key.kind != KeyEventKind::Release => {
                keys::press(&mut app, key);
            }
            Ok(_) => {}
            Err(error) => break Err(Error::Output(error)),
        }
        for ask_for in app.asks.drain(..) {
            // The thread has ended if nobody listens; then there is nothing to ask.
            let _ = ask.send(ask_for);
        }
        while let Ok(answer) = answers.try_recv() {
            app.hear(answer);
        }
        if app.quit || ended.load(Ordering::Relaxed) {
            break Ok(());
        }
    };
    ratatui::try_restore().map_err(Error::Output)?;
    done
}

fn next_event() -> io::Result<Option<Event>> {
    if event::poll(BEAT)? { event::read().map(Some) } else { Ok(None) }
}
