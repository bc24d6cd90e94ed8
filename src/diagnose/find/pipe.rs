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
use super::limits::{LONG, MANY};
use super::tell;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;

/// The kind of these findings.
pub(super) const KIND: &str = "pipe-end-left";

/// Writers of pipes of which so many have no reader are more than a program's handful of pipes, also
/// where the format does not tell who started them.
const FEW: i64 = 10;

/// The functions in which the two ends of a pipe wait.
const ENDS: [&str; 2] = [WRITE, "io.(*pipe).read"];

const WRITE: &str = "io.(*pipe).write";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let mut working = None;
    let mut found = Vec::new();
    for end in ENDS {
        let waits = |index: usize, _| {
            let stack = facts.groups.get(index).map(|group| group.stack).unwrap_or_default();
            // What is above the pipe's function waits in it.
            facts.functions(stack).find(|name| name.starts_with("io.")) == Some(end)
        };
        for crowd in crowds(facts, waits) {
            let working = *working.get_or_insert_with(|| at_work(case));
            found.extend(judge(facts, &crowd, end == WRITE, working));
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

fn judge(facts: &Index<'_>, crowd: &Crowd<'_>, writes: bool, working: i64) -> Option<Finding> {
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
    finding.title = Title::PipeLeft { stuck: crowd.count, at: crowd.site.location(), writes };
    finding.evidence.extend(tell::started(facts, crowd));
    finding.evidence.push(Evidence::PipeEnds { waiting: crowd.count, working, writes });
    finding.evidence.extend(tell::since(crowd));
    let advice = if writes { Advice::CloseReader } else { Advice::CloseWriter };
    finding.next.push(tell::at_start(facts, crowd, advice));
    Some(finding)
}
