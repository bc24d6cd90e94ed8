//! The productions of `grammar/pprof-text.abnf` that read one line or a part of it.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, map, opt, recognize, rest, value};
use nom::multi::{many0, many1, separated_list1};
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use crate::parse::expect::{PResult, fail};
use crate::parse::lexical::{hex, number};

/// A frame: a function with what is known of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node<'i> {
    pub(super) function: &'i [u8],
    /// Empty if it is not printed.
    pub(super) file: &'i [u8],
    /// 0 if it is not printed.
    pub(super) line: u32,
    pub(super) inlined: bool,
}

/// What a line of `-traces` says, a blank line of labels excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace<'i> {
    Separator,
    Counted(i64, Node<'i>),
    Node(Node<'i>),
}

/// What a line of the head says: its key and its text.
pub(super) type Told<'i> = (&'i [u8], &'i [u8]);

/// A line below the head; labels are told apart by where they stand.
///
/// ```abnf
/// pprof-traces    = 1*( profile-line LF ) separator LF *( trace separator LF )
/// ```
pub(super) fn pprof_traces(input: &[u8]) -> PResult<'_, Trace<'_>> {
    all_consuming(alt((value(Trace::Separator, separator), trace))).parse(input)
}

/// ```abnf
/// profile-line    = ( %s"File" / %s"Build ID" / %s"Type" / %s"Time" / %s"Duration" / %s"Doc" ) ": " *( %x20-7E )
/// ```
pub(super) fn profile_line(input: &[u8]) -> PResult<'_, Told<'_>> {
    let key = alt((
        tag(&b"File"[..]),
        tag(&b"Build ID"[..]),
        tag(&b"Type"[..]),
        tag(&b"Time"[..]),
        tag(&b"Duration"[..]),
        tag(&b"Doc"[..]),
    ));
    separated_pair(key, tag(&b": "[..]), rest).parse(input)
}

/// ```abnf
/// separator       = 11"-" "+" 55"-"
/// ```
pub(super) fn separator(input: &[u8]) -> PResult<'_, &[u8]> {
    tag(super::SEPARATOR).parse(input)
}

/// ```abnf
/// trace           = *( label-line LF ) counted-line LF *( node LF )
/// ```
fn trace(input: &[u8]) -> PResult<'_, Trace<'_>> {
    let counted = map(counted_line, |(count, node)| Trace::Counted(count, node));
    alt((counted, map(preceded(blanks, node), Trace::Node))).parse(input)
}

fn blanks(input: &[u8]) -> PResult<'_, &[u8]> {
    take_while(|byte| byte == b' ').parse(input)
}

/// ```abnf
/// label-line      = *SP label-key ":" 2SP *( %x20-7E / %x80-D7FF )
/// ```
pub(super) fn label_line(input: &[u8]) -> PResult<'_, (&[u8], &[u8])> {
    // An empty key or value is a blank, and transport takes blanks at the end away.
    let text = input.trim_ascii_start();
    let Some(at) = memchr::memmem::find(text, b":  ") else {
        return match text.strip_suffix(b":") {
            Some(key) => Ok((b"", (key, b""))),
            None => fail(input, "a label `key:  value`"),
        };
    };
    let (key, after) = text.split_at(at);
    Ok((b"", (key, after.get(3..).unwrap_or_default())))
}

/// ```abnf
/// label-key       = 1*( %x21-39 / %x3B-7E )
/// ```
fn label_key(input: &[u8]) -> PResult<'_, &[u8]> {
    // A key of a program may hold colons, such as `go::goroutine`.
    match memchr::memmem::find(input, b":[") {
        Some(at) => {
            let (key, rest) = input.split_at(at);
            Ok((rest, key))
        }
        None => fail(input, "a label's key"),
    }
}

