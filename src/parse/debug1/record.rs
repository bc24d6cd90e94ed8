//! Reading one record.

use nom::Err;

use super::grammar;
use super::known::{Place, Said};
use super::lines::{Line, line_at};
use super::{Debug1, LONGEST_RECORD};
use crate::model::{CallKind, Frame, FrameId, Head, LabelsId, Row, TruncationReason};
use crate::parse::expect::Expected;
use crate::parse::infer::chains::Chain;
use crate::parse::place::Text;

/// What became of the text at which a record was looked for.
pub(super) enum Outcome {
    /// It was read (or dropped on purpose) up to here.
    Read(usize),
    /// It is not whole yet.
    More,
    /// It is a record of `count` goroutines, if that is known, but `what` was expected at `at`.
    Bad { at: usize, what: &'static str, count: Option<i64> },
    /// It is no record.
    Foreign,
}

/// A record as it is collected.
#[derive(Default)]
struct Draft {
    count: i64,
    labels: LabelsId,
    frames: Vec<FrameId>,
    /// Address of the first and of the last frame line.
    first: Option<u64>,
    last: Option<u64>,
    /// The frame line that was read last.
    place: Place,
    lines: u64,
    /// Lines of other origin between its own.
    ignored: u64,
    end: usize,
}

/// Most lines of other origin between two lines of a record.
const NOISE: usize = 16;

impl Debug1 {
    /// Reads the record at `at`.
    ///
    /// ```abnf
    /// record         = record-line [ labels-line ] *( frame-line / bare-frame-line ) [ LF ]
    /// ```
    pub(super) fn record(&mut self, text: &Text<'_>, at: usize) -> Outcome {
        let Some(head) = line_at(text, at) else { return Outcome::More };
        let (count, pcs) = match grammar::record_line(head.text) {
            Ok((_, parsed)) => parsed,
            Err(error) => return self.no_record_line(text, at, head, &error),
        };
        let mut draft = Draft { count, end: head.end, lines: 1, ..Draft::default() };
        if !head.whole {
            return self.last_record_line(text, pcs, &draft);
        }
        loop {
            if draft.end - at > LONGEST_RECORD {
                let count = Some(draft.count);
                return Outcome::Bad { at, what: "a record of at most 4 MiB", count };
            }
            let rest = text.bytes.get(draft.end..).unwrap_or_default();
            if let Some((place, said, len)) = self.known.predicted(draft.place, rest) {
                draft.push(place, said);
                draft.lines += 1;
                draft.end += len;
                continue;
            }
            let Some(line) = line_at(text, draft.end) else {
                return if text.eof { self.end_of_text(text, pcs, &draft) } else { Outcome::More };
            };
            if line.text.is_empty() {
                draft.lines += 1;
                draft.end = line.end;
                break;
            }
            if !is_hash_line(line.text) {
                match noise(text, draft.end) {
                    Noise::Lines(lines, end) => {
                        draft.ignored += lines;
                        draft.end = end;
                        continue;
                    }
                    Noise::More => return Outcome::More,
                    // Without a blank line the next record ends this one.
                    Noise::End => break,
                }
            }
            if let Err(bad) = self.hash_line(line, &mut draft) {
                if !line.whole {
                    draft.lines += 1;
                    draft.end = line.end;
                    return self.cut_record(text, pcs, &draft, TruncationReason::MidLine);
                }
                let at = draft.end + (line.text.len() - bad.rest.len());
                return Outcome::Bad { at, what: bad.what, count: Some(draft.count) };
            }
            if !line.whole {
                return self.last_line(text, pcs, draft);
            }
        }
        let end = draft.end;
        self.whole_record(pcs, &draft);
        Outcome::Read(end)
    }

