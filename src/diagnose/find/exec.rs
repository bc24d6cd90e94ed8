//! Commands that have ended while something else holds their output: `os/exec` waits for the pipe.
//!
//! If `Cmd.Stdout` or `Cmd.Stderr` is no file, a goroutine copies the output from a pipe, and `Wait`
//! waits for it after the child has ended. A grandchild that inherited the pipe (a daemon, a `sleep &`
//! in a shell script) keeps it open, so that the copy never ends. In the dump the caller is in
//! `awaitGoroutines` (before Go 1.20 in `Wait` itself), past the wait for the process.
//!
//! Which process holds the pipe is not in the dump.

use super::library::{
    LONG, Seen, callers, finding, pick, seen, since, spread, steps, total, waits,
};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "exec-pipe-held";

/// What is left in a pipe when a child ends is copied in milliseconds, so that even a few at the same
/// time are no chance.
const FEW: i64 = 3;

/// Looks for callers that wait for copies which do not end.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let waiting = pick(&all, awaits_copy);
    let copies = pick(&all, copies);
    let count = total(&waiting);
    let waits = waits(facts, &waiting);
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    let severity = match count {
        0 => return Vec::new(),
        FEW.. => Severity::High,
        _ if long => Severity::High,
        _ if waits.known > 0 => Severity::Medium,
        _ => Severity::Low,
    };
    let mut list = waiting.clone();
    list.extend(&copies);
    let users = callers(facts, &waiting);
    let mut finding = finding(KIND, Category::Leak, facts, &list);
    finding.severity = severity;
    finding.confidence = if copies.is_empty() { Confidence::Possible } else { Confidence::Likely };
    finding.title = Title::PipeHeld { users: Callers::of(&users), commands: count };
    finding.evidence = vec![Evidence::PastChild { waiting: count, copies: total(&copies) }];
    finding.evidence.extend(spread(&users));
    finding.evidence.extend(since(&waits));
    finding.next = steps(&users, Advice::WaitDelay);
    finding.next.push(Advice::FindPipeHolder.into());
    vec![finding]
}

fn awaits_copy(seen: &Seen<'_, '_>) -> bool {
    let receives = seen.may_be(&[WaitKind::Receive, WaitKind::Select]);
    receives
        && (seen.top() == "os/exec.(*Cmd).awaitGoroutines" || seen.top() == "os/exec.(*Cmd).Wait")
}

fn copies(seen: &Seen<'_, '_>) -> bool {
    seen.may_be(&[WaitKind::Io])
        && seen.has_prefix("os/exec.(*Cmd).Start.func")
        && seen.has_prefix("os.(*File).")
}
