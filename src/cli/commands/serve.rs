//! `gdump serve`: the report in a browser, with the data in this process.

use std::net::SocketAddr;

use crate::cli::args::Shared;
use crate::cli::environment::Environment;
use crate::cli::follow::{self, Pace};
use crate::cli::inputs::{self, Inputs};
use crate::cli::options::Options;
use crate::cli::{Exit, fail, say, values};
use crate::error::Result;
use crate::model::Dump;
use crate::render::words::series_name;
use crate::serve::{self, Settings, Store};
use crate::source::http::Address;

/// Examples for the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump serve goroutines.txt.gz               the report at http://127.0.0.1:PORT, printed when it is there
  gdump serve --open monday.txt tuesday.txt   a series, in the browser right away
  gdump serve --every 30s http://localhost:6060 http://localhost:6061   processes, with new dumps as they come
  gdump serve                                 nothing yet: drop a file on the page";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    pace: Pace,
    /// Where to listen; port 0 is any that is free. Whoever can reach it can read the dumps
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:0",
        help_heading = "Server"
    )]
    listen: SocketAddr,
    /// Another name under which browsers may ask for it; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    host: Vec<String>,
    /// Show it in the browser
    #[arg(long, help_heading = "Server")]
    open: bool,
    /// Most bytes of a file that is dropped on the page, as it is sent
    #[arg(long, value_name = "SIZE", value_parser = values::size, default_value = "1G", help_heading = "Server")]
    max_upload: u64,
}

/// Serves until it is interrupted.
pub(super) fn run(args: Args) -> Exit {
    // Nothing to read is no mistake here, and a pipe that nobody named is not waited for.
    let environment = Environment { stdin_is_terminal: true, ..Environment::read() };
    let none = args.shared.inputs.is_empty();
    let mut shared = args.shared;
    if none {
        shared.inputs.push("-".into());
    }
    let resolved = Options::resolve("serve", shared, &environment).and_then(|options| {
        let Some(mut options) = options else { return Ok(None) };
        if none {
            options.targets.clear();
        }
        let addresses = follow::processes(&mut options, args.pace)?;
        Ok(Some((options, addresses)))
    });
    let (options, addresses) = match resolved {
        Ok(Some(resolved)) => resolved,
        Ok(None) => return Exit::Trouble,
        Err(error) => return fail(&error),
    };
    let read = if options.targets.is_empty() { Inputs::default() } else { inputs::read(&options) };
    if read.dumps.is_empty() && read.failed && addresses.is_empty() {
        return Exit::Trouble;
    }
    let settings = Settings {
        look: options.look.clone(),
        config: options.config.clone(),
        known: options.known.clone(),
    };
    let store = Store::new(settings);
    if let Err(error) = sources(&store, read.dumps, addresses, &options, args.pace) {
        return fail(&error);
    }
    let server = serve::Options {
        listen: args.listen,
        hosts: args.host,
        max_upload: usize::try_from(args.max_upload).unwrap_or(usize::MAX),
    };
    let ready = |address: SocketAddr| {
        let url = format!("http://{address}/");
        if !address.ip().is_loopback() {
            say(&format!(
                "{address} can be reached from elsewhere, and whoever reaches it can read the dumps"
            ));
        }
        say(&format!("serving at {url}  (Ctrl-C ends it)"));
        if args.open
            && let Err(error) = open::that_detached(&url)
        {
            say(&format!("no browser can be opened ({error}); go to {url}"));
        }
    };
    let done = serve::run(&store, &server, ready);
    // The program ends now: to free a million goroutines one by one would hold the user up.
    std::mem::forget(store);
    match done {
        Ok(()) => Exit::Done,
        Err(error) => fail(&error),
    }
}

/// What is served.
#[cfg(feature = "live")]
fn sources(
    store: &Store,
    files: Vec<Dump>,
    addresses: Vec<Address>,
    options: &Options,
    pace: Pace,
) -> Result<()> {
    use std::time::Duration;

    /// Time from one dump to the next if the user does not say.
    const EVERY: Duration = Duration::from_secs(10);
    for (follower, dumps) in follow::shown(files, addresses, options, pace, EVERY)? {
        let Some(follower) = follower else {
            store.source(series_name(&dumps), None, dumps);
            continue;
        };
        let name = crate::cli::live::process(follower.address());
        let number = store.source(name, Some(follower.every()), dumps);
        let store = store.clone();
        // It ends with the process.
        std::thread::spawn(move || follow_on(&store, number, follower));
    }
    Ok(())
}

/// Asks a process for ever.
#[cfg(feature = "live")]
fn follow_on(store: &Store, number: usize, mut follower: crate::live::follow::Follower) {
    use crate::live::follow::Moment;

    loop {
        let asked = follower.ask(false);
        match asked.result {
            Ok(moment) => {
                let (cost, note) = follow::words(&follower, &moment);
                let Moment { dump, restarted, .. } = moment;
                store.add(number, dump, serve::About { restarted, note }, cost);
            }
            Err(error) => {
                let next = crate::cli::live::time(asked.wait);
                store.fail(number, format!("{error}\n  next try in {next}"));
            }
        }
        std::thread::sleep(asked.wait);
    }
}

#[cfg(not(feature = "live"))]
fn sources(store: &Store, files: Vec<Dump>, _: Vec<Address>, _: &Options, _: Pace) -> Result<()> {
    if !files.is_empty() {
        store.source(series_name(&files), None, files);
    }
    Ok(())
}
