//! What a finding may say of an excerpt, a text from which somebody took a part of a dump: what is not in it
//! may be anywhere.

use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};
use crate::model::Completeness;

/// Makes `finding` as careful as an excerpt asks for. What needs no other goroutine, such as a wait for a nil
/// channel, stays proven.
pub(super) fn calm(facts: &Index<'_>, finding: &mut Finding) {
    let is_excerpt = matches!(facts.dump().completeness(), Completeness::Excerpt(_));
    if is_excerpt && finding.confidence != Confidence::Proven {
        finding.confidence = Confidence::Possible;
        finding.severity = finding.severity.min(Severity::Medium);
    }
}
