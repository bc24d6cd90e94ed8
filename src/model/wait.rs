//! What goroutines wait for: the kinds of waits, decided from the state that Go prints and, where that does
//! not tell, from the functions in the stack.
//!
//! Go up to 1.19 prints `semacquire` for every lock, up to 1.24 for a `WaitGroup`, and up to 1.10 for a
//! `Cond`. A mutex may be the one in an `RWMutex` or in a `Once`. `(durable)` and `(synctest)` behind a
//! state say that it is inside of a `testing/synctest` bubble; the wait is the same.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::symbol::Symbol;

/// What a goroutine waits for, or that it does not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WaitKind {
    /// A send or receive on a channel that was never made.
    NilChan(Side),
    /// `select {}`.
    EmptySelect,
    /// A send on a channel.
    Send,
    /// A receive from a channel, `range` included.
    Receive,
    /// A `select` with cases.
    Select,
    /// `sync.Cond.Wait`.
    Cond,
    /// `sync.WaitGroup.Wait`.
    WaitGroup,
    /// An `iter.Pull` whose other side does not go on.
    Coroutine,
    /// A lock or a semaphore of the runtime.
    Lock(LockKind),
    /// The network, a pipe or a terminal.
    Io,
    /// `time.Sleep`.
    Sleep,
    /// A system call or C code.
    Syscall,
    /// It runs or could run.
    OnCpu,
    /// The format does not show it: debug=1 hides the runtime's frames, so that a channel operation, a
    /// `select` and running code look alike where nothing else tells them apart.
    Unknown,
    /// Go itself does not say what for: the status `waiting` or `leaked` without a reason.
    Unstated,
    /// The other goroutines of its `testing/synctest` bubble.
    Bubble,
    /// What only goroutines of the runtime wait for.
    System,
    /// Anything else: the garbage collector, the tracer, the debugger.
    Other,
}

/// Which side of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// It sends.
    Send,
    /// It receives.
    Receive,
}

/// Which lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockKind {
    /// A mutex.
    Mutex,
    /// The mutex of a `sync.Once` that another goroutine is running.
    Once,
    /// `RWMutex.RLock`: a writer holds it or waits for it.
    Read,
    /// `RWMutex.Lock`, waiting for readers to leave.
    Write,
    /// `RWMutex.Lock`, waiting behind another writer.
    WriteBehind,
    /// `semacquire`, and the stack does not tell what for: a lock of package sync whose frames are missing,
    /// the lock of a file, the runtime's own.
    Semaphore,
}

