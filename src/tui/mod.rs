//! `gdump watch`: a screen that follows a process, or steps through a series of dumps.
//!
//! Parts that know little of each other: a [`Feed`] yields dumps, which `pump` asks for on a thread of its
//! own; `work` keeps them on another and turns each into a `picture`, so that keys are answered while a
//! process does not answer or a large dump is read; `app` holds what the user sees and does, with the
//! `history` of pictures, and `draw` puts it on the screen.

mod app;
mod draw;
mod export;
pub mod feed;
mod history;
mod keys;
mod picture;
mod pump;
mod terminal;
mod trend;
mod work;

use std::path::PathBuf;

pub use feed::Feed;

use crate::diagnose::facts::Config;
use crate::diagnose::known::Known;
use crate::error::Result;
use crate::view::summary::Look;

/// How to watch.
pub struct Options {
    /// What is shown of each dump; the search line adds to its filter.
    pub look: Look,
    /// Thresholds of the findings.
    pub config: Config,
    /// Goroutines that are known.
    pub known: Known,
    /// Colours or none.
    pub colored: bool,
    /// Where exported dumps and reports go.
    pub folder: PathBuf,
}

/// Shows what `feeds` yield, one at a time, until the user leaves. The terminal is as before afterwards,
/// also when something goes wrong.
pub fn run(feeds: Vec<Box<dyn Feed>>, options: Options) -> Result<()> {
    terminal::run(feeds, options)
}
