//! Reads lines of a stack that transport mangled, where the lines around leave no doubt: the productions
//! of `grammar/mangled.abnf`. Each is tried only where the strict rule has failed.

use std::borrow::Cow;

use super::block::Arguments;
use super::frame::FileLine;
use super::frame::FunctionLine;
use super::frame::cgo_file_line;
use super::frame::file_line;
use super::known::NONE;
use super::lines::At;
use super::lines::Line;
use super::lines::is_crash_detail;
use super::lines::is_header_like;
use super::lines::line_at;
use super::mangled::CreatorLine;
use super::mangled::LineKind;
use super::mangled::gap;
use super::mangled::glued_header;
use super::mangled::indented_call;
use super::mangled::is_joined_call;
use super::mangled::line_kind;
use super::mangled::one_line_creator;
use super::mangled::one_line_frame;
use super::mangled::stripped_file;
use super::mangled::trim;
use super::reader::Reader;
use super::reader::Step;
use crate::model::CallKind;
use crate::model::Frame;
use crate::parse::expect::PResult;
use crate::parse::scan::without_control;

/// Lines of a log that may stand between a call or creator and its file.
const NOISE: usize = 8;

/// The file that belongs to the call or creator before it.
struct Found<'t> {
    /// Its text.
    text: Cow<'t, [u8]>,
    /// Where the next line starts.
    next: usize,
    /// Lines of other origin before it.
    noise: u64,
    /// It was wrapped over two lines.
    joined: bool,
    /// The next header stands on the same line.
    glued: bool,
}

/// Where a file was looked for.
enum Search<'t> {
    Found(Found<'t>),
    Nothing,
    /// The text ends before that can be told.
    More,
}

