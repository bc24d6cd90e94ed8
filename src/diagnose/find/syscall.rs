//! Goroutines that stay in a system call, or in C code, each with an operating system thread.
//!
//! The network and most pipes do not use threads in Go; files, FIFOs, file locks, child processes and
//! cgo do. A call that does not return (a FIFO without a partner, a hung NFS or FUSE mount, `flock`
//! held by another process) pins a thread, and a program ends when it has 10 000
//! (`runtime/debug.SetMaxThreads`).
//!
//! File names are not in the dump. A goroutine that waits for a child or reads a terminal is normal.

use super::library::{
    LONG, MANY, Seen, TOO_MANY, callers, finding, grows, pick, seen, since, total, waits,
};
use super::tangles::SURE;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::Caller;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::{CallAwaits, Title};
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "stuck-syscall";

/// What a call waits for, by a part of its name.
const CALLS: &[(&str, CallAwaits)] = &[
    ("wait4", CallAwaits::Child),
    ("waitid", CallAwaits::Child),
    ("blockUntilWaitable", CallAwaits::Child),
    ("pidfdWait", CallAwaits::Child),
    ("flock", CallAwaits::FileLock),
    ("fcntl", CallAwaits::FileLock),
    ("open", CallAwaits::Open),
    ("sync", CallAwaits::Disk),
    ("write", CallAwaits::Write),
    ("read", CallAwaits::Read),
    ("stat", CallAwaits::FileSystem),
    ("connect", CallAwaits::Connection),
    ("cgocall", CallAwaits::C),
];

/// Calls that wait for whatever comes next, of all operating systems: their loops are meant to stay in them.
const LOOPS: &[&str] = &[
    "EpollWait",
    "EpollPwait",
    "Kevent",
    "Poll",
    "Ppoll",
    "Select",
    "Pselect",
    "InotifyRead",
    "GetQueuedCompletionStatus",
    "GetQueuedCompletionStatusEx",
    "WaitForSingleObject",
    "WaitForMultipleObjects",
    "StartServiceCtrlDispatcher",
    "ReadDirectoryChanges",
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
                callers(facts, &[seen])
                    .first()
                    .is_some_and(|other| other.at.function == caller.at.function)
            })
            .collect();
        findings.extend(stuck(case, facts, &caller, &same));
    }
    findings
}

fn stuck(
    case: &Case<'_, '_>,
    facts: &Index<'_>,
    caller: &Caller,
    list: &[&Seen<'_, '_>],
) -> Option<Finding> {
    let count = total(list);
    let waits = waits(facts, list);
    let call = list.first().map_or("", |seen| call(seen));
    let lower = call.to_lowercase();
    let known = CALLS.iter().find(|(part, _)| lower.contains(&part.to_lowercase()));
    let awaits = known.map_or(CallAwaits::Unknown, |(_, awaits)| *awaits);
    let long = waits.max.is_some_and(|minutes| minutes >= longest(awaits));
    let harmless = matches!(awaits, CallAwaits::Child | CallAwaits::C | CallAwaits::Read);
    let grows = grows(case, |seen| is_in_call(seen) && seen.has(&caller.at.function));
    let severity = match count {
        TOO_MANY.. => Severity::High,
        MANY.. if long || grows => Severity::High,
        MANY.. => Severity::Medium,
        // Nothing that is to be written is, from then on.
        1.. if waits.max.is_some_and(|minutes| minutes >= SURE) && longest(awaits) < LONG => {
            Severity::High
        }
        1.. if long && !harmless => Severity::Medium,
        2.. if long => Severity::Low,
        _ => return None,
    };
    let mut finding = finding(KIND, Category::Syscall, facts, list);
    finding.severity = severity;
    finding.confidence = if long { Confidence::Likely } else { Confidence::Possible };
    finding.title = Title::StuckSyscall {
        stuck: count,
        call: call.to_owned(),
        function: caller.at.function.clone(),
        awaits,
    };
    finding.evidence = vec![Evidence::PinsThreads { threads: count }];
    finding.evidence.extend(since(&waits));
    finding.next =
        vec![Step::at(caller.at.clone(), Advice::SeeSyscall), Advice::SyscallDeadline.into()];
    Some(finding)
}

/// Minutes after which a call is not only slow. A file system or pipe takes what is written at once, or is
/// frozen or full.
fn longest(awaits: CallAwaits) -> u32 {
    if matches!(awaits, CallAwaits::Write | CallAwaits::Disk) { 1 } else { LONG }
}

/// In a system call or C code, and not one that Go itself waits in.
fn is_in_call(seen: &Seen<'_, '_>) -> bool {
    let in_call = seen.kind == WaitKind::Syscall
        || ["syscall.", "golang.org/x/sys/", "internal/syscall/"]
            .iter()
            .any(|prefix| seen.top().starts_with(prefix));
    // A thread that belongs to C code for good, such as the loop of a user interface, is meant to stay.
    let at_home = seen.group.locked == seen.group.count && seen.group.count == 1;
    in_call
        && !seen.has_prefix("os/signal.")
        && !at_home
        && seen.kind != WaitKind::OnCpu
        && !seen.functions.iter().any(|function| is_loop(function))
}

/// Whether `function` waits for whatever comes next.
fn is_loop(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function).replace('_', "");
    LOOPS.iter().any(|known| known.eq_ignore_ascii_case(&name))
}

/// The name of the call: the innermost function that says what is called.
fn call<'d>(seen: &Seen<'_, 'd>) -> &'d str {
    let raw = |function: &&&str| {
        let name = function.rsplit('.').next().unwrap_or(function);
        name.to_lowercase().contains("syscall") && !name.contains("cgocall")
    };
    seen.functions.iter().find(|function| !raw(function)).copied().unwrap_or_else(|| seen.top())
}
