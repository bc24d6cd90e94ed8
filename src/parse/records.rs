//! JSON of `runtime.GoroutineProfile`: `[{"Stack0":[4487249,…,0,0]},…]`, addresses without names, one
//! element a goroutine. A stack ends at its first 0.

#[cfg(test)]
mod tests;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{multispace0, u64 as number};
use nom::error::Error as NomError;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{Err, IResult, Parser};

use crate::error::{Error, Result};
use crate::model::{Dump, DumpBuilder, Format, Frame, Row, Truncation, TruncationReason};
use crate::parse::place::Text;

type Parsed<'i, T> = IResult<&'i [u8], T>;

/// Addresses of a record; longer stacks are cut by Go at 32 (`runtime.StackRecord`), and a hostile
/// record here.
const LONGEST: usize = 4096;

/// Whether `head`, the first bytes of an input, can be the start of such a list.
pub(crate) fn sniff(head: &[u8]) -> bool {
    let start = (multispace0, tag("["), multispace0, tag("{"), multispace0, tag("\"Stack0\""));
    let mut start = (start, multispace0::<&[u8], NomError<&[u8]>>, tag(":"));
    start.parse(head).is_ok()
}

/// The dump in `bytes`, the input `name`. What is whole of a list that is cut is kept.
pub(crate) fn parse(bytes: &[u8], name: &str) -> Result<Dump> {
    if !sniff(bytes) {
        return Err(Error::Damaged {
            input: name.to_owned(),
            container: "JSON",
            detail: "expected a list of records with Stack0".to_owned(),
        });
    }
    let mut reader =
        Reader { builder: DumpBuilder::new(name, Format::Records), frames: Vec::new() };
    reader.builder.set_bytes(bytes.len() as u64);
    let text = Text { bytes, offset: 0, line: 1, pieces: None, eof: true };
    reader.list(&text);
    Ok(reader.builder.finish())
}

struct Reader {
    builder: DumpBuilder,
    frames: Vec<u64>,
}

impl Reader {
    /// Reads record after record until the list or the text ends.
    fn list(&mut self, text: &Text<'_>) {
        let bytes = text.bytes;
        let mut rest = token(b"[", bytes).map_or(bytes, |(rest, ())| rest);
        let end = loop {
            rest = match record(rest, &mut self.frames) {
                Ok((after, ())) => after,
                Err(_) if is_cut(rest) => {
                    self.cut(text, rest);
                    break bytes.len();
                }
                Err(error) => break self.not_understood(text, &error),
            };
            self.push();
            rest = match separator(rest) {
                Ok((after, true)) => after,
                Ok((after, false)) => break bytes.len() - after.len(),
                Err(_) if skip_space(rest).is_empty() => {
                    self.cut(text, rest);
                    break bytes.len();
                }
                Err(error) => break self.not_understood(text, &error),
            };
        };
        let (list, after) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        let lines = |text: &[u8]| {
            let open = !text.is_empty() && !text.ends_with(b"\n");
            memchr::memchr_iter(b'\n', text).count() as u64 + u64::from(open)
        };
        let all = lines(bytes);
        // The line on which the list ends is the list's.
        let ignored = lines(after).saturating_sub(u64::from(!list.ends_with(b"\n")));
        let account = self.builder.account();
        account.ignored_lines = ignored;
        account.understood_lines = all - ignored - account.problem_lines;
    }

    fn push(&mut self) {
        let frames: Vec<_> =
            self.frames.iter().map(|pc| self.builder.frame(Frame::Address(*pc))).collect();
        let stack = self.builder.stack(&frames);
        self.builder.push(Row { stack, ..Row::default() });
        self.builder.account().whole += 1;
    }

    /// The text ends in the record at `rest`, or where one is due.
    fn cut(&mut self, text: &Text<'_>, rest: &[u8]) {
        if !skip_space(rest).is_empty() {
            self.builder.account().cut_off += 1;
        }
        let at_byte = text.bytes.len() as u64;
        self.builder.set_truncation(Truncation { reason: TruncationReason::MidGoroutine, at_byte });
    }

    /// Reports what is no record, and gives the rest of the text up, from the returned place.
    fn not_understood(&mut self, text: &Text<'_>, error: &Err<NomError<&[u8]>>) -> usize {
        let rest = match error {
            Err::Error(error) | Err::Failure(error) => error.input,
            Err::Incomplete(_) => &[],
        };
        let at = text.bytes.len() - rest.len();
        self.builder.problem(|| text.problem(at, rest.len(), "expected the numbers of a record"));
        let account = self.builder.account();
        account.not_understood += 1;
        account.problem_lines += 1;
        at
    }
}

fn skip_space(input: &[u8]) -> &[u8] {
    input.trim_ascii_start()
}

/// Whether what is left begins a record and ends inside it.
fn is_cut(rest: &[u8]) -> bool {
    memchr::memchr(b'}', rest).is_none()
}

/// `word` with white space before it.
fn token<'i>(word: &'static [u8], input: &'i [u8]) -> Parsed<'i, ()> {
    preceded(multispace0, tag(word)).map(|_: &[u8]| ()).parse(input)
}

/// What follows an element: whether a comma, with more to come, or the end of the list.
fn separator(input: &[u8]) -> Parsed<'_, bool> {
    preceded(multispace0, alt((tag(&b","[..]), tag(&b"]"[..]))))
        .map(|found: &[u8]| found == b",")
        .parse(input)
}

/// `{"Stack0":[…]}` with white space anywhere; the addresses before the first 0 go to `frames`.
fn record<'i>(input: &'i [u8], frames: &mut Vec<u64>) -> Parsed<'i, ()> {
    frames.clear();
    let key = |input| token(b"\"Stack0\"", input);
    delimited(
        |input| token(b"{", input),
        separated_pair(key, |input| token(b":", input), |input| numbers(input, frames)),
        |input| token(b"}", input),
    )
    .map(|_| ())
    .parse(input)
}

/// A list of numbers.
fn numbers<'i>(input: &'i [u8], frames: &mut Vec<u64>) -> Parsed<'i, ()> {
    let (mut rest, ()) = token(b"[", input)?;
    if let Ok((rest, ())) = token(b"]", rest) {
        return Ok((rest, ()));
    }
    let mut ended = false;
    loop {
        let (after, pc) = preceded(multispace0, number).parse(rest)?;
        ended |= pc == 0 || frames.len() >= LONGEST;
        if !ended {
            frames.push(pc);
        }
        let (after, more) = separator(after)?;
        rest = after;
        if !more {
            return Ok((rest, ()));
        }
    }
}
