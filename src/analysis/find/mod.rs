//! The analyses: one file each, registered in [`ANALYSES`], which also feeds help and documents.

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
pub const ANALYSES: &[Analysis] = &[];

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
