//! The bytes of one input after decompression.

use super::limits::Limits;
use super::limits::Meter;
use super::limits::Metered;
use super::limits::OverLimit;
use super::salvage::Note;
use crate::error::Error;
use std::io;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// The bytes of one input, decompressed; it counts them and keeps to the limit.
///
/// A read over [`Limits::max_bytes`] fails with an [`io::Error`] that [`Stream::error`] turns into
/// [`Error::Limit`].
pub struct Stream<'a> {
    reader: Box<dyn Read + 'a>,
    bytes: u64,
    /// Where bytes are counted for somebody else, too.
    counter: Option<Arc<AtomicU64>>,
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
        Self { reader, bytes: 0, counter: None, note }
    }

    /// Adds every byte that is read to `counter`, which others may look at meanwhile.
    pub fn count_in(&mut self, counter: Arc<AtomicU64>) {
        self.counter = Some(counter);
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
        let over = error.get_ref().and_then(|inner| inner.downcast_ref::<OverLimit>());
        match over {
            Some(over) => over.error(name),
            None => Error::Io { path: PathBuf::from(name), source: error },
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes += count as u64;
        if let Some(counter) = &self.counter {
            counter.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted() {
        let mut stream = Stream::new(&b"12345"[..]);
        let counter = Arc::new(AtomicU64::new(2));
        stream.count_in(Arc::clone(&counter));
        io::copy(&mut stream, &mut io::sink()).unwrap();
        assert_eq!((stream.bytes_read(), stream.truncated()), (5, None));
        assert_eq!(counter.load(Ordering::Relaxed), 7);
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
