//! What a gate does not accept if nobody says what.
//!
//! In the scenarios of `testdata/` no healthy program has a finding that is red here, and of those with a
//! fault nearly twice as many are red as with findings of high severity alone.

use crate::diagnose::Sight;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::model::Dump;
use crate::view::version::format_words;

/// The kind of findings that have nothing but a crowd for evidence.
const SUSPECTED_LEAK: &str = "suspected-leak";

/// What is red, in words.
pub(super) const WORDS: &str = "high, or medium if a deadlock or a leak whose cause is known";

/// Whether `finding` in `dump` is red.
///
/// A leak that is suspected for its crowd alone has to be high where creators tell pools from leaks.
/// Where the format has no creators nothing of the kind becomes high, so there a likely one counts.
pub(super) fn is_red(finding: &Finding, dump: &Dump) -> bool {
    let grave = matches!(finding.category, Category::Leak | Category::Deadlock);
    let known = finding.kind != SUSPECTED_LEAK
        || (!dump.format.is_traceback() && finding.confidence >= Confidence::Likely);
    match finding.severity {
        Severity::High => true,
        Severity::Medium => grave && known,
        Severity::Low | Severity::Info => false,
    }
}

/// What a green gate could not see in `now`, as the format has neither ages nor creators, and what would
/// tell.
pub(super) fn unseen(now: &Sight<'_>, fails: impl Fn(&Finding) -> bool) -> Option<String> {
    let dump = now.facts.dump();
    if dump.format.is_traceback() {
        return None;
    }
    let suspects = now.findings.iter().filter(|finding| {
        finding.kind == SUSPECTED_LEAK && finding.severity >= Severity::Low && !fails(finding)
    });
    let most = suspects.max_by_key(|finding| finding.count)?;
    let place = super::place_of(now, most);
    let at = place.map_or_else(String::new, |place| format!(" in {}", place.function));
    Some(format!(
        "not seen: whether {} goroutines{at} leak, as {} has neither ages nor creators; debug=2 tells, \
         or an earlier dump given before this one",
        most.count,
        format_words(dump.format)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_that_is_told_apart_is_one() {
        let mut kinds = crate::diagnose::find::ANALYSES.iter().map(|analysis| analysis.kind);
        assert!(kinds.any(|kind| kind == SUSPECTED_LEAK));
    }
}
