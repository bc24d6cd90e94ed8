//! Reads a text, plain or wrapped, block by block: memory follows the dump, not the text.

use memchr::memrchr;

use super::Options;
use super::place::Text;
use super::scanner::Dumps;
use super::scanner::Scanner;
use super::scanner::Step;
use super::streams::Streams;
use super::streams::Took;
use super::unwrap::Line;
use super::unwrap::Wrapper;
use crate::error::Error;
use crate::error::Result;
use crate::model::Dump;
use crate::model::TruncationReason;
use crate::source::Stream;

/// Why a text ends too early, if its `stream` did.
pub(super) fn end_reason(stream: &Stream<'_>) -> Option<TruncationReason> {
    stream.truncated()?;
    Some(if stream.connection_broke() {
        TruncationReason::Connection
    } else {
        TruncationReason::Compressed
    })
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
    /// The state of what is read as it stands.
    plain: Scanner,
    /// The streams of what is wrapped.
    streams: Option<Box<Streams>>,
    /// Lines that belong to no dump, behind the last.
    ignored: u64,
    dumps: Dumps<'s>,
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
            plain: Scanner::default(),
            streams: None,
            ignored: 0,
            dumps: Dumps::new(options),
        }
    }

    /// All dumps in the text.
    pub(super) fn run(mut self) -> Result<Vec<Dump>> {
        loop {
            let progress =
                if self.streams.is_some() { self.step_wrapped() } else { self.step_plain()? };
            if !progress {
                if self.eof {
                    break;
                }
                self.read_more()?;
            }
        }
        self.end_streams(true);
        let reason = self.reason();
        self.plain.end(self.offset, true, reason, &mut self.dumps);
        let ignored = self.ignored + self.plain.take_ignored();
        Ok(self.dumps.finish(self.name, ignored))
    }

    fn reason(&self) -> Option<TruncationReason> {
        end_reason(self.stream)
    }

    /// Reads a block behind what is not dealt with yet.
    fn read_more(&mut self) -> Result<()> {
        let left = self.end - self.start;
        let longest = self.streams.as_ref().map_or(0, |streams| streams.longest());
        if left.max(longest) > self.options.max_line {
            return Err(Error::Limit {
                input: self.name.to_owned(),
                what: "a line or goroutine",
                limit: format!("{} bytes", self.options.max_line),
                flag: "--max-line",
            });
        }
        // What is left grows while a goroutine is longer than a block: twice as much each time.
        self.read_block(self.options.block.max(left))
    }

    /// Reads `block` bytes, or all there are.
    fn read_block(&mut self, block: usize) -> Result<()> {
        let left = self.end - self.start;
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, left);
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
    fn step_plain(&mut self) -> Result<bool> {
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        let len =
            if self.eof { unread.len() } else { memrchr(b'\n', unread).map_or(0, |at| at + 1) };
        if len == 0 {
            return Ok(false);
        }
        let text = Text {
            bytes: unread.get(..len).unwrap_or_default(),
            offset: self.offset,
            line: self.line,
            pieces: None,
            eof: self.eof,
        };
        match self.plain.step(&text, &mut self.dumps) {
            Step::Read { consumed, lines } => {
                self.line += lines;
                self.advance(consumed);
                // What the parser left is not whole: it needs more text.
                Ok(!self.plain.is_inside() || consumed == 0 || self.eof)
            }
            Step::Wrapped { at, wrapper } => {
                self.ignored += self.plain.take_ignored();
                self.begin_streams(*wrapper, at)?;
                Ok(true)
            }
            Step::More => Ok(false),
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// From here on lines are wrapped in `wrapper`, which was learned from the header at `at`.
    fn begin_streams(&mut self, wrapper: Wrapper, at: usize) -> Result<()> {
        let newest_first = wrapper.is_newest_first();
        let streams = Streams::new(wrapper, self.offset + at as u64);
        self.dumps.wrapping = streams.wrapping();
        self.streams = Some(Box::new(streams));
        if newest_first { self.turn_around() } else { Ok(()) }
    }

    /// Deals with all that is left, the last line first.
    fn turn_around(&mut self) -> Result<()> {
        while !self.eof {
            self.read_block((self.end - self.start).max(self.options.block))?;
        }
        let Some(mut streams) = self.streams.take() else { return Ok(()) };
        let text = self.buffer.get(self.start..self.end).unwrap_or_default();
        let mut number = self.line + memchr::memchr_iter(b'\n', text).count() as u64;
        let mut end = text.len();
        if text.ends_with(b"\n") {
            (number, end) = (number - 1, end - 1);
        }
        loop {
            let before = text.get(..end).unwrap_or_default();
            let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
            let bytes = before.get(start..).unwrap_or_default();
            let line = Line { bytes, offset: self.offset + start as u64, number };
            streams.take_of(b"", line);
            streams.step(&mut self.dumps);
            if start == 0 {
                break;
            }
            (number, end) = (number - 1, start - 1);
        }
        let length = text.len();
        self.line += memchr::memchr_iter(b'\n', text).count() as u64;
        self.advance(length);
        let reason = self.reason();
        self.ignored += streams.finish(self.offset, true, reason, &mut self.dumps);
        Ok(())
    }

    /// Peels the lines that were read and deals with what is inside. False if more text is needed.
    fn step_wrapped(&mut self) -> bool {
        let Some(streams) = &mut self.streams else { return false };
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        let mut read = 0;
        let mut lines = 0;
        let mut took = Took::Line;
        while let Some(rest) = unread.get(read..).filter(|rest| !rest.is_empty()) {
            let (bytes, length) = match memchr::memchr(b'\n', rest) {
                Some(newline) => (rest.get(..newline).unwrap_or_default(), newline + 1),
                None if self.eof => (rest, rest.len()),
                None => break,
            };
            let line = Line { bytes, offset: self.offset + read as u64, number: self.line + lines };
            took = streams.take(line, rest, self.eof);
            if took != Took::Line {
                break;
            }
            read += length;
            lines += 1;
        }
        self.line += lines;
        let progress = streams.step(&mut self.dumps) || read > 0;
        self.advance(read);
        if took == Took::End {
            self.end_streams(false);
            return true;
        }
        progress && took == Took::Line
    }

    /// The lines are not wrapped any more; `at_eof`: there are none.
    fn end_streams(&mut self, at_eof: bool) {
        let reason = self.reason().filter(|_| at_eof);
        if let Some(streams) = self.streams.take() {
            self.ignored += streams.finish(self.offset, at_eof, reason, &mut self.dumps);
        }
        self.dumps.wrapping = None;
    }
}
