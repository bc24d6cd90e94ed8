//! The errors that end the work on an input. What is only partly wrong with a dump is a
//! [`Problem`](crate::model::Problem) in the dump instead.

use std::path::PathBuf;

/// Result with gdump's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an input could not be read or an option could not be applied.
///
/// The text names the input or flag and the remedy. All of them end with exit status 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path as the user gave it.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The input is something else than a goroutine dump, or nothing of it could be read; `what` says what
    /// it is, `remedy` what to fetch or do instead.
    #[error("{input}: {what}\n  {remedy}")]
    NotADump {
        /// Name of the input.
        input: String,
        /// One line: what the input is.
        what: String,
        /// One line: what to do instead.
        remedy: String,
    },
    /// A process could not be asked over HTTP, or its answer is no profile. There are no secrets in it.
    #[error("{url}: {what}\n  {remedy}")]
    Fetch {
        /// What was asked for.
        url: String,
        /// One line: what happened.
        what: String,
        /// One line: what to try.
        remedy: String,
    },
    /// A container (gzip, zstd, tar, zip, protobuf …) is damaged so that nothing in it can be used.
    #[error("{input}: damaged {container}: {detail}")]
    Damaged {
        /// Name of the input.
        input: String,
        /// What kind of container.
        container: &'static str,
        /// What the decoder said.
        detail: String,
    },
    /// A limit against hostile input was reached.
    #[error("{input}: {what} is over the limit of {limit}; raise it with {flag}")]
    Limit {
        /// Name of the input.
        input: String,
        /// What is too large.
        what: &'static str,
        /// The limit with its unit.
        limit: String,
        /// The flag that raises it.
        flag: &'static str,
    },
    /// An option or combination of options cannot be used.
    #[error("{0}")]
    Usage(String),
    /// Output could not be written.
    #[error("cannot write output: {0}")]
    Output(#[source] std::io::Error),
}
