//! Options about how processes are asked, which all commands have that take a URL.

use std::ffi::OsString;
use std::path::PathBuf;

use super::values;
use crate::source::Limits;

// How a process is reached.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Connect {
    // What is typed may be a secret, so clap must not check it: it would show it.
    /// Send this header, or those in a file; may be repeated
    #[arg(long, value_name = "NAME: VALUE|@FILE", help_heading = "Processes")]
    pub(super) header: Vec<Secret>,
    /// Log in by this name and password
    #[arg(long, value_name = "NAME:PASSWORD", help_heading = "Processes")]
    pub(super) user: Option<Secret>,
    /// Take names and passwords from FILE; without FILE from $NETRC or ~/.netrc
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", help_heading = "Processes")]
    pub(super) netrc: Option<OsString>,
    /// Trust the certificate authorities in FILE (PEM) and no others
    #[arg(long, value_name = "FILE", help_heading = "Processes")]
    pub(super) cacert: Option<PathBuf>,
    /// Do not check the server's certificate: anyone in between can read and change everything
    #[arg(long, help_heading = "Processes")]
    pub(super) insecure: bool,
    /// Longest time for an answer; the default is 60s, and more where a dump is known to take longer
    #[arg(long, value_name = "DURATION", value_parser = values::time, help_heading = "Processes")]
    pub(super) timeout: Option<std::time::Duration>,
}

// How much a process is asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Ask {
    /// Take debug=2 however many goroutines there are: the process stands still meanwhile
    #[arg(long, help_heading = "Processes")]
    pub(super) full: bool,
    /// Take debug=2 only of a process with at most N goroutines (and debug=0 of any)
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        conflicts_with = "full",
        help_heading = "Processes"
    )]
    pub(super) full_below: i64,
}

impl Default for Ask {
    fn default() -> Self {
        Self { full: false, full_below: 10_000 }
    }
}

// Options of the commands that follow a process.
#[derive(Clone, Debug, clap::Args)]
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "without the client nobody asks"))]
pub(super) struct Common {
    #[command(flatten)]
    connect: Connect,
    /// Most bytes that an answer may have after decompression
    #[arg(long, value_name = "SIZE", value_parser = values::size, default_value = "1G", help_heading = "Processes")]
    max_bytes: u64,
    /// Say only what went wrong
    #[arg(short, long)]
    quiet: bool,
}

#[cfg(feature = "live")]
impl Common {
    /// What these options and `ask` say.
    pub(super) fn live(&self, ask: Ask) -> Live {
        let limits = Limits { max_bytes: self.max_bytes, ..Limits::default() };
        Live { connect: self.connect.clone(), ask, limits, quiet: self.quiet }
    }
}

/// What must not be shown.
#[derive(Clone)]
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "without the client nobody asks"))]
pub(super) struct Secret(pub(super) String);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// How processes are asked.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "without the client nobody asks"))]
pub(super) struct Live {
    pub(super) connect: Connect,
    pub(super) ask: Ask,
    pub(super) limits: Limits,
    /// Say only what went wrong.
    pub(super) quiet: bool,
}

impl Live {
    /// Most bytes of an answer after decompression if the user does not say. The largest known are some
    /// 300 MB: debug=1 of 100,000 distinct stacks.
    pub(super) const MAX_BYTES: u64 = 1 << 30;
}
