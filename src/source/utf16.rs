//! Text in UTF-16, as PowerShell and editors on Windows write it, made UTF-8.

use super::sniff::Order;
use super::window::Window;
use std::io;
use std::io::BufRead;
use std::io::Read;

/// The text of a window as UTF-8, without the byte order mark. What is no character becomes U+FFFD;
/// a byte that is left at the end is dropped.
pub(super) struct Utf16<'a> {
    order: Order,
    window: Window<'a>,
    ready: Vec<u8>,
    at: usize,
    /// The mark was seen.
    started: bool,
}

/// Bytes of UTF-16 that are read at once.
const STEP: usize = 32 << 10;

impl<'a> Utf16<'a> {
    /// The text of `window`, which has its bytes in this `order`.
    pub(super) fn new(order: Order, window: Window<'a>) -> Self {
        Self { order, window, ready: Vec::new(), at: 0, started: false }
    }

    /// Converts the next bytes. Nothing is ready then if there are none.
    fn advance(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let bytes = self.window.peek(STEP)?;
        let at_end = bytes.len() < STEP;
        let unit = |pair: &[u8]| match (pair, self.order) {
            (&[a, b], Order::Little) => u16::from_le_bytes([a, b]),
            (&[a, b], Order::Big) => u16::from_be_bytes([a, b]),
            _ => 0,
        };
        let mut units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
        // The other half of a pair comes with the next bytes.
        if !at_end && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
        }
        let skip = usize::from(!self.started);
        self.started = true;
        for char in char::decode_utf16(units.iter().copied().skip(skip)) {
            let char = char.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.ready.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.window.consume(units.len() * 2);
        Ok(())
    }
}

impl Read for Utf16<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.advance()?;
        }
        let mut rest = self.ready.get(self.at..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.at += count;
        Ok(count)
    }
}
