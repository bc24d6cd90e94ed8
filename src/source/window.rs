//! A buffered reader that can look ahead.

use std::io;
use std::io::BufRead;
use std::io::Read;

/// What a decompressor reads at once.
const BUFFER: usize = 64 << 10;

/// A reader that can look ahead. What was looked at is yielded first; then large reads go straight
/// to the reader below, without a copy.
pub(super) struct Window<'a> {
    reader: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<'a> Window<'a> {
    /// A window on what `reader` yields.
    pub(super) fn new(reader: impl Read + 'a) -> Self {
        Self { reader: Box::new(reader), buffer: Vec::new(), start: 0, end: 0 }
    }

    /// The next `count` bytes, or fewer if the input ends before.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.buffered().len() < count {
            self.fill(count)?;
        }
        let buffered = self.buffered();
        Ok(buffered.get(..count).unwrap_or(buffered))
    }

    /// Reads until `count` bytes are buffered, or the input ends.
    fn fill(&mut self, count: usize) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < count {
            self.buffer.resize(count, 0);
        }
        while self.end < count {
            match self.reader.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            return self.reader.read(buffer);
        }
        let count = self.buffered().read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Window<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.buffer.resize(self.buffer.len().max(BUFFER), 0);
            (self.start, self.end) = (0, 0);
            self.end = self.reader.read(&mut self.buffer)?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that yields one byte at a time, as a slow pipe may.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn what_was_looked_at_is_yielded() {
        let mut window = Window::new(Slow(b"0123456789"));
        assert_eq!(window.peek(4).unwrap(), b"0123");
        let mut two = [0; 2];
        window.read_exact(&mut two).unwrap();
        assert_eq!(window.peek(4).unwrap(), b"2345");
        assert_eq!(window.fill_buf().unwrap(), b"2345");
        window.consume(3);
        let mut rest = String::new();
        window.read_to_string(&mut rest).unwrap();
        assert_eq!((&two, rest.as_str()), (b"01", "56789"));
        assert_eq!(window.peek(4).unwrap(), b"");
    }
}
