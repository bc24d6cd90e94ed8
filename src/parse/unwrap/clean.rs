//! Text that was peeled out of lines, with the place in the input of each of its pieces.

/// Text that was peeled out of log lines, with the place that each piece has in the input.
#[derive(Clone, Debug, Default)]
pub(in crate::parse) struct Clean {
    /// The peeled text.
    pub(in crate::parse) text: Vec<u8>,
    /// The pieces in order.
    pub(in crate::parse) pieces: Vec<Piece>,
}

/// The start of a piece of peeled text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Piece {
    /// Byte offset in the peeled text.
    pub(in crate::parse) at: usize,
    /// Byte offset in the input.
    pub(in crate::parse) offset: u64,
    /// Line in the input, from 1.
    pub(in crate::parse) line: u64,
}

/// A line that is given to a layer.
#[derive(Clone, Copy, Debug)]
pub(in crate::parse) struct Line<'a> {
    /// The line without its newline and without a final `\r`.
    pub(in crate::parse) bytes: &'a [u8],
    /// Byte offset of the line in the input.
    pub(in crate::parse) offset: u64,
    /// Number of the line in the input, from 1.
    pub(in crate::parse) number: u64,
}

impl Clean {
    /// What is appended next comes from `offset` in line `line` of the input.
    pub(super) fn piece(&mut self, offset: u64, line: u64) {
        let at = self.text.len();
        if self.pieces.last().is_some_and(|last| last.at == at) {
            self.pieces.pop();
        }
        self.pieces.push(Piece { at, offset, line });
    }

    /// The byte offset and the line in the input of the byte at `at`.
    pub(super) fn place(&self, at: usize) -> (u64, u64) {
        let next = self.pieces.partition_point(|piece| piece.at <= at);
        match next.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some(piece) => (piece.offset + (at - piece.at) as u64, piece.line),
            None => (at as u64, 1),
        }
    }

    /// Ends a line, of which a `\r` may be left.
    pub(super) fn end_line(&mut self) {
        if self.text.last() == Some(&b'\r') {
            self.text.pop();
        }
        self.text.push(b'\n');
    }

    /// Appends a whole line.
    pub(in crate::parse) fn push_line(&mut self, line: Line<'_>) {
        self.piece(line.offset, line.number);
        self.text.extend_from_slice(line.bytes);
        self.text.push(b'\n');
    }

    /// Appends `other`.
    pub(super) fn append(&mut self, other: &Self) {
        let before = self.text.len();
        self.pieces
            .extend(other.pieces.iter().map(|piece| Piece { at: before + piece.at, ..*piece }));
        self.text.extend_from_slice(&other.text);
    }

    /// Empties it; its room is kept.
    pub(in crate::parse) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }

    /// Gives each line of the first `length` bytes to `each`, with its place.
    pub(in crate::parse) fn lines(&self, length: usize, mut each: impl FnMut(Line<'_>)) {
        let text = self.text.get(..length).unwrap_or(&self.text);
        let mut start = 0;
        while start < text.len() {
            let rest = text.get(start..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (offset, number) = self.place(start);
            let bytes = rest.get(..end).unwrap_or(rest);
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            each(Line { bytes, offset, number });
            start += end + 1;
        }
    }

    /// Ends a line before the byte at `at`.
    pub(super) fn break_line(&mut self, at: usize) {
        let (offset, line) = self.place(at);
        self.text.insert(at, b'\n');
        let next = self.pieces.partition_point(|piece| piece.at <= at);
        for piece in self.pieces.iter_mut().skip(next) {
            piece.at += 1;
        }
        self.pieces.insert(next, Piece { at: at + 1, offset, line });
    }

    /// Removes the first `bytes`.
    pub(in crate::parse) fn drain(&mut self, bytes: usize) {
        self.text.drain(..bytes.min(self.text.len()));
        // The last piece that starts at or before the cut still covers what follows it.
        let first = self.pieces.partition_point(|piece| piece.at <= bytes).saturating_sub(1);
        self.pieces.drain(..first);
        for piece in &mut self.pieces {
            // The first may have started before the cut.
            piece.offset += bytes.saturating_sub(piece.at) as u64;
            piece.at = piece.at.saturating_sub(bytes);
        }
    }
}
