//! Reads one goroutine: a header line and the lines of its stack, up to a blank line or the next header.

use super::block::Arguments;
use super::block::Block;
use super::frame::FunctionLine;
use super::frame::ancestor;
use super::frame::ancestor_frame;
use super::frame::created_by;
use super::frame::elided;
use super::frame::file_line;
use super::frame::function_line;
use super::frame::non_go_frame;
use super::frame::tail_len;
use super::frame::unavailable;
use super::header::header_start;
use super::known::Known;
use super::known::NONE;
use super::lines::At;
use super::lines::Line;
use super::lines::is_crash_detail;
use super::lines::is_crash_separator;
use super::lines::is_header_like;
use super::lines::is_hex_row;
use super::lines::is_race_rule;
use super::lines::line_at;
use super::mangled::CreatorLine;
use super::mangled::file_line_rest;
use super::mangled::goes_on_at;
use crate::model::Ancestor;
use crate::model::CallKind;
use crate::model::CreatorId;
use crate::model::DumpBuilder;
use crate::model::Frame;
use crate::model::FrameId;
use crate::parse::expect::PResult;
use crate::parse::place::Text;

/// Foreign lines between frames that are passed over before the stack goes on.
const NOISE: usize = 8;

/// What to do after a line was dealt with.
pub(super) enum Step {
    /// Go on at this position.
    Next(usize),
    /// The block ends before this position.
    End(usize),
    /// The text ends before the block does.
    More,
}

/// The reader of one block.
pub(super) struct Reader<'r, 't> {
    pub(super) text: &'r Text<'t>,
    pub(super) builder: &'r mut DumpBuilder,
    pub(super) known: &'r mut Known,
    pub(super) block: &'r mut Block,
    /// Calls with parentheses were read in goroutines before.
    pub(super) plain: bool,
}

