//! Doing something again and again, at even intervals, until it is time to end.

use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Says to all who wait that it is time to end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// It is time to end.
    pub fn stop(&self) {
        let (stopped, changed) = &*self.0;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Whether it is time to end.
    pub fn is_stopped(&self) -> bool {
        self.wait(Duration::ZERO)
    }

    /// Waits for so long, or until it is time to end, and says whether it is.
    pub fn wait(&self, time: Duration) -> bool {
        let (stopped, changed) = &*self.0;
        let guard = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(guard, time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// When to do something again.
#[derive(Clone, Copy, Debug)]
pub struct Poll {
    /// Time from one beginning to the next. If the work takes longer, the next begins at the next
    /// multiple: work never piles up.
    pub every: Duration,
    /// Time after which it ends.
    pub during: Option<Duration>,
}

impl Poll {
    /// Does `work` now and then again at each interval; what it returns is how much longer to wait
    /// than usual, such as after an error. Ends when the work says so, when the time is over or when
    /// `stop` is called.
    pub fn run(self, stop: &Stop, mut work: impl FnMut() -> ControlFlow<(), Duration>) {
        let begun = Instant::now();
        let end = self.during.and_then(|during| begun.checked_add(during));
        let every = self.every.max(Duration::from_millis(1));
        while !stop.is_stopped() {
            let ControlFlow::Continue(more) = work() else { return };
            let past = begun.elapsed() + more;
            let steps = past.as_nanos() / every.as_nanos() + 1;
            let next = every.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
            let Some(next) = begun.checked_add(next) else { return };
            if end.is_some_and(|end| next >= end) {
                // The whole time was asked for: the last interval is part of it.
                stop.wait(
                    end.map_or(Duration::ZERO, |end| end.saturating_duration_since(Instant::now())),
                );
                return;
            }
            if stop.wait(next.saturating_duration_since(Instant::now())) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_at_even_intervals_and_ends_in_time() {
        let poll =
            Poll { every: Duration::from_millis(20), during: Some(Duration::from_millis(110)) };
        let begun = Instant::now();
        let mut times = Vec::new();
        poll.run(&Stop::default(), || {
            times.push(begun.elapsed());
            // Longer than the interval, once.
            std::thread::sleep(Duration::from_millis(if times.len() == 2 { 30 } else { 1 }));
            ControlFlow::Continue(Duration::ZERO)
        });
        assert!((3..=5).contains(&times.len()), "{times:?}");
        assert!(begun.elapsed() >= Duration::from_millis(110));
    }

    #[test]
    fn it_ends_when_told() {
        let stop = Stop::default();
        let poll = Poll { every: Duration::from_secs(3600), during: None };
        let other = stop.clone();
        let thread =
            std::thread::spawn(move || poll.run(&other, || ControlFlow::Continue(Duration::ZERO)));
        std::thread::sleep(Duration::from_millis(20));
        stop.stop();
        thread.join().unwrap();
        let mut count = 0;
        Poll { every: Duration::ZERO, during: None }.run(&Stop::default(), || {
            count += 1;
            if count == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(Duration::ZERO) }
        });
        assert_eq!(count, 3);
    }
}
