//! Goroutines that stay in a system call, or in C code, each with an operating system thread.
//!
//! The network and most pipes do not use threads in Go; files, FIFOs, file locks, child processes and
//! cgo do. A call that does not return (a FIFO without a partner, a hung NFS or FUSE mount, `flock`
//! held by another process) pins a thread, and a program ends when it has 10 000
//! (`runtime/debug.SetMaxThreads`).
//!
//! File names are not in the dump. A goroutine that waits for a child or reads a terminal is normal.

use super::library::{
    Caller, LONG, MANY, Seen, TOO_MANY, callers, finding, grows, pick, seen, since, total, waits,
};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "stuck-syscall";

/// What a call waits for, by a part of its name.
const CALLS: &[(&str, &str)] = &[
    ("wait4", "a child process"),
    ("waitid", "a child process"),
    ("blockUntilWaitable", "a child process"),
    ("pidfdWait", "a child process"),
    ("flock", "a file lock that another process holds"),
    ("fcntl", "a file lock that another process holds"),
    ("open", "a file to open: a FIFO without a partner, or a file system that hangs"),
    ("sync", "the disk"),
    ("write", "a file or device to take data"),
    ("read", "a file, terminal or FIFO to give data"),
    ("stat", "a file system"),
    ("connect", "a connection"),
    ("cgocall", "C code to return"),
];

/// Looks for calls that do not return.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, is_in_call);
    let mut findings = Vec::new();
    for caller in callers(facts, &list) {
        let same: Vec<_> = list
            .iter()
            .copied()
            .filter(|seen| {
                callers(facts, &[seen]).first().is_some_and(|c| c.function == caller.function)
            })
            .collect();
        findings.extend(stuck(case, facts, &caller, &same));
    }
    findings
}

fn stuck(
    case: &Case<'_, '_>,
    facts: &Index<'_>,
    caller: &Caller<'_>,
    list: &[&Seen<'_, '_>],
) -> Option<Finding> {
    let count = total(list);
    let waits = waits(facts, list);
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    let call = list.first().map_or("", |seen| call(seen));
    let lower = call.to_lowercase();
    let what = CALLS.iter().find(|(part, _)| lower.contains(&part.to_lowercase()));
    let harmless = what.is_some_and(|(_, what)| {
        what.starts_with("a child") || what.starts_with("C code") || what.contains("terminal")
    });
    let grows = grows(case, |seen| is_in_call(seen) && seen.has(caller.function));
    let severity = match count {
        TOO_MANY.. => Severity::High,
        MANY.. if long || grows => Severity::High,
        MANY.. => Severity::Medium,
        1.. if long && !harmless => Severity::Medium,
        2.. if long => Severity::Low,
        _ => return None,
    };
    let mut finding = finding(KIND, Category::Syscall, facts, list);
    finding.severity = severity;
    finding.confidence = if long { Confidence::Likely } else { Confidence::Possible };
    finding.title = format!(
        "{count} {} stuck in {call} in {}: waiting for {}",
        if count == 1 { "goroutine is" } else { "goroutines are" },
        caller.function,
        what.map_or("the operating system", |(_, what)| what)
    );
    finding.evidence =
        vec![format!("each pins an operating system thread: {count} of the 10000 that Go allows")];
    finding.evidence.extend(since(&waits));
    finding.next = vec![
        format!("{}: see which file, lock or process it waits for (`ls -l /proc/PID/fd`, `lsof -p PID`)", caller.words()),
        "a system call cannot be cancelled: use a deadline where there is one (os.File.SetDeadline, exec.CommandContext), or limit how many run at once".to_owned(),
    ];
    Some(finding)
}

/// In a system call or C code, and not one that Go itself waits in.
fn is_in_call(seen: &Seen<'_, '_>) -> bool {
    let in_call = seen.kind == WaitKind::Syscall
        || ["syscall.", "golang.org/x/sys/", "internal/syscall/"]
            .iter()
            .any(|prefix| seen.top().starts_with(prefix));
    // A thread that belongs to C code for good, such as the loop of a user interface, is meant to stay.
    let at_home = seen.group.locked == seen.group.count && seen.group.count == 1;
    in_call && !seen.has_prefix("os/signal.") && !at_home && seen.kind != WaitKind::OnCpu
}

/// The name of the call: the innermost function that says what is called.
fn call<'d>(seen: &Seen<'_, 'd>) -> &'d str {
    let raw = |function: &&&str| {
        let name = function.rsplit('.').next().unwrap_or(function);
        name.to_lowercase().contains("syscall") && !name.contains("cgocall")
    };
    seen.functions.iter().find(|function| !raw(function)).copied().unwrap_or_else(|| seen.top())
}
