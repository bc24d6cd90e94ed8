//! From what is written to tests of fields: names are looked up and types checked.

use regex::Regex;

use super::syntax::{
    Expr, FIELDS, Field, FieldName, Fold, Literal, NAMES, NumberTest, Operand, Predicate, Span,
    Symbol, Syntax, Test, TextTest, Type, Value, What, WhereError,
};

/// The expression in `syntax`, which is the text `text`, and its tests.
pub(super) fn check(text: &str, syntax: &Syntax) -> Result<(Expr, Vec<Test>), WhereError> {
    let mut checker = Checker { text, tests: Vec::new() };
    let expr = checker.expr(syntax)?;
    Ok((expr, checker.tests))
}

struct Checker<'a> {
    text: &'a str,
    tests: Vec<Test>,
}

/// A field with its letters folded or not.
struct Subject {
    field: Field,
    fold: Option<Fold>,
}

/// A side of a comparison.
enum Side<'a> {
    Field(Subject),
    Literal(&'a Literal, Option<Fold>),
}

impl<'a> Checker<'a> {
    fn wrong<T>(&self, span: Span, message: impl Into<String>) -> Result<T, WhereError> {
        Err(WhereError::new(self.text, span, false, message))
    }

    fn expr(&mut self, syntax: &'a Syntax) -> Result<Expr, WhereError> {
        match syntax {
            Syntax::Any(list) => Ok(Expr::Any(self.all(list)?)),
            Syntax::All(list) => Ok(Expr::All(self.all(list)?)),
            Syntax::Not(inner) => Ok(Expr::Not(Box::new(self.expr(inner)?))),
            Syntax::Alone(operand) => self.alone(operand),
            Syntax::Compare(left, symbol, span, right) => self.compare(left, *symbol, *span, right),
            Syntax::InList(operand, list) => self.in_list(operand, list),
        }
    }

    fn all(&mut self, list: &'a [Syntax]) -> Result<Vec<Expr>, WhereError> {
        list.iter().map(|syntax| self.expr(syntax)).collect()
    }

    fn test(&mut self, field: Field, predicate: Predicate) -> Expr {
        self.tests.push(Test { field, predicate });
        Expr::Test(self.tests.len() - 1)
    }

    fn alone(&mut self, operand: &'a Operand) -> Result<Expr, WhereError> {
        if let What::Test(symbol, left, right) = &operand.what {
            return self.compare(left, *symbol, operand.span, right);
        }
        match self.side(operand)? {
            Side::Field(subject) if subject.field.kind() == Type::Flag => {
                Ok(self.test(subject.field, Predicate::Flag))
            }
            Side::Field(subject) => {
                let (name, kind) = (subject.field.name(), words(subject.field.kind()));
                let example = match subject.field.kind() {
                    Type::Wait => format!("{name} > 10m"),
                    Type::Number => format!("{name} > 10"),
                    _ => format!("{name} contains 'x'"),
                };
                self.wrong(operand.span, format!("{name} is {kind}: compare it, as in {example}"))
            }
            Side::Literal(..) => self.wrong(operand.span, "a value alone is no test"),
        }
    }

    fn side(&self, operand: &'a Operand) -> Result<Side<'a>, WhereError> {
        match &operand.what {
            What::Literal(literal) => Ok(Side::Literal(literal, None)),
            What::Field(name) => {
                let field = self.field(name, operand.span)?;
                Ok(Side::Field(Subject { field, fold: None }))
            }
            What::Fold(fold, inner) => match self.side(inner)? {
                Side::Field(subject) if subject.field.kind() == Type::Text => {
                    Ok(Side::Field(Subject { fold: Some(*fold), ..subject }))
                }
                Side::Literal(literal @ Literal { value: Value::Text(_), .. }, _) => {
                    Ok(Side::Literal(literal, Some(*fold)))
                }
                _ => self.wrong(inner.span, "lower() and upper() take a text"),
            },
            What::Test(..) => {
                self.wrong(operand.span, "this is true or false already and cannot be compared")
            }
        }
    }

    fn field(&self, name: &FieldName, span: Span) -> Result<Field, WhereError> {
        let name = match name {
            FieldName::Label(key) => return Ok(Field::Label(key.clone())),
            FieldName::Name(name) => name,
        };
        let plain = name.to_lowercase().replace(['-', '_'], "");
        if let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == plain) {
            return Ok(field.clone());
        }
        let near = FIELDS
            .iter()
            .map(|(known, field)| (distance(&plain, known), field))
            .min_by_key(|n| n.0);
        match near {
            Some((distance, field)) if distance <= (plain.chars().count() / 3).max(1) => {
                let near = field.name();
                self.wrong(span, format!("there is no field {name}; did you mean {near}?"))
            }
            _ => self.wrong(
                span,
                format!(
                    "there is no field {name} (a text stands in quotes); fields are {}",
                    NAMES.join(", ")
                ),
            ),
        }
    }

