//! How long a process stands still while it writes its goroutines.
//!
//! Measured with Go 1.27 on a loaded machine with two cores. `debug=2` stops all goroutines while it
//! walks their stacks, and begins again with a buffer of twice the size, up to seven times (64 MiB; Go 1.0
//! to 1.27, runtime/pprof/pprof.go, writeGoroutineStacks). Deep stacks cost more.

use std::time::Duration;

/// What taking a dump costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Longest time that nothing runs.
    pub pause: Duration,
    /// Time until the dump is there, in which the process mostly stands still.
    pub total: Duration,
}

/// Goroutines, longest pause and total in milliseconds.
const MEASURED: [(f64, f64, f64); 3] =
    [(10_000.0, 140.0, 400.0), (100_000.0, 2_600.0, 8_400.0), (1_370_000.0, 96_000.0, 129_000.0)];

/// What `debug=2` of `net/http/pprof` costs about, with so many goroutines.
pub fn debug2(goroutines: i64) -> Cost {
    #[allow(clippy::cast_precision_loss, reason = "it is an estimate")]
    let count = goroutines.max(1) as f64;
    let [first, middle, last] = MEASURED;
    let (from, to) = if count < middle.0 { (first, middle) } else { (middle, last) };
    // Below what was measured it grows with the number; above as it did before.
    let at = |from_value: f64, to_value: f64| {
        if count < from.0 {
            return from_value * count / from.0;
        }
        let slope = (to_value / from_value).ln() / (to.0 / from.0).ln();
        from_value * (count / from.0).powf(slope)
    };
    let time = |millis: f64| Duration::from_secs_f64((millis / 1000.0).clamp(0.0, 1e6));
    Cost { pause: time(at(from.1, to.1)), total: time(at(from.2, to.2)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_was_measured_and_grows() {
        for (goroutines, pause, total) in MEASURED {
            #[allow(clippy::cast_possible_truncation, reason = "whole numbers")]
            let cost = debug2(goroutines as i64);
            let near =
                |time: Duration, millis: f64| (time.as_secs_f64() * 1000.0 - millis).abs() < 1.0;
            assert!(near(cost.pause, pause) && near(cost.total, total), "{goroutines} {cost:?}");
        }
        let mut before = debug2(0);
        for exponent in 1..30 {
            let cost = debug2(1 << exponent);
            assert!(cost.pause >= before.pause && cost.total >= before.total);
            assert!(cost.pause <= cost.total.saturating_mul(20));
            before = cost;
        }
        assert!(debug2(100).total < Duration::from_millis(10));
        assert!(debug2(i64::MAX).total < Duration::from_secs(2_000_000));
    }
}
