//! The grammar of the filter language, grammar/filter.abnf, rule by rule. Operators that are words may
//! also stand directly beside a parenthesis or a quote.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case};
use nom::character::complete::char;
use nom::combinator::{cut, map, value};
use nom::multi::{fold_many0, many0, separated_list1};
use nom::sequence::{delimited, pair, preceded, terminated};

use super::syntax::{Fold, Literal, Operand, Span, Symbol, Syntax, What, WhereError};
use super::values::{Read, blanks, expect, field, is_blank, literal, spanned, word};

/// Bytes that an expression may have.
const LONGEST: usize = 64 << 10;
/// Parentheses and brackets that may be open at once.
const DEEPEST: usize = 64;

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
/// test            = comparison / group
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
/// primary         = literal / call / field
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
