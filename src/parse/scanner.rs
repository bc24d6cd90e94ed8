//! Finds the dumps in one text, which is given block by block, and feeds them to their parsers.

use super::Options;
use super::debug1::Debug1;
use super::debug2::Debug2;
use super::outside;
use super::outside::Author;
use super::outside::Outside;
use super::place::Fed;
use super::place::Text;
use super::race::settle;
use super::tool_line::Reader;
use super::tools;
use super::unwrap::Wrapper;
use crate::model::Dump;
use crate::model::DumpBuilder;
use crate::model::Truncation;
use crate::model::TruncationReason;

/// The parser of the dump that is being read.
enum Current {
    Debug1(Box<Debug1>),
    Debug2(Box<Debug2>),
    Tool(Box<dyn Reader>),
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

/// Where the dumps of an input go. They are numbered in the order in which they begin.
pub(super) struct Dumps<'o> {
    pub(super) options: &'o Options,
    /// What the lines are wrapped in that are being read.
    pub(super) wrapping: Option<String>,
    begun: usize,
    done: Vec<(usize, Dump)>,
}

impl<'o> Dumps<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Self { options, wrapping: None, begun: 0, done: Vec::new() }
    }

    /// The dumps of the input `name`, with names of their own.
    pub(super) fn finish(mut self, name: &str, ignored: u64) -> Vec<Dump> {
        self.done.sort_by_key(|(order, _)| *order);
        let dumps = self.done.into_iter().map(|(_, dump)| dump).collect();
        let mut dumps: Vec<Dump> = settle(dumps);
        for (index, dump) in dumps.iter_mut().enumerate() {
            dump.name = match index {
                0 => name.to_owned(),
                index => format!("{name}#{}", index + 1),
            };
        }
        if let Some(last) = dumps.last_mut() {
            last.account.ignored_lines += ignored;
        }
        dumps
    }
}

/// What became of the start of a text.
pub(super) enum Step {
    /// So many bytes were dealt with, which are so many lines.
    Read { consumed: usize, lines: u64 },
    /// The lines around the header at `at` are wrapped.
    Wrapped { at: usize, wrapper: Box<Wrapper> },
    /// More text is needed.
    More,
}

/// The state of reading one text.
#[derive(Default)]
pub(super) struct Scanner {
    current: Option<Current>,
    /// Offset of the dump that is being read, or was read last, and its place among the dumps.
    begun_at: u64,
    order: usize,
    /// Lines that were found to start a dump of which nothing was read.
    barren: Option<u64>,
    /// Lines before a dump that belong to none.
    ignored: u64,
}

impl Scanner {
    /// Whether a dump is being read.
    pub(super) fn is_inside(&self) -> bool {
        self.current.is_some()
    }

    /// Counts lines that belong to no dump.
    pub(super) fn ignore(&mut self, lines: u64) {
        match &mut self.current {
            Some(current) => current.builder().account().ignored_lines += lines,
            None => self.ignored += lines,
        }
    }

    /// Lines that belong to no dump so far; they are forgotten.
    pub(super) fn take_ignored(&mut self) -> u64 {
        std::mem::take(&mut self.ignored)
    }

    /// Deals with the start of `text`.
    pub(super) fn step(&mut self, text: &Text<'_>, dumps: &mut Dumps<'_>) -> Step {
        if let Some(current) = &mut self.current {
            let before = current.lines();
            let fed = current.feed(text);
            let lines = current.lines() - before;
            if fed.done {
                let all = fed.consumed == text.bytes.len();
                self.end(text.offset_of(fed.consumed), text.eof && all, None, dumps);
            } else if fed.consumed == 0 || !text.eof {
                // What the parser left is not whole: it needs more text.
                return match fed.consumed {
                    0 => Step::More,
                    consumed => Step::Read { consumed, lines },
                };
            }
            return Step::Read { consumed: fed.consumed, lines };
        }
        match outside::look(text, self.barren) {
            Outside::Nothing { consumed, lines } => {
                self.ignored += lines;
                if consumed == 0 { Step::More } else { Step::Read { consumed, lines } }
            }
            Outside::Dump { at, lines, author } => {
                self.ignored += lines;
                self.begin(text.offset_of(at), author, dumps);
                Step::Read { consumed: at, lines }
            }
            Outside::Wrapped { at, wrapper } => Step::Wrapped { at, wrapper },
            Outside::More => Step::More,
        }
    }

    /// Begins the dump whose text starts at `offset` of the input.
    fn begin(&mut self, offset: u64, author: Author, dumps: &mut Dumps<'_>) {
        let mut current = match author {
            Author::Pprof => Current::Debug1(Box::new(Debug1::new(""))),
            Author::Runtime => Current::Debug2(Box::new(Debug2::new("", dumps.options))),
            Author::Tool(tool) => Current::Tool(tool.reader("")),
        };
        current.builder().account().ignored_lines = self.take_ignored();
        if let Some(wrapping) = &dumps.wrapping {
            current.builder().set_wrapping(wrapping.clone());
        }
        self.begun_at = offset;
        self.order = dumps.begun;
        dumps.begun += 1;
        self.current = Some(current);
    }

    /// Ends the dump that is being read at `offset` of the input; `at_eof` if the input ends there, and
    /// `reason` if that is too early.
    pub(super) fn end(
        &mut self,
        offset: u64,
        at_eof: bool,
        reason: Option<TruncationReason>,
        dumps: &mut Dumps<'_>,
    ) {
        let Some(mut current) = self.current.take() else { return };
        if let Some(reason) = reason {
            current.builder().set_truncation(Truncation { reason, at_byte: offset });
        }
        let lines = current.lines();
        if lines == 0 {
            self.barren = Some(self.begun_at);
        }
        match current.finish(offset.saturating_sub(self.begun_at), offset, at_eof) {
            Some(dump) => dumps.done.push((self.order, dump)),
            None => self.ignored += lines,
        }
    }
}
