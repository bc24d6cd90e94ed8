//! Reports of the race detector. Each access is a goroutine with its stack at that time; the report as a
//! whole is a [`Race`].
//!
//! A loop over lines; [`grammar`] reads each. Other lines between those of a report are passed over: the
//! program goes on to write while it is printed.

mod grammar;
mod settle;

use rustc_hash::{FxHashMap, FxHashSet};

use super::place::Text;
use super::tool_line::Joiner;
use super::tool_line::Line;
use super::tool_line::Reader;
use crate::model::{
    Access, CallKind, Creator, CreatorId, Dump, DumpBuilder, Format, Frame, FrameId, Head, Race,
    Row, StackId, StrId, Truncation, TruncationReason,
};
use crate::parse::scan::find_header;
use grammar::Said;
use settle::add_races;
pub(super) use settle::settle;

/// Whether the line `text` is the first of a report, whose words stand at `at`: then how many bytes are
/// before them that are no blanks of the report's own.
pub(super) fn starts(text: &[u8], at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    if before.trim_ascii().is_empty() {
        return grammar::race_warning(rest.trim_ascii()).is_ok().then_some(0);
    }
    grammar::race_warning(rest).is_ok().then_some(at)
}

/// Whether `text` is the line above and below a report.
pub(super) fn is_rule(text: &[u8]) -> bool {
    matches!(grammar::race_rule(text), Ok((b"", _)))
}

/// The reader of a dump that is nothing but reports.
#[derive(Debug)]
pub(super) struct Reports {
    builder: DumpBuilder,
    report: Option<Report>,
    /// Goroutines that were read, by number and creation stack: the detector gives a number again some time
    /// after a goroutine has ended.
    known: FxHashSet<(u64, StackId)>,
    /// A line was read.
    begun: bool,
    /// The last line has no newline.
    mid_line: bool,
}

/// A report as it is collected.
#[derive(Debug, Default)]
struct Report {
    race: Race,
    section: Section,
    frames: Vec<FrameId>,
    /// The function whose place is on the next line.
    call: Option<StrId>,
    /// A place whose end may be on the next line.
    place: Joiner,
    /// Goroutines whose creation was read: number, state and stack.
    created: Vec<(u64, StrId, StackId)>,
    /// Accesses whose stack is missing.
    lost: FxHashSet<usize>,
}

/// The section that is being read.
#[derive(Clone, Copy, Debug, Default)]
enum Section {
    /// None yet.
    #[default]
    Start,
    /// The stack of the access that was added last.
    Access,
    /// The creation stack of a goroutine.
    Creation(u64, StrId),
    /// What has no stack.
    Other,
}

impl Reports {
    /// A reader of the input `name`.
    pub(super) fn new(name: &str) -> Self {
        let builder = DumpBuilder::new(name, Format::Race);
        Self { builder, report: None, known: FxHashSet::default(), begun: false, mid_line: false }
    }

    /// Reads the line at `at`, which is one of a report among the goroutines of another dump.
    pub(super) fn read(reports: &mut Option<Box<Self>>, text: &Text<'_>, at: usize) {
        if let Some((line, _)) = Line::at(text, at) {
            reports.get_or_insert_with(|| Box::new(Self::new(""))).line(&line);
        }
    }

    /// Gives the races of `reports` to the dump beside which they stand.
    pub(super) fn end(reports: Option<Box<Self>>, builder: &mut DumpBuilder) {
        if let Some(reports) = reports.and_then(|reports| reports.finish(0, 0, true)) {
            add_races(builder, &reports, usize::MAX);
        }
    }