impl<'t> Reader<'_, 't> {
    /// Reads the lines below a header from `at` on into the block; false if the text ends before the
    /// block does and more text follows: then nothing but interned texts has changed.
    ///
    /// ```abnf
    /// goroutine       = goroutine-header LF ( ( unavailable / 1*entry ) [ created-by ] / created-by ) *ancestor
    /// ```
    pub(super) fn goroutine(&mut self, at: usize) -> bool {
        self.block.clear();
        let mut at = at;
        loop {
            match self.entry(at) {
                Step::Next(next) => at = next,
                Step::End(end) => {
                    self.end_ancestor();
                    self.block.end = end;
                    return true;
                }
                Step::More => return false,
            }
        }
    }

    /// An entry of a stack, or another line of a block.
    ///
    /// ```abnf
    /// entry           = frame / gccgo-frame / non-go-frame / elided LF
    /// ```
    fn entry(&mut self, at: usize) -> Step {
        let rest = self.text.bytes.get(at..).unwrap_or_default();
        if self.block.ancestor_goid.is_none()
            && let Some((call, len)) = self.known.predicted(self.block.known, rest)
        {
            let arguments = (at + call.arguments.0, call.arguments.1);
            self.push_call(call.known, call.id, arguments, call.evidence);
            return Step::Next(at + len);
        }
        let line = match line_at(self.text, at) {
            At::Line(line) => line,
            At::More => return Step::More,
            At::End => return Step::End(at),
        };
        self.line(at, line)
    }

    /// Deals with `line` at `at`.
    pub(super) fn line(&mut self, at: usize, line: Line<'t>) -> Step {
        match line.text.first() {
            None => {
                self.block.understood_lines += 1;
                return Step::End(line.next);
            }
            Some(b'g') if is_header_like(line) => return Step::End(at),
            Some(b'[') => {
                if let Ok((_, goid)) = ancestor(line.text) {
                    return self.start_ancestor(goid, line);
                }
            }
            Some(b'c') => {
                if let Ok((b"", (function, goid))) = created_by(line.text) {
                    return self.creator(at, function, goid, line);
                }
            }
            Some(b'.') => {
                if let Ok((b"", count)) = elided(line.text) {
                    let frame = self.builder.frame(Frame::Elided(count));
                    return self.push_other(frame, line);
                }
            }
            Some(b'n') => {
                if let Ok((b"", _)) = non_go_frame(line.text) {
                    return self.non_go(line);
                }
            }
            Some(b'\t' | b' ') => {
                if unavailable(line.text).is_ok() {
                    self.block.understood_lines += 1;
                    self.block.unavailable = true;
                    return Step::Next(line.next);
                }
            }
            Some(_) => {}
        }
        self.frame(at, line)
    }

    /// A call and its file.
    ///
    /// ```abnf
    /// frame           = function-line LF file-line LF
    /// ```
    fn frame(&mut self, at: usize, line: Line<'t>) -> Step {
        if !line.whole {
            return self.cut(line);
        }
        let second = match line_at(self.text, line.next) {
            At::Line(second) => second,
            At::More => return Step::More,
            At::End if self.call(line.text).is_ok() || self.is_gccgo(line) => {
                return self.cut(line);
            }
            At::End => {
                return match self.mend(at, line) {
                    Some(step) => step,
                    None => self.other(at, line),
                };
            }
        };
        match (self.call(line.text), file_line(second.text)) {
            (Ok((_, call)), Ok((_, file))) => {
                if !second.whole && !ends_well(call.function, second.text) {
                    return self.cut_second(second);
                }
                let inlined = call.arguments == b"...";
                let previous = self.block.known;
                let (known, id, evidence) =
                    self.known.frame(self.builder, previous, (call.function, inlined), file);
                let start = at + line.text.len() - 1 - call.arguments.len();
                self.push_call(known, id, (start, call.arguments.len()), evidence);
                return Step::Next(second.next);
            }
            (Ok(_), Err(_)) if !second.whole => return self.cut_second(second),
            (Ok(_), Err(_)) | (Err(_), _) => {}
        }
        if let Some(step) = self.mend(at, line) {
            return step;
        }
        self.given_up(at, line, second)
    }

    /// The first line of a call, or of an ancestor's frame.
    pub(super) fn call<'i>(&self, line: &'i [u8]) -> PResult<'i, FunctionLine<'i>> {
        if self.block.ancestor_goid.is_none() {
            return function_line(line);
        }
        let (rest, function) = ancestor_frame(line)?;
        Ok((rest, FunctionLine { function, arguments: b"..." }))
    }

    /// A line that is no part of a stack: something that the runtime says in the middle of one is
    /// skipped, and foreign lines are ignored if the stack goes on behind them. Else the block ends.
    pub(super) fn other(&mut self, at: usize, line: Line<'_>) -> Step {
        let detail = is_crash_detail(line.text) || is_hex_row(line.text);
        if detail && !is_crash_separator(line.text) {
            self.block.skipped_lines += 1;
            return Step::Next(line.next);
        }
        if file_line_rest(line.text).is_ok() {
            self.problem(at, line.text.len(), "expected the end of a file line before its newline");
            self.block.problem_lines += 1;
            return Step::Next(line.next);
        }
        if is_race_rule(line.text) {
            return Step::End(at);
        }
        let mut next = line.next;
        for skipped in 1..=NOISE {
            match goes_on_at(self.text, next) {
                Some(true) => {
                    self.block.ignored_lines += skipped as u64;
                    return Step::Next(next);
                }
                None => return Step::More,
                Some(false) => match line_at(self.text, next) {
                    At::Line(line) if !line.text.is_empty() && header_start(line.text).is_err() => {
                        next = line.next;
                    }
                    At::More => return Step::More,
                    At::Line(_) | At::End => return Step::End(at),
                },
            }
        }
        Step::End(at)
    }

    fn creator(&mut self, at: usize, function: &[u8], goid: Option<u64>, line: Line<'t>) -> Step {
        if !line.whole {
            return self.cut(line);
        }
        let second = match line_at(self.text, line.next) {
            At::Line(second) => second,
            At::More => return Step::More,
            At::End => return self.cut(line),
        };
        let Ok((_, file)) = file_line(second.text) else {
            let creator = CreatorLine { function, goid, file: None };
            if let Some(step) = self.mend_creator(at, line, &creator) {
                return step;
            }
            if !second.whole {
                return self.cut_second(second);
            }
            self.block.lost += 1;
            self.problem(
                at,
                line.text.len(),
                "expected a file line `\tpath:line` after the creator",
            );
            self.block.problem_lines += 1;
            return Step::Next(line.next);
        };
        if !second.whole && tail_len(second.text) == 0 {
            return self.cut_second(second);
        }
        self.block.understood_lines += 2;
        let creator = self.known.creator(self.builder, &self.block.name(function), file);
        if self.block.ancestor_goid.is_some() {
            self.push_ancestor(creator);
        } else {
            self.block.goes_on |= self.block.created;
            self.block.created = true;
            (self.block.creator, self.block.creator_goid) = (creator, goid.unwrap_or(0));
            let before = b"created by  in goroutine ".len() + function.len();
            self.block.goid_at = goid.map(|_| (at + before, line.text.len() - before));
        }
        Step::Next(second.next)
    }

    fn start_ancestor(&mut self, goid: u64, line: Line<'_>) -> Step {
        self.end_ancestor();
        self.block.ancestor_goid = Some(goid);
        self.block.known = NONE;
        self.block.understood_lines += 1;
        Step::Next(line.next)
    }

    /// Ends an ancestor whose creator was not printed.
    fn end_ancestor(&mut self) {
        if self.block.ancestor_goid.is_some() {
            self.push_ancestor(CreatorId::default());
        }
    }

    pub(super) fn push_ancestor(&mut self, creator: CreatorId) {
        if let Some(goid) = self.block.ancestor_goid.take() {
            let stack = self.builder.stack(&self.block.ancestor_frames);
            self.block.ancestor_frames.clear();
            self.block.ancestors.push(Ancestor { goid, stack, creator });
        }
    }

    fn non_go(&mut self, line: Line<'_>) -> Step {
        let function = self.builder.function(b"non-Go function");
        let file = self.builder.string(b"");
        let kind = CallKind::NonGo;
        let frame = self.builder.frame(Frame::Call { function, file, line: 0, kind });
        self.push_other(frame, line)
    }

    /// Adds a frame that is no call of Go's, read from `line`.
    pub(super) fn push_other(&mut self, frame: FrameId, line: Line<'_>) -> Step {
        if !line.whole {
            return self.cut(line);
        }
        self.block.understood_lines += 1;
        self.frames().push(frame);
        Step::Next(line.next)
    }

    fn push_call(&mut self, known: u32, id: FrameId, arguments: (usize, usize), evidence: bool) {
        self.block.understood_lines += 2;
        self.block.known = known;
        if self.block.ancestor_goid.is_none() {
            let (frame, (at, len)) = (self.block.frames.len(), arguments);
            self.block.arguments.push(Arguments { frame, at, len, evidence });
        }
        self.frames().push(id);
    }

    pub(super) fn frames(&mut self) -> &mut Vec<FrameId> {
        self.block.goes_on |= self.block.created;
        if self.block.ancestor_goid.is_some() {
            &mut self.block.ancestor_frames
        } else {
            &mut self.block.frames
        }
    }

    /// The input ends in or after `line`, in the middle of the block.
    fn cut(&mut self, line: Line<'_>) -> Step {
        self.block.cut = true;
        self.block.understood_lines += 1;
        Step::End(line.next)
    }

    /// The input ends in `second`, the line that belongs to one before it.
    pub(super) fn cut_second(&mut self, second: Line<'_>) -> Step {
        self.block.understood_lines += 1;
        self.cut(second)
    }

    pub(super) fn problem(&mut self, at: usize, length: usize, message: &str) {
        // To find a line's number takes time.
        let known = self.builder.dump().problems.len() + self.block.problems.len();
        if known < DumpBuilder::MAX_PROBLEMS {
            self.block.problems.push(self.text.problem(at, length, message));
        } else {
            self.block.more_problems += 1;
        }
    }
}

/// Whether a stack can end with this call and this file line, which has no newline: it is whole if it
/// has an offset, and the last of a stack if it is where stacks start.
fn ends_well(function: &[u8], file: &[u8]) -> bool {
    tail_len(file) > 0 && matches!(function, b"main.main" | b"runtime.goexit" | b"runtime.main")
}
