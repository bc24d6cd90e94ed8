//! Locks taken in opposite order, where no address shows the holders: what a goroutine locked first is
//! mostly dead in its registers when it waits for the second. What remains is the structure. Two locks
//! that nobody seems to hold each have a waiter that is not one of the crowd, and these two wait in
//! the same place or in the same package: each likely holds what the other wants.

use std::collections::BTreeMap;

use super::candidate::{CROWD, is_of_argument};
use super::verdict::Verdict;
use super::{Candidate, Locks, Tier, Wait, stack_of};
use crate::diagnose::index::Index;

/// A waiter stands out if its stack has at most so large a share of the lock's waiters: one in five.
/// In the crowds that maintainers took apart (ANALYSES.md 5) the exceptions were singletons.
const RARE: i64 = 5;

/// Members of a circle that is inferred from the structure alone: a choice. Each more that is guessed at
/// makes the whole less likely; real circles have two or three.
const RING: usize = 8;

/// Makes the exceptions among the waiters of unexplained locks each other's holders.
pub(super) fn cross<'d>(locks: &Locks<'d>, facts: &Index<'d>, verdicts: &mut [Verdict]) {
    let open: Vec<u32> = (0u32..)
        .zip(verdicts.iter())
        .filter(|(_, verdict)| match verdict {
            Verdict::Nobody => true,
            Verdict::Held(candidate) => candidate.tier == Tier::Enclosing,
            _ => false,
        })
        .map(|(index, _)| index)
        .filter(|index| locks.waits_for(*index).next().is_some_and(|wait| wait.kind.is_lock()))
        .collect();
    if open.len() < 2 {
        return;
    }
    eliminate(locks, facts, &open, verdicts);
    let open: Vec<u32> = open
        .into_iter()
        .filter(|lock| !matches!(verdicts.get(*lock as usize), Some(Verdict::Held(c)) if c.tier == Tier::Type))
        .collect();
    let odd: Vec<(u32, Odd)> =
        open.iter().filter_map(|index| Some((*index, odd(locks, facts, *index)?))).collect();
    let mut by_group: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, (_, odd)) in odd.iter().enumerate() {
        by_group.entry(odd.wait.group).or_default().push(at);
    }
    for list in by_group.values() {
        let members: Vec<&(u32, Odd)> = list.iter().filter_map(|at| odd.get(*at)).collect();
        if is_ring(facts, &members) {
            link(verdicts, &members);
        }
    }
    few(locks, facts, &open, verdicts);
    circle(locks, facts, &odd, &open, verdicts);
    // Two functions, each with one lock and a crowd of the other's victims behind it.
    if let [a, b] = &odd[..]
        && open.len() == 2
        && a.1.wait.group != b.1.wait.group
        && package(locks, facts, &a.1.wait) == package(locks, facts, &b.1.wait)
        && (a.1.stands_out || b.1.stands_out || started_together(facts, &[a, b]))
    {
        link(verdicts, &[a, b]);
    }
}

/// A method that waits for the lock of one of its arguments likely holds its receiver's lock. Of such
/// goroutines, each alone in its place, one is left for an unexplained lock if all others wait for it or
/// hold another.
fn eliminate(locks: &Locks<'_>, facts: &Index<'_>, open: &[u32], verdicts: &mut [Verdict]) {
    let mut outside: Vec<Wait> = Vec::new();
    for wait in &locks.waits {
        let Some(lock) = locks.lock(wait.lock).filter(|_| wait.kind.is_lock()) else { continue };
        let group = wait.group as usize;
        if facts.summary.grouping.rows(group).len() == 1 && is_of_argument(lock, facts, wait) {
            outside.push(*wait);
        }
    }
    if outside.len() < 2 || outside.len() > RING {
        return;
    }
    let mut taken: Vec<u32> = Vec::new();
    for verdict in verdicts.iter() {
        if let Verdict::Held(candidate) = verdict {
            taken.push(candidate.row);
        }
    }
    // Each round explains a lock, or none is left to explain.
    for _ in 0..open.len().min(RING) {
        let found = open.iter().find_map(|lock| {
            let is_open = matches!(verdicts.get(*lock as usize), Some(Verdict::Nobody));
            let here = package(locks, facts, locks.waits_for(*lock).next().filter(|_| is_open)?);
            let mut fits = outside.iter().filter(|wait| {
                wait.lock != *lock
                    && !taken.contains(&wait.row)
                    && package(locks, facts, wait) == here
            });
            let only = fits.next()?;
            fits.next().is_none().then_some((*lock, *only))
        });
        let Some((lock, wait)) = found else { return };
        taken.push(wait.row);
        if let Some(slot) = verdicts.get_mut(lock as usize) {
            *slot = Verdict::Held(Candidate {
                row: wait.row,
                frame: wait.caller as usize,
                tier: Tier::Type,
                pointer: 0,
            });
        }
    }
}

