//! Earlier dumps of the process whose last dump is judged. What a restart lies between is not compared.

use super::index::Index;
use crate::series::process::Between;
use crate::series::{Names, Snapshot};

/// The dumps before one, as far as they are of the same process.
#[derive(Clone)]
pub struct History<'c, 'd> {
    /// The dumps, oldest first; at most [`History::LONGEST`].
    pub before: Vec<&'c Index<'d>>,
    /// Why the dump before those is of another process, and how many such dumps were left out.
    pub restarted: Option<Restart>,
}

/// Why dumps are of another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The reason.
    pub why: String,
    /// Dumps before it.
    pub dumps: usize,
}

impl<'c, 'd> History<'c, 'd> {
    /// Earlier dumps that a dump is compared with: growth shows in so many, and a log may hold thousands.
    pub const LONGEST: usize = 16;

    /// No dump.
    pub fn none() -> Self {
        Self { before: Vec::new(), restarted: None }
    }

    /// The history of each of `dumps`, which are in the order of time.
    pub fn all(dumps: impl IntoIterator<Item = &'c Index<'d>>) -> Vec<Self> {
        let dumps: Vec<&'c Index<'d>> = dumps.into_iter().collect();
        if dumps.len() < 2 {
            return dumps.iter().map(|_| Self::none()).collect();
        }
        let mut names = Names::default();
        let mut last: Option<Snapshot> = None;
        let mut since: (usize, Option<String>) = (0, None);
        let one = |(at, dump): (usize, &&'c Index<'d>)| {
            let now = Snapshot::new(&dump.summary, &mut names, None);
            let why = last.as_ref().and_then(|last| Between::new(last, &now).restarted);
            if why.is_some() {
                since = (at, why);
            }
            last = Some(now);
            let oldest = at.saturating_sub(Self::LONGEST);
            let before = dumps.get(oldest.max(since.0)..at).unwrap_or(&[]).to_vec();
            // One that is long ago would not be compared anyway.
            let left_out = since.0.saturating_sub(oldest);
            let why = since.1.clone().filter(|_| left_out > 0);
            Self { before, restarted: why.map(|why| Restart { why, dumps: left_out }) }
        };
        dumps.iter().enumerate().map(one).collect()
    }

    /// The history of the last of `dumps`.
    pub fn of_last(dumps: impl IntoIterator<Item = &'c Index<'d>>) -> Self {
        let dumps: Vec<_> = dumps.into_iter().collect();
        let from = dumps.len().saturating_sub(Self::LONGEST + 1);
        Self::all(dumps.into_iter().skip(from)).pop().unwrap_or_else(Self::none)
    }
}