impl WaitKind {
    /// The kind of a goroutine in `state`, as Go prints or gdump infers it, with the functions of its
    /// stack, innermost first: those of package sync at its head tell what `semacquire` is for.
    pub fn of<'a>(state: &str, functions: impl Iterator<Item = &'a str>) -> Self {
        let kind = Self::of_state(state);
        let Self::Lock(lock) = kind else { return kind };
        let calls = functions.map_while(|name| SyncCall::of(Symbol::new(name)));
        let found = Self::in_sync(calls.collect());
        // A Cond that was signalled waits for its lock: the state tells, if there is one for locks.
        found.filter(|kind| lock == LockKind::Semaphore || kind.is_lock()).unwrap_or(kind)
    }

    /// The kind as far as the state alone tells.
    pub fn of_state(state: &str) -> Self {
        if let Some(known) = self::state(state) {
            return known.kind;
        }
        match plain(state) {
            "" | UNKNOWN => Self::Unknown,
            plain if plain.len() < state.len() => Self::of_state(plain),
            _ => Self::Other,
        }
    }

    /// The kind of a goroutine whose stack begins with these calls of package sync, if they are a wait.
    pub fn in_sync(calls: SyncCalls) -> Option<Self> {
        let has = |call| calls.has(call);
        let locks = has(SyncCall::MutexSlow) || has(SyncCall::MutexLock);
        match () {
            () if has(SyncCall::Unlock) => None,
            () if has(SyncCall::WaitGroup) => Some(Self::WaitGroup),
            () if has(SyncCall::Notify) || has(SyncCall::Cond) => Some(Self::Cond),
            () if has(SyncCall::ReadLock) => Some(Self::Lock(LockKind::Read)),
            () if has(SyncCall::WriteLock) && locks => Some(Self::Lock(LockKind::WriteBehind)),
            () if has(SyncCall::WriteLock) => Some(Self::Lock(LockKind::Write)),
            () if has(SyncCall::Once) && locks => Some(Self::Lock(LockKind::Once)),
            () if locks => Some(Self::Lock(LockKind::Mutex)),
            () => None,
        }
    }

    /// The kind without what one line of a report does not tell apart: which lock, which side of a channel
    /// that was never made, why the kind is not known.
    #[must_use]
    pub fn class(self) -> Self {
        match self {
            Self::NilChan(_) => Self::NilChan(Side::Send),
            Self::Lock(_) => Self::Lock(LockKind::Mutex),
            Self::Unstated => Self::Unknown,
            Self::Bubble | Self::System => Self::Other,
            kind => kind,
        }
    }

    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, kind)| *kind == self).map_or("other", |(name, _)| *name)
    }

    /// Whether it waits for a lock.
    pub fn is_lock(self) -> bool {
        matches!(self, Self::Lock(_))
    }

    /// Whether it waits for an `RWMutex`.
    pub fn is_rw(self) -> bool {
        matches!(self, Self::Lock(LockKind::Read | LockKind::Write | LockKind::WriteBehind))
    }

    /// Whether it uses a channel outside of a `select`.
    pub fn is_channel(self) -> bool {
        matches!(self, Self::Send | Self::Receive | Self::NilChan(_))
    }

    /// Whether nothing can ever end the wait (Go's language specification: a nil channel is never ready
    /// for communication).
    pub fn is_forever(self) -> bool {
        matches!(self, Self::NilChan(_) | Self::EmptySelect)
    }

    /// Whether it is not known what for.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown | Self::Unstated)
    }

    /// Whether it ends without the help of another goroutine of the process: it runs, or waits for a timer
    /// or for something outside.
    pub fn ends_by_itself(self) -> bool {
        matches!(self, Self::Io | Self::Sleep | Self::Syscall | Self::OnCpu)
    }

    /// Whether only another goroutine (or a timer) of the same process can end it, or nothing.
    pub fn needs_peer(self) -> bool {
        !(self.ends_by_itself() || matches!(self, Self::Bubble | Self::System | Self::Other))
    }
}

/// Functions of package sync, and of the runtime below it, as far as they tell what a stack waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncCall {
    /// The runtime's.
    Runtime,
    /// `sync.runtime_Semacquire*`: up to Go 1.17 its first word is the semaphore's address.
    Semacquire,
    /// `Mutex.lockSlow`.
    MutexSlow,
    /// `Mutex.Lock`.
    MutexLock,
    /// `RWMutex.RLock`.
    ReadLock,
    /// `RWMutex.Lock`.
    WriteLock,
    /// Lets others go on.
    Unlock,
    /// `Once.Do`.
    Once,
    /// `WaitGroup.Wait`.
    WaitGroup,
    /// The list of those who wait in a `Cond`.
    Notify,
    /// `Cond.Wait`.
    Cond,
    /// Anything else of package sync.
    Other,
}

impl SyncCall {
    /// What a function is; `None` for one of another package.
    pub fn of(symbol: Symbol<'_>) -> Option<Self> {
        if symbol.is_runtime() {
            return Some(Self::Runtime);
        }
        // Since Go 1.24 Mutex is a wrapper of the one in internal/sync.
        if !matches!(symbol.package(), "sync" | "internal/sync") {
            return None;
        }
        Some(match symbol.local() {
            "(*Mutex).lockSlow" => Self::MutexSlow,
            "(*Mutex).Lock" => Self::MutexLock,
            "(*RWMutex).RLock" | "(*RWMutex).rLockSlow" => Self::ReadLock,
            "(*RWMutex).Lock" => Self::WriteLock,
            "(*Mutex).Unlock"
            | "(*Mutex).unlockSlow"
            | "(*RWMutex).Unlock"
            | "(*RWMutex).RUnlock"
            | "(*RWMutex).rUnlockSlow" => Self::Unlock,
            "(*Once).doSlow" | "(*Once).Do" => Self::Once,
            "(*WaitGroup).Wait" => Self::WaitGroup,
            "(*Cond).Wait" => Self::Cond,
            "runtime_notifyListWait" => Self::Notify,
            local if local.starts_with("runtime_Semacquire") => Self::Semacquire,
            _ => Self::Other,
        })
    }
}

