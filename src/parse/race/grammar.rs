//! The productions of `grammar/race.abnf` that read one line or a part of it, without its indentation.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{all_consuming, map, opt, value};
use nom::sequence::{delimited, preceded, terminated};

use crate::model::Operation;
use crate::parse::expect::{PResult, fail};
use crate::parse::lexical::{hex, number, path};

/// What a line of a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'i> {
    /// The line above and below a report.
    Rule,
    Warning,
    /// An access, and whether it is an earlier one.
    Access {
        operation: Operation,
        previous: bool,
        address: Option<u64>,
        goid: u64,
    },
    /// A variable that is raced on.
    Global,
    /// The start of a goroutine's creation stack.
    Creation {
        goid: u64,
        state: &'i [u8],
    },
    Call(&'i [u8]),
    Place {
        path: &'i [u8],
        line: u32,
    },
    NoStack,
}

/// The number of the main goroutine (`kMainGoroutineId`).
const MAIN: u64 = 1;

/// What a report's line says; the parts of a report come in the order of the rule.
///
/// ```abnf
/// race-report     = race-rule race-warning access-section *( LF ( access-section / allocation-section / global-line / creation-section ) ) race-rule
/// ```
pub(super) fn race_report(input: &[u8]) -> PResult<'_, Said<'_>> {
    all_consuming(alt((
        race_rule,
        race_warning,
        access_section,
        allocation_section,
        global_line,
        creation_section,
        race_stack,
    )))
    .parse(input)
}

/// ```abnf
/// race-rule       = 18"=" LF
/// ```
pub(super) fn race_rule(input: &[u8]) -> PResult<'_, Said<'_>> {
    value(Said::Rule, tag(&b"=================="[..])).parse(input)
}

/// ```abnf
/// race-warning    = %s"WARNING: DATA RACE" LF
/// ```
pub(super) fn race_warning(input: &[u8]) -> PResult<'_, Said<'_>> {
    value(Said::Warning, tag(&b"WARNING: DATA RACE"[..])).parse(input)
}

/// ```abnf
/// access-section  = access LF race-stack
/// ```
fn access_section(input: &[u8]) -> PResult<'_, Said<'_>> {
    access(input)
}

/// ```abnf
/// access          = operation [ %s" at " hex ] %s" by " accessor ":"
/// ```
fn access(input: &[u8]) -> PResult<'_, Said<'_>> {
    let at = opt(preceded(tag(&b" at "[..]), hex));
    let by = delimited(tag(&b" by "[..]), accessor, tag(&b":"[..]));
    map((operation, at, by), |((operation, previous), address, goid)| Said::Access {
        operation,
        previous,
        address,
        goid,
    })
    .parse(input)
}

/// ```abnf
/// operation       = %s"Read" / %s"Write" / %s"Previous read" / %s"Previous write"
/// ```
fn operation(input: &[u8]) -> PResult<'_, (Operation, bool)> {
    alt((
        value((Operation::Read, false), tag(&b"Read"[..])),
        value((Operation::Write, false), tag(&b"Write"[..])),
        value((Operation::Read, true), tag(&b"Previous read"[..])),
        value((Operation::Write, true), tag(&b"Previous write"[..])),
    ))
    .parse(input)
}

/// ```abnf
/// accessor        = %s"main goroutine" / %s"goroutine " number
/// ```
fn accessor(input: &[u8]) -> PResult<'_, u64> {
    alt((value(MAIN, tag(&b"main goroutine"[..])), preceded(tag(&b"goroutine "[..]), number)))
        .parse(input)
}

/// ```abnf
/// allocation-section = allocation LF race-stack
/// ```
fn allocation_section(input: &[u8]) -> PResult<'_, Said<'_>> {
    allocation(input)
}

/// ```abnf
/// allocation      = %s"Heap block of size " number %s" at " hex %s" allocated by " accessor ":"
/// ```
fn allocation(input: &[u8]) -> PResult<'_, Said<'_>> {
    let size = preceded(tag(&b"Heap block of size "[..]), number);
    let at = preceded(tag(&b" at "[..]), hex);
    let by = delimited(tag(&b" allocated by "[..]), accessor, tag(&b":"[..]));
    map((size, at, by), |(_, address, goid)| Said::Access {
        operation: Operation::Allocation,
        previous: true,
        address: Some(address),
        goid,
    })
    .parse(input)
}

/// ```abnf
/// global-line     = %s"Global var " 1*( %x21-7E ) %s" of size " number %s" at " hex %s" declared at " race-place LF
/// ```
fn global_line(input: &[u8]) -> PResult<'_, Said<'_>> {
    let (rest, _) = tag(&b"Global var "[..]).parse(input)?;
    let Some(at) = memchr::memmem::find(rest, b" of size ") else {
        return fail(rest, "` of size `");
    };
    let rest = rest.get(at..).unwrap_or_default();
    let size = preceded(tag(&b" of size "[..]), number);
    let at = preceded(tag(&b" at "[..]), hex);
    let declared = preceded(tag(&b" declared at "[..]), race_place);
    value(Said::Global, (size, at, declared)).parse(rest)
}

/// ```abnf
/// creation-section = creation LF race-stack
/// ```
fn creation_section(input: &[u8]) -> PResult<'_, Said<'_>> {
    creation(input)
}

/// ```abnf
/// creation        = %s"Goroutine " number %s" (" run-state %s") created at:"
/// ```
fn creation(input: &[u8]) -> PResult<'_, Said<'_>> {
    let state = delimited(tag(&b" ("[..]), run_state, tag(&b") created at:"[..]));
    map((preceded(tag(&b"Goroutine "[..]), number), state), |(goid, state)| Said::Creation {
        goid,
        state,
    })
    .parse(input)
}

