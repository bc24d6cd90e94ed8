//! Limits against hostile input, and the meter that keeps count of decompressed bytes.

use crate::error::Error;
use std::fmt;
use std::io;
use std::io::Read;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// Limits against hostile input. Each has an error that names the flag which raises it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes that one input may have after decompression; `--max-bytes`.
    ///
    /// For an archive it is the sum over its members.
    pub max_bytes: u64,
    /// Longest line in bytes; `--max-line`.
    pub max_line: usize,
    /// How deep archives and compression may be nested; `--max-depth`.
    pub max_depth: u8,
    /// Most files in archives, and most streams that follow each other in compressed files, that one input
    /// may have, empty ones included; `--max-members`.
    pub max_members: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 16 << 30, max_line: 64 << 20, max_depth: 8, max_members: 1_000_000 }
    }
}

impl Limits {
    /// The error for an input with more than `max_bytes`.
    pub(super) fn too_many_bytes(&self, input: &str) -> Error {
        Error::Limit {
            input: input.to_owned(),
            what: "its decompressed size",
            limit: bytes(self.max_bytes),
            flag: "--max-bytes",
        }
    }

    /// The error for an input with more than `max_members` members.
    fn too_many_members(&self, input: &str) -> Error {
        Error::Limit {
            input: input.to_owned(),
            what: "the number of its archived files and compressed streams",
            limit: self.max_members.to_string(),
            flag: "--max-members",
        }
    }

    /// The error for an input with more than `max_depth` layers of archives and compression.
    pub(super) fn too_deep(&self, input: &str) -> Error {
        Error::Limit {
            input: input.to_owned(),
            what: "the nesting of archives and compression",
            limit: format!("{} layers", self.max_depth),
            flag: "--max-depth",
        }
    }

    /// The error for a zip archive from a pipe that is larger than `spool`.
    pub(super) fn too_large_for_memory(&self, input: &str) -> Error {
        Error::Limit {
            input: input.to_owned(),
            what: "a zip archive that is not read from a file",
            limit: bytes(self.spool()),
            flag: "--max-bytes (or give a file)",
        }
    }

    /// Most bytes of a zip archive that are held in memory: 1 GiB for the default of 16 GiB.
    pub(super) fn spool(&self) -> u64 {
        self.max_bytes / 16
    }
}

/// A number of bytes for the user, exactly.
fn bytes(count: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if count >> shift > 0 && count.trailing_zeros() >= shift {
            return format!("{} {unit}", count >> shift);
        }
    }
    format!("{count} bytes")
}

/// Counts the bytes of one input at each depth of nesting, and its members, and keeps to the limits.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    limits: Limits,
    used: Arc<[AtomicU64]>,
    members: Arc<AtomicU64>,
    exceeded: Arc<OnceLock<OverLimit>>,
}

/// What a read fails with if an input is over a limit; it comes as the inner error of an [`io::Error`].
#[derive(Clone, Copy, Debug)]
pub(super) enum OverLimit {
    Bytes(Limits),
    Members(Limits),
}

impl OverLimit {
    /// The error for the user who knows the input as `input`.
    pub(super) fn error(self, input: &str) -> Error {
        match self {
            Self::Bytes(limits) => limits.too_many_bytes(input),
            Self::Members(limits) => limits.too_many_members(input),
        }
    }
}

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error("input"))
    }
}

impl std::error::Error for OverLimit {}

impl Meter {
    /// A meter for one input.
    pub(super) fn new(limits: Limits) -> Self {
        let levels = usize::from(limits.max_depth) + 2;
        let used = (0..levels).map(|_| AtomicU64::new(0)).collect();
        Self { limits, used, members: Arc::default(), exceeded: Arc::default() }
    }

    /// Some reader was over a limit: whatever error came of it, this is the cause.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get().is_some()
    }

    /// What a read over a limit fails with.
    pub(super) fn error(&self) -> io::Error {
        let exceeded = self.exceeded.get().copied();
        io::Error::other(exceeded.unwrap_or(OverLimit::Bytes(self.limits)))
    }

    /// Counts a file of an archive, or one of the streams that follow each other in a compressed file. That
    /// there is nothing in it does not matter: to find that out takes time, too.
    pub(super) fn count_member(&self) -> io::Result<()> {
        if self.members.fetch_add(1, Ordering::Relaxed) < self.limits.max_members {
            return Ok(());
        }
        Err(self.exceed(OverLimit::Members(self.limits)))
    }

    fn charge(&self, depth: u8, count: usize) -> io::Result<()> {
        let Some(used) = self.used.get(usize::from(depth)) else { return Err(self.error()) };
        let before = used.fetch_add(count as u64, Ordering::Relaxed);
        if before.saturating_add(count as u64) <= self.limits.max_bytes {
            return Ok(());
        }
        Err(self.exceed(OverLimit::Bytes(self.limits)))
    }

    fn exceed(&self, limit: OverLimit) -> io::Error {
        // The first one that was exceeded is told.
        let _ = self.exceeded.set(limit);
        self.error()
    }
}

/// A reader whose bytes are counted.
pub(super) struct Metered<R> {
    inner: R,
    meter: Meter,
    depth: u8,
}

impl<R> Metered<R> {
    /// What `inner` yields, counted at `depth`.
    pub(super) fn new(inner: R, meter: &Meter, depth: u8) -> Self {
        Self { inner, meter: meter.clone(), depth }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.meter.charge(self.depth, count)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shown_exactly() {
        assert_eq!(bytes(16 << 30), "16 GiB");
        assert_eq!(bytes(1536 << 10), "1536 KiB");
        assert_eq!(bytes(1000), "1000 bytes");
        assert_eq!(bytes(0), "0 bytes");
    }

    #[test]
    fn exactly_the_limit_is_allowed() {
        let meter = Meter::new(Limits { max_bytes: 5, ..Limits::default() });
        let mut out = Vec::new();
        Metered::new(&b"12345"[..], &meter, 0).read_to_end(&mut out).unwrap();
        assert!(!meter.is_exceeded());
        assert!(Metered::new(&b"6"[..], &meter, 1).read_to_end(&mut out).is_ok());
        assert!(Metered::new(&b"6"[..], &meter, 0).read_to_end(&mut out).is_err());
        assert!(meter.is_exceeded());
    }

    #[test]
    fn the_first_limit_that_is_exceeded_is_told() {
        let meter = Meter::new(Limits { max_bytes: 1, max_members: 2, ..Limits::default() });
        assert!((0..2).all(|_| meter.count_member().is_ok()));
        let told = meter.count_member().unwrap_err().to_string();
        let bytes = Metered::new(&b"12"[..], &meter, 0).read(&mut [0; 2]).unwrap_err();
        assert_eq!(bytes.to_string(), told);
        assert!(told.ends_with("is over the limit of 2; raise it with --max-members"), "{told}");
    }
}
