//! What is wrong with the locks of a dump: each lock's verdict, followed from holder to holder until
//! somebody waits for nothing that is a lock, or for a lock that was met before. What ends the same way
//! in the same places is told as one.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::verdict::{Verdict, verdict, writers};
use super::{Candidate, Locks, stack_of};
use crate::analysis::Facts;
use crate::model::GoidSet;

/// What is wrong with a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// A goroutine waits for a lock that it holds.
    Own,
    /// The function of a `sync.Once` calls it again.
    Once,
    /// A reader locks again behind a writer that waits for it.
    Reads,
    /// Goroutines wait for each other's locks.
    Cycle,
    /// Somebody likely holds it.
    Held,
    /// It moves, slowly.
    Moves,
    /// Nobody is seen who could hold it.
    Nobody,
}

/// A goroutine and the frame that matters: its record, and the raw index in its stack.
pub type Spot = (u32, usize);

/// A lock that keeps goroutines waiting, or several that do so in the same way.
#[derive(Clone, Debug)]
pub struct Tangle {
    /// What is wrong.
    pub trouble: Trouble,
    /// Whether it cannot go on by itself.
    pub stuck: bool,
    /// The locks at its root, in the order of the dump.
    pub locks: Vec<u32>,
    /// Where it starts; several for a cycle. Empty if nobody is seen.
    pub roots: Vec<Spot>,
    /// The writer behind whom a reader locks again.
    pub writer: Option<u32>,
    /// How the holder was found.
    pub by: Option<Candidate>,
    /// Candidates that are as good.
    pub rivals: usize,
    /// Goroutines that wait for these locks, by group.
    pub waiters: BTreeMap<usize, i64>,
    /// Goroutines that wait for those, by group.
    pub behind: BTreeMap<usize, i64>,
    /// Goroutines that do elsewhere what its roots do, by group.
    pub alike: BTreeMap<usize, i64>,
}

impl Tangle {
    /// One about which nothing is known yet.
    fn new() -> Self {
        Self {
            trouble: Trouble::Nobody,
            stuck: false,
            locks: Vec::new(),
            roots: Vec::new(),
            writer: None,
            by: None,
            rivals: 0,
            waiters: BTreeMap::new(),
            behind: BTreeMap::new(),
            alike: BTreeMap::new(),
        }
    }

    /// All its groups, roots first.
    pub fn groups(&self, locks: &Locks<'_>) -> Vec<usize> {
        let mut all = Vec::new();
        let roots = self.roots.iter().map(|(row, _)| *row).chain(self.writer);
        let roots = roots.filter_map(|row| locks.group(row));
        let by_count = |map: &BTreeMap<usize, i64>| map.keys().copied().collect::<Vec<_>>();
        for group in roots
            .chain(by_count(&self.waiters))
            .chain(by_count(&self.behind))
            .chain(by_count(&self.alike))
        {
            if !all.contains(&group) {
                all.push(group);
            }
        }
        all
    }

    /// Takes up another one with the same functions.
    fn join(&mut self, locks: &Locks<'_>, other: &Self) {
        let rows = other.roots.iter().map(|(row, _)| *row).chain(other.writer);
        for group in rows.filter_map(|row| locks.group(row)) {
            *self.alike.entry(group).or_default() += 1;
        }
    }

    /// Goroutines that wait for its locks.
    pub fn direct(&self) -> i64 {
        self.waiters.values().sum()
    }
}

/// Where a chain of holders ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Lock(u32),
    Cycle(u32),
}

