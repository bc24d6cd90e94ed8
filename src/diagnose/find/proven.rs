//! Leaks that Go itself has proven: goroutines marked `(leaked)`, and those of a `goroutineleak`
//! profile (Go 1.26 with an experiment, 1.27).
//!
//! Why it matters: Go's collector marks a goroutine only if what it waits for can be reached from
//! nowhere, so that nothing can ever wake it. Its reports are sound.
//!
//! What it cannot know: what is reachable from a global variable or a live goroutine is never marked,
//! nor is who polls, sleeps or waits for the network. None marked means none proven, not no leak
//! ([`notes`](super::notes()) says so). Marked goroutines have no ages.

use super::crowd::{Crowd, crowds, site};
use super::notes::Note;
use super::tell;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::Caller;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "proven-leak";

/// Looks for marked goroutines; one finding for each function.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let leaked = |index: usize, _| facts.groups.get(index).is_some_and(|group| group.leaked > 0);
    crowds(facts, leaked).iter().map(|crowd| tell_one(facts, crowd)).collect()
}

fn tell_one(facts: &Index<'_>, crowd: &Crowd<'_>) -> Finding {
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    finding.severity = severity(crowd);
    finding.confidence = Confidence::Proven;
    if crowd.kind.is_lock() {
        finding.category = Category::Deadlock;
    }
    let n = crowd.leaked;
    let at = crowd.site.location();
    finding.title = Title::Leaked { leaked: n, waits_for: crowd.kind, at };
    finding.evidence.push(Evidence::Unreachable { goroutines: n });
    if crowd.count > n {
        finding.evidence.push(Evidence::Unmarked { goroutines: crowd.count - n });
    }
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.extend(tell::since(crowd));
    finding.next = tell::steps(facts, crowd, Severity::High);
    finding
}

/// One goroutine that was started once and is stuck costs nothing that anyone will notice, proven or
/// not; one whose starter is gone may be the first of many.
fn severity(crowd: &Crowd<'_>) -> Severity {
    match crowd.leaked {
        1 if crowd.origin.is_gone() => Severity::Medium,
        1 => Severity::Low,
        _ => Severity::High,
    }
}

/// Makes a finding of another analysis proven if Go marks most of its goroutines.
pub(super) fn confirm(facts: &Index<'_>, finding: &mut Finding) {
    let groups = || finding.groups.iter().filter_map(|index| facts.groups.get(*index));
    let leaked = groups().fold(0i64, |sum, group| sum.saturating_add(group.leaked));
    let all = groups().fold(0i64, |sum, group| sum.saturating_add(group.count));
    if finding.kind == KIND || leaked == 0 || leaked.saturating_mul(2) < all {
        return;
    }
    if leaked > 1 {
        finding.severity = Severity::High;
    }
    finding.confidence = Confidence::Proven;
    finding.title.prove();
    finding.evidence.insert(0, Evidence::Marked { leaked, goroutines: all });
}

/// Makes those of `findings` proven that are about functions in which goroutines of `proven` wait, a
/// profile of the same process that holds only what Go has proven. What it holds.
pub(super) fn join(now: &Index<'_>, proven: &Index<'_>, findings: &mut [Finding]) -> Option<Note> {
    /// Functions that the note names.
    const NAMED: usize = 5;
    let crowds = crowds(proven, |_, _| true);
    for finding in &mut *findings {
        let group = finding.groups.first().and_then(|index| now.groups.get(*index));
        let function = group.and_then(|group| site(now, group.stack)).map(|site| site.function);
        let here = crowds.iter().filter(|crowd| Some(crowd.site.function) == function);
        let count = here.fold(0i64, |sum, crowd| sum.saturating_add(crowd.count));
        if count == 0 || finding.kind == KIND {
            continue;
        }
        if count > 1 {
            finding.severity = Severity::High;
        }
        finding.confidence = Confidence::Proven;
        finding.title.prove();
        finding.next.retain(|step| !step.is_second_dump());
        finding.evidence.insert(0, Evidence::InLeakProfile { goroutines: count });
    }
    let all = crowds.iter().fold(0i64, |sum, crowd| sum.saturating_add(crowd.count));
    let one = |crowd: &Crowd<'_>| Caller { at: crowd.site.location(), count: crowd.count };
    (all > 0).then(|| Note::ProfileProves {
        leaks: all,
        first: crowds.iter().take(NAMED).map(one).collect(),
        more: crowds.len() > NAMED,
    })
}
