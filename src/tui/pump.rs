//! The thread that asks: apart from the one that works, so that nobody waits for a process that does not
//! answer.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::work::{Answer, Job};

/// What it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Ask no more, or go on.
    Pause(bool),
    /// Ask now, whatever the time; `true` for everything that there is to have.
    Now(bool),
    /// What came last was worked up: dumps do not pile up.
    Done,
}

/// When to ask.
struct Pump {
    due: Instant,
    paused: bool,
    /// Asked for by the user.
    once: Option<bool>,
    /// What came last is still being worked up.
    busy: bool,
    ended: bool,
}

impl Pump {
    fn hear(&mut self, order: Order) {
        match order {
            Order::Pause(paused) => self.paused = paused,
            Order::Now(whole) => self.once = Some(whole || self.once == Some(true)),
            Order::Done => self.busy = false,
        }
    }

    /// How long nothing is to be done.
    fn idle(&self) -> Duration {
        const LONG: Duration = Duration::from_secs(3600);
        if self.ended || self.busy {
            LONG
        } else if self.once.is_some() {
            Duration::ZERO
        } else if self.paused {
            LONG
        } else {
            self.due.saturating_duration_since(Instant::now())
        }
    }
}

/// Starts asking `feed`. What comes goes to `jobs`; `answers` hears when a question begins. It ends when
/// nobody listens any more.
pub(super) fn start(
    mut feed: Box<dyn Feed>,
    jobs: Sender<Job>,
    answers: Sender<Answer>,
) -> Sender<Order> {
    let (order, orders) = channel();
    thread::spawn(move || run(&mut *feed, &orders, &jobs, &answers));
    order
}

fn run(
    feed: &mut dyn Feed,
    orders: &Receiver<Order>,
    jobs: &Sender<Job>,
    answers: &Sender<Answer>,
) {
    let mut pump =
        Pump { due: Instant::now(), paused: false, once: None, busy: false, ended: false };
    loop {
        match orders.recv_timeout(pump.idle()) {
            Ok(order) => {
                pump.hear(order);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        // What was said meanwhile comes first.
        if !pump.idle().is_zero() {
            continue;
        }
        if answers.send(Answer::Asking).is_err() {
            return;
        }
        let next = feed.next(pump.once.take().unwrap_or(false));
        pump.due = Instant::now() + next.wait;
        pump.ended = matches!(next.came, Ok(None));
        pump.busy = true;
        if jobs.send(Job::Came(Box::new(next))).is_err() {
            return;
        }
    }
}
