//! Phrases that sentences are made of: numbers of goroutines, places, what goroutines do.

use crate::diagnose::activity::Activity;
use crate::diagnose::data::Goid;
use crate::diagnose::rating::Confidence;
use crate::diagnose::role::{LockName, LockType, Wants};
use crate::diagnose::said::{Caller, Callers, Named};
use crate::model::wait::LockKind;
use crate::model::{SourceLocation, WaitKind};

/// `1 goroutine`, `20 goroutines`.
pub(super) fn goroutines(n: i64) -> String {
    if n == 1 { "1 goroutine".to_owned() } else { format!("{n} goroutines") }
}

/// `1 goroutine waits`, `20 goroutines wait`.
pub(super) fn wait(n: i64) -> String {
    if n == 1 { "1 goroutine waits".to_owned() } else { format!("{n} goroutines wait") }
}

/// `is` or `are`.
pub(super) fn are(n: i64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// `goroutine 16`, or `a goroutine` where the format has no ids.
pub(super) fn who(goid: Option<Goid>) -> String {
    goid.map_or_else(|| "a goroutine".to_owned(), |Goid(goid)| format!("goroutine {goid}"))
}

/// `goroutine 16, main.run`, `3 goroutines in main.run`.
pub(super) fn named(named: &Named) -> String {
    let Named { goid, count, function } = named;
    match (goid, count) {
        (Some(goid), 1) => format!("goroutine {goid}, {function}"),
        (_, 0 | 1) => function.clone(),
        (_, n) => format!("{n} goroutines in {function}"),
    }
}

/// `main.go:88`; empty if the line is not known.
pub(super) fn line(at: &SourceLocation) -> String {
    match at.file_name() {
        "" => String::new(),
        _ if at.line == 0 => String::new(),
        file => format!("{file}:{}", at.line),
    }
}

/// Where a crash is if Go does not say.
pub(super) const UNPRINTED: &str = "a function that is not printed";

/// `main.lookup (main.go:88)`.
pub(super) fn place(at: &SourceLocation) -> String {
    match line(at) {
        line if line.is_empty() => at.function.clone(),
        line => format!("{} ({line})", at.function),
    }
}

/// `main.go:88`; the function if the line is not known.
pub(super) fn line_or_function(at: &SourceLocation) -> String {
    Some(line(at)).filter(|line| !line.is_empty()).unwrap_or_else(|| at.function.clone())
}

/// `47 min`, `3 h 12 min`, `2 d 1 h`.
pub(super) fn time(minutes: u32) -> String {
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// `main.fetch`, `main.fetch and 2 other functions`; `default` if there is none.
pub(super) fn callers(callers: &Callers, default: &str) -> String {
    match (callers.first.first(), callers.all) {
        (None, _) => default.to_owned(),
        (Some(only), 0 | 1) => only.at.function.clone(),
        (Some(first), 2) => format!("{} and 1 other function", first.at.function),
        (Some(first), all) => format!("{} and {} other functions", first.at.function, all - 1),
    }
}

/// `12 in main.fetch (main.go:40), 3 in main.poll (main.go:70)`.
pub(super) fn counts(list: &[Caller]) -> String {
    let one = |caller: &Caller| format!("{} in {}", caller.count, place(&caller.at));
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `the mutex`, `the RWMutex`, `the sync.Once`.
pub(super) fn lock(lock: LockName) -> &'static str {
    match lock.kind {
        LockType::Mutex => "the mutex",
        LockType::RwMutex => "the RWMutex",
        LockType::Once => "the sync.Once",
    }
}

/// `the mutex at 0x76daecbe1a0`.
pub(super) fn lock_at(name: LockName) -> String {
    let address = name.address.map_or_else(String::new, |address| format!(" at {address:#x}"));
    format!("{}{address}", lock(name))
}

/// `likely` or `possible`.
pub(super) fn sure(confidence: Confidence) -> &'static str {
    confidence.name()
}

/// What goroutines do: the verb for one, for several, and what stands behind it.
fn does(activity: &Activity) -> (&'static str, &'static str, String) {
    let (one, several, rest) = match activity {
        Activity::Waits(WaitKind::Lock(lock)) => match lock {
            LockKind::Read => ("waits", "wait", "to read-lock"),
            LockKind::Write | LockKind::WriteBehind => ("waits", "wait", "to write-lock"),
            _ => ("waits", "wait", "for another lock"),
        },
        Activity::Waits(WaitKind::WaitGroup) => ("waits", "wait", "in a WaitGroup"),
        Activity::Waits(_) => ("waits", "wait", "in a Cond"),
        Activity::Accepts => ("waits", "wait", "for connections"),
        Activity::WritesNetwork => ("is", "are", "writing to the network"),
        Activity::ReadsNetwork => ("is", "are", "reading from the network"),
        Activity::ReadsFile => ("is", "are", "reading from a file or pipe"),
        Activity::AwaitsResponse => ("waits", "wait", "for an HTTP response"),
        Activity::AwaitsConnection => ("waits", "wait", "for a database connection"),
        Activity::State(kind, state) => match kind {
            WaitKind::Syscall => ("is", "are", "in a system call"),
            WaitKind::Sleep => ("sleeps", "sleep", ""),
            WaitKind::OnCpu => ("is", "are", "running"),
            WaitKind::Select => ("waits", "wait", "in a select"),
            WaitKind::EmptySelect => ("waits", "wait", "in a select without cases"),
            WaitKind::Send => ("is", "are", "blocked sending on a channel"),
            WaitKind::Receive => ("is", "are", "blocked receiving from a channel"),
            WaitKind::NilChan(_) => ("is", "are", "blocked on a nil channel"),
            WaitKind::Unknown => ("waits", "wait", "for something that this format does not show"),
            _ => return ("is", "are", format!("in state `{state}`")),
        },
    };
    (one, several, rest.to_owned())
}

fn joined(verb: &str, rest: &str) -> String {
    if rest.is_empty() { verb.to_owned() } else { format!("{verb} {rest}") }
}

/// What one goroutine does: `is reading from the network`; nothing if that is not known.
pub(super) fn one_does(activity: Option<&Activity>) -> String {
    activity.map(does).map_or_else(String::new, |(one, _, rest)| joined(one, &rest))
}

/// What several do: `are reading from the network`.
pub(super) fn several_do(activity: Option<&Activity>) -> String {
    activity.map(does).map_or_else(String::new, |(_, several, rest)| joined(several, &rest))
}

/// What one does, without a form of `to be`: `reading from the network`.
pub(super) fn doing(activity: Option<&Activity>) -> String {
    match activity.map(does) {
        Some(("is", _, rest)) => rest,
        Some((one, _, rest)) => joined(one, &rest),
        None => String::new(),
    }
}

/// What a goroutine wants of another one, as a verb that this one is the object of.
pub(super) fn wants(wants: Wants) -> &'static str {
    match wants {
        Wants::Unlock | Wants::UnlockAt(_) | Wants::UnlockOther => "waits for a lock of",
        Wants::Write => "is kept out by the writer",
        Wants::End => "waits in a WaitGroup for",
        Wants::Receive => "is blocked sending to",
        Wants::Send => "is blocked receiving from",
        Wants::Signal => "waits in a Cond for a signal of",
    }
}

