//! Wrapped lines on their way to the parsers: each process whose lines are in the text has a stream of its
//! own.

use std::collections::VecDeque;

use indexmap::IndexMap;

use super::debug2::file_line_rest;
use super::place::Text;
use super::scan::find_header;
use super::scanner::Dumps;
use super::scanner::Scanner;
use super::scanner::Step;
use super::unwrap::Clean;
use super::unwrap::Fit;
use super::unwrap::Learned;
use super::unwrap::Line;
use super::unwrap::Wrapper;
use super::unwrap::is_structure;
use super::unwrap::learn;
use crate::model::TruncationReason;

/// Bytes of lines that are kept of processes of which no header was seen yet: what a crash says stands
/// before it.
const RECENT: usize = 32 << 10;
/// Bytes of raw lines that are kept to learn from.
const TAIL: usize = 16 << 10;
/// Times that learning anew may fail in a row.
const MAX_FAILURES: u32 = 32;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Took {
    /// It was dealt with.
    Line,
    /// It is no line of the wrapper's, and begins something else.
    End,
    /// More text is needed to learn from.
    More,
}

/// The lines of one process.
#[derive(Default)]
struct Stream {
    clean: Clean,
    scanner: Scanner,
    /// How much of `clean` there must be to look at it again.
    enough: usize,
    /// The raw line that was taken last.
    last: Vec<u8>,
}

/// A line of a process without a stream.
struct Recent {
    key: Box<[u8]>,
    text: Vec<u8>,
    offset: u64,
    number: u64,
}

/// The streams of a text.
pub(super) struct Streams {
    wrapper: Wrapper,
    /// Whether something tells processes apart.
    keyed: bool,
    by_key: IndexMap<Box<[u8]>, Stream>,
    /// Lines of processes without a stream.
    recent: VecDeque<Recent>,
    recent_bytes: usize,
    /// Lines that were taken last, as they stand.
    tail: Vec<u8>,
    /// Lines up to this offset do not end the wrapper: it was learned from them.
    learned_at: u64,
    failures: u32,
    /// Indices of the streams that got lines since the last step.
    fed: Vec<usize>,
    /// Bytes that were taken since the last step.
    waiting: usize,
    /// Bytes of the longest goroutine that is waited for.
    longest: usize,
    /// Lines that belong to no dump.
    ignored: u64,
}

impl Streams {
    /// Streams of lines that are wrapped in `wrapper`, which was learned from the line at `learned_at`.
    pub(super) fn new(wrapper: Wrapper, learned_at: u64) -> Self {
        let mut streams = Self {
            keyed: wrapper.is_keyed(),
            wrapper,
            by_key: IndexMap::new(),
            recent: VecDeque::new(),
            recent_bytes: 0,
            tail: Vec::new(),
            learned_at,
            failures: 0,
            fed: Vec::new(),
            waiting: 0,
            longest: 0,
            ignored: 0,
        };
        if !streams.keyed {
            streams.by_key.insert(Box::default(), Stream::default());
        }
        streams
    }

    /// Streams of the lines in the records of a document; `keyed` if a field tells their processes apart.
    pub(super) fn of_records(wrapper: Wrapper, keyed: bool) -> Self {
        let mut streams = Self::new(wrapper, u64::MAX);
        if keyed && !streams.keyed {
            streams.by_key.clear();
            streams.keyed = true;
        }
        streams
    }

    /// Takes `line` of a record, whose process is told by `key`.
    pub(super) fn take_of(&mut self, key: &[u8], line: Line<'_>) {
        if self.peel(line, key) != Fit::Taken {
            self.leave(line);
        }
    }

    /// Bytes that were taken since the last step.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// What the lines are wrapped in.
    pub(super) fn wrapping(&self) -> Option<String> {
        self.wrapper.name()
    }

