//! Productions of a goroutine's header line: `goroutine 21 [select, 3 minutes] {tenant: t0}:`.

use std::borrow::Cow;

use memchr::memchr;

use crate::model::Bubble;
use crate::model::state::WAIT_REASONS;
use crate::parse::expect::PResult;
use crate::parse::expect::fail;
use crate::parse::expect::literal;
use crate::parse::lexical::hex;
use crate::parse::lexical::number;
use crate::parse::lexical::quoted;

/// A label as it was printed, unescaped.
pub(crate) type Label<'i> = (Cow<'i, [u8]>, Cow<'i, [u8]>);

/// A goroutine's header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header<'i> {
    pub(crate) goid: u64,
    pub(crate) inside: Inside<'i>,
    pub(crate) labels: Vec<Label<'i>>,
}

/// What stands between the brackets of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inside<'i> {
    pub(crate) state: &'i [u8],
    pub(crate) leaked: bool,
    pub(crate) scan: bool,
    pub(crate) durable: bool,
    pub(crate) minutes: Option<u32>,
    pub(crate) locked: bool,
    pub(crate) bubble: Option<Bubble>,
    pub(crate) labels: Vec<Label<'i>>,
}

/// A header line without its newline.
///
/// ```abnf
/// goroutine-header = %s"goroutine " number [ thread ] %s" [" inside "]" [ labels-after ] ":"
/// ```
pub(crate) fn goroutine_header(input: &[u8]) -> PResult<'_, Header<'_>> {
    let (rest, goid) = header_start(input)?;
    let (rest, inside) = inside(rest)?;
    let (rest, ()) = literal(b"]", "`]` after the status")(rest)?;
    let (rest, mut labels) =
        if rest.starts_with(b" {") { labels_after(rest)? } else { (rest, Vec::new()) };
    let (rest, ()) = literal(b":", "`:` at the end of the header")(rest)?;
    if labels.is_empty() {
        labels.clone_from(&inside.labels);
    }
    Ok((rest, Header { goid, inside, labels }))
}

/// The header up to the bracket before the status.
pub(crate) fn header_start(input: &[u8]) -> PResult<'_, u64> {
    let (rest, ()) = literal(b"goroutine ", "`goroutine `")(input)?;
    let (rest, goid) = number(rest)?;
    let (rest, ()) = if rest.starts_with(b" gp=") { thread(rest)? } else { (rest, ()) };
    let (rest, ()) = literal(b" [", "` [` before the status")(rest)?;
    Ok((rest, goid))
}

/// The id in a header of which the rest may be damaged.
pub(super) fn header_goid(input: &[u8]) -> Option<u64> {
    let (rest, ()) = literal(b"goroutine ", "`goroutine `")(input).ok()?;
    number(rest).ok().map(|(_, goid)| goid)
}

/// The addresses of the goroutine and its thread, which are not kept. Printed at traceback level 2
/// since Go 1.22: `goroutine 1 gp=0xc000002380 m=0 mp=0x5c7a00 [running]:`.
///
/// ```abnf
/// thread          = %s" gp=" hex %s" m=" ( number %s" mp=" hex / %s"nil" )
/// ```
pub(crate) fn thread(input: &[u8]) -> PResult<'_, ()> {
    let (rest, ()) = literal(b" gp=", "` gp=`")(input)?;
    let (rest, _) = hex(rest)?;
    let (rest, ()) = literal(b" m=", "` m=`")(rest)?;
    if let Some(rest) = rest.strip_prefix(b"nil") {
        return Ok((rest, ()));
    }
    let (rest, _) = number(rest)?;
    let (rest, ()) = literal(b" mp=", "` mp=`")(rest)?;
    let (rest, _) = hex(rest)?;
    Ok((rest, ()))
}

/// What stands between the brackets. The state ends at the first `,` or `]`, or where the labels of
/// Go 1.26 begin: no state holds one of these, but labels do.
///
/// ```abnf
/// inside          = state [ %s" (leaked)" ] [ %s" (scan)" ] [ %s" (durable)" ] [ minutes ] [ locked ] [ bubble ] [ labels-inside ]
/// ```
pub(crate) fn inside(input: &[u8]) -> PResult<'_, Inside<'_>> {
    let (mut rest, mut inside) = state(input)?;
    loop {
        if rest.starts_with(b"]") {
            return Ok((rest, inside));
        } else if rest.starts_with(b" labels:{") {
            (rest, inside.labels) = labels_inside(rest)?;
        } else if rest.starts_with(b", locked to thread") {
            (rest, ()) = locked(rest)?;
            inside.locked = true;
        } else if rest.starts_with(b", synctest ") {
            let (after, found) = bubble(rest)?;
            (rest, inside.bubble) = (after, Some(found));
        } else {
            let (after, found) = minutes(rest)?;
            (rest, inside.minutes) = (after, Some(found));
        }
    }
}

