//! Aggregated text, pprof's debug=1: a header, then a record for each group of equal goroutines.
//!
//! A loop walks the lines and [`grammar`] reads each; a record takes effect when it is whole, so that
//! a block of text may end anywhere.

mod grammar;
mod known;
mod lines;
mod record;
#[cfg(test)]
mod tests;

use crate::model::{
    Dump, DumpBuilder, Format, Head, HeadId, Problem, Truncation, TruncationReason,
};
use crate::parse::infer::chains::Chains;
use crate::parse::place::{Fed, Text};
use known::Known;
#[cfg(test)]
use lines::count_lines;
use lines::line_at;
pub(in crate::parse) use lines::{LineKind, line_kind};
use record::Outcome;

/// Longest record in bytes. Go prints at most 1,024 addresses with their inlined calls.
const LONGEST_RECORD: usize = 4 << 20;

/// Digits of the largest count.
const MAX_DIGITS: usize = 20;

/// Profiles of goroutines.
const GOROUTINES: &[&str] = &["goroutineleak", "goroutine"];

/// How many lines of other origin are looked over for a further record while goroutines are missing.
const LOOK_AHEAD: usize = 64;

/// The parser of one profile.
pub(crate) struct Debug1 {
    builder: DumpBuilder,
    /// Frame lines that were read before.
    known: Known,
    /// The head of every record until states are inferred.
    head: HeadId,
    header_read: bool,
    /// The place of the header, if there is one.
    header: Option<Problem>,
    /// The phantom record of Go 1.27 does not occur in other profiles than goroutine's own.
    of_goroutines: bool,
    stated: i64,
    /// Goroutines of all records so far whose count is known, whatever became of them.
    counted: i64,
    /// Records of which not even the count is known.
    uncounted: u64,
    /// The return address in `runtime.goexit`, once a record told.
    goexit: Option<u64>,
    /// Lines of a record that was not understood are passed over.
    skipping: bool,
    chains: Chains,
}

impl Debug1 {
    /// Whether `line` is the header of a profile in this format.
    pub(crate) fn sniff(line: &[u8]) -> bool {
        grammar::profile_header(line).is_ok()
    }

