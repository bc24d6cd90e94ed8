//! Goroutines in `WaitGroup.Wait`, and the goroutines that they started.
//!
//! Why it matters: the one that waits is the victim. A child that is blocked is the cause; where no
//! child is left, `Add` was called more often than `Done` (a return or a panic before `Done`), and the
//! wait never ends.
//!
//! What it cannot know: who is to call `Done` is not recorded. Children are the goroutines that the
//! waiter itself started; one that was handed the WaitGroup in another way is not recognised, so a lone
//! waiter without children is not reported.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::ahead;
use super::waits::{MANY, Site, place, sites, user_frame};
use crate::diagnose::activity::Activity;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::{Goroutine, WaitKind};

/// The kind of findings about missing children.
pub(super) const NEVER: &str = "waitgroup-never-done";

/// The kind of findings about blocked children.
pub(super) const CHILDREN: &str = "waitgroup-waits-for-children";

/// Looks at a case for blocked children.
pub(super) fn children(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let named =
        if facts.started().is_known() { FxHashMap::default() } else { ahead::started(facts) };
    let told = waiting(facts).into_iter().filter_map(|site| {
        let family = family(facts, &site, &named);
        blocked_child(facts, &site, &family)
    });
    told.collect()
}

/// Looks at a case for missing children.
pub(super) fn never(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    if !facts.started().is_known() || facts.is_partial() {
        return Vec::new();
    }
    let named = FxHashMap::default();
    let told = waiting(facts).into_iter().filter_map(|site| {
        let family = family(facts, &site, &named);
        childless(facts, &site, &family)
    });
    told.collect()
}

fn waiting<'d>(facts: &Facts<'d>) -> Vec<Site<'d>> {
    let locks = facts.locks();
    sites(facts, |index| {
        let row = facts.summary.grouping.rows(index).first();
        row.and_then(|row| locks.wait(*row)).is_some_and(|wait| wait.kind == WaitKind::WaitGroup)
    })
}

/// The children of a site's waiters.
#[derive(Default)]
struct Family {
    /// Waiters that have children, by the children's group.
    children: BTreeMap<usize, i64>,
    /// Waiters without children.
    childless: i64,
}

fn family(facts: &Facts<'_>, site: &Site<'_>, named: &FxHashMap<&str, Vec<usize>>) -> Family {
    let mut family = Family::default();
    let started = facts.started();
    if !started.is_known() {
        by_name(facts, site, named, &mut family);
        return family;
    }
    // A server's connection starts one that waits for the client to go; it is nobody's worker.
    let serves = |group: usize| {
        let group = facts.groups.get(group);
        group.is_some_and(|g| g.creators.iter().all(|by| by.function.starts_with("net/http.")))
    };
    for goid in
        site.groups.iter().flat_map(|group| facts.members(*group)).filter_map(Goroutine::goid)
    {
        let mut any = false;
        for group in started.by(goid).filter(|group| !serves(*group)) {
            any = true;
            *family.children.entry(group).or_default() += 1;
        }
        family.childless += i64::from(!any);
    }
    family
}

/// Without ids of creators: goroutines that the waiting function started, or, where the format has no
/// creators either, its closures.
fn by_name(
    facts: &Facts<'_>,
    site: &Site<'_>,
    named: &FxHashMap<&str, Vec<usize>>,
    family: &mut Family,
) {
    let children = named.get(site.function).into_iter().flatten();
    for index in children.filter(|index| site.groups.binary_search(index).is_err()) {
        let count = facts.groups.get(*index).map_or(0, |group| group.count);
        family.children.insert(*index, site.count.min(count));
    }
}

/// Whether the goroutines of a group wait for something that only this process can give.
fn is_blocked(facts: &Facts<'_>, group: usize) -> bool {
    let kind = facts.kind(group);
    let locks = facts.locks();
    let row = facts.summary.grouping.rows(group).first();
    kind.is_channel()
        || kind.is_forever()
        || row.and_then(|row| locks.wait(*row)).is_some_and(|wait| !wait.kind.is_lock())
}

