//! What a word means: a wait reason, a status, a known goroutine, the kind of a finding.
#![doc = include_str!("ANALYSES.md")]

use super::wording::{kind_text, kind_texts};
use crate::diagnose::find::{also, analysis_of};
use crate::diagnose::known::{Class, Entry, Known};
use crate::model::wait::{self, Leak, STATUSES, WAIT_REASONS};

/// What a word means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The word as Go or gdump writes it; another one than was asked for if that was a typo.
    pub word: String,
    /// What kind of word it is.
    pub kind: WordKind,
    /// What it means.
    pub meaning: String,
    /// What else there is to say, each part with its title: whether such goroutines can be a leak and
    /// what to look at next; of a finding why it matters, what cannot be known and what it needs.
    pub parts: Vec<(&'static str, String)>,
    /// Other words that are meant perhaps.
    pub similar: Vec<String>,
}

/// What kind of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// Why a goroutine waits, as Go prints it.
    WaitReason,
    /// What a goroutine does, as Go prints it where there is no wait reason.
    Status,
    /// A goroutine of a library.
    Known,
    /// What gdump's analyses find.
    Finding,
}

impl WordKind {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::WaitReason => "wait reason",
            Self::Status => "status",
            Self::Known => "known goroutine",
            Self::Finding => "finding",
        }
    }
}

/// What `word` means; `None` if nothing like it is known. Flags and waits as in a header,
/// `[chan receive, 5 minutes]`, may be left on it, and one or two letters may be wrong.
pub fn explain(word: &str) -> Option<Explanation> {
    explain_with(word, &Known::built_in())
}

/// The same with the known goroutines of the user.
pub fn explain_with(word: &str, known: &Known) -> Option<Explanation> {
    let word = clean(word);
    if word.is_empty() {
        return None;
    }
    if let Some(found) = exactly(word, known) {
        return Some(found);
    }
    let (best, similar) = nearest(word, known)?;
    exactly(&best, known).map(|found| Explanation { similar, ..found })
}

/// The kinds of findings with what each finds, in the order in which they are looked for.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    kind_texts().iter().map(|text| (text.kind, text.finds))
}

/// The wait reasons that Go prints.
pub fn wait_reasons() -> &'static [&'static str] {
    &WAIT_REASONS
}

/// The statuses that Go prints.
pub fn statuses() -> &'static [&'static str] {
    &STATUSES
}

/// All words that can be explained, known goroutines left out.
fn words() -> impl Iterator<Item = &'static str> {
    let found = kinds().flat_map(|(kind, _)| std::iter::once(kind).chain(also(kind)));
    WAIT_REASONS.iter().chain(STATUSES.iter()).copied().chain(found)
}

/// Without brackets, flags and waits.
fn clean(word: &str) -> &str {
    let word = word.trim().trim_start_matches('[').trim_end_matches(':').trim_end_matches(']');
    let word = word.split(", ").next().unwrap_or(word).trim();
    let flag =
        |word| [" (leaked)", " (scan)"].iter().find_map(|flag| str::strip_suffix(word, flag));
    flag(word).unwrap_or(word)
}

fn exactly(word: &str, known: &Known) -> Option<Explanation> {
    let same = |other: &&&str| other.eq_ignore_ascii_case(word);
    if let Some(word) = WAIT_REASONS.iter().find(same) {
        return of_state(word, WordKind::WaitReason);
    }
    if let Some(word) = STATUSES.iter().find(same) {
        return of_state(word, WordKind::Status);
    }
    if let Some((kind, analysis)) = analysis_of(word) {
        let text = kind_text(analysis.kind)?;
        return Some(Explanation {
            word: kind.to_owned(),
            kind: WordKind::Finding,
            meaning: sentence(text.finds),
            parts: vec![
                ("Why it matters", sentence(text.matters)),
                ("What it cannot know", sentence(text.cannot)),
                ("Evidence it needs", sentence(text.needs)),
            ],
            similar: also(analysis.kind)
                .chain([analysis.kind])
                .filter(|other| *other != kind)
                .map(ToOwned::to_owned)
                .collect(),
        });
    }
    of_known(word, known)
}

/// Titles of the parts that are told of states and known goroutines.
const LEAK: &str = "Leak?";
const NEXT: &str = "Next";

/// `text` with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

fn of_state(word: &str, kind: WordKind) -> Option<Explanation> {
    let state = wait::state(word)?;
    Some(Explanation {
        word: word.to_owned(),
        kind,
        meaning: state.meaning.to_owned(),
        parts: vec![(LEAK, leak(state.leak).to_owned()), (NEXT, state.next.to_owned())],
        similar: Vec::new(),
    })
}

/// Whether goroutines in a state can be a leak, in a sentence.
fn leak(leak: Leak) -> &'static str {
    match leak {
        Leak::Never => "No leak.",
        Leak::Seldom => "Seldom a leak: only if a deadline is missing, or by their number.",
        Leak::Maybe => "May be a leak: it depends on who would wake them.",
        Leak::Likely => "Often a leak, if many or old ones stay in one function.",
        Leak::Forever => {
            "They never go on, so each is a leak (but for a main goroutine that is meant to stay)."
        }
    }
}