/// ```abnf
/// counted-line    = *SP signed 3SP node
/// ```
fn counted_line(input: &[u8]) -> PResult<'_, (i64, Node<'_>)> {
    preceded(blanks, separated_pair(signed, tag(&b"   "[..]), node)).parse(input)
}

/// ```abnf
/// signed          = [ "-" ] number
/// ```
fn signed(input: &[u8]) -> PResult<'_, i64> {
    let (rest, (minus, value)) = (opt(tag(&b"-"[..])), number).parse(input)?;
    match i64::try_from(value) {
        Ok(value) => Ok((rest, if minus.is_some() { -value } else { value })),
        Err(_) => fail(input, "a count of at most 63 bits"),
    }
}

/// A node, which is all of `input`.
///
/// ```abnf
/// node            = [ 16HEXDIG SP ] node-function [ SP node-place ] [ %s" (inline)" ]
/// ```
fn node(input: &[u8]) -> PResult<'_, Node<'_>> {
    let text = input.trim_ascii_end();
    let bare = text.strip_suffix(b" (inline)");
    let text = bare.unwrap_or(text);
    let address = text
        .get(..17)
        .filter(|start| start.ends_with(b" ") && start.iter().take(16).all(u8::is_ascii_hexdigit));
    let text = address.map_or(text, |address| text.get(address.len()..).unwrap_or_default());
    let (left, function) = node_function(text)?;
    let (file, line) = match left.strip_prefix(b" ") {
        Some(place) if !place.starts_with(b" ") => node_place(place)?.1,
        None if left.is_empty() => (&b""[..], 0),
        _ => return fail(left, "a function and its place"),
    };
    Ok((b"", Node { function, file, line, inlined: bare.is_some() }))
}

/// A function's name, up to a blank outside of type lists.
///
/// ```abnf
/// node-function   = 1*( symbol-char / receiver / "[" 1*( %x20-7E ) "]" )
/// ```
fn node_function(input: &[u8]) -> PResult<'_, &[u8]> {
    let mut depth = 0usize;
    let end = input.iter().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && byte.is_ascii_whitespace()
    });
    let (name, left) = input.split_at(end.unwrap_or(input.len()));
    // `go` is a word of the language: a name that ends so is a file's.
    if name.is_empty() || name.ends_with(b".go") || name.starts_with(b"<") {
        return fail(input, "a function's name");
    }
    Ok((left, name))
}

/// A place, which is all of `input`.
///
/// ```abnf
/// node-place      = path [ ":" number [ ":" number ] ]
/// ```
fn node_place(input: &[u8]) -> PResult<'_, (&[u8], u32)> {
    let split = |text: &'_ [u8]| -> Option<(usize, u32)> {
        let colon = memchr::memrchr(b':', text)?;
        match number(text.get(colon + 1..)?) {
            Ok((b"", line)) => Some((colon, u32::try_from(line).unwrap_or(u32::MAX))),
            _ => None,
        }
    };
    let Some((end, last)) = split(input) else { return Ok((b"", (input, 0))) };
    let path = input.get(..end).unwrap_or_default();
    match split(path) {
        // What stands last is a column.
        Some((end, line)) => Ok((b"", (path.get(..end).unwrap_or_default(), line))),
        None => Ok((b"", (path, last))),
    }
}

