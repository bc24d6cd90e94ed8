//! Productions of `grammar/lexical.abnf`. Leaf parsers that touch many bytes work on slices.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use wide::bytemuck::cast;
use wide::{i16x8, u8x16, u16x8};

use super::expect::PResult;
use super::expect::fail;

/// A decimal number that fits into 64 bits.
///
/// ```abnf
/// number          = 1*DIGIT
/// ```
pub(crate) fn number(input: &[u8]) -> PResult<'_, u64> {
    if let Some((value, len)) = short_number(input) {
        return Ok((input.get(len..).unwrap_or_default(), value));
    }
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

/// A number of one to seven digits and their count, if eight bytes are there: all digits at once.
#[inline]
fn short_number(input: &[u8]) -> Option<(u64, usize)> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let digits = u64::from_le_bytes(*input.first_chunk()?) ^ 0x3030_3030_3030_3030;
    // The high bit of every byte that is above nine.
    let others = (((digits & !HIGH) + 0x7676_7676_7676_7676) | digits) & HIGH;
    let len = others.trailing_zeros() / 8;
    if len == 0 || len == 8 {
        return None;
    }
    // Zeros in front make it eight digits; then neighbours are joined: 2, 4, 8 digits.
    let digits = digits << (64 - 8 * len);
    let pairs = (digits * 10) + (digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    Some((low.wrapping_add(high) >> 32, len as usize))
}

/// A hexadecimal number that fits into 64 bits.
///
/// ```abnf
/// hex             = %s"0x" 1*HEXDIG
/// ```
#[inline]
pub(crate) fn hex(input: &[u8]) -> PResult<'_, u64> {
    let Some(digits) = input.strip_prefix(b"0x") else {
        return fail(input, "a hexadecimal number");
    };
    let (mut value, mut len) = digits.first_chunk().map_or((0, 0), lower_digits);
    // Sixteen digits fit. What is no lower-case digit, or near the end, is looked at by itself.
    for byte in digits.get(len..).unwrap_or_default() {
        let digit = HEX_DIGITS.get(usize::from(*byte)).copied().unwrap_or(NO_DIGIT);
        if digit == NO_DIGIT {
            break;
        }
        if value >> 60 != 0 {
            return fail(input, "a hexadecimal number of at most 64 bits");
        }
        value = value << 4 | u64::from(digit);
        len += 1;
    }
    if len == 0 {
        return fail(input, "a hexadecimal number");
    }
    Ok((digits.get(len..).unwrap_or_default(), value))
}

const LANES: usize = 16;

/// The value of the lower-case hexadecimal digits at the start of sixteen bytes, and their count: all
/// at once.
#[inline]
fn lower_digits(text: &[u8; LANES]) -> (u64, usize) {
    let text = u8x16::new(*text);
    let at_most =
        |bytes: u8x16, most: u8| bytes.max(u8x16::splat(most)).simd_eq(u8x16::splat(most));
    let digits = at_most(text - u8x16::splat(b'0'), 9);
    let letters = at_most(text - u8x16::splat(b'a'), 5);
    let count = (digits | letters).to_bitmask().trailing_ones();
    // Letters are one to six in their lower half.
    let values = (text & u8x16::splat(0x0f)) + (letters & u8x16::splat(9));
    // Neighbours are joined: the first of them is the upper half of a byte.
    let pairs: u16x8 = cast(values);
    let joined = if cfg!(target_endian = "little") {
        (pairs << 4_u32) | (pairs >> 8_u32)
    } else {
        (pairs >> 4_u32) | pairs
    };
    let joined: i16x8 = cast(joined & u16x8::splat(0xff));
    let [all, _]: [[u8; 8]; 2] = cast(u8x16::narrow_i16x8(joined, joined));
    // What is no digit, at the end, goes.
    let value = u64::from_be_bytes(all).checked_shr(64 - 4 * count);
    (value.unwrap_or(0), count as usize)
}

const NO_DIGIT: u8 = 0xff;

/// The value of each byte as a hexadecimal digit.
const HEX_DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut byte = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
    while byte < 255u8 {
        digits[byte as usize] = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => NO_DIGIT,
        };
        byte += 1;
    }
    digits
};

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
    fn digits_are_read_at_once_as_one_by_one() {
        for byte in 0..=255u8 {
            for at in 0..LANES {
                let mut text = *b"09afc3e1b2d45678";
                text[at] = byte;
                let is_digit = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let count = text.iter().take_while(is_digit).count();
                let digits = std::str::from_utf8(&text[..count]).unwrap();
                let value = u64::from_str_radix(digits, 16).unwrap_or(0);
                assert_eq!(lower_digits(&text), (value, count), "{text:?}");
            }
        }
    }

    #[test]
    fn hexadecimal_numbers_of_any_length() {
        for len in 1..=16 {
            let digits = "f0123456789abcdE".split_at(len).0;
            let value = u64::from_str_radix(digits, 16).unwrap();
            for tail in ["", ")", "?, 0x1", "\n\t/x.go:1 +0x1f and more"] {
                let text = format!("0x{digits}{tail}");
                assert_eq!(hex(text.as_bytes()).unwrap(), (tail.as_bytes(), value), "{text}");
            }
        }
    }

    #[test]
    fn numbers_keep_to_64_bits() {
        assert_eq!(number(b"18446744073709551615 x"), Ok((&b" x"[..], u64::MAX)));
        assert!(number(b"18446744073709551616").is_err());
        assert!(number(b"x").is_err());
        let mut value: u64 = 9;
        for digit in 0..12 {
            value = value * 10 + digit % 10;
            let text = value.to_string();
            for tail in ["", " [select]", "\n\t/x.go", ":;\u{ff}/0000000"] {
                let all = format!("{text}{tail}");
                assert_eq!(number(all.as_bytes()).unwrap(), (tail.as_bytes(), value), "{all}");
            }
        }
        assert_eq!(hex(b"0xffffffffffffffff)"), Ok((&b")"[..], u64::MAX)));
        assert!(hex(b"0x1ffffffffffffffff").is_err());
        assert!(hex(b"0x1ffffffffffffffff, 0x1, 0x2)").is_err());
        assert_eq!(hex(b"0x0000000000000000001f)"), Ok((&b")"[..], 0x1f)));
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
