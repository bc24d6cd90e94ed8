//! The analyses: one file each, registered in [`ANALYSES`], which also feeds help and documents.

mod ab_ba;
mod abandoned_lock;
mod accept;
mod ahead;
mod aside;
mod channel;
mod cluster;
mod cond;
mod connection;
mod consumer;
mod context;
mod convoy;
mod crash;
mod crowd;
mod data_race;
mod excerpt;
mod exec;
mod finalizer;
mod forever;
mod growth;
mod grpc;
mod http;
mod http_client;
mod http_upstream;
mod idle_connections;
mod ids;
mod kinds;
mod leader;
mod leak_context;
mod library;
mod limits;
mod listeners;
mod lock_pileup;
mod log_sink;
mod notes;
mod once;
mod origin;
mod outside;
mod per_request;
mod pipe;
mod proven;
mod rank;
mod recursive_read_lock;
mod rest;
mod self_deadlock;
mod semaphore;
mod shutdown;
mod sql;
mod sql_db;
mod suspect;
mod suspicion;
mod syscall;
mod table;
mod tangles;
mod tell;
mod told;
mod wait_cycle;
mod waitgroup;
mod waits;

pub use kinds::{also, analysis_of};
pub use notes::{Fine, Note, Why, fine, notes};
pub use table::ANALYSES;

use super::facts::Case;
use super::finding::Finding;
use super::index::Index;
use rank::rank;
use told::Told;

/// An analysis.
pub struct Analysis {
    /// The kind of its findings, in kebab case.
    pub kind: &'static str,
    /// Looks at a case; pure.
    pub run: fn(&Case<'_, '_>) -> Vec<Finding>,
}

/// Runs all analyses and ranks what they find.
///
/// # Severities
///
/// They mean the same in all analyses:
///
/// - `high`: this is it. Goroutines that are proven never to go on, or so many (20 and more) that each
///   call adds one, or that grow from dump to dump.
/// - `medium`: look at it soon. The evidence points there, but they are few, or one more dump is needed
///   to be sure.
/// - `low`: it fits, and so would a pool of idle workers.
/// - `info`: worth knowing; nothing to do.
///
/// # What is left out
///
/// A finding whose goroutines were explained by findings of an earlier analysis, at least as severe, is
/// left out; a suspected leak also if the earlier one knows why they wait (for a lock, for a slow
/// consumer, for something outside) and is of medium severity or more. So is what earlier dumps
/// acquit, and what the user's thresholds keep out.
pub fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let places = growth::Places::new(case);
    let mut findings: Vec<Finding> = Vec::new();
    let mut told = Told::default();
    for analysis in ANALYSES {
        for mut finding in (analysis.run)(case) {
            proven::confirm(case.now, &mut finding);
            excerpt::calm(case.now, &mut finding);
            if growth::weigh(case, &places, &mut finding)
                && notes::admits(case, &finding)
                && !told.explains(case, &findings, &finding)
            {
                told.add(findings.len(), &finding);
                findings.push(finding);
            }
        }
    }
    crash::calm(case.now, &mut findings);
    rank(&mut findings);
    findings
}

/// Makes those of `findings` about `now` proven that `proven`, a profile of what Go has proven, is about
/// as well. What it holds in all; `None` if it holds nothing.
pub fn join(now: &Index<'_>, proven: &Index<'_>, findings: &mut [Finding]) -> Option<Note> {
    let note = proven::join(now, proven, findings);
    rank(findings);
    note
}
