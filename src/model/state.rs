//! What a goroutine is doing: its status or wait reason, and the flags beside it.

use super::intern::StrId;
pub use super::wait::WAIT_REASONS;

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
