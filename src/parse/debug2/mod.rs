//! Traceback text: `runtime.Stack`, pprof at debug=2, panics, fatal errors, signals; Go 1.0 to 1.27.
//!
//! The grammar is `grammar/debug2.abnf`. nom reads a line; [`Debug2::feed`] and [`reader`] are the loops
//! over lines.

mod block;
mod dispatch;
mod end;
mod frame;
mod gccgo;
mod goroutine;
mod graph;
mod header;
mod heads;
mod known;
mod lines;
mod mangled;
mod mend;
mod named;
mod paths;
mod reader;
mod start;

use memchr::memmem;
use rustc_hash::FxHashMap;

use block::Block;
use graph::Graph;
use header::header_start;
use heads::Heads;
use known::Known;
use lines::At;
use lines::Line;
use lines::is_call_at;
use lines::is_crash_detail;
use lines::is_crash_separator;
use lines::is_crash_start;
use lines::is_header_like;
use lines::is_race_rule;
use lines::is_race_start;
use lines::is_register;
use lines::is_stack_line;
use lines::line_at;
use mangled::goes_on_at;
use mangled::is_stack_kind;
use paths::Paths;

pub(super) use mangled::LineKind;
pub(super) use mangled::file_line_rest;
pub(super) use mangled::header_len;
pub(super) use mangled::is_whole_header;
pub(super) use mangled::line_kind;
pub(super) use start::dump_start;
pub(super) use start::is_crash;
use start::is_logged_panic;
pub(super) use start::is_panic_value;
pub(super) use start::is_plain_header_at;
pub(super) use start::is_stack_at;

use super::Hot;
use super::Options;
use super::place::Fed;
use super::place::Text;
use super::race::Reports;
use crate::model::DumpBuilder;
use crate::model::Format;
use crate::model::HeadId;
use crate::model::Row;
use crate::parse::scan::find_header;

/// Longest preamble that is kept, in bytes.
const MAX_PREAMBLE: usize = 64 << 10;

/// What part of a dump is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before the first goroutine.
    Preamble,
    /// Between goroutines.
    Body,
    /// Between goroutines, after `-----`: the threads of GOTRACEBACK=crash.
    Threads,
    /// Inside a report of the race detector.
    Race,
}

/// A reader of one dump in traceback text, fed block by block.
#[derive(Debug)]
pub(crate) struct Debug2 {
    builder: DumpBuilder,
    hot: Hot,
    heads: Heads,
    known: Known,
    graph: Graph,
    paths: Paths,
    block: Block,
    phase: Phase,
    /// The phase to go back to after a race report.
    before_race: Phase,
    preamble: Vec<u8>,
    /// Words of arguments are kept.
    words: bool,
    /// How many goroutines have each stack, as far as `ArgWord::SAMPLES`.
    seen: Vec<u32>,
    /// A `[running]` goroutine with frames was read: the next one begins a new dump.
    ran: bool,
    /// Id and head of the first goroutine.
    first: Option<(u64, HeadId)>,
    /// The last line has no newline.
    mid_line: bool,
    /// Goroutines whose stack was unavailable, and their indices.
    unavailable: FxHashMap<u64, usize>,
    /// Frames were read that are of gccgo, and frames that are not.
    gccgo: bool,
    plain: bool,
    /// What reports of the race detector say.
    reports: Option<Box<Reports>>,
}

impl Debug2 {
    /// A reader of a dump of the input `name`.
    pub(crate) fn new(name: &str, options: &Options) -> Self {
        let hot = options.hot;
        Self {
            words: options.words,
            builder: DumpBuilder::new(name, Format::Debug2),
            hot,
            heads: Heads::new(hot != Hot::Nothing),
            known: Known::new(hot != Hot::Nothing),
            graph: Graph::new(),
            paths: Paths::default(),
            block: Block::default(),
            phase: Phase::Preamble,
            before_race: Phase::Body,
            preamble: Vec::new(),
            seen: Vec::new(),
            ran: false,
            first: None,
            mid_line: false,
            unavailable: FxHashMap::default(),
            gccgo: false,
            plain: false,
            reports: None,
        }
    }