/// What a line of `-raw` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Raw<'i> {
    Told(Told<'i>),
    Samples,
    Locations,
    Mappings,
    Sample(Vec<i64>, Vec<u64>),
    Location(u64, u64, Option<Call<'i>>),
    Call(Call<'i>),
    Mapping,
}

/// A call of a location; `None` if its function is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'i> {
    pub(super) function: &'i [u8],
    pub(super) file: &'i [u8],
    pub(super) line: u32,
    pub(super) start_line: u64,
}

/// A line of `-raw`, but for types and labels, which are told apart by where they stand.
///
/// ```abnf
/// pprof-raw       = 1*( raw-line LF ) %s"Samples:" LF raw-types LF *( raw-sample LF [ raw-labels LF ] ) %s"Locations" LF *( raw-location LF ) %s"Mappings" LF *( raw-mapping LF )
/// ```
pub(super) fn pprof_raw(input: &[u8]) -> PResult<'_, Raw<'_>> {
    all_consuming(alt((
        map(raw_line, Raw::Told),
        value(Raw::Samples, tag(&b"Samples:"[..])),
        value(Raw::Locations, tag(&b"Locations"[..])),
        value(Raw::Mappings, tag(&b"Mappings"[..])),
        map(raw_mapping, |()| Raw::Mapping),
        map(raw_location, |(id, address, call)| Raw::Location(id, address, call)),
        map(raw_sample, |(values, ids)| Raw::Sample(values, ids)),
        map(preceded(blanks, raw_call), |call| call.map_or(Raw::Mapping, Raw::Call)),
    )))
    .parse(input)
}

/// ```abnf
/// raw-line        = ( %s"Comment" / %s"Doc" / %s"PeriodType" / %s"Period" / %s"Time" / %s"Duration" ) ": " *( %x20-7E )
/// ```
pub(super) fn raw_line(input: &[u8]) -> PResult<'_, Told<'_>> {
    let key = alt((
        tag(&b"Comment"[..]),
        tag(&b"Doc"[..]),
        tag(&b"PeriodType"[..]),
        tag(&b"Period"[..]),
        tag(&b"Time"[..]),
        tag(&b"Duration"[..]),
    ));
    separated_pair(key, tag(&b": "[..]), rest).parse(input)
}

/// The names of the values of each sample.
///
/// ```abnf
/// raw-types       = raw-type *( SP raw-type )
/// ```
pub(super) fn raw_types(input: &[u8]) -> PResult<'_, Vec<(&[u8], &[u8])>> {
    separated_list1(tag(&b" "[..]), raw_type).parse(input)
}

/// ```abnf
/// raw-type        = 1*( ALPHA / "_" ) "/" 1*( ALPHA ) [ %s"[dflt]" ]
/// ```
fn raw_type(input: &[u8]) -> PResult<'_, (&[u8], &[u8])> {
    let word = |input| take_while1(|b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b))(input);
    let pair = separated_pair(word, tag(&b"/"[..]), word);
    terminated(pair, opt(tag(&b"[dflt]"[..]))).parse(input)
}

/// Values, and the numbers of locations.
///
/// ```abnf
/// raw-sample      = 1*( 1*SP signed ) ": " *( number SP )
/// ```
fn raw_sample(input: &[u8]) -> PResult<'_, (Vec<i64>, Vec<u64>)> {
    let blank = |input| take_while1(|byte| byte == b' ')(input);
    let values = many1(preceded(blanks, signed));
    let ids = many0(terminated(number, alt((recognize(blank), end))));
    separated_pair(values, (tag(&b":"[..]), opt(tag(&b" "[..]))), ids).parse(input)
}

fn end(input: &[u8]) -> PResult<'_, &[u8]> {
    if input.is_empty() { Ok((input, input)) } else { fail(input, "the end of the line") }
}

/// ```abnf
/// raw-labels      = 16SP raw-label *( SP raw-label )
/// ```
pub(super) fn raw_labels(input: &[u8]) -> PResult<'_, Vec<(&[u8], &[u8])>> {
    separated_list1(tag(&b" "[..]), raw_label).parse(input.trim_ascii())
}

