//! The productions of `grammar/debug1.abnf` that read one line or a part of it.

use std::borrow::Cow;

use nom::Parser;
use nom::bytes::complete::tag;
use nom::combinator::opt;
use nom::multi::separated_list0;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use crate::model::Dump;
use crate::parse::expect::{Expected, PResult, fail};
use crate::parse::lexical::{hex, number};

/// Runs `parser`; its failure is said to be `what` at the place where `parser` began.
fn expect<'i, T>(
    what: &'static str,
    mut parser: impl Parser<&'i [u8], Output = T, Error = Expected<'i>>,
) -> impl FnMut(&'i [u8]) -> PResult<'i, T> {
    move |input| parser.parse(input).map_err(|error| error.map(|_| Expected { what, rest: input }))
}

/// Splits `input` before the byte at `at`.
fn split(input: &[u8], at: usize) -> (&[u8], &[u8]) {
    input.split_at_checked(at).unwrap_or((input, &[]))
}

/// `LF`; unlike nom's `line_ending` it takes no carriage return, and the end of the input ends a
/// line as well: whether a last line was cut is judged elsewhere.
fn line_end(input: &[u8]) -> PResult<'_, ()> {
    match input.split_first() {
        None => Ok((input, ())),
        Some((b'\n', rest)) => Ok((rest, ())),
        Some(_) => fail(input, "the end of the line"),
    }
}

/// The first line of a profile: its name and the stated total.
///
/// ```abnf
/// profile-header = profile-name %s" profile: total " total LF
/// ```
pub(super) fn profile_header(input: &[u8]) -> PResult<'_, (&[u8], i64)> {
    (terminated(profile_name, tag(&b" profile: total "[..])), terminated(total, line_end))
        .parse(input)
}

/// The profile's name: up to the last ` profile: total ` of the line, as a program's own name may
/// hold anything.
///
/// ```abnf
/// profile-name   = 1*( %x20-7E / %x80-FF )    ; a program's own name may hold dots and spaces
/// ```
fn profile_name(input: &[u8]) -> PResult<'_, &[u8]> {
    let line = split(input, memchr::memchr(b'\n', input).unwrap_or(input.len())).0;
    match memchr::memmem::rfind(line, b" profile: total ") {
        Some(end) if end > 0 && line.iter().take(end).all(|b| *b >= 0x20 && *b != 0x7f) => {
            let (name, rest) = split(input, end);
            Ok((rest, name))
        }
        _ => fail(input, "a profile's name"),
    }
}

/// The sum of the records' counts. No process has more goroutines than [`Dump::MAX_GOROUTINES`].
///
/// ```abnf
/// total          = number                     ; at most 2^46
/// ```
fn total(input: &[u8]) -> PResult<'_, i64> {
    let (rest, value) = number(input)?;
    match i64::try_from(value) {
        Ok(value) if value <= Dump::MAX_GOROUTINES => Ok((rest, value)),
        _ => fail(input, "a count that a process can have"),
    }
}

/// The number of goroutines of a record. Differences of two profiles, which could have negative ones, have
/// no text form.
///
/// ```abnf
/// count          = %x31-39 *DIGIT             ; at most 2^46
/// ```
pub(super) fn count(input: &[u8]) -> PResult<'_, i64> {
    if !matches!(input.first(), Some(b'1'..=b'9')) {
        return fail(input, "a count of at least 1");
    }
    total(input)
}

/// The first line of a record: how many goroutines, and the text of their addresses.
///
/// ```abnf
/// record-line    = count %s" @" pc-list LF
/// ```
pub(super) fn record_line(input: &[u8]) -> PResult<'_, (i64, &[u8])> {
    (terminated(count, tag(&b" @"[..])), terminated(pc_list, line_end)).parse(input)
}

/// Addresses; [`pcs`] reads them from the text that this yields.
///
/// ```abnf
/// pc-list        = *( SP hex )
/// ```
fn pc_list(input: &[u8]) -> PResult<'_, &[u8]> {
    let mut rest = input;
    while let Some(text) = rest.strip_prefix(b" ") {
        rest = hex(text)?.0;
    }
    Ok((rest, split(input, input.len() - rest.len()).0))
}

