//! What the analyses of locks share: how a tangle becomes a finding, and how bad it is.

use std::collections::BTreeMap;

use crate::diagnose::data::Address;
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::graph::{self, Locator};
use crate::diagnose::locks::{Id, Locks, Tier};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::said::Caller;
use crate::diagnose::tangles::{Spot, Tangle, Trouble};
use crate::diagnose::waitfor::{NodeId, Why};
use crate::model::SourceLocation;

/// Waiters from which on contention is what an operator feels: as in the other analyses, 20 is one
/// more with each call, not a few that met by chance.
const MANY: i64 = 20;

/// A few waiters meet by chance in any busy service; five at one lock are a queue.
const QUEUE: i64 = 5;

/// Minutes after which a wait for a lock cannot be the counting's error: Go counts from a garbage
/// collection, and forces one every two minutes (runtime/proc.go, forcegcperiod).
pub(super) const SURE: u32 = 2;

/// A tangle in the dump that is judged.
pub(super) struct Knot<'c, 'd> {
    pub(super) facts: &'c Facts<'d>,
    pub(super) locks: &'c Locks<'d>,
    pub(super) tangle: &'c Tangle,
    pub(super) tell: Locator<'c, 'd>,
    /// Longest wait in minutes.
    pub(super) oldest: Option<u32>,
    /// Goroutines that Go marks as leaked.
    pub(super) leaked: i64,
}

/// The tangles of one kind of trouble.
pub(super) fn knots<'c, 'd>(
    case: &Case<'c, 'd>,
    trouble: Trouble,
) -> impl Iterator<Item = Knot<'c, 'd>> {
    let facts = case.now;
    let locks = facts.locks();
    let chosen = facts.tangles().iter().filter(move |tangle| tangle.trouble == trouble);
    chosen.map(move |tangle| {
        let tell = Locator::new(locks, facts);
        let (oldest, leaked) = tell.age(tangle.groups(locks, facts.graph()).into_iter());
        Knot { facts, locks, tangle, tell, oldest, leaked }
    })
}

impl Knot<'_, '_> {
    /// A finding with everything but title, evidence of its own and next steps.
    pub(super) fn finding(&self, kind: &'static str, category: Category) -> Finding {
        let mut finding = Finding::new(kind, category);
        finding.chain = graph::chain(self.locks, self.facts, self.tangle);
        finding.groups = self.tangle.groups(self.locks, self.facts.graph());
        let parents = graph::parents(self.locks, self.facts, &finding.groups);
        // Where a starter is one of many alike, the others are not concerned.
        let size = |group: usize| self.facts.groups.get(group).map_or(0, |group| group.count);
        let all = parents.iter().filter(|(group, n)| n.saturating_mul(2) >= size(**group));
        finding.groups.extend(all.map(|(group, _)| group));
        let further: i64 = self.tangle.further.values().sum();
        finding.count = self.waiting() + self.apart() + further + parents.values().sum::<i64>();
        finding.weight = weight(finding.count);
        finding.root = match self.tangle.source() {
            Some(id) => self.source(id),
            None => self.first().and_then(|(row, frame)| self.root(row, frame)),
        };
        finding
    }

    /// The goroutine where it starts, and its frame.
    pub(super) fn first(&self) -> Option<Spot> {
        self.tangle.roots.first().copied()
    }

    fn root(&self, row: u32, frame: usize) -> Option<Root> {
        let goroutine = self.facts.dump().goroutine(row as usize)?;
        // In a circle of locks nobody is more to blame than the others; in another it is who holds one.
        let locks = self.tangle.ring.iter().all(|edge| edge.why == Why::Lock);
        let roots = self.tangle.roots.iter().take(if locks { usize::MAX } else { 1 });
        let rows = roots.filter_map(|(row, _)| {
            self.facts.dump().goroutine(*row as usize).and_then(crate::model::Goroutine::goid)
        });
        Some(Root {
            goids: rows.collect(),
            row,
            stack: goroutine.stack(),
            role: self.tell.role(self.tangle, row),
            blocking: graph::shown_index(self.facts, row, frame),
        })
    }

