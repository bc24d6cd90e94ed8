//! Goroutines that wait to send, and the consumer that they send to.
//!
//! Why it matters: the senders are the victims. If the consumer is gone they leak; if it is slow the
//! queue moves and needs more consumers or a limit; if it is blocked itself, that is the cause.
//!
//! What it cannot know: which channel a goroutine uses is not in a dump. Producer and consumer are
//! matched by their type, or by the function that started the consumer and in which the sender's
//! closure stands.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::origin::Origin;
use super::semaphore;
use super::waits::{MANY, Site, place, sites, user_frame};
use crate::diagnose::activity::Activity;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::locks::{Owner, base, stack_of};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::said::Same;
use crate::diagnose::step::{Advice, SecondDump, Step};
use crate::diagnose::title::Title;
use crate::model::{Symbol, WaitKind};

/// The kind of findings about a consumer that is gone.
pub(super) const DEAD: &str = "dead-consumer";

/// The kind of findings about a consumer that works.
pub(super) const SLOW: &str = "slow-consumer";

/// The kind of findings about a consumer that is blocked itself.
pub(super) const BLOCKED: &str = "blocked-consumer";

/// Senders that make a queue; fewer meet by chance.
const QUEUE: i64 = 5;

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let senders = sites(facts, |index| facts.kind(index) == WaitKind::Send);
    let queues: Vec<_> = senders.into_iter().filter(|site| site.count >= QUEUE).collect();
    if queues.is_empty() {
        return Vec::new();
    }
    let near = Near::new(facts, queues.iter().filter_map(|site| owner(facts, site)).collect());
    queues.iter().filter_map(|site| judge(facts, site, &near)).collect()
}

/// Groups that may be consumers, the largest of which are looked at.
const LOOKED_AT: usize = 1000;

/// Groups that may have to do with senders: in methods of their types, and by who started them.
struct Near<'d> {
    owned: FxHashMap<Owner<'d>, Vec<usize>>,
    started: FxHashMap<&'d str, Vec<usize>>,
    /// Those that are blocked, by the package that they started in: who sends first, then the smaller ones,
    /// as a consumer has company seldom.
    blocked_in: BTreeMap<&'d str, Vec<usize>>,
}

impl<'d> Near<'d> {
    fn new(facts: &Facts<'d>, owners: FxHashSet<Owner<'d>>) -> Self {
        let frames = &facts.locks().frames;
        let mut near = Self {
            owned: owners.into_iter().map(|owner| (owner, Vec::new())).collect(),
            started: FxHashMap::default(),
            blocked_in: BTreeMap::new(),
        };
        let add = |list: &mut Vec<usize>, index: usize| {
            if list.last() != Some(&index) {
                list.push(index);
            }
        };
        for (index, group) in facts.groups.iter().enumerate() {
            for id in facts.dump().stack(group.stack) {
                let owner = frames.get(*id).owner;
                if let Some(list) = owner.and_then(|owner| near.owned.get_mut(&owner)) {
                    add(list, index);
                }
            }
            for creator in &group.creators {
                add(near.started.entry(creator.function).or_default(), index);
            }
            let start = facts.names(index).last().map(|name| Symbol::new(name).package());
            if let Some(package) = start
                && matches!(facts.kind(index), WaitKind::Send | WaitKind::Lock(_))
            {
                near.blocked_in.entry(package).or_default().push(index);
            }
        }
        for list in near.blocked_in.values_mut() {
            let count = |index: usize| facts.groups.get(index).map_or(0, |group| group.count);
            list.sort_by_key(|index| (facts.kind(*index) != WaitKind::Send, count(*index), *index));
        }
        near
    }
}

/// How a group that may be the consumer stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    /// It receives or selects: from this channel it would have received.
    Idle,
    Blocked,
    Works,
}

fn judge<'d>(facts: &Facts<'d>, site: &Site<'d>, near: &Near<'d>) -> Option<Finding> {
    let owner = owner(facts, site);
    let consumers = consumers(facts, site, owner, near);
    match consumers.iter().max_by_key(|(stand, group)| (*stand, std::cmp::Reverse(*group))) {
        Some((Stand::Works, group)) => Some(slow(facts, site, *group)),
        // Those that outlived their calls sent to the caller, and so did what stands beside them.
        Some((Stand::Blocked, _)) if outlived(facts, site) => None,
        Some((Stand::Blocked, group)) => Some(blocked(facts, site, *group, Same::Type)),
        Some((Stand::Idle, _)) => None,
        // Who is past the send holds a place, and will make room: the channel is a semaphore.
        None if semaphore::has_holders(facts, site) => None,
        // Those that outlived their calls sent to the caller: the suspected leaks tell that better.
        None if outlived(facts, site) => None,
        None => match neighbour(facts, site, near) {
            Some(group) => Some(blocked(facts, site, group, Same::Package)),
            None => owner.and_then(|owner| dead(facts, site, owner)),
        },
    }
}

/// A group in the package of the senders that may be their consumer, though no type says so: a few
/// goroutines that started there on their own account and are blocked sending on, or for a lock.
fn neighbour(facts: &Facts<'_>, site: &Site<'_>, near: &Near<'_>) -> Option<usize> {
    /// Senders for each that may be their consumer.
    const EACH: i64 = 4;
    // Go has found that nobody who could receive has the channel.
    if site.leaked > 0 {
        return None;
    }
    let package = Symbol::new(site.function).package();
    let fits = |index: &&usize| {
        let Some(group) = facts.groups.get(**index) else { return false };
        group.count.saturating_mul(EACH) <= site.count
            && !facts.names(**index).contains(&site.function)
            && !group.creators.iter().any(|by| by.function == site.function)
    };
    near.blocked_in.get(package)?.iter().take(LOOKED_AT).find(fits).copied()
}

