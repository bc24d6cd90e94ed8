//! What the debugger Delve prints of goroutines: listings with and without stacks, and single stacks, in
//! the order in which somebody asked for them.
//!
//! A loop over lines; [`grammar`] reads each. A goroutine that is printed again, with its stack say, is
//! one goroutine, until the program went on in between: then a new dump begins.

mod goroutine;
mod grammar;
mod prompt;
mod states;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

use super::tool_line::Joiner;
use super::tool_line::Line;
use super::tool_line::Reader;
use crate::model::{
    Dump, DumpBuilder, Format, Problem, Row, StackId, Truncation, TruncationReason,
};
use crate::parse::scan::find_header;
use goroutine::Open;
use grammar::{Kind, Said};
use prompt::Command;
use states::Told;

/// Whether the line `text` begins a listing or a stack, with words of Delve at `at`: then how many bytes
/// stand before it that are not Delve's.
pub(super) fn starts(text: &[u8], at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    // The number of a frame stands before its address, and a mark before a goroutine.
    let own = |byte: &&u8| byte.is_ascii_digit() || b" \t*".contains(byte);
    let length = before.iter().rev().take_while(own).count();
    let foreign = before.get(..before.len() - length)?;
    let from = foreign.strip_suffix(b"(dlv)").unwrap_or(foreign).trim_ascii_end();
    let start = text.get(foreign.len()..)?.trim_ascii();
    let begins = grammar::frame_line(start).is_ok()
        || grammar::goroutine_start(rest.trim_ascii_end()).is_ok()
        || grammar::long_line(rest.trim_ascii_end()).is_ok_and(|(left, _)| left.is_empty());
    if !begins {
        return None;
    }
    // A log writes a blank behind what it puts before a line.
    let blank = usize::from(text.get(from.len()) == Some(&b' '));
    Some(if from.is_empty() { 0 } else { from.len() + blank })
}

/// The start of what was asked for above the line at `line`, which begins an answer, in the text `before`.
pub(super) fn asked_before(before: &[u8], line: usize) -> usize {
    const MOST: usize = 8;
    let mut start = line;
    for _ in 0..MOST {
        let Some(text) = start.checked_sub(1).and_then(|end| before.get(..end)) else { break };
        let at = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
        let text = text.get(at..).unwrap_or_default().trim_ascii();
        let is_total = || matches!(grammar::delve_dump(text), Ok((_, Said::Total(_))));
        if prompt::command(text).is_none() && !is_total() {
            break;
        }
        start = at;
    }
    start
}

/// The reader of one dump.
pub(super) struct Delve {
    builder: DumpBuilder,
    /// The goroutine that is being read.
    open: Option<Open>,
    /// Rows by goroutine id, with what tells that a goroutine is as it was.
    known: FxHashMap<u64, Known>,
    /// What was said of the state of each row.
    told: Vec<Told>,
    /// Stacks of goroutines whose ids are known.
    stacks: FxHashSet<StackId>,
    joiner: Joiner,
    /// The line that waits for its end is that of a goroutine.
    held: bool,
    /// The current goroutine, as far as that is known.
    current: Option<u64>,
    /// The goroutine that a stack without a heading is of.
    asked: Option<u64>,
    /// The program may have gone on since goroutines were read.
    resumed: bool,
    /// Goroutines of the listing that is being read, and of its groups; and a total that stands above it.
    listed: u64,
    grouped: u64,
    expected: Option<u64>,
    /// The most goroutines that a listing says it has, and where it says so if it shows fewer.
    total: u64,
    short: Option<Problem>,
    /// Goroutines that Delve could not read.
    unreadable: u64,
    begun: bool,
    mid_line: bool,
}

/// A goroutine that was read.
#[derive(Clone, Copy, Debug)]
struct Known {
    index: usize,
    /// Frames of a stack that were read.
    frames: usize,
    /// The kind of place that its line says, and the hash of what it says.
    heading: Option<(Kind, u64)>,
}

impl Delve {
    /// A reader of the input `name`.
    pub(super) fn new(name: &str) -> Self {
        Self {
            builder: DumpBuilder::new(name, Format::Delve),
            open: None,
            known: FxHashMap::default(),
            told: Vec::new(),
            stacks: FxHashSet::default(),
            joiner: Joiner::default(),
            held: false,
            current: None,
            asked: None,
            resumed: false,
            listed: 0,
            grouped: 0,
            expected: None,
            total: 0,
            short: None,
            unreadable: 0,
            begun: false,
            mid_line: false,
        }
    }