    /// The goroutines that a holder waits for.
    fn source(&self, id: NodeId) -> Option<Root> {
        let node = self.facts.graph().node(id)?;
        let row = *node.rows.first()?;
        let dump = self.facts.dump();
        let goids = node.rows.iter().filter_map(|row| dump.goroutine(*row as usize)?.goid());
        Some(Root {
            goids: goids.take(64).collect(),
            row,
            stack: dump.goroutine(row as usize)?.stack(),
            role: Some(Role::Does(self.tell.does(row))),
            blocking: graph::shown_index(self.facts, row, node.frame),
        })
    }

    /// Roots that wait for none of its locks: holders.
    fn apart(&self) -> i64 {
        if !self.tangle.path.is_empty() {
            let known = |group: &&usize| !self.tangle.waiters.contains_key(group);
            let alike = self.tangle.alike.iter().filter(|(group, _)| known(group));
            return self.tangle.apart + alike.map(|(_, count)| count).sum::<i64>();
        }
        let waits = |row: u32| {
            let group = self.locks.group(row);
            group.is_none_or(|group| {
                self.tangle.waiters.contains_key(&group) || self.tangle.behind.contains_key(&group)
            })
        };
        let roots = self.tangle.roots.iter().filter(|(row, _)| !waits(*row)).count();
        let known = |group: &&usize| !self.tangle.waiters.contains_key(group);
        let alike = self.tangle.alike.iter().filter(|(group, _)| known(group));
        i64::try_from(roots).unwrap_or(0) + alike.map(|(_, count)| count).sum::<i64>()
    }

    /// Goroutines that wait, for its locks or behind those that do.
    pub(super) fn waiting(&self) -> i64 {
        self.tangle.direct() + self.tangle.behind.values().sum::<i64>()
    }

    /// How bad a deadlock is: high if it is seen to last, or to hold others up, or to be there more
    /// than once.
    pub(super) fn deadlock(&self) -> Severity {
        let lasts = self.oldest.is_some_and(|minutes| minutes >= 1) || self.leaked > 0;
        // Without addresses and ages two waiters may be two objects that are locked for a moment.
        let several = if self.is_object() { 2 } else { MANY };
        let several = self.waiting() >= several || (self.locks.deserted && self.waiting() > 1);
        // A holder that nothing but its start or its package links to the locks is a guess; who started all
        // that wait is none if nobody else is there.
        let guess = self.tangle.by.is_some_and(|by| match by.tier {
            Tier::Sibling | Tier::Package => true,
            Tier::Parent => !self.locks.deserted,
            _ => false,
        });
        match () {
            () if guess && !lasts && self.waiting() < MANY => Severity::Medium,
            () if lasts || several => Severity::High,
            () if self.locks.deserted || self.waiting() > 1 => Severity::Medium,
            // One young waiter may have met the lock by chance.
            () => Severity::Low,
        }
    }

    /// How bad contention is: by how many wait, their share, and since when.
    pub(super) fn contention(&self) -> Severity {
        // What is at work at the moment is not stuck.
        let moves = self.tangle.trouble == Trouble::Moves
            || self.tangle.ends_running(self.facts.graph(), self.facts.index());
        let (n, total) = (self.waiting(), self.facts.summary.shown.max(1));
        let young = self.oldest.is_none_or(|minutes| minutes < 1);
        // A few meet at a lock for a moment in any busy service.
        if young && (moves || n < MANY) {
            return Severity::Low;
        }
        let share = n.saturating_mul(100) / total;
        let long = self.oldest.is_some_and(|minutes| minutes >= SURE);
        match () {
            () if n >= MANY && share >= 10 => Severity::High,
            () if n >= MANY || (n >= QUEUE && long) => {
                Severity::High.min(if long { Severity::High } else { Severity::Medium })
            }
            // One in twenty goroutines is what a user notices, in a small program, too.
            () if n >= QUEUE || long => Severity::Medium,
            () if share >= 5 && (n > 1 || self.tangle.by.is_some()) => Severity::Medium,
            () => Severity::Low,
        }
    }

    /// How sure a holder is.
    pub(super) fn confidence(&self) -> Confidence {
        match self.tangle.by.map(|by| by.tier) {
            Some(Tier::Receiver | Tier::Shared | Tier::Near)
                if self.tangle.rivals == 0 && !self.is_loop() =>
            {
                Confidence::Likely
            }
            None if self.is_object() => Confidence::Likely,
            _ => Confidence::Possible,
        }
    }

