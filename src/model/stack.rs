//! Frames, creators and ancestors: what a goroutine's stack is made of.

use super::intern::{CreatorId, StackId, StrId};

/// One interned entry of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// A call.
    Call {
        /// The function's symbol, generic brackets normalised to `[...]`.
        function: StrId,
        /// The file as Go printed it; empty if none was printed.
        file: StrId,
        /// Line in the file; 0 if none was printed.
        line: u32,
        /// How the call was printed.
        kind: CallKind,
    },
    /// A program counter without a symbol (a return address at debug=1 and in `GoroutineProfile`
    /// JSON, a call address in the protobuf).
    Address(u64),
    /// Frames that Go left out: `...N frames elided...` since Go 1.21 (in the middle of the stack),
    /// `...additional frames elided...` up to 1.20 and in ancestors (`None`: Go does not say how many).
    Elided(Option<u32>),
}

/// How a call was printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// A call with a frame of its own.
    #[default]
    Plain,
    /// Inlined into the next outer call: `f(...)` in text since Go 1.9, a further line of one
    /// location in the protobuf. Debug=1 text does not tell.
    Inlined,
    /// C code, as a cgo symbolizer named it, or `non-Go function` (Go 1.7 and later).
    NonGo,
}

/// The `go` statement that started a goroutine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Creator {
    /// The function that holds the statement; empty if not known.
    pub function: StrId,
    /// Its file.
    pub file: StrId,
    /// Its line.
    pub line: u32,
}

/// A goroutine that created this one, directly or not, with its stack at that time
/// (`GODEBUG=tracebackancestors=N`, Go 1.11 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// The ancestor's goroutine id.
    pub goid: u64,
    /// Its stack at the `go` statement, innermost first.
    pub stack: StackId,
    /// Its own creator, if printed.
    pub creator: CreatorId,
}

/// A word of a call's arguments that may be an address.
///
/// Words are kept for lock, `WaitGroup` and `Cond` frames of every goroutine, and for the frames of the
/// first [`ArgWord::SAMPLES`] goroutines of a stack; others are not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArgWord {
    /// Index of the goroutine's row.
    pub row: u32,
    /// Index of the frame in the stack, from 0, innermost first.
    pub frame: u16,
    /// Position of the word among the call's words, from 0, braces ignored.
    pub position: u8,
    /// False if Go marked it `?` (1.18 and later: it may be stale, so it is no evidence).
    pub exact: bool,
    /// The word.
    pub value: u64,
}

impl ArgWord {
    /// Of so many goroutines of each stack the words of all frames are kept.
    pub const SAMPLES: u32 = 64;
}
