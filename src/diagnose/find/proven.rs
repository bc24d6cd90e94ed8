//! Leaks that Go itself has proven: goroutines marked `(leaked)`, and those of a `goroutineleak`
//! profile (Go 1.26 with an experiment, 1.27).
//!
//! Why it matters: Go's collector marks a goroutine only if what it waits for can be reached from
//! nowhere, so that nothing can ever wake it. Its reports are sound.
//!
//! What it cannot know: what is reachable from a global variable or a live goroutine is never marked,
//! nor is who polls, sleeps or waits for the network. None marked means none proven, not no leak
//! ([`notes`](super::notes) says so). Marked goroutines have no ages.

use super::crowd::{Crowd, crowds, site};
use super::reason;
use super::tell::{self, are, goroutines};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};

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
    let (n, doing) = (crowd.leaked, reason::doing(crowd.kind));
    finding.title = format!(
        "{} {} leaked, {doing} in {}: {}",
        goroutines(n),
        are(n),
        crowd.site.words(),
        reason::because_of(crowd.kind, n)
    );
    finding.evidence.push(format!(
        "Go's garbage collector found that nothing can reach what {} for",
        if n == 1 { "it waits" } else { "they wait" }
    ));
    if crowd.count > n {
        let more = crowd.count - n;
        finding.evidence.push(format!(
            "{more} more {} at the same place unmarked: Go misses what a global variable or a live goroutine still refers to",
            are(more)
        ));
    }
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.extend(tell::since(crowd));
    finding.next = tell::next(facts, crowd, Severity::High);
    finding.next.pop();
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
    finding.title = tell::proven(&finding.title);
    finding.evidence.insert(
        0,
        format!("Go's garbage collector marks {leaked} of the {all} as leaked: nothing can ever wake them"),
    );
}

/// Makes those of `findings` proven that are about functions in which goroutines of `proven` wait, a
/// profile of the same process that holds only what Go has proven. What it holds, in a sentence.
pub(super) fn join(
    now: &Index<'_>,
    proven: &Index<'_>,
    findings: &mut [Finding],
) -> Option<String> {
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
        finding.title = tell::proven(&finding.title);
        finding.next.retain(|step| !step.starts_with(tell::SECOND_DUMP));
        let sentence = format!(
            "the goroutineleak profile given with it proves that {} {} leaked here",
            goroutines(count),
            are(count)
        );
        finding.evidence.insert(0, sentence);
    }
    let all = crowds.iter().fold(0i64, |sum, crowd| sum.saturating_add(crowd.count));
    let named: Vec<_> = crowds
        .iter()
        .take(NAMED)
        .map(|crowd| format!("{} in {}", crowd.count, crowd.site.words()))
        .collect();
    (all > 0).then(|| {
        format!(
            "the goroutineleak profile given with it proves {}: {}{}",
            if all == 1 { "1 leak".to_owned() } else { format!("{all} leaks") },
            named.join(", "),
            if crowds.len() > NAMED { ", and more" } else { "" }
        )
    })
}
