//! HTTP servers that answer late: goroutines that sent a request and wait for the response.
//!
//! Such a wait is normal for a moment. Many at once, or long ones, mean that a server outside is slow
//! or gone and that no timeout ends the wait; what called waits too. In `getConn` they wait for a
//! connection: one that is being opened, or the limit `MaxConnsPerHost`.
//!
//! A dump does not print URLs, so the server cannot be named, only who calls it.

use super::http::sends;
use super::library::{
    Seen, callers, finding, pick, seen, since, spread, steps, total, urgency, waits,
};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "slow-upstream";

/// Looks for requests without a response.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, |seen| sends(seen) && is_waiting(seen));
    let count = total(&list);
    let waits = waits(facts, &list);
    let Some(severity) = urgency(count, &waits) else { return Vec::new() };
    let users = callers(facts, &list);
    let mut finding = finding(KIND, Category::Slow, facts, &list);
    finding.severity = severity;
    finding.confidence = Confidence::Likely;
    let connecting = total(&pick(&all, |seen| seen.has("net/http.(*Transport).getConn")));
    finding.title = Title::NoResponse {
        waiting: count,
        connecting: connecting.saturating_mul(2) > count,
        users: Callers::of(&users),
    };
    finding.evidence = vec![Evidence::Unanswered { requests: count, connecting }];
    finding.evidence.extend(spread(&users));
    finding.evidence.extend(since(&waits));
    finding.next = steps(&users, Advice::HttpTimeout);
    finding.next.push(Advice::LookAtServer.into());
    vec![finding]
}

fn is_waiting(seen: &Seen<'_, '_>) -> bool {
    seen.may_be(&[WaitKind::Select, WaitKind::Receive, WaitKind::Cond, WaitKind::Io])
}
