//! Servers whose Accept fails.
//!
//! A loop over `Accept` sleeps after an error that may pass, 5 ms to 1 s, and tries again: `net/http`
//! (server.go, (*Server).Serve, all versions of Go) and the servers that are written like it. Of these
//! errors the one that lasts long enough to be met in a dump is `accept: too many open files`: file
//! descriptors are used up, and nobody gets in.

use super::library::{Seen, callers, finding, pick, seen, steps, total};
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of these findings.
pub(super) const KIND: &str = "accept-fails";

/// Loops over `Accept` that sleep for no other reason.
const SLEEP: &[&str] = &["net/http.(*Server).Serve", "github.com/valyala/fasthttp.acceptConn"];

/// Such that wait for a timer in a `select` (grpc-go, server.go, (*Server).Serve).
const SELECT: &[&str] = &["google.golang.org/grpc.(*Server).Serve"];

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, tries_again);
    if list.is_empty() {
        return Vec::new();
    }
    let users = callers(facts, &list);
    let mut finding = finding(KIND, Category::Slow, facts, &list);
    finding.severity = Severity::Medium;
    finding.confidence = Confidence::Likely;
    finding.title = Title::AcceptFails { loops: total(&list), users: Callers::of(&users) };
    finding.evidence = vec![Fact::SleepsAfterAccept.into()];
    finding.next = steps(&users, Advice::FindOpenFiles);
    finding.next.push(Advice::RaiseFileLimit.into());
    vec![finding]
}

/// Whether it waits in a loop over `Accept` before it tries again.
fn tries_again(seen: &Seen<'_, '_>) -> bool {
    let mut calls = seen.functions.iter().skip_while(|name| **name != "time.Sleep");
    let sleeps = calls.nth(1).is_some_and(|name| SLEEP.contains(name));
    sleeps || (seen.may_be(&[WaitKind::Select]) && SELECT.contains(&seen.top()))
}
