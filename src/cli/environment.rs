//! What the program is told beside its arguments. Read once.

use std::env;
use std::io::{IsTerminal, stderr, stdin, stdout};

/// The terminal and the environment variables that count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Environment {
    pub(super) stdin_is_terminal: bool,
    pub(super) stdout_is_terminal: bool,
    pub(super) stderr_is_terminal: bool,
    pub(super) no_color: bool,
    pub(super) force_color: bool,
    pub(super) dumb: bool,
    /// `COLUMNS`.
    pub(super) columns: Option<usize>,
    /// What the terminal says.
    pub(super) terminal_width: Option<usize>,
}

impl Environment {
    /// Of this process.
    pub(super) fn read() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            stdin_is_terminal: stdin().is_terminal(),
            stdout_is_terminal: stdout().is_terminal(),
            stderr_is_terminal: stderr().is_terminal(),
            no_color: is_set("NO_COLOR"),
            force_color: is_set("CLICOLOR_FORCE")
                && env::var_os("CLICOLOR_FORCE") != Some("0".into()),
            dumb: env::var_os("TERM").is_some_and(|term| term == "dumb"),
            columns: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
            terminal_width: width,
        }
    }
}