/// Whether a group receives in the very function that its goroutines started with, as workers do that
/// wait for the next piece of work.
fn is_idle_worker(facts: &Facts<'_>, group: usize) -> bool {
    let start = facts.names(group).last().copied();
    facts.kind(group) == WaitKind::Receive
        && user_frame(facts, group).is_some_and(|(_, name)| Some(name) == start)
}

/// Whether `function` ends something, by what such functions are called in Go's own libraries.
fn stops(function: &str) -> bool {
    const ENDS: &[&str] = &["Stop", "Close", "Shutdown", "GracefulStop", "Drain"];
    function.rsplit('.').next().is_some_and(|name| ENDS.contains(&name))
}

fn blocked_child(facts: &Facts<'_>, site: &Site<'_>, family: &Family) -> Option<Finding> {
    let blocked = family.children.iter().filter(|(group, _)| is_blocked(facts, **group));
    // The child of most waiters; of equal ones the one that can never go on.
    let (group, n) = blocked.max_by_key(|(group, n)| {
        (facts.kind(**group).is_forever(), **n, std::cmp::Reverse(**group))
    })?;
    let forever = facts.kind(*group).is_forever();
    // Main waits for its workers all its life: one waiter with idle children is how programs are built.
    // So do a few supervisors, each for its own workers.
    // But who stops something waits for its end alone.
    let idle = site.count < MANY && is_idle_worker(facts, *group);
    let stops = stops(site.function);
    if (site.count < 2 || idle) && site.leaked == 0 && !forever && !stops {
        return None;
    }
    let (_, child) = user_frame(facts, *group)?;
    let root = Some((*group, Role::Awaited));
    let mut finding = site.finding(facts, CHILDREN, Category::Leak, root);
    finding.severity = site.severity(facts).max(if forever || (stops && site.oldest.is_some()) {
        Severity::Medium
    } else {
        Severity::Low
    });
    finding.confidence = if forever { Confidence::Likely } else { Confidence::Possible };
    let more: Vec<usize> =
        family.children.keys().copied().filter(|g| is_blocked(facts, *g)).collect();
    finding.groups.extend(more.iter().filter(|g| !site.groups.contains(g) && *g != group));
    let (at, does) = (place(facts, *group), Activity::of_group(facts, *group));
    finding.title = Title::ChildBlocked {
        waiting: site.count,
        function: site.function.to_owned(),
        child: child.to_owned(),
        does: does.clone(),
    };
    finding.evidence =
        vec![Evidence::ChildrenBlocked { with: *n, waiting: site.count, does, at: at.clone() }];
    if family.childless > 0 {
        finding.evidence.push(Evidence::NoChildren { waiting: family.childless });
    }
    finding.next = vec![Step::at(at, Advice::ChildIsCause)];
    Some(finding)
}

fn childless(facts: &Facts<'_>, site: &Site<'_>, family: &Family) -> Option<Finding> {
    let most = family.childless.saturating_mul(2) > site.count;
    let lasts = site.leaked > 0 || site.oldest.is_some() || site.count >= MANY;
    if !most || !lasts || (site.count < 2 && site.leaked == 0) {
        return None;
    }
    // Somebody went on where these wait, and does for all what all want.
    if site.leaked == 0 && !ahead::of(facts, &site.groups, |_| true).is_empty() {
        return None;
    }
    let mut finding = site.finding(facts, NEVER, Category::Leak, None);
    finding.severity = site.severity(facts);
    finding.confidence = Confidence::Likely;
    finding.title = Title::NoChild { waiting: site.count, function: site.function.to_owned() };
    finding.evidence =
        vec![Evidence::ChildrenGone { without: family.childless, waiting: site.count }];
    let at = site.groups.first().map(|group| place(facts, *group)).unwrap_or_default();
    finding.next = vec![Step::at(at, Advice::DoneByDefer)];
    Some(finding)
}