/// A set of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncCalls(u16);

impl SyncCalls {
    fn has(self, call: SyncCall) -> bool {
        self.0 & (1 << call as u16) != 0
    }
}

impl FromIterator<SyncCall> for SyncCalls {
    fn from_iter<I: IntoIterator<Item = SyncCall>>(calls: I) -> Self {
        Self(calls.into_iter().fold(0, |set, call| set | 1 << call as u16))
    }
}

/// What Go prints if it does not know why a goroutine waits.
pub const UNKNOWN_REASON: &str = "unknown wait reason";

/// What is shown for a goroutine whose state is not known.
pub const UNKNOWN: &str = "unknown";

/// `state` as it is shown.
pub fn shown(state: &str) -> &str {
    if state.is_empty() { UNKNOWN } else { state }
}

/// `state` without the marks of a `testing/synctest` bubble.
pub fn plain(state: &str) -> &str {
    state.trim_end_matches(" (durable)").trim_end_matches(" (synctest)")
}

/// Whether goroutines in a state can be a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// They belong to the runtime, or the state is over soon.
    Never,
    /// Only where a deadline is missing, or by their number.
    Seldom,
    /// It depends on who would wake them.
    Maybe,
    /// Most suspicious of all.
    Likely,
    /// By construction they never go on.
    Forever,
}

/// A wait reason or status that Go prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// As it is printed.
    pub name: &'static str,
    /// It is a status, printed where there is no wait reason.
    pub is_status: bool,
    /// What such a goroutine waits for, as far as the state alone tells.
    pub kind: WaitKind,
    /// The first minor version of Go 1 that prints it, if that is known.
    pub since: Option<u32>,
    /// The last one.
    pub until: Option<u32>,
    /// Whether such goroutines can be a leak.
    pub leak: Leak,
    /// What it means.
    pub meaning: &'static str,
    /// What to look at next.
    pub next: &'static str,
}

/// Every state that Go prints, wait reasons first.
pub fn states() -> &'static [State] {
    static ALL: LazyLock<Vec<State>> =
        LazyLock::new(|| include_str!("states.tsv").lines().filter_map(row).collect());
    &ALL
}

/// The state called `name`.
pub fn state(name: &str) -> Option<&'static State> {
    static BY_NAME: LazyLock<FxHashMap<&str, &State>> =
        // Of a reason and a status of one name the reason counts.
        LazyLock::new(|| states().iter().rev().map(|state| (state.name, state)).collect());
    BY_NAME.get(name).copied()
}

/// Every wait reason that Go prints.
pub static WAIT_REASONS: LazyLock<Vec<&str>> = LazyLock::new(|| names(false));

/// Every goroutine status that Go prints where there is no wait reason.
pub static STATUSES: LazyLock<Vec<&str>> = LazyLock::new(|| names(true));

fn names(status: bool) -> Vec<&'static str> {
    let chosen = states().iter().filter(|state| state.is_status == status);
    chosen.map(|state| state.name).collect()
}

fn row(line: &'static str) -> Option<State> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, what, kind, versions, leak, meaning, next] = columns[..] else { return None };
    let (since, until) = versions.split_once('-')?;
    let is_status = match what {
        "reason" => false,
        "status" => true,
        _ => return None,
    };
    let leak = match leak {
        "never" => Leak::Never,
        "seldom" => Leak::Seldom,
        "maybe" => Leak::Maybe,
        "likely" => Leak::Likely,
        "forever" => Leak::Forever,
        _ => return None,
    };
    let (since, until) = (since.parse().ok(), until.parse().ok());
    Some(State { name, is_status, kind: kind_named(kind)?, since, until, leak, meaning, next })
}

