//! What loggers put around the lines of a dump, and how it is peeled off again.

/// Text that was peeled out of log lines, with the place that each piece has in the input.
#[derive(Clone, Debug, Default)]
pub struct Clean {
    /// The peeled text.
    pub text: Vec<u8>,
    /// Pieces in order: byte offset in `text`, byte offset in the input, line in the input (from 1).
    pub pieces: Vec<Piece>,
}

/// The start of a piece of peeled text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Byte offset in the peeled text.
    pub at: usize,
    /// Byte offset in the input.
    pub offset: u64,
    /// Line in the input, from 1.
    pub line: u64,
}
