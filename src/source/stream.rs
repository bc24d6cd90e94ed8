//! The bytes of one input after decompression.

use super::limits::Limits;
use super::limits::Meter;
use super::limits::Metered;
use super::limits::TooManyBytes;
use super::salvage::Note;
use crate::error::Error;
use std::io;
use std::io::Read;
use std::path::PathBuf;

/// The bytes of one input, decompressed; it counts them and keeps to the limit.
///
/// A read over [`Limits::max_bytes`] fails with an [`io::Error`] that [`Stream::error`] turns into
/// [`Error::Limit`].
pub struct Stream<'a> {
    reader: Box<dyn Read + 'a>,
    bytes: u64,
    note: Note,
}

impl<'a> Stream<'a> {
    /// A stream of what `reader` yields, without a limit.
    pub fn new(reader: impl Read + 'a) -> Self {
        Self::noted(Box::new(reader), Note::default())
    }

    /// A stream of what `reader` yields, which keeps to `limits`.
    pub fn new_limited(reader: impl Read + 'a, limits: &Limits) -> Self {
        Self::new(Metered::new(reader, &Meter::new(*limits), 0))
    }

    /// A stream of what `reader` yields, with the note that its decompressors write.
    pub(super) fn noted(reader: Box<dyn Read + 'a>, note: Note) -> Self {
        Self { reader, bytes: 0, note }
    }

    /// Bytes read so far. (Not `bytes`: where [`Read`] is in scope, that name is its own.)
    pub fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// What the decompressor said if the compressed stream ended too early or is damaged; what came
    /// before is yielded as usual, and then the stream ends.
    pub fn truncated(&self) -> Option<&str> {
        self.note.get()
    }

    /// Whether [`Stream::truncated`] is about the connection that the bytes came over.
    pub fn connection_broke(&self) -> bool {
        self.note.is_of_a_connection()
    }

    /// The error to end with after a read of the input `name` failed with `error`: [`Error::Limit`]
    /// if the input is over the limit, else [`Error::Io`].
    pub fn error(name: &str, error: io::Error) -> Error {
        let over = error.get_ref().and_then(|inner| inner.downcast_ref::<TooManyBytes>());
        match over {
            Some(TooManyBytes(limits)) => limits.too_many_bytes(name),
            None => Error::Io { path: PathBuf::from(name), source: error },
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted() {
        let mut stream = Stream::new(&b"12345"[..]);
        io::copy(&mut stream, &mut io::sink()).unwrap();
        assert_eq!((stream.bytes_read(), stream.truncated()), (5, None));
    }

    #[test]
    fn the_limit_becomes_an_error_that_names_the_flag() {
        let limits = Limits { max_bytes: 4, ..Limits::default() };
        let mut stream = Stream::new_limited(&b"12345"[..], &limits);
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert_eq!(
            Stream::error("x.txt", error).to_string(),
            "x.txt: its decompressed size is over the limit of 4 bytes; raise it with --max-bytes"
        );
        let error = Stream::error("x.txt", io::ErrorKind::NotFound.into());
        assert!(matches!(error, Error::Io { .. }));
    }
}