/// Three and more functions of one package, each waiting for a lock that nobody seems to hold while a
/// crowd piles up behind one of them: that all were left locked at the same time is less likely than
/// that each holds the lock that the next one wants.
fn circle<'d>(
    locks: &Locks<'d>,
    facts: &Index<'d>,
    odd: &[(u32, Odd)],
    open: &[u32],
    verdicts: &mut [Verdict],
) {
    if odd.len() < 3 || odd.len() > RING || odd.len() != open.len() {
        return;
    }
    let mut functions: Vec<&str> = Vec::new();
    for (_, odd) in odd {
        let frame = locks.frames.at(stack_of(facts, odd.wait.row), odd.wait.caller as usize);
        functions.push(frame.name);
    }
    functions.sort_unstable();
    functions.dedup();
    let first = odd.first().map_or("", |(_, odd)| package(locks, facts, &odd.wait));
    let together = odd.iter().all(|(_, odd)| package(locks, facts, &odd.wait) == first);
    let crowd = open
        .iter()
        .any(|lock| locks.waits_for(*lock).map(|wait| count(facts, wait)).sum::<i64>() >= CROWD);
    if functions.len() == odd.len() && together && (crowd || locks.deserted) {
        link(verdicts, &odd.iter().collect::<Vec<_>>());
    }
}

fn count(facts: &Index<'_>, wait: &Wait) -> i64 {
    facts.dump().goroutine(wait.row as usize).map_or(1, crate::model::Goroutine::count)
}

/// Where no address tells locks apart: a few that wait in another function than the crowd of the same
/// package are the exception. Those few likely hold each other's locks, and the crowd's.
fn few<'d>(locks: &Locks<'d>, facts: &Index<'d>, open: &[u32], verdicts: &mut [Verdict]) {
    let [a, b] = *open else { return };
    let total = |index: u32| -> i64 {
        let rows = locks.waits_for(index).map(|wait| wait.row);
        rows.map(|row| {
            facts.dump().goroutine(row as usize).map_or(1, crate::model::Goroutine::count)
        })
        .sum()
    };
    let (small, crowd) = if total(a) < total(b) { (a, b) } else { (b, a) };
    let named = [small, crowd].iter().all(|l| locks.lock(*l).is_some_and(|l| !l.id.is_object()));
    let Some(wait) = locks.waits_for(small).next().filter(|_| named) else { return };
    let Some(other) = locks.waits_for(crowd).next() else { return };
    if package(locks, facts, wait) != package(locks, facts, other)
        || total(small) < 2
        || total(small).saturating_mul(RARE) > total(crowd)
    {
        return;
    }
    let candidate =
        Candidate { row: wait.row, frame: wait.caller as usize, tier: Tier::Type, pointer: 0 };
    for lock in [small, crowd] {
        if let Some(slot) = verdicts.get_mut(lock as usize) {
            *slot = Verdict::Held(candidate);
        }
    }
}

/// The waiter of a lock that is not one of the crowd.
struct Odd {
    wait: Wait,
    /// There is a crowd that it stands out from.
    stands_out: bool,
}

