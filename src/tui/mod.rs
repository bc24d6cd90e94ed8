//! `gdump watch`: a screen that follows a process, or steps through a series of dumps.
//!
//! Three parts that know little of each other: a [`Feed`] yields dumps; `work` keeps them on a thread
//! of its own and turns each into a `picture`, so that keys are answered while a large dump is read;
//! `app` holds what the user sees and does, and `draw` puts it on the screen.

mod app;
mod draw;
pub mod feed;
mod keys;
mod picture;
mod terminal;
mod trend;
mod work;

use std::path::PathBuf;
use std::time::Duration;

pub use feed::Feed;

use crate::analysis::facts::Config;
use crate::analysis::known::Known;
use crate::analysis::summary::Look;
use crate::error::Result;

/// How to watch.
pub struct Options {
    /// What is shown of each dump; the search line adds to its filter.
    pub look: Look,
    /// Thresholds of the findings.
    pub config: Config,
    /// Goroutines that are known.
    pub known: Known,
    /// Time between two dumps of a live process; `None` for files, which are all read at once.
    pub every: Option<Duration>,
    /// Colours or none.
    pub colored: bool,
    /// Where exported dumps and reports go.
    pub folder: PathBuf,
}

/// Shows what `feed` yields until the user leaves. The terminal is as before afterwards, also when
/// something goes wrong.
pub fn run(feed: Box<dyn Feed>, options: Options) -> Result<()> {
    terminal::run(feed, options)
}
