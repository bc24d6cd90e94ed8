//! Suspected leaks: crowds of goroutines that wait for something which, as far as a dump shows, does
//! not come.
//!
//! Why it matters: a leaked goroutine keeps its stack and all that it refers to for ever; a service
//! that loses one in each request dies of it.
//!
//! What it cannot know: whether somebody will come yet. An idle pool and a leak of a dispatcher look
//! the same in one dump, so what only one goroutine started is at most a `low` finding that asks for a
//! second dump, unless it sends on a channel: idle workers receive or select, they do not send.
//!
//! Age raises, never lowers: Go counts it from a garbage collection, and who ticks is always young.

use super::aside::{is_fine, is_main};
use super::cluster;
use super::connection::Connections;
use super::crowd::{Crowd, crowds};
use super::reason::Reason;
use super::rest::at_rest;
use super::tell;
use crate::analysis::facts::{Case, Facts};
use crate::analysis::finding::{Confidence, Finding, Severity};

/// The kind of these findings.
pub(super) const KIND: &str = "suspected-leak";

/// Goroutines that make a crowd. In the service dumps pools of up to 8 idle workers are everywhere,
/// and creators tell leaks from pools in all crowds of 20 and more (ANALYSES 4.3).
pub(super) const MANY: i64 = 20;
/// A crowd of so many in one function that is also half of the process is no pool of a sane size,
/// whoever started it; healthy dumps of the corpus have at most 120.
const MASS: i64 = 1_000;
/// `LeakProf` suspects a line with so many blocked goroutines in one profile (CGO 2024).
const LEAKPROF: i64 = 10_000;
/// A wait of so many minutes is longer than the timeouts of clients, proxies and load balancers
/// (30 s to 5 min by default), so that nobody is there any more who wants the result.
pub(super) const LONG: u32 = 10;

/// How bad a crowd is, and how sure that is.
pub(super) type Verdict = (Severity, Confidence);

/// Looks for suspected leaks.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let look = Look::new(case);
    let judged: Vec<_> = candidates(facts)
        .into_iter()
        .map(|crowd| (look.judge_if_unknown(case, &crowd), crowd))
        .collect();
    let clusters = cluster::join(facts, judged, look.at_rest);
    clusters.iter().map(|cluster| tell::suspected(case, &look, cluster)).collect()
}

/// Crowds that may leak, or belong to one that does.
fn candidates<'d>(facts: &Facts<'d>) -> Vec<Crowd<'d>> {
    crowds(facts, |index, reason| {
        let waits = !matches!(reason, Reason::OnCpu | Reason::Other | Reason::Syscall);
        let proven = facts.groups.get(index).is_some_and(|group| group.leaked > 0);
        waits && !proven && !is_main(facts, index)
    })
}

/// What judging needs to know of the whole dump.
pub(super) struct Look<'f, 'd> {
    /// Nothing in the process can wake those who wait.
    pub at_rest: bool,
    /// Goroutines of the program.
    pub total: i64,
    connections: Connections<'f, 'd>,
}

impl<'f, 'd> Look<'f, 'd> {
    fn new(case: &Case<'f, 'd>) -> Self {
        let facts = case.now;
        Self {
            at_rest: at_rest(facts),
            total: facts.summary.shown,
            connections: Connections::new(facts),
        }
    }

    /// Whether `crowd` waits in a program where nothing can wake it, not even who writes the dump.
    pub(super) fn is_deserted(&self, crowd: &Crowd<'_>) -> bool {
        self.at_rest && crowd.reason.is_internal() && crowd.origin.of_writer == 0
    }

    /// Whether each goroutine of `crowd` serves a connection that somebody reads from.
    pub(super) fn serves_connections(&self, crowd: &Crowd<'_>) -> bool {
        self.connections.serves(crowd)
    }

    /// The verdict on `crowd`, unless it is known to be fine or other analyses speak of it.
    fn judge_if_unknown(&self, case: &Case<'_, '_>, crowd: &Crowd<'_>) -> Option<Verdict> {
        let elsewhere =
            matches!(crowd.reason, Reason::NilChan | Reason::EmptySelect | Reason::Lock);
        if elsewhere || is_fine(case, crowd) { None } else { self.judge(crowd) }
    }

    /// The verdict on `crowd`; `None` if there is nothing to say.
    fn judge(&self, crowd: &Crowd<'_>) -> Option<Verdict> {
        use Confidence::{Likely, Possible};
        use Severity::{High, Low, Medium};
        let (n, origin) = (crowd.count, &crowd.origin);
        let many = n >= MANY;
        if crowd.reason == Reason::Io || self.serves_connections(crowd) {
            // Connections come and go with their clients.
            return many.then_some((Low, Possible));
        }
        let outlives = origin.is_one_per_call() && origin.is_gone();
        if many && outlives {
            return Some((High, Likely));
        }
        if crowd.reason == Reason::Send {
            return self.judge_send(crowd);
        }
        if self.is_deserted(crowd) {
            return Some(match (many, crowd.reason) {
                (true, Reason::Unknown) => (Medium, Possible),
                (true, _) => (Medium, Likely),
                (false, Reason::Unknown) => (Low, Possible),
                (false, _) => (Medium, Possible),
            });
        }
        let mass = n >= LEAKPROF || (n >= MASS && n.saturating_mul(2) >= self.total);
        // A goroutine of a library for each of its objects: how many there are is the program's will.
        let mass = mass && !crowd.site.is_dependency();
        match () {
            // Two more are seen in any service that serves two more.
            () if outlives && n > 2 => Some((Medium, Possible)),
            () if mass => Some((Medium, Possible)),
            () if many => Some((Low, Possible)),
            () => None,
        }
    }

    /// The verdict on goroutines that send: idle ones receive or select, so a sender that waits is
    /// either waiting for a slow receiver or for none.
    fn judge_send(&self, crowd: &Crowd<'_>) -> Option<Verdict> {
        use Confidence::{Likely, Possible};
        use Severity::{High, Low, Medium};
        let (n, origin) = (crowd.count, &crowd.origin);
        let old = crowd.wait.median.is_some_and(|minutes| minutes >= LONG);
        match () {
            () if self.is_deserted(crowd) => Some((if n >= MANY { High } else { Medium }, Likely)),
            () if origin.is_one_per_call() && origin.is_gone() => Some((Medium, Likely)),
            () if n >= MANY && old => Some((High, Likely)),
            () if n >= MANY => Some((Medium, Likely)),
            () if origin.is_gone() || old => Some((Medium, Possible)),
            () if n > 1 => Some((Low, Possible)),
            () => None,
        }
    }
}
