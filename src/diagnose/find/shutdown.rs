//! Ends that do not come: `http.Server.Shutdown` that waits for requests, a `Stop` that waits for loops
//! which nobody tells to end.
//!
//! Why it matters: a process that does not end is killed after a grace period, with what it was about to
//! save; a deployment stands still as long.
//!
//! What it cannot know: whether the last ones are just about to end.

use super::crowd::{Crowd, crowds};
use super::library::{Seen, callers, finding, pick, seen, since, steps, total, waits};
use super::per_request::handles_request;
use super::waits::{place, sites, user_frame};
use crate::diagnose::activity::Activity;
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::index::servers;
use crate::diagnose::locks::stack_of;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::said::Callers;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of these findings.
pub(super) const KIND: &str = "shutdown-hangs";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let mut found: Vec<Finding> = server(facts).into_iter().collect();
    found.extend(joins(facts));
    found
}

/// `Shutdown` closes the listeners and polls until no connection is in a request (net/http/server.go).
fn server(facts: &Facts<'_>) -> Option<Finding> {
    let all = seen(facts);
    let ends = pick(&all, |seen| seen.has("net/http.(*Server).Shutdown"));
    ends.first()?;
    let is_active = |seen: &Seen<'_, '_>| {
        handles_request(facts, seen.group.stack)
            && servers::idles(facts, seen.group.stack) == Some(false)
    };
    let active = pick(&all, is_active);
    let count = total(&active);
    let waits = waits(facts, &active);
    let users = callers(facts, &active);
    if count == 0 {
        return None;
    }
    // Of a server that a handler of its own shuts down, this request never ends.
    let itself: Vec<_> =
        active.iter().copied().filter(|seen| seen.has("net/http.(*Server).Shutdown")).collect();
    if !itself.is_empty() && itself.len() == active.len() {
        return Some(in_handler(facts, &itself));
    }
    let mut list = active;
    list.extend(&ends);
    let mut finding = finding(KIND, Category::Slow, facts, &list);
    // Go prints no age of who polls.
    finding.severity = if waits.known > 0 { Severity::Medium } else { Severity::Low };
    finding.confidence = Confidence::Likely;
    finding.title = Title::ServerShutdown { requests: count, users: Callers::of(&users) };
    finding.evidence = vec![Fact::ShutdownInterruptsNone.into()];
    finding.evidence.extend(since(&waits));
    finding.next = steps(&users, Advice::EndAtShutdown);
    finding.next.push(Advice::ShutdownDeadline.into());
    Some(finding)
}

/// Handlers that call `Shutdown`, and nobody else serves a request.
fn in_handler(facts: &Facts<'_>, list: &[&Seen<'_, '_>]) -> Finding {
    let users = callers(facts, list);
    let mut finding = finding(KIND, Category::Deadlock, facts, list);
    finding.severity = Severity::Medium;
    finding.confidence = Confidence::Likely;
    finding.title = Title::ShutdownInHandler { users: Callers::of(&users) };
    finding.evidence = vec![Fact::ShutdownWaitsForHandler.into()];
    finding.next = steps(&users, Advice::ShutdownElsewhere);
    finding
}

/// One goroutine that waits in a `WaitGroup` for goroutines which it did not start itself, in methods of
/// the same type, that wait for work: nobody tells them to end.
fn joins(facts: &Facts<'_>) -> Vec<Finding> {
    let locks = facts.locks();
    let row = |index: usize| facts.summary.grouping.rows(index).first().copied();
    let waits = |index: usize| {
        let wait = row(index).and_then(|row| locks.wait(row));
        wait.is_some_and(|wait| wait.kind == WaitKind::WaitGroup)
    };
    let joining = sites(facts, waits).into_iter().filter(|site| site.count == 1);
    let joining: Vec<_> = joining.filter(|site| site.oldest.is_some()).collect();
    if joining.is_empty() {
        return Vec::new();
    }
    let receives = |_: usize, kind: WaitKind| matches!(kind, WaitKind::Receive | WaitKind::Select);
    let idle = crowds(facts, receives);
    let mut found = Vec::new();
    for site in joining {
        let Some(group) = site.groups.first().copied() else { continue };
        let (Some(row), Some((at, _))) = (row(group), user_frame(facts, group)) else { continue };
        let owner = locks.frames.at(stack_of(facts, row), at).owner;
        let goid = facts.dump().goroutine(row as usize).and_then(crate::model::Goroutine::goid);
        let belongs = |crowd: &&Crowd<'_>| {
            let first = crowd.groups.first().copied();
            let Some((row, at)) = first.and_then(|index| {
                let row = facts.summary.grouping.rows(index).first().copied()?;
                Some((row, user_frame(facts, index)?.0))
            }) else {
                return false;
            };
            let stack = stack_of(facts, row);
            let creator = facts
                .dump()
                .goroutine(row as usize)
                .and_then(crate::model::Goroutine::creator_goid);
            owner.is_some()
                && locks.frames.at(stack, at).owner == owner
                && at + 1 == stack.len()
                && creator.is_some()
                && creator != goid
        };
        let Some(crowd) = idle.iter().find(belongs) else { continue };
        let Some(child) = crowd.groups.first().copied() else { continue };
        let root = Some((child, Role::Awaited));
        let mut finding = site.finding(facts, KIND, Category::Deadlock, root);
        finding.severity = Severity::Medium;
        finding.confidence = Confidence::Possible;
        finding.title = Title::LoopsNotTold {
            waiting: site.count,
            function: site.function.to_owned(),
            loops: crowd.count,
            at: crowd.site.location(),
        };
        let (at, does) = (place(facts, child), Activity::of_group(facts, child));
        finding.evidence =
            vec![Evidence::NotStartedByWaiter { loops: crowd.count, does, at: at.clone() }];
        finding.next = vec![Step::at(at, Advice::CloseLoopChannel)];
        found.push(finding);
    }
    found
}
