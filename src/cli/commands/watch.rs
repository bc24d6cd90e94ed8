//! `gdump watch`: a screen that follows processes, or steps through a series of dumps.

use std::path::PathBuf;
#[cfg(feature = "live")]
use std::time::Duration;

use crate::cli::args::{Shared, short_help};
use crate::cli::environment::Environment;
use crate::cli::follow::{self, Pace};
use crate::cli::inputs::{self, Inputs};
use crate::cli::options::Options;
use crate::cli::{Exit, fail};
use crate::error::Result;
use crate::model::Dump;
use crate::source::http::Address;
use crate::tui::{self, Feed, feed::Files};

/// Examples for the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump watch http://localhost:6060                    follows a process
  gdump watch http://10.0.0.7:6060 http://10.0.0.8:6060  several: [ and ] change between them
  gdump watch yesterday.txt http://localhost:6060      a dump before, to compare with: m marks it
  gdump watch monday.txt tuesday.txt                   steps through a series: ← and →

A process is asked for debug=0, which costs it little, and for debug=2 only if it has no more goroutines than
--full-below says. ? on the screen shows the keys.";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    pace: Pace,
}

/// Time from one dump to the next if the user does not say.
#[cfg(feature = "live")]
const EVERY: Duration = Duration::from_secs(5);

/// Shows the dumps until the user leaves.
pub(super) fn run(args: Args) -> Exit {
    let mut options = match Options::resolve("watch", args.shared, &Environment::read()) {
        Ok(Some(options)) => options,
        Ok(None) => return short_help(),
        Err(error) => return fail(&error),
    };
    let addresses = match follow::processes(&mut options, args.pace) {
        Ok(addresses) => addresses,
        Err(error) => return fail(&error),
    };
    let read = if options.targets.is_empty() { Inputs::default() } else { inputs::read(&options) };
    if read.dumps.is_empty() && addresses.is_empty() {
        return Exit::Trouble;
    }
    let feeds = match feeds(read.dumps, addresses, &options, args.pace) {
        Ok(feeds) => feeds,
        Err(error) => return fail(&error),
    };
    let how = tui::Options {
        look: options.look,
        config: options.config,
        known: options.known,
        colored: options.view.style.is_colored(),
        folder: PathBuf::from("."),
    };
    match tui::run(feeds, how) {
        Err(error) => fail(&error),
        Ok(()) if read.failed => Exit::Trouble,
        Ok(()) => Exit::Done,
    }
}

/// What is watched.
#[cfg(feature = "live")]
fn feeds(
    files: Vec<Dump>,
    addresses: Vec<Address>,
    options: &Options,
    pace: Pace,
) -> Result<Vec<Box<dyn Feed>>> {
    let shown = follow::shown(files, addresses, options, pace, EVERY)?;
    let feed = |(follower, dumps)| -> Box<dyn Feed> {
        let files = Files::new(dumps);
        match follower {
            Some(follower) => Box::new(process::Process::new(files, follower)),
            None => Box::new(files),
        }
    };
    Ok(shown.into_iter().map(feed).collect())
}

#[cfg(not(feature = "live"))]
fn feeds(files: Vec<Dump>, _: Vec<Address>, _: &Options, _: Pace) -> Result<Vec<Box<dyn Feed>>> {
    Ok(vec![Box::new(Files::new(files))])
}

/// A process as the screen sees it.
#[cfg(feature = "live")]
mod process {
    use std::time::Duration;

    use crate::cli::{follow, live};
    use crate::live::bundle::{self, Manifest};
    use crate::live::follow::{Follower, Moment};
    use crate::tui::Feed;
    use crate::tui::feed::{Come, Files, Next, Raw};

    /// A process, after the dumps that were read before.
    pub(super) struct Process {
        past: Files,
        follower: Follower,
    }

    impl Process {
        pub(super) fn new(past: Files, follower: Follower) -> Self {
            Self { past, follower }
        }

        fn come(&self, moment: Moment) -> Come {
            let (cost, mut note) = follow::words(&self.follower, &moment);
            if moment.spared.is_some() {
                note.push_str(", the key d takes it once");
            }
            let Moment { dump, pieces, restarted, .. } = moment;
            let address = self.follower.address();
            let process = live::process(address);
            let manifest = Manifest::new(&process, dump.goroutine_count(), &pieces, None);
            let at = pieces.first().map_or_else(jiff::Timestamp::now, |piece| piece.asked_at);
            let stem = bundle::stem(&address.place(), at);
            let raw = Raw {
                size: pieces.iter().map(|piece| piece.bytes.len() as u64).sum(),
                ending: ".tar.gz",
                write: Box::new(move |out| bundle::archive(&manifest, &pieces, &stem, out)),
            };
            Come { dump, cost, note, restarted, raw: Some(raw) }
        }
    }

    impl Feed for Process {
        fn name(&self) -> String {
            live::process(self.follower.address())
        }

        fn every(&self) -> Option<Duration> {
            Some(self.follower.every())
        }

        fn next(&mut self, whole: bool) -> Next {
            if let Some(come) = Iterator::next(&mut self.past) {
                return Next { came: Ok(Some(come)), wait: Duration::ZERO };
            }
            let asked = self.follower.ask(whole);
            let came = asked.result.map(|moment| Some(self.come(moment)));
            Next { came, wait: asked.wait }
        }
    }
}
