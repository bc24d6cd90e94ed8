//! Requests that wait for one of them to do for all what all want: single flight, a cache that is being
//! filled, a connection that is being opened.
//!
//! Why it matters: the crowd is the victim. The one that went on in the same function is what to look
//! at: if it hangs, all hang, however many there are.
//!
//! What it cannot know: that they wait for that one. It is in the same function, past the line at
//! which they wait, and at work further down.

use super::crowd::{Crowd, crowds};
use super::limits::{LONG, MANY};
use super::per_request::handles_request;
use super::waits::place;
use super::{ahead, tell};
use crate::diagnose::activity::Activity;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::WaitKind;
use crate::view::canon::Shown;

/// The kind of these findings.
pub(super) const KIND: &str = "waits-for-one-ahead";

/// Waiters for each one ahead: a few that are ahead of many are what they wait for, as many as there
/// are waiters are another turn of the same work.
const EACH: i64 = 4;

/// Crowds that are looked at, the largest: each is compared with all groups.
const LOOKED_AT: usize = 16;

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let waits = |index: usize, kind: WaitKind| {
        let waits = matches!(
            kind,
            WaitKind::Receive
                | WaitKind::Select
                | WaitKind::Cond
                | WaitKind::WaitGroup
                | WaitKind::Unknown
        );
        let stack = facts.groups.get(index).map(|group| group.stack).unwrap_or_default();
        waits && handles_request(facts, stack)
    };
    let crowds = crowds(facts, waits);
    let many = crowds.iter().filter(|crowd| crowd.count >= MANY);
    many.take(LOOKED_AT).filter_map(|crowd| judge(facts, crowd)).collect()
}

fn judge(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<Finding> {
    let first = facts.groups.get(*crowd.groups.first()?)?;
    let (function, line) = facts.frames(first.stack).find_map(own)?;
    let ahead = ahead::of(facts, &crowd.groups, |index| works(facts, index));
    let count = |index: &usize| facts.groups.get(*index).map_or(0, |group| group.count);
    let n: i64 = ahead.iter().map(count).sum();
    let leader = *ahead.iter().max_by_key(|index| (count(index), std::cmp::Reverse(**index)))?;
    if n.saturating_mul(EACH) > crowd.count {
        return None;
    }
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    finding.category = Category::Contention;
    let group = facts.groups.get(leader)?;
    let old = [crowd.wait.median, group.wait.max];
    let old = old.iter().any(|minutes| minutes.is_some_and(|minutes| minutes >= LONG));
    let lasts = !facts.has_ages() || crowd.wait.known.saturating_mul(2) >= crowd.count;
    (finding.severity, finding.confidence) = match () {
        () if old => (Severity::Medium, Confidence::Likely),
        () if lasts => (Severity::Medium, Confidence::Possible),
        () => (Severity::Low, Confidence::Possible),
    };
    let there = place(facts, leader);
    finding.title = Title::WaitForOthers {
        waiting: crowd.count,
        at: crowd.site.location(),
        ahead: n,
        does: Activity::of_group(facts, leader),
        there: there.clone(),
    };
    let function = function.to_owned();
    finding.evidence = vec![Evidence::WentOn { goroutines: n, function, line }];
    finding.evidence.extend(tell::since(crowd));
    finding.next = vec![
        Step::at(there, Advice::DeadlineAhead),
        Step::DoOnLine { at: crowd.site.location(), advice: Advice::LeaveWithRequest },
    ];
    let member = facts.members(leader).next()?;
    finding.root = Some(Root {
        goids: group.goids.clone(),
        row: u32::try_from(member.index()).ok()?,
        stack: group.stack,
        role: Some(Role::WentOn),
        blocking: facts.frames(group.stack).position(|frame| own(frame).is_some()),
    });
    finding.groups.insert(0, leader);
    finding.count = finding.count.saturating_add(group.count);
    Some(finding)
}

/// Function and line of a frame that is not of the standard library.
fn own(frame: Shown<'_>) -> Option<(&str, u32)> {
    match frame {
        Shown::Call { function, line, std: false, .. } if line > 0 => Some((function, line)),
        _ => None,
    }
}

/// Whether the goroutines of the group at `index` are at work, or wait for something outside: also in a
/// `select` of the standard library, as those do that wait for a response.
fn works(facts: &Facts<'_>, index: usize) -> bool {
    let Some(group) = facts.groups.get(index) else { return false };
    let in_call = || {
        facts.kind(index) == WaitKind::Select
            && facts.locks().frames.is_in_call(facts.dump().stack(group.stack))
    };
    !facts.kind(index).needs_peer() || in_call()
}
