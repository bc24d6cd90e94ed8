//! The productions of `grammar/delve.abnf` that read one line or a part of it, without its indentation.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::digit1;
use nom::combinator::{all_consuming, map, opt, recognize, value};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use crate::parse::expect::{PResult, fail};
use crate::parse::lexical::{hex, number, quoted};

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said<'i> {
    Goroutine(Header<'i>),
    Long(u64),
    Part(Kind, Location<'i>),
    Labels(Vec<Label<'i>>),
    Call(Call<'i>),
    At(Place<'i>),
    Truncated,
    Total(u64),
    GroupTotal(u64),
}

/// A label's key and value.
pub(super) type Label<'i> = (Cow<'i, [u8]>, Cow<'i, [u8]>);

/// The line of a goroutine in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'i> {
    pub(super) goid: u64,
    /// It is the current one.
    pub(super) current: bool,
    pub(super) kind: Kind,
    pub(super) location: Location<'i>,
    pub(super) on_thread: bool,
    /// The wait reason; empty if none is printed.
    pub(super) reason: &'i [u8],
}

/// What a location is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The innermost function that is not of the runtime.
    User,
    /// The innermost function.
    Runtime,
    /// The `go` statement.
    Go,
    /// The function that the goroutine began with.
    Start,
}

/// A file and a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'i> {
    pub(super) path: &'i [u8],
    /// 0 if it is not known.
    pub(super) line: u32,
}

/// The first line of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'i> {
    /// Its number in the stack, from 0.
    pub(super) number: u64,
    pub(super) pc: u64,
    pub(super) function: &'i [u8],
}

/// A place and its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location<'i> {
    pub(super) place: Place<'i>,
    pub(super) function: &'i [u8],
    pub(super) pc: u64,
}

/// What a line says, without blanks at its ends and without a prompt.
///
/// ```abnf
/// delve-dump      = *( [ delve-prompt ] ( goroutine-line / long-line / part-line / labels-line / frame-line / at-line / truncated / total / group-total ) LF )
/// ```
pub(super) fn delve_dump(input: &[u8]) -> PResult<'_, Said<'_>> {
    let (rest, _) = opt(delve_prompt).parse(input)?;
    all_consuming(alt((
        map(goroutine_line, Said::Goroutine),
        map(long_line, Said::Long),
        map(part_line, |(kind, location)| Said::Part(kind, location)),
        map(labels_line, Said::Labels),
        map(frame_line, Said::Call),
        map(at_line, Said::At),
        value(Said::Truncated, truncated),
        map(total, Said::Total),
        map(group_total, Said::GroupTotal),
    )))
    .parse(rest.trim_ascii_start())
}

/// ```abnf
/// delve-prompt    = %s"(dlv) "
/// ```
pub(super) fn delve_prompt(input: &[u8]) -> PResult<'_, &[u8]> {
    tag(&b"(dlv) "[..]).parse(input)
}

/// ```abnf
/// goroutine-line  = [ %s"* " / 2SP ] %s"Goroutine " number %s" - " location-kind %s": " location [ on-thread ] [ waiting ]
/// ```
fn goroutine_line(input: &[u8]) -> PResult<'_, Header<'_>> {
    let (rest, (goid, kind)) = goroutine_start(input)?;
    let (left, rest, reason) = match waiting(rest) {
        Ok((left, reason)) => (left, left, reason),
        Err(_) => (rest, rest, &b""[..]),
    };
    let (location_text, on_thread) = match on_thread(left) {
        Ok((location, ())) => (location, true),
        Err(_) => (rest, false),
    };
    let (rest, location) = location(location_text)?;
    let current = input.starts_with(b"*");
    Ok((rest, Header { goid, current, kind, location, on_thread, reason }))
}

/// The part of [`goroutine_line`] before the location.
pub(super) fn goroutine_start(input: &[u8]) -> PResult<'_, (u64, Kind)> {
    let mark = opt(alt((tag(&b"* "[..]), tag(&b"  "[..]))));
    let goid = delimited(tag(&b"Goroutine "[..]), number, tag(&b" - "[..]));
    let kind = terminated(location_kind, tag(&b": "[..]));
    map((mark, goid, kind), |(_, goid, kind)| (goid, kind)).parse(input)
}

