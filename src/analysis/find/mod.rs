//! The analyses: one file each, registered in [`ANALYSES`], which also feeds help and documents.

mod ab_ba;
mod abandoned_lock;
mod aside;
mod cluster;
mod connection;
mod convoy;
mod crowd;
mod forever;
mod growth;
mod lock_pileup;
mod once;
mod origin;
mod proven;
mod reason;
mod recursive_read_lock;
mod rest;
mod said;
mod self_deadlock;
mod suspect;
mod tangles;
mod tell;

use std::cmp::Reverse;

pub use said::{Fine, fine, notes};

use super::facts::Case;
use super::finding::{Category, Finding, Severity};

/// An analysis: what it is called, what it can and cannot know, and how it is run.
pub struct Analysis {
    /// The kind of its findings, in kebab case.
    pub kind: &'static str,
    /// What it finds, in one sentence.
    pub finds: &'static str,
    /// Why that matters.
    pub matters: &'static str,
    /// What it cannot know.
    pub cannot: &'static str,
    /// The evidence it needs, and the formats that carry it.
    pub needs: &'static str,
    /// Looks at a case; pure.
    pub run: fn(&Case<'_, '_>) -> Vec<Finding>,
}

/// All analyses, the most special first: what an earlier one explains is not said again by a later
/// one in other words.
pub const ANALYSES: &[Analysis] = &[
    Analysis {
        kind: recursive_read_lock::KIND,
        finds: "readers that take an RWMutex again while a writer waits for it",
        matters: "the writer keeps the reader out and the reader keeps the writer out, for ever",
        cannot: "whether the outer read lock is still held at the time of the call",
        needs: "stacks; receivers (debug=2) tell which object",
        run: recursive_read_lock::run,
    },
    Analysis {
        kind: once::KIND,
        finds: "functions of a sync.Once that call the same Once again",
        matters: "the second call waits for the first, which waits for the second",
        cannot: "whether one line serves several objects",
        needs: "stacks; any format",
        run: once::run,
    },
    Analysis {
        kind: self_deadlock::KIND,
        finds: "goroutines that wait for a lock which they hold themselves",
        matters: "Go's locks are not reentrant: this never ends, and all who need the lock pile up",
        cannot: "whether the outer method has released the lock before the call",
        needs: "stacks; addresses and receivers (debug=2) tell which object",
        run: self_deadlock::run,
    },
    Analysis {
        kind: ab_ba::KIND,
        finds: "goroutines that wait in a circle for each other's locks",
        matters: "none of them ever goes on, and every user of these locks piles up behind",
        cannot: "Go does not record holders: they are inferred from shared pointers or from the structure",
        needs: "lock addresses (debug=2); by structure alone elsewhere",
        run: ab_ba::run,
    },
    Analysis {
        kind: lock_pileup::KIND,
        finds: "goroutines that wait for a lock whose likely holder waits for something else",
        matters: "the crowd is the victim; what the holder waits for is the cause",
        cannot: "who holds a lock is never recorded, so the holder is at most likely",
        needs: "lock addresses and receivers (debug=2); by type alone elsewhere",
        run: lock_pileup::run,
    },
    Analysis {
        kind: convoy::KIND,
        finds: "locks that many wait for but that move",
        matters: "it is contention, not a deadlock: the lock is held too long for the load",
        cannot: "how fast it moves",
        needs: "a goroutine caught in Unlock",
        run: convoy::run,
    },
    Analysis {
        kind: abandoned_lock::KIND,
        finds: "locks that goroutines wait for though nobody is seen who could hold them",
        matters: "a path without Unlock stops all who need the lock until a restart",
        cannot: "a holder whose frames are inlined or cut off is not seen either",
        needs: "a complete dump; addresses (debug=2) make it sure",
        run: abandoned_lock::run,
    },
    Analysis {
        kind: proven::KIND,
        finds: "goroutines that Go marks as leaked",
        matters: "Go proves it: nothing that still runs can reach what they wait for",
        cannot: "what a global variable or a live goroutine refers to is never marked, so none proven is not no leak",
        needs: "`(leaked)` marks or a goroutineleak profile (Go 1.26 and later)",
        run: proven::run,
    },
    Analysis {
        kind: forever::KIND,
        finds: "goroutines that use a nil channel or a select without cases",
        matters: "nothing can end such a wait, whatever the program does",
        cannot: "whether it is meant: some programs park a goroutine on purpose",
        needs: "wait reasons: printed at debug=2, inferred elsewhere",
        run: forever::run,
    },
    Analysis {
        kind: suspect::KIND,
        finds: "many goroutines, or abandoned ones, that wait for something which does not come",
        matters: "each keeps its memory for ever; a service that loses one a request dies of it",
        cannot: "an idle pool looks like a leak in one dump; a second dump tells",
        needs: "wait reasons and counts; creators and ages (debug=2, Go 1.21 and later) make it sure",
        run: suspect::run,
    },
    Analysis {
        kind: growth::KIND,
        finds: "what grows from dump to dump",
        matters: "growth is what makes a leak, and needs no guess about what a goroutine waits for",
        cannot: "whether the load grew, too",
        needs: "two dumps or more of one process, oldest first; any format",
        run: growth::run,
    },
];

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
    let mut findings: Vec<Finding> = Vec::new();
    for analysis in ANALYSES {
        let found = (analysis.run)(case);
        let judged = found.into_iter().filter_map(|mut finding| {
            proven::confirm(case.now, &mut finding);
            growth::weigh(case, &mut finding).then_some(finding)
        });
        for finding in judged.filter(|finding| said::admits(case, finding)) {
            if !is_explained(case, &findings, &finding) {
                findings.push(finding);
            }
        }
    }
    rank(&mut findings);
    findings
}

/// Whether `earlier` findings of other kinds explain most of `finding`'s goroutines: four of five, as
/// a few may be caught on their way.
fn is_explained(case: &Case<'_, '_>, earlier: &[Finding], finding: &Finding) -> bool {
    let suspected = finding.kind == suspect::KIND || finding.kind == growth::KIND;
    let explains = |other: &&Finding| {
        let knows_why = other.category != Category::Leak && other.severity >= Severity::Medium;
        other.kind != finding.kind
            && (other.severity >= finding.severity || (suspected && knows_why))
    };
    let count = |index: &usize| case.now.groups.get(*index).map_or(0, |group| group.count);
    let mut covered: Vec<usize> =
        earlier.iter().filter(explains).flat_map(|other| other.groups.iter().copied()).collect();
    covered.sort_unstable();
    let all: i64 = finding.groups.iter().map(count).sum();
    let told: i64 =
        finding.groups.iter().filter(|g| covered.binary_search(g).is_ok()).map(count).sum();
    all > 0 && told.saturating_mul(5) >= all.saturating_mul(4)
}

/// Orders findings: worst first, then surest, then weightiest, then by name.
fn rank(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (Reverse(a.severity), Reverse(a.confidence))
            .cmp(&(Reverse(b.severity), Reverse(b.confidence)))
            .then(b.weight.total_cmp(&a.weight))
            .then_with(|| a.title.cmp(&b.title))
    });
}
