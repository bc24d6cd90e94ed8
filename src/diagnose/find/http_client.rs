//! Clients of an HTTP server that do not read what it sends: connections blocked in a write.
//!
//! `net/http` servers write without a deadline unless `Server.WriteTimeout` is set. If a client stops
//! reading, the handler's goroutine stays in the write, with all that it holds, until the client goes.
//! A write may also be slow for an honest reason: a large body over a thin line.

use super::library::{
    LONG, MANY, Seen, TOO_MANY, callers, finding, pick, seen, since, total, waits,
};
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "client-does-not-read";

/// Looks for servers that are stuck in a write.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, writes);
    let count = total(&list);
    let waits = waits(facts, &list);
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    let severity = match count {
        TOO_MANY.. if long => Severity::High,
        MANY.. => Severity::Medium,
        1.. if long => Severity::Medium,
        _ => return Vec::new(),
    };
    let users = callers(facts, &list);
    let mut finding = finding(KIND, Category::Slow, facts, &list);
    finding.severity = severity;
    finding.confidence = Confidence::Likely;
    finding.title = Title::ClientDoesNotRead { writing: count, users: Callers::of(&users) };
    finding.evidence = vec![Fact::ClientMakesRoom.into()];
    finding.evidence.extend(since(&waits));
    finding.next = vec![Advice::WriteTimeout.into()];
    vec![finding]
}

fn writes(seen: &Seen<'_, '_>) -> bool {
    seen.may_be(&[WaitKind::Io])
        && seen.has("net/http.(*conn).serve")
        && ["net.(*netFD).Write", "net.(*conn).Write", "internal/poll.(*FD).Write"]
            .iter()
            .any(|function| seen.has(function))
}
