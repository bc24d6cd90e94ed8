//! Contexts that are never cancelled below a parent that is no context of the standard library.
//!
//! If the parent's type is not one of package `context`, each child made by `WithCancel`, `WithTimeout`
//! or `WithDeadline` needs a goroutine that waits for either to end (`propagateCancel`). It ends with
//! the child's `cancel`. As many as no call in progress can own are lost cancels: what `go vet` calls
//! `lostcancel`, and here it leaks a goroutine each time.
//!
//! Who made the context has returned and is on no stack.

use super::library::{
    MANY, Seen, TOO_MANY, callers, finding, grows, in_user_code, pick, seen, since, total, waits,
};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;

/// The kind of its findings.
pub(super) const KIND: &str = "context-not-cancelled";

/// Looks for goroutines that link contexts.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, links);
    let count = total(&list);
    let grows = grows(case, links);
    // More than there are goroutines in calls that could have made them.
    let surplus = count > in_user_code(facts);
    let severity = match count {
        MANY.. if surplus || grows => Severity::High,
        TOO_MANY.. => Severity::Medium,
        MANY.. => Severity::Low,
        _ => return Vec::new(),
    };
    let mut finding = finding(KIND, Category::Leak, facts, &list);
    finding.severity = severity;
    finding.confidence = if surplus { Confidence::Likely } else { Confidence::Possible };
    let function = list.first().map_or("", |seen| seen.top()).to_owned();
    finding.title = Title::OpenContexts { open: count, function };
    finding.evidence = evidence(facts, &list, count, in_user_code(facts));
    finding.evidence.extend(since(&waits(facts, &list)));
    let users = callers(facts, &pick(&all, |seen| !links(seen)));
    finding.next = vec![Advice::CancelContexts.into(), Advice::ForeignContext.into()];
    finding.next.extend(users.first().map(|first| Step::StartWith { at: first.at.clone() }));
    vec![finding]
}

fn evidence(facts: &Index<'_>, list: &[&Seen<'_, '_>], count: i64, own: i64) -> Vec<Evidence> {
    let mut all = vec![Evidence::OpenContexts { open: count, own }];
    let groups = list.iter().filter_map(|seen| facts.group(seen.index, 0));
    let distinct: usize =
        groups.flat_map(|group| group.creators).filter_map(|creator| creator.goroutines).sum();
    if distinct > 1 {
        all.push(Evidence::MadeBy { goroutines: distinct });
    }
    all
}

fn links(seen: &Seen<'_, '_>) -> bool {
    ["context.propagateCancel.func", "context.(*cancelCtx).propagateCancel.func"]
        .iter()
        .any(|prefix| seen.top().starts_with(prefix))
}
