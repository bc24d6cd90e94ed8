//! Tracebacks of other tools than Go's runtime: where one starts in a text, and the reader of each.

mod line;
mod settle;
mod start;

pub(super) use line::Joiner;
pub(super) use line::Line;
pub(super) use settle::{add_races, settle};
pub(super) use start::look;

use super::delve::Delve;
use super::place::Fed;
use super::place::Text;
use super::pprof_text::Raw;
use super::pprof_text::Traces;
use super::race::Reports;
use crate::model::Dump;
use crate::model::DumpBuilder;

/// A tool whose text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// The debugger Delve.
    Delve,
    /// The race detector.
    Race,
    /// `go tool pprof -traces` of a goroutine profile.
    Traces,
    /// `go tool pprof -raw` of a goroutine profile.
    Raw,
}

impl Tool {
    /// A reader of a dump of the input `name`.
    pub(super) fn reader(self, name: &str) -> Box<dyn Reader> {
        match self {
            Self::Delve => Box::new(Delve::new(name)),
            Self::Race => Box::new(Reports::new(name)),
            Self::Traces => Box::new(Traces::new(name)),
            Self::Raw => Box::new(Raw::new(name)),
        }
    }
}

/// A reader of one dump, which is given line by line.
pub(super) trait Reader {
    /// The dump as far as it was read.
    fn builder(&mut self) -> &mut DumpBuilder;

    /// Reads a line, and counts it in the account. False, and nothing was done, if it begins something
    /// else; never for the first line.
    fn line(&mut self, line: &Line<'_>) -> bool;

    /// The dump, whose text has `bytes` bytes and ends at `end` of the input; `at_eof` if the input ends
    /// there too. `None` if there was no goroutine in it.
    fn finish(self: Box<Self>, bytes: u64, end: u64, at_eof: bool) -> Option<Dump>;
}

/// Gives each whole line of `text` to `reader`, and at the end of the input the last one.
pub(super) fn feed(reader: &mut dyn Reader, text: &Text<'_>) -> Fed {
    let mut at = 0;
    while let Some((line, next)) = Line::at(text, at) {
        if !reader.line(&line) {
            return Fed { consumed: at, done: true };
        }
        at = next;
    }
    Fed { consumed: at, done: false }
}
