//! What a goroutine is doing: its status or wait reason, and the flags beside it.

use super::intern::StrId;

/// What stands between the brackets of a goroutine's header, or what was inferred in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Head {
    /// The wait reason where there is one, else the status, verbatim and without flags; empty if
    /// not known.
    pub state: StrId,
    /// Go's own `N minutes`: approximate, as Go counts from a GC cycle (1.27 runtime/mgcmark.go);
    /// `None` is under a minute, no GC yet, a leaked goroutine (1.26 and later), or a format that
    /// carries no ages.
    pub minutes: Option<u32>,
    /// `(leaked)` (Go 1.26 and later), or a goroutine of a `goroutineleak` profile.
    pub leaked: bool,
    /// `(scan)` (Go 1.6 and later): the GC was scanning its stack.
    pub scan: bool,
    /// `(durable)`, of its own or as a part of the wait reason (Go 1.25 and later).
    pub durable: bool,
    /// `locked to thread` (Go 1.4 and later).
    pub locked: bool,
    /// The `testing/synctest` bubble it is in.
    pub bubble: Option<Bubble>,
    /// The state was not printed but inferred from the frames (debug=1 and debug=0).
    pub inferred: bool,
    /// The goroutine's text is cut off after its header.
    pub cut: bool,
}

/// The `testing/synctest` bubble of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bubble {
    /// `synctest group N` (Go 1.24): N is the goroutine id of the bubble's root.
    Group(u64),
    /// `synctest bubble N` (Go 1.25 and later): N is the bubble's id.
    Bubble(u64),
}

/// Every wait reason that Go 1.0 to 1.27 prints (runtime2.go, waitReasonStrings; before 1.11 the
/// arguments of gopark), in the order of that table where it has one.
pub const WAIT_REASONS: &[&str] = &[
    "GC assist marking",
    "IO wait",
    "chan receive (nil chan)",
    "chan send (nil chan)",
    "dumping heap",
    "garbage collection",
    "garbage collection scan",
    "panicwait",
    "select",
    "select (no cases)",
    "GC assist wait",
    "GC sweep wait",
    "GC scavenge wait",
    "chan receive",
    "chan send",
    "finalizer wait",
    "force gc (idle)",
    "GOMAXPROCS updater (idle)",
    "semacquire",
    "semarelease",
    "sleep",
    "chan receive (durable)",
    "chan send (durable)",
    "select (durable)",
    "sync.WaitGroup.Wait (durable)",
    "chan receive (synctest)",
    "chan send (synctest)",
    "select (synctest)",
    "sync.Cond.Wait",
    "sync.Mutex.Lock",
    "sync.RWMutex.RLock",
    "sync.RWMutex.Lock",
    "sync.WaitGroup.Wait",
    "trace reader (blocked)",
    "wait for GC cycle",
    "GC worker (idle)",
    "GC worker (active)",
    "preempted",
    "debug call",
    "GC mark termination",
    "stopping the world",
    "flushing proc caches",
    "trace goroutine status",
    "trace proc status",
    "page trace flush",
    "coroutine",
    "GC weak to strong wait",
    "synctest.Run",
    "synctest.Wait",
    "cleanup wait",
    // Gone from current versions:
    "timer goroutine (idle)",
    "new goroutine",
    "stack split",
    "stack unsplit",
    "stack growth",
    "mark wait (idle)",
    "Concurrent GC wait",
    "unknown wait reason",
];

/// Every goroutine status that Go 1.0 to 1.27 prints where there is no wait reason (traceback.go,
/// gStatusStrings).
pub const STATUSES: &[&str] = &[
    "idle",
    "runnable",
    "running",
    "syscall",
    "waiting",
    "dead",
    "copystack",
    "enqueue",
    "moribund",
    "preempted",
    "leaked",
    "waiting for cgo callback",
    "???",
];

/// Whether `state` is a status that a running or runnable goroutine has, so that it waits for nothing.
pub fn is_on_cpu(state: &str) -> bool {
    matches!(state, "running" | "runnable" | "copystack" | "preempted")
}
