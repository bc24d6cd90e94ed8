//! Tracebacks of other tools than Go's runtime: where one starts in a text, and the reader of each.

mod start;

pub(super) use start::Start;
pub(super) use start::look;

use super::delve::Delve;
use super::place::Fed;
use super::place::Text;
use super::pprof_text::Raw;
use super::pprof_text::Traces;
use super::race::Reports;
use super::tool_line::Line;
use super::tool_line::Reader;

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