    /// Reads a labels line or a frame line into `draft`.
    fn hash_line<'i>(&mut self, line: Line<'i>, draft: &mut Draft) -> Result<(), Expected<'i>> {
        if let Some((place, said)) = self.known.get(draft.place, line.text) {
            draft.push(place, said);
        } else if line.text.starts_with(b"# labels: ") {
            let labels = grammar::labels_line(line.text).map_err(|error| reason(&error))?.1;
            let labels: Vec<_> = labels
                .iter()
                .map(|(key, value)| (self.builder.string(key), self.builder.string(value)))
                .collect();
            draft.labels = self.builder.labels(&labels);
        } else {
            let parsed = match grammar::frame_line(line.text) {
                Err(_) if !line.text.starts_with(b"#") => grammar::bare_frame_line(line.text),
                parsed => parsed,
            };
            let parsed = parsed.map_err(|error| reason(&error))?.1;
            let frame = match parsed.call {
                None => Frame::Address(parsed.pc),
                Some((function, file, line)) => Frame::Call {
                    function: self.builder.function(function),
                    file: self.builder.string(file),
                    line,
                    kind: CallKind::Plain,
                },
            };
            let said = Said { frame: self.builder.frame(frame), pc: parsed.pc };
            // A line that may be cut is no line to remember.
            let place = if line.whole {
                self.known.insert(draft.place, line.text, said)
            } else {
                Place::default()
            };
            draft.push(place, said);
        }
        draft.lines += 1;
        draft.end = line.end;
        Ok(())
    }

    /// The line at `at` is not the first line of a record: is it a damaged one?
    fn no_record_line(
        &mut self,
        text: &Text<'_>,
        at: usize,
        line: Line<'_>,
        error: &Err<Expected<'_>>,
    ) -> Outcome {
        let is_count = |text: &[u8]| text.iter().all(|b| b.is_ascii_digit() || *b == b'-');
        let mark = memchr::memmem::find(line.text, b" @");
        let (count, rest) = line.text.split_at(mark.unwrap_or(line.text.len()));
        if !line.whole
            && !count.is_empty()
            && is_count(count)
            && rest.get(2).is_none_or(|b| *b == b' ')
        {
            // The end of the input cut the line: `12 @ 0x48b`, or less than that.
            let count = std::str::from_utf8(count).ok().and_then(|count| count.parse().ok());
            let account = self.builder.account();
            account.understood_lines += 1;
            account.cut_off += mark.and(count).unwrap_or(1);
            self.cut(text, TruncationReason::MidLine);
            return Outcome::Read(line.end);
        }
        let damaged = line.text.starts_with(b"#") || memchr::memmem::find(rest, b" @ 0x").is_some();
        let damaged = damaged || (mark.is_some() && is_count(count));
        let count =
            mark.and_then(|_| grammar::count(count).ok()).filter(|(rest, _)| rest.is_empty());
        let count = count.map(|(_, count)| count);
        if damaged {
            let Expected { what, rest } = reason(error);
            return Outcome::Bad { at: at + (line.text.len() - rest.len()), what, count };
        }
        // One line ahead: a frame line makes it a record whose first line is damaged.
        match line_at(text, line.end) {
            Some(next) if next.text.starts_with(b"#") => {
                Outcome::Bad { at, what: "the count and the addresses of a record", count }
            }
            None if !text.eof => Outcome::More,
            _ => Outcome::Foreign,
        }
    }

    /// The text ends after a whole line of the record, without the blank line that Go prints.
    fn end_of_text(&mut self, text: &Text<'_>, pcs: &[u8], draft: &Draft) -> Outcome {
        if self.reaches_outermost(pcs, draft) {
            let end = draft.end;
            self.whole_record(pcs, draft);
            Outcome::Read(end)
        } else {
            self.cut_record(text, pcs, draft, TruncationReason::MidGoroutine)
        }
    }

    /// The text ends in a line that reads like a whole one. If it is the last frame of the last
    /// record, then something has only trimmed the text's end, as a shell's `$(…)` does.
    fn last_line(&mut self, text: &Text<'_>, pcs: &[u8], mut draft: Draft) -> Outcome {
        let total = self.counted.saturating_add(draft.count);
        if total == self.stated && self.reaches_outermost(pcs, &draft) {
            let end = draft.end;
            self.whole_record(pcs, &draft);
            return Outcome::Read(end);
        }
        // `main.go:32` may be cut from `main.go:327`.
        draft.frames.pop();
        self.cut_record(text, pcs, &draft, TruncationReason::MidLine)
    }

    /// The text ends in the first line of a record. At debug=0 of Go 1.7 and before that can be all of
    /// it; else the record is left out, as its addresses may be cut.
    fn last_record_line(&mut self, text: &Text<'_>, pcs: &[u8], draft: &Draft) -> Outcome {
        let end = draft.end;
        if !self.any_frames() && self.counted.saturating_add(draft.count) == self.stated {
            self.whole_record(pcs, draft);
        } else {
            let account = self.builder.account();
            account.understood_lines += draft.lines;
            account.cut_off += draft.count.unsigned_abs();
            self.counted = self.counted.saturating_add(draft.count);
            self.cut(text, TruncationReason::MidLine);
        }
        Outcome::Read(end)
    }

    /// Whether the last frame line is that of the outermost address. The outermost is
    /// `runtime.goexit` in most records, which has no line. If the line's address is not in the list at all,
    /// somebody edited one of them, and that the record is cut off cannot be told.
    fn reaches_outermost(&self, pcs: &[u8], draft: &Draft) -> bool {
        let Some(last) = draft.last else { return !self.any_frames() };
        let (before, outermost) = last_two(pcs);
        let is_last = |pc: u64| pc == last || pc.checked_sub(1) == Some(last);
        if !grammar::pcs(pcs).any(is_last) {
            return true;
        }
        match self.goexit {
            Some(goexit) if goexit == outermost => is_last(before),
            Some(_) => is_last(outermost),
            None => is_last(outermost) || is_last(before),
        }
    }

    /// Adds a record whose end is missing.
    fn cut_record(
        &mut self,
        text: &Text<'_>,
        pcs: &[u8],
        draft: &Draft,
        reason: TruncationReason,
    ) -> Outcome {
        let end = draft.end;
        self.cut(text, reason);
        let leaked = self.builder.dump().head(self.head).leaked;
        let head = self.builder.head(Head { leaked, cut: true, ..Head::default() });
        let account = self.builder.account();
        account.understood_lines += draft.lines;
        account.ignored_lines += draft.ignored;
        account.cut_off += draft.count.unsigned_abs();
        self.counted = self.counted.saturating_add(draft.count);
        let row = Row { head, labels: draft.labels, ..Row::default() };
        self.push(row, pcs, draft);
        Outcome::Read(end)
    }

    /// Adds a whole record, unless it is the phantom.
    fn whole_record(&mut self, pcs: &[u8], draft: &Draft) {
        // Go 1.27's goroutineleak counts main, if it is in `select {}`, before it sees that it is
        // not leaked (golang/go PR 78922), and prints a record of nothing for it:
        //     1 @
        //     #	0x0
        let nothing = pcs.is_empty() && draft.first == Some(0) && draft.frames.len() == 1;
        if self.of_goroutines && nothing {
            self.stated = self.stated.saturating_sub(draft.count);
            self.builder.account().skipped_lines += draft.lines;
            self.builder.account().ignored_lines += draft.ignored;
            return;
        }
        if let (None, Some(last)) = (self.goexit, draft.last) {
            let (before, outermost) = last_two(pcs);
            self.goexit =
                (before == last || before.checked_sub(1) == Some(last)).then_some(outermost);
        }
        let account = self.builder.account();
        account.understood_lines += draft.lines;
        account.ignored_lines += draft.ignored;
        account.whole = account.whole.saturating_add(draft.count);
        self.counted = self.counted.saturating_add(draft.count);
        let row = Row { head: self.head, labels: draft.labels, ..Row::default() };
        self.push(row, pcs, draft);
    }

    fn push(&mut self, mut row: Row, pcs: &[u8], draft: &Draft) {
        row.stack = if draft.first.is_some() {
            self.builder.stack(&draft.frames)
        } else if self.any_frames() {
            // Its frame lines are cut off.
            row.stack
        } else {
            // Without frame lines (debug=0 of Go 1.7 and before) the addresses are all there is.
            let frames: Vec<_> =
                grammar::pcs(pcs).map(|pc| self.builder.frame(Frame::Address(pc))).collect();
            self.builder.stack(&frames)
        };
        self.builder.push_counted(row, draft.count);
        self.chains.push(Chain::new(grammar::pcs(pcs), draft.first));
    }
}

