//! How long goroutines have waited: Go's own minutes, summed up.

use rustc_hash::FxHashMap;

/// Waits of several goroutines. Go prints whole minutes and counts them from a GC cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitStats {
    /// Goroutines whose wait is known.
    pub known: i64,
    /// Goroutines without a wait: under a minute, no GC yet, or a format without ages.
    pub unknown: i64,
    /// Shortest known wait in minutes.
    pub min: Option<u32>,
    /// Median of the known waits in minutes (of an even number the longer of the two).
    pub median: Option<u32>,
    /// Longest known wait in minutes.
    pub max: Option<u32>,
}

impl WaitStats {
    /// Sums up pairs of wait and number of goroutines.
    pub fn of(waits: impl IntoIterator<Item = (Option<u32>, i64)>) -> Self {
        let mut stats = Self::default();
        let mut sums: FxHashMap<u32, i64> = FxHashMap::default();
        for (minutes, count) in waits {
            if let Some(minutes) = minutes {
                stats.known = stats.known.saturating_add(count);
                let sum = sums.entry(minutes).or_insert(0);
                *sum = sum.saturating_add(count);
            } else {
                stats.unknown = stats.unknown.saturating_add(count);
            }
        }
        let mut known: Vec<(u32, i64)> = sums.into_iter().collect();
        known.sort_unstable();
        stats.min = known.first().map(|(minutes, _)| *minutes);
        stats.max = known.last().map(|(minutes, _)| *minutes);
        let mut seen = 0i64;
        stats.median = known
            .iter()
            .find(|(_, count)| {
                seen = seen.saturating_add(*count);
                seen > stats.known / 2
            })
            .map(|(minutes, _)| *minutes)
            .or(stats.max);
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_counts_goroutines() {
        let stats = WaitStats::of([(Some(90), 1), (None, 4), (Some(2), 5), (Some(3), 1)]);
        assert_eq!((stats.known, stats.unknown), (7, 4));
        assert_eq!((stats.min, stats.median, stats.max), (Some(2), Some(2), Some(90)));
        assert_eq!(WaitStats::of([(None, 4)]).median, None);
    }
}
