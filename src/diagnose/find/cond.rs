//! Goroutines that wait in a `sync.Cond` and are not woken.
//!
//! Why it matters: a Cond keeps no memory: a `Signal` before the `Wait`, or one that is forgotten on a
//! path, is lost, and the waiter stays.
//!
//! Where those who wait to put something in and those who wait to take something out sleep in methods of
//! one object, one of them was woken in place of the other, or neither: a queue cannot be full and empty.
//!
//! What it cannot know: idle workers wait in a Cond, too. Those that had nothing to do since the start
//! came at one time; those that had may look like callers that came one after the other. Who handles a
//! request is no idle worker.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::aside::is_known_fine;
use super::per_request::handles_request;
use super::waits::{MANY, Site, place, sites, user_frame};
use crate::diagnose::data::Address;
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::locks::{Id, Owner, stack_of};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::{Advice, SecondDump, Step};
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of these findings.
pub(super) const KIND: &str = "cond-never-signalled";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let locks = facts.locks();
    let wait = |index: usize| {
        let row = facts.summary.grouping.rows(index).first()?;
        locks.wait(*row).filter(|wait| wait.kind == WaitKind::Cond)
    };
    let mut found = Vec::new();
    // Workers of well-known queues are woken when there is work.
    let waits = |index: usize| wait(index).is_some() && !is_known_fine(case, index);
    let objects = Objects::new(facts, waits);
    for site in sites(facts, waits) {
        let mut conds: BTreeMap<u32, usize> = BTreeMap::new();
        for row in site.groups.iter().flat_map(|group| facts.summary.grouping.rows(*group)) {
            if let Some(wait) = locks.wait(*row) {
                *conds.entry(wait.lock).or_default() += 1;
            }
        }
        let (cond, most) = conds.iter().max_by_key(|(_, n)| **n).map_or((0, 0), |(c, n)| (*c, *n));
        let together = i64::try_from(most).unwrap_or(0).saturating_mul(2) > site.count;
        let piled = site.leaked > 0 || (site.count >= MANY && site.spread && together);
        let others = objects.other_side(facts, &site);
        if !piled && others.is_empty() {
            continue;
        }
        let mut finding = site.finding(facts, KIND, Category::Leak, None);
        let stacks = site.groups.iter().filter_map(|index| facts.groups.get(*index));
        let mut calls = stacks.map(|group| handles_request(facts, group.stack));
        let sure = site.leaked > 0 || (piled && calls.all(|call| call));
        finding.severity = if sure && site.count > 1 { Severity::High } else { Severity::Medium };
        finding.confidence = if sure { Confidence::Likely } else { Confidence::Possible };
        finding.title =
            Title::CondNotSignalled { waiting: site.count, function: site.function.to_owned() };
        if let Some(Id::Address(address)) = locks.lock(cond).map(|lock| lock.id) {
            let cond = Address(address);
            finding.evidence.push(Evidence::OneCond { waiting: most, cond });
        }
        if let Some(other) = others.first() {
            let count = |index: &usize| facts.groups.get(*index).map_or(0, |group| group.count);
            let sum = others.iter().map(count).sum::<i64>();
            finding
                .evidence
                .push(Evidence::BothSidesWait { others: sum, at: place(facts, *other) });
            finding.groups.extend(&others);
            finding.count += sum;
        }
        let came = if sure { Fact::CameInCalls } else { Fact::CameLikeWorkers };
        finding.evidence.extend((piled || others.is_empty()).then(|| came.into()));
        let at = site.groups.first().map(|group| place(facts, *group)).unwrap_or_default();
        finding.next = vec![Step::at(at, Advice::MissingSignal)];
        if !sure {
            finding.next.push(Step::SecondDump { why: SecondDump::NeverWoken });
        }
        found.push(finding);
    }
    found
}

/// Groups that may be the other side, the largest of which are looked at.
const LOOKED_AT: usize = 1000;

/// The objects in whose methods goroutines wait in a `Cond`: groups by type.
struct Objects<'d>(FxHashMap<Owner<'d>, Vec<Object<'d>>>);

/// A group, the function that it waits in, and the receiver of that if it is known.
type Object<'d> = (usize, &'d str, Option<u64>);

impl<'d> Objects<'d> {
    fn new(facts: &Facts<'d>, waits: impl Fn(usize) -> bool) -> Self {
        let mut all = FxHashMap::<_, Vec<_>>::default();
        for index in (0..facts.groups.len()).filter(|index| waits(*index)) {
            if let Some((owner, object)) = object(facts, index) {
                all.entry(owner).or_default().push(object);
            }
        }
        Self(all)
    }

    /// The groups that wait in other methods of the type in whose method those of `site` do, and of the
    /// same object as far as that is known; none unless there are enough on both sides.
    fn other_side(&self, facts: &Facts<'d>, site: &Site<'_>) -> Vec<usize> {
        /// Waiters on the larger and on the smaller side; who closes something waits alone.
        const SIDES: (i64, i64) = (5, 2);
        let first = site.groups.first().filter(|_| site.count >= SIDES.0);
        let Some((owner, (_, name, receiver))) = first.and_then(|index| object(facts, *index))
        else {
            return Vec::new();
        };
        let is_other = |(_, function, object): &&Object<'_>| {
            *function != name && object.zip(receiver).is_none_or(|(a, b)| a == b)
        };
        let all = self.0.get(&owner).into_iter().flatten().take(LOOKED_AT);
        let others = all.filter(is_other);
        let others: Vec<usize> = others.map(|(index, ..)| *index).collect();
        let count = others.iter().filter_map(|index| facts.groups.get(*index));
        let count: i64 = count.map(|group| group.count).sum();
        // Each pair is told once, by its larger side.
        if (SIDES.1..=site.count).contains(&count) { others } else { Vec::new() }
    }
}

fn object<'d>(facts: &Facts<'d>, index: usize) -> Option<(Owner<'d>, Object<'d>)> {
    let row = *facts.summary.grouping.rows(index).first()?;
    let (at, name) = user_frame(facts, index)?;
    let frames = &facts.locks().frames;
    let owner = frames.at(stack_of(facts, row), at).owner?;
    Some((owner, (index, name, frames.receiver(row as usize, at))))
}