/// Finds what is wrong.
pub(super) fn diagnose<'d>(locks: &Locks<'d>, facts: &Facts<'d>) -> Vec<Tangle> {
    let busy = super::stuck::busy_parents(facts);
    let count = u32::try_from(locks.locks.len()).unwrap_or(u32::MAX);
    let verdicts = verdicts(locks, facts);
    let ends = ends(locks, &verdicts);
    let mut told: FxHashMap<(Trouble, bool, Vec<&str>, &str), usize> = FxHashMap::default();
    let mut tangles: Vec<Tangle> = Vec::new();
    let mut of_end: FxHashMap<End, usize> = FxHashMap::default();
    for index in 0..count {
        let is_lock = locks.waits_for(index).next().is_some_and(|wait| wait.op.is_lock());
        let Some(end) = ends.get(index as usize).copied().filter(|_| is_lock) else { continue };
        let at = *of_end.entry(end).or_insert_with(|| {
            let tangle = tangle(locks, facts, &verdicts, end, &busy);
            let name = |spot: &Spot| locks.frames.at(stack_of(facts, spot.0), spot.1).name;
            let mut places: Vec<&str> = tangle.roots.iter().map(name).collect();
            places.sort_unstable();
            places.dedup();
            let lock = match end {
                End::Lock(lock) | End::Cycle(lock) => lock,
            };
            let site = site(locks, facts, lock);
            let key = (tangle.trouble, tangle.stuck, places, site);
            let at = *told.entry(key).or_insert(tangles.len());
            match tangles.get_mut(at) {
                Some(first) => first.join(locks, &tangle),
                None => tangles.push(tangle),
            }
            at
        });
        let Some(tangle) = tangles.get_mut(at) else { continue };
        let direct = matches!(end, End::Lock(lock) if lock == index)
            || (matches!(end, End::Cycle(_)) && in_cycle(locks, &verdicts, index));
        if direct && !tangle.locks.contains(&index) {
            tangle.locks.push(index);
        }
        let map = if direct { &mut tangle.waiters } else { &mut tangle.behind };
        for wait in locks.waits_for(index) {
            let count =
                facts.dump().goroutine(wait.row as usize).map_or(1, crate::model::Goroutine::count);
            *map.entry(wait.group as usize).or_default() += count;
        }
    }
    tangles
}

/// The verdict on every lock.
fn verdicts<'d>(locks: &Locks<'d>, facts: &Facts<'d>) -> Vec<Verdict> {
    let writers = writers(locks);
    let count = u32::try_from(locks.locks.len()).unwrap_or(u32::MAX);
    let mut verdicts: Vec<Verdict> = (0..count)
        .map(|index| {
            let waits = locks.waits_for(index).next();
            if waits.is_some_and(|wait| wait.op.is_lock()) {
                verdict(locks, facts, index, &writers)
            } else {
                Verdict::Nobody
            }
        })
        .collect();
    super::crossed::adopt(locks, facts, &mut verdicts);
    super::crossed::cross(locks, facts, &mut verdicts);
    verdicts
}

/// The function in which the first waiter locks.
fn site<'d>(locks: &Locks<'d>, facts: &Facts<'d>, lock: u32) -> &'d str {
    locks
        .waits_for(lock)
        .next()
        .map_or("", |wait| locks.frames.at(stack_of(facts, wait.row), wait.caller as usize).name)
}

/// The lock that the holder of the one at `index` waits for.
fn next(locks: &Locks<'_>, verdicts: &[Verdict], index: u32) -> Option<u32> {
    match verdicts.get(index as usize)? {
        Verdict::Held(candidate) => {
            locks.wait(candidate.row).filter(|wait| wait.op.is_lock()).map(|wait| wait.lock)
        }
        _ => None,
    }
}

/// Whether following the holders leads back to the lock at `index`.
fn in_cycle(locks: &Locks<'_>, verdicts: &[Verdict], index: u32) -> bool {
    let mut at = index;
    // A bound keeps it linear; longer circles are told as waiters behind them.
    for _ in 0..64 {
        match next(locks, verdicts, at) {
            Some(lock) if lock == index => return true,
            Some(lock) => at = lock,
            None => return false,
        }
    }
    false
}

