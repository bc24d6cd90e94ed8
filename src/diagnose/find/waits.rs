//! What the analyses of `WaitGroup`s, `Cond`s, channels and semaphores share: the goroutines that wait in
//! one function, and how bad that is.

use std::collections::BTreeMap;

use super::tangles::weight;
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::graph::{self, Chain};
use crate::diagnose::locks::stack_of;
use crate::diagnose::rating::{Category, Severity};
use crate::diagnose::role::Role;
use crate::model::SourceLocation;

/// Goroutines from which on it is one more with each call, as in the other analyses.
pub(super) const MANY: i64 = 20;

/// Groups that wait in one function.
pub(super) struct Site<'d> {
    pub(super) function: &'d str,
    /// Ascending.
    pub(super) groups: Vec<usize>,
    pub(super) count: i64,
    pub(super) leaked: i64,
    pub(super) oldest: Option<u32>,
    /// They did not all begin to wait at the same time.
    pub(super) spread: bool,
}

/// The groups that `keep` accepts by the first function of the user's code, largest first.
pub(super) fn sites<'d>(facts: &Facts<'d>, mut keep: impl FnMut(usize) -> bool) -> Vec<Site<'d>> {
    let mut by_function: BTreeMap<&'d str, Vec<usize>> = BTreeMap::new();
    for index in (0..facts.groups.len()).filter(|index| keep(*index)) {
        let name = user_frame(facts, index).map(|(_, name)| name);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            by_function.entry(name).or_default().push(index);
        }
    }
    let mut sites: Vec<Site<'d>> =
        by_function.into_iter().map(|(function, groups)| site(facts, function, groups)).collect();
    sites.sort_by_key(|site| (std::cmp::Reverse(site.count), site.function));
    sites
}

fn site<'d>(facts: &Facts<'d>, function: &'d str, groups: Vec<usize>) -> Site<'d> {
    let known = || groups.iter().filter_map(|group| facts.groups.get(*group));
    let min = known().filter_map(|group| group.wait.min).min();
    let max = known().filter_map(|group| group.wait.max).max();
    let young: i64 = known().map(|group| group.wait.unknown).sum();
    Site {
        function,
        count: known().map(|group| group.count).sum(),
        leaked: known().map(|group| group.leaked).sum(),
        oldest: max,
        spread: max.is_some() && (min != max || young > 0),
        groups,
    }
}

/// The innermost frame of the user's code in the group: raw index and function.
pub(super) fn user_frame<'d>(facts: &Facts<'d>, group: usize) -> Option<(usize, &'d str)> {
    let locks = facts.locks();
    let at = graph::first_user(locks, facts, group)?;
    let row = *facts.summary.grouping.rows(group).first()?;
    Some((at, locks.frames.at(stack_of(facts, row), at).name))
}

/// The innermost frame of the user's code in the group.
pub(super) fn place(facts: &Facts<'_>, group: usize) -> SourceLocation {
    let locator = graph::Locator::new(facts.locks(), facts);
    let row = facts.summary.grouping.rows(group).first();
    match (row, user_frame(facts, group)) {
        (Some(row), Some((at, _))) => locator.at(*row, at),
        _ => SourceLocation::default(),
    }
}

impl Site<'_> {
    /// How bad it is if they never go on.
    pub(super) fn severity(&self, facts: &Facts<'_>) -> Severity {
        let deserted = facts.locks().deserted && self.count > 1;
        match self.count {
            n if n >= MANY || self.leaked > 1 || deserted => Severity::High,
            n if n > 1 && self.oldest.is_some() => Severity::Medium,
            _ => Severity::Low,
        }
    }

    /// A finding whose root is the group at `root` and whose victims are the waiters.
    pub(super) fn finding(
        &self,
        facts: &Facts<'_>,
        kind: &'static str,
        category: Category,
        root: Option<(usize, Role)>,
    ) -> Finding {
        let mut finding = Finding::new(kind, category);
        finding.groups.clone_from(&self.groups);
        if let Some((group, _)) = root.as_ref().filter(|(group, _)| !self.groups.contains(group)) {
            finding.groups.insert(0, *group);
        }
        let count = |group: &usize| facts.groups.get(*group).map_or(0, |group| group.count);
        finding.count = finding.groups.iter().map(count).sum();
        finding.weight = weight(finding.count);
        let first = || (self.groups.first().copied().unwrap_or(0), Role::Waits);
        let (at, role) = root.unwrap_or_else(first);
        finding.root = made_root(facts, at, role.clone());
        finding.chain = chain(facts, at, role, &self.groups);
        finding
    }
}

fn made_root(facts: &Facts<'_>, group: usize, role: Role) -> Option<Root> {
    let row = *facts.summary.grouping.rows(group).first()?;
    let known = facts.groups.get(group)?;
    let frame = graph::first_user(facts.locks(), facts, group);
    Some(Root {
        goids: known.goids.clone(),
        row,
        stack: known.stack,
        role: Some(role),
        blocking: frame.and_then(|frame| graph::shown_index(facts, row, frame)),
    })
}

fn chain(facts: &Facts<'_>, root: usize, role: Role, victims: &[usize]) -> Option<Chain> {
    let link = |group: usize| {
        let count = facts.groups.get(group)?.count;
        graph::links(facts, group, count, graph::first_user(facts.locks(), facts, group))
    };
    let leaf = |group: &usize| Some(Chain::leaf(link(*group)?, Some(Role::WaitsForIt)));
    let mut made = Chain::leaf(link(root)?, Some(role));
    made.victims = victims.iter().filter(|group| **group != root).filter_map(leaf).collect();
    Some(made)
}
