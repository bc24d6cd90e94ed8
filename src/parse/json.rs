//! The strings of a JSON text, each with its path and its place: `serde_json` says what they are, and their
//! order says where they stand.

use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// What happens on the way through a JSON text.
pub(super) enum Event<'e> {
    /// An element of an array begins, or a value at the top; `place` is its index if the array is an
    /// element itself: `[["1764496800", "main.main()"], …]`.
    Enter { path: &'e [u8], place: Option<i64> },
    /// It ends.
    Leave,
    /// A string. The range in the text is what stands between its quotes.
    String { path: &'e [u8], range: Range<usize> },
    /// A whole number.
    Number { path: &'e [u8], value: i64 },
}

/// Gives every string of the first JSON value in `text` to `each`. The path of a value is the keys that
/// lead to it, each with `.` before it, and `[]` for an element of an array: `.hits.hits[]._source.message`.
/// Where the value ends; or, where the text is no JSON, how far it is and what is wrong there.
pub(super) fn walk(text: &[u8], each: &mut dyn FnMut(Event<'_>)) -> Result<usize, Broken> {
    let mut walker = Walker { text, at: 0, depth: 0, depth_at: 0, path: Vec::new(), each };
    let mut stream = serde_json::Deserializer::from_slice(text);
    (walker.each)(Event::Enter { path: b"", place: None });
    let done = Value(&mut walker).deserialize(&mut stream);
    (walker.each)(Event::Leave);
    let (at, depth) = (walker.at, walker.depth_at);
    match done {
        Ok(()) if at > 0 && depth == 0 => Ok(at),
        Ok(()) => Ok(end_of(text, at, depth)),
        Err(error) => Err(Broken { at, eof: error.is_eof() }),
    }
}

/// Where and why a text is no JSON.
pub(super) struct Broken {
    /// How much of it was understood.
    pub(super) at: usize,
    /// The text ends inside a value.
    pub(super) eof: bool,
}

/// Where the first value of `text` ends, of which all up to `at` was read, with `depth` brackets open there.
fn end_of(text: &[u8], at: usize, depth: usize) -> usize {
    let mut depth = depth;
    let mut started = at > 0;
    for (index, byte) in text.iter().enumerate().skip(at) {
        // Behind the last string no quote hides a bracket.
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b' ' | b'\t' | b'\r' | b'\n' if !started || depth > 0 => continue,
            b',' | b':' => {}
            _ if depth > 0 => {}
            // A number, or a word such as `null`.
            byte if started && byte.is_ascii_alphanumeric() && at == 0 => continue,
            _ if started => return index,
            _ => {}
        }
        started = true;
        if depth == 0 && matches!(byte, b']' | b'}') {
            return index + 1;
        }
    }
    text.len()
}

struct Walker<'w> {
    text: &'w [u8],
    /// What stands before was given away.
    at: usize,
    /// Brackets that are open, and that were open at the last string.
    depth: usize,
    depth_at: usize,
    path: Vec<u8>,
    each: &'w mut dyn FnMut(Event<'_>),
}

impl Walker<'_> {
    /// The next string of the text, key or value.
    fn string(&mut self) -> Range<usize> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let start = self.at + memchr::memchr(b'"', rest).map_or(rest.len(), |quote| quote + 1);
        let mut end = start;
        while let Some(rest) = self.text.get(end..) {
            match memchr::memchr2(b'\\', b'"', rest) {
                Some(stop) if rest.get(stop) == Some(&b'"') => {
                    end += stop;
                    break;
                }
                Some(stop) => end += stop + 2,
                None => end = self.text.len() + 1,
            }
        }
        let end = end.min(self.text.len());
        self.at = (end + 1).min(self.text.len());
        self.depth_at = self.depth;
        start.min(end)..end
    }
}

/// Any value, whose strings are given away.
struct Value<'a, 'w>(&'a mut Walker<'w>);

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        (self.0.each)(Event::Number { path: &self.0.path, value });
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        let value = value.cast_signed();
        (self.0.each)(Event::Number { path: &self.0.path, value });
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        let range = self.0.string();
        (self.0.each)(Event::String { path: &self.0.path, range });
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let length = self.0.path.len();
        let is_element = self.0.path.ends_with(b"[]");
        self.0.path.extend_from_slice(b"[]");
        self.0.depth += 1;
        for place in 0.. {
            let place = Some(place).filter(|_| is_element);
            (self.0.each)(Event::Enter { path: &self.0.path, place });
            let element = elements.next_element_seed(Value(self.0));
            (self.0.each)(Event::Leave);
            if element?.is_none() {
                break;
            }
        }
        self.0.depth -= 1;
        self.0.path.truncate(length);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let length = self.0.path.len();
        self.0.depth += 1;
        while fields.next_key_seed(Key(self.0))?.is_some() {
            fields.next_value_seed(Value(self.0))?;
            self.0.path.truncate(length);
        }
        self.0.depth -= 1;
        Ok(())
    }
}

/// A key, which is added to the path.
struct Key<'a, 'w>(&'a mut Walker<'w>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        let range = self.0.string();
        self.0.path.push(b'.');
        let key = self.0.text.get(range).unwrap_or_default();
        self.0.path.extend_from_slice(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strings(text: &str) -> (Vec<(String, String)>, Option<usize>) {
        let mut found = Vec::new();
        let end = walk(text.as_bytes(), &mut |event| match event {
            Event::String { path, range } => {
                found.push((
                    String::from_utf8_lossy(path).into_owned(),
                    text.get(range).unwrap().to_owned(),
                ));
            }
            Event::Number { path, value } => {
                found.push((String::from_utf8_lossy(path).into_owned(), value.to_string()));
            }
            Event::Enter { .. } | Event::Leave => {}
        });
        (found, end.ok())
    }

    #[test]
    fn strings_have_paths_and_places() {
        let pair = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let text = r#"{"a" : ["b\"c", {"d":"e"}], "n": 5, "o":{"x":"y"}, "z":true} {"next":1}"#;
        assert_eq!(
            strings(text),
            (
                vec![
                    pair(".a[]", "b\\\"c"),
                    pair(".a[].d", "e"),
                    pair(".n", "5"),
                    pair(".o.x", "y")
                ],
                text.find(" {\"next")
            )
        );
        assert_eq!(strings(r#""only""#), (vec![pair("", "only")], Some(6)));
        assert_eq!(strings(r#"["a", "b"#), (vec![pair("[]", "a")], None));
        for (text, end) in [
            ("[1]x", 3),
            (" [1, [2]] 3", 9),
            ("12 3", 2),
            ("{} {}", 2),
            ("null\n", 4),
            ("[\"a\", {}]", 9),
        ] {
            assert_eq!(strings(text).1, Some(end), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "(\\[|\\]|\\{|\\}|\"|\\\\|,|:|a|1){0,40}") {
            strings(&text);
        }
    }
}