/// The addresses of a text that [`record_line`] yielded.
pub(super) fn pcs(list: &[u8]) -> impl Iterator<Item = u64> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (after, pc) = hex(rest.strip_prefix(b" ")?).ok()?;
        rest = after;
        Some(pc)
    })
}

/// A label's key or value; borrowed where nothing was escaped.
pub(super) type Text<'i> = Cow<'i, [u8]>;

/// The labels of a record.
///
/// ```abnf
/// labels-line    = %s"# labels: {" [ label *( %s", " label ) ] "}" LF
/// ```
pub(super) fn labels_line(input: &[u8]) -> PResult<'_, Vec<(Text<'_>, Text<'_>)>> {
    delimited(
        tag(&b"# labels: {"[..]),
        separated_list0(tag(&b", "[..]), label),
        (expect("the end of the labels", tag(&b"}"[..])), line_end),
    )
    .parse(input)
}

/// A key and its value.
///
/// ```abnf
/// label          = go-string ":" go-string
/// ```
fn label(input: &[u8]) -> PResult<'_, (Text<'_>, Text<'_>)> {
    separated_pair(go_string, tag(&b":"[..]), go_string).parse(input)
}

/// A string as Go's `%q` prints it. Bytes that are no UTF-8 come as `\xff` and stay bytes.
///
/// ```abnf
/// go-string      = DQUOTE *( go-char / go-escape ) DQUOTE
/// ```
fn go_string(input: &[u8]) -> PResult<'_, Text<'_>> {
    let Some(text) = input.strip_prefix(b"\"") else { return fail(input, "a string in quotes") };
    let (mut rest, plain) = go_char(text)?;
    let mut value = Cow::Borrowed(plain);
    loop {
        match rest.first() {
            Some(b'"') => return Ok((split(rest, 1).1, value)),
            Some(b'\\') => rest = go_escape(rest, value.to_mut())?.0,
            _ => return fail(rest, "the end of the string"),
        }
        let (after, plain) = go_char(rest)?;
        if !plain.is_empty() {
            value.to_mut().extend_from_slice(plain);
        }
        rest = after;
    }
}

/// As many characters that stand for themselves as there are, none included.
///
/// ```abnf
/// go-char        = %x20-21 / %x23-5B / %x5D-7E / %x80-FF
/// ```
#[allow(clippy::unnecessary_wraps, reason = "a production that cannot fail is one all the same")]
fn go_char(input: &[u8]) -> PResult<'_, &[u8]> {
    let end = memchr::memchr3(b'"', b'\\', b'\n', input).unwrap_or(input.len());
    let (plain, rest) = split(input, end);
    Ok((rest, plain))
}

/// An escaped character, added to `out`.
///
/// ```abnf
/// go-escape      = "\" ( %s"a" / %s"b" / %s"f" / %s"n" / %s"r" / %s"t" / %s"v" / "\" / DQUOTE
///                      / %s"x" 2HEXDIG / %s"u" 4HEXDIG / %s"U" 8HEXDIG )
/// ```
fn go_escape<'i>(input: &'i [u8], out: &mut Vec<u8>) -> PResult<'i, ()> {
    const WHAT: &str = "an escape of Go";
    let Some((kind, rest)) = input.strip_prefix(b"\\").and_then(<[u8]>::split_first) else {
        return fail(input, WHAT);
    };
    let width = match kind {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => {
            let byte = match kind {
                b'a' => 0x07,
                b'b' => 0x08,
                b'f' => 0x0c,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 0x0b,
                b'\\' | b'"' => *kind,
                _ => return fail(input, WHAT),
            };
            out.push(byte);
            return Ok((rest, ()));
        }
    };
    let Some((code, rest)) = rest.split_at_checked(width) else { return fail(input, WHAT) };
    let code = std::str::from_utf8(code)
        .ok()
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .and_then(|code| u32::from_str_radix(code, 16).ok());
    match code {
        Some(code) if width == 2 => out.push(u8::try_from(code).unwrap_or(b'?')),
        Some(code) => match char::from_u32(code) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => return fail(input, WHAT),
        },
        None => return fail(input, WHAT),
    }
    Ok((rest, ()))
}