    /// The dump as far as it was read.
    pub(crate) fn builder(&mut self) -> &mut DumpBuilder {
        &mut self.builder
    }

    /// Reads whole goroutines and lines from the start of `text`.
    pub(crate) fn feed(&mut self, text: &Text<'_>) -> Fed {
        let mut at = 0;
        loop {
            if let Some(next) = self.recognised(text, at) {
                at = next;
                continue;
            }
            if is_unfinished(text, at) {
                return Fed { consumed: at, done: false };
            }
            match self.dump(text, at) {
                Some(next) if next == at => return Fed { consumed: at, done: true },
                Some(next) => at = next,
                None => return Fed { consumed: at, done: false },
            }
        }
    }

    /// Deals with what stands at `at`: the position behind it; `at` itself if another dump begins
    /// there; `None` if the text ends before that can be told, or with it.
    ///
    /// ```abnf
    /// dump            = [ preamble ] goroutine *( LF goroutine )
    /// ```
    fn dump(&mut self, text: &Text<'_>, at: usize) -> Option<usize> {
        let line = match line_at(text, at) {
            At::Line(line) => line,
            At::More | At::End => return None,
        };
        self.mid_line = !line.whole;
        match self.phase {
            Phase::Race if is_header_like(line) => {
                self.phase = self.before_race;
                self.dump(text, at)
            }
            Phase::Race => {
                Reports::read(&mut self.reports, text, at);
                if is_race_rule(line.text) {
                    self.phase = self.before_race;
                }
                Some(self.skip(line))
            }
            Phase::Preamble => self.preamble(text, at, line),
            Phase::Body | Phase::Threads => self.between(text, at, line),
        }
    }