/// ```abnf
/// location-kind   = %s"User" / %s"Runtime" / %s"Go" / %s"Start"
/// ```
fn location_kind(input: &[u8]) -> PResult<'_, Kind> {
    alt((
        value(Kind::User, tag(&b"User"[..])),
        value(Kind::Runtime, tag(&b"Runtime"[..])),
        value(Kind::Go, tag(&b"Go"[..])),
        value(Kind::Start, tag(&b"Start"[..])),
    ))
    .parse(input)
}

/// A location, which ends with `input`.
///
/// ```abnf
/// location        = delve-place SP delve-function %s" (" hex ")"
/// ```
fn location(input: &[u8]) -> PResult<'_, Location<'_>> {
    const WHAT: &str = "a location `path:line function (0x…)`";
    let open = memchr::memmem::rfind(input, b" (0x");
    let Some((before, address)) = open.and_then(|at| input.split_at_checked(at)) else {
        return fail(input, WHAT);
    };
    let (rest, pc) = delimited(tag(&b" ("[..]), hex, tag(&b")"[..])).parse(address)?;
    // Paths hold blanks and colons; names hold neither but in type lists. The first line number that a
    // blank follows ends the path.
    let mut from = 0;
    while let Some(found) = memchr::memchr(b':', before.get(from..).unwrap_or_default()) {
        from += found + 1;
        let after = before.get(from..).unwrap_or_default();
        let length =
            after.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
        let (text, name) = after.split_at_checked(length).unwrap_or((after, &[]));
        let place = before.get(..from + text.len()).unwrap_or_default();
        let function = name.strip_prefix(b" ").map(delve_function);
        if let (Ok((b"", place)), Some(Ok((b"", function)))) = (delve_place(place), function) {
            return Ok((rest, Location { place, function, pc }));
        }
    }
    fail(input, WHAT)
}

/// A place, which is all of `input`.
///
/// ```abnf
/// delve-place     = path ":" [ "-" ] number
/// ```
fn delve_place(input: &[u8]) -> PResult<'_, Place<'_>> {
    const WHAT: &str = "a place `path:line`";
    let Some(colon) = memchr::memrchr(b':', input).filter(|colon| *colon > 0) else {
        return fail(input, WHAT);
    };
    let (path, line) = input.split_at(colon);
    let line = line.get(1..).unwrap_or_default();
    if let Some(Ok((b"", _))) = line.strip_prefix(b"-").map(number) {
        return Ok((b"", Place { path, line: 0 }));
    }
    match number(line) {
        Ok((b"", line)) => Ok((b"", Place { path, line: u32::try_from(line).unwrap_or(u32::MAX) })),
        _ => fail(line, WHAT),
    }
}

/// A function's name, which is all of `input`. It has no blanks but in type lists.
///
/// ```abnf
/// delve-function  = 1*( symbol-char / receiver / "[" 1*( %x20-7E ) "]" / "?" )
/// ```
fn delve_function(input: &[u8]) -> PResult<'_, &[u8]> {
    let mut depth = 0usize;
    let blank = input.iter().any(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && byte.is_ascii_whitespace()
    });
    if input.is_empty() || blank { fail(input, "a function's name") } else { Ok((b"", input)) }
}

/// The mark of a goroutine on a thread at the end of `input`: what stands before it.
///
/// ```abnf
/// on-thread       = %s" (thread " number ")"
/// ```
fn on_thread(input: &[u8]) -> PResult<'_, ()> {
    let at = memchr::memmem::rfind(input, b" (thread ");
    let Some((before, mark)) = at.and_then(|at| input.split_at_checked(at)) else {
        return fail(input, "` (thread N)`");
    };
    let thread = delimited(tag(&b" (thread "[..]), number, tag(&b")"[..]));
    all_consuming(thread).parse(mark)?;
    Ok((before, ()))
}