/// Follows the holders of every lock: each lock has one next, so every path is walked once.
fn ends(locks: &Locks<'_>, verdicts: &[Verdict]) -> Vec<End> {
    let mut ends: Vec<Option<End>> = vec![None; verdicts.len()];
    let mut seen_in: Vec<u32> = vec![u32::MAX; verdicts.len()];
    for start in 0..u32::try_from(verdicts.len()).unwrap_or(u32::MAX) {
        let mut path = Vec::new();
        let mut at = start;
        let end = loop {
            if let Some(end) = ends.get(at as usize).copied().flatten() {
                break end;
            }
            match seen_in.get_mut(at as usize) {
                Some(seen) if *seen == start => {
                    let from = path.iter().position(|lock| *lock == at).unwrap_or(0);
                    let cycle = path.get(from..).unwrap_or(&[]);
                    break End::Cycle(cycle.iter().copied().min().unwrap_or(at));
                }
                Some(seen) => *seen = start,
                None => break End::Lock(at),
            }
            path.push(at);
            match next(locks, verdicts, at) {
                Some(lock) => at = lock,
                None => break End::Lock(at),
            }
        };
        for lock in path {
            if let Some(slot) = ends.get_mut(lock as usize) {
                *slot = Some(end);
            }
        }
    }
    ends.into_iter().map(|end| end.unwrap_or(End::Lock(0))).collect()
}

fn tangle(
    locks: &Locks<'_>,
    facts: &Facts<'_>,
    verdicts: &[Verdict],
    end: End,
    busy: &GoidSet,
) -> Tangle {
    let mut tangle = Tangle::new();
    let lock = match end {
        End::Lock(lock) | End::Cycle(lock) => lock,
    };
    tangle.rivals = rivals(locks, lock);
    match (end, verdicts.get(lock as usize)) {
        (End::Cycle(first), _) => {
            (tangle.trouble, tangle.stuck) = (Trouble::Cycle, true);
            let mut at = first;
            while let Some(Verdict::Held(candidate)) = verdicts.get(at as usize) {
                tangle.roots.push((candidate.row, caller(locks, candidate)));
                tangle.by = tangle.by.max_by_tier(*candidate);
                match next(locks, verdicts, at) {
                    Some(lock) if lock != first && tangle.roots.len() < 64 => at = lock,
                    _ => break,
                }
            }
        }
        (_, Some(Verdict::Own { row, frame })) => {
            (tangle.trouble, tangle.stuck) = (Trouble::Own, true);
            tangle.roots.push((*row, *frame));
        }
        (_, Some(Verdict::Once { row, frame })) => {
            (tangle.trouble, tangle.stuck) = (Trouble::Once, true);
            tangle.roots.push((*row, *frame));
        }
        (_, Some(Verdict::Reads { row, frame, writer })) => {
            (tangle.trouble, tangle.stuck) = (Trouble::Reads, true);
            tangle.roots.push((*row, *frame));
            tangle.writer = Some(*writer);
        }
        (_, Some(Verdict::Held(candidate))) => {
            tangle.trouble = Trouble::Held;
            tangle.stuck = super::stuck::is_stuck(locks, facts, candidate.row, busy);
            tangle.roots.push((candidate.row, candidate.frame));
            tangle.by = Some(*candidate);
        }
        (_, Some(Verdict::Moves(row))) => {
            tangle.trouble = Trouble::Moves;
            tangle.roots.push((*row, 0));
        }
        (_, Some(Verdict::Nobody) | None) => {}
    }
    tangle
}

/// The frame in which a member of a cycle waits for its lock.
fn caller(locks: &Locks<'_>, candidate: &Candidate) -> usize {
    locks.wait(candidate.row).map_or(candidate.frame, |wait| wait.caller as usize)
}

/// Other candidates of the best one's tier.
fn rivals(locks: &Locks<'_>, lock: u32) -> usize {
    let Some(lock) = locks.lock(lock) else { return 0 };
    let best = lock.holders.first().map(|best| best.tier);
    lock.holders.iter().skip(1).filter(|other| Some(other.tier) == best).count()
}

/// The weaker of two pieces of evidence.
trait Weaker {
    fn max_by_tier(self, other: Candidate) -> Self;
}

impl Weaker for Option<Candidate> {
    fn max_by_tier(self, other: Candidate) -> Self {
        Some(self.filter(|own| own.tier >= other.tier).unwrap_or(other))
    }
}
