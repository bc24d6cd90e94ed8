//! The commands, one file each: what can be typed, and what is done. A command that reads dumps goes
//! through [`with_dumps`], so that inputs, errors, output and exit status are the same for all.

pub(super) mod check;
#[cfg(feature = "live")]
pub(super) mod collect;
pub(super) mod completions;
pub(super) mod convert;
pub(super) mod diff;
pub(super) mod explain;
pub(super) mod groups;
pub(super) mod list;
pub(super) mod man;
#[cfg(feature = "live")]
pub(super) mod record;
mod screen;
#[cfg(feature = "serve")]
pub(super) mod serve;
pub(super) mod show;
pub(super) mod tree;
pub(super) mod trend;
#[cfg(feature = "live")]
pub(super) mod wallclock;
#[cfg(feature = "tui")]
pub(super) mod watch;

use std::io::Write;

use super::args::{Command, Shared, short_help};
use super::environment::Environment;
use super::inputs::{self, Inputs};
use super::options::Options;
use super::{Exit, fail, output};
use crate::diagnose::Sight;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::render::{Body, OutputFormat, Report};
use crate::view::Summary;
use crate::view::summary::Look;

/// Does what was typed; without a command that is `summarize`.
pub(super) fn run(command: Option<Command>, shared: Shared) -> Exit {
    match command {
        None => screen::run("summarize", shared),
        Some(Command::Summarize(shared)) => screen::run("summarize", *shared),
        Some(Command::Leaks(shared)) => screen::run("leaks", *shared),
        Some(Command::Blocked(shared)) => screen::run("blocked", *shared),
        Some(Command::Groups(args)) => groups::run(*args),
        Some(Command::List(args)) => list::run(*args),
        Some(Command::Show(args)) => show::run(*args),
        Some(Command::Tree(args)) => tree::run(*args),
        Some(Command::Diff(args)) => diff::run(*args),
        Some(Command::Trend(args)) => trend::run(*args),
        Some(Command::Check(args)) => check::run(*args),
        Some(Command::Convert(args)) => convert::run(*args),
        #[cfg(feature = "live")]
        Some(Command::Collect(args)) => collect::run(&args),
        #[cfg(feature = "live")]
        Some(Command::Record(args)) => record::run(*args),
        #[cfg(feature = "live")]
        Some(Command::Wallclock(args)) => wallclock::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        #[cfg(feature = "serve")]
        Some(Command::Serve(args)) => serve::run(*args),
        #[cfg(feature = "tui")]
        Some(Command::Watch(args)) => watch::run(*args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
    }
}

/// Decides what `shared` means, reads all inputs, and calls `write` with them and with where output
/// goes. An input that cannot be read is named on standard error and does not stop the others, but the
/// program ends with [`Exit::Trouble`]. With nothing to read the short help is written.
fn with_dumps(
    command: &'static str,
    shared: Shared,
    write: impl FnOnce(&Options, &[Dump], &mut dyn Write) -> Result<Exit>,
) -> Exit {
    with_inputs(command, shared, |options, read, out| write(options, &read.dumps, out))
}

/// As [`with_dumps`], for who wants to know more of the inputs than the dumps.
fn with_inputs(
    command: &'static str,
    shared: Shared,
    write: impl FnOnce(&Options, &Inputs, &mut dyn Write) -> Result<Exit>,
) -> Exit {
    let options = match Options::resolve(command, shared, &Environment::read()) {
        Ok(Some(options)) => options,
        Ok(None) => return short_help(),
        Err(error) => return fail(&error),
    };
    let read = inputs::read(&options);
    let written = if read.dumps.is_empty() {
        write_unread(command, &options, &read.unread)
    } else {
        output::with(options.output.as_deref(), |out| write(&options, &read, out))
    };
    match written {
        Ok(_) if read.failed => Exit::Trouble,
        Ok(exit) => exit,
        Err(error) => fail(&error),
    }
}

/// Writes what became of `dumps`, of which nothing was read, for programs; people were told why. That is no
/// report: whatever was asked, there is no answer.
fn write_unread(command: &'static str, options: &Options, dumps: &[Dump]) -> Result<Exit> {
    if options.view.format != OutputFormat::Json || dumps.is_empty() {
        return Ok(Exit::Trouble);
    }
    let summaries = dumps.iter().map(|dump| Summary::new(dump, &Look::default())).collect();
    let report = Report { command, body: Body::Unread(summaries) };
    output::with(options.output.as_deref(), |out| {
        report.write(&options.view, out).map_err(Error::Output)?;
        Ok(Exit::Trouble)
    })
}

/// As [`with_inputs`], for series of any length: each dump is given to `visit` and forgotten. `write` is
/// called with what `start` made and `visit` filled.
fn with_each<S>(
    command: &'static str,
    shared: Shared,
    start: impl FnOnce(&Options) -> S,
    mut visit: impl FnMut(&mut S, &Dump, Option<i64>),
    write: impl FnOnce(&Options, S, &mut dyn Write) -> Result<Exit>,
) -> Exit {
    let options = match Options::resolve(command, shared, &Environment::read()) {
        Ok(Some(options)) => options,
        Ok(None) => return short_help(),
        Err(error) => return fail(&error),
    };
    let mut state = start(&options);
    let mut any = false;
    let rest = inputs::each(&options, &mut |dump, modified| {
        any = true;
        visit(&mut state, &dump, modified);
    });
    let written = if any {
        output::with(options.output.as_deref(), |out| write(&options, state, out))
    } else {
        write_unread(command, &options, &rest.unread)
    };
    match written {
        Ok(_) if rest.failed => Exit::Trouble,
        Ok(exit) => exit,
        Err(error) => fail(&error),
    }
}

/// Writes `dumps` as a page, which holds all that commands about groups and growth tell.
fn write_page(
    command: &'static str,
    options: &Options,
    dumps: &[Dump],
    look: &Look,
    out: &mut dyn Write,
) -> Result<Exit> {
    let sights = Sight::all(dumps, look, &options.config, &options.known);
    write_report(options, &Report { command, body: Body::Sights(sights) }, out)
}

/// Writes `report`; [`Exit::Gate`] if `--strict` was given and a dump is not whole or was not understood.
fn write_report(options: &Options, report: &Report<'_>, out: &mut dyn Write) -> Result<Exit> {
    report.write(&options.view, out).map_err(Error::Output)?;
    let clean = report.summaries().into_iter().all(Summary::is_clean);
    Ok(if options.strict && !clean { Exit::Gate } else { Exit::Done })
}
