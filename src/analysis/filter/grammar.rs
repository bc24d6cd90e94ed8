//! The grammar of the filter language, grammar/filter.abnf, rule by rule. Operators that are words may
//! also stand directly beside a parenthesis or a quote.

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, one_of, satisfy};
use nom::combinator::{cut, map, not as absent, opt, peek, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{fold_many0, many0, many1, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

use super::syntax::{
    FieldName, Fold, Literal, Operand, Span, Symbol, Syntax, Value, What, WhereError,
};
use crate::analysis::duration::parse_seconds;

/// Bytes that an expression may have.
const LONGEST: usize = 64 << 10;
/// Parentheses and brackets that may be open at once.
const DEEPEST: usize = 64;

/// What was expected, and what is left of the text there.
#[derive(Clone, Copy, Debug)]
struct Expected<'a> {
    left: &'a str,
    what: &'static str,
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

type Read<'a, T> = IResult<&'a str, T, Expected<'a>>;

/// Reads a whole expression.
pub(super) fn read(text: &str) -> Result<Syntax, WhereError> {
    check_size(text)?;
    let wrong = |left: &str, message: String| {
        let one = left.chars().next().map_or(0, char::len_utf8);
        let span = Span { from: left.len(), to: left.len() - one };
        WhereError::new(text, span, true, message)
    };
    match filter(text) {
        Ok(("", syntax)) => Ok(syntax),
        Ok((left, _)) => {
            let what = "expected an operator such as ==, &&, ||, contains or in, or the end";
            Err(wrong(left.trim_start_matches(is_blank), what.to_owned()))
        }
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => {
            let what = if e.what.is_empty() { OPERAND } else { e.what };
            Err(wrong(e.left, format!("expected {what}")))
        }
        Err(nom::Err::Incomplete(_)) => Err(wrong("", format!("expected {OPERAND}"))),
    }
}

const OPERAND: &str = "a field, a value, ! or (";

/// The parsers call each other for each parenthesis.
fn check_size(text: &str) -> Result<(), WhereError> {
    let at = |offset: usize, message| {
        let from = text.len() - offset;
        WhereError::new(text, Span { from, to: from.saturating_sub(1) }, true, message)
    };
    if text.len() > LONGEST {
        return Err(at(0, format!("the expression has more than {LONGEST} bytes")));
    }
    let mut depth = 0usize;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((offset, c)) = chars.next() {
        match (quote, c) {
            (Some('\'' | '"'), '\\') => {
                chars.next();
            }
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(' | '[') => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(at(offset, format!("more than {DEEPEST} parentheses are open")));
                }
            }
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// `parser`, and where its text was.
fn spanned<'a, T>(
    mut parser: impl Parser<&'a str, Output = T, Error = Expected<'a>>,
) -> impl FnMut(&'a str) -> Read<'a, (Span, T)> {
    move |text| {
        let (left, found) = parser.parse(text)?;
        Ok((left, (Span { from: text.len(), to: left.len() }, found)))
    }
}

/// `parser`, or `what` was expected.
fn expect<'a, T>(
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
fn word<'a>(name: &'static str) -> impl FnMut(&'a str) -> Read<'a, &'a str> {
    move |text| terminated(tag_no_case(name), absent(satisfy(is_word))).parse(text)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn blanks(text: &str) -> Read<'_, &str> {
    recognize(many0(blank)).parse(text)
}

/// `one`, or a list if there are more.
fn joined(mut list: Vec<Syntax>, many: fn(Vec<Syntax>) -> Syntax) -> Syntax {
    match list.pop() {
        Some(one) if list.is_empty() => one,
        last => {
            list.extend(last);
            many(list)
        }
    }
}

/// ```abnf
/// filter          = *blank disjunction *blank
/// ```
fn filter(text: &str) -> Read<'_, Syntax> {
    delimited(blanks, disjunction, blanks).parse(text)
}

/// ```abnf
/// disjunction     = conjunction *( or conjunction )
/// ```
fn disjunction(text: &str) -> Read<'_, Syntax> {
    let (text, first) = conjunction(text)?;
    let (text, mut list) = many0(preceded(or, cut(conjunction))).parse(text)?;
    list.insert(0, first);
    Ok((text, joined(list, Syntax::Any)))
}

/// ```abnf
/// conjunction     = negation *( and negation )
/// ```
fn conjunction(text: &str) -> Read<'_, Syntax> {
    let (text, first) = negation(text)?;
    let (text, mut list) = many0(preceded(and, cut(negation))).parse(text)?;
    list.insert(0, first);
    Ok((text, joined(list, Syntax::All)))
}

/// ```abnf
/// or              = *blank "||" *blank / 1*blank "or" 1*blank
/// ```
fn or(text: &str) -> Read<'_, &str> {
    delimited(blanks, alt((tag("||"), word("or"))), blanks).parse(text)
}

