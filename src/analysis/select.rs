//! The goroutines of a dump that pass the user's filter, in the order of the dump: what is handed over
//! to other programs. Unlike the screens nothing is set apart here: the runtime's goroutines count.

use super::canon::Stacks;
use super::filter::{Filter, Matcher, PprofFilter};
use crate::model::{Dump, Goroutine};

/// A dump, and which of its goroutines are meant.
pub struct Selection<'d> {
    /// The dump.
    pub dump: &'d Dump,
    matcher: Matcher,
    pprof: PprofFilter,
    /// What the filter could not do, and what would help.
    pub notes: Vec<String>,
}

impl<'d> Selection<'d> {
    /// The goroutines of `dump` that pass `filter`.
    pub fn new(dump: &'d Dump, filter: &Filter) -> Self {
        let pprof = filter.pprof.clone();
        Self { dump, matcher: filter.for_dump(dump), pprof, notes: filter.notes(dump) }
    }

    /// The records that were selected, in the order of the dump.
    pub fn goroutines(&self) -> impl Iterator<Item = Goroutine<'d>> {
        self.dump.goroutines().filter(|goroutine| self.matcher.matches(&goroutine.row()))
    }

    /// The stacks without the frames that are hidden.
    pub fn stacks(&self) -> Stacks<'d> {
        Stacks::filtered(self.dump, &self.pprof)
    }

    /// Goroutines that the selected records stand for; may be negative in a delta profile.
    pub fn count(&self) -> i64 {
        self.goroutines().fold(0, |sum, goroutine| sum.saturating_add(goroutine.count()))
    }
}
