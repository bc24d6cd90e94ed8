//! `gdump completions SHELL`.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::cli::{Exit, args, fail};
use crate::error::Error;

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: clap_complete::Shell,
}

/// Where each shell looks for completions.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump completions bash > ~/.local/share/bash-completion/completions/gdump
  gdump completions zsh > ~/.zfunc/_gdump          with fpath+=~/.zfunc before compinit
  gdump completions fish > ~/.config/fish/completions/gdump.fish
  gdump completions powershell >> $PROFILE
  gdump completions elvish >> ~/.config/elvish/rc.elv";

/// Writes the completions of the shell.
pub(super) fn run(args: &Args) -> Exit {
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::Args::command(), "gdump", &mut script);
    match io::stdout().lock().write_all(&script) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(&Error::Output(error)),
        _ => Exit::Done,
    }
}