    /// Where a record starts at or after `from`, at the start of a line, that has frame lines or labels: it is
    /// one wherever it stands in a text, and without a header before it. `None` also if `bytes` ends before
    /// that can be told.
    pub(crate) fn find_record(bytes: &[u8], from: usize) -> Option<usize> {
        let mut search = from;
        loop {
            let mark = search + memchr::memchr(b'@', bytes.get(search..)?)?;
            search = mark + 1;
            let before = bytes.get(..mark)?.strip_suffix(b" ").unwrap_or_default();
            let digits =
                before.iter().rev().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_digit());
            let start = before.len() - digits.count();
            let line_starts = start == 0 || before.get(start - 1) == Some(&b'\n');
            // Most have other text before or behind them.
            if start < from
                || start == before.len()
                || !line_starts
                || !bytes.get(search..)?.starts_with(b" 0x")
            {
                continue;
            }
            let rest = bytes.get(start..)?;
            let end = memchr::memchr(b'\n', rest)?;
            let (line, next) = rest.split_at_checked(end)?;
            let next = next.get(1..)?;
            let next = next.get(..memchr::memchr(b'\n', next).unwrap_or(next.len()))?;
            let goes_on = || {
                grammar::frame_line(next).is_ok()
                    || grammar::bare_frame_line(next).is_ok()
                    || grammar::labels_line(next).is_ok()
            };
            if grammar::record_line(line).is_ok() && goes_on() {
                return Some(start);
            }
            search = start + end;
        }
    }

    /// A parser of the input `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            builder: DumpBuilder::new(name, Format::Debug1),
            known: Known::new(),
            head: HeadId::default(),
            header_read: false,
            header: None,
            of_goroutines: false,
            stated: 0,
            counted: 0,
            uncounted: 0,
            goexit: None,
            skipping: false,
            chains: Chains::default(),
        }
    }

    /// The dump as far as it was read.
    pub(crate) fn builder(&mut self) -> &mut DumpBuilder {
        &mut self.builder
    }

    /// Reads the header and whole records from the start of the text. What is not whole is left
    /// unconsumed unless nothing follows. The dump is done where other text follows.
    pub(crate) fn feed(&mut self, text: &Text<'_>) -> Fed {
        self.debug1_dump(text)
    }

    /// Reads as many records as are whole.
    ///
    /// ```abnf
    /// debug1-dump    = profile-header *record
    /// ```
    fn debug1_dump(&mut self, text: &Text<'_>) -> Fed {
        let mut at = 0;
        if !self.header_read {
            match self.header(text) {
                Some(end) => at = end,
                None => return Fed { consumed: 0, done: text.eof },
            }
        }
        loop {
            let Some(line) = line_at(text, at) else { return Fed { consumed: at, done: text.eof } };
            if self.skips(line.text) {
                self.builder.account().problem_lines += 1;
                at = line.end;
                continue;
            }
            if line.text.is_empty() {
                // Records are parted by blank lines.
                self.builder.account().understood_lines += 1;
                at = line.end;
                continue;
            }
            match self.record(text, at) {
                Outcome::Read(end) => at = end,
                Outcome::More => return Fed { consumed: at, done: false },
                Outcome::Bad { at: bad, what, count } => {
                    self.bad_record(text, bad, what, count);
                    at = line.end;
                }
                Outcome::Foreign => match self.foreign(text, at) {
                    Foreign::Skipped(end) => at = end,
                    Foreign::More => return Fed { consumed: at, done: false },
                    Foreign::End => return Fed { consumed: at, done: true },
                },
            }
        }
    }

    /// The dump, whose text has `bytes` bytes and ends at byte `end_offset` of the input.
    pub(crate) fn finish(mut self, bytes: u64, end_offset: u64) -> Dump {
        if let Some(header) = self.header.take() {
            self.builder.set_stated_total(self.stated);
            self.check_total(header, end_offset);
        }
        self.builder.set_bytes(bytes);
        // A program's own profile counts other things than goroutines.
        if self.of_goroutines {
            self.chains.infer(&mut self.builder);
        }
        self.builder.finish()
    }

    /// Compares the total of the `header` with what the records add up to, up to byte `end` of the input.
    fn check_total(&mut self, header: Problem, end: u64) {
        if self.counted == self.stated {
            return;
        }
        let goroutines = if self.stated == 1 { "goroutine" } else { "goroutines" };
        let message = format!(
            "the header states {} {goroutines}, and the records add up to {}",
            self.stated, self.counted
        );
        self.builder.push_first_problem(Problem { message, ..header });
        // A record of which not even the count is known may explain why some are missing.
        if self.counted < self.stated && self.uncounted == 0 {
            let reason = TruncationReason::MissingRecords;
            self.builder.set_truncation(Truncation { reason, at_byte: end });
        }
    }

    /// Reads the header; the end of its line, or `None` if the line is not whole.
    fn header(&mut self, text: &Text<'_>) -> Option<usize> {
        let line = line_at(text, 0)?;
        self.header_read = true;
        let Ok((_, (name, total))) = grammar::profile_header(line.text) else {
            // Somebody cut out a part of a profile.
            let what = "expected the header `goroutine profile: total N` before the first record";
            self.builder.push_problem(text.problem(0, line.text.len(), what));
            self.of_goroutines = true;
            return Some(0);
        };
        let name = String::from_utf8_lossy(without_prefix(name));
        self.builder.set_profile(&name);
        self.of_goroutines = GOROUTINES.contains(&name.as_ref());
        self.stated = total;
        // Only leaked goroutines are in this profile (Go 1.26 and later).
        let leaked = name == "goroutineleak";
        self.head = self.builder.head(Head { leaked, ..Head::default() });
        self.builder.account().understood_lines += 1;
        self.header = Some(text.problem(0, line.text.len(), ""));
        if !line.whole {
            self.cut(text, TruncationReason::MidLine);
        }
        Some(line.end)
    }

    /// Reports the record of `count` goroutines, if that is known, that is not understood at `bad`; its first
    /// line is passed over here and the others by and by.
    fn bad_record(&mut self, text: &Text<'_>, bad: usize, what: &str, count: Option<i64>) {
        let rest = text.bytes.get(bad..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.builder.problem(|| text.problem(bad, length, format!("expected {what}")));
        let account = self.builder.account();
        account.not_understood += count.map_or(1, i64::unsigned_abs);
        account.problem_lines += 1;
        self.counted = self.counted.saturating_add(count.unwrap_or(0));
        self.uncounted += u64::from(count.is_none());
        self.skipping = true;
    }

    /// Whether `line` still belongs to a record that was not understood: that ends with a blank line, or
    /// where the blank lines were dropped, before the next record.
    fn skips(&mut self, line: &[u8]) -> bool {
        let skips = self.skipping;
        if line.is_empty() {
            self.skipping = false;
        } else if grammar::record_line(line).is_ok() || Self::sniff(line) {
            self.skipping = false;
            return false;
        }
        skips
    }

    /// What to make of the line at `at`, which is no record: a log line that came between two records
    /// is passed over, as long as goroutines are missing, or nothing says how many there are, and a record
    /// follows soon.
    fn foreign(&mut self, text: &Text<'_>, at: usize) -> Foreign {
        if self.header.is_some() && self.counted >= self.stated {
            return Foreign::End;
        }
        let mut end = at;
        for lines in 0..LOOK_AHEAD {
            let Some(line) = line_at(text, end) else {
                return if text.eof { Foreign::End } else { Foreign::More };
            };
            if Self::sniff(line.text) || line.text.starts_with(b"goroutine ") {
                return Foreign::End;
            }
            if grammar::record_line(line.text).is_ok() {
                self.builder.account().ignored_lines += lines as u64;
                return Foreign::Skipped(end);
            }
            end = line.end;
        }
        Foreign::End
    }

    /// Whether any record had frame lines; Go 1.7 and before print none at debug=0.
    fn any_frames(&self) -> bool {
        !self.known.is_empty()
    }

    /// Notes that the text ends too early.
    fn cut(&mut self, text: &Text<'_>, reason: TruncationReason) {
        let at_byte = text.offset_of(text.bytes.len());
        self.builder.set_truncation(Truncation { reason, at_byte });
    }
}

/// The profile's name in `name`, which may stand behind what a logger puts before a line, even glued to it:
/// `web-1 | goroutine`, `INFOgoroutine`. A program's own profile is called `my/package.goroutine`.
fn without_prefix(name: &[u8]) -> &[u8] {
    let known = GOROUTINES.iter().map(|known| known.as_bytes()).find(|known| {
        let before = name.strip_suffix(*known);
        before.is_some_and(|before| !matches!(before.last(), Some(b'.' | b'/' | b'_' | b'-')))
    });
    known.unwrap_or(name)
}

/// What became of text that is no record.
enum Foreign {
    /// It was passed over up to here, where a record begins.
    Skipped(usize),
    /// More text is needed to say.
    More,
    /// The dump has ended.
    End,
}
