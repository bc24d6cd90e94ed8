//! The rules of grammar/filter.abnf for fields and values, and what all rules are made with.

use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, one_of, satisfy};
use nom::combinator::{cut, map, not as absent, opt, peek, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{many0, many1};
use nom::sequence::{pair, preceded, terminated};
use nom::{IResult, Parser};

use super::syntax::{FieldName, Literal, Span, Value};
use crate::view::duration::parse_seconds;

/// What was expected, and what is left of the text there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) left: &'a str,
    pub(super) what: &'static str,
}

impl<'a> ParseError<&'a str> for Expected<'a> {
    fn from_error_kind(left: &'a str, _: ErrorKind) -> Self {
        Self { left, what: "" }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Who came further knows better.
    fn or(self, other: Self) -> Self {
        let further = self.left.len() < other.left.len();
        let equal = self.left.len() == other.left.len() && !self.what.is_empty();
        if further || equal { self } else { other }
    }
}

pub(super) type Read<'a, T> = IResult<&'a str, T, Expected<'a>>;

/// `parser`, and where its text was.
pub(super) fn spanned<'a, T>(
    mut parser: impl Parser<&'a str, Output = T, Error = Expected<'a>>,
) -> impl FnMut(&'a str) -> Read<'a, (Span, T)> {
    move |text| {
        let (left, found) = parser.parse(text)?;
        Ok((left, (Span { from: text.len(), to: left.len() }, found)))
    }
}

/// `parser`, or `what` was expected.
pub(super) fn expect<'a, T>(
    what: &'static str,
    mut parser: impl Parser<&'a str, Output = T, Error = Expected<'a>>,
) -> impl FnMut(&'a str) -> Read<'a, T> {
    move |text| {
        parser.parse(text).map_err(|error| match error {
            nom::Err::Error(e) if e.left.len() == text.len() => {
                nom::Err::Error(Expected { left: text, what })
            }
            other => other,
        })
    }
}

/// A word that goes on no further.
pub(super) fn word<'a>(name: &'static str) -> impl FnMut(&'a str) -> Read<'a, &'a str> {
    move |text| terminated(tag_no_case(name), absent(satisfy(is_word))).parse(text)
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// ```abnf
/// field           = [ "." ] ( label / name )
/// ```
pub(super) fn field(text: &str) -> Read<'_, FieldName> {
    preceded(opt(char('.')), alt((map(label, FieldName::Label), map(name, FieldName::Name))))
        .parse(text)
}

/// Any name is read here: that there is no such field is said later, with the nearest one.
///
/// ```abnf
/// name            = "id" / "goid" / "state" / "wait" / "duration" / "count" / "dups" / "depth" / "lines" / "trace" / "func" / "function" / "pkg" / "package" / "file" / "line" / "top" / "user" / "start" / "created-by" / "createdby" / "creator-id" / "creator" / "locked" / "leaked" / "inferred"
/// ```
fn name(text: &str) -> Read<'_, String> {
    let start = peek(satisfy(char::is_alphabetic));
    let rest = take_while1(|c: char| is_word(c) || c == '-');
    map(preceded(start, rest), ToString::to_string).parse(text)
}

/// ```abnf
/// label           = "label" ( "." label-key / "[" *blank string *blank "]" )
/// ```
fn label(text: &str) -> Read<'_, String> {
    let bracket = |text| {
        let key = expect("the label's key as a text", string);
        let close = preceded(blanks, expect("]", char(']')));
        preceded(pair(char('['), blanks), cut(terminated(key, close))).parse(text)
    };
    let dotted = preceded(char('.'), cut(expect("the label's key", label_key)));
    preceded(tag_no_case("label"), alt((dotted, bracket))).parse(text)
}

/// ```abnf
/// label-key       = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" / "-" / ":" )
/// ```
fn label_key(text: &str) -> Read<'_, String> {
    let start = satisfy(|c| c.is_alphabetic() || c == '_');
    let rest = take_while(|c: char| is_word(c) || c == '-' || c == ':');
    map(recognize(pair(start, rest)), ToString::to_string).parse(text)
}
/// ```abnf
/// literal         = string / duration / number / boolean
/// ```
pub(super) fn literal(text: &str) -> Read<'_, Literal> {
    let any = alt((
        map(string, Value::Text),
        map(duration, Value::Duration),
        map(number, Value::Number),
        map(boolean, Value::Flag),
    ));
    map(spanned(any), |(span, value)| Literal { value, span }).parse(text)
}

