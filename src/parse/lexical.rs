//! Productions of `grammar/lexical.abnf`. Leaf parsers that touch many bytes work on slices.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::expect::PResult;
use super::expect::fail;

/// A decimal number that fits into 64 bits.
///
/// ```abnf
/// number          = 1*DIGIT
/// ```
pub(crate) fn number(input: &[u8]) -> PResult<'_, u64> {
    let mut value: u64 = 0;
    let mut read = 0;
    for byte in input {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        match value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit))) {
            Some(next) => value = next,
            None => return fail(input, "a number below 2^64"),
        }
        read += 1;
    }
    if read == 0 {
        return fail(input, "a number");
    }
    Ok((input.get(read..).unwrap_or_default(), value))
}

/// A hexadecimal number that fits into 64 bits.
///
/// ```abnf
/// hex             = %s"0x" 1*HEXDIG
/// ```
pub(crate) fn hex(input: &[u8]) -> PResult<'_, u64> {
    let Some(digits) = input.strip_prefix(b"0x") else {
        return fail(input, "a hexadecimal number");
    };
    let len = digits.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(digits.len());
    let (text, rest) = digits.split_at(len);
    let value = std::str::from_utf8(text).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
    match value {
        Some(value) => Ok((rest, value)),
        None => fail(input, "a hexadecimal number of at most 64 bits"),
    }
}

/// A quoted string, unescaped. Bytes that Go would have escaped are taken as they stand.
///
/// ```abnf
/// quoted          = DQUOTE *( plain / escape ) DQUOTE
/// ```
pub(crate) fn quoted(input: &[u8]) -> PResult<'_, Cow<'_, [u8]>> {
    let Some(mut rest) = input.strip_prefix(b"\"") else {
        return fail(input, "a quoted string");
    };
    let mut text = Cow::Borrowed(&b""[..]);
    loop {
        let (after, run) = plain(rest)?;
        if text.is_empty() {
            text = Cow::Borrowed(run);
        } else {
            text.to_mut().extend_from_slice(run);
        }
        match after.first() {
            Some(b'"') => return Ok((after.get(1..).unwrap_or_default(), text)),
            Some(_) => {
                let (after, bytes) = escape(after)?;
                text.to_mut().extend_from_slice(bytes.as_slice());
                rest = after;
            }
            None => return fail(after, "the closing quote of a string"),
        }
    }
}

/// A run of characters of a quoted string that are no escapes; any byte but `"`, `\` and newline.
///
/// ```abnf
/// plain           = %x20-21 / %x23-5B / %x5D-7E
/// ```
pub(crate) fn plain(input: &[u8]) -> PResult<'_, &[u8]> {
    let end = memchr2(b'"', b'\\', input).unwrap_or(input.len());
    let run = input.get(..end).unwrap_or(input);
    if let Some(newline) = memchr(b'\n', run) {
        return fail(input.get(newline..).unwrap_or_default(), "the closing quote of a string");
    }
    Ok((input.get(end..).unwrap_or_default(), run))
}

/// An escaped character, as the bytes it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escaped {
    bytes: [u8; 4],
    len: usize,
}

impl Escaped {
    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], len: 1 }
    }

    fn character(value: u32) -> Self {
        let mut bytes = [0; 4];
        let len = char::from_u32(value)
            .unwrap_or(char::REPLACEMENT_CHARACTER)
            .encode_utf8(&mut bytes)
            .len();
        Self { bytes, len }
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// An escape of a quoted string. `\x` is a byte, `\u` and `\U` are characters.
///
/// ```abnf
/// escape          = "\" ( %s"n" / %s"r" / %s"t" / "\" / DQUOTE / %s"x" 2HEXDIG / %s"u" 4HEXDIG / %s"U" 8HEXDIG )
/// ```
pub(crate) fn escape(input: &[u8]) -> PResult<'_, Escaped> {
    let Some(([b'\\', kind], rest)) = input
        .split_at_checked(2)
        .and_then(|(head, rest)| <&[u8; 2]>::try_from(head).ok().map(|head| (head, rest)))
    else {
        return fail(input, "an escape");
    };
    let digits = match kind {
        b'n' => return Ok((rest, Escaped::byte(b'\n'))),
        b'r' => return Ok((rest, Escaped::byte(b'\r'))),
        b't' => return Ok((rest, Escaped::byte(b'\t'))),
        b'\\' | b'"' => return Ok((rest, Escaped::byte(*kind))),
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return fail(input, "an escape that Go prints"),
    };
    let value = rest
        .get(..digits)
        .filter(|text| text.iter().all(u8::is_ascii_hexdigit))
        .and_then(|text| std::str::from_utf8(text).ok())
        .and_then(|text| u32::from_str_radix(text, 16).ok());
    let Some(value) = value else { return fail(rest, "the digits of an escape") };
    let escaped = match u8::try_from(value) {
        Ok(byte) if digits == 2 => Escaped::byte(byte),
        _ => Escaped::character(value),
    };
    Ok((rest.get(digits..).unwrap_or_default(), escaped))
}

