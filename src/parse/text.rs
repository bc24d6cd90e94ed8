//! Finds the dumps in a text, plain or wrapped by loggers, and feeds them to their parsers block by
//! block: memory follows the dump, not the text.

use memchr::memrchr;

use super::Options;
use super::debug1::Debug1;
use super::debug2::Debug2;
use super::outside;
use super::outside::Author;
use super::outside::Outside;
use super::place::Fed;
use super::place::Text;
use super::tools;
use crate::error::Error;
use crate::error::Result;
use crate::model::Dump;
use crate::model::DumpBuilder;
use crate::model::Truncation;
use crate::model::TruncationReason;
use crate::source::Stream;
use crate::source::unwrap::Clean;
use crate::source::unwrap::Wrapper;
use crate::source::unwrap::find_header;

/// Why a dump ends too early that is at the end of such a stream.
fn stream_reason(stream: &Stream<'_>) -> TruncationReason {
    if stream.connection_broke() {
        TruncationReason::Connection
    } else {
        TruncationReason::Compressed
    }
}

/// The parser of the dump that is being read.
enum Current {
    Debug1(Box<Debug1>),
    Debug2(Box<Debug2>),
    Tool(Box<dyn tools::Reader>),
}

impl Current {
    fn feed(&mut self, text: &Text<'_>) -> Fed {
        match self {
            Self::Debug1(parser) => parser.feed(text),
            Self::Debug2(parser) => parser.feed(text),
            Self::Tool(reader) => tools::feed(reader.as_mut(), text),
        }
    }

    fn builder(&mut self) -> &mut DumpBuilder {
        match self {
            Self::Debug1(parser) => parser.builder(),
            Self::Debug2(parser) => parser.builder(),
            Self::Tool(reader) => reader.builder(),
        }
    }

    fn lines(&mut self) -> u64 {
        let account = self.builder().dump().account;
        account.understood_lines
            + account.skipped_lines
            + account.ignored_lines
            + account.problem_lines
    }

    fn finish(self, bytes: u64, end: u64, at_eof: bool) -> Option<Dump> {
        match self {
            Self::Debug1(parser) => Some(parser.finish(bytes, end)),
            Self::Debug2(parser) => parser.finish(bytes, end, at_eof),
            Self::Tool(reader) => reader.finish(bytes, end, at_eof),
        }
    }
}

/// The reader of one text.
pub(super) struct Driver<'s, 'r> {
    stream: &'s mut Stream<'r>,
    name: &'s str,
    options: &'s Options,
    /// Bytes that were read; those from `start` to `end` are not dealt with yet.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
    /// Offset in the input, and line from 1, of the byte at `start`.
    offset: u64,
    line: u64,
    wrapper: Option<Wrapper>,
    /// Where the header is by which the wrapper was found.
    wrapped_at: u64,
    clean: Clean,
    /// How much of `clean` there must be to look at it again.
    enough: usize,
    current: Option<Current>,
    /// Offset of the dump that is being read, or was read last.
    begun_at: u64,
    /// Lines that were found to start a dump of which nothing was read.
    barren: Option<u64>,
    /// Lines before a dump that belong to none.
    ignored: u64,
    dumps: Vec<Dump>,
}

impl<'s, 'r> Driver<'s, 'r> {
    /// A reader of `stream`, of which `head` was read already.
    pub(super) fn new(
        stream: &'s mut Stream<'r>,
        name: &'s str,
        options: &'s Options,
        head: Vec<u8>,
    ) -> Self {
        let end = head.len();
        Self {
            stream,
            name,
            options,
            buffer: head,
            start: 0,
            end,
            eof: false,
            offset: 0,
            line: 1,
            wrapper: None,
            wrapped_at: u64::MAX,
            clean: Clean::default(),
            enough: 0,
            current: None,
            begun_at: 0,
            barren: None,
            ignored: 0,
            dumps: Vec::new(),
        }
    }