    /// Whether what is said shows that the program went on since this goroutine was read.
    fn is_later(&self, said: &Said<'_>) -> bool {
        let Said::Goroutine(header) = said else { return false };
        let Some(known) = self.known.get(&header.goid) else { return false };
        // Locations of another kind cannot be compared.
        let (kind, hash) = goroutine::heading(header);
        let changed = known.heading.is_some_and(|(old, was)| old == kind && was != hash);
        self.resumed || changed
    }

    /// Takes in what a line says.
    fn said(&mut self, said: Said<'_>, line: &Line<'_>) {
        match said {
            Said::Goroutine(header) => {
                self.close(Some(line));
                if header.current {
                    self.current = Some(header.goid);
                }
                self.listed += 1;
                self.open = Some(Open::of_header(&mut self.builder, &header));
            }
            Said::Long(goid) => {
                self.close(Some(line));
                self.current = Some(goid);
                self.open = Some(Open::of_id(goid));
            }
            Said::Part(kind, location) => {
                if let Some(open) = &mut self.open {
                    open.locate(&mut self.builder, kind, &location);
                }
            }
            Said::Labels(labels) => {
                if let Some(open) = &mut self.open {
                    let builder = &mut self.builder;
                    let labels: Vec<_> = labels
                        .iter()
                        .map(|(key, value)| (builder.string(key), builder.string(value)))
                        .collect();
                    open.labels = builder.labels(&labels);
                }
            }
            Said::Call(call) => {
                let goes_on = |open: &Open| open.calls == call.number;
                if !self.open.as_ref().is_some_and(goes_on) {
                    self.bare_stack(&call, line);
                }
                if let Some(open) = &mut self.open {
                    open.end_call(&mut self.builder, Some(line));
                    open.begin_call(&call);
                }
            }
            Said::At(place) => {
                if let Some(open) = &mut self.open {
                    open.end_at(&mut self.builder, place);
                }
            }
            Said::Truncated => {
                if let Some(open) = &mut self.open {
                    open.end_call(&mut self.builder, Some(line));
                    open.truncated = true;
                }
            }
            Said::Total(total) => self.list_total(total, line),
            Said::GroupTotal(total) => {
                self.close(Some(line));
                self.grouped = self.grouped.saturating_add(total);
                self.total = self.total.max(self.grouped);
            }
        }
    }

    /// A stack without a line of its goroutine: that of the one that was asked for, or of one whose id is
    /// not known.
    fn bare_stack(&mut self, call: &grammar::Call<'_>, line: &Line<'_>) {
        self.close(Some(line));
        let goid = self.asked.unwrap_or(Row::NO_GOID);
        let mut open = Open::of_id(goid);
        open.calls = call.number;
        if call.number > 0 {
            let what = "the frames before this one are missing";
            self.builder.problem(|| line.problem(what));
            open.headless = true;
        }
        self.open = Some(open);
    }

    /// The end of a listing, or its beginning up to Delve 1.5, which prints the total first.
    fn list_total(&mut self, total: u64, line: &Line<'_>) {
        self.close(Some(line));
        if self.listed == 0 {
            self.expected = Some(total);
            return;
        }
        self.end_list(Some((total, line)));
    }

