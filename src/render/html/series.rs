//! How many goroutines a group had in the dumps before.

use rustc_hash::FxHashMap;

use crate::diagnose::Sight;

/// Groups of one dump that are counted: more are not followed through a series.
const GROUPS: usize = 20_000;

/// Dumps whose counts are told of a group: a line of that width shows no more, and a log may have very many.
const POINTS: usize = 64;

/// Goroutines by the fingerprint of their group, one by functions with lines and one without.
#[derive(Default)]
pub(super) struct Counts {
    by_line: FxHashMap<u64, i64>,
    by_name: FxHashMap<u64, i64>,
}

/// The dumps before one.
pub(super) struct Past {
    dumps: Vec<Counts>,
    /// Whether there is more than one dump at all.
    is_series: bool,
}

impl Past {
    /// Nothing yet of a series of `dumps` dumps.
    pub(super) fn new(dumps: usize) -> Self {
        Self { dumps: Vec::new(), is_series: dumps > 1 }
    }

    /// Adds the next dump.
    pub(super) fn add(&mut self, counts: Option<Counts>) {
        if self.is_series {
            self.dumps.push(counts.unwrap_or_default());
        }
    }

    /// The goroutines that the group with these fingerprints had in the dumps so far, of many in at most
    /// [`POINTS`] of them, evenly spaced from the first on. Lines tell groups apart that have the same
    /// functions; another build has other lines.
    pub(super) fn of(&self, id: u64, build_id: u64) -> Vec<i64> {
        let one = |counts: &Counts| {
            let by_line = counts.by_line.get(&build_id);
            by_line.or_else(|| counts.by_name.get(&id)).copied().unwrap_or(0)
        };
        let step = self.dumps.len().div_ceil(POINTS).max(1);
        self.dumps.iter().step_by(step).map(one).collect()
    }
}

/// The goroutines of each group of `sight`.
pub(super) fn counts(sight: &Sight<'_>) -> Option<Counts> {
    let mut counts = Counts::default();
    for index in 0..sight.summary().grouping.len().min(GROUPS) {
        let group = sight.group(index, 0)?;
        let sum = counts.by_name.entry(group.id).or_default();
        *sum = sum.saturating_add(group.count);
        let sum = counts.by_line.entry(group.build_id).or_default();
        *sum = sum.saturating_add(group.count);
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_is_told_in_some_points() {
        for (dumps, points) in [(0, 0), (1, 1), (64, 64), (65, 33), (10_000, 64)] {
            let mut past = Past::new(dumps + 1);
            for number in 0..dumps {
                let by_name = FxHashMap::from_iter([(7, i64::try_from(number).unwrap())]);
                past.add(Some(Counts { by_name, ..Counts::default() }));
            }
            let told = past.of(7, 8);
            assert_eq!((told.len(), told.first().copied().unwrap_or(0)), (points, 0), "{dumps}");
        }
    }
}
