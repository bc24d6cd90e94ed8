//! `gdump watch`: a screen that steps through a series of dumps.

use std::path::PathBuf;

use crate::cli::args::{Shared, short_help};
use crate::cli::environment::Environment;
use crate::cli::options::Options;
use crate::cli::{Exit, fail, inputs};
use crate::tui::{self, Feed, feed::Files};

/// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
}

/// Shows the dumps until the user leaves.
pub(super) fn run(args: Args) -> Exit {
    let options = match Options::resolve("watch", args.shared, &Environment::read()) {
        Ok(Some(options)) => options,
        Ok(None) => return short_help(),
        Err(error) => return fail(&error),
    };
    let read = inputs::read(&options);
    if read.dumps.is_empty() {
        return Exit::Trouble;
    }
    let feed: Box<dyn Feed> = Box::new(Files::new(read.dumps));
    let how = tui::Options {
        look: options.look,
        config: options.config,
        known: options.known,
        every: None,
        colored: options.view.style.is_colored(),
        folder: PathBuf::from("."),
    };
    match tui::run(feed, how) {
        Err(error) => fail(&error),
        Ok(()) if read.failed => Exit::Trouble,
        Ok(()) => Exit::Done,
    }
}
