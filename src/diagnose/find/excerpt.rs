//! What a finding may say of an excerpt, a text from which somebody took a part of a dump: what is not in it
//! may be anywhere.

use super::{channel, cond, finalizer, waitgroup};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};
use crate::model::Completeness;

/// Kinds that say that somebody is not there.
const ABSENCE: &[&str] = &[channel::DEAD, cond::KIND, finalizer::KIND, waitgroup::NEVER];

/// Evidence that somebody is not there.
const NOBODY: &[Fact] = &[
    Fact::Deserted,
    Fact::NobodyElseHolds,
    Fact::NobodyInside,
    Fact::HolderStuck,
    Fact::MaybeExcerpt,
];

/// Makes `finding` as careful as an excerpt asks for. What needs no other goroutine, such as a wait for a nil
/// channel, stays proven.
pub(super) fn calm(facts: &Index<'_>, finding: &mut Finding) {
    let is_excerpt = matches!(facts.dump().completeness(), Completeness::Excerpt(_));
    if !is_excerpt || finding.confidence == Confidence::Proven {
        return;
    }
    finding.confidence = Confidence::Possible;
    let nobody =
        |evidence: &Evidence| matches!(evidence, Evidence::Fact { fact } if NOBODY.contains(fact));
    if ABSENCE.contains(&finding.kind) || finding.evidence.iter().any(nobody) {
        finding.severity = finding.severity.min(Severity::Medium);
    }
}
