//! How fast a process may be asked, so that answering costs it no more than is allowed.

use std::time::Duration;

/// The pace of samples.
#[derive(Clone, Debug)]
pub struct Pace {
    wanted: Duration,
    /// Most of the time that the process may spend with answers, from 0 to 1.
    most: f64,
    answers: u32,
    busy: Duration,
    /// Time of an answer of late: old ones count less and less.
    recent: Option<f64>,
    slowest: Duration,
    seed: u64,
}

/// What of an interval is left to chance.
const JITTER: f64 = 0.5;

impl Pace {
    /// Samples at the distance `wanted`, that cost no more than `most` of the time.
    pub fn new(wanted: Duration, most: f64) -> Self {
        let seed = u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0) | 1;
        Self {
            wanted,
            most,
            answers: 0,
            busy: Duration::ZERO,
            recent: None,
            slowest: Duration::ZERO,
            seed,
        }
    }

    /// The distance that is wanted.
    pub fn interval(&self) -> Duration {
        self.wanted
    }

    /// How long to wait within the interval, by chance.
    pub fn jitter(&mut self) -> Duration {
        // xorshift64
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let chance = f64::from(u32::try_from(self.seed >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        self.wanted.mul_f64(chance * JITTER)
    }

    /// An answer took so long; returns how much longer than usual to wait for the next. The time is the
    /// whole time until the answer was there: the process was busy for less.
    pub fn answered(&mut self, took: Duration) -> Duration {
        const WEIGHT: f64 = 0.2;
        self.answers += 1;
        self.busy += took;
        let took = took.as_secs_f64();
        let recent = self.recent.map_or(took, |recent| recent + (took - recent) * WEIGHT);
        self.recent = Some(recent);
        let needed =
            Duration::try_from_secs_f64(recent / self.most).unwrap_or(Duration::from_secs(3600));
        self.slowest = self.slowest.max(needed);
        needed.saturating_sub(self.wanted)
    }

    /// The distance at which answers of late cost no more than is allowed; at least the one wanted.
    pub fn bearable(&self) -> Duration {
        let needed = self.recent.map(|recent| Duration::try_from_secs_f64(recent / self.most));
        needed.and_then(Result::ok).unwrap_or_default().max(self.wanted)
    }

    /// The share of `time` that went to answers.
    pub fn cost(&self, time: Duration) -> f64 {
        self.busy.as_secs_f64() / time.as_secs_f64().max(1e-9)
    }

    /// The mean time of an answer.
    pub fn mean(&self) -> Duration {
        self.busy.checked_div(self.answers).unwrap_or_default()
    }

    /// What to say if samples were taken less often than was wanted.
    pub fn slowed(&self) -> Option<String> {
        (self.slowest > self.wanted).then(|| {
            format!(
                "answers took so long that samples were taken only every {:.1} s at times, to cost no more than {:.2} % (--max-cost)",
                self.slowest.as_secs_f64(),
                self.most * 100.0
            )
        })
    }
}

/// How much longer than `every` to wait after `failures` one after the other: twice as long each time,
/// at most `longest` more.
pub fn patience(failures: u32, every: Duration, longest: Duration) -> Duration {
    let steps = 1u32 << failures.min(8).saturating_sub(1);
    every.saturating_mul(steps.saturating_sub(1)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn cheap_answers_change_nothing() {
        let mut pace = Pace::new(100 * MS, 0.01);
        assert_eq!(pace.answered(MS / 2), Duration::ZERO);
        assert_eq!(pace.slowed(), None);
        assert!((0..1000).all(|_| pace.jitter() <= 50 * MS));
    }

    #[test]
    fn failures_make_it_patient() {
        let more = |failures| patience(failures, 5000 * MS, Duration::from_secs(30)).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 99].map(more), [0, 0, 5, 15, 30, 30]);
    }

    #[test]
    fn dear_answers_slow_it_down_to_what_is_allowed() {
        let mut pace = Pace::new(100 * MS, 0.01);
        let more = pace.answered(20 * MS);
        assert_eq!((more + 100 * MS).as_millis(), 2000);
        assert!(pace.slowed().unwrap().contains("1.00 %"));
        // It becomes faster again when answers do.
        let after = (0..30).map(|_| pace.answered(MS / 10)).last().unwrap();
        assert_eq!(after, Duration::ZERO);
        assert!((pace.cost(Duration::from_secs(1)) - 0.023).abs() < 1e-6);
    }
}