    /// What a line of a report says. The part of a line that was broken is put together.
    fn said(&mut self, said: Said<'_>, line: &Line<'_>) {
        if let Said::Warning = said {
            self.end_report(None);
            self.report = Some(Report::default());
            return;
        }
        let builder = &mut self.builder;
        let Some(report) = &mut self.report else { return };
        match said {
            Said::Rule => self.end_report(None),
            Said::Access { operation, previous, address, goid } => {
                report.end_section(builder, Some(line));
                let (state, stack) = (StrId::default(), StackId::default());
                let created = StackId::default();
                let access = Access { operation, previous, address, goid, state, stack, created };
                report.race.accesses.push(access);
                report.section = Section::Access;
            }
            Said::Creation { goid, state } => {
                report.end_section(builder, Some(line));
                report.section = Section::Creation(goid, builder.string(state));
            }
            Said::Global => {
                report.end_section(builder, Some(line));
                report.section = Section::Other;
            }
            Said::NoStack => {
                if let Section::Creation(goid, state) = report.section {
                    report.created.push((goid, state, StackId::default()));
                }
                report.section = Section::Other;
            }
            Said::Call(name)
                if matches!(report.section, Section::Access | Section::Creation(..)) =>
            {
                report.end_call(builder, Some(line));
                report.call = Some(builder.function(name));
            }
            Said::Place { path, line } => {
                // What came between a call and its place was no part of either.
                if let Some((_, lines)) = report.place.give_up() {
                    builder.account().understood_lines -= lines;
                    builder.account().ignored_lines += lines;
                }
                if let Some(function) = report.call.take() {
                    report.push(builder, function, path, line);
                }
            }
            Said::Call(_) | Said::Warning => {}
        }
    }

    /// Whether the place in the line `text` is only the rest of one whose start is waiting.
    fn is_rest(&self, said: Said<'_>, text: &[u8]) -> bool {
        let waiting = self.report.as_ref().map_or(&[][..], |report| report.place.text());
        let is_path = waiting.contains(&b'/') && !waiting.iter().any(u8::is_ascii_whitespace);
        matches!(said, Said::Place { .. }) && is_path && !text.starts_with(b"/")
    }

    /// A line in a report that says nothing by itself: true if it is a part of a broken line.
    fn broken(&mut self, line: &Line<'_>) -> bool {
        let Some(report) = &mut self.report else { return false };
        let Some(function) = report.call else { return false };
        if !matches!(report.section, Section::Access | Section::Creation(..)) {
            return false;
        }
        let text = line.trimmed();
        let is_place =
            |text: &[u8]| matches!(grammar::race_report(text), Ok((_, Said::Place { .. })));
        if let Some(whole) = report.place.join(text, is_place) {
            if let Ok((_, Said::Place { path, line })) = grammar::race_report(&whole) {
                report.call = None;
                report.push(&mut self.builder, function, path, line);
            }
            self.builder.account().understood_lines += 1;
            return true;
        }
        if text.is_empty() || report.place.is_open() {
            return false;
        }
        let problem = line.problem("expected a place `path:line` behind the call");
        report.place.hold(text, problem);
        self.builder.account().understood_lines += 1;
        true
    }

    /// Ends the report that is being read; `cut`: the text ended in it, at this offset.
    fn end_report(&mut self, cut: Option<u64>) {
        let Some(mut report) = self.report.take() else { return };
        let builder = &mut self.builder;
        report.end_section(builder, None);
        let created: FxHashMap<u64, (StrId, StackId)> =
            report.created.iter().map(|(goid, state, stack)| (*goid, (*state, *stack))).collect();
        let mut accessed = FxHashSet::default();
        let accesses = report.race.accesses.len();
        for (index, access) in report.race.accesses.iter_mut().enumerate() {
            (access.state, access.created) = created.get(&access.goid).copied().unwrap_or_default();
            accessed.insert(access.goid);
            let lost = access.stack == StackId::default() && report.lost.contains(&index);
            let is_cut = lost || (cut.is_some() && index + 1 == accesses);
            if self.known.insert((access.goid, access.created)) {
                push_goroutine(builder, access, is_cut);
            } else {
                builder.account().repeated += 1;
            }
        }
        // Whoever is named by its creation alone.
        for (goid, state, created) in &report.created {
            if !accessed.contains(goid) && self.known.insert((*goid, *created)) {
                let head = Head { state: *state, ..Head::default() };
                let (head, creator) = (builder.head(head), creator(builder, *created));
                builder.push(Row { goid: *goid, head, creator, ..Row::default() });
                builder.account().whole += 1;
            }
        }
        if !report.race.accesses.is_empty() {
            builder.insert_races(usize::MAX, [report.race]);
        }
        if let Some(at_byte) = cut {
            let reason = TruncationReason::MidGoroutine;
            builder.set_truncation(Truncation { reason, at_byte });
        }
    }
}

