//! Processes that run: servers of our own that answer in every wrong way, and Go programs.
//! All traffic stays on the loopback.

mod go;
mod hostile;
mod record;
#[cfg(feature = "serve")]
mod serve;
mod server;
#[cfg(feature = "tui")]
mod tmux;
#[cfg(feature = "tui")]
mod watch;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run of the command left.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
    pub(super) took: Duration,
}

/// Runs the command with `args` in an empty environment.
pub(super) fn gdump(args: &[&str]) -> Run {
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_gdump"))
        .args(args)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let run = Run {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
        took: begun.elapsed(),
    };
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

impl Run {
    /// Fails unless it ended with `code` and said all of `parts` on standard error.
    #[track_caller]
    pub(super) fn says(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in:\n{}", self.err);
        }
        self
    }

    /// Fails unless standard output has all of `parts`.
    #[track_caller]
    pub(super) fn shows(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(self.out.contains(part), "no {part:?} in:\n{}\n{}", self.out, self.err);
        }
        self
    }
}
