//! The command line: arguments, options, inputs, and the commands.

mod args;
mod argv;
mod bundles;
mod commands;
mod connect;
mod environment;
mod fault;
#[cfg(any(feature = "tui", feature = "serve"))]
mod follow;
mod inputs;
#[cfg(feature = "live")]
mod live;
mod options;
mod output;
mod progress;
mod values;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::error::Error;
use crate::render::escape::visible;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Done.
    Done = 0,
    /// A gate was tripped: `--fail-on` and something of that kind was found, or `--strict` and something
    /// is missing or was not understood.
    Gate = 1,
    /// It could not be done: a bad option, an input that cannot be read.
    Trouble = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the program with the process' arguments.
pub fn main() -> ExitCode {
    fault::guard(|| run(std::env::args_os())).into()
}

fn run(argv: impl Iterator<Item = OsString>) -> Exit {
    match args::parse(argv) {
        Ok(args) => commands::run(args.command, args.shared),
        Err(exit) => exit,
    }
}

/// Says on standard error what went wrong.
fn complain(error: &Error) {
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(visible).collect();
    // There is nowhere to say that standard error is closed.
    let _ = writeln!(std::io::stderr(), "gdump: {}", lines.join("\n"));
}

/// Tells something on standard error that is no error.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "note: {}", visible(text));
}

/// Says something on standard error that is not wrong.
#[cfg(feature = "serve")]
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "gdump: {}", visible(text));
}

fn fail(error: &Error) -> Exit {
    complain(error);
    Exit::Trouble
}
