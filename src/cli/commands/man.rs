//! `gdump man [COMMAND]`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::{Exit, args, fail};
use crate::error::{Error, Result};

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The command whose page is written; without one the page of gdump itself
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write all pages into this folder: gdump.1, gdump-leaks.1, …
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    all: Option<PathBuf>,
}

/// How to read a page and how to install all of them.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump man leaks | man -l -
  gdump man --all /usr/local/share/man/man1";

/// Writes one page, or all of them.
pub(super) fn run(args: &Args) -> Exit {
    let written = match &args.all {
        Some(folder) => all(folder),
        None => one(args.command.as_deref()),
    };
    match written {
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => fail(&error),
        Ok(()) => Exit::Done,
    }
}

/// gdump with all its commands, each with its whole name.
fn program() -> clap::Command {
    let mut program = args::Args::command();
    program.build();
    program
}

fn one(name: Option<&str>) -> Result<()> {
    let program = program();
    let command = match name {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| {
            let names: Vec<&str> = commands(&program).map(clap::Command::get_name).collect();
            let names = names.join(", ");
            Error::Usage(format!("man: there is no command {name:?}; there are {names}"))
        })?,
    };
    let page = page(command).map_err(Error::Output)?;
    io::stdout().lock().write_all(&page).map_err(Error::Output)
}

fn all(folder: &Path) -> Result<()> {
    let program = program();
    for command in std::iter::once(&program).chain(commands(&program)) {
        let path = folder.join(format!("{}.1", file_name(command)));
        let page = page(command).map_err(Error::Output)?;
        std::fs::write(&path, page).map_err(|source| Error::Io { path, source })?;
    }
    Ok(())
}

fn commands(program: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    program.get_subcommands().filter(|command| command.get_name() != "help")
}

/// `gdump-leaks` of `gdump leaks`.
fn file_name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = concat!("gdump ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).source(source).render(&mut page)?;
    Ok(page)
}
