//! `go tool pprof -traces`: stacks between lines, each with a count and its labels.

use super::grammar;
use super::grammar::{Node, Trace};
use super::{nanos, seconds};
use crate::model::{
    CallKind, Dump, DumpBuilder, Format, Frame, FrameId, Head, LabelsId, Problem, Row, Truncation,
    TruncationReason,
};
use crate::parse::infer;
use crate::parse::infer::era::Era;
use crate::parse::tool_line::{Line, Reader};

/// Longest text of a stack's labels, in lines.
const MAX_LABELS: usize = 256;

/// The reader of one text.
pub(in crate::parse) struct Traces {
    builder: DumpBuilder,
    leaked: bool,
    part: Part,
    count: i64,
    frames: Vec<FrameId>,
    /// The lines above a stack, which are labels.
    above: Vec<Vec<u8>>,
    problem: Option<Problem>,
    lines: u64,
    mid_line: bool,
}

/// What part of the text is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    /// Behind a separator.
    Labels,
    Stack,
}

impl Traces {
    /// A reader of the input `name`.
    pub(in crate::parse) fn new(name: &str) -> Self {
        Self {
            builder: DumpBuilder::new(name, Format::PprofTraces),
            leaked: false,
            part: Part::Head,
            count: 0,
            frames: Vec::new(),
            above: Vec::new(),
            problem: None,
            lines: 0,
            mid_line: false,
        }
    }

    fn head(&mut self, text: &[u8]) {
        let Ok((_, (key, value))) = grammar::profile_line(text) else { return };
        match key {
            b"Type" => {
                self.leaked = value == b"goroutineleak";
                self.builder.set_profile(&String::from_utf8_lossy(value));
            }
            b"Time" => self.builder.set_time(nanos(value), None),
            b"Duration" => {
                let taken = self.builder.dump().taken_at_nanos;
                self.builder.set_time(taken, seconds(value));
            }
            _ => {}
        }
    }

    fn push(&mut self, node: Node<'_>) {
        let function = self.builder.function(node.function);
        let file = self.builder.string(node.file);
        let kind = if node.inlined { CallKind::Inlined } else { CallKind::Plain };
        let frame = self.builder.frame(Frame::Call { function, file, line: node.line, kind });
        self.frames.push(frame);
    }

    /// The labels above the stack; lines that are none go on with a value.
    fn labels(&mut self) -> LabelsId {
        let mut labels: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for line in std::mem::take(&mut self.above) {
            // Keys are set flush right in ten columns.
            let aligned = line.iter().take_while(|byte| **byte != b':').count() >= 10;
            match (grammar::label_line(&line), labels.last_mut()) {
                (Ok((_, (key, value))), last) if aligned || last.is_none() => {
                    labels.push((key.to_vec(), value.to_vec()));
                }
                (_, Some((_, value))) => {
                    value.push(b'\n');
                    value.extend_from_slice(&line);
                }
                (_, None) => {}
            }
        }
        let labels: Vec<_> = labels
            .iter()
            .map(|(key, value)| (self.builder.string(key), self.builder.string(value)))
            .collect();
        self.builder.labels(&labels)
    }

    /// Ends the stack that is being read; `cut`: the text ended in it.
    fn end(&mut self, cut: bool) {
        if self.part != Part::Stack {
            return;
        }
        let frames = std::mem::take(&mut self.frames);
        if let Some(problem) = self.problem.take() {
            self.builder.push_problem(problem);
            self.builder.account().not_understood += self.count.unsigned_abs();
            self.above.clear();
            return;
        }
        let head = Head { leaked: self.leaked, cut, ..Head::default() };
        let row = Row {
            stack: self.builder.stack(&frames),
            head: self.builder.head(head),
            labels: self.labels(),
            ..Row::default()
        };
        self.builder.push_counted(row, self.count);
        let account = self.builder.account();
        if cut {
            account.cut_off += self.count.unsigned_abs();
        } else {
            account.whole = account.whole.saturating_add(self.count);
        }
    }

    /// A line that is none of a stack. False if the text ends before it.
    fn other(&mut self, line: &Line<'_>) -> bool {
        match self.part {
            Part::Head => self.head(line.trimmed()),
            Part::Labels if line.trimmed().is_empty() && self.above.is_empty() => return false,
            Part::Labels => {
                let is_label = grammar::label_line(line.bytes).is_ok();
                if (self.above.is_empty() && !is_label) || self.above.len() >= MAX_LABELS {
                    return false;
                }
                self.above.push(line.bytes.to_vec());
            }
            // The rest of the line is missing.
            Part::Stack if !line.whole => {}
            Part::Stack => {
                let problem =
                    || line.problem("expected a function; with -files the text names none");
                self.problem.get_or_insert_with(problem);
                self.builder.account().problem_lines += 1;
                return true;
            }
        }
        self.builder.account().understood_lines += 1;
        true
    }
}

impl Reader for Traces {
    fn builder(&mut self) -> &mut DumpBuilder {
        &mut self.builder
    }

    fn line(&mut self, line: &Line<'_>) -> bool {
        let said = grammar::pprof_traces(line.bytes.trim_ascii_end()).ok().map(|(_, said)| said);
        // The start of a stack whose function is not named is one nevertheless.
        let counted = || {
            let text = line.trimmed();
            let digits = text.iter().take_while(|b| b.is_ascii_digit() || **b == b'-').count();
            let rest = text.get(digits..)?;
            let count = std::str::from_utf8(text.get(..digits)?).ok()?.parse::<i64>().ok()?;
            rest.starts_with(b"   ").then_some(count)
        };
        match (self.part, said) {
            (_, Some(Trace::Separator)) => {
                self.end(false);
                if !self.above.is_empty() {
                    let what = "expected a stack with its count before this line";
                    self.builder.push_problem(line.problem(what));
                    self.above.clear();
                }
                self.part = Part::Labels;
            }
            (Part::Labels, Some(Trace::Counted(count, node))) => {
                (self.part, self.count) = (Part::Stack, count);
                self.push(node);
            }
            // A name may be cut off.
            (Part::Stack, Some(Trace::Node(_))) if !line.whole => {}
            (Part::Stack, Some(Trace::Node(node))) => self.push(node),
            (Part::Labels, None) if counted().is_some() => {
                (self.part, self.count) = (Part::Stack, counted().unwrap_or(0));
                return self.other(line);
            }
            _ => {
                self.lines += 1;
                let goes_on = self.other(line) || self.lines == 1;
                self.mid_line = !line.whole;
                return goes_on;
            }
        }
        self.lines += 1;
        self.mid_line = !line.whole;
        self.builder.account().understood_lines += 1;
        true
    }

    fn finish(mut self: Box<Self>, bytes: u64, end: u64, _: bool) -> Option<Dump> {
        // A separator ends the last stack too.
        let cut = self.part == Part::Stack
            || (self.mid_line && self.part == Part::Labels && !self.above.is_empty());
        self.end(true);
        if self.builder.dump().is_empty() && self.builder.dump().account.not_understood == 0 {
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
        let era = Era::of(self.builder.dump(), None);
        infer::infer_all(&mut self.builder, era);
        Some(self.builder.finish())
    }
}