    /// Compares the goroutines of a listing with its total.
    fn end_list(&mut self, total: Option<(u64, &Line<'_>)>) {
        let stated = total.map(|(total, _)| total).or(self.expected.take()).unwrap_or(0);
        if stated > self.total {
            self.total = stated;
            self.short = total.filter(|_| stated > self.listed).map(|(_, line)| {
                let listed = self.listed;
                let what = format!("{stated} goroutines are stated, of which {listed} are listed");
                line.problem(what)
            });
        }
        (self.listed, self.grouped) = (0, 0);
    }

    /// Ends the goroutine that is being read; `next` is the line before which it ends.
    fn close(&mut self, next: Option<&Line<'_>>) {
        self.give_up();
        if let Some(open) = self.open.take() {
            self.push(open, next);
        }
    }

    /// Gives up a line whose end did not come.
    fn give_up(&mut self) {
        let Some((problem, lines)) = self.joiner.give_up() else { return };
        self.builder.push_problem(problem);
        let account = self.builder.account();
        account.understood_lines -= lines;
        account.problem_lines += lines;
        account.not_understood += u64::from(self.held);
    }

    /// A line that says nothing by itself. False if it begins another dump.
    fn other(&mut self, line: &Line<'_>) -> bool {
        let text = line.trimmed();
        let is = |text: &[u8]| grammar::delve_dump(text).is_ok();
        if let Some(whole) = self.joiner.join(text, is) {
            if let Ok((_, said)) = grammar::delve_dump(&whole) {
                self.said(said, line);
            }
            self.builder.account().understood_lines += 1;
            return true;
        }
        if let Some(open) = &mut self.open
            && open.goes_on(&mut self.builder, text)
        {
            self.builder.account().understood_lines += 1;
            return true;
        }
        if self.begun && find_header(line.bytes, 0).is_some() {
            return false;
        }
        if goroutine::is_broken(text, self.open.as_ref()) && !self.joiner.is_open() {
            let what = "expected the rest of this line";
            self.joiner.hold(text, line.problem(what));
            self.held = goroutine::is_heading(text);
            self.builder.account().understood_lines += 1;
            return true;
        }
        if self.joiner.add(text) {
            self.builder.account().understood_lines += 1;
            return true;
        }
        let account = self.builder.account();
        if text.starts_with(b"Goroutine (unreadable") {
            account.not_understood += 1;
            account.problem_lines += 1;
            (self.listed, self.unreadable) = (self.listed + 1, self.unreadable + 1);
            self.builder.push_problem(line.problem("Delve could not read this goroutine"));
        } else if text.is_empty() {
            account.understood_lines += 1;
        } else if let Some(command) = prompt::command(text) {
            account.skipped_lines += 1;
            self.close(Some(line));
            self.obey(command);
        } else if self.open.as_ref().is_some_and(|open| open.calls > 0)
            && goroutine::is_detail(text)
        {
            account.skipped_lines += 1;
        } else {
            account.ignored_lines += 1;
        }
        true
    }

    fn obey(&mut self, command: Command) {
        self.end_list(None);
        self.asked = None;
        match command {
            Command::Resume => (self.resumed, self.current) = (true, None),
            // It is printed when a frame is selected as well.
            Command::Stopped(goid) => self.current = goid.or(self.current),
            Command::Switched(goid) => self.current = Some(goid),
            Command::Ask(goid) => self.asked = Some(goid),
            Command::AskCurrent => self.asked = self.current,
            Command::Other => {}
        }
    }
}

impl Reader for Delve {
    fn builder(&mut self) -> &mut DumpBuilder {
        &mut self.builder
    }

    fn line(&mut self, line: &Line<'_>) -> bool {
        let text = line.trimmed();
        match grammar::delve_dump(text) {
            Ok((_, said)) => {
                if self.begun && self.is_later(&said) {
                    return false;
                }
                self.give_up();
                if text.starts_with(b"(dlv) ") {
                    // What was asked for is not shown.
                    self.close(Some(line));
                    self.obey(Command::Other);
                }
                self.said(said, line);
                self.builder.account().understood_lines += 1;
            }
            Err(_) => {
                if !self.other(line) {
                    return false;
                }
            }
        }
        (self.begun, self.mid_line) = (true, !line.whole);
        true
    }

    fn finish(mut self: Box<Self>, bytes: u64, end: u64, at_eof: bool) -> Option<Dump> {
        if let Some(open) = &mut self.open {
            let listing = self.listed > 0 && open.calls > 0;
            open.cut = at_eof && (self.mid_line || (listing && !open.is_whole(&self.builder)));
        }
        let mut cut = self.open.as_ref().is_some_and(|open| open.cut);
        if at_eof && self.mid_line {
            // The rest of the last line is no riddle: it is missing.
            let lines = self.joiner.give_up().map_or(0, |(_, lines)| lines);
            self.builder.account().cut_off += u64::from(lines > 0 && self.held);
            cut |= lines > 0;
        }
        self.close(None);
        self.end_list(None);
        let account = self.builder.dump().account;
        if self.builder.dump().is_empty() && account.not_understood + account.cut_off == 0 {
            return None;
        }
        self.builder.set_bytes(bytes);
        if cut {
            let reason = if self.mid_line {
                TruncationReason::MidLine
            } else {
                TruncationReason::MidGoroutine
            };
            self.builder.set_truncation(Truncation { reason, at_byte: end });
        }
        if self.total > self.known.len() as u64 + self.unreadable {
            self.short.take().into_iter().for_each(|short| self.builder.push_problem(short));
            self.builder.set_stated_total(i64::try_from(self.total).unwrap_or(i64::MAX));
            let reason = TruncationReason::MissingRecords;
            self.builder.set_truncation(Truncation { reason, at_byte: end });
        }
        let ids = self.builder.dump().goroutines().all(|goroutine| goroutine.goid().is_some());
        self.builder.set_detail(ids, false);
        states::settle(&mut self.builder, &self.told);
        Some(self.builder.finish())
    }
}