/// A label, whose value ends before `] ` and another label, or at the end.
///
/// ```abnf
/// raw-label       = label-key ":[" *( %x20-5C / %x5E-7E ) "]"
/// ```
fn raw_label(input: &[u8]) -> PResult<'_, (&[u8], &[u8])> {
    let (text, key) = terminated(label_key, tag(&b":["[..])).parse(input)?;
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(text.get(from..).unwrap_or_default(), b":[") {
        // Before another label stand the end of this one and a key without brackets.
        let colon = from + found;
        let between = text.get(from..colon).unwrap_or_default();
        if let Some(end) = memchr::memmem::rfind(between, b"] ") {
            let key_of_next = between.get(end + 2..).unwrap_or_default();
            if !key_of_next.iter().any(|byte| b"[]".contains(byte)) {
                let (value, rest) = text.split_at(from + end);
                return Ok((rest.get(1..).unwrap_or_default(), (key, value)));
            }
        }
        from = colon + 2;
    }
    match text.strip_suffix(b"]") {
        Some(value) => Ok((b"", (key, value))),
        None => fail(text, "`]` behind a label's value"),
    }
}

/// A location with its first call.
///
/// ```abnf
/// raw-location    = *SP number ": " hex SP [ %s"M=" number SP ] [ %s"[F] " ] [ raw-call ] *( LF 13SP raw-call )
/// ```
fn raw_location(input: &[u8]) -> PResult<'_, (u64, u64, Option<Call<'_>>)> {
    let address = separated_pair(preceded(blanks, number), tag(&b": "[..]), hex);
    let blank = opt(tag(&b" "[..]));
    let mapping = opt(delimited(tag(&b"M="[..]), number, opt(tag(&b" "[..]))));
    let folded = opt(terminated(tag(&b"[F]"[..]), opt(tag(&b" "[..]))));
    let call = map(opt(raw_call), Option::flatten);
    map((address, blank, mapping, folded, call), |((id, address), _, _, _, call)| {
        (id, address, call)
    })
    .parse(input)
}

/// A call, which is all of `input`.
///
/// ```abnf
/// raw-call        = %s"??" / node-function SP path ":" number [ ":" number ] %s" s=" number [ "(" 1*( %x21-7E ) ")" ]
/// ```
fn raw_call(input: &[u8]) -> PResult<'_, Option<Call<'_>>> {
    const WHAT: &str = "a call `function file:line:column s=line`";
    let text = input.trim_ascii_end();
    if text == b"??" {
        return Ok((b"", None));
    }
    let start = memchr::memmem::rfind(text, b" s=");
    let Some((before, after)) = start.and_then(|at| text.split_at_checked(at)) else {
        return fail(input, WHAT);
    };
    let (left, start_line) = preceded(tag(&b" s="[..]), number).parse(after)?;
    if !(left.is_empty() || left.starts_with(b"(") && left.ends_with(b")")) {
        return fail(left, WHAT);
    }
    let (left, function) = node_function(before)?;
    let Some(place) = left.strip_prefix(b" ") else { return fail(left, WHAT) };
    let (_, (file, line)) = node_place(place)?;
    Ok((b"", Some(Call { function, file, line, start_line })))
}

