//! What kind of trouble something is, how bad it is, and how sure that is.

/// What kind of trouble a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// The program crashed; the goroutines around it are not to blame.
    Crash,
    /// Goroutines wait for each other, so that none goes on.
    Deadlock,
    /// Goroutines will never end.
    Leak,
    /// Many wait for what one holds, and it moves or may move.
    Contention,
    /// Producers wait for consumers that do not keep up.
    Backpressure,
    /// Goroutines are stuck in system calls and pin threads.
    Syscall,
    /// Something outside of the process is slow.
    Slow,
}

impl Category {
    /// The name used in JSON and by `--fail-on`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Contention => "contention",
            Self::Backpressure => "backpressure",
            Self::Syscall => "syscall",
            Self::Slow => "slow",
        }
    }
}

/// How bad it is, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// Look at it some time.
    Low,
    /// Look at it soon.
    Medium,
    /// This is it.
    High,
}

impl Severity {
    /// The name used in JSON and by `--fail-on`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// How sure it is, surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// It fits, and so would other causes.
    Possible,
    /// The evidence points there and nothing against it was found.
    Likely,
    /// It follows from how Go works.
    Proven,
}

impl Confidence {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Proven => "proven",
        }
    }
}
