//! The tests of single options: a state, a wait, a creator, a label.

use regex::Regex;

use crate::view::duration::parse_seconds;

/// A state, compared without regard to case; `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateTest {
    lower: String,
}

impl StateTest {
    /// A test from what the user typed.
    pub fn new(text: &str) -> Self {
        Self { lower: text.to_lowercase() }
    }

    /// Whether `state` fits.
    pub fn matches(&self, state: &str) -> bool {
        let state = state.to_lowercase();
        let mut parts = self.lower.split('*');
        let Some(mut rest) = parts.next().and_then(|first| state.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// A wait to compare with, and how the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitLimit {
    /// As typed.
    pub text: String,
    /// In seconds.
    pub seconds: u64,
}

impl WaitLimit {
    /// A limit from what the user typed; `None` if it is no duration.
    pub fn new(text: &str) -> Option<Self> {
        Some(Self { text: text.to_owned(), seconds: parse_seconds(text)? })
    }
}

/// Part of a function's name, or an unanchored regular expression.
#[derive(Clone, Debug)]
pub struct CreatorTest {
    pub(super) text: String,
    regex: Option<Regex>,
}

impl CreatorTest {
    /// A test from what the user typed. `main.(*pool).run` is no regular expression that anyone
    /// means, so the text is looked for as it stands, too.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), regex: Regex::new(text).ok() }
    }

    /// Whether the creator `function` fits.
    pub fn matches(&self, function: &str) -> bool {
        function.contains(&self.text)
            || self.regex.as_ref().is_some_and(|regex| regex.is_match(function))
    }
}

/// A label: `key` (has it), `key=value` (exactly), `key=~regex` (unanchored).
#[derive(Clone, Debug)]
pub struct LabelTest {
    key: String,
    value: LabelValue,
}

#[derive(Clone, Debug)]
enum LabelValue {
    Any,
    Exactly(String),
    Matches(Regex),
}

impl LabelTest {
    /// A test from what the user typed; the error says what is wrong with a regular expression.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let (key, value) = match text.split_once('=') {
            None => (text, LabelValue::Any),
            Some((key, value)) => match value.strip_prefix('~') {
                Some(regex) => (key, LabelValue::Matches(Regex::new(regex)?)),
                None => (key, LabelValue::Exactly(value.to_owned())),
            },
        };
        Ok(Self { key: key.to_owned(), value })
    }

    /// Whether one of `labels` fits.
    pub(super) fn matches<'a>(&self, mut labels: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        labels.any(|(key, value)| {
            key == self.key
                && match &self.value {
                    LabelValue::Any => true,
                    LabelValue::Exactly(wanted) => value == wanted,
                    LabelValue::Matches(regex) => regex.is_match(value),
                }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_compared_without_case_and_with_stars() {
        for (test, state, fits) in [
            ("chan send", "chan send", true),
            ("CHAN send", "chan send", true),
            ("chan", "chan send", false),
            ("chan*", "chan send (nil chan)", true),
            ("*mutex*", "sync.Mutex.Lock", true),
            ("s*t", "select", true),
            ("s*x*t", "select", false),
            ("select*t", "select", false),
            ("*", "", true),
        ] {
            assert_eq!(StateTest::new(test).matches(state), fits, "{test} {state}");
        }
    }

    #[test]
    fn creators_match_as_text_or_regex() {
        assert!(CreatorTest::new("main.(*pool).run").matches("main.(*pool).run"));
        assert!(CreatorTest::new("main.*run$").matches("main.(*pool).run"));
        assert!(!CreatorTest::new("^pool").matches("main.(*pool).run"));
    }

    #[test]
    fn labels_by_key_value_or_regex() {
        let labels = [("tenant", "acme"), ("empty", "")];
        for (test, fits) in [
            ("tenant", true),
            ("tenant=acme", true),
            ("tenant=ac", false),
            ("tenant=~^ac", true),
            ("empty=", true),
            ("other", false),
        ] {
            let test_value = LabelTest::new(test).unwrap();
            assert_eq!(test_value.matches(labels.into_iter()), fits, "{test}");
        }
        assert!(LabelTest::new("a=~(").is_err());
    }
}
