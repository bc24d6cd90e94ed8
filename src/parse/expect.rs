//! The error of the nom parsers: what was expected, and where.

use nom::error::{ErrorKind, FromExternalError, ParseError};

/// What was expected at `rest`, the input that was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected<'i> {
    pub(crate) what: &'static str,
    pub(crate) rest: &'i [u8],
}

/// Result of a production: the input that is left, and what was read.
pub(crate) type PResult<'i, T> = nom::IResult<&'i [u8], T, Expected<'i>>;

impl<'i> ParseError<&'i [u8]> for Expected<'i> {
    fn from_error_kind(rest: &'i [u8], _: ErrorKind) -> Self {
        Self { what: "other text", rest }
    }

    fn append(_: &'i [u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two branches that failed, the one that came further says what was expected.
    fn or(self, other: Self) -> Self {
        if other.rest.len() < self.rest.len() { other } else { self }
    }
}

impl<'i, E> FromExternalError<&'i [u8], E> for Expected<'i> {
    fn from_external_error(rest: &'i [u8], _: ErrorKind, _: E) -> Self {
        Self { what: "other text", rest }
    }
}

/// The recoverable error "expected `what`" at `rest`.
pub(crate) fn fail<'i, T>(rest: &'i [u8], what: &'static str) -> PResult<'i, T> {
    Err(nom::Err::Error(Expected { what, rest }))
}

/// Recognises `literal`. Differs from nom's `tag` in that it compares slices (nom 8 goes byte by
/// byte) and that its error says what was expected.
pub(crate) fn literal<'i>(
    literal: &'static [u8],
    what: &'static str,
) -> impl Fn(&'i [u8]) -> PResult<'i, ()> {
    move |input| match input.strip_prefix(literal) {
        Some(rest) => Ok((rest, ())),
        None => fail(input, what),
    }
}

/// Runs `parser` on all of `input`; the error of a parser that fails or leaves something.
pub(crate) fn whole<'i, T>(
    input: &'i [u8],
    parser: impl Fn(&'i [u8]) -> PResult<'i, T>,
) -> Result<T, Expected<'i>> {
    match parser(input) {
        Ok((b"", value)) => Ok(value),
        Ok((rest, _)) => Err(Expected { what: "the end of the line", rest }),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(error),
        Err(nom::Err::Incomplete(_)) => Err(Expected { what: "more text", rest: input }),
    }
}
