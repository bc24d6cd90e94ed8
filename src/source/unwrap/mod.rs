//! What loggers put around the lines of a dump, and how it is peeled off again.
//!
//! A [`Wrapper`] is learned from one line that holds a header, and then peels line by line.

mod detect;
mod escape;
mod header;
mod json;
mod layer;
mod shape;

pub use header::find_header;

use layer::Layer;
use std::mem;

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

impl Clean {
    /// What is appended next comes from `offset` in line `line` of the input.
    fn piece(&mut self, offset: u64, line: u64) {
        let at = self.text.len();
        if self.pieces.last().is_some_and(|last| last.at == at) {
            self.pieces.pop();
        }
        self.pieces.push(Piece { at, offset, line });
    }

    /// The byte offset and the line in the input of the byte at `at`.
    fn place(&self, at: usize) -> (u64, u64) {
        let next = self.pieces.partition_point(|piece| piece.at <= at);
        match next.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some(piece) => (piece.offset + (at - piece.at) as u64, piece.line),
            None => (at as u64, 1),
        }
    }

    /// Ends a line, of which a `\r` may be left.
    fn end_line(&mut self) {
        if self.text.last() == Some(&b'\r') {
            self.text.pop();
        }
        self.text.push(b'\n');
    }
}

/// How log lines are wrapped: one layer, or several with the outermost first.
///
/// Learned by [`Wrapper::detect`] from the line that holds a header; [`Wrapper::peel`] is then given
/// that line and the ones around it.
///
/// `log.Print(stack)` puts its prefix before the header alone, so that the next lines are plain
/// ones: with [`Wrapper::wraps`] the caller finds out whether the line after the header is wrapped.
#[derive(Clone, Debug)]
pub struct Wrapper {
    layers: Vec<Nested>,
}

/// A layer, with the text that it yielded and that the next layer has not yet got: a line whose end
/// has not come.
#[derive(Clone, Debug)]
struct Nested {
    layer: Layer,
    pending: Clean,
}

/// A line that is given to a layer.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    /// The line without its newline and without a final `\r`.
    bytes: &'a [u8],
    /// Byte offset of the line in the input.
    offset: u64,
    /// Number of the line in the input, from 1.
    number: u64,
}

/// A line between two layers that is longer than this is passed on in pieces.
const MAX_PENDING: usize = 64 << 20;

impl Wrapper {
    /// How `line` is wrapped, None if it is plain.
    ///
    /// `line` (without its newline, but maybe with a final `\r`) holds at byte `at` the start of a
    /// goroutine header (`goroutine 7 [`), of a profile header (`goroutine profile: total 5`), or of
    /// a preamble line. None if `at` is 0 and there is no `\r`.
    pub fn detect(line: &[u8], at: usize) -> Option<Self> {
        let layers = detect::layers(line, at);
        if layers.is_empty() {
            return None;
        }
        let nest = |layer| Nested { layer, pending: Clean::default() };
        Some(Self { layers: layers.into_iter().map(nest).collect() })
    }

    /// Peels `line` (without its newline), which is line `line_number` (from 1) of the input and
    /// starts there at byte `offset`.
    ///
    /// Appends the payload to `clean`, with a newline where a line of it ends, and one [`Piece`] for
    /// each piece. False if the line is not wrapped in this way; then nothing is appended. True with
    /// nothing appended if the line belongs to the wrapping alone.
    pub fn peel(&mut self, line: &[u8], offset: u64, line_number: u64, clean: &mut Clean) -> bool {
        peel(&mut self.layers, Line { bytes: line, offset, number: line_number }, clean)
    }

    /// Whether [`Wrapper::peel`] would peel `line`. For a line or two: it works on a copy.
    pub fn wraps(&self, line: &[u8]) -> bool {
        self.clone().peel(line, 0, 1, &mut Clean::default())
    }

    /// Passes on what is left of a line whose end never came; to be called at the end of the input.
    pub fn finish(&mut self, clean: &mut Clean) {
        let mut layers = self.layers.as_mut_slice();
        while let [outer, inner @ ..] = layers {
            if !outer.pending.text.is_empty() {
                hand_down(outer, inner, outer.pending.text.len(), clean);
            }
            layers = inner;
        }
    }

    /// What the lines are wrapped in, for the user: `docker json-file`, `syslog prefix` and the like.
    pub fn name(&self) -> String {
        let names: Vec<_> = self.layers.iter().map(|nested| nested.layer.name()).collect();
        names.join(" + ")
    }

    /// The lines are only indented by spaces or tabs, as in a YAML block or a quotation.
    pub fn is_indentation(&self) -> bool {
        matches!(self.layers.as_slice(), [Nested { layer: Layer::Prefix(shape), .. }] if shape.is_blank())
    }

    /// The lines are plain but for `\r` before the newline.
    pub fn is_crlf(&self) -> bool {
        matches!(self.layers.as_slice(), [Nested { layer: Layer::Crlf, .. }])
    }
}

fn peel(layers: &mut [Nested], line: Line<'_>, clean: &mut Clean) -> bool {
    let line = Line { bytes: line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes), ..line };
    match layers {
        [] => false,
        [only] => only.layer.peel(line, clean),
        [outer, inner @ ..] => {
            // Only what is new is searched for a newline, so that a line in many fragments costs
            // no more than its length.
            let before = outer.pending.text.len();
            if !outer.layer.peel(line, &mut outer.pending) {
                return false;
            }
            let new = outer.pending.text.get(before..).unwrap_or_default();
            match memchr::memrchr(b'\n', new) {
                Some(newline) => hand_down(outer, inner, before + newline + 1, clean),
                None if outer.pending.text.len() > MAX_PENDING => {
                    hand_down(outer, inner, outer.pending.text.len(), clean)
                }
                None => true,
            }
        }
    }
}

/// Gives the first `length` bytes that are pending in `outer` to the `inner` layers. True if they
/// peeled at least one of the lines.
fn hand_down(outer: &mut Nested, inner: &mut [Nested], length: usize, clean: &mut Clean) -> bool {
    let mut taken = mem::take(&mut outer.pending);
    let rest = taken.text.split_off(length.min(taken.text.len()));
    if !rest.is_empty() {
        let (offset, line) = taken.place(length);
        outer.pending.piece(offset, line);
        outer.pending.text = rest;
    }
    let mut peeled = false;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', &taken.text).chain([taken.text.len()]) {
        let Some(bytes) = taken.text.get(start..end) else { continue };
        if start == taken.text.len() {
            break;
        }
        // The inner layers say where in the text of this layer a piece is; of fragments that make
        // one line, each has its own place in the input.
        let before = clean.text.len();
        peeled |= peel(inner, Line { bytes, offset: start as u64, number: 1 }, clean);
        let old = clean.pieces.partition_point(|piece| piece.at < before);
        for piece in clean.pieces.iter_mut().skip(old) {
            let at = usize::try_from(piece.offset).unwrap_or(usize::MAX);
            (piece.offset, piece.line) = taken.place(at);
        }
        start = end + 1;
    }
    peeled
}

#[cfg(test)]
mod tests;
