//! Dumps of which nothing was read. They are no evidence: they are told, and nobody draws conclusions from
//! them.

use super::TAKE_ONE;
use crate::error::Error;
use crate::error::Result;
use crate::model::Dump;
use crate::model::Problem;
use crate::source::foreign::other_profile;

/// An input of which no goroutine was read.
#[derive(Debug)]
pub struct Unread {
    /// What is to be said of it.
    pub error: Error,
    /// Its dumps, with what became of their text.
    pub dumps: Vec<Dump>,
}

impl From<Unread> for Error {
    fn from(unread: Unread) -> Self {
        unread.error
    }
}

/// `dumps`, all that [`parse`](super::parse) found in the input `name`, or what to say if nothing was read of
/// any of them.
pub fn require_read(dumps: Vec<Dump>, name: &str) -> std::result::Result<Vec<Dump>, Unread> {
    if dumps.iter().any(|dump| !dump.is_unread()) {
        return Ok(dumps);
    }
    let lost = dumps.iter().fold(0, |sum: u64, dump| sum.saturating_add(dump.lost()));
    let what = match (lost, dumps.iter().find_map(|dump| dump.truncation)) {
        (0, None) => "there is no goroutine in this dump".to_owned(),
        (0, Some(cut)) => {
            format!("this dump is cut off before its first goroutine, at byte {}", cut.at_byte)
        }
        (1, _) => "the only goroutine of this dump could not be read".to_owned(),
        (lost, _) => format!("none of the {lost} goroutines or records of this dump could be read"),
    };
    let mut problems = dumps.iter().flat_map(|dump| &dump.problems);
    let remedy = problems.next().map_or_else(|| TAKE_ONE.to_owned(), told);
    let error = Error::NotADump { input: name.to_owned(), what, remedy };
    Err(Unread { error, dumps })
}

/// A problem in a line, with the line that it is about.
fn told(problem: &Problem) -> String {
    let Problem { message, line, column, excerpt, .. } = problem;
    let place = format!("line {line}, column {column}: {message}");
    if excerpt.is_empty() { place } else { format!("{place}: {}", excerpt.replace('\n', " ")) }
}

/// Leaves those of `dumps`, all of the input `name`, that are no profiles of something else; fails if there is
/// none. What was lost in dumps of which nothing was read is told in one beside them of which something was.
pub(super) fn settle(mut dumps: Vec<Dump>, name: &str) -> Result<Vec<Dump>> {
    // Other profiles have the format of debug=1: stacks that made threads, or a program's own.
    let others: Vec<Dump> =
        dumps.extract_if(.., |dump| !dump.profile.starts_with("goroutine")).collect();
    let Some(first) = dumps.first_mut() else {
        let types: Vec<&str> = others.iter().map(|dump| dump.profile.as_str()).collect();
        return Err(other_profile(name, &types, None, []));
    };
    for other in &others {
        first.account.ignored_lines += lines(other);
    }
    let unread = dumps.iter().filter(|dump| dump.is_unread()).count();
    if unread > 0 && unread < dumps.len() {
        dumps = tell_beside(dumps);
    }
    // Of several only one is left.
    if let [only] = dumps.as_mut_slice() {
        name.clone_into(&mut only.name);
    }
    Ok(dumps)
}

/// Those of `dumps` of which something was read, with what was lost in those beside them.
fn tell_beside(dumps: Vec<Dump>) -> Vec<Dump> {
    let mut read: Vec<Dump> = Vec::new();
    let mut before: Vec<Dump> = Vec::new();
    for mut dump in dumps {
        match (dump.is_unread(), read.last_mut()) {
            (false, _) => {
                before.drain(..).rev().for_each(|lost| precede(&mut dump, lost));
                read.push(dump);
            }
            (true, Some(last)) => follow(last, dump),
            (true, None) => before.push(dump),
        }
    }
    read
}

fn lines(dump: &Dump) -> u64 {
    let account = dump.account;
    account.understood_lines + account.problem_lines + account.skipped_lines + account.ignored_lines
}

/// Adds to `dump` what was lost in one before it.
fn precede(dump: &mut Dump, mut lost: Dump) {
    count(dump, &lost);
    lost.problems.append(&mut dump.problems);
    dump.problems = lost.problems;
}

/// Adds to `dump` what was lost in one behind it.
fn follow(dump: &mut Dump, mut lost: Dump) {
    count(dump, &lost);
    dump.problems.append(&mut lost.problems);
}

fn count(dump: &mut Dump, lost: &Dump) {
    dump.more_problems += lost.more_problems;
    let account = &mut dump.account;
    account.cut_off = account.cut_off.saturating_add(lost.account.cut_off);
    account.not_understood = account.not_understood.saturating_add(lost.account.not_understood);
    account.understood_lines += lost.account.understood_lines;
    account.problem_lines += lost.account.problem_lines;
    account.skipped_lines += lost.account.skipped_lines;
    account.ignored_lines += lost.account.ignored_lines;
}
