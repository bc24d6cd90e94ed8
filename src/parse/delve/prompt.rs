//! What stands between the answers: what was asked for, and what tells that the program went on.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::sequence::{preceded, terminated};

use crate::parse::expect::PResult;
use crate::parse::lexical::number;

/// What a line between answers means for what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The program goes on.
    Resume,
    /// It stopped, in this goroutine if that is said.
    Stopped(Option<u64>),
    /// This is the current goroutine now.
    Switched(u64),
    /// A stack that follows is of this goroutine.
    Ask(u64),
    /// A stack that follows is of the current goroutine.
    AskCurrent,
    /// None of that.
    Other,
}

/// Commands that let the program go on (`help` of Delve, "Running the program").
const RESUME: &[&[u8]] = &[
    b"call",
    b"c",
    b"continue",
    b"n",
    b"next",
    b"next-instruction",
    b"ni",
    b"nexti",
    b"r",
    b"rebuild",
    b"restart",
    b"rev",
    b"rewind",
    b"rw",
    b"s",
    b"si",
    b"so",
    b"step",
    b"step-instruction",
    b"stepi",
    b"stepout",
];

/// What the line `text` means; `None` if it is neither a prompt nor a message of that kind.
pub(super) fn command(text: &[u8]) -> Option<Command> {
    if let Some(typed) = text.strip_prefix(b"(dlv)") {
        return Some(typed_command(typed.trim_ascii()));
    }
    // `> [Breakpoint 1] main.main() ./main.go:7 (hits goroutine(1):1 total:1) (PC: 0x4adfff)`
    if text.starts_with(b"> ") && memchr::memmem::find(text, b"(PC: 0x").is_some() {
        let at = memchr::memmem::find(text, b"goroutine(");
        let goid = at.and_then(|at| text.get(at + b"goroutine(".len()..));
        return Some(Command::Stopped(goid.and_then(|text| Some(number(text).ok()?.1))));
    }
    switched(text).ok().map(|(_, goid)| Command::Switched(goid))
}

/// `Switched from 20 to 1 (thread 4656)`
fn switched(text: &[u8]) -> PResult<'_, u64> {
    let from = preceded(tag(&b"Switched from "[..]), number);
    let to = terminated(preceded(tag(&b" to "[..]), number), tag(&b" (thread "[..]));
    preceded(from, to).parse(text)
}

fn typed_command(typed: &[u8]) -> Command {
    let end = typed.iter().position(u8::is_ascii_whitespace).unwrap_or(typed.len());
    let (name, rest) = typed.split_at(end);
    let rest = rest.trim_ascii_start();
    match name {
        b"stack" | b"bt" => Command::AskCurrent,
        b"goroutine" | b"gr" => match of_goroutine(rest) {
            Ok((_, goid)) => Command::Ask(goid),
            Err(_) => Command::Other,
        },
        name if RESUME.contains(&name) => Command::Resume,
        _ => Command::Other,
    }
}

/// `18 bt`
fn of_goroutine(text: &[u8]) -> PResult<'_, u64> {
    let stack = alt((tag(&b" stack"[..]), tag(&b" bt"[..])));
    terminated(number, stack).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lines_mean() {
        for (line, want) in [
            ("(dlv) bt", Some(Command::AskCurrent)),
            ("(dlv) goroutine 18 bt 20", Some(Command::Ask(18))),
            ("(dlv) gr 18", Some(Command::Other)),
            ("(dlv) continue", Some(Command::Resume)),
            ("(dlv)", Some(Command::Other)),
            ("Switched from 20 to 1 (thread 4656)", Some(Command::Switched(1))),
            (
                "> [Breakpoint 1] main.main() ./main.go:7 (hits goroutine(9):1 total:1) (PC: 0x4a)",
                Some(Command::Stopped(Some(9))),
            ),
            ("> main.main() ./main.go:7 (PC: 0x4a)", Some(Command::Stopped(None))),
            ("> quoted text", None),
            ("see above", None),
        ] {
            assert_eq!(command(line.as_bytes()), want, "{line}");
        }
    }
}