/// Whether `line` may be a line of a record behind its first one: a frame or labels, damaged or not.
fn is_hash_line(line: &[u8]) -> bool {
    line.starts_with(b"#") || grammar::bare_frame_line(line).is_ok()
}

/// Whether `line` begins as a frame does, or as labels.
fn is_marked_frame(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"#") else { return false };
    let rest = grammar::gap(rest).map_or(rest, |(rest, ())| rest);
    rest.starts_with(b"0x") || rest.starts_with(b"labels: ")
}

/// What stands between the lines of a record.
enum Noise {
    /// So many lines of other origin; the record goes on here.
    Lines(u64, usize),
    /// More text is needed to say.
    More,
    /// The record does not go on.
    End,
}

/// Looks from `at` on, where no line of the record stands, whether it goes on behind lines of other origin,
/// such as `... 3 frames of ours`: not behind a blank line or another record.
fn noise(text: &Text<'_>, at: usize) -> Noise {
    let mut end = at;
    for lines in 0..=NOISE {
        let Some(line) = line_at(text, end) else {
            return if text.eof { Noise::End } else { Noise::More };
        };
        // Damaged ones are not passed over.
        if is_marked_frame(line.text) || grammar::bare_frame_line(line.text).is_ok() {
            return Noise::Lines(lines as u64, end);
        }
        let ends = line.text.is_empty() || line.text.starts_with(b"goroutine ");
        if ends || grammar::record_line(line.text).is_ok() || Debug1::sniff(line.text) {
            return Noise::End;
        }
        end = line.end;
    }
    Noise::End
}

/// The last address but one, and the last.
fn last_two(pcs: &[u8]) -> (u64, u64) {
    grammar::pcs(pcs).fold((0, 0), |(_, before), pc| (before, pc))
}

impl Draft {
    fn push(&mut self, place: Place, said: Said) {
        self.place = place;
        self.frames.push(said.frame);
        self.first.get_or_insert(said.pc);
        self.last = Some(said.pc);
    }
}

fn reason<'i>(error: &Err<Expected<'i>>) -> Expected<'i> {
    match error {
        Err::Error(expected) | Err::Failure(expected) => *expected,
        Err::Incomplete(_) => Expected { what: "a whole line", rest: &[] },
    }
}