    fn compare(
        &mut self,
        left: &'a Operand,
        symbol: Symbol,
        at: Span,
        right: &'a Operand,
    ) -> Result<Expr, WhereError> {
        let (a, b) = (self.side(left)?, self.side(right)?);
        match (a, b) {
            (Side::Field(subject), Side::Literal(literal, fold)) => {
                self.field_test(subject, symbol, at, literal, fold)
            }
            (Side::Literal(literal, fold), Side::Field(subject)) => {
                let Some(symbol) = turned(symbol) else {
                    return self.wrong(left.span, "the field stands on the left of this operator");
                };
                self.field_test(subject, symbol, at, literal, fold)
            }
            (Side::Field(_), Side::Field(_)) => self.wrong(
                right.span,
                "two fields cannot be compared; expected a value (a text stands in quotes)",
            ),
            (Side::Literal(..), Side::Literal(..)) => {
                self.wrong(left.span, "two values are compared; expected a field on one side")
            }
        }
    }

    fn field_test(
        &mut self,
        subject: Subject,
        symbol: Symbol,
        at: Span,
        literal: &'a Literal,
        fold: Option<Fold>,
    ) -> Result<Expr, WhereError> {
        let negated = matches!(symbol, Symbol::NotEqual | Symbol::MatchesNot);
        let expr = match subject.field.kind() {
            Type::Text => self.text_test(subject, symbol, at, literal, fold)?,
            Type::Flag => {
                let Value::Flag(wanted) = literal.value else {
                    let name = subject.field.name();
                    return self.wrong(literal.span, format!("{name} is true or false"));
                };
                if !matches!(symbol, Symbol::Equal | Symbol::NotEqual) {
                    return self.wrong(at, "a flag is compared with == or !=");
                }
                let test = self.test(subject.field, Predicate::Flag);
                if wanted { test } else { Expr::Not(Box::new(test)) }
            }
            Type::Number | Type::Wait => {
                let number = self.number(&subject, literal)?;
                self.number_test(subject, symbol, at, number)?
            }
        };
        Ok(if negated { Expr::Not(Box::new(expr)) } else { expr })
    }

    fn text_test(
        &mut self,
        subject: Subject,
        symbol: Symbol,
        at: Span,
        literal: &'a Literal,
        fold: Option<Fold>,
    ) -> Result<Expr, WhereError> {
        let name = subject.field.name();
        let text = match (&literal.value, fold) {
            (Value::Text(text), None) => text.clone(),
            (Value::Text(text), Some(Fold::Lower)) => text.to_lowercase(),
            (Value::Text(text), Some(Fold::Upper)) => text.to_uppercase(),
            _ => {
                let compares = matches!(
                    symbol,
                    Symbol::Less | Symbol::LessOrEqual | Symbol::More | Symbol::MoreOrEqual
                );
                let hint = if compares {
                    "; texts are compared with ==, !=, =~, !~, contains or in"
                } else {
                    ": put the value in quotes"
                };
                return self.wrong(literal.span, format!("{name} is a text{hint}"));
            }
        };
        let test = match symbol {
            Symbol::Equal | Symbol::NotEqual => TextTest::OneOf(vec![text]),
            Symbol::Contains => TextTest::Contains(text),
            Symbol::In => TextTest::Within(text),
            Symbol::Matches | Symbol::MatchesNot => match Regex::new(&text) {
                Ok(regex) => TextTest::Matches(regex),
                Err(error) => {
                    let error = error.to_string();
                    let last =
                        error.lines().next_back().unwrap_or("").trim_start_matches("error: ");
                    return self.wrong(literal.span, format!("not a regular expression: {last}"));
                }
            },
            Symbol::Less | Symbol::LessOrEqual | Symbol::More | Symbol::MoreOrEqual => {
                return self.wrong(
                    at,
                    format!("{name} is a text; expected ==, !=, =~, !~, contains or in"),
                );
            }
        };
        Ok(self.test(subject.field, Predicate::Text(subject.fold, test)))
    }