/// The wait reason at the end of `input`: what stands before it, and the reason. What a number behind it
/// says is in the grammar.
///
/// ```abnf
/// waiting         = %s" [" wait-reason [ SP number ] "]"
/// ```
fn waiting(input: &[u8]) -> PResult<'_, &[u8]> {
    const WHAT: &str = "a wait reason in brackets";
    let at = memchr::memmem::rfind(input, b") [").map(|at| at + 1);
    let inside = at.and_then(|at| input.get(at + 2..)).and_then(|text| text.strip_suffix(b"]"));
    let (Some(at), Some(inside)) = (at, inside) else { return fail(input, WHAT) };
    let (rest, reason) = wait_reason(inside)?;
    if !rest.is_empty() {
        return fail(rest, WHAT);
    }
    Ok((input.get(..at).unwrap_or_default(), reason))
}

/// A wait reason without the number behind it. In `unknown wait reason 35` a number is a part of it.
///
/// ```abnf
/// wait-reason     = 1*( ALPHA / DIGIT / SP / "." / "(" / ")" )
/// ```
pub(super) fn wait_reason(input: &[u8]) -> PResult<'_, &[u8]> {
    let is_char = |byte: &u8| byte.is_ascii_alphanumeric() || b" .()-_".contains(byte);
    if input.is_empty() || !input.iter().all(is_char) {
        return fail(input, "a wait reason");
    }
    let Some(blank) = memchr::memrchr(b' ', input) else { return Ok((b"", input)) };
    let (reason, last) = input.split_at(blank);
    let is_number = last.len() > 1 && last.iter().skip(1).all(u8::is_ascii_digit);
    if is_number && reason != b"unknown wait reason" {
        return Ok((b"", reason));
    }
    Ok((b"", input))
}

/// ```abnf
/// long-line       = %s"Goroutine " number ":"
/// ```
pub(super) fn long_line(input: &[u8]) -> PResult<'_, u64> {
    delimited(tag(&b"Goroutine "[..]), number, tag(&b":"[..])).parse(input)
}

/// ```abnf
/// part-line       = HTAB location-kind %s": " location
/// ```
fn part_line(input: &[u8]) -> PResult<'_, (Kind, Location<'_>)> {
    (terminated(location_kind, tag(&b": "[..])), location).parse(input)
}

/// ```abnf
/// labels-line     = HTAB %s"Labels: " delve-label *( %s", " delve-label ) [ %s"... (" number %s" more)" ]
/// ```
fn labels_line(input: &[u8]) -> PResult<'_, Vec<Label<'_>>> {
    let more = delimited(tag(&b"... ("[..]), digit1, tag(&b" more)"[..]));
    delimited(
        tag(&b"Labels: "[..]),
        separated_list1(tag(&b", "[..]), delve_label),
        opt(recognize(more)),
    )
    .parse(input)
}

/// ```abnf
/// delve-label     = quoted ":" quoted
/// ```
fn delve_label(input: &[u8]) -> PResult<'_, Label<'_>> {
    separated_pair(quoted, tag(&b":"[..]), quoted).parse(input)
}

/// ```abnf
/// frame-line      = number 2SP hex %s" in " delve-function
/// ```
pub(super) fn frame_line(input: &[u8]) -> PResult<'_, Call<'_>> {
    let address = separated_pair(number, tag(&b"  "[..]), hex);
    let (rest, (number, pc)) = terminated(address, tag(&b" in "[..])).parse(input)?;
    let (rest, function) = delve_function(rest)?;
    Ok((rest, Call { number, pc, function }))
}

/// ```abnf
/// at-line         = %s"at " delve-place
/// ```
fn at_line(input: &[u8]) -> PResult<'_, Place<'_>> {
    preceded(tag(&b"at "[..]), delve_place).parse(input)
}

/// ```abnf
/// truncated       = %s"(truncated)"
/// ```
fn truncated(input: &[u8]) -> PResult<'_, &[u8]> {
    tag(&b"(truncated)"[..]).parse(input)
}

