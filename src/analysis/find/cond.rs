//! Goroutines that wait in a `sync.Cond` and are not woken.
//!
//! Why it matters: a Cond keeps no memory: a `Signal` before the `Wait`, or one that is forgotten on a
//! path, is lost, and the waiter stays.
//!
//! What it cannot know: idle workers wait in a Cond, too. Those that had nothing to do since the start
//! came at one time; those that had may look like callers that came one after the other. Who handles a
//! request is no idle worker.

use std::collections::BTreeMap;

use super::aside::is_known_fine;
use super::per_request::handles_request;
use super::tell::SECOND_DUMP;
use super::waits::{MANY, place, sites};
use crate::analysis::facts::Case;
use crate::analysis::finding::{Category, Confidence, Finding, Severity};
use crate::analysis::graph;
use crate::analysis::locks::{Id, Op};

/// The kind of these findings.
pub(super) const KIND: &str = "cond-never-signalled";

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let locks = facts.locks();
    let wait = |index: usize| {
        let row = facts.summary.grouping.rows(index).first()?;
        locks.wait(*row).filter(|wait| wait.op == Op::Cond)
    };
    let mut found = Vec::new();
    // Workers of well-known queues are woken when there is work.
    let waits = |index: usize| wait(index).is_some() && !is_known_fine(case, index);
    for site in sites(facts, waits) {
        let mut conds: BTreeMap<u32, usize> = BTreeMap::new();
        for row in site.groups.iter().flat_map(|group| facts.summary.grouping.rows(*group)) {
            if let Some(wait) = locks.wait(*row) {
                *conds.entry(wait.lock).or_default() += 1;
            }
        }
        let (cond, most) = conds.iter().max_by_key(|(_, n)| **n).map_or((0, 0), |(c, n)| (*c, *n));
        let together = i64::try_from(most).unwrap_or(0).saturating_mul(2) > site.count;
        if !(site.leaked > 0 || (site.count >= MANY && site.spread && together)) {
            continue;
        }
        let mut finding = site.finding(facts, KIND, Category::Leak, None);
        let stacks = site.groups.iter().filter_map(|index| facts.groups.get(*index));
        let mut calls = stacks.map(|group| handles_request(facts, group.stack));
        let sure = site.leaked > 0 || calls.all(|call| call);
        finding.severity = if sure && site.count > 1 { Severity::High } else { Severity::Medium };
        finding.confidence = if sure { Confidence::Likely } else { Confidence::Possible };
        finding.title = format!(
            "{} in Cond.Wait in {}, and no Signal or Broadcast wakes them",
            graph::wait(site.count),
            site.function
        );
        if let Some(Id::Address(address)) = locks.lock(cond).map(|lock| lock.id) {
            finding.evidence.push(format!("{most} of them wait for the Cond at {address:#x}"));
        }
        finding.evidence.push(if sure {
            "they came one after the other, each in a call of its own, and none was woken".to_owned()
        } else {
            "they came one after the other, and none was woken; workers of a pool that is seldom used may look like that".to_owned()
        });
        let at = site.groups.first().map(|group| place(facts, *group)).unwrap_or_default();
        finding.next = vec![format!(
            "{at}: look for the change of state that has no Signal, or a Signal without the lock held"
        )];
        if !sure {
            finding.next.push(format!(
                "{SECOND_DUMP} in a minute and give both: those who are never woken are there again, and more"
            ));
        }
        found.push(finding);
    }
    found
}
