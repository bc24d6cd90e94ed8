//! What was not understood, and where.

/// A piece of an input that was not understood, with its place and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as a short sentence without a final period, such as
    /// `expected a file line after the function line`.
    pub message: String,
    /// Byte offset of the piece in the input, after decompression, from 0.
    pub offset: u64,
    /// Length of the piece in bytes.
    pub length: u64,
    /// Line of the piece, from 1.
    pub line: u64,
    /// Column of the piece in bytes, from 1.
    pub column: u64,
    /// The line at `line`, as it stands in the input, cut to at most [`Problem::EXCERPT`] bytes.
    pub excerpt: Box<str>,
}

impl Problem {
    /// Longest excerpt that is kept, in bytes.
    pub const EXCERPT: usize = 240;
}

/// Why and where a dump ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// Why it is thought to be cut.
    pub reason: TruncationReason,
    /// Offset in bytes, after decompression, of the first byte that is missing.
    pub at_byte: u64,
}

/// Reasons for a dump to end too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruncationReason {
    /// `net/http/pprof` and `runtime/pprof` give up at 64 MiB at debug=2: the output is exactly
    /// 67,108,864 bytes (Go 1.0 to 1.27, runtime/pprof/pprof.go, writeGoroutineStacks).
    Pprof64Mib,
    /// The size is exactly a power of two of at least 1 KiB: a buffer given to `runtime.Stack` was full.
    Buffer,
    /// It ends inside a line.
    MidLine,
    /// It ends inside a goroutine, after a whole line.
    MidGoroutine,
    /// The header of a debug=1 profile says that there are more goroutines than records follow.
    MissingRecords,
    /// The compressed stream ends too early; what came before the end is kept.
    Compressed,
    /// The connection to the process ended too early; what came before is kept.
    Connection,
}

impl TruncationReason {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pprof64Mib => "pprof-64-mib",
            Self::Buffer => "buffer",
            Self::MidLine => "mid-line",
            Self::MidGoroutine => "mid-goroutine",
            Self::MissingRecords => "missing-records",
            Self::Compressed => "compressed",
            Self::Connection => "connection",
        }
    }
}

/// Why a dump is taken for an excerpt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excerpt {
    /// A traceback text without goroutine 1, which runs `main` and is there as long as the process is.
    NoMain,
    /// A traceback text without a running goroutine, one of which must have written it, and without what a
    /// crash or a signal prints before its goroutines.
    NoWriter,
    /// Records at debug=1, or goroutines that Delve lists, without the line that states their total.
    NoTotal,
    /// Such that add up to more than that line states.
    OverTotal,
}