    /// Takes `line`; `rest` is the text from it on as far as it was read, `eof` if that is all.
    pub(super) fn take(&mut self, line: Line<'_>, rest: &[u8], eof: bool) -> Took {
        match self.peel(line, b"") {
            Fit::Taken => {
                self.keep_tail(line.bytes);
                return Took::Line;
            }
            Fit::Changed if self.failures < MAX_FAILURES && self.is_structure(line.bytes) => {
                match self.learn_anew(line, rest, eof) {
                    Some(Took::Line) => return self.take(line, rest, eof),
                    Some(took) => return took,
                    None => self.failures += 1,
                }
            }
            Fit::Changed | Fit::Foreign => {}
        }
        // The header that the wrapper was learned from, and what was looked at before it, do not end it.
        if line.offset > self.learned_at && find_header(line.bytes, 0).is_some() {
            return Took::End;
        }
        self.leave(line);
        Took::Line
    }

    fn is_structure(&self, line: &[u8]) -> bool {
        self.wrapper.look_inside(line).iter().any(|inside| is_structure(inside))
    }

    /// Deals with a line that is not wrapped as the others are.
    fn leave(&mut self, line: Line<'_>) {
        match self.by_key.values_mut().next() {
            // A line was wrapped, and what was put before each line is not before its rest.
            Some(stream) if !self.keyed && file_line_rest(line.bytes).is_ok() => {
                self.waiting += line.bytes.len() + 1;
                self.fed.push(0);
                stream.clean.push_line(line);
            }
            _ => self.ignore(),
        }
    }

    /// Counts a line that belongs to no dump.
    fn ignore(&mut self) {
        match self.by_key.values_mut().find(|stream| stream.scanner.is_inside()) {
            Some(stream) => stream.scanner.ignore(1),
            None => self.ignored += 1,
        }
    }

    fn keep_tail(&mut self, line: &[u8]) {
        if self.tail.len() > 2 * TAIL {
            let start = self.tail.len() - TAIL;
            self.tail.drain(..start);
        }
        self.tail.extend_from_slice(line);
        self.tail.push(b'\n');
    }

    /// Peels `line` and hands what is inside to its stream.
    fn peel(&mut self, line: Line<'_>, base: &[u8]) -> Fit {
        self.waiting += line.bytes.len() + 1;
        let Self { wrapper, by_key, recent, recent_bytes, keyed, fed, ignored, .. } = self;
        wrapper.peel(line, base, &mut |key, inside| {
            if let Some((index, _, stream)) = by_key.get_full_mut(key) {
                if fed.last() != Some(&index) {
                    fed.push(index);
                }
                stream.clean.push_line(inside);
                if *keyed {
                    stream.last.clear();
                    stream.last.extend_from_slice(line.bytes);
                }
            } else if find_header(inside.bytes, 0).is_some() {
                let mut stream = Stream { last: line.bytes.to_vec(), ..Stream::default() };
                for line in recent.iter().filter(|line| *line.key == *key) {
                    let Recent { text, offset, number, .. } = line;
                    stream.clean.push_line(Line { bytes: text, offset: *offset, number: *number });
                    *ignored = ignored.saturating_sub(1);
                }
                stream.clean.push_line(inside);
                fed.push(by_key.insert_full(key.into(), stream).0);
            } else {
                *ignored += 1;
                *recent_bytes += key.len() + inside.bytes.len();
                recent.push_back(Recent {
                    key: key.into(),
                    text: inside.bytes.to_vec(),
                    offset: inside.offset,
                    number: inside.number,
                });
                while *recent_bytes > RECENT
                    && let Some(line) = recent.pop_front()
                {
                    *recent_bytes -= line.key.len() + line.text.len();
                }
            }
        })
    }

