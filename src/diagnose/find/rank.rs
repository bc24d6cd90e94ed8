//! The order of findings.

use std::cmp::Reverse;

use super::suspect;
use crate::diagnose::finding::Finding;

/// Orders findings: worst first, then surest, then weightiest, then those that say why before suspicions,
/// then by kind and by what they say.
pub(super) fn rank(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (Reverse(a.severity), Reverse(a.confidence))
            .cmp(&(Reverse(b.severity), Reverse(b.confidence)))
            .then(b.weight.total_cmp(&a.weight))
            .then_with(|| (a.kind == suspect::KIND).cmp(&(b.kind == suspect::KIND)))
            .then_with(|| a.kind.cmp(b.kind))
            .then_with(|| a.title.data().cmp(&b.title.data()))
    });
}