/// ```abnf
/// boolean         = "true" / "false"
/// ```
fn boolean(text: &str) -> Read<'_, bool> {
    alt((value(true, word("true")), value(false, word("false")))).parse(text)
}

fn decimal(text: &str) -> Read<'_, &str> {
    recognize(pair(digit1, opt(pair(char('.'), digit1)))).parse(text)
}

/// In thousandths.
///
/// ```abnf
/// number          = [ "-" ] 1*DIGIT [ "." 1*DIGIT ]
/// ```
fn number(text: &str) -> Read<'_, i128> {
    let (left, digits) = recognize(pair(opt(char('-')), decimal)).parse(text)?;
    if left.starts_with(is_word) {
        let what = "a number, or a duration such as 90s, 10m, 1h30m or 2d";
        return Err(nom::Err::Failure(Expected { left: text, what }));
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let parsed = format!("{whole}{fraction}").parse();
    let what = "a number with fewer digits";
    let number = parsed.map_err(|_| nom::Err::Failure(Expected { left: text, what }))?;
    Ok((left, number))
}

/// In seconds.
///
/// ```abnf
/// duration        = 1*( 1*DIGIT [ "." 1*DIGIT ] ( "d" / "h" / "ms" / "m" / "s" / "us" / "ns" ) )
/// ```
fn duration(text: &str) -> Read<'_, u64> {
    let unit = alt(["d", "h", "ms", "m", "s", "us", "µs", "ns"].map(tag_no_case));
    let (left, literal) =
        terminated(recognize(many1(pair(decimal, unit))), absent(satisfy(is_word))).parse(text)?;
    let what = "a shorter duration";
    let seconds = parse_seconds(&literal.to_lowercase());
    let seconds = seconds.ok_or(nom::Err::Failure(Expected { left: text, what }))?;
    Ok((left, seconds))
}

/// ```abnf
/// string          = "'" *( %x20-26 / %x28-5B / %x5D-7E / %xA1-D7FF / escaped ) "'" / DQUOTE *( %x20-21 / %x23-5B / %x5D-7E / %xA1-D7FF / escaped ) DQUOTE / "`" *( %x20-5F / %x61-7E / %xA1-D7FF ) "`"
/// ```
pub(super) fn string(text: &str) -> Read<'_, String> {
    let (inside, quote) = one_of("'\"`").parse(text)?;
    let mut out = String::new();
    let mut left = inside;
    loop {
        let plain = |c: char| c != quote && (c != '\\' || quote == '`');
        let (rest, run) = take_while(plain).parse(left)?;
        out.push_str(run);
        if let Some(rest) = rest.strip_prefix(quote) {
            return Ok((rest, out));
        }
        let Ok((rest, part)) = escaped(rest) else {
            let what = "a quote that ends this text";
            return Err(nom::Err::Failure(Expected { left: text, what }));
        };
        out.push_str(&part);
        left = rest;
    }
}

/// ```abnf
/// escaped         = "\" ( %x20-7E / %xA1-D7FF )
/// ```
fn escaped(text: &str) -> Read<'_, String> {
    let any = take_while_m_n(1, 1, |_: char| true);
    let meaning = |c: &str| match c {
        "n" => "\n".to_owned(),
        "t" => "\t".to_owned(),
        "'" | "\"" | "\\" => c.to_owned(),
        other => format!("\\{other}"),
    };
    map(preceded(char('\\'), any), meaning).parse(text)
}

pub(super) fn blanks(text: &str) -> Read<'_, &str> {
    recognize(many0(blank)).parse(text)
}

/// ```abnf
/// blank           = SP / HTAB / CR / LF
/// ```
pub(super) fn blank(text: &str) -> Read<'_, char> {
    satisfy(is_blank).parse(text)
}