    /// Learns anew at `line`, a word of which was another in all lines before. `None` if nothing new can be
    /// learned.
    fn learn_anew(&mut self, line: Line<'_>, rest: &[u8], eof: bool) -> Option<Took> {
        let mut sample = self.tail.clone();
        let before = sample.len();
        sample.extend_from_slice(rest);
        // From the last header before the line, or from the line itself if it is one.
        let end = memchr::memchr(b'\n', line.bytes).unwrap_or(line.bytes.len());
        let mut at = None;
        let mut from = 0;
        while let Some(found) = find_header(sample.get(..before + end)?, from) {
            (at, from) = (Some(found), found + 1);
        }
        let wrapper = match learn(&sample, at?, eof) {
            Learned::Wrapped(wrapper, _) => wrapper,
            Learned::More => return Some(Took::More),
            Learned::Plain => return None,
        };
        if wrapper.is_newest_first() || wrapper.key_of(line.bytes).is_none() {
            return None;
        }
        self.keyed = wrapper.is_keyed();
        self.fed.clear();
        let known = std::mem::take(&mut self.by_key);
        for (_, mut stream) in known {
            let raw = if stream.last.is_empty() { last_line(&self.tail) } else { &stream.last };
            let key = wrapper.key_of(raw).unwrap_or_default();
            stream.last = raw.to_vec();
            self.by_key.entry(key.into()).or_insert(stream);
        }
        self.fed.extend(0..self.by_key.len());
        self.wrapper = wrapper;
        Some(Took::Line)
    }

    /// Reads what is whole in the streams; `true` if that was anything.
    pub(super) fn step(&mut self, dumps: &mut Dumps<'_>) -> bool {
        let mut progress = false;
        self.fed.sort_unstable();
        self.fed.dedup();
        (self.waiting, self.longest) = (0, 0);
        for index in self.fed.drain(..) {
            let Some((_, stream)) = self.by_key.get_index_mut(index) else { continue };
            // What was left the last time is read again when it has doubled: however long a goroutine
            // is, that is linear.
            if stream.clean.text.len() >= stream.enough.max(1) {
                progress |= stream.step(false, dumps);
                stream.enough = 2 * stream.clean.text.len();
            }
            self.longest = self.longest.max(stream.clean.text.len());
        }
        progress
    }

    /// Reads the rest of the streams, which end at `end` of the input; `at_eof` if the input ends there,
    /// `reason` if that is too early. Lines that belong to no dump.
    pub(super) fn finish(
        mut self,
        end: u64,
        at_eof: bool,
        reason: Option<TruncationReason>,
        dumps: &mut Dumps<'_>,
    ) -> u64 {
        let mut rest: Vec<(Box<[u8]>, Clean)> = Vec::new();
        self.wrapper.finish(&mut |key, line| {
            let mut clean = Clean::default();
            clean.push_line(line);
            rest.push((key.into(), clean));
        });
        for (key, text) in rest {
            if let Some(stream) = self.by_key.get_mut(&key) {
                text.lines(text.text.len(), |line| stream.clean.push_line(line));
            }
        }
        for stream in self.by_key.values_mut() {
            stream.step(true, dumps);
            stream.scanner.end(end, at_eof, reason, dumps);
            self.ignored += stream.scanner.take_ignored();
        }
        self.ignored
    }

    /// Bytes of the longest goroutine that is waited for.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }
}

impl Stream {
    /// Reads what is whole, or all at the end.
    fn step(&mut self, eof: bool, dumps: &mut Dumps<'_>) -> bool {
        let mut progress = false;
        loop {
            let text = Text {
                bytes: &self.clean.text,
                offset: 0,
                line: 0,
                pieces: Some(&self.clean.pieces),
                eof,
            };
            if text.bytes.is_empty() {
                return progress;
            }
            match self.scanner.step(&text, dumps) {
                Step::Read { consumed, .. } => {
                    progress = true;
                    self.clean.drain(consumed);
                }
                Step::Wrapped { .. } | Step::More => return progress,
            }
        }
    }
}

/// The last line of `text`.
fn last_line(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let start = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
    text.get(start..).unwrap_or_default()
}
