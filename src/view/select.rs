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
    /// What `matcher` looks at, if it is not `dump`: the same goroutines with their names.
    named: Option<&'d Dump>,
    pprof: PprofFilter,
    /// Only these records, in this order.
    rows: Option<Vec<u32>>,
    /// What the filter could not do, and what would help.
    pub notes: Vec<String>,
}

impl<'d> Selection<'d> {
    /// The goroutines of `dump` that pass `filter`.
    pub fn new(dump: &'d Dump, filter: &Filter) -> Self {
        let (matcher, notes) = (filter.for_dump(dump), filter.notes(dump));
        Self { dump, matcher, named: None, pprof: filter.pprof.clone(), rows: None, notes }
    }

    /// The same goroutines of `dump`, which is this dump without names and without the frames that were
    /// hidden.
    #[must_use]
    pub fn anonymous(self, dump: &'d Dump) -> Self {
        Self { named: Some(self.dump), dump, pprof: PprofFilter::default(), ..self }
    }

    /// The records `rows` of `dump` in this order, which were selected otherwise; `filter` says which
    /// frames are hidden.
    pub fn of(dump: &'d Dump, filter: &Filter, rows: Vec<u32>) -> Self {
        let everything = Filter::default().for_dump(dump);
        let pprof = filter.pprof.clone();
        Self { dump, matcher: everything, named: None, pprof, rows: Some(rows), notes: Vec::new() }
    }

    /// The records that were selected, in the order of the dump or in that which was given.
    pub fn goroutines(&self) -> impl Iterator<Item = Goroutine<'d>> {
        let rows = self.rows.iter().flatten();
        let some = rows.filter_map(|row| self.dump.goroutine(*row as usize));
        let all = self.rows.is_none().then(|| self.dump.goroutines());
        let passed = |goroutine: &Goroutine<'d>| {
            let named = self.named.unwrap_or(self.dump).goroutine(goroutine.index());
            named.is_some_and(|named| self.matcher.matches(&named.row()))
        };
        all.into_iter().flatten().filter(passed).chain(some)
    }

    /// The stacks without the frames that are hidden.
    pub fn stacks(&self) -> Stacks<'d> {
        Stacks::filtered(self.dump, &self.pprof)
    }

    /// Whether frames are hidden.
    pub fn hides_frames(&self) -> bool {
        self.pprof.edits()
    }

    /// Goroutines that the selected records stand for; may be negative in a delta profile.
    pub fn count(&self) -> i64 {
        self.goroutines().fold(0, |sum, goroutine| sum.saturating_add(goroutine.count()))
    }
}
