//! Where the dumps come from.

use std::io::{self, Write};
use std::time::Duration;

use crate::error::Result;
use crate::model::Dump;
use crate::render::words::series_name;

/// Something that yields dumps one after the other.
pub trait Feed: Send {
    /// What the user calls it: a URL without its secrets, or the names of files.
    fn name(&self) -> String;

    /// Time between two dumps of a live process; `None` for files, which are all read at once.
    fn every(&self) -> Option<Duration>;

    /// The next dump, `whole` if it is to have everything whatever that costs the process. An error is
    /// shown, and it is asked again.
    fn next(&mut self, whole: bool) -> Next;
}

/// What a feed yields.
pub struct Next {
    /// A dump; `None` if there will be no more.
    pub came: Result<Option<Come>>,
    /// How long to wait until it is asked again.
    pub wait: Duration,
}

/// A dump with what is to be known of how it came.
pub struct Come {
    /// The dump.
    pub dump: Dump,
    /// What it cost the process in a few words; empty if nothing.
    pub cost: String,
    /// What is left out, and how to have it; empty if nothing.
    pub note: String,
    /// Why it is of another process than the one before, if it is.
    pub restarted: Option<String>,
    /// What can be kept of it as it came.
    pub raw: Option<Raw>,
}

/// Writes a file.
pub type Writer = dyn Fn(&mut dyn Write) -> io::Result<()> + Send;

/// The bytes of which a dump was read.
pub struct Raw {
    /// How many they are.
    pub size: u64,
    /// The ending of a file of them, with its dot.
    pub ending: &'static str,
    /// Writes them as a file that is an input of every command.
    pub write: Box<Writer>,
}

/// Dumps that were read before.
pub struct Files {
    dumps: std::vec::IntoIter<Dump>,
    name: String,
}

impl Files {
    /// A series in the order of time.
    pub fn new(dumps: Vec<Dump>) -> Self {
        let name = series_name(&dumps);
        Self { dumps: dumps.into_iter(), name }
    }
}

impl From<Dump> for Come {
    fn from(dump: Dump) -> Self {
        Self { dump, cost: String::new(), note: String::new(), restarted: None, raw: None }
    }
}

impl Iterator for Files {
    type Item = Come;

    fn next(&mut self) -> Option<Come> {
        self.dumps.next().map(Come::from)
    }
}

impl Feed for Files {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn every(&self) -> Option<Duration> {
        None
    }

    fn next(&mut self, _: bool) -> Next {
        Next { came: Ok(Iterator::next(self)), wait: Duration::ZERO }
    }
}
