//! Semaphores with no place left: channels that are sent to for a place, `semaphore.Weighted`, limits of
//! an errgroup and of listeners and pools that work the same way.
//!
//! Why it matters: those who wait are the victims; the few who hold the places, and what they wait for,
//! are the cause.
//!
//! What it cannot know: a channel does not say that it is a semaphore. It looks like one if some
//! goroutines have passed the very send (or acquire) that others wait in, and are still further down in
//! the same function.

use super::waits::{MANY, Site, place, sites};
use crate::diagnose::activity::Activity;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::{SourceLocation, Symbol, WaitKind};
use crate::view::canon::Shown;

/// The kind of these findings.
pub(super) const KIND: &str = "semaphore-exhausted";

/// Functions that wait for a place.
const ACQUIRE: &[&str] = &[
    "golang.org/x/net/netutil.(*limitListener).acquire",
    "golang.org/x/sync/errgroup.(*Group).Go",
    "golang.org/x/sync/semaphore.(*Weighted).Acquire",
];

/// What an errgroup runs its functions in, each of which has a place of its limit.
const ERRGROUP: &str = "golang.org/x/sync/errgroup.(*Group).";

/// Waiters that make a queue; fewer meet by chance.
const QUEUE: i64 = 5;

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let queues = sites(facts, |index| {
        facts.kind(index) == WaitKind::Send
            || facts.names(index).iter().any(|name| ACQUIRE.contains(name))
    });
    let queues = queues.into_iter().filter(|site| site.count >= QUEUE);
    queues.filter_map(|site| judge(facts, &site)).collect()
}

/// Function and line of the frames that wait: the one that sends, and the one that calls it.
fn waiting<'d>(facts: &Index<'d>, group: usize) -> Vec<(&'d str, u32)> {
    let Some(group) = facts.groups.get(group) else { return Vec::new() };
    let users = facts.frames(group.stack).filter_map(|frame| match frame {
        Shown::Call { function, line, std: false, .. } => Some((function, line)),
        _ => None,
    });
    // A semaphore may have an acquire method of its own.
    let own = facts.functions(group.stack).any(is_acquire);
    users.take(if known(facts, group.stack) || own { 3 } else { 1 }).collect()
}

fn known(facts: &Index<'_>, stack: crate::model::StackId) -> bool {
    facts.functions(stack).any(|name| ACQUIRE.contains(&name))
}

fn judge(facts: &Facts<'_>, site: &Site<'_>) -> Option<Finding> {
    let first = *site.groups.first()?;
    let wanted = waiting(facts, first);
    let is_known = facts.groups.get(first).is_some_and(|group| known(facts, group.stack));
    let name = wanted.iter().find(|(name, _)| !is_acquire(name)).or(wanted.first())?.0;
    let mut holders = holders(facts, site, &wanted, is_known);
    if holders.is_empty() && site.function.starts_with(ERRGROUP) {
        holders = members(facts, name);
    }
    let count = |group: &usize| facts.groups.get(*group).map_or(0, |group| group.count);
    let held: i64 = holders.iter().map(count).sum();
    // More holders than waiters are no queue for a few places.
    if !(is_known || (held > 0 && held < site.count)) {
        return None;
    }
    let root = holders.iter().max_by_key(|group| (count(group), std::cmp::Reverse(**group)));
    let role = root.map(|group| (*group, Role::HoldsPlace));
    let mut finding = site.finding(facts, KIND, Category::Contention, role);
    finding.severity = if is_batch(facts, first, &wanted) {
        // One goroutine for each piece of work, and a limit: that is how batches are written.
        Severity::Low
    } else {
        severity(facts, site)
    };
    finding.confidence = if is_known { Confidence::Likely } else { Confidence::Possible };
    let (waiting, name) = (site.count, name.to_owned());
    if let Some(group) = root {
        let (does, at) = (Activity::of_group(facts, *group), place(facts, *group));
        let member = is_member(facts, *group);
        finding.evidence = vec![if member {
            Evidence::OfErrgroup { held }
        } else {
            Evidence::InsideFunction { held }
        }];
        finding.next = vec![Step::at(at.clone(), Advice::HolderIsCause)];
        finding.title = Title::SlotsHeld { waiting, name, held, alike: count(group), does, at };
    } else {
        let at = place_of(facts, first, &name);
        finding.evidence = vec![Evidence::NobodyInside { function: name.clone() }];
        finding.next = vec![Step::at(at, Advice::ReleaseSlot)];
        finding.title = Title::SlotsLost { waiting, name };
    }
    Some(finding)
}