/// The status or wait reason, verbatim, and the marks behind it: `chan receive (nil chan) (leaked)`.
///
/// `(durable)` is a mark of its own or part of the wait reason (`chan receive (durable)`, Go 1.25
/// and later); the flag is set in both cases.
///
/// ```abnf
/// state           = state-word *( SP state-word )
/// ```
pub(crate) fn state(input: &[u8]) -> PResult<'_, Inside<'_>> {
    let end = input.iter().position(|byte| matches!(byte, b',' | b']' | b'{' | b'\n'));
    let mut text = input.get(..end.unwrap_or(input.len())).unwrap_or(input);
    if let Some(before) = text.strip_suffix(b" labels:") {
        text = before;
    }
    if !state_word(text) {
        return fail(input, "a status");
    }
    let rest = input.get(text.len()..).unwrap_or_default();
    let mut inside = Inside::default();
    loop {
        if let Some(before) = text.strip_suffix(b" (leaked)") {
            (inside.leaked, text) = (true, before);
        } else if let Some(before) = text.strip_suffix(b" (scan)") {
            (inside.scan, text) = (true, before);
        } else if let Some(before) = text.strip_suffix(b" (durable)") {
            inside.durable = true;
            if WAIT_REASONS.iter().any(|reason| reason.as_bytes() == text) {
                break;
            }
            text = before;
        } else {
            break;
        }
    }
    inside.state = text;
    Ok((rest, inside))
}

/// Whether `text` can be a state: not blank. Wider than the rule, to keep what later versions print.
///
/// ```abnf
/// state-word      = 1*( ALPHA / DIGIT / "." / "_" / "?" / "(" / ")" / "-" )
/// ```
fn state_word(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| *byte != b' ')
}

/// How long the goroutine has been blocked, in minutes.
///
/// ```abnf
/// minutes         = %s", " number %s" minutes"
/// ```
pub(crate) fn minutes(input: &[u8]) -> PResult<'_, u32> {
    let (rest, ()) = literal(b", ", "`]`, `, N minutes` or `, locked to thread`")(input)?;
    let (rest, minutes) = number(rest)?;
    let (rest, ()) = literal(b" minutes", "` minutes`")(rest)?;
    Ok((rest, u32::try_from(minutes).unwrap_or(u32::MAX)))
}

/// ```abnf
/// locked          = %s", locked to thread"
/// ```
pub(crate) fn locked(input: &[u8]) -> PResult<'_, ()> {
    literal(b", locked to thread", "`, locked to thread`")(input)
}

/// The `testing/synctest` bubble. Go 1.24 prints `synctest group 7`, 1.25 and later `synctest bubble 1`.
///
/// ```abnf
/// bubble          = %s", synctest " ( %s"group " / %s"bubble " ) number
/// ```
pub(crate) fn bubble(input: &[u8]) -> PResult<'_, Bubble> {
    let (rest, ()) = literal(b", synctest ", "`, synctest `")(input)?;
    if let Some(rest) = rest.strip_prefix(b"group ") {
        let (rest, id) = number(rest)?;
        return Ok((rest, Bubble::Group(id)));
    }
    let (rest, ()) = literal(b"bubble ", "`group ` or `bubble `")(rest)?;
    let (rest, id) = number(rest)?;
    Ok((rest, Bubble::Bubble(id)))
}

/// Labels of Go 1.26, `[running labels:{"foobar": "baz"}]:`.
///
/// ```abnf
/// labels-inside   = %s" labels:{" quoted %s": " quoted *( %s", " quoted %s": " quoted ) "}"
/// ```
pub(crate) fn labels_inside(input: &[u8]) -> PResult<'_, Vec<Label<'_>>> {
    let (rest, ()) = literal(b" labels:{", "` labels:{`")(input)?;
    label_list(rest, quoted)
}

/// Labels of Go 1.27 and later, `[select] {handler: "/api v2", tenant: t0}:`.
///
/// ```abnf
/// labels-after    = %s" {" label *( %s", " label ) "}"
/// ```
pub(crate) fn labels_after(input: &[u8]) -> PResult<'_, Vec<Label<'_>>> {
    let (rest, ()) = literal(b" {", "` {`")(input)?;
    label_list(rest, label_text)
}

fn label_list<'i>(
    mut input: &'i [u8],
    side: fn(&'i [u8]) -> PResult<'i, Cow<'i, [u8]>>,
) -> PResult<'i, Vec<Label<'i>>> {
    let mut labels = Vec::new();
    loop {
        let (rest, one) = label(input, side)?;
        labels.push(one);
        if let Some(rest) = rest.strip_prefix(b"}") {
            return Ok((rest, labels));
        }
        (input, ()) = literal(b", ", "`, ` or `}` after a label")(rest)?;
    }
}