/// Adds the goroutine that did `access`.
fn push_goroutine(builder: &mut DumpBuilder, access: &Access, cut: bool) {
    // The main goroutine, which runs as long as the program does, is said to be in no state.
    let inferred = access.state == StrId::default() && access.goid == 1;
    let state = if inferred { builder.string(b"running") } else { access.state };
    let head = builder.head(Head { state, inferred, cut, ..Head::default() });
    let creator = creator(builder, access.created);
    builder.push(Row { goid: access.goid, stack: access.stack, head, creator, ..Row::default() });
    let account = builder.account();
    if cut {
        account.cut_off += 1;
    } else {
        account.whole += 1;
    }
}

/// Who ran the `go` statement: the innermost function of its stack.
fn creator(builder: &mut DumpBuilder, created: StackId) -> CreatorId {
    let first = builder.dump().stack(created).first().map(|frame| builder.dump().frame(*frame));
    match first {
        Some(Frame::Call { function, file, line, .. }) => {
            builder.creator(Creator { function, file, line })
        }
        _ => CreatorId::default(),
    }
}

impl Report {
    /// Whether more of the report is missing than the rule below it, which an excerpt may leave out.
    fn is_cut(&self) -> bool {
        let creation = matches!(self.section, Section::Creation(..));
        self.call.is_some() || !creation || self.frames.is_empty()
    }

    fn push(&mut self, builder: &mut DumpBuilder, function: StrId, path: &[u8], line: u32) {
        let file = builder.string(path);
        let frame = Frame::Call { function, file, line, kind: CallKind::Plain };
        self.frames.push(builder.frame(frame));
    }

    /// Ends a call whose place is missing; `next` is the line before which it is.
    fn end_call(&mut self, builder: &mut DumpBuilder, next: Option<&Line<'_>>) {
        let Some(function) = self.call.take() else { return };
        if let Some((problem, lines)) = self.place.give_up() {
            builder.push_problem(problem);
            builder.account().understood_lines -= lines;
            builder.account().problem_lines += lines;
        } else if let Some(next) = next {
            let what = "expected a place `path:line` before this line";
            builder.problem(|| next.problem(what));
        }
        let file = StrId::default();
        let frame = Frame::Call { function, file, line: 0, kind: CallKind::Plain };
        self.frames.push(builder.frame(frame));
    }

    /// Ends the section that is being read; `next` is the line before which it ends.
    fn end_section(&mut self, builder: &mut DumpBuilder, next: Option<&Line<'_>>) {
        self.end_call(builder, next);
        let stack = builder.stack(&std::mem::take(&mut self.frames));
        match std::mem::take(&mut self.section) {
            Section::Access => {
                if stack == StackId::default() {
                    self.lost.insert(self.race.accesses.len().saturating_sub(1));
                    if let Some(next) = next {
                        let what = "expected the stack of an access before this line";
                        builder.problem(|| next.problem(what));
                    }
                }
                if let Some(access) = self.race.accesses.last_mut() {
                    access.stack = stack;
                }
            }
            Section::Creation(goid, state) => self.created.push((goid, state, stack)),
            Section::Start | Section::Other => {}
        }
    }
}

impl Reader for Reports {
    fn builder(&mut self) -> &mut DumpBuilder {
        &mut self.builder
    }

    fn line(&mut self, line: &Line<'_>) -> bool {
        let text = line.trimmed();
        // Inside of a report calls may look like anything.
        let said = grammar::race_report(text).ok().map(|(_, said)| said);
        let said = said.filter(|said| !self.is_rest(*said, text));
        let inside = self.report.is_some();
        match said {
            Some(said @ (Said::Rule | Said::Warning)) => {
                self.said(said, line);
                self.builder.account().understood_lines += 1;
            }
            Some(said) if inside => {
                self.said(said, line);
                self.builder.account().understood_lines += 1;
            }
            _ if self.begun && find_header(line.bytes, 0).is_some() => return false,
            _ if inside && self.broken(line) => {}
            _ if inside && text.is_empty() => self.builder.account().understood_lines += 1,
            _ => self.builder.account().ignored_lines += 1,
        }
        (self.begun, self.mid_line) = (true, !line.whole);
        true
    }

    fn finish(mut self: Box<Self>, bytes: u64, end: u64, _: bool) -> Option<Dump> {
        let is_cut = self.report.as_ref().is_some_and(|report| self.mid_line || report.is_cut());
        self.end_report(is_cut.then_some(end));
        if self.builder.dump().is_empty() {
            return None;
        }
        self.builder.set_bytes(bytes);
        Some(self.builder.finish())
    }
}

#[cfg(test)]
mod tests;