/// ```abnf
/// total           = "[" number %s" goroutines]"
/// ```
fn total(input: &[u8]) -> PResult<'_, u64> {
    delimited(tag(&b"["[..]), number, tag(&b" goroutines]"[..])).parse(input)
}

/// ```abnf
/// group-total     = %s"Total: " number
/// ```
fn group_total(input: &[u8]) -> PResult<'_, u64> {
    preceded(tag(&b"Total: "[..]), number).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<Said<'_>> {
        delve_dump(line.as_bytes()).ok().map(|(_, said)| said)
    }

    fn header(line: &str) -> Header<'_> {
        match said(line) {
            Some(Said::Goroutine(header)) => header,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn headers() {
        let h = header(
            "* Goroutine 1 - User: /a b/x:1 y/main.go:31 main.main (0x4b1a2e) [chan receive]",
        );
        assert_eq!(
            (h.goid, h.kind, h.on_thread, h.reason),
            (1, Kind::User, false, &b"chan receive"[..])
        );
        assert_eq!(h.location.place, Place { path: b"/a b/x:1 y/main.go", line: 31 });
        assert_eq!((h.location.function, h.location.pc), (&b"main.main"[..], 0x4b_1a2e));
        let h = header(
            "Goroutine 18 - Go: C:/x.go:71 p.(*T).F (0x4b3c11) [sync.Mutex.Lock 183402193848]",
        );
        assert_eq!((h.kind, h.reason), (Kind::Go, &b"sync.Mutex.Lock"[..]));
        let h = header(
            "  Goroutine 7 - User: /x.go:1 main.F[go.shape.struct { a int }] (0x1) (thread 4656)",
        );
        assert!(h.on_thread && h.reason.is_empty());
        assert_eq!(h.location.function, b"main.F[go.shape.struct { a int }]");
        let h = header("Goroutine 7 - Start: ?:-1 ? (0x0) (thread 3) [select (no cases) 12]");
        assert_eq!((h.on_thread, h.reason), (true, &b"select (no cases)"[..]));
        assert_eq!(h.location.place.line, 0);
        let h =
            header("(dlv)   Goroutine 7 - User: ./x.go:1 main.f (0x1) [unknown wait reason 35]");
        assert_eq!(h.reason, b"unknown wait reason 35");
        for bad in [
            "Goroutine 7 - User: ./x.go:1 main.f (0x1",
            "Goroutine 7 - User: ./x.go main.f (0x1)",
            "Goroutine 7 - Who: ./x.go:1 main.f (0x1)",
            "Goroutine 7 (running) created at:",
        ] {
            assert_eq!(said(bad), None, "{bad}");
        }
    }

    #[test]
    fn other_lines() {
        let call = Call { number: 10, pc: 0x51_e68a, function: b"main.deep" };
        assert_eq!(said("10  0x000000000051e68a in main.deep"), Some(Said::Call(call)));
        let at = Place { path: b"/usr/local/go/src/runtime/proc.go", line: 435 };
        assert_eq!(said("at /usr/local/go/src/runtime/proc.go:435"), Some(Said::At(at)));
        assert_eq!(said("at ?:-1"), Some(Said::At(Place { path: b"?", line: 0 })));
        assert_eq!(said("(truncated)"), Some(Said::Truncated));
        assert_eq!(said("[16 goroutines]"), Some(Said::Total(16)));
        assert_eq!(said("Total: 14"), Some(Said::GroupTotal(14)));
        assert_eq!(said("Goroutine 20:"), Some(Said::Long(20)));
        let Some(Said::Labels(labels)) = said(r#"Labels: "order":"a \"b\"", "t":"x"... (3 more)"#)
        else {
            panic!("no labels");
        };
        assert_eq!(labels.len(), 2);
        assert_eq!(labels[0].1.as_ref(), b"a \"b\"");
        assert!(matches!(
            said("Runtime: runtime/proc.go:364 runtime.gopark (0x43e71d)"),
            Some(Said::Part(Kind::Runtime, _))
        ));
        for none in ["at", "at noon", "main.main", "1", "[16 goroutines", "0 0x1 in f", ""] {
            assert_eq!(said(none), None, "{none}");
        }
    }
}
