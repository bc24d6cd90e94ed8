//! States of Delve's goroutines: what it prints, corrected by what the frames prove.

use crate::model::{Dump, DumpBuilder, Frame, Goroutine, Head, StackId, Symbol, WaitKind};
use crate::parse::infer::era::Era;
use crate::parse::infer::of_stack;

/// What was said of a goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// It is on a thread: it runs, or is in a system call.
    pub(super) on_thread: bool,
    /// Its line was printed, with the wait reason if it has one.
    pub(super) heading: bool,
    /// Its innermost frames were printed.
    pub(super) stack: bool,
}

/// Names that do not have one number in all versions of Go from 1.11 to 1.25: what others are called is
/// sure up to then (runtime2.go, waitReasonStrings; 1.26 ordered all of them anew).
const MOVED: &[&str] = &[
    "GC mark termination",
    "GC worker (active)",
    "GC worker (idle)",
    "coroutine",
    "debug call",
    "flushing proc caches",
    "page trace flush",
    "preempted",
    "stopping the world",
    "timer goroutine (idle)",
    "trace goroutine status",
    "trace proc status",
    "trace reader (blocked)",
    "wait for GC cycle",
];

/// What becomes of the state of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is as it was printed, and the frames prove it or say nothing of it.
    Kept { proven: bool },
    /// It is this.
    Is(&'static str),
}

/// Sets the state of each row, of which `told` was said.
///
/// Delve names a wait by its number, with a table that is that of another version of Go if Delve is
/// older than the program: from Go 1.20 on `sync.Mutex.Lock` is `timer goroutine (idle)` then. So a
/// name is kept unless the frames prove another wait; and where they do for one, names that may be as
/// wrong are not believed unless the frames prove them. On a thread a name is that of the last wait.
pub(super) fn settle(builder: &mut DumpBuilder, told: &[Told]) {
    let era = Era::of(builder.dump(), None);
    let dump = builder.dump();
    let verdicts: Vec<Verdict> =
        dump.goroutines().zip(told).map(|(goroutine, told)| judge(goroutine, *told, era)).collect();
    let wrong =
        dump.goroutines().zip(told).zip(&verdicts).filter_map(|((goroutine, told), verdict)| {
            let other = matches!(verdict, Verdict::Is(_)) && !told.on_thread;
            Some(goroutine.state()).filter(|printed| other && !printed.is_empty())
        });
    let (mut any, mut all) = (false, false);
    wrong.for_each(|printed| (any, all) = (true, all || !is_moved(printed)));
    for (index, verdict) in verdicts.into_iter().enumerate() {
        let Some(goroutine) = builder.dump().goroutine(index) else { continue };
        let (head, printed) = (goroutine.head(), goroutine.state());
        let state = match verdict {
            Verdict::Is(state) => state,
            Verdict::Kept { proven: false } if all || (any && is_moved(printed)) => "",
            Verdict::Kept { .. } => continue,
        };
        let state = builder.string(state.as_bytes());
        let head = builder.head(Head { state, inferred: true, durable: false, ..head });
        builder.set_head(index, head);
    }
}

fn is_moved(state: &str) -> bool {
    MOVED.contains(&state) || state.starts_with("sync.") && state != "sync.Cond.Wait"
}

fn judge(goroutine: Goroutine<'_>, told: Told, era: Era) -> Verdict {
    let (dump, stack) = (goroutine.dump(), goroutine.stack());
    // Of a listing only one frame is known, which is not the innermost one where it waits.
    let proven = of_stack(dump, stack, era).filter(|state| told.stack || !is_on_cpu(state));
    let waits = proven.filter(|state| !is_on_cpu(state));
    let printed = goroutine.state();
    if told.on_thread {
        let in_call = is_in_system_call(dump, stack);
        return Verdict::Is(waits.unwrap_or(if in_call { "syscall" } else { "running" }));
    }
    match (printed, waits) {
        ("", _) => proven.map_or(Verdict::Kept { proven: true }, Verdict::Is),
        (_, Some(waits)) if contradicts(printed, waits) => Verdict::Is(waits),
        (_, waits) => Verdict::Kept { proven: waits.is_some() },
    }
}

/// Whether `printed` names another wait than `proven`, rather than the same more or less exactly:
/// older versions of Go have one name for all waits in package sync.
fn contradicts(printed: &str, proven: &str) -> bool {
    let vague = |state: &str| state == "semacquire";
    let sync = |state: &str| state.starts_with("sync.");
    !(printed.starts_with(proven)
        || vague(printed) && sync(proven)
        || sync(printed) && vague(proven))
}

/// Whether the innermost frames are those of a system call.
fn is_in_system_call(dump: &Dump, stack: StackId) -> bool {
    let first = dump.stack(stack).first().map(|frame| dump.frame(*frame));
    match first {
        Some(Frame::Call { function, .. }) => {
            let name = dump.str(function);
            let symbol = Symbol::new(name);
            let raw = symbol.local().trim_start_matches("Raw").starts_with("Syscall");
            let package = symbol.package();
            (package.ends_with("syscall")
                || package.contains("/syscall/")
                || package.starts_with("golang.org/x/sys"))
                && raw
                || name == "runtime.cgocall"
                || name == "runtime.asmcgocall"
        }
        _ => false,
    }
}

/// Whether a goroutine in this state does not wait.
fn is_on_cpu(state: &str) -> bool {
    WaitKind::of_state(state) == WaitKind::OnCpu
}