impl<'t> Reader<'_, 't> {
    /// Reads the mangled entry that `line` at `at` begins; `None` if it is none.
    pub(super) fn mend(&mut self, at: usize, line: Line<'t>) -> Option<Step> {
        let text = trim(line.text);
        if text.is_empty() {
            self.block.understood_lines += 1;
            return Some(Step::End(line.next));
        }
        if text.len() < line.text.len() {
            // An indented line is what it would be without the blanks.
            let lead = (text.as_ptr() as usize).saturating_sub(line.text.as_ptr() as usize);
            self.block.mended = true;
            return Some(self.line(at + lead, Line { text, ..line }));
        }
        if let Some(cut) = glued_header(line.text) {
            // `created by main.maingoroutine 7 [select]:`: the newline between the two was lost.
            let before = line.text.get(..cut)?;
            let step = self.line(at, Line { text: before, next: at + cut, whole: true });
            let is_read = matches!(step, Step::Next(end) | Step::End(end) if end > at);
            self.block.glued += u64::from(is_read);
            return Some(step);
        }
        let text = without_control(line.text);
        if let Ok((_, creator)) = one_line_creator(&text) {
            return self.mend_creator(at, line, &creator);
        }
        if let Ok((_, (call, file))) = one_line_frame(&text) {
            self.mend_call(at, line.text, &call, file);
            self.block.understood_lines += 1;
            return Some(Step::Next(line.next));
        }
        if let Ok((_, call)) = indented_call(&text) {
            return match self.find_file(line) {
                Search::Found(found) => {
                    let (_, file) = any_file(&found.text).ok()?;
                    self.mend_call(at, line.text, &call, file);
                    Some(self.take(&found, line))
                }
                Search::More => Some(Step::More),
                Search::Nothing => None,
            };
        }
        self.join_call(at, line)
    }

    /// A call without its file, or a line that is no call; the next is `second`.
    pub(super) fn given_up(&mut self, at: usize, line: Line<'_>, second: Line<'_>) -> Step {
        match self.call(line.text) {
            Ok((_, call)) => {
                self.block.lost += 1;
                self.problem(
                    line.next,
                    second.text.len(),
                    "expected the call's file line `\tpath:line`",
                );
                self.block.problem_lines += 1;
                let function = self.builder.function(call.function);
                let file = self.builder.string(b"");
                let frame = Frame::Call { function, file, line: 0, kind: CallKind::Plain };
                let id = self.builder.frame(frame);
                self.block.frames.push(id);
                Step::Next(line.next)
            }
            Err(_) => self.not_a_call(at, line, second),
        }
    }

    /// A line that is no call, with the line behind it: a C function that a symbolizer named, a damaged
    /// call, or something that does not belong to the block.
    fn not_a_call(&mut self, at: usize, line: Line<'_>, second: Line<'_>) -> Step {
        if let Some(step) = self.gccgo_frame(line, second) {
            return step;
        }
        let is_name = line.text.first().is_some_and(|byte| !matches!(byte, b'\t' | b' '));
        if is_name && second.whole {
            if let Ok((_, file)) = cgo_file_line(second.text) {
                let function = self.builder.function(line.text);
                let path = self.builder.string(file.path);
                let frame =
                    Frame::Call { function, file: path, line: file.line, kind: CallKind::NonGo };
                let frame = self.builder.frame(frame);
                self.block.understood_lines += 1;
                return self.push_other(frame, second);
            }
            if any_file(second.text).is_ok() && !is_crash_detail(line.text) {
                self.lose_file(at, line, 2);
                return Step::Next(second.next);
            }
        }
        if any_file(line.text).is_ok() {
            self.lose_file(at, line, 1);
            return Step::Next(line.next);
        }
        self.other(at, line)
    }

    /// Gives up a file whose call is damaged or missing; `line` at `at` is the first of its `lines`.
    fn lose_file(&mut self, at: usize, line: Line<'_>, lines: u64) {
        let what = "expected a call `function(args)` before this file line";
        self.problem(at, line.text.len(), what);
        self.block.lost += 1;
        self.block.problem_lines += lines;
    }

    /// Adds a frame that was mended. `line` starts at `at` and holds the call.
    fn mend_call(&mut self, at: usize, line: &[u8], call: &FunctionLine<'_>, file: FileLine<'_>) {
        let inlined = call.arguments == b"...";
        let (_, id, evidence) =
            self.known.frame(self.builder, NONE, (call.function, inlined), file);
        self.block.known = NONE;
        self.block.mended = true;
        // The arguments are a part of the line, unless that was joined.
        let offset = (call.arguments.as_ptr() as usize).checked_sub(line.as_ptr() as usize);
        let (frame, len) = (self.block.frames.len(), call.arguments.len());
        let offset = offset.filter(|offset| offset + len <= line.len());
        if let Some(offset) = offset.filter(|_| self.block.ancestor_goid.is_none()) {
            self.block.arguments.push(Arguments { frame, at: at + offset, len, evidence });
        }
        self.frames().push(id);
    }

    /// A creator, mangled or with its file behind lines of a log.
    pub(super) fn mend_creator(
        &mut self,
        at: usize,
        line: Line<'t>,
        creator: &CreatorLine<'_>,
    ) -> Option<Step> {
        if let Some(file) = creator.file {
            self.set_creator(creator, file);
            self.block.understood_lines += 1;
            return Some(Step::Next(line.next));
        }
        match self.find_file(line) {
            Search::Found(found) => {
                let (_, file) = any_file(&found.text).ok()?;
                self.set_creator(creator, file);
                Some(self.take(&found, line))
            }
            Search::More => Some(Step::More),
            Search::Nothing => self.join_creator(at, line),
        }
    }

    fn set_creator(&mut self, creator: &CreatorLine<'_>, file: FileLine<'_>) {
        let id = self.known.creator(self.builder, creator.function, file);
        self.block.mended = true;
        if self.block.ancestor_goid.is_some() {
            self.push_ancestor(id);
            return;
        }
        self.block.created = true;
        (self.block.creator, self.block.creator_goid) = (id, creator.goid.unwrap_or(0));
    }

    /// Counts the lines of a call or creator in `line` at `at` whose file was found behind it.
    fn take(&mut self, found: &Found<'_>, line: Line<'_>) -> Step {
        self.block.ignored_lines += found.noise;
        self.block.glued += u64::from(found.glued);
        if found.joined {
            self.block.understood_lines += 1;
            self.report_joined(line.next, line);
        } else {
            self.block.understood_lines += 2;
        }
        Step::Next(found.next)
    }

    /// Reports that the line at `at` was joined with the next.
    fn report_joined(&mut self, at: usize, line: Line<'_>) {
        self.problem(at, line.text.len(), "a line was wrapped here; it was joined with the next");
        self.block.mended = true;
        self.block.problem_lines += 2;
    }

    /// Looks for the file of the call or creator in `line`: on the next line, behind lines of a log, or
    /// wrapped over two lines.
    fn find_file(&self, line: Line<'t>) -> Search<'t> {
        let mut next = line.next;
        for noise in 0..=NOISE {
            let second = match line_at(self.text, next) {
                At::Line(second) => second,
                At::More => return Search::More,
                At::End => return Search::Nothing,
            };
            let cut = glued_header(second.text);
            let (text, end) = match cut {
                Some(cut) => (second.text.get(..cut).unwrap_or_default(), next + cut),
                None => (second.text, second.next),
            };
            let text = without_control(text);
            // Without its newline the line's number may be cut.
            if any_file(&text).is_ok_and(|(_, file)| second.whole || file.text.len() < text.len()) {
                let noise = noise as u64;
                return Search::Found(Found {
                    text,
                    next: end,
                    noise,
                    joined: false,
                    glued: cut.is_some(),
                });
            }
            if !is_noise(second) {
                break;
            }
            next = second.next;
        }
        let first = match self.next_line(line) {
            Ok(first) => first,
            Err(search) => return search,
        };
        let second = match self.next_line(first) {
            Ok(second) => second,
            Err(search) => return search,
        };
        let joined = [first.text, second.text].concat();
        let is_piece = line_kind(first.text) == LineKind::Other && any_file(second.text).is_err();
        if !is_piece || stripped_file(&joined).is_err() {
            return Search::Nothing;
        }
        let text = Cow::Owned(joined);
        Search::Found(Found { text, next: second.next, noise: 0, joined: true, glued: false })
    }

    /// A call that was wrapped: `line` at `at` and the next together, with their file behind.
    fn join_call(&mut self, at: usize, line: Line<'t>) -> Option<Step> {
        let second = match self.next_line(line) {
            Ok(second) => second,
            Err(Search::More) => return Some(Step::More),
            Err(_) => return None,
        };
        if second.text.first().is_none_or(|byte| *byte == b'\t') {
            return None;
        }
        let joined = [line.text, second.text].concat();
        let call = is_joined_call(line.text, &joined)?;
        match self.find_file(second) {
            Search::Found(found) if !found.joined && found.noise == 0 => {
                let (_, file) = any_file(&found.text).ok()?;
                self.mend_call(at, line.text, &call, file);
                self.report_joined(at, line);
                self.block.understood_lines += 1;
                self.block.glued += u64::from(found.glued);
                Some(Step::Next(found.next))
            }
            Search::More => Some(Step::More),
            Search::Found(_) | Search::Nothing => None,
        }
    }

    /// A creator that was wrapped.
    fn join_creator(&mut self, at: usize, line: Line<'t>) -> Option<Step> {
        let second = self.next_line(line).ok()?;
        let joined = [line.text, second.text].concat();
        let (_, creator) = one_line_creator(&joined).ok()?;
        match self.find_file(second) {
            Search::Found(found) if !found.joined && found.noise == 0 => {
                let (_, file) = any_file(&found.text).ok()?;
                self.set_creator(&creator, file);
                self.report_joined(at, line);
                self.block.understood_lines += 1;
                self.block.glued += u64::from(found.glued);
                Some(Step::Next(found.next))
            }
            Search::More => Some(Step::More),
            Search::Found(_) | Search::Nothing => None,
        }
    }

    /// The line behind `line`, of which that may be the continuation; a header that is glued to it is not.
    fn next_line(&self, line: Line<'t>) -> Result<Line<'t>, Search<'t>> {
        let before = self.text.bytes.get(..line.next).unwrap_or_default();
        if !before.ends_with(b"\n") {
            return Err(Search::Nothing);
        }
        match line_at(self.text, line.next) {
            At::Line(next) if glued_header(next.text).is_none() => Ok(next),
            At::More => Err(Search::More),
            At::Line(_) | At::End => Err(Search::Nothing),
        }
    }
}

/// A file line as Go prints it, or stripped.
fn any_file(text: &[u8]) -> PResult<'_, FileLine<'_>> {
    stripped_file(text).or_else(|_| file_line(text))
}

/// Whether `line` can be a line of a log in the middle of a stack: text with blanks that is no part of one.
fn is_noise(line: Line<'_>) -> bool {
    line.whole
        && memchr::memchr(b' ', line.text).is_some_and(|blank| blank > 0)
        && gap(line.text).is_err()
        && !is_header_like(line)
        && one_line_creator(line.text).is_err()
        && indented_call(line.text).is_err()
        && one_line_frame(line.text).is_err()
}