/// A mapping, of which nothing is kept.
///
/// ```abnf
/// raw-mapping     = number ": " hex "/" hex "/" hex SP *( %x20-7E )
/// ```
fn raw_mapping(input: &[u8]) -> PResult<'_, ()> {
    let slash = || tag(&b"/"[..]);
    value((), (number, tag(&b": "[..]), hex, slash(), hex, slash(), hex, rest)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(function: &'static str, file: &'static str, line: u32, inlined: bool) -> Node<'static> {
        Node { function: function.as_bytes(), file: file.as_bytes(), line, inlined }
    }

    fn trace(line: &str) -> Option<Trace<'_>> {
        pprof_traces(line.as_bytes()).ok().map(|(_, said)| said)
    }

    #[test]
    fn lines_of_traces() {
        for (line, want) in [
            (
                "         3   runtime.gopark",
                Trace::Counted(3, node("runtime.gopark", "", 0, false)),
            ),
            ("        -1   time.Sleep", Trace::Counted(-1, node("time.Sleep", "", 0, false))),
            (
                "             sync.(*Mutex).Lock (inline)",
                Trace::Node(node("sync.(*Mutex).Lock", "", 0, true)),
            ),
            (
                "             00000000004151ed runtime.chanrecv runtime/chan.go:667",
                Trace::Node(node("runtime.chanrecv", "runtime/chan.go", 667, false)),
            ),
            (
                "         1   iter.Pull[go.shape.struct { a int }].func1 /a b/iter.go:3:7 (inline)",
                Trace::Counted(
                    1,
                    node("iter.Pull[go.shape.struct { a int }].func1", "/a b/iter.go", 3, true),
                ),
            ),
            (
                "             main.f example.com/x/main.go",
                Trace::Node(node("main.f", "example.com/x/main.go", 0, false)),
            ),
            (
                "-----------+-------------------------------------------------------",
                Trace::Separator,
            ),
        ] {
            assert_eq!(trace(line), Some(want), "{line}");
        }
        for none in ["         3   runtime/proc.go", "             runtime/chan.go", ""] {
            assert_eq!(trace(none), None, "{none}");
        }
    }

    #[test]
    fn labels_of_traces() {
        let label = |line: &'static str| label_line(line.as_bytes()).map(|(_, label)| label);
        assert_eq!(label("    tenant:  acme"), Ok((&b"tenant"[..], &b"acme"[..])));
        assert_eq!(label("          :  empty key"), Ok((&b""[..], &b"empty key"[..])));
        assert_eq!(label("   key]: {:  value"), Ok((&b"key]: {"[..], &b"value"[..])));
        assert_eq!(label("     value:"), Ok((&b"value"[..], &b""[..])));
        assert!(label("             runtime.chanrecv").is_err());
    }

    #[test]
    fn lines_of_raw() {
        let raw = |line: &'static str| pprof_raw(line.as_bytes()).ok().map(|(_, said)| said);
        assert_eq!(raw("          3: 1 2 3 "), Some(Raw::Sample(vec![3], vec![1, 2, 3])));
        assert_eq!(raw("         -1: "), Some(Raw::Sample(vec![-1], vec![])));
        assert_eq!(
            raw("          2   20000000: 1 2"),
            Some(Raw::Sample(vec![2, 20_000_000], vec![1, 2]))
        );
        let call = Call {
            function: b"runtime.gopark",
            file: b"runtime/proc.go",
            line: 474,
            start_line: 457,
        };
        let line = "     1: 0x47db89 M=1 runtime.gopark runtime/proc.go:474:0 s=457";
        assert_eq!(raw(line), Some(Raw::Location(1, 0x47_db89, Some(call))));
        let old = "     1: 0x47db89 M=1 [F] runtime.gopark runtime/proc.go:474 s=457(other)";
        assert_eq!(raw(old), Some(Raw::Location(1, 0x47_db89, Some(call))));
        assert_eq!(raw("     1: 0x47db89 M=1 "), Some(Raw::Location(1, 0x47_db89, None)));
        assert_eq!(
            raw("             runtime.gopark runtime/proc.go:474:0 s=457"),
            Some(Raw::Call(call))
        );
        assert_eq!(raw("1: 0x400000/0x4e9000/0x0 /tmp/labels 396a [FN]"), Some(Raw::Mapping));
        assert_eq!(raw("Locations"), Some(Raw::Locations));
        assert_eq!(
            raw("PeriodType: goroutine count"),
            Some(Raw::Told((b"PeriodType", b"goroutine count")))
        );
        let types = raw_types(b"alloc_objects/count inuse_space/bytes[dflt]").unwrap().1;
        assert_eq!(types[1], (&b"inuse_space"[..], &b"bytes"[..]));
        let labels = raw_labels(b"                handler:[a ] b] tenant:[x: [y]").unwrap().1;
        assert_eq!(labels, [(&b"handler"[..], &b"a ] b"[..]), (&b"tenant"[..], &b"x: [y"[..])]);
    }
}
