//! What came before the damage is worth everything: a damaged reader ends instead of failing.

use super::limits::Meter;
use std::io;
use std::io::Read;
use std::sync::Arc;
use std::sync::OnceLock;

/// Where a decompressor says why its stream ended too early. The first to say so is heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Note(Arc<OnceLock<(String, bool)>>);

impl Note {
    /// What was said.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.get().map(|(text, _)| text.as_str())
    }

    /// Whether it was a connection that ended too early.
    pub(super) fn is_of_a_connection(&self) -> bool {
        self.0.get().is_some_and(|(_, connection)| *connection)
    }

    fn set(&self, text: String, connection: bool) {
        let _ = self.0.set((text, connection));
    }
}

/// A reader that ends where its inner reader fails, and notes why.
pub(super) struct Salvage<R> {
    inner: Option<R>,
    what: &'static str,
    /// Bytes that are still to come, if it is known how many there are.
    missing: Option<u64>,
    meter: Meter,
    note: Note,
}

impl<R: Read> Salvage<R> {
    /// What `inner`, which is `what` for the user, yields before it fails. It should yield `size`
    /// bytes.
    pub(super) fn new(
        inner: R,
        what: &'static str,
        size: Option<u64>,
        meter: &Meter,
        note: &Note,
    ) -> Self {
        Self { inner: Some(inner), what, missing: size, meter: meter.clone(), note: note.clone() }
    }

    /// The end, because of `error`.
    fn end(&mut self, error: &io::Error) -> io::Result<usize> {
        self.inner = None;
        if self.meter.is_exceeded() {
            return Err(self.meter.error());
        }
        let broken = error.get_ref().is_some_and(is_broken);
        let reason = if broken {
            error.to_string()
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("the {} data ends too early", self.what)
        } else {
            format!("the {} data is damaged: {error}", self.what)
        };
        self.note.set(reason, broken);
        Ok(0)
    }
}

#[cfg(feature = "live")]
fn is_broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.is::<super::http::Broken>()
}

#[cfg(not(feature = "live"))]
fn is_broken(_: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    false
}

impl<R: Read> Read for Salvage<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(inner) = &mut self.inner else { return Ok(0) };
        match inner.read(buffer) {
            Ok(0) if !buffer.is_empty() && self.missing.is_some_and(|missing| missing > 0) => {
                self.end(&io::ErrorKind::UnexpectedEof.into())
            }
            Ok(count) => {
                self.missing = self.missing.map(|missing| missing.saturating_sub(count as u64));
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => self.end(&error),
        }
    }
}