/// A known goroutine, by its function, by a part of it, or by its library.
fn of_known(word: &str, known: &Known) -> Option<Explanation> {
    let entries = || known.entries().iter();
    let whole = entries().filter(|e| e.pattern.as_str() == word || e.pattern.matches(word));
    let part = entries().filter(|e| word.len() >= 4 && e.pattern.as_str().contains(word));
    let library = entries().filter(|e| e.library.eq_ignore_ascii_case(word));
    let mut found: Vec<&Entry> = whole.collect();
    if found.is_empty() {
        found = part.chain(library).collect();
    }
    let (first, rest) = found.split_first()?;
    let mut similar: Vec<String> =
        rest.iter().map(|entry| entry.pattern.as_str().to_owned()).take(SIMILAR).collect();
    similar.retain(|other| other != first.pattern.as_str());
    similar.dedup();
    let next = if first.note.is_empty() {
        "Nothing, as long as their number stays.".to_owned()
    } else {
        format!("Suspicious if: {}", first.note)
    };
    Some(Explanation {
        word: first.pattern.as_str().to_owned(),
        kind: WordKind::Known,
        meaning: format!("{}: {}", first.library, first.meaning),
        parts: vec![(LEAK, verdict(first.class)), (NEXT, next)],
        similar,
    })
}

fn verdict(class: Class) -> String {
    match class {
        Class::Benign { max: None } => {
            "No leak, however many there are, unless they grow without end.".to_owned()
        }
        Class::Benign { max: Some(max) } => {
            format!("No leak up to {max} of them; more are suspicious.")
        }
        Class::Depends => "It may be fine or not: see its number, age and growth.".to_owned(),
        Class::Suspect => "Something is wrong where these are found.".to_owned(),
    }
}

/// Other words that are offered at most.
const SIMILAR: usize = 5;

/// The word that differs least from `word`, and others that are near.
fn nearest(word: &str, known: &Known) -> Option<(String, Vec<String>)> {
    let lower = word.to_lowercase();
    // A third of the letters may be wrong, and at least one: fewer words would match by chance.
    let limit = (lower.chars().count() / 3).max(1);
    let mut all: Vec<&str> = known.entries().iter().map(|entry| entry.pattern.as_str()).collect();
    for other in words() {
        all.push(other);
    }
    let mut near: Vec<(usize, &str)> = all
        .into_iter()
        .filter_map(|other| {
            let candidate = other.to_lowercase();
            let part = lower.len() >= 3 && candidate.contains(&lower);
            let distance = if part { 1 } else { distance(&lower, &candidate, limit)? };
            Some((distance, other))
        })
        .collect();
    near.sort_by_key(|(distance, other)| (*distance, other.len(), *other));
    near.dedup();
    let (first, rest) = near.split_first()?;
    let similar = rest.iter().take(SIMILAR).map(|(_, other)| (*other).to_owned()).collect();
    Some((first.1.to_owned(), similar))
}

/// Letters to insert, delete or replace to make `b` of `a`; `None` if over `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    // So many at least: a long word is not compared letter by letter.
    if a.chars().count().abs_diff(b.chars().count()) > limit {
        return None;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, up) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(x != *y);
            left = replaced.min(up + 1).min(left + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part<'e>(found: &'e Explanation, title: &str) -> &'e str {
        found.parts.iter().find(|(other, _)| *other == title).map_or("", |(_, text)| text)
    }

    #[test]
    fn every_wait_reason_and_status_is_explained() {
        for word in WAIT_REASONS.iter().chain(STATUSES.iter()) {
            let found = explain(word).unwrap();
            assert_eq!(&found.word, word);
            assert!(!found.meaning.is_empty() && !part(&found, NEXT).is_empty(), "{word}");
        }
    }

    #[test]
    fn findings_and_known_goroutines_are_explained() {
        let also = ["dead-consumer", "blocked-consumer", "all-asleep", "test-timeout"];
        for kind in kinds().map(|(kind, _)| kind).chain(also) {
            let found = explain(kind).unwrap();
            assert_eq!(found.word, kind);
            assert_eq!(found.kind, WordKind::Finding);
            for text in found.parts.iter().map(|(_, text)| text).chain([&found.meaning]) {
                assert!(text.len() > 10 && text.ends_with(['.', '?']), "{}: {text}", found.word);
            }
        }
        for entry in Known::built_in().entries() {
            assert_eq!(explain(entry.pattern.as_str()).unwrap().kind, WordKind::Known);
        }
        let found = explain("connectionOpener").unwrap();
        assert_eq!(found.word, "database/sql.(*DB).connectionOpener");
        assert_eq!(part(&found, LEAK), "No leak up to 5 of them; more are suspicious.");
    }

    /// To compare a million letters with each word would take minutes.
    #[test]
    fn a_long_word_is_no_typo() {
        assert_eq!(explain(&"chan receive".repeat(100_000)), None);
    }

    #[test]
    fn headers_and_typos_are_understood() {
        for (asked, word) in [
            ("[chan receive, 5 minutes]:", "chan receive"),
            ("sync.Mutex.Lock (leaked)", "sync.Mutex.Lock"),
            ("io wait", "IO wait"),
            ("chan recieve", "chan receive"),
            ("runable", "runnable"),
            ("semaquire", "semacquire"),
            ("WaitGroup", "sync.WaitGroup.Wait"),
            ("http-body-not-close", "http-body-not-closed"),
        ] {
            assert_eq!(explain(asked).map(|found| found.word).as_deref(), Some(word), "{asked}");
        }
        assert_eq!(explain("xyzzy plugh"), None);
        assert_eq!(explain(" "), None);
    }
}
