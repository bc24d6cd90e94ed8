//! The messages of grammar/profile.proto, which are read and written, and the labels in which a profile
//! can carry what Go's own cannot: one goroutine apart from the other, its state and its wait.

#[allow(
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    reason = "generated from grammar/profile.proto; tests/generated.rs compares"
)]
mod generated;

pub use generated::{Function, Label, Line, Location, Mapping, Profile, Sample, ValueType};

/// Keys of such labels. Those with `go::` are `CockroachDB`'s, whose fork of Go has debug=3: a profile
/// with one sample a goroutine (cockroachdb/go pull request 12); the others are gdump's.
pub mod keys {
    /// A number: the goroutine's id.
    pub const GOROUTINE: &str = "go::goroutine";
    /// The wait reason or the status, without flags.
    pub const STATE: &str = "go::goroutine_state";
    /// A number: minutes, as Go counts them.
    pub const WAIT: &str = "go::goroutine_wait_minutes";
    /// A number: the id of the goroutine that ran the `go` statement. gdump writes beside it, as a
    /// string, the function that holds the statement.
    pub const CREATED_BY: &str = "go::goroutine_created_by";
    /// File and line of the `go` statement.
    pub const CREATED_AT: &str = "gdump::created_at";
    /// What else a goroutine's header says, and whether the state was inferred; parted by commas.
    pub const FLAGS: &str = "gdump::flags";
    /// All of them.
    pub const ALL: [&str; 6] = [GOROUTINE, STATE, WAIT, CREATED_BY, CREATED_AT, FLAGS];
}

/// The flags in the label [`keys::FLAGS`].
pub mod flags {
    /// The state was inferred.
    pub const INFERRED: &str = "inferred";
    /// The state is not known, and the frames that would tell it were not there.
    pub const UNKNOWN: &str = "state unknown";
    /// `(leaked)`.
    pub const LEAKED: &str = "leaked";
    /// `(scan)`.
    pub const SCAN: &str = "scan";
    /// `(durable)`.
    pub const DURABLE: &str = "durable";
    /// `locked to thread`.
    pub const LOCKED: &str = "locked to thread";
    /// Its text was cut off.
    pub const CUT: &str = "cut off";
    /// Before the id of a bubble (Go 1.25 and later).
    pub const BUBBLE: &str = "synctest bubble ";
    /// Before the id of a bubble's root (Go 1.24).
    pub const GROUP: &str = "synctest group ";
}

/// How frames that Go left out are named where a format has names alone.
pub mod elided {
    /// How many there are.
    const END: &str = " frames elided...";
    /// Go did not say how many.
    const SOME: &str = "...additional frames elided...";

    /// The name for `count` frames.
    pub fn name(count: Option<u32>) -> String {
        count.map_or(SOME.to_owned(), |count| format!("...{count}{END}"))
    }

    /// The count in such a name.
    pub fn read(name: &[u8]) -> Option<Option<u32>> {
        if name == SOME.as_bytes() {
            return Some(None);
        }
        let digits = name.strip_prefix(b"...")?.strip_suffix(END.as_bytes())?;
        std::str::from_utf8(digits).ok()?.parse().ok().map(Some)
    }
}