    /// A line before the first goroutine: what a crash says, kept as it stands.
    ///
    /// A line that looks like a header is one only if a stack follows: up to Go 1.22 a panic's value is
    /// printed raw, and may hold `goroutine 1 [running]:` in column 0.
    ///
    /// ```abnf
    /// preamble        = ( panic-line / fatal-line / signal-line ) LF LF
    /// ```
    fn preamble(&mut self, text: &Text<'_>, at: usize, line: Line<'_>) -> Option<usize> {
        if line.text.starts_with(b"goroutine ") && header_start(line.text).is_ok() {
            let real = self.preamble.is_empty() || Self::has_stack(text, line)?;
            if real {
                self.end_preamble();
                return self.goroutine(text, at, line);
            }
        }
        if line.text == b"runtime stack:" {
            return self.runtime_stack(text, line.next, 1);
        }
        if is_call_at(text, at)? {
            // Go 1.2 and 1.3 print the frames of the thread's own stack after `PC=0x…` without a header.
            if self.preamble.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"PC=0x")) {
                return self.runtime_stack(text, at, 0);
            }
            self.end_preamble();
            return self.headless(text, at);
        }
        if is_race_start(text, line)? {
            return self.race(line);
        }
        if self.preamble.len() + line.text.len() < MAX_PREAMBLE {
            self.preamble.extend_from_slice(line.text);
            self.preamble.push(b'\n');
        }
        self.builder.account().understood_lines += 1;
        Some(line.next)
    }

    /// Whether a stack follows the header `line`; `None` if the text ends before that can be told.
    fn has_stack(text: &Text<'_>, line: Line<'_>) -> Option<bool> {
        match line_at(text, line.next) {
            At::Line(second) if is_stack_line(second.text) || !second.whole => Some(true),
            At::Line(second) if is_stack_kind(line_kind(second.text)) => Some(true),
            At::Line(second) => match line_at(text, second.next) {
                At::Line(third) if gccgo::is_named(second.text, third.text) => Some(true),
                // A line of a log came between.
                At::Line(_) => goes_on_at(text, second.next),
                At::More => None,
                At::End => Some(false),
            },
            At::More => None,
            At::End => Some(true),
        }
    }

    fn end_preamble(&mut self) {
        let text = String::from_utf8_lossy(&self.preamble);
        let text = text.trim_matches('\n');
        if !text.is_empty() {
            self.builder.set_preamble(text.to_owned());
        }
        self.preamble = Vec::new();
        self.phase = Phase::Body;
    }

    /// A line between goroutines.
    fn between(&mut self, text: &Text<'_>, at: usize, line: Line<'_>) -> Option<usize> {
        if line.text.is_empty() {
            self.builder.account().understood_lines += 1;
            return Some(line.next);
        }
        if is_header_like(line) {
            return self.goroutine(text, at, line);
        }
        if line.text == b"runtime stack:" {
            return self.runtime_stack(text, line.next, 1);
        }
        if is_crash_separator(line.text) {
            self.phase = Phase::Threads;
            return Some(self.skip(line));
        }
        if is_race_start(text, line)? {
            return self.race(line);
        }
        if is_register(line.text) {
            return Some(self.skip(line));
        }
        if is_crash_start(line.text) {
            if self.phase == Phase::Threads || self.builder.dump().is_empty() {
                return Some(self.skip(line));
            }
            return Some(at);
        }
        if is_crash_detail(line.text) {
            return Some(self.skip(line));
        }
        if is_call_at(text, at)? {
            return self.headless(text, at);
        }
        self.foreign(text, at, line)
    }

    fn skip(&mut self, line: Line<'_>) -> usize {
        self.builder.account().skipped_lines += 1;
        line.next
    }

    fn race(&mut self, line: Line<'_>) -> Option<usize> {
        self.before_race = self.phase;
        self.phase = Phase::Race;
        Some(self.skip(line))
    }

    /// A line of other origin. If it holds a header further inside, it is for the caller to unwrap.
    fn foreign(&mut self, text: &Text<'_>, at: usize, line: Line<'_>) -> Option<usize> {
        if !line.whole && b"goroutine ".starts_with(line.text) {
            // The input ends inside the first word of a header.
            self.builder.account().cut_off += 1;
            self.builder.account().understood_lines += 1;
            return Some(line.next);
        }
        if text.pieces.is_none() && find_header(line.text, 0).is_some() {
            return Some(at);
        }
        // `2026/11/23 09:18:35 http: panic serving …` begins what the next header belongs to.
        if line.whole && self.ran && is_logged_panic(line.text) {
            match line_at(text, line.next) {
                At::Line(next) if is_header_like(next) => return Some(at),
                At::More => return None,
                At::Line(_) | At::End => {}
            }
        }
        self.builder.account().ignored_lines += 1;
        Some(line.next)
    }

    /// Frames without a header: the header was damaged or is missing.
    fn headless(&mut self, text: &Text<'_>, at: usize) -> Option<usize> {
        if !self.read(text, at) {
            return None;
        }
        let end = self.block.end;
        if self.phase == Phase::Threads {
            let lines = self.block.understood_lines + self.block.problem_lines;
            let account = self.builder.account();
            account.skipped_lines += lines + self.block.skipped_lines;
            account.ignored_lines += self.block.ignored_lines;
        } else {
            let what = "expected a header `goroutine N [status]:` before these frames";
            self.builder.problem(|| text.problem(at, end - at, what));
            self.push_headless(text, Row::NO_GOID);
        }
        Some(end)
    }

    /// The stack of a thread without a goroutine, from `at` on, after `before` lines of its own.
    fn runtime_stack(&mut self, text: &Text<'_>, at: usize, before: u64) -> Option<usize> {
        if !self.read(text, at) {
            return None;
        }
        let stack = self.builder.stack(&self.block.frames);
        self.builder.push_runtime_stack(stack);
        self.count_lines(before);
        Some(self.block.end)
    }
}

/// Whether the goroutine at `at` goes on behind the end of the text, as far as can be told at a glance:
/// to read it would be in vain.
fn is_unfinished(text: &Text<'_>, at: usize) -> bool {
    /// Longer ones are read, so that what is no goroutine need not be held.
    const GLANCE: usize = 8 << 10;
    let rest = text.bytes.get(at..).unwrap_or_default();
    !text.eof
        && rest.len() < GLANCE
        && rest.starts_with(b"goroutine ")
        && memmem::find(rest, b"\n\n").is_none()
        && memmem::find(rest, b"\ngoroutine ").is_none()
}
