//! How far reading is, on standard error: only where that is a terminal, only after a second, and wiped
//! off before anything else is written.

use std::io::{Write, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::render::words::size;

/// Reads that take less time are not spoken of.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time from one line to the next.
const STEP: Duration = Duration::from_millis(200);

/// Tells of the reading until it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    bytes: Arc<AtomicU64>,
    /// Whether there is a line on the terminal.
    drawn: Arc<Mutex<bool>>,
    /// The thread that writes; none if nothing is to be told.
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins; nothing is ever told unless `wanted`.
    pub(super) fn start(wanted: bool) -> Self {
        let (bytes, drawn) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(false)));
        let thread = wanted.then(|| {
            let (bytes, drawn) = (Arc::clone(&bytes), Arc::clone(&drawn));
            let (stop, stopped) = channel();
            let start = Instant::now();
            let tell = move || {
                let mut wait = PATIENCE;
                while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    draw(&drawn, &line(bytes.load(Ordering::Relaxed), start.elapsed()));
                    wait = STEP;
                }
            };
            (stop, std::thread::spawn(tell))
        });
        Self { bytes, drawn, thread }
    }

    /// Where bytes are to be counted as they are read.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Wipes off the line, if there is one, and calls `say`, which may write to standard error.
    pub(super) fn interrupt(&self, say: impl FnOnce()) {
        // What a thread that ended in the midst of it has written is wiped off as well.
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *drawn) {
            write("\r\x1b[K");
        }
        say();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            drop(stop);
            let _ = thread.join();
            self.interrupt(|| {});
        }
    }
}

/// What is told of `bytes` that were read in this time.
fn line(bytes: u64, time: Duration) -> String {
    format!("gdump: {} read in {} s", size(bytes), time.as_secs())
}

fn draw(drawn: &Mutex<bool>, line: &str) {
    let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
    write(&format!("\r{line}\x1b[K"));
    *drawn = true;
}

fn write(text: &str) {
    let mut terminal = stderr().lock();
    // There is nowhere to say that standard error is closed.
    let _ = terminal.write_all(text.as_bytes());
    let _ = terminal.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        let line = line(1_043_502_733, Duration::from_millis(2_900));
        assert_eq!(line, "gdump: 1 GB read in 2 s");
    }

    #[test]
    fn a_short_read_is_not_spoken_of() {
        for wanted in [true, false] {
            let progress = Progress::start(wanted);
            progress.counter().fetch_add(1, Ordering::Relaxed);
            assert!(!*progress.drawn.lock().unwrap());
        }
    }
}
