//! What is said beside the findings: what the dump or the options could not give, and what was looked
//! at and found fine.

use super::aside;
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::history::Restart;
use crate::diagnose::known::Entry;
use crate::diagnose::rating::{Category, Severity};
use crate::model::WaitKind;
use crate::view::meaning::meaning;
use crate::view::version::format_words;

/// A group that was judged to be fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fine {
    /// Index in [`Facts::groups`].
    pub group: usize,
    /// Why, in a few words: `HTTP server waits for connections`.
    pub why: String,
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

fn why(case: &Case<'_, '_>, index: usize) -> String {
    let facts = case.now;
    let count = facts.groups.get(index).map_or(0, |group| group.count);
    if let Some(entry) = aside::known(case, index).filter(|entry| entry.is_benign(count)) {
        return known_fine(entry);
    }
    if aside::is_main(facts, index) {
        return "the main goroutine waits for the program's end".to_owned();
    }
    let stack = facts.groups.get(index).map(|group| group.stack).unwrap_or_default();
    let functions: Vec<&str> = facts.functions(stack).collect();
    if let Some(meaning) = meaning(&functions).filter(|_| facts.kind(index) == WaitKind::Io) {
        return meaning.to_owned();
    }
    let why = match facts.kind(index) {
        WaitKind::OnCpu => "it runs",
        WaitKind::Io => "waits for the network or a pipe",
        WaitKind::Sleep => "sleeps",
        WaitKind::Syscall => "in a system call",
        WaitKind::Lock(_) => "waits for a lock, few do",
        _ => "alone or in small groups, and nothing speaks for a leak",
    };
    why.to_owned()
}

/// What a known goroutine does, and whose it is where its meaning does not say so.
fn known_fine(entry: &Entry) -> String {
    let (meaning, library) = (&entry.meaning, &entry.library);
    if library.is_empty() || meaning.contains(library.as_str()) {
        meaning.clone()
    } else {
        format!("{library}: {meaning}")
    }
}

/// What the user should know of what could not be done, and what would help, beside `findings`.
pub fn notes(case: &Case<'_, '_>, findings: &[Finding]) -> Vec<String> {
    let dump = case.now.dump();
    let mut notes = Vec::new();
    if let Some(minutes) = case.config.min_wait.filter(|_| !has_any_age(case.now)) {
        notes.push(no_ages(case.now, minutes));
    } else if !case.now.has_ages() && findings.iter().any(|f| f.category == Category::Leak) {
        notes.push(format!(
            "{} carries no ages, ids or creators, so leaks are judged by place and count; /debug/pprof/goroutine?debug=2 tells since when they wait and who started them",
            format_words(dump.format)
        ));
    }
    let leaked = case.now.groups.iter().any(|group| group.leaked > 0);
    if dump.profile == "goroutineleak" && !leaked {
        notes.push(
            "Go's collector has proven no leak here. That is none proven, not no leak: it cannot see goroutines that wait for what a global variable or a live goroutine refers to, or that poll, sleep or wait for the network; take /debug/pprof/goroutine?debug=2, too"
                .to_owned(),
        );
    }
    if let Some(Restart { why, dumps }) = &case.history.restarted {
        let which = match dumps {
            1 if case.history.before.is_empty() => "the dump before is".to_owned(),
            1 => "an earlier dump is".to_owned(),
            dumps => format!("{dumps} earlier dumps are"),
        };
        notes.push(format!(
            "{which} from another process, or the dumps are not in the order of time ({why}): no finding compares them"
        ));
    }
    if case.now.is_partial() {
        notes
            .push("goroutines are missing from this dump, so nobody is said to be gone".to_owned());
    }
    notes
}

fn no_ages(facts: &Facts<'_>, minutes: u32) -> String {
    let asked =
        format!("--min-wait {minutes}m cannot be applied; judged by shape and count instead");
    if facts.has_ages() {
        format!(
            "no goroutine of this dump has an age (Go counts them from a garbage collection, and forces one every two minutes), so {asked}"
        )
    } else {
        format!(
            "no goroutine of this dump has an age ({} carries none), so {asked}; for ages take /debug/pprof/goroutine?debug=2",
            format_words(facts.dump().format)
        )
    }
}

fn has_any_age(facts: &Facts<'_>) -> bool {
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

/// What the table of known goroutines says of one that may be a leak.
pub(super) fn known_as(entry: &Entry) -> String {
    let note = if entry.note.is_empty() { String::new() } else { format!("; {}", entry.note) };
    format!("known: {} ({}){note}", entry.meaning, entry.library)
}
