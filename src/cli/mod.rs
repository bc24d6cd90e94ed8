//! The command line: arguments, options, inputs, and the commands.

mod args;
mod argv;
mod environment;
mod inputs;
mod options;
mod output;
mod values;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::analysis::Summary;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::render::Report;
use crate::render::escape::visible;
use environment::Environment;
use options::Options;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Done.
    Done = 0,
    /// A gate was tripped: `--strict` and something is missing or was not understood.
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
    run(std::env::args_os()).into()
}

fn run(argv: impl Iterator<Item = OsString>) -> Exit {
    let args = match args::parse(argv) {
        Ok(args) => args,
        Err(exit) => return exit,
    };
    let options = match Options::resolve(args, &Environment::read()) {
        Ok(Some(options)) => options,
        Ok(None) => return args::short_help(),
        Err(error) => return fail(&error),
    };
    let read = inputs::read(&options);
    let written = if read.dumps.is_empty() {
        Ok(Exit::Done)
    } else {
        output::with(options.output.as_deref(), |out| write(&options, &read.dumps, out))
    };
    match written {
        Ok(_) if read.failed => Exit::Trouble,
        Ok(exit) => exit,
        Err(error) => fail(&error),
    }
}

fn write(options: &Options, dumps: &[Dump], out: &mut dyn Write) -> Result<Exit> {
    let summaries = dumps.iter().map(|dump| Summary::new(dump, &options.look)).collect();
    let report = Report { command: options.command, summaries };
    report.write(&options.view, out).map_err(Error::Output)?;
    let clean = report.summaries.iter().all(Summary::is_clean);
    Ok(if options.strict && !clean { Exit::Gate } else { Exit::Done })
}

/// Says on standard error what went wrong.
fn complain(error: &Error) {
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(visible).collect();
    // There is nowhere to say that standard error is closed.
    let _ = writeln!(std::io::stderr(), "gdump: {}", lines.join("\n"));
}

fn fail(error: &Error) -> Exit {
    complain(error);
    Exit::Trouble
}
