//! What the race detector reports.

use super::intern::{StackId, StrId};

/// A report of the race detector (`WARNING: DATA RACE`): memory that goroutines access without being
/// synchronised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Race {
    /// The access that was caught, and the earlier ones that it races with, in the order of the report;
    /// then who allocated the memory, if the report says so.
    pub accesses: Vec<Access>,
}

/// An access of a goroutine to the memory that a [`Race`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// What was done.
    pub operation: Operation,
    /// It came before the one that was caught.
    pub previous: bool,
    /// Where; `None` in reports of old versions of Go, which do not say it.
    pub address: Option<u64>,
    /// The number by which the race detector calls the goroutine, 1 for the main one. It counts
    /// goroutines by itself: the numbers are not those of goroutine dumps (`__tsan_go_start` in
    /// compiler-rt's `tsan_go.cpp` is given none).
    pub goid: u64,
    /// `running` or `finished`, as the report says; empty if it does not.
    pub state: StrId,
    /// Its stack at the access; empty if the detector had it no more.
    pub stack: StackId,
    /// The stack of the `go` statement that started it; empty if it was not printed.
    pub created: StackId,
}

/// What a goroutine did with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// It read it.
    Read,
    /// It wrote it.
    Write,
    /// It allocated it.
    Allocation,
}

impl Operation {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Allocation => "allocation",
        }
    }
}