    /// The value of `literal` in the unit of the field.
    fn number(&self, subject: &Subject, literal: &Literal) -> Result<i128, WhereError> {
        let name = subject.field.name();
        match (subject.field.kind(), &literal.value) {
            // Plain numbers are minutes.
            (Type::Wait, Value::Number(number)) => Ok(number.saturating_mul(60)),
            (Type::Wait, Value::Duration(seconds)) => Ok(i128::from(*seconds) * 1000),
            (Type::Wait, _) => self.wrong(
                literal.span,
                format!(
                    "{name} is a duration; expected 90s, 10m, 1h30m, 2d or a number of minutes"
                ),
            ),
            (_, Value::Number(number)) => Ok(*number),
            _ => self.wrong(literal.span, format!("{name} is a number; expected one")),
        }
    }

    fn number_test(
        &mut self,
        subject: Subject,
        symbol: Symbol,
        at: Span,
        number: i128,
    ) -> Result<Expr, WhereError> {
        let test = match symbol {
            Symbol::Equal | Symbol::NotEqual => NumberTest::OneOf(vec![number]),
            // Any frame's line counts, so that these are no negations of each other.
            Symbol::Less => NumberTest::Less(number),
            Symbol::More => NumberTest::More(number),
            Symbol::LessOrEqual => NumberTest::Less(number.saturating_add(1)),
            Symbol::MoreOrEqual => NumberTest::More(number.saturating_sub(1)),
            Symbol::Matches | Symbol::MatchesNot | Symbol::Contains | Symbol::In => {
                let (name, kind) = (subject.field.name(), words(subject.field.kind()));
                return self.wrong(
                    at,
                    format!("{name} is {kind}; expected ==, !=, <, <=, > or >=, or in and a list"),
                );
            }
        };
        Ok(self.test(subject.field, Predicate::Number(test)))
    }

    fn in_list(&mut self, operand: &'a Operand, list: &'a [Literal]) -> Result<Expr, WhereError> {
        let Side::Field(subject) = self.side(operand)? else {
            return self.wrong(operand.span, "expected a field before in and a list");
        };
        match subject.field.kind() {
            Type::Text => {
                let mut texts = Vec::with_capacity(list.len());
                for literal in list {
                    let Value::Text(text) = &literal.value else {
                        let name = subject.field.name();
                        return self
                            .wrong(literal.span, format!("{name} is a text: put it in quotes"));
                    };
                    texts.push(text.clone());
                }
                texts.sort_unstable();
                let predicate = Predicate::Text(subject.fold, TextTest::OneOf(texts));
                Ok(self.test(subject.field, predicate))
            }
            Type::Number | Type::Wait => {
                let numbers = list.iter().map(|literal| self.number(&subject, literal));
                let mut numbers = numbers.collect::<Result<Vec<_>, _>>()?;
                numbers.sort_unstable();
                Ok(self.test(subject.field, Predicate::Number(NumberTest::OneOf(numbers))))
            }
            Type::Flag => self.wrong(operand.span, "a flag is in no list"),
        }
    }
}

/// The same with the sides changed.
fn turned(symbol: Symbol) -> Option<Symbol> {
    Some(match symbol {
        Symbol::Equal | Symbol::NotEqual => symbol,
        Symbol::Less => Symbol::More,
        Symbol::LessOrEqual => Symbol::MoreOrEqual,
        Symbol::More => Symbol::Less,
        Symbol::MoreOrEqual => Symbol::LessOrEqual,
        Symbol::In => Symbol::Contains,
        Symbol::Contains => Symbol::In,
        Symbol::Matches | Symbol::MatchesNot => return None,
    })
}

fn words(kind: Type) -> &'static str {
    match kind {
        Type::Text => "a text",
        Type::Number => "a number",
        Type::Wait => "a duration",
        Type::Flag => "true or false",
    }
}

/// Letters to change, add or leave out to get from `a` to `b` (Levenshtein); names are short.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (above, y) in row.windows(2).zip(b.chars()) {
            if let [diagonal, above] = above {
                left = (diagonal + usize::from(*x != y)).min(above + 1).min(left + 1);
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