    /// Whether the holder may as well be a loop that serves the object and holds nothing.
    fn is_loop(&self) -> bool {
        self.tangle.by.is_some_and(|by| self.locks.is_loop(self.facts, &by))
    }

    /// Whether the lock is known as an object.
    pub(super) fn is_object(&self) -> bool {
        let first = self.tangle.locks.first().and_then(|lock| self.locks.lock(*lock));
        first.is_some_and(|lock| lock.id.is_object())
    }

    /// The function of most waiters, with its line, as a sentence names it.
    pub(super) fn site(&self) -> String {
        self.crowd()
            .map_or_else(String::new, |(row, frame)| self.tell.function(row, frame).to_owned())
    }

    /// A waiter of the largest group, and the user's frame in it.
    pub(super) fn crowd(&self) -> Option<Spot> {
        let waits = self.tangle.locks.iter().flat_map(|lock| self.locks.waits_for(*lock));
        // They come group by group.
        let mut last = (u32::MAX, None);
        let wait = waits.max_by_key(|wait| {
            if last.0 != wait.group {
                last = (wait.group, self.tangle.waiters.get(&(wait.group as usize)).copied());
            }
            (last.1, std::cmp::Reverse(wait.row))
        })?;
        Some((wait.row, self.tell.user(wait.row, wait.caller as usize)))
    }

    /// How the waiters are known to wait for the same lock, how long, and what the format keeps back.
    pub(super) fn facts(&self) -> Vec<Evidence> {
        let mut all: Vec<Evidence> = Vec::new();
        let waiting = self.tangle.direct();
        let ids: Vec<Id<'_>> =
            self.tangle.locks.iter().filter_map(|l| self.locks.lock(*l)).map(|l| l.id).collect();
        match ids[..] {
            [Id::Address(address)] => {
                all.push(Evidence::OneLock { waiting, lock: Address(address) });
            }
            [Id::Receiver(_, receiver)] => {
                all.push(Evidence::OneObject { waiting, object: Address(receiver) });
            }
            [_, _, ..] if self.is_object() => {
                let one_place = self.functions().len() == 1;
                all.push(Evidence::SeveralLocks { waiting, locks: ids.len(), one_place });
            }
            _ if !self.facts.has_ages() && self.facts.dump().has_goids() => {
                all.push(Fact::NoAddressesButIds.into());
            }
            _ if !self.facts.has_ages() => all.push(Fact::NoAddresses.into()),
            _ => {}
        }
        all.extend(self.oldest.map(|minutes| Evidence::Longest { minutes }));
        all
    }

    /// Why the holder is believed to be it.
    pub(super) fn holder(&self) -> Option<Evidence> {
        let lock = self.tangle.locks.first().and_then(|lock| self.locks.lock(*lock))?;
        self.tangle.by.map(|by| self.tell.holder(&by, lock.id))
    }

    /// The functions of the waiters, and of those who are held up beside them.
    pub(super) fn places(&self) -> Evidence {
        Evidence::Waiting { functions: self.functions() }
    }

    fn functions(&self) -> Vec<Caller> {
        let mut by_function: BTreeMap<&str, i64> = BTreeMap::new();
        for (group, count) in self.tangle.waiters.iter().chain(&self.tangle.behind) {
            let Some(row) = self.facts.summary.grouping.rows(*group).first() else { continue };
            let from = self.locks.wait(*row).map_or(0, |wait| wait.caller as usize);
            let frame = self.tell.user(*row, from);
            *by_function.entry(self.tell.function(*row, frame)).or_default() += count;
        }
        let mut list: Vec<_> = by_function.into_iter().collect();
        list.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        let one = |(name, count): &(&str, i64)| Caller {
            at: SourceLocation::function(name),
            count: *count,
        };
        list.iter().take(8).map(one).collect()
    }
}

/// Goroutines explained, as a rank.
#[expect(clippy::cast_precision_loss, reason = "a rank, not a count")]
pub(super) fn weight(count: i64) -> f64 {
    count as f64
}