/// A label's key and value; `side` reads either.
///
/// ```abnf
/// label           = label-text %s": " label-text
/// ```
pub(crate) fn label<'i>(
    input: &'i [u8],
    side: fn(&'i [u8]) -> PResult<'i, Cow<'i, [u8]>>,
) -> PResult<'i, Label<'i>> {
    let (rest, key) = side(input)?;
    let (rest, ()) = literal(b": ", "`: ` between a label's key and value")(rest)?;
    let (rest, value) = side(rest)?;
    Ok((rest, (key, value)))
}

/// A side of a label.
///
/// ```abnf
/// label-text      = quoted / bare
/// ```
pub(crate) fn label_text(input: &[u8]) -> PResult<'_, Cow<'_, [u8]>> {
    if input.starts_with(b"\"") { quoted(input) } else { bare(input) }
}

/// A side of a label that needs no quotes; may be empty: `{: }`.
///
/// ```abnf
/// bare            = *( ALPHA / DIGIT / "." / "/" / "_" )
/// ```
pub(crate) fn bare(input: &[u8]) -> PResult<'_, Cow<'_, [u8]>> {
    let bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_');
    let len = input.iter().position(|byte| !bare(byte)).unwrap_or(input.len());
    let (text, rest) = input.split_at(len);
    Ok((rest, Cow::Borrowed(text)))
}

/// The part between the brackets of a header that has no labels of Go 1.26, which then ends at the
/// first `]`; a cheap key for a memory of heads. `input` starts behind ` [`.
pub(crate) fn plain_inside(input: &[u8]) -> Option<&[u8]> {
    let text = input.get(..memchr(b']', input)?)?;
    (memchr(b'{', text).is_none()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::expect::whole;

    fn read(text: &str) -> Header<'_> {
        whole(text.as_bytes(), goroutine_header).unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    #[test]
    fn all_forms_of_headers() {
        let h = read("goroutine 1 [running]:");
        assert_eq!((h.goid, h.inside.state, h.inside.minutes), (1, &b"running"[..], None));
        let h = read("goroutine 20 [chan receive (nil chan) (leaked), locked to thread]:");
        assert_eq!(h.inside.state, b"chan receive (nil chan)");
        assert!(h.inside.leaked && h.inside.locked);
        let h = read("goroutine 344 gp=0x344ef353e1e0 m=nil [sleep (scan), 3 minutes]:");
        assert_eq!(
            (h.inside.state, h.inside.minutes, h.inside.scan),
            (&b"sleep"[..], Some(3), true)
        );
        let h = read("goroutine 0 gp=0xbaa240 m=0 mp=0xbab420 [idle]:");
        assert_eq!((h.goid, h.inside.state), (0, &b"idle"[..]));
        let h = read("goroutine 9 [sleep (durable), synctest bubble 2]:");
        assert_eq!(h.inside.state, b"sleep");
        assert_eq!((h.inside.durable, h.inside.bubble), (true, Some(Bubble::Bubble(2))));
        let h = read("goroutine 9 [chan receive (durable), 2 minutes, synctest bubble 2]:");
        assert_eq!((h.inside.state, h.inside.durable), (&b"chan receive (durable)"[..], true));
        let h = read("goroutine 9 [select (synctest), synctest group 8]:");
        assert_eq!(h.inside.bubble, Some(Bubble::Group(8)));
        assert_eq!(read("goroutine 9 [a future reason]:").inside.state, b"a future reason");
        assert_eq!(read("goroutine 9 [???]:").inside.state, b"???");
    }

    #[test]
    fn labels_hold_anything() {
        let h = read(r#"goroutine 7 [running labels:{"a": "x]: [y", "k": "}"}]:"#);
        assert_eq!(h.inside.state, b"running");
        assert_eq!(h.labels.len(), 2);
        assert_eq!(h.labels[0].1.as_ref(), b"x]: [y");
        let h = read(r#"goroutine 7 [select, 3 minutes] {: , "a b": "}:\n", t: /x.y_z}:"#);
        assert_eq!((h.labels.len(), h.inside.minutes), (3, Some(3)));
        assert_eq!(h.labels[0], (Cow::Borrowed(&b""[..]), Cow::Borrowed(&b""[..])));
        let h = read(r#"goroutine 7 [select] {k: ", 5 minutes, locked to thread]"}:"#);
        assert!(!h.inside.locked && h.inside.minutes.is_none());
    }

    #[test]
    fn errors_say_what_was_expected() {
        let error = whole(b"goroutine 7 running]:", goroutine_header).unwrap_err();
        assert_eq!((error.what, error.rest), ("` [` before the status", &b" running]:"[..]));
        let error = whole(b"goroutine 7 [running", goroutine_header).unwrap_err();
        assert_eq!(error.rest, b"");
        assert!(whole(b"goroutine 7 []:", goroutine_header).is_err());
    }
}
