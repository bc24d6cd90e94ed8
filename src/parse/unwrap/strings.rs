//! The strings in a line, which may be JSON: a scan that never fails and takes one pass.

use std::ops::Range;

/// The string values in a line in order, each with its key; those in nested objects too.
///
/// It knows nothing of JSON but that a string before a colon is a key. So it also reads a line of
/// pretty-printed JSON, JSON behind a prefix, and the quoted values in a logfmt line (which have no
/// such key).
#[derive(Clone, Debug)]
pub(super) struct Strings<'a> {
    line: &'a [u8],
    at: usize,
    key: &'a [u8],
}

/// A string value in a line.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    /// The key as it is written; empty if there is none.
    pub(super) key: &'a [u8],
    /// What is between the quotes, up to the end of the line if there is no closing quote.
    pub(super) range: Range<usize>,
    /// There is a closing quote.
    pub(super) closed: bool,
}

impl<'a> Strings<'a> {
    /// The strings in `line`.
    pub(super) fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0, key: b"" }
    }

    /// The string in `line` that the byte at `at` is in.
    pub(super) fn around(line: &'a [u8], at: usize) -> Option<Value<'a>> {
        Self::new(line)
            .take_while(|value| value.range.start <= at)
            .find(|value| value.range.contains(&at))
    }

    /// The first string in `line` that `key` has.
    pub(super) fn of(line: &'a [u8], key: &[u8]) -> Option<Value<'a>> {
        Self::new(line).find(|value| value.key == key)
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        loop {
            let start = self.at + memchr::memchr(b'"', self.line.get(self.at..)?)? + 1;
            let end = end_of_string(self.line, start);
            let rest = self.line.get(end + 1..).unwrap_or_default().trim_ascii_start();
            self.at = end + 1;
            if rest.first() == Some(&b':') {
                self.key = self.line.get(start..end)?;
                continue;
            }
            return Some(Value { key: self.key, range: start..end, closed: end < self.line.len() });
        }
    }
}

/// Where the string that starts at `start` has its closing quote, or the end of `line`.
fn end_of_string(line: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(rest) = line.get(at..) {
        match memchr::memchr2(b'\\', b'"', rest) {
            Some(stop) if rest.get(stop) == Some(&b'"') => return at + stop,
            Some(stop) => at += stop + 2,
            None => break,
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::Strings;

    fn all(line: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Strings::new(line.as_bytes())
            .map(|value| (text(value.key), text(&line.as_bytes()[value.range])))
            .collect()
    }

    #[test]
    fn keys_and_values() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            all(r#"{"a" : "b\"c", "n": 5, "o":{"x":"y"}}"#),
            [pair("a", "b\\\"c"), pair("x", "y")]
        );
        assert_eq!(all(r#"time="t" msg="m""#), [pair("", "t"), pair("", "m")]);
        assert_eq!(all(r#"{"a":"cut\"#), [pair("a", "cut\\")]);
        assert_eq!(all(r#"{"a""#), [pair("", "a")]);
        assert!(all("no string").is_empty());
    }
}