/// ```abnf
/// run-state       = %s"running" / %s"finished"
/// ```
fn run_state(input: &[u8]) -> PResult<'_, &[u8]> {
    alt((tag(&b"running"[..]), tag(&b"finished"[..]))).parse(input)
}

/// ```abnf
/// race-stack      = 1*race-frame / no-stack
/// ```
fn race_stack(input: &[u8]) -> PResult<'_, Said<'_>> {
    alt((no_stack, race_frame)).parse(input)
}

/// One of the two lines of a frame.
///
/// ```abnf
/// race-frame      = 2SP race-call LF 6SP race-place LF
/// ```
fn race_frame(input: &[u8]) -> PResult<'_, Said<'_>> {
    alt((map(race_call, Said::Call), race_place)).parse(input)
}

/// ```abnf
/// race-call       = race-function "()"
/// ```
fn race_call(input: &[u8]) -> PResult<'_, &[u8]> {
    terminated(race_function, tag(&b"()"[..])).parse(input)
}

/// A function's symbol. Type lists are printed in full: `main.gen[go.shape.interface { Error() string }]`.
///
/// ```abnf
/// race-function   = 1*( symbol-char / receiver / "[" 1*( %x20-7E ) "]" )
/// ```
fn race_function(input: &[u8]) -> PResult<'_, &[u8]> {
    let Some(name) = input.strip_suffix(b"()").filter(|name| !name.is_empty()) else {
        return fail(input, "a call `function()`");
    };
    let mut depth = 0usize;
    for byte in name {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' | b'\t' | b':' if depth == 0 => return fail(input, "a call `function()`"),
            _ => {}
        }
    }
    Ok((input.get(name.len()..).unwrap_or_default(), name))
}

/// Read from the right: a path may hold anything.
///
/// ```abnf
/// race-place      = path ":" number [ %s" +" hex ]
/// ```
fn race_place(input: &[u8]) -> PResult<'_, Said<'_>> {
    const WHAT: &str = "a place `path:line +0x…`";
    let plus = memchr::memmem::rfind(input, b" +0x");
    let offset = |at: &usize| {
        let tail = input.get(at + 2..).unwrap_or_default();
        matches!(hex(tail), Ok((b"", _)))
    };
    let place = plus.filter(offset).and_then(|at| input.get(..at)).unwrap_or(input);
    let Some(colon) = memchr::memrchr(b':', place) else { return fail(input, WHAT) };
    let (file, line) = place.split_at(colon);
    match (path(file), number(line.get(1..).unwrap_or_default())) {
        (Ok((b"", path)), Ok((b"", line))) => {
            Ok((b"", Said::Place { path, line: u32::try_from(line).unwrap_or(u32::MAX) }))
        }
        _ => fail(input, WHAT),
    }
}

/// ```abnf
/// no-stack        = 2SP %s"[failed to restore the stack]" LF
/// ```
fn no_stack(input: &[u8]) -> PResult<'_, Said<'_>> {
    value(Said::NoStack, tag(&b"[failed to restore the stack]"[..])).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<Said<'_>> {
        race_report(line.as_bytes()).ok().map(|(_, said)| said)
    }

    #[test]
    fn lines_of_reports() {
        let access = |operation, previous, address, goid| {
            Some(Said::Access { operation, previous, address, goid })
        };
        for (line, want) in [
            ("==================", Some(Said::Rule)),
            ("WARNING: DATA RACE", Some(Said::Warning)),
            (
                "Read at 0x00c000014100 by goroutine 8:",
                access(Operation::Read, false, Some(0xc0_0001_4100), 8),
            ),
            (
                "Previous write at 0x0000006105f8 by main goroutine:",
                access(Operation::Write, true, Some(0x61_05f8), 1),
            ),
            ("Write by goroutine 5:", access(Operation::Write, false, None, 5)),
            (
                "Heap block of size 64 at 0x00c000010000 allocated by goroutine 7:",
                access(Operation::Allocation, true, Some(0xc0_0001_0000), 7),
            ),
            (
                "Global var main.total of size 8 at 0x0000006105f8 declared at /x.go:21 +0x0",
                Some(Said::Global),
            ),
            (
                "Goroutine 7 (finished) created at:",
                Some(Said::Creation { goid: 7, state: b"finished" }),
            ),
            ("main.(*shelf).take()", Some(Said::Call(b"main.(*shelf).take"))),
            ("a/b%2ec.F[...].func1()", Some(Said::Call(b"a/b%2ec.F[...].func1"))),
            (
                "main.F[go.shape.interface { Error() string }].func1()",
                Some(Said::Call(b"main.F[go.shape.interface { Error() string }].func1")),
            ),
            ("see the log of f()", None),
            ("/src/main.go:137 +0x3a", Some(Said::Place { path: b"/src/main.go", line: 137 })),
            ("<autogenerated>:1 +0x15", Some(Said::Place { path: b"<autogenerated>", line: 1 })),
            ("C:/a b/x +0x1.go:7", Some(Said::Place { path: b"C:/a b/x +0x1.go", line: 7 })),
            ("[failed to restore the stack]", Some(Said::NoStack)),
            ("Found 1 data race(s)", None),
            ("Read at 0x00c000014100 by goroutine", None),
            ("main.main", None),
            ("", None),
        ] {
            assert_eq!(said(line), want, "{line}");
        }
    }
}
