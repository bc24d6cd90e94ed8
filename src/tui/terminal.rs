//! The terminal: taken over at the start, given back at the end whatever happens.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;
use std::{panic, thread};

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::app::App;
use super::work::{Answer, Job, Work};
use super::{Feed, Options, draw, keys};
use crate::error::{Error, Result};

/// How long keys are waited for before the screen looks whether there is something new.
const BEAT: Duration = Duration::from_millis(100);

/// How long the screen has to end by itself after a signal.
const GRACE: Duration = Duration::from_secs(1);

/// One of those that are watched.
struct Watched {
    app: App,
    jobs: Sender<Job>,
    answers: Receiver<Answer>,
}

impl Watched {
    fn start(feed: Box<dyn Feed>, options: &Arc<Options>) -> Self {
        let app = App::new(feed.name(), feed.every(), options.look.filter.clone());
        let work = Work::new(Arc::clone(options), feed.every().is_some());
        let (jobs, answers) = work.start(feed);
        Self { app, jobs, answers }
    }

    /// Hands on what was asked for, and takes in what there is to hear.
    fn talk(&mut self) {
        for ask in self.app.asks.drain(..) {
            // The thread has ended if nobody listens; then there is nothing to ask.
            let _ = self.jobs.send(Job::Ask(ask));
        }
        while let Ok(answer) = self.answers.try_recv() {
            self.app.hear(answer);
        }
    }
}

pub(super) fn run(feeds: Vec<Box<dyn Feed>>, options: Options) -> Result<()> {
    if !io::stdout().is_terminal() {
        let hint = "watch needs a terminal; for a file or a pipe use: gdump trend, or gdump record";
        return Err(Error::Usage(hint.to_owned()));
    }
    // The terminal must be given back on these signals, also when the terminal itself goes away.
    let ended = Arc::new(AtomicBool::new(false));
    end_on_signals(&ended).map_err(Error::Output)?;
    let palette = draw::Palette::new(options.colored);
    let options = Arc::new(options);
    let mut all: Vec<_> = feeds.into_iter().map(|feed| Watched::start(feed, &options)).collect();
    // Sets a panic hook that gives the terminal back first.
    let mut terminal = ratatui::try_init().map_err(Error::Output)?;
    let broken = notice_panics();
    let mut at = 0;
    let done = loop {
        // The terminal is given back by now, and what went wrong is on it: nothing is to be drawn over it.
        if broken.load(Ordering::Relaxed) {
            break Err(Error::Usage(BROKEN.to_owned()));
        }
        let drawn = terminal.draw(|frame| {
            let tabs: Vec<_> = all.iter().map(|watched| draw::tab(&watched.app)).collect();
            if let Some(watched) = all.get_mut(at) {
                draw::screen(&mut watched.app, (&tabs, at), palette, frame);
            }
        });
        if let Err(error) = drawn {
            break Err(Error::Output(error));
        }
        let len = all.len();
        let Some(watched) = all.get_mut(at) else { break Ok(()) };
        match next_event() {
            Ok(Some(Event::Key(key))) if key.kind != KeyEventKind::Release => {
                match keys::process(&watched.app, key, at, len) {
                    Some(other) => at = other,
                    None => keys::press(&mut watched.app, key),
                }
            }
            Ok(_) => {}
            Err(error) => break Err(Error::Output(error)),
        }
        if watched.app.quit || ended.load(Ordering::Relaxed) {
            break Ok(());
        }
        all.iter_mut().for_each(Watched::talk);
    };
    // Who breaks off has given it back already: once more would go back over what was said then.
    if !broken.load(Ordering::Relaxed) {
        ratatui::try_restore().map_err(Error::Output)?;
    }
    done
}

/// Why the screen is gone, below what a thread said that broke off.
const BROKEN: &str = "watch broke off: that is a fault of gdump, described above\n  please report it, if \
                      possible with a dump that shows it";

/// Becomes true when a thread breaks off, whichever it is: the screen would wait for it in vain.
fn notice_panics() -> Arc<AtomicBool> {
    let broken = Arc::new(AtomicBool::new(false));
    let (noticed, before) = (Arc::clone(&broken), panic::take_hook());
    panic::set_hook(Box::new(move |what| {
        noticed.store(true, Ordering::Relaxed);
        before(what);
    }));
    broken
}

/// Sets `ended` when a signal asks for the end, and sees to it that it comes: where the terminal went
/// away, crossterm (0.29) reads nothing from it again and again, and does not return.
#[expect(
    clippy::exit,
    reason = "the main thread may never return; the terminal is given back first"
)]
fn end_on_signals(ended: &Arc<AtomicBool>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let ended = Arc::clone(ended);
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            ended.store(true, Ordering::Relaxed);
            thread::sleep(GRACE);
            // Nobody sees what goes wrong now.
            drop(ratatui::try_restore());
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

fn next_event() -> io::Result<Option<Event>> {
    match event::poll(BEAT) {
        Ok(true) => event::read().map(Some),
        Ok(false) => Ok(None),
        // A signal came: what it means is looked at next.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}
