//! What a server sends, while it sends it.

use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::address::Address;
use crate::error::{Error, Result};

/// The body of an answer.
///
/// A read after the connection broke fails with [`Broken`] inside an [`io::Error`].
pub struct Answer {
    /// Where it came from, after redirects.
    pub address: Address,
    /// Time from asking to the first byte.
    pub waited: Duration,
    pub(super) asked: Instant,
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) stated: Option<u64>,
    pub(super) limit: Duration,
    pub(super) read: u64,
    pub(super) broken: Arc<OnceLock<String>>,
}

/// Why an answer is not whole.
#[derive(Clone, Debug)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

impl Broken {
    /// The error that the answer of `url` is not whole.
    pub fn error(&self, url: String) -> Error {
        let remedy = "ask again; if it happens again, the process or a proxy ends it".to_owned();
        Error::Fetch { url, what: self.0.clone(), remedy }
    }
}

/// What came of an answer.
pub struct Came {
    /// As it was sent.
    pub bytes: Vec<u8>,
    /// Time from asking to the last byte.
    pub took: Duration,
    /// Why it is not whole, if it is not.
    pub broken: Option<Broken>,
}

impl Answer {
    /// Where it is said, once it is so, that the answer is not whole.
    pub fn broken(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.broken)
    }

    /// All of it, of which there may be `most` bytes; and the time since it was asked for.
    pub fn whole(self, most: u64) -> Result<(Vec<u8>, Duration)> {
        let url = self.address.to_string();
        let came = self.came(most)?;
        came.broken.map_or(Ok((came.bytes, came.took)), |broken| Err(broken.error(url)))
    }

    /// What comes of it before the connection breaks, of which there may be `most` bytes.
    pub fn came(mut self, most: u64) -> Result<Came> {
        let mut bytes = Vec::new();
        let read = (&mut self).take(most.saturating_add(1)).read_to_end(&mut bytes);
        if bytes.len() as u64 > most {
            return Err(Error::Limit {
                input: self.address.to_string(),
                what: "its size",
                limit: format!("{most} bytes"),
                flag: "--max-bytes",
            });
        }
        let broken = read.err().map(|error| Broken(error.to_string()));
        Ok(Came { bytes, took: self.asked.elapsed(), broken })
    }

    /// What `error`, of the HTTP library, means here.
    fn explain(&self, error: &io::Error) -> Broken {
        let timed_out = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(ureq::Error::Timeout(_)) => true,
            _ => error.kind() == io::ErrorKind::TimedOut,
        };
        let of = self.stated.map_or(String::new(), |stated| format!(" of {stated}"));
        let why = if timed_out {
            format!("the answer was not whole after {:?} (--timeout)", self.limit)
        } else {
            "the server closed the connection in the middle of its answer".to_owned()
        };
        Broken(format!("{why}: {}{of} bytes came", self.read))
    }
}

impl Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(count) => {
                self.read += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let broken = self.explain(&error);
                let _ = self.broken.set(broken.to_string());
                Err(io::Error::other(broken))
            }
        }
    }
}
