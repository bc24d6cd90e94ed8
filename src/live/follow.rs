//! A process that is asked again and again, for who shows it: what came, what it cost, whether it is
//! still the same process, and when to ask again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cost::Cost;
use super::identity::identity;
use super::pace::{Pace, patience};
use super::take::{self, Event, Picture, Piece, Policy};
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::series::process::Between;
use crate::series::{Names, Snapshot};
use crate::source::Limits;
use crate::source::http::{Address, Client};
use crate::view::Summary;
use crate::view::summary::Look;

/// A process, and what is remembered of it between two questions.
pub struct Follower {
    client: Arc<Client>,
    address: Address,
    policy: Policy,
    limits: Limits,
    every: Duration,
    pace: Pace,
    identity: Option<Vec<(u64, u64)>>,
    before: Option<Snapshot>,
    /// Names of the groups in `before`.
    names: Names,
    /// Failures one after the other.
    failures: u32,
}

/// What came.
#[derive(Debug)]
pub struct Moment {
    /// debug=2 and debug=0 as one picture, or debug=0 alone, or the profile that the address names.
    pub dump: Dump,
    /// The answers as they came.
    pub pieces: Vec<Piece>,
    /// Why this is another process than that of the moment before, if it is.
    pub restarted: Option<String>,
    /// What debug=2 would have cost, if it was left out for that.
    pub spared: Option<Cost>,
    /// Why something is missing or not whole.
    pub failures: Vec<Error>,
    /// Time that all answers took together, also those that never came.
    pub took: Duration,
}

/// An answer or none, and when to ask again.
#[derive(Debug)]
pub struct Asked {
    /// What came, or what went wrong.
    pub result: Result<Moment>,
    /// How long to wait from now on.
    pub wait: Duration,
}

/// Longest time between two questions while nobody answers: who looks at the screen wants to see it soon
/// when the process is back.
const PATIENCE: Duration = Duration::from_secs(30);

impl Follower {
    /// Asks the process at `address` `every` so often, as far as the answers do not take more than the
    /// share `most` of the time.
    pub fn new(
        client: Arc<Client>,
        address: Address,
        (policy, limits): (Policy, Limits),
        every: Duration,
        most: f64,
    ) -> Self {
        Self {
            client,
            address,
            policy,
            limits,
            every,
            pace: Pace::new(every, most),
            identity: None,
            before: None,
            names: Names::default(),
            failures: 0,
        }
    }

    /// Where the process is, without secrets.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The distance that is wanted.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// The distance that answers of late allow, if that is more than the one that is wanted.
    pub fn slowed(&self) -> Option<Duration> {
        Some(self.pace.bearable()).filter(|bearable| *bearable > self.every)
    }

    /// Asks once; debug=2 whatever it costs the process if it is to be `whole`.
    pub fn ask(&mut self, whole: bool) -> Asked {
        let begun = Instant::now();
        let result = self.take(whole);
        let more = if let Ok(moment) = &result {
            self.failures = 0;
            self.pace.answered(moment.took)
        } else {
            self.failures += 1;
            patience(self.failures, self.every, PATIENCE)
        };
        Asked { result, wait: (self.every + more).saturating_sub(begun.elapsed()) }
    }

    fn take(&mut self, whole: bool) -> Result<Moment> {
        let begun = Instant::now();
        let mut spared = None;
        let Picture { mut dump, pieces, failures } = if self.address.names_a_profile() {
            let piece = take::ask_as_typed(&self.client, &self.address, &self.limits)?;
            let dump = take::read(&piece, &self.limits)?;
            Picture { dump, pieces: vec![piece], failures: Vec::new() }
        } else {
            let most = self.policy.most.filter(|_| !whole);
            let policy = Policy { most, ..self.policy };
            let mut tell = |event| {
                if let Event::Spared { cost, .. } = event {
                    spared = Some(cost);
                }
            };
            let taken = take::take(&self.client, &self.address, policy, &self.limits, &mut tell)?;
            taken.into_picture(&self.limits)
        };
        let asked = pieces.first().map(|piece| piece.asked_at.as_nanosecond());
        dump.taken_at_nanos =
            dump.taken_at_nanos.or_else(|| asked.and_then(|nanos| i64::try_from(nanos).ok()));
        let took = begun.elapsed();
        let restarted = self.restarted(&dump, &pieces);
        Ok(Moment { dump, pieces, restarted, spared, failures, took })
    }

    /// Whether another process answers than before: by where its code is, else by its goroutines.
    fn restarted(&mut self, dump: &Dump, pieces: &[Piece]) -> Option<String> {
        let counts = pieces.iter().find(|piece| piece.debug == 0);
        let identity = counts.and_then(|piece| identity(&piece.bytes));
        if let Some(now) = identity {
            let moved = self.identity.replace(now.clone()).is_some_and(|before| before != now);
            self.before = None;
            return moved.then(|| "its code is at another place in memory".to_owned());
        }
        // Where the program does not say that, its goroutines do.
        let now = Snapshot::new(&Summary::new(dump, &Look::default()), &mut self.names, None);
        let why = self.before.as_ref().and_then(|before| Between::new(before, &now).restarted);
        self.before = Some(now);
        why
    }
}
