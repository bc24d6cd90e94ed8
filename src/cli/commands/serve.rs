//! `gdump serve`: the report in a browser, with the data in this process.

use std::net::SocketAddr;

use crate::cli::args::Shared;
use crate::cli::environment::Environment;
use crate::cli::options::Options;
use crate::cli::{Exit, fail, inputs, say, values};
use crate::serve::{self, Settings, Store};

/// Examples for the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump serve goroutines.txt.gz               the report at http://127.0.0.1:PORT, printed when it is there
  gdump serve --open monday.txt tuesday.txt   a series, in the browser right away
  gdump serve                                 nothing yet: drop a file on the page";

/// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
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
    let options = match Options::resolve("serve", shared, &environment) {
        Ok(Some(options)) => options,
        Ok(None) => return Exit::Trouble,
        Err(error) => return fail(&error),
    };
    let read = if none { inputs::Inputs::default() } else { inputs::read(&options) };
    if read.dumps.is_empty() && read.failed {
        return Exit::Trouble;
    }
    let settings =
        Settings { look: options.look, config: options.config, known: options.known, every: None };
    let store = Store::new(read.dumps, settings);
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
    match serve::run(&store, &server, ready) {
        Ok(()) => Exit::Done,
        Err(error) => fail(&error),
    }
}
