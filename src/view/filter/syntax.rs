//! What an expression of the filter language is made of, before and after its types were checked, and
//! what is said of one that is wrong.

use std::fmt;

use regex::Regex;

/// A part of the text, as the bytes that are left from its start and from behind its end: a parser sees
/// only what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// An expression as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Syntax {
    Any(Vec<Syntax>),
    All(Vec<Syntax>),
    Not(Box<Syntax>),
    /// An operand alone.
    Alone(Operand),
    Compare(Operand, Symbol, Span, Operand),
    InList(Operand, Vec<Literal>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Matches,
    MatchesNot,
    Contains,
    /// The left text in the right one.
    In,
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    pub(super) what: What,
    pub(super) span: Span,
}

/// What an operand is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Field(FieldName),
    Literal(Literal),
    Fold(Fold, Box<Operand>),
    /// `contains(a, b)` and `matches(a, b)`.
    Test(Symbol, Box<Operand>, Box<Operand>),
}

/// A field as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldName {
    Name(String),
    Label(String),
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// In thousandths.
    Number(i128),
    /// In seconds.
    Duration(u64),
    Flag(bool),
}

/// All letters made small or capital.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Lower,
    Upper,
}

/// An expression whose types are right. Tests are numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    Any(Vec<Expr>),
    All(Vec<Expr>),
    Not(Box<Expr>),
    Test(usize),
}

/// A field, and what must hold of it.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) field: Field,
    pub(super) predicate: Predicate,
}

/// What can be asked of a goroutine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Id,
    CreatorId,
    State,
    Wait,
    Locked,
    Leaked,
    Inferred,
    Count,
    Depth,
    Trace,
    Func,
    Package,
    File,
    Line,
    Top,
    User,
    Start,
    CreatedBy,
    Label(String),
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Wait,
    Flag,
}

/// Fields by name, hyphens and underscores left out; the first name of each is the one that is told.
pub(super) const FIELDS: &[(&str, Field)] = &[
    ("id", Field::Id),
    ("goid", Field::Id),
    ("state", Field::State),
    ("wait", Field::Wait),
    ("duration", Field::Wait),
    ("count", Field::Count),
    ("dups", Field::Count),
    ("depth", Field::Depth),
    ("lines", Field::Depth),
    ("trace", Field::Trace),
    ("func", Field::Func),
    ("function", Field::Func),
    ("pkg", Field::Package),
    ("package", Field::Package),
    ("file", Field::File),
    ("line", Field::Line),
    ("top", Field::Top),
    ("user", Field::User),
    ("start", Field::Start),
    ("createdby", Field::CreatedBy),
    ("creator", Field::CreatedBy),
    ("creatorid", Field::CreatorId),
    ("locked", Field::Locked),
    ("leaked", Field::Leaked),
    ("inferred", Field::Inferred),
];

/// The names as they are told.
pub(super) const NAMES: &[&str] = &[
    "id",
    "state",
    "wait",
    "count",
    "depth",
    "trace",
    "func",
    "pkg",
    "file",
    "line",
    "top",
    "user",
    "start",
    "created-by",
    "creator-id",
    "locked",
    "leaked",
    "inferred",
    "label.KEY",
];

impl Field {
    /// Its type.
    pub(super) fn kind(&self) -> Type {
        match self {
            Self::Id | Self::CreatorId | Self::Count | Self::Depth | Self::Line => Type::Number,
            Self::Wait => Type::Wait,
            Self::Locked | Self::Leaked | Self::Inferred => Type::Flag,
            _ => Type::Text,
        }
    }

    /// The name that is told.
    pub(super) fn name(&self) -> String {
        match self {
            Self::CreatedBy => "created-by".to_owned(),
            Self::CreatorId => "creator-id".to_owned(),
            Self::Label(key) => format!("label.{key}"),
            other => FIELDS
                .iter()
                .find(|(_, field)| field == other)
                .map_or_else(String::new, |(name, _)| (*name).to_owned()),
        }
    }
}

/// What must hold of a value.
#[derive(Clone, Debug)]
pub(super) enum Predicate {
    Text(Option<Fold>, TextTest),
    /// Numbers in thousandths, waits in milliseconds.
    Number(NumberTest),
    /// It is set.
    Flag,
}

/// What must hold of a text.
#[derive(Clone, Debug)]
pub(super) enum TextTest {
    /// Sorted.
    OneOf(Vec<String>),
    Contains(String),
    /// The text is part of this one.
    Within(String),
    Matches(Regex),
}

/// What must hold of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NumberTest {
    /// Sorted.
    OneOf(Vec<i128>),
    Less(i128),
    More(i128),
}

impl Predicate {
    /// Of a text.
    pub(super) fn of_text(&self, text: &str) -> bool {
        let Self::Text(fold, test) = self else { return false };
        match fold {
            None => test.holds(text),
            Some(Fold::Lower) => test.holds(&text.to_lowercase()),
            Some(Fold::Upper) => test.holds(&text.to_uppercase()),
        }
    }

    /// Of a number, in thousandths.
    pub(super) fn of_number(&self, number: i128) -> bool {
        match self {
            Self::Number(NumberTest::OneOf(list)) => list.binary_search(&number).is_ok(),
            Self::Number(NumberTest::Less(limit)) => number < *limit,
            Self::Number(NumberTest::More(limit)) => number > *limit,
            _ => false,
        }
    }
}

impl TextTest {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::OneOf(list) => list.binary_search_by(|one| one.as_str().cmp(text)).is_ok(),
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Within(whole) => whole.contains(text),
            Self::Matches(regex) => regex.is_match(text),
        }
    }
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhereError {
    /// Whether it cannot be read at all; else its types are wrong or a name is not known.
    pub is_syntax: bool,
    /// The whole text.
    text: String,
    /// Byte offset of what is wrong, and how many bytes it is long.
    at: usize,
    length: usize,
    message: String,
}

impl WhereError {
    /// `message` about the part of `text` that `span` is.
    pub(super) fn new(text: &str, span: Span, is_syntax: bool, message: impl Into<String>) -> Self {
        let at = text.len().saturating_sub(span.from);
        let length = span.from.saturating_sub(span.to);
        Self { is_syntax, text: text.to_owned(), at, length, message: message.into() }
    }
}

/// Columns of the text that are shown before and behind what is wrong.
const AROUND: usize = 40;

impl fmt::Display for WhereError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, rest) = self.text.split_at_checked(self.at).unwrap_or((&self.text, ""));
        let bad = rest.get(..self.length).unwrap_or("");
        let one_line = |c: char| if c.is_whitespace() || c.is_control() { ' ' } else { c };
        let skipped = before.chars().count().saturating_sub(AROUND);
        let mut shown: String = before.chars().skip(skipped).map(one_line).collect();
        if skipped > 0 {
            shown.insert(0, '…');
        }
        let indent: String = shown
            .chars()
            .map(|c| " ".repeat(unicode_width::UnicodeWidthChar::width(c).unwrap_or(0)))
            .collect();
        let tail: String = rest.chars().take(AROUND).map(one_line).collect();
        let more = if rest.chars().count() > AROUND { "…" } else { "" };
        let carets = "^".repeat(bad.chars().count().clamp(1, AROUND));
        write!(f, "{}\n  {shown}{tail}{more}\n  {indent}{carets}", self.message)
    }
}

impl std::error::Error for WhereError {}