/// What goroutines wait for: `sending on a channel`.
pub(super) fn waiting(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::NilChan(_) => "using a channel that was never made",
        WaitKind::EmptySelect => "in a select without cases",
        WaitKind::Send => "sending on a channel",
        WaitKind::Receive => "receiving from a channel",
        WaitKind::Select => "in a select",
        WaitKind::Cond => "waiting for a sync.Cond",
        WaitKind::WaitGroup => "waiting for a WaitGroup",
        WaitKind::Coroutine => "in an iter.Pull",
        WaitKind::Lock(_) => "waiting for a lock",
        WaitKind::Io => "waiting for the network or a pipe",
        WaitKind::Sleep => "sleeping",
        WaitKind::Syscall => "in a system call",
        WaitKind::OnCpu => "running",
        WaitKind::Unknown | WaitKind::Unstated => "waiting (probably for a channel)",
        _ => "waiting",
    }
}

/// Why goroutines, one or several, do not go on.
pub(super) fn because(kind: WaitKind, count: i64) -> &'static str {
    let one = count == 1;
    match kind {
        WaitKind::NilChan(_) | WaitKind::EmptySelect if one => "nothing can ever wake it",
        WaitKind::NilChan(_) | WaitKind::EmptySelect => "nothing can ever wake them",
        WaitKind::Send => "nobody receives",
        WaitKind::Receive => "nobody sends or closes it",
        WaitKind::Select => "none of its cases gets ready",
        WaitKind::Cond => "nobody signals it",
        WaitKind::WaitGroup => "it is never done",
        WaitKind::Coroutine => "nobody calls next or stop",
        WaitKind::Lock(_) => "nobody unlocks it",
        WaitKind::Io => "nothing arrives",
        WaitKind::Sleep if one => "it polls without an end",
        WaitKind::Sleep => "they poll without an end",
        WaitKind::Unknown | WaitKind::Unstated if one => "nobody wakes it",
        WaitKind::Unknown | WaitKind::Unstated => "nobody wakes them",
        _ if one => "it does not end",
        _ => "they do not end",
    }
}
