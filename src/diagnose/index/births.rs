//! Since when goroutines exist at least, by their ids.
//!
//! Why that matters: who polls, ticks or sleeps again and again has always waited for a moment only, so
//! that its age says nothing. But ids are given in the order of the `go` statements: if a goroutine with
//! a greater id has waited for five minutes, this one was started before, and is older than that.

use super::Index;

/// Processors take ids in batches of 16 (`_GoidCacheBatch`, runtime/proc.go), and one that was idle may
/// still have some of an old batch: of a single goroutine it is not sure, of half of a crowd it is.
const SLACK: u64 = 16;

/// What the ages in a dump say of all its ids.
pub(in crate::diagnose) struct Births {
    /// Minutes, longest first, with the greatest id of those that wait so long or longer.
    marks: Vec<(u32, u64)>,
}

impl Births {
    /// Looks at the ages of the goroutines of `index`.
    pub(in crate::diagnose) fn new(index: &Index<'_>) -> Self {
        let mut greatest = rustc_hash::FxHashMap::<u32, u64>::default();
        for goroutine in index.dump().goroutines() {
            if let (Some(minutes), Some(goid)) = (goroutine.head().minutes, goroutine.goid()) {
                let mark = greatest.entry(minutes).or_default();
                *mark = goid.max(*mark);
            }
        }
        let mut marks: Vec<(u32, u64)> = greatest.into_iter().collect();
        marks.sort_unstable_by_key(|(minutes, _)| std::cmp::Reverse(*minutes));
        let mut most = 0;
        for (_, goid) in &mut marks {
            most = most.max(*goid);
            *goid = most;
        }
        Self { marks }
    }

    /// For how many minutes the goroutine `goid` exists at least; 0 if nothing tells.
    pub(in crate::diagnose) fn at_least(&self, goid: u64) -> u32 {
        let newer = goid.saturating_add(SLACK);
        let at = self.marks.partition_point(|(_, mark)| *mark < newer);
        self.marks.get(at).map_or(0, |(minutes, _)| *minutes)
    }
}