/// The innermost frame of `function` in the group.
fn place_of(facts: &Facts<'_>, group: usize, function: &str) -> SourceLocation {
    let stack = facts.groups.get(group).map(|group| group.stack).unwrap_or_default();
    let at = facts.frames(stack).find_map(|frame| match frame {
        Shown::Call { function: name, file, line, .. } if name == function && !file.is_empty() => {
            Some(SourceLocation::new(name, file, line))
        }
        _ => None,
    });
    at.unwrap_or_else(|| SourceLocation::function(function))
}

/// Whether `function` does nothing but wait for a place.
fn is_acquire(function: &str) -> bool {
    ACQUIRE.contains(&function) || function.to_lowercase().ends_with(".acquire")
}

/// The groups that an errgroup runs for `caller`, as far as can be seen: in functions of its package.
fn members(facts: &Index<'_>, caller: &str) -> Vec<usize> {
    let package = Symbol::new(caller).package();
    let here = |index: &usize| {
        let mut names = facts.names(*index).iter().rev().skip_while(|name| !runs(name)).skip(1);
        names.next().is_some_and(|name| Symbol::new(name).package() == package)
    };
    (0..facts.groups.len()).filter(|index| is_member(facts, *index) && here(index)).collect()
}

/// Whether an errgroup runs the goroutines of `group`.
fn is_member(facts: &Index<'_>, group: usize) -> bool {
    facts.names(group).iter().any(|name| runs(name))
}

/// Whether `name` is the function of an errgroup that runs what it was given.
fn runs(name: &str) -> bool {
    name.strip_prefix(ERRGROUP).is_some_and(|method| method.contains(".func"))
}

/// Whether the waiters start with waiting for a place: they are pieces of work, not calls that somebody
/// waits for.
fn is_batch(facts: &Index<'_>, group: usize, wanted: &[(&str, u32)]) -> bool {
    let stack = facts.groups.get(group).map(|group| group.stack).unwrap_or_default();
    let start = facts.functions(stack).next_back();
    start.is_some_and(|start| wanted.iter().any(|(name, _)| *name == start))
}

/// The groups of goroutines that are past the line at which those of `site` wait.
fn holders(
    facts: &Index<'_>,
    site: &Site<'_>,
    wanted: &[(&str, u32)],
    is_known: bool,
) -> Vec<usize> {
    let holds = |index: &usize| {
        let Some(group) = facts.groups.get(*index) else { return false };
        site.groups.binary_search(index).is_err()
            && (is_known || is_deeper(facts, *index, wanted))
            && facts.frames(group.stack).any(|frame| match frame {
                Shown::Call { function, line, .. } => {
                    wanted.iter().any(|(name, at)| *name == function && line > *at && *at > 0)
                }
                _ => false,
            })
    };
    let inside = wanted.iter().flat_map(|(name, _)| facts.groups_in(name));
    let mut inside: Vec<usize> = inside.map(|index| *index as usize).collect();
    inside.sort_unstable();
    inside.dedup();
    inside.retain(holds);
    inside
}

/// Whether goroutines are past the line at which those of `site` wait, and hold a place there.
pub(super) fn has_holders(facts: &Index<'_>, site: &Site<'_>) -> bool {
    let Some(first) = site.groups.first() else { return false };
    !holders(facts, site, &waiting(facts, *first), false).is_empty()
}

/// Whether the goroutines of a group work inside of the waiting function: in a call, or outside of the
/// process. Who is at a channel of the function itself is at another turn of its loop.
fn is_deeper(facts: &Index<'_>, index: usize, wanted: &[(&str, u32)]) -> bool {
    let Some(group) = facts.groups.get(index) else { return false };
    // A channel operation of the function itself has no frame below it; whatever it calls has.
    let at = facts.frames(group.stack).position(|frame| match frame {
        Shown::Call { function, .. } => wanted.iter().any(|(name, _)| *name == function),
        Shown::Address(_) | Shown::Elided(_) => false,
    });
    facts.kind(index).ends_by_itself() || at.is_some_and(|below| below > 0)
}

fn severity(facts: &Index<'_>, site: &Site<'_>) -> Severity {
    let share = site.count.saturating_mul(100) / facts.summary.shown.max(1);
    match site.count {
        n if n >= MANY && share >= 10 => Severity::High,
        n if n >= MANY || share >= 10 => Severity::Medium,
        _ => Severity::Low,
    }
}
