//! A log that takes no more: many goroutines wait for a logger's lock, and one is in its write.
//!
//! Loggers write under a lock. If the other end of standard error, a pipe or a socket is not read, or
//! the disk is slow, one goroutine stays in the write and all others that log wait behind it:
//! the whole service stands still for its log.
//!
//! A single dump does not tell a slow sink from one that is stuck.

use super::library::{LONG, MANY, Seen, callers, finding, pick, seen, since, spread, total, waits};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;

/// The kind of its findings.
pub(super) const KIND: &str = "log-sink-blocked";

/// Fewer meet at a healthy logger by chance.
const FEW: i64 = 3;

/// Packages that write logs.
const LOGGERS: &[&str] = &[
    "log.",
    "log/slog.",
    "log/syslog.",
    "go.uber.org/zap",
    "github.com/sirupsen/logrus.",
    "github.com/rs/zerolog",
    "github.com/go-kit/log",
    "github.com/go-kit/kit/log",
    "github.com/golang/glog.",
    "k8s.io/klog",
    "gopkg.in/natefinch/lumberjack",
    "github.com/natefinch/lumberjack",
    "github.com/hashicorp/go-hclog.",
    "github.com/inconshreveable/log15",
    "github.com/apex/log",
    "github.com/phuslu/log.",
];

/// Functions in which a write waits.
const WRITES: &[&str] = &[
    "os.(*File).Write",
    "net.(*conn).Write",
    "syscall.Write",
    "syscall.write",
    "io.(*pipe).write",
];

/// Looks for loggers with a queue.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let waiting = pick(&all, waits_to_log);
    let writing = pick(&all, writes);
    let count = total(&waiting);
    if count < FEW || writing.is_empty() {
        return Vec::new();
    }
    let mut list = writing.clone();
    list.extend(&waiting);
    let mut finding = finding(KIND, Category::Contention, facts, &list);
    let waits = waits(facts, &list);
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    finding.severity = if count >= MANY || long { Severity::High } else { Severity::Medium };
    finding.confidence = Confidence::Likely;
    let (writers, users) = (callers(facts, &writing), callers(facts, &waiting));
    let call = writing.iter().flat_map(|seen| seen.functions).find(|f| WRITES.contains(f));
    finding.title = Title::LogBlocked {
        waiting: count,
        users: Callers::of(&users),
        writers: Callers::of(&writers),
        call: call.map(|call| (*call).to_owned()),
    };
    if let Some(root) = &mut finding.root {
        root.role = Some(Role::WritesLog);
    }
    finding.evidence.extend(spread(&users));
    finding.evidence.extend(since(&waits));
    finding.next = vec![Advice::SeeLogReader.into(), Advice::BufferLog.into()];
    vec![finding]
}

/// The lock that it waits for is the logger's, or that of the file below it.
fn waits_to_log(seen: &Seen<'_, '_>) -> bool {
    seen.wants_lock()
        && seen
            .functions
            .iter()
            .find(|function| !is_below(function))
            .is_some_and(|function| is_logger(function))
}

fn writes(seen: &Seen<'_, '_>) -> bool {
    !seen.wants_lock()
        && seen.functions.iter().any(|function| WRITES.contains(function))
        && seen.functions.iter().any(|function| is_logger(function))
}

fn is_logger(function: &str) -> bool {
    LOGGERS.iter().any(|prefix| function.starts_with(prefix))
}

/// Locks and files, below what uses them.
fn is_below(function: &str) -> bool {
    ["sync.", "internal/sync.", "internal/poll.", "os.(*File)."]
        .iter()
        .any(|prefix| function.starts_with(prefix))
}