    /// All dumps in the text.
    pub(super) fn run(mut self) -> Result<Vec<Dump>> {
        loop {
            let progress =
                if self.wrapper.is_some() { self.step_wrapped() } else { self.step_plain() };
            if !progress {
                if self.eof {
                    break;
                }
                self.read_more()?;
            }
        }
        self.end_dump(true);
        if let Some(last) = self.dumps.last_mut() {
            last.account.ignored_lines += self.ignored;
        }
        Ok(tools::settle(self.name, self.dumps))
    }

    /// Reads a block behind what is not dealt with yet.
    fn read_more(&mut self) -> Result<()> {
        let left = self.end - self.start;
        if left.max(self.clean.text.len()) > self.options.max_line {
            return Err(Error::Limit {
                input: self.name.to_owned(),
                what: "a line or goroutine",
                limit: format!("{} bytes", self.options.max_line),
                flag: "--max-line",
            });
        }
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, left);
        // What is left grows while a goroutine is longer than a block: twice as much each time.
        let block = self.options.block.max(left);
        if self.buffer.len() < left + block {
            self.buffer.resize(left + block, 0);
        }
        let room = self.buffer.get_mut(left..left + block).unwrap_or_default();
        // All of it: a reader that yields little at a time must not make long goroutines be read again
        // each time.
        let read = super::read_full(self.stream, room, self.name)?;
        self.eof = read < room.len();
        self.end += read;
        Ok(())
    }

    /// Deals with the whole lines that were read, as they stand. False if more text is needed.
    fn step_plain(&mut self) -> bool {
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        let len =
            if self.eof { unread.len() } else { memrchr(b'\n', unread).map_or(0, |at| at + 1) };
        if len == 0 {
            return false;
        }
        let text = Text {
            bytes: unread.get(..len).unwrap_or_default(),
            offset: self.offset,
            line: self.line,
            pieces: None,
            eof: self.eof,
        };
        if let Some(current) = &mut self.current {
            let before = current.lines();
            let fed = current.feed(&text);
            self.line += current.lines() - before;
            self.advance(fed.consumed);
            if fed.done {
                self.end_dump(self.eof && self.start == self.end);
            }
            // What the parser left is not whole: it needs more text.
            return fed.done || (fed.consumed > 0 && self.eof);
        }
        match outside::look(&text, self.barren) {
            Outside::Nothing { consumed, lines } => {
                self.ignored += lines;
                self.line += lines;
                self.advance(consumed);
                consumed > 0
            }
            Outside::Dump { at, lines, author } => {
                self.ignored += lines;
                self.line += lines;
                self.advance(at);
                self.begin(self.offset, author);
                true
            }
            Outside::Wrapped { at, wrapper } => {
                self.wrapped_at = self.offset + at as u64;
                self.wrapper = Some(wrapper);
                true
            }
            Outside::More => false,
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Begins the dump whose text starts at `offset` of the input.
    fn begin(&mut self, offset: u64, author: Author) {
        let name = match self.dumps.len() {
            0 => self.name.to_owned(),
            n => format!("{}#{}", self.name, n + 1),
        };
        let mut current = match author {
            Author::Pprof => Current::Debug1(Box::new(Debug1::new(&name))),
            Author::Runtime => Current::Debug2(Box::new(Debug2::new(&name, self.options))),
            Author::Tool(tool) => Current::Tool(tool.reader(&name)),
        };
        current.builder().account().ignored_lines = std::mem::take(&mut self.ignored);
        if let Some(wrapper) = &self.wrapper {
            current.builder().set_wrapping(wrapper.name());
        }
        self.begun_at = offset;
        self.current = Some(current);
    }

    /// Ends the dump that is being read.
    fn end_dump(&mut self, at_eof: bool) {
        let Some(mut current) = self.current.take() else { return };
        if let (true, Some(_)) = (at_eof, self.stream.truncated()) {
            let reason = stream_reason(self.stream);
            let truncation = Truncation { reason, at_byte: self.offset };
            current.builder().set_truncation(truncation);
        }
        let lines = current.lines();
        if lines == 0 {
            self.barren = Some(self.begun_at);
        }
        match current.finish(self.offset - self.begun_at, self.offset, at_eof) {
            Some(dump) => self.dumps.push(dump),
            None => self.ignored += lines,
        }
    }

    /// Peels the lines that were read and deals with what is inside. False if more text is needed.
    fn step_wrapped(&mut self) -> bool {
        let peeled = self.peel();
        let Peeled { bytes, lines, ignored, wrapper_ends } = peeled;
        self.advance(bytes);
        self.line += lines;
        match &mut self.current {
            Some(current) => current.builder().account().ignored_lines += ignored,
            None => self.ignored += ignored,
        }
        let eof = wrapper_ends || (self.eof && self.start == self.end);
        if let (true, Some(wrapper)) = (eof, &mut self.wrapper) {
            wrapper.finish(&mut self.clean);
        }
        let mut progress = bytes > 0 || wrapper_ends;
        // What was left the last time is read again when it has doubled: however long a goroutine is,
        // that is linear.
        if eof || self.clean.text.len() >= self.enough {
            while self.step_clean(eof) {
                progress = true;
            }
            self.enough = 2 * self.clean.text.len();
        }
        if wrapper_ends {
            self.end_dump(false);
            self.wrapper = None;
            self.clean = Clean::default();
            self.enough = 0;
        }
        progress
    }

    /// Peels every whole line that was read.
    fn peel(&mut self) -> Peeled {
        let mut peeled = Peeled::default();
        let Some(wrapper) = &mut self.wrapper else { return peeled };
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        while let Some(rest) = unread.get(peeled.bytes..).filter(|rest| !rest.is_empty()) {
            let (line, len) = match memchr::memchr(b'\n', rest) {
                Some(newline) => (rest.get(..newline).unwrap_or_default(), newline + 1),
                None if self.eof => (rest, rest.len()),
                None => break,
            };
            let offset = self.offset + peeled.bytes as u64;
            if !wrapper.peel(line, offset, self.line + peeled.lines, &mut self.clean) {
                // The header by which the wrapper was found, and what was looked at before it, do not
                // end it again.
                if offset > self.wrapped_at && find_header(line, 0).is_some() {
                    peeled.wrapper_ends = true;
                    break;
                }
                peeled.ignored += 1;
            }
            peeled.bytes += len;
            peeled.lines += 1;
        }
        peeled
    }

    /// Deals with peeled text; false if there is none, or more is needed.
    fn step_clean(&mut self, eof: bool) -> bool {
        let text = Text {
            bytes: &self.clean.text,
            offset: 0,
            line: 0,
            pieces: Some(&self.clean.pieces),
            eof,
        };
        if text.bytes.is_empty() {
            return false;
        }
        if let Some(current) = &mut self.current {
            let fed = current.feed(&text);
            drain(&mut self.clean, fed.consumed);
            if fed.done {
                self.end_dump(false);
            }
            return fed.consumed > 0 || fed.done;
        }
        match outside::look(&text, self.barren) {
            Outside::Nothing { consumed, lines } => {
                self.ignored += lines;
                drain(&mut self.clean, consumed);
                consumed > 0
            }
            Outside::Dump { at, lines, author } => {
                self.ignored += lines;
                let offset = text.offset_of(at);
                drain(&mut self.clean, at);
                self.begin(offset, author);
                true
            }
            Outside::Wrapped { .. } | Outside::More => false,
        }
    }
}

/// What became of the lines that were read.
#[derive(Default)]
struct Peeled {
    bytes: usize,
    lines: u64,
    ignored: u64,
    /// A header follows that is not wrapped in the same way.
    wrapper_ends: bool,
}

/// Removes the first `bytes` of `clean`.
fn drain(clean: &mut Clean, bytes: usize) {
    clean.text.drain(..bytes.min(clean.text.len()));
    // The last piece that starts at or before the cut still covers what follows it.
    let first = clean.pieces.partition_point(|piece| piece.at <= bytes).saturating_sub(1);
    clean.pieces.drain(..first);
    for piece in &mut clean.pieces {
        // The first may have started before the cut.
        piece.offset += bytes.saturating_sub(piece.at) as u64;
        piece.at = piece.at.saturating_sub(bytes);
    }
}
