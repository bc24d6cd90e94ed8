//! What is said beside the findings: what the dump or the options could not give, and what was looked
//! at and found fine.

use super::aside;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::history::Restart;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Severity};
use crate::diagnose::said::Caller;
use crate::model::{Completeness, Format, WaitKind};
use crate::view::meaning::meaning;

/// A group that was judged to be fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fine {
    /// Index in [`Facts::groups`](crate::diagnose::Facts).
    pub group: usize,
    /// Why.
    pub why: Why,
}

/// Why a group is fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is known: what it does, and whose it is.
    Known {
        /// What it does.
        meaning: String,
        /// The library that it belongs to.
        library: String,
    },
    /// It is the main goroutine.
    Main,
    /// What a library does in it.
    Meaning {
        /// In a few words.
        meaning: &'static str,
    },
    /// It runs.
    Runs,
    /// It waits for the network or a pipe.
    Io,
    /// It sleeps.
    Sleeps,
    /// It is in a system call.
    Syscall,
    /// It waits for a lock, and few do.
    Lock,
    /// Nothing speaks for a leak.
    Nothing,
}

/// What the user should know of what could not be done, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The format carries no ages.
    NoAgesForLeaks {
        /// The format.
        format: Format,
        /// It carries ids, and who started goroutines.
        has_ids: bool,
    },
    /// `--min-wait` cannot be applied; the format if that is why.
    MinWait {
        /// What was asked for.
        minutes: u32,
        /// A format without ages.
        format: Option<Format>,
    },
    /// Go's collector has proven no leak.
    NoneProven,
    /// Earlier dumps are of another process.
    Restarted {
        /// How that is seen.
        why: String,
        /// How many.
        dumps: usize,
        /// No other dump lies between.
        just_before: bool,
    },
    /// Goroutines are missing from the dump.
    Partial,
    /// A `goroutineleak` profile that was given with it proves leaks.
    ProfileProves {
        /// How many.
        leaks: i64,
        /// The largest crowds.
        first: Vec<Caller>,
        /// There are more crowds.
        more: bool,
    },
    /// What somebody else says.
    Other {
        /// In a sentence.
        text: String,
    },
}

impl Note {
    /// What somebody else says.
    pub fn other(text: String) -> Self {
        Self::Other { text }
    }
}

/// The groups that no finding of low severity or more names, with why they are fine.
pub fn fine(case: &Case<'_, '_>, findings: &[Finding]) -> Vec<Fine> {
    let mut blamed = vec![false; case.now.groups.len()];
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Info) {
        for index in &finding.groups {
            if let Some(blamed) = blamed.get_mut(*index) {
                *blamed = true;
            }
        }
    }
    let rest = blamed.iter().enumerate().filter(|(_, blamed)| !**blamed);
    rest.map(|(group, _)| Fine { group, why: why(case, group) }).collect()
}

fn why(case: &Case<'_, '_>, index: usize) -> Why {
    let facts = case.now;
    let count = facts.groups.get(index).map_or(0, |group| group.count);
    if let Some(entry) = aside::known(case, index).filter(|entry| entry.is_benign(count)) {
        let (meaning, library) = (entry.meaning.clone(), entry.library.clone());
        return Why::Known { meaning, library };
    }
    if aside::is_main(facts, index) {
        return Why::Main;
    }
    let stack = facts.groups.get(index).map(|group| group.stack).unwrap_or_default();
    let functions: Vec<&str> = facts.functions(stack).collect();
    if let Some(meaning) = meaning(&functions).filter(|_| facts.kind(index) == WaitKind::Io) {
        return Why::Meaning { meaning };
    }
    match facts.kind(index) {
        WaitKind::OnCpu => Why::Runs,
        WaitKind::Io => Why::Io,
        WaitKind::Sleep => Why::Sleeps,
        WaitKind::Syscall => Why::Syscall,
        WaitKind::Lock(_) => Why::Lock,
        _ => Why::Nothing,
    }
}

/// What the user should know of what could not be done, and what would help, beside `findings`.
pub fn notes(case: &Case<'_, '_>, findings: &[Finding]) -> Vec<Note> {
    let dump = case.now.dump();
    let format = dump.format;
    let mut notes = Vec::new();
    if let Some(minutes) = case.config.min_wait.filter(|_| !has_any_age(case.now)) {
        let format = (!case.now.has_ages()).then_some(format);
        notes.push(Note::MinWait { minutes, format });
    } else if !case.now.has_ages() && findings.iter().any(|f| f.category == Category::Leak) {
        notes.push(Note::NoAgesForLeaks { format, has_ids: dump.has_goids() });
    }
    let leaked = case.now.groups.iter().any(|group| group.leaked > 0);
    if dump.profile == "goroutineleak" && !leaked {
        notes.push(Note::NoneProven);
    }
    if let Some(Restart { why, dumps }) = case.history.restarted.clone() {
        let just_before = case.history.before.is_empty();
        notes.push(Note::Restarted { why, dumps, just_before });
    }
    // Of an excerpt the first lines say what is not known.
    let is_excerpt = matches!(dump.completeness(), Completeness::Excerpt(_));
    if case.now.is_partial() && !is_excerpt {
        notes.push(Note::Partial);
    }
    notes
}

fn has_any_age(facts: &Index<'_>) -> bool {
    facts.groups.iter().any(|group| group.wait.known > 0)
}

/// Whether the user's thresholds let `finding` through. They are about leaks; a leaked goroutine has
/// no age (Go 1.26 and later), so `--min-wait` lets it through.
pub(super) fn admits(case: &Case<'_, '_>, finding: &Finding) -> bool {
    if finding.category != Category::Leak {
        return true;
    }
    let enough = case.config.min_count.is_none_or(|least| finding.count >= least);
    let groups = || finding.groups.iter().filter_map(|index| case.now.groups.get(*index));
    let long = case.config.min_wait.is_none_or(|least| {
        !has_any_age(case.now)
            || groups().any(|group| group.leaked > 0 || group.wait.max >= Some(least))
    });
    enough && long
}