/// Whether the calls that started the senders are over.
fn outlived(facts: &Facts<'_>, site: &Site<'_>) -> bool {
    let origins = Origin::of_all(facts, &[site.groups.as_slice()]);
    site.leaked == 0 && origins.iter().all(|origin| origin.is_one_per_call() && origin.is_gone())
}

/// The type whose method sends.
fn owner<'d>(facts: &Facts<'d>, site: &Site<'d>) -> Option<Owner<'d>> {
    let group = *site.groups.first()?;
    let row = *facts.summary.grouping.rows(group).first()?;
    let (at, _) = user_frame(facts, group)?;
    facts.locks().frames.at(stack_of(facts, row), at).owner
}

fn consumers<'d>(
    facts: &Facts<'d>,
    site: &Site<'d>,
    owner: Option<Owner<'d>>,
    near: &Near<'d>,
) -> Vec<(Stand, usize)> {
    let locks = facts.locks();
    let Some(first) = site.groups.first().and_then(|group| facts.groups.get(*group)) else {
        return Vec::new();
    };
    // The functions whose closures send, or hand to those that send.
    let starts: Vec<&str> = facts
        .functions(first.stack)
        .filter(|name| base(name).len() < name.len())
        .map(base)
        .take(2)
        .collect();
    let dispatchers: Vec<&str> = first.creators.iter().map(|by| by.function).collect();
    let mut all: Vec<usize> =
        owner.and_then(|owner| near.owned.get(&owner)).cloned().unwrap_or_default();
    all.extend(starts.iter().filter_map(|start| near.started.get(start)).flatten());
    all.sort_unstable();
    all.dedup();
    let mut found = Vec::new();
    for index in all.into_iter().take(LOOKED_AT) {
        let Some(group) = facts.groups.get(index) else { continue };
        // Another instance on its way to the send, or the one that starts the senders.
        let sends = |name: &str| name == site.function || dispatchers.contains(&name);
        if facts.names(index).iter().copied().any(sends) {
            continue;
        }
        let stack = facts.dump().stack(group.stack);
        let frame = |at: usize| locks.frames.at(stack, at);
        let same_type = owner.is_some() && (0..stack.len()).any(|at| frame(at).owner == owner);
        let started = group.creators.iter().any(|by| starts.contains(&by.function))
            && (0..stack.len()).any(|at| frame(at).user);
        let stand = match facts.kind(index) {
            kind if kind.ends_by_itself() => Stand::Works,
            WaitKind::Receive | WaitKind::Select => Stand::Idle,
            _ => Stand::Blocked,
        };
        if same_type || (started && stand == Stand::Works) {
            found.push((stand, index));
        }
    }
    found
}

fn dead(facts: &Facts<'_>, site: &Site<'_>, owner: Owner<'_>) -> Option<Finding> {
    // A few may be caught on their way; a leak has them pile up, or stay.
    if site.count < MANY && site.oldest.is_none() && site.leaked == 0 {
        return None;
    }
    let mut finding = site.finding(facts, DEAD, Category::Leak, None);
    finding.severity = site.severity(facts);
    finding.confidence = Confidence::Likely;
    finding.title = Title::NoConsumer { waiting: site.count, function: site.function.to_owned() };
    finding.evidence =
        vec![Evidence::NobodyInType { package: owner.0.to_owned(), receiver: owner.1.to_owned() }];
    let at = site.groups.first().map(|group| place(facts, *group)).unwrap_or_default();
    finding.next = vec![Step::at(at, Advice::SelectBesideSend), Advice::WhyReceiverLeft.into()];
    Some(finding)
}

fn slow(facts: &Facts<'_>, site: &Site<'_>, consumer: usize) -> Finding {
    let root = Some((consumer, Role::SlowConsumer));
    let mut finding = site.finding(facts, SLOW, Category::Backpressure, root);
    // A consumer at work is no trouble as long as nobody waits for long.
    let lasts = site.count >= MANY && site.oldest.is_some();
    finding.severity = if lasts { Severity::Medium } else { Severity::Low };
    finding.confidence = Confidence::Possible;
    let at = place(facts, consumer);
    finding.title = Title::SlowConsumer {
        waiting: site.count,
        function: site.function.to_owned(),
        consumer: user_frame(facts, consumer).map_or("", |(_, name)| name).to_owned(),
        does: Activity::of_group(facts, consumer),
    };
    finding.evidence = vec![Evidence::ConsumerWorks { at: at.clone() }];
    finding.next = vec![
        Step::at(at, Advice::FasterConsumer),
        Step::SecondDump { why: SecondDump::ConsumerStuck },
    ];
    finding
}

fn blocked(facts: &Facts<'_>, site: &Site<'_>, consumer: usize, same: Same) -> Finding {
    // Where there are many of both, each call has its own, and is left behind with it.
    let many = facts.groups.get(consumer).is_some_and(|group| group.count >= MANY);
    let category = if many { Category::Leak } else { Category::Deadlock };
    let root = Some((consumer, Role::BlockedConsumer));
    let mut finding = site.finding(facts, BLOCKED, category, root);
    finding.severity = if site.count >= MANY { Severity::Medium } else { Severity::Low };
    finding.confidence = Confidence::Possible;
    let (at, does) = (place(facts, consumer), Activity::of_group(facts, consumer));
    finding.title = Title::BlockedConsumer {
        waiting: site.count,
        function: site.function.to_owned(),
        consumer: user_frame(facts, consumer).map_or("", |(_, name)| name).to_owned(),
        same,
        does: does.clone(),
    };
    finding.evidence = vec![Evidence::ConsumerBlocked { same, does, at: at.clone() }];
    finding.next = vec![Step::at(at, Advice::ConsumerIsCause)];
    finding
}