fn odd(locks: &Locks<'_>, facts: &Index<'_>, index: u32) -> Option<Odd> {
    let mut groups: BTreeMap<u32, (i64, Wait)> = BTreeMap::new();
    let mut total = 0;
    for wait in locks.waits_for(index) {
        let count =
            facts.dump().goroutine(wait.row as usize).map_or(1, crate::model::Goroutine::count);
        groups.entry(wait.group).or_insert((0, *wait)).0 += count;
        total += count;
    }
    let (count, wait) = groups.values().min_by_key(|(count, _)| *count)?;
    let stands_out = groups.len() > 1 && count.saturating_mul(RARE) <= total;
    (stands_out || total == 1 || !locks.lock(index)?.id.is_object())
        .then_some(Odd { wait: *wait, stands_out })
}

/// Whether goroutines that wait in one place for different locks hold each other's: if all stand out
/// from crowds, or if one goroutine started them and each was given two pointers or more, so that
/// there can be a second lock. Others that each wait alone are rather many instances of one fault.
fn is_ring(facts: &Index<'_>, members: &[&(u32, Odd)]) -> bool {
    let crowds = members.iter().filter(|(_, odd)| odd.stands_out).count();
    let given = |wait: &Wait| {
        let words = facts.dump().args(wait.row as usize).iter();
        words.filter(|word| word.frame == wait.caller).count()
    };
    let two = |(_, odd): &&(u32, Odd)| given(&odd.wait) > 1;
    members.len() > 1
        && (crowds == members.len()
            || (started_together(facts, members) && members.iter().all(two)))
}

fn started_together(facts: &Index<'_>, members: &[&(u32, Odd)]) -> bool {
    let start = |odd: &Odd| facts.dump().goroutine(odd.wait.row as usize)?.creator_goid();
    let mut starts = members.iter().map(|(_, odd)| start(odd));
    let first = starts.next().flatten();
    first.is_some() && starts.all(|other| other == first)
}

fn package<'d>(locks: &Locks<'d>, facts: &Index<'d>, wait: &Wait) -> &'d str {
    locks.frames.at(stack_of(facts, wait.row), wait.caller as usize).package
}

/// Of goroutines beyond the first of a stack the words of most frames are not kept: their locks, waited
/// for in the same place, are held as those of the first are.
pub(super) fn adopt(locks: &Locks<'_>, facts: &Index<'_>, verdicts: &mut [Verdict]) {
    let mut known: BTreeMap<u32, Candidate> = BTreeMap::new();
    let first = |index: u32| locks.waits_for(index).next().copied();
    for (index, verdict) in (0u32..).zip(verdicts.iter()) {
        if let (Verdict::Held(candidate), Some(wait)) = (verdict, first(index))
            && candidate.tier <= Tier::Shared
        {
            known.entry(wait.group).or_insert(*candidate);
        }
    }
    for (index, verdict) in (0u32..).zip(verdicts) {
        let weak = match verdict {
            Verdict::Nobody | Verdict::Own { .. } => true,
            Verdict::Held(candidate) => candidate.tier > Tier::Shared,
            _ => false,
        };
        let Some(wait) = first(index).filter(|_| weak) else { continue };
        let args = facts.dump().args(wait.row as usize);
        let sampled = args.iter().any(|word| word.frame >= wait.caller);
        if let Some(candidate) = known.get(&wait.group).filter(|_| !sampled) {
            *verdict = Verdict::Held(*candidate);
        }
    }
}

/// Each holds the lock of the one before.
fn link(verdicts: &mut [Verdict], members: &[&(u32, Odd)]) {
    for (at, (lock, _)) in members.iter().enumerate() {
        let next = members.get((at + 1) % members.len());
        if let (Some(slot), Some((_, odd))) = (verdicts.get_mut(*lock as usize), next) {
            *slot = Verdict::Held(Candidate {
                row: odd.wait.row,
                frame: odd.wait.caller as usize,
                tier: Tier::Type,
                pointer: 0,
            });
        }
    }
}