/// The kinds that a state can have, by their names in the table.
const NAMES: &[(&str, WaitKind)] = &[
    ("nil-send", WaitKind::NilChan(Side::Send)),
    ("nil-receive", WaitKind::NilChan(Side::Receive)),
    ("empty-select", WaitKind::EmptySelect),
    ("send", WaitKind::Send),
    ("receive", WaitKind::Receive),
    ("select", WaitKind::Select),
    ("cond", WaitKind::Cond),
    ("wait-group", WaitKind::WaitGroup),
    ("coroutine", WaitKind::Coroutine),
    ("mutex", WaitKind::Lock(LockKind::Mutex)),
    ("once", WaitKind::Lock(LockKind::Once)),
    ("read-lock", WaitKind::Lock(LockKind::Read)),
    ("write-lock", WaitKind::Lock(LockKind::Write)),
    ("write-queue", WaitKind::Lock(LockKind::WriteBehind)),
    ("semaphore", WaitKind::Lock(LockKind::Semaphore)),
    ("io", WaitKind::Io),
    ("sleep", WaitKind::Sleep),
    ("syscall", WaitKind::Syscall),
    ("cpu", WaitKind::OnCpu),
    ("unknown", WaitKind::Unknown),
    ("unstated", WaitKind::Unstated),
    ("bubble", WaitKind::Bubble),
    ("system", WaitKind::System),
    ("other", WaitKind::Other),
];

fn kind_named(name: &str) -> Option<WaitKind> {
    NAMES.iter().find(|(other, _)| *other == name).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let lines = include_str!("states.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), states().len());
        for known in states() {
            let other = state(known.name).unwrap();
            assert_eq!((other.kind, other.meaning), (known.kind, known.meaning), "{}", known.name);
            assert!(!known.meaning.is_empty() && !known.next.is_empty(), "{}", known.name);
        }
    }

    #[test]
    fn marks_of_a_bubble_do_not_change_the_kind() {
        for known in states().iter().filter(|known| plain(known.name) != known.name) {
            assert_eq!(known.kind, WaitKind::of_state(plain(known.name)), "{}", known.name);
        }
        assert_eq!(WaitKind::of_state("sync.Cond.Wait (durable)"), WaitKind::Cond);
    }

    #[test]
    fn frames_tell_what_a_semaphore_is_for() {
        let of = |state, frames: &[&'static str]| WaitKind::of(state, frames.iter().copied());
        let old = ["sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"];
        assert_eq!(of("semacquire", &old), WaitKind::Lock(LockKind::Mutex));
        assert_eq!(of("semacquire", &["sync.(*WaitGroup).Wait"]), WaitKind::WaitGroup);
        assert_eq!(of("semacquire", &["sync.(*Cond).Wait"]), WaitKind::Cond);
        let file = ["internal/poll.(*fdMutex).rwlock"];
        assert_eq!(of("semacquire", &file), WaitKind::Lock(LockKind::Semaphore));
        let behind = ["sync.(*Mutex).lockSlow", "sync.(*RWMutex).Lock"];
        assert_eq!(of("sync.Mutex.Lock", &behind), WaitKind::Lock(LockKind::WriteBehind));
        let once = ["sync.(*Mutex).Lock", "sync.(*Once).doSlow", "main.f"];
        assert_eq!(of("sync.Mutex.Lock", &once), WaitKind::Lock(LockKind::Once));
    }

    #[test]
    fn what_ends_a_wait() {
        assert!(WaitKind::Io.ends_by_itself() && !WaitKind::Io.needs_peer());
        assert!(WaitKind::Select.needs_peer() && !WaitKind::Select.ends_by_itself());
        assert!(WaitKind::NilChan(Side::Send).is_forever() && WaitKind::EmptySelect.needs_peer());
        assert!(!WaitKind::System.needs_peer() && !WaitKind::System.ends_by_itself());
        assert_eq!(WaitKind::of_state("runnable"), WaitKind::OnCpu);
        assert_eq!(WaitKind::of_state(""), WaitKind::Unknown);
    }
}
