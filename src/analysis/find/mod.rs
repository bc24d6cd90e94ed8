//! The analyses: one file each, registered in [`ANALYSES`], which also feeds help and documents.

mod benign;
mod cluster;
mod connection;
mod crowd;
mod forever;
mod origin;
mod proven;
mod reason;
mod rest;
mod suspect;
mod tell;

use std::cmp::Reverse;

use super::facts::Case;
use super::finding::Finding;

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
];

/// Runs all analyses and ranks what they find.
///
/// A finding whose groups were all explained by findings of an earlier analysis, at least as severe, is
/// left out.
pub fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for analysis in ANALYSES {
        for finding in (analysis.run)(case) {
            let explained = !finding.groups.is_empty()
                && finding.groups.iter().all(|group| {
                    findings.iter().any(|earlier| {
                        earlier.kind != finding.kind
                            && earlier.severity >= finding.severity
                            && earlier.groups.contains(group)
                    })
                });
            if !explained {
                findings.push(finding);
            }
        }
    }
    rank(&mut findings);
    findings
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