/// ```abnf
/// and             = *blank "&&" *blank / 1*blank "and" 1*blank
/// ```
fn and(text: &str) -> Read<'_, &str> {
    delimited(blanks, alt((tag("&&"), word("and"))), blanks).parse(text)
}

/// ```abnf
/// negation        = *not test
/// ```
fn negation(text: &str) -> Read<'_, Syntax> {
    let (text, odd) = fold_many0(not, || false, |odd, _| !odd).parse(text)?;
    let (text, test) = test(text)?;
    Ok((text, if odd { Syntax::Not(Box::new(test)) } else { test }))
}

/// ```abnf
/// not             = "!" *blank / "not" 1*blank
/// ```
fn not(text: &str) -> Read<'_, &str> {
    terminated(alt((tag("!"), word("not"))), blanks).parse(text)
}

/// ```abnf
/// test            = group / comparison
/// ```
fn test(text: &str) -> Read<'_, Syntax> {
    alt((group, comparison)).parse(text)
}

/// ```abnf
/// group           = "(" *blank disjunction *blank ")"
/// ```
fn group(text: &str) -> Read<'_, Syntax> {
    let close = expect("an operator such as == or &&, or )", char(')'));
    delimited(pair(char('('), blanks), cut(disjunction), pair(blanks, cut(close))).parse(text)
}

/// ```abnf
/// comparison      = operand [ comparator operand / membership ]
/// ```
fn comparison(text: &str) -> Read<'_, Syntax> {
    let (text, left) = operand(text)?;
    if let Ok((text, (span, symbol))) = spanned(comparator).parse(text) {
        let (text, right) = cut(expect("a value to compare with", operand)).parse(text)?;
        return Ok((text, Syntax::Compare(left, symbol, span, right)));
    }
    match membership(text) {
        Ok((text, (_, In::List(list)))) => Ok((text, Syntax::InList(left, list))),
        Ok((text, (span, In::Operand(right)))) => {
            Ok((text, Syntax::Compare(left, Symbol::In, span, right)))
        }
        Err(nom::Err::Error(_)) => Ok((text, Syntax::Alone(left))),
        Err(error) => Err(error),
    }
}

/// ```abnf
/// comparator      = *blank symbol *blank / 1*blank ( "contains" / "matches" ) 1*blank
/// ```
fn comparator(text: &str) -> Read<'_, Symbol> {
    let words =
        alt((value(Symbol::Contains, word("contains")), value(Symbol::Matches, word("matches"))));
    delimited(blanks, alt((symbol, words)), blanks).parse(text)
}

/// ```abnf
/// symbol          = "==" / "!=" / "<=" / ">=" / "=~" / "!~" / "<" / ">" / "="
/// ```
fn symbol(text: &str) -> Read<'_, Symbol> {
    alt((
        value(Symbol::Equal, tag("==")),
        value(Symbol::NotEqual, tag("!=")),
        value(Symbol::LessOrEqual, tag("<=")),
        value(Symbol::MoreOrEqual, tag(">=")),
        value(Symbol::Matches, tag("=~")),
        value(Symbol::MatchesNot, tag("!~")),
        value(Symbol::Less, tag("<")),
        value(Symbol::More, tag(">")),
        value(Symbol::Equal, tag("=")),
    ))
    .parse(text)
}

/// What something is in.
enum In {
    List(Vec<Literal>),
    Operand(Operand),
}

/// ```abnf
/// membership      = 1*blank "in" 1*blank ( list / operand )
/// ```
fn membership(text: &str) -> Read<'_, (Span, In)> {
    let (text, (span, _)) = spanned(delimited(blanks, word("in"), blanks)).parse(text)?;
    let right = alt((map(list, In::List), map(operand, In::Operand)));
    let (text, right) = cut(expect("a list such as (1, 2), or a text", right)).parse(text)?;
    Ok((text, (span, right)))
}

/// ```abnf
/// list            = "(" *blank literal *( *blank "," *blank literal ) *blank ")" / "[" *blank literal *( *blank "," *blank literal ) *blank "]"
/// ```
fn list(text: &str) -> Read<'_, Vec<Literal>> {
    let items = |text| {
        let comma = delimited(blanks, char(','), blanks);
        let value = expect("a text, a number or a duration", literal);
        delimited(blanks, cut(separated_list1(comma, value)), blanks).parse(text)
    };
    alt((
        delimited(char('('), items, cut(expect("a comma or )", char(')')))),
        delimited(char('['), items, cut(expect("a comma or ]", char(']')))),
    ))
    .parse(text)
}

