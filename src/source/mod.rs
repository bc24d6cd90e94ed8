//! Where bytes come from, and what is peeled off them: paths, standard input, directories,
//! archives, compression, and the wrapping that loggers put around lines.

mod stream;
pub mod unwrap;

pub use stream::Stream;

/// Limits against hostile input. Each has an error that names the flag which raises it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes that one input may have after decompression; `--max-bytes`.
    pub max_bytes: u64,
    /// Longest line in bytes; `--max-line`.
    pub max_line: usize,
    /// How deep archives and compression may be nested; `--max-depth`.
    pub max_depth: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 16 << 30, max_line: 64 << 20, max_depth: 8 }
    }
}
