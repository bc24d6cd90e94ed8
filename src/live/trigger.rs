//! When a cheap count of goroutines is reason enough to take the whole text.

/// What is watched.
#[derive(Clone, Debug, Default)]
pub struct Triggers {
    over: Option<i64>,
    doubling: bool,
    is_over: bool,
    fewest: Option<i64>,
}

/// Growth by fewer goroutines is nothing: three are soon six.
const NOISE: i64 = 100;

impl Triggers {
    /// Trips `over` so many goroutines, again each time that there were fewer before; and on `doubling`:
    /// twice as many as at the last time, or as the fewest since.
    pub fn new(over: Option<i64>, doubling: bool) -> Self {
        Self { over, doubling, ..Self::default() }
    }

    /// Looks at the next count, and says what tripped.
    pub fn look(&mut self, count: i64) -> Option<String> {
        let mut why = None;
        if let Some(limit) = self.over {
            if count > limit && !self.is_over {
                why = Some(format!("{count} goroutines are more than {limit}"));
            }
            self.is_over = count > limit;
        }
        let fewest = self.fewest.map_or(count, |fewest| fewest.min(count));
        self.fewest = Some(fewest);
        if self.doubling && count >= fewest.saturating_mul(2) && count - fewest >= NOISE {
            self.fewest = Some(count);
            why = why.or_else(|| Some(format!("{count} goroutines are twice as many as {fewest}")));
        }
        why
    }

    /// Another process answers: what was seen of the last one does not count.
    pub fn restart(&mut self) {
        self.is_over = false;
        self.fewest = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crossing_trips_once() {
        let mut triggers = Triggers::new(Some(50), false);
        let tripped: Vec<bool> = [10, 51, 60, 50, 51].map(|n| triggers.look(n).is_some()).to_vec();
        assert_eq!(tripped, [false, true, false, false, true]);
    }

    #[test]
    fn doubling_counts_from_the_fewest_and_then_from_there() {
        let mut triggers = Triggers::new(None, true);
        let counts = [3, 9, 500, 600, 1000, 400, 799, 800, 1_600];
        let tripped: Vec<bool> = counts.map(|n| triggers.look(n).is_some()).to_vec();
        assert_eq!(tripped, [false, false, true, false, true, false, false, true, true]);
        triggers.restart();
        assert!(triggers.look(10_000).is_none());
    }
}