/// A frame line's call address and what is known of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameLine<'i> {
    pub(super) pc: u64,
    /// Function, file and line; `None` for an address without symbol.
    pub(super) call: Option<(&'i [u8], &'i [u8], u32)>,
}

/// A frame.
///
/// ```abnf
/// frame-line     = "#" [ gap ] hex [ gap symbol ] LF
/// ```
pub(super) fn frame_line(input: &[u8]) -> PResult<'_, FrameLine<'_>> {
    let (rest, pc) = preceded((tag(&b"#"[..]), opt(gap)), hex).parse(input)?;
    if let Ok((rest, ())) = line_end(rest) {
        return Ok((rest, FrameLine { pc, call: None }));
    }
    let (rest, call) = delimited(gap, symbol, line_end).parse(rest)?;
    Ok((rest, FrameLine { pc, call: Some(call) }))
}

/// A frame whose mark is lost, as what renders Markdown takes it for a heading: then only one with a
/// symbol leaves no doubt.
///
/// ```abnf
/// bare-frame-line = [ gap ] hex gap symbol LF
/// ```
pub(super) fn bare_frame_line(input: &[u8]) -> PResult<'_, FrameLine<'_>> {
    let (rest, pc) = preceded(opt(gap), hex).parse(input)?;
    let (rest, call) = delimited(gap, symbol, line_end).parse(rest)?;
    Ok((rest, FrameLine { pc, call: Some(call) }))
}

/// What is known of the call at an address: function, file and line.
///
/// ```abnf
/// symbol         = call-site "+" hex gap source-line
/// ```
fn symbol(input: &[u8]) -> PResult<'_, (&[u8], &[u8], u32)> {
    let (rest, (function, (file, line))) =
        (terminated(call_site, (tag(&b"+"[..]), hex, gap)), source_line).parse(input)?;
    Ok((rest, (function, file, line)))
}

/// What stands between columns.
///
/// ```abnf
/// gap            = 1*( HTAB / SP / %xA0 )     ; text/tabwriter aligns with runs of tabs
/// ```
pub(super) fn gap(input: &[u8]) -> PResult<'_, ()> {
    let mut rest = input;
    while let Some(after) = rest
        .strip_prefix(b"\t")
        .or_else(|| rest.strip_prefix(b" "))
        .or_else(|| rest.strip_prefix(b"\xc2\xa0"))
    {
        rest = after;
    }
    if rest.len() == input.len() { fail(input, "a tab") } else { Ok((rest, ())) }
}

/// A function's name. Paths may hold `+0x` (a directory `we ird (d) +0x1 [x], y:z`), so the first one
/// ends the name.
///
/// ```abnf
/// call-site      = 1*( %x21-7E / %x80-FF )    ; ends before the first "+0x"
/// ```
fn call_site(input: &[u8]) -> PResult<'_, &[u8]> {
    let line = split(input, memchr::memchr(b'\n', input).unwrap_or(input.len())).0;
    match memchr::memmem::find(line, b"+0x") {
        Some(end) if end > 0 => {
            let (name, rest) = split(input, end);
            Ok((rest, name))
        }
        _ => fail(input, "a function and an offset"),
    }
}

/// A file and a line in it. The file may hold colons (`C:/x/y.go:12`), so the last one ends it.
///
/// ```abnf
/// source-line    = 1*( HTAB / %x20-7E / %x80-FF ) ":" number   ; read from the right
/// ```
fn source_line(input: &[u8]) -> PResult<'_, (&[u8], u32)> {
    let (text, rest) = split(input, memchr::memchr(b'\n', input).unwrap_or(input.len()));
    let colon = memchr::memrchr(b':', text).map(|colon| (split(text, colon).0, colon + 1));
    match colon {
        Some((file, at)) if !file.is_empty() => {
            let (after, line) = number(split(text, at).1)?;
            match u32::try_from(line) {
                Ok(line) if after.is_empty() => Ok((rest, (file, line))),
                _ => fail(after, "a line number"),
            }
        }
        _ => fail(input, "a file and a line number"),
    }
}

#[cfg(test)]
mod tests;