/// A function's symbol: everything up to a blank, to the parenthesis before the arguments, or to the
/// end. Wider than the rule, since symbols of other languages come in through cgo and linkname.
///
/// ```abnf
/// function        = 1*( symbol-char / receiver / %s"[...]" )
/// ```
pub(crate) fn function(input: &[u8]) -> PResult<'_, &[u8]> {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        match byte {
            b'(' => match receiver(input.get(at..).unwrap_or_default()) {
                // `main.(*T).M(`: a parenthesis that a dot follows belongs to the name.
                Ok((rest, ())) => at = input.len() - rest.len(),
                Err(_) => break,
            },
            _ if symbol_char(*byte) => at += 1,
            _ => break,
        }
    }
    if at == 0 {
        fail(input, "a function name")
    } else {
        Ok((input.get(at..).unwrap_or_default(), input.get(..at).unwrap_or_default()))
    }
}

/// Whether `byte` can be part of a symbol: anything but blanks, controls and parentheses.
///
/// ```abnf
/// symbol-char     = ALPHA / DIGIT / "." / "/" / "_" / "-" / "%" / "~" / "$" / "@" / %x80-D7FF / %xE000-10FFFF
/// ```
pub(crate) fn symbol_char(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && byte != b'(' && byte != b')'
}

/// The receiver's type in a method's symbol.
///
/// ```abnf
/// receiver        = "(" [ "*" ] 1*( symbol-char / %s"[...]" ) ")."
/// ```
pub(crate) fn receiver(input: &[u8]) -> PResult<'_, ()> {
    let Some(inside) = input.strip_prefix(b"(") else { return fail(input, "a receiver") };
    let end = memchr(b')', inside)
        .filter(|end| *end > 0 && inside.iter().take(*end).all(|byte| symbol_char(*byte)));
    match end.and_then(|end| inside.get(end..)?.strip_prefix(b").")) {
        Some(rest) => Ok((rest, ())),
        None => fail(inside, "`).` at the end of a receiver"),
    }
}

/// A path, given all of it; the caller finds its end from the right.
///
/// ```abnf
/// path            = 1*( %x20-7E / %x80-D7FF / %xE000-10FFFF )
/// ```
pub(crate) fn path(input: &[u8]) -> PResult<'_, &[u8]> {
    if input.is_empty() { fail(input, "a path") } else { Ok((b"", input)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_64_bits() {
        assert_eq!(number(b"18446744073709551615 x"), Ok((&b" x"[..], u64::MAX)));
        assert!(number(b"18446744073709551616").is_err());
        assert!(number(b"x").is_err());
        assert_eq!(hex(b"0xffffffffffffffff)"), Ok((&b")"[..], u64::MAX)));
        assert!(hex(b"0x1ffffffffffffffff").is_err());
        assert!(hex(b"0x").is_err());
    }

    #[test]
    fn quoted_strings_are_unescaped() {
        let text = br#""a]\n}: \"q\" \xff \u00e9 \U0001f600" rest"#;
        let (rest, value) = quoted(text).unwrap();
        assert_eq!(rest, b" rest");
        let mut want = b"a]\n}: \"q\" ".to_vec();
        want.push(0xff);
        want.extend_from_slice(" é 😀".as_bytes());
        assert_eq!(value.as_ref(), want);
        assert!(quoted(b"\"abc").is_err());
        assert!(quoted(b"\"ab\\q\"").is_err());
    }

    #[test]
    fn a_function_ends_before_its_arguments() {
        for (text, name) in [
            ("main.main()", "main.main"),
            ("net/http.(*conn).serve(0x1, {0x2, 0x3})", "net/http.(*conn).serve"),
            ("main.(*T[...]).M.func1(...)", "main.(*T[...]).M.func1"),
            ("panic({0x1?, 0x2?})", "panic"),
            ("main.start in goroutine 1", "main.start"),
        ] {
            assert_eq!(function(text.as_bytes()).unwrap().1, name.as_bytes());
        }
    }
}
