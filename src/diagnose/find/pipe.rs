//! Goroutines that use an `io.Pipe` whose other end is left.
//!
//! Why it matters: a pipe has no buffer. A write waits until all of it is read or one end is closed, a
//! read until something is written or the other end is closed (io/pipe.go). Who stops to read without
//! `Close` leaves the writer behind with all that it holds, and the other way round.
//!
//! What it cannot know: who has the other end. A writer and a reader of one pipe never wait at the same
//! time, so whoever reads what a waiting writer writes is gone or at work: as many as work at
//! something may be such readers.

use super::aside::is_known_fine;
use super::crowd::{Crowd, crowds};
use super::suspect::{LONG, MANY};
use super::tell::{self, are, goroutines};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};

/// The kind of these findings.
pub(super) const KIND: &str = "pipe-end-left";

/// Writers of pipes of which so many have no reader are more than a program's handful of pipes, also
/// where the format does not tell who started them.
const FEW: i64 = 10;

/// The two ends of a pipe, and the function in which each waits.
const ENDS: [(&str, &str, &str); 2] = [
    ("io.(*pipe).write", "write to", "nobody reads from"),
    ("io.(*pipe).read", "read from", "nobody writes to or closes"),
];

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let mut working = None;
    let mut found = Vec::new();
    for end in ENDS {
        let waits = |index: usize, _| {
            let stack = facts.groups.get(index).map(|group| group.stack).unwrap_or_default();
            // What is above the pipe's function waits in it.
            facts.functions(stack).find(|name| name.starts_with("io.")) == Some(end.0)
        };
        for crowd in crowds(facts, waits) {
            let working = *working.get_or_insert_with(|| at_work(case));
            found.extend(judge(facts, &crowd, end, working));
        }
    }
    found
}

/// Goroutines that are at work, or wait for something outside, and are not known to be idle: any of
/// them may have the other end of a pipe.
fn at_work(case: &Case<'_, '_>) -> i64 {
    let facts = case.now;
    let groups = facts.groups.iter().enumerate();
    let busy = groups
        .filter(|(index, _)| !facts.kind(*index).needs_peer() && !is_known_fine(case, *index));
    busy.fold(0, |sum, (_, group)| sum.saturating_add(group.count))
}

fn judge(
    facts: &Index<'_>,
    crowd: &Crowd<'_>,
    end: (&str, &str, &str),
    working: i64,
) -> Option<Finding> {
    let (function, uses, nobody) = end;
    let writes = function.ends_with("write");
    let left = crowd.count.saturating_sub(working);
    let outlives = crowd.origin.is_one_per_call() && crowd.origin.is_gone();
    let old = crowd.wait.median.is_some_and(|minutes| minutes >= LONG);
    let (severity, confidence) = match crowd.count {
        n if n >= MANY && outlives && left > 0 => (Severity::High, Confidence::Likely),
        // Two more are seen in any service that serves two more.
        n if n > 2 && outlives && left > 0 => (Severity::Medium, Confidence::Likely),
        n if n > 2 && writes && old && left > 0 => (Severity::Medium, Confidence::Likely),
        _ if left >= FEW && writes && !crowd.origin.is_known() => {
            (Severity::Medium, Confidence::Possible)
        }
        _ => return None,
    };
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    (finding.severity, finding.confidence) = (severity, confidence);
    let n = crowd.count;
    finding.title = format!(
        "{} {} stuck in {}: {} {uses} an io.Pipe that {nobody}",
        goroutines(n),
        are(n),
        crowd.site.words(),
        if n == 1 { "it" } else { "they" },
    );
    finding.evidence.extend(tell::started(facts, crowd));
    let others = match working {
        0 => "nobody is at work".to_owned(),
        1 => "only 1 goroutine is at work".to_owned(),
        more => format!("only {more} goroutines are at work"),
    };
    finding.evidence.push(if writes {
        format!("a pipe has no buffer: a write waits until it is read; {n} wait, and {others} that could read")
    } else {
        format!("a read waits for the writer; {n} wait, and {others} that could write")
    });
    finding.evidence.extend(tell::since(crowd));
    let place = tell::start_place(facts, crowd).unwrap_or_else(|| crowd.site.words());
    finding.next.push(if writes {
        format!("{place}: where the reading stops, close the reader (defer r.Close(), or r.CloseWithError(err)): the write then returns io.ErrClosedPipe")
    } else {
        format!("{place}: where the writing ends or fails, close the writer (defer w.Close(), or w.CloseWithError(err)): the read then ends")
    });
    Some(finding)
}