/// ```abnf
/// operand         = primary *method
/// ```
fn operand(text: &str) -> Read<'_, Operand> {
    let from = text.len();
    let (mut text, mut operand) = primary(text)?;
    while text.starts_with('.') {
        let (left, what) = method(text)?;
        let base = Box::new(operand);
        let what = match what {
            Method::Fold(fold) => What::Fold(fold, base),
            Method::Test(symbol, other) => What::Test(symbol, base, Box::new(other)),
        };
        operand = Operand { what, span: Span { from, to: left.len() } };
        text = left;
    }
    Ok((text, operand))
}

/// ```abnf
/// primary         = call / literal / field
/// ```
fn primary(text: &str) -> Read<'_, Operand> {
    let literal = map(literal, What::Literal);
    let field = map(field, What::Field);
    let (text, (span, what)) = spanned(expect(OPERAND, alt((call, literal, field)))).parse(text)?;
    Ok((text, Operand { what, span }))
}

fn fold(text: &str) -> Read<'_, Fold> {
    alt((value(Fold::Lower, tag_no_case("lower")), value(Fold::Upper, tag_no_case("upper"))))
        .parse(text)
}

fn part(text: &str) -> Read<'_, Symbol> {
    alt((
        value(Symbol::Contains, tag_no_case("contains")),
        value(Symbol::Matches, tag_no_case("matches")),
    ))
    .parse(text)
}

fn close(text: &str) -> Read<'_, char> {
    preceded(blanks, expect(")", char(')'))).parse(text)
}

/// ```abnf
/// call            = ( "lower" / "upper" ) "(" *blank operand *blank ")" / ( "contains" / "matches" ) "(" *blank operand *blank "," *blank operand *blank ")"
/// ```
fn call(text: &str) -> Read<'_, What> {
    if let Ok((text, fold)) = terminated(fold, pair(char('('), blanks)).parse(text) {
        let (text, operand) = cut(terminated(operand, close)).parse(text)?;
        return Ok((text, What::Fold(fold, Box::new(operand))));
    }
    let (text, symbol) = terminated(part, pair(char('('), blanks)).parse(text)?;
    let comma = delimited(blanks, expect("a comma", char(',')), blanks);
    let (text, (left, right)) =
        cut(pair(terminated(operand, comma), terminated(operand, close))).parse(text)?;
    Ok((text, What::Test(symbol, Box::new(left), Box::new(right))))
}

/// What is asked of the operand before a dot.
enum Method {
    Fold(Fold),
    Test(Symbol, Operand),
}

/// ```abnf
/// method          = "." ( ( "lower" / "upper" ) "(" *blank ")" / ( "contains" / "matches" ) "(" *blank operand *blank ")" )
/// ```
fn method(text: &str) -> Read<'_, Method> {
    let (text, _) = char('.').parse(text)?;
    if let Ok((text, fold)) = terminated(fold, char('(')).parse(text) {
        return map(cut(close), |_| Method::Fold(fold)).parse(text);
    }
    let name = expect("contains(…), matches(…), lower() or upper()", part);
    let (text, symbol) = cut(terminated(name, pair(char('('), blanks))).parse(text)?;
    let (text, operand) = cut(terminated(operand, close)).parse(text)?;
    Ok((text, Method::Test(symbol, operand)))
}

/// ```abnf
/// field           = [ "." ] ( label / name )
/// ```
fn field(text: &str) -> Read<'_, FieldName> {
    preceded(opt(char('.')), alt((map(label, FieldName::Label), map(name, FieldName::Name))))
        .parse(text)
}

/// Any name is read here: that there is no such field is said later, with the nearest one.
///
/// ```abnf
/// name            = "id" / "goid" / "state" / "wait" / "duration" / "count" / "dups" / "depth" / "lines" / "trace" / "func" / "function" / "pkg" / "package" / "file" / "line" / "top" / "user" / "start" / "created-by" / "createdby" / "creator-id" / "creator" / "locked" / "leaked" / "inferred"
/// ```
fn name(text: &str) -> Read<'_, String> {
    let start = peek(satisfy(|c| c.is_alphabetic()));
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
fn literal(text: &str) -> Read<'_, Literal> {
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
fn string(text: &str) -> Read<'_, String> {
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
        match escaped(rest) {
            Ok((rest, part)) => {
                out.push_str(&part);
                left = rest;
            }
            Err(_) => {
                let what = "a quote that ends this text";
                return Err(nom::Err::Failure(Expected { left: text, what }));
            }
        }
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

/// ```abnf
/// blank           = SP / HTAB / CR / LF
/// ```
fn blank(text: &str) -> Read<'_, char> {
    satisfy(is_blank).parse(text)
}
