//! The simple filters: state, wait, creator, labels. All must hold.

use regex::Regex;

use super::duration::parse_seconds;
use crate::model::{CreatorId, Dump, Head, HeadId, LabelsId, Row};

/// Which goroutines are looked at. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// States of which one must fit.
    pub states: Vec<StateTest>,
    /// Shortest wait.
    pub min_wait: Option<WaitLimit>,
    /// Longest wait.
    pub max_wait: Option<WaitLimit>,
    /// What the creator's function must fit.
    pub created_by: Option<CreatorTest>,
    /// Labels that must all be there.
    pub labels: Vec<LabelTest>,
}

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
    text: String,
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

    fn matches<'a>(&self, mut labels: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
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

/// A filter applied to one dump: every head, creator and label set was judged once.
pub struct Matcher {
    heads: Vec<bool>,
    creators: Vec<bool>,
    labels: Vec<bool>,
}

impl Matcher {
    /// Whether the goroutine in `row` is to be looked at.
    pub fn matches(&self, row: &Row) -> bool {
        let holds = |list: &[bool], index: usize| {
            list.is_empty() || list.get(index).copied().unwrap_or(false)
        };
        holds(&self.heads, row.head.index())
            && holds(&self.creators, row.creator.index())
            && holds(&self.labels, row.labels.index())
    }
}

impl Filter {
    /// Whether every goroutine passes.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
            && self.min_wait.is_none()
            && self.max_wait.is_none()
            && self.created_by.is_none()
            && self.labels.is_empty()
    }

    /// The filter for `dump`. Tests that its format cannot answer are left out; [`Filter::notes`]
    /// says which.
    pub fn for_dump(&self, dump: &Dump) -> Matcher {
        let head = |id| self.head_passes(dump, dump.head(HeadId::from(id)));
        let heads = self.states.is_empty() && self.min_wait.is_none() && self.max_wait.is_none();
        let count = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
        let heads = if heads { Vec::new() } else { (0..count).map(head).collect() };
        let creators = match &self.created_by {
            Some(test) if dump.has_creators() => std::iter::once(false)
                .chain(
                    (1..)
                        .map_while(|id| dump.creator(CreatorId::from(id)))
                        .map(|creator| test.matches(dump.str(creator.function))),
                )
                .collect(),
            _ => Vec::new(),
        };
        let passes =
            |id: u32| self.labels.iter().all(|test| test.matches(dump.labels(LabelsId::from(id))));
        let labels = if self.labels.is_empty() {
            Vec::new()
        } else {
            std::iter::once(false).chain((1..label_set_count(dump)).map(passes)).collect()
        };
        Matcher { heads, creators, labels }
    }

    fn head_passes(&self, dump: &Dump, head: Head) -> bool {
        let state = dump.str(head.state);
        let seconds = head.minutes.map_or(0, |minutes| u64::from(minutes) * 60);
        let ages = dump.has_ages();
        (self.states.is_empty() || self.states.iter().any(|test| test.matches(state)))
            && (!ages || self.min_wait.as_ref().is_none_or(|min| min.seconds <= seconds))
            && (!ages || self.max_wait.as_ref().is_none_or(|max| seconds <= max.seconds))
    }

    /// What the filter cannot do with `dump`, and what would help.
    pub fn notes(&self, dump: &Dump) -> Vec<String> {
        let mut notes = Vec::new();
        if !dump.has_ages() {
            let format = super::version::format_words(dump.format);
            for (flag, limit) in [("--min-wait", &self.min_wait), ("--max-wait", &self.max_wait)] {
                if let Some(limit) = limit {
                    notes.push(format!(
                        "no goroutine of this dump has an age ({format} carries none), so {flag} {} \
                         was not applied; take /debug/pprof/goroutine?debug=2 for ages",
                        limit.text
                    ));
                }
            }
            if let Some(test) = self.created_by.as_ref().filter(|_| !dump.has_creators()) {
                notes.push(format!(
                    "this dump does not say who created a goroutine ({format} carries no creators), so \
                     --created-by {} was not applied; take /debug/pprof/goroutine?debug=2 for creators",
                    test.text
                ));
            }
        } else if let Some(limit) = self.min_wait.as_ref().filter(|_| !has_ages(dump)) {
            notes.push(format!(
                "no goroutine of this dump shows minutes (all wait under one, or there was no garbage \
                 collection yet), so none passes --min-wait {}",
                limit.text
            ));
        }
        if !self.labels.is_empty() && label_set_count(dump) == 1 {
            notes.push(
                "no goroutine of this dump has labels, so none passes --label; debug=1 and debug=0 \
                 carry them since Go 1.15, debug=2 since Go 1.26 (1.27: if go.mod says go 1.27, or with \
                 GODEBUG=tracebacklabels=1)"
                    .to_owned(),
            );
        }
        if !self.states.is_empty() {
            notes.extend(self.unknown_state(dump));
        }
        notes
    }

    fn unknown_state(&self, dump: &Dump) -> Option<String> {
        let count = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
        let heads = (0..count).map(|id| dump.str(dump.head(HeadId::from(id)).state));
        let mut states: Vec<&str> = heads.filter(|state| !state.is_empty()).collect();
        states.sort_unstable();
        states.dedup();
        let found = states.iter().any(|state| self.states.iter().any(|test| test.matches(state)));
        (!found).then(|| {
            states.truncate(20);
            format!("no goroutine has the state asked for; there are: {}", states.join(", "))
        })
    }
}

fn has_ages(dump: &Dump) -> bool {
    let count = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
    (0..count).any(|id| dump.head(HeadId::from(id)).minutes.is_some())
}

/// Number of distinct label sets of `dump`, the empty one included.
pub(super) fn label_set_count(dump: &Dump) -> u32 {
    // Only id 0 is empty, and ids are dense.
    (1..u32::MAX).find(|id| dump.labels(LabelsId::from(*id)).len() == 0).unwrap_or(u32::MAX)
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
