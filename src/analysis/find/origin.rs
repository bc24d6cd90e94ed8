//! Who started the goroutines of a crowd: how many distinct goroutines did, and whether they are
//! still there.
//!
//! Measured on all crowds of 20 and more in the service dumps: the number of distinct creators is
//! either one (a pool, an accept loop, a dispatcher) or equals the size (one goroutine started in
//! each call). A creator that is gone has left its child behind: nobody who could know of it waits.
//! A connection that is kept alive handles many requests, so that it is the one creator of what all of
//! them left behind: it counts as gone while it is between requests, and the gaps in the ids of its
//! children tell calls apart, as each request starts a goroutine of `net/http` as well.
//! Creator ids are printed since Go 1.21, and only in traceback text.

use crate::analysis::facts::Facts;
use crate::model::Goroutine;

/// The creators of some goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Goroutines looked at.
    pub count: i64,
    /// Those whose creator's id is known.
    pub known: i64,
    /// Distinct ids of creators.
    pub creators: Ids,
    /// Goroutines whose creator is not in the dump any more.
    pub gone: i64,
    /// Goroutines whose creator handled a request that is over, and waits for the next one.
    pub left: i64,
    /// Goroutines whose creator is in a request, perhaps the one in which it started them.
    pub serving: i64,
    /// The creator that was met last.
    last: Option<(u64, Fate)>,
    /// Ids of those that were left, until they are counted.
    left_goids: Option<Ids>,
    /// Calls that started those that were left.
    pub runs: usize,
    /// Goroutines whose creator is the one that writes the dump, so that it is about to go on.
    pub of_writer: i64,
    /// Ids of the goroutines themselves.
    pub goids: Ids,
}

/// What became of a creator.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It writes the dump.
    Writes,
    Gone,
    /// It is between two requests.
    Idle,
    /// It is in a request.
    Serves,
    Other,
}

impl Fate {
    fn of(facts: &Facts<'_>, creator: u64) -> Self {
        if Some(creator) == facts.summary.writer_goid {
            Self::Writes
        } else if !facts.has(creator) {
            Self::Gone
        } else if facts.servers().is_idle(creator) {
            Self::Idle
        } else if facts.servers().is_busy(creator) {
            Self::Serves
        } else {
            Self::Other
        }
    }
}

impl Origin {
    /// Goroutines that one call starts at most for them to count as started by calls: the largest
    /// number per creator in the cases is 4 (goker-moby21233), and servers with fan-out start a few.
    const FAN_OUT: usize = 8;
    /// So many calls that all left goroutines behind are no pools, however many each started: as many
    /// as make a crowd (`suspect::MANY`).
    const CALLS: usize = 20;

    /// Finds out who started the members of each of `crowds`, which are groups.
    pub(super) fn of_all(facts: &Facts<'_>, crowds: &[&[usize]]) -> Vec<Self> {
        let size = |groups: &[usize]| -> usize {
            groups.iter().map(|index| facts.summary.grouping.rows(*index).len()).sum()
        };
        let mut origins: Vec<Self> =
            crowds.iter().map(|groups| Self::new(facts, size(groups))).collect();
        let all: usize = crowds.iter().map(|groups| size(groups)).sum();
        if all.saturating_mul(4) < facts.dump().len() {
            for (groups, origin) in crowds.iter().zip(&mut origins) {
                for member in groups.iter().flat_map(|index| facts.members(*index)) {
                    origin.add(facts, member);
                }
            }
        } else {
            // In the order of the dump, as members of a group lie far apart in memory.
            let mut crowd_of = vec![None; facts.groups.len()];
            for (crowd, groups) in crowds.iter().enumerate() {
                for group in *groups {
                    if let Some(slot) = crowd_of.get_mut(*group) {
                        *slot = Some(crowd);
                    }
                }
            }
            facts.grouped().for_each(|(member, group)| {
                let crowd = crowd_of.get(group).copied().flatten();
                if let Some(origin) = crowd.and_then(|crowd| origins.get_mut(crowd)) {
                    origin.add(facts, member);
                }
            });
        }
        for origin in &mut origins {
            origin.goids.finish();
            origin.creators.finish();
            if let Some(mut left) = origin.left_goids.take() {
                left.finish();
                origin.runs = left.runs();
            }
            // Of a dump that is cut nobody knows who else was there.
            if facts.is_partial() {
                origin.gone = 0;
            }
        }
        origins
    }

    /// Nothing yet, of a crowd of `size` records.
    fn new(facts: &Facts<'_>, size: usize) -> Self {
        let ids = || Ids::new(facts.dump().max_goid(), size);
        Self { goids: ids(), creators: ids(), ..Self::default() }
    }

    fn add(&mut self, facts: &Facts<'_>, member: Goroutine<'_>) {
        self.count = self.count.saturating_add(member.count());
        if let Some(goid) = member.goid() {
            self.goids.push(goid);
        }
        let Some(creator) = member.creator_goid() else { return };
        self.known += 1;
        // One that starts many often starts several in a row.
        let fate = match self.last {
            Some((last, fate)) if last == creator => fate,
            _ => {
                self.creators.push(creator);
                Fate::of(facts, creator)
            }
        };
        self.last = Some((creator, fate));
        match fate {
            Fate::Writes => self.of_writer += 1,
            Fate::Gone => self.gone += 1,
            Fate::Idle => {
                self.left += 1;
                if let Some(goid) = member.goid() {
                    let empty = || self.goids.empty();
                    self.left_goids.get_or_insert_with(empty).push(goid);
                }
            }
            Fate::Serves => self.serving += 1,
            Fate::Other => {}
        }
    }

    /// Whether the creators are known at all.
    pub(super) fn is_known(&self) -> bool {
        self.known > 0 && self.known.saturating_mul(10) >= self.count.saturating_mul(9)
    }

    /// Whether each call started its own one (or a few), or many calls did.
    pub(super) fn is_one_per_call(&self) -> bool {
        let by_left = self.left.saturating_mul(2) >= self.known;
        let calls = self.creators.len().max(if by_left { self.runs } else { 0 });
        let most = i64::try_from(calls.saturating_mul(Self::FAN_OUT));
        let each = calls >= Self::CALLS || most.is_ok_and(|most| most >= self.count);
        self.is_known() && calls > 1 && each
    }

    /// Whether the calls that started them are over: nine of ten at least, as a call may be just on
    /// its way. Requests in progress are not counted while they started no more than half.
    pub(super) fn is_gone(&self) -> bool {
        let over = self.gone.saturating_add(self.left);
        self.is_known()
            && over.saturating_mul(10) >= self.known.saturating_sub(self.serving).saturating_mul(9)
            && over.saturating_mul(2) >= self.known
    }

    /// Whether nine in ten of `all` are creators that both have.
    pub(super) fn shares_creators(&self, other: &Self, all: usize) -> bool {
        self.creators.share(&other.creators, all)
    }

    /// Whether nine in ten of `all` are creators that are goroutines of `other`.
    pub(super) fn are_children_of(&self, other: &Self, all: usize) -> bool {
        self.creators.share(&other.goids, all)
    }
}

/// Goroutine ids: as bits where that takes less than a list.
#[derive(Clone, Debug)]
pub(super) enum Ids {
    /// Sorted; all below 2³², as those of most programs are.
    Short(Vec<u32>),
    /// Sorted.
    Long(Vec<u64>),
    /// Bits, and how many are set.
    Bits(Vec<u64>, usize),
}

impl Default for Ids {
    fn default() -> Self {
        Self::Long(Vec::new())
    }
}

impl Ids {
    /// None yet, of about `len` that are at most `max`.
    fn new(max: u64, len: usize) -> Self {
        match usize::try_from(max / 64) {
            Ok(words) if words < len => Self::Bits(vec![0; words + 1], 0),
            _ if u32::try_from(max).is_ok() => Self::Short(Vec::with_capacity(len)),
            _ => Self::Long(Vec::with_capacity(len)),
        }
    }

    /// Adds an id, which is no larger than was said; those of a list are put in order at the end.
    fn push(&mut self, id: u64) {
        match self {
            Self::Short(list) => list.extend(u32::try_from(id)),
            Self::Long(list) => list.push(id),
            Self::Bits(bits, len) => {
                if let Some(word) = usize::try_from(id / 64).ok().and_then(|at| bits.get_mut(at)) {
                    let bit = 1 << (id % 64);
                    *len += usize::from(*word & bit == 0);
                    *word |= bit;
                }
            }
        }
    }

    /// Makes the ids ready to be compared.
    fn finish(&mut self) {
        match self {
            Self::Short(list) => finish(list),
            Self::Long(list) => finish(list),
            Self::Bits(..) => {}
        }
    }

    /// None yet, of about as many as `self` was made for.
    fn empty(&self) -> Self {
        match self {
            Self::Short(_) => Self::Short(Vec::new()),
            Self::Long(_) => Self::Long(Vec::new()),
            Self::Bits(bits, _) => Self::Bits(vec![0; bits.len()], 0),
        }
    }

    /// Runs of ids that follow each other: goroutines that one call starts in a loop have such ids, but
    /// for the batches of 16 in which processors take them (`_GoidCacheBatch`, runtime/proc.go).
    fn runs(&self) -> usize {
        match self {
            Self::Short(list) => runs(list),
            Self::Long(list) => runs(list),
            Self::Bits(bits, _) => {
                let mut before = 0;
                let starts = bits.iter().map(|word| {
                    let starts = word & !(word << 1 | before);
                    before = word >> 63;
                    starts.count_ones() as usize
                });
                starts.sum()
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Short(list) => list.len(),
            Self::Long(list) => list.len(),
            Self::Bits(_, len) => *len,
        }
    }

    /// Whether nine in ten of `all` are in both. Ends as soon as too many are missing.
    fn share(&self, other: &Self, all: usize) -> bool {
        let needed = all.saturating_mul(9).div_ceil(10);
        let (small, large) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        let Some(spare) = small.len().checked_sub(needed) else { return false };
        if let (Self::Bits(a, len), Self::Bits(b, _)) = (small, large) {
            let both = a.iter().zip(b).map(|(a, b)| (a & b).count_ones() as usize);
            return len - both.sum::<usize>() <= spare;
        }
        let mut found = large.finder();
        let mut missing = small.iter().filter(|id| !found(*id));
        missing.nth(spare).is_none()
    }

    /// The ids, ascending.
    fn iter(&self) -> Box<dyn Iterator<Item = u64> + '_> {
        match self {
            Self::Short(list) => Box::new(list.iter().map(|id| u64::from(*id))),
            Self::Long(list) => Box::new(list.iter().copied()),
            Self::Bits(bits, _) => Box::new((0u64..).zip(bits).flat_map(|(at, word)| {
                let bits = (0..64).filter(move |bit| word & (1 << bit) != 0);
                bits.map(move |bit| at * 64 + bit)
            })),
        }
    }

    /// Says of one id after the other, ascending, whether it is there.
    fn finder(&self) -> Box<dyn FnMut(u64) -> bool + '_> {
        match self {
            Self::Short(list) => finder(list),
            Self::Long(list) => finder(list),
            Self::Bits(bits, _) => Box::new(|id| {
                let word = usize::try_from(id / 64).ok().and_then(|at| bits.get(at));
                word.is_some_and(|word| word & (1 << (id % 64)) != 0)
            }),
        }
    }
}

fn finish<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
    list.shrink_to_fit();
}

fn runs<T: Copy + Into<u64>>(list: &[T]) -> usize {
    let is_break = |pair: &&[T]| match pair {
        [a, b] => (*a).into().saturating_add(1) != (*b).into(),
        _ => false,
    };
    list.windows(2).filter(is_break).count() + usize::from(!list.is_empty())
}

fn finder<T: Copy + Into<u64>>(list: &[T]) -> Box<dyn FnMut(u64) -> bool + '_> {
    let mut rest = list;
    Box::new(move |id| {
        rest = after(rest, id);
        rest.first().is_some_and(|first| (*first).into() == id)
    })
}

/// What of the sorted `list` is not less than `id`, which is mostly near its start.
fn after<T: Copy + Into<u64>>(list: &[T], id: u64) -> &[T] {
    let mut step = 1;
    while list.get(step).is_some_and(|other| (*other).into() < id) {
        step *= 2;
    }
    let near = list.get(..list.len().min(step + 1)).unwrap_or(list);
    list.get(near.partition_point(|other| (*other).into() < id)..).unwrap_or(&[])
}

/// Number of ids that two sorted lists have in common.
pub(super) fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut both = 0;
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                both += 1;
                a.next();
                b.next();
            }
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_lists_in_common() {
        assert_eq!(common(&[1, 3, 5, 9], &[2, 3, 4, 9, 10]), 2);
        assert_eq!(common(&[], &[1]), 0);
    }

    #[test]
    fn runs_of_lists_and_bits() {
        let ids = [5, 6, 7, 63, 64, 65, 130];
        let (mut long, mut short) = (Ids::new(u64::MAX, 0), Ids::new(130, 0));
        let mut bits = Ids::new(130, 99);
        for id in ids {
            for all in [&mut long, &mut short, &mut bits] {
                all.push(id);
            }
        }
        assert!(matches!((&long, &short, &bits), (Ids::Long(_), Ids::Short(_), Ids::Bits(..))));
        assert_eq!((long.runs(), short.runs(), bits.runs()), (3, 3, 3));
    }

    #[test]
    fn nine_in_ten_of_lists_and_bits() {
        let long = |ids: &[u64]| Ids::Long(ids.to_vec());
        let list =
            |ids: &[u64]| Ids::Short(ids.iter().map(|id| u32::try_from(*id).unwrap()).collect());
        let bits = |ids: &[u64]| {
            let mut all = Ids::new(700, 99);
            ids.iter().chain(ids).for_each(|id| all.push(*id));
            all.finish();
            assert!(matches!(all, Ids::Bits(..)));
            all
        };
        let (a, b, c) = ([0, 10, 20, 30, 700], [0, 10, 20, 30, 40, 50, 700], [0, 1, 2, 3, 700]);
        for all in [a, c] {
            for (x, y) in [
                (list(&all), list(&b)),
                (long(&all), list(&b)),
                (bits(&all), long(&b)),
                (list(&all), bits(&b)),
                (bits(&all), list(&b)),
                (bits(&all), bits(&b)),
            ] {
                assert_eq!((x.len(), y.len()), (5, 7));
                assert_eq!((x.share(&y, 5), y.share(&x, 5)), (all == a, all == a), "{x:?} {y:?}");
                assert!(!x.share(&y, 6) && x.share(&y, 2));
            }
        }
    }
}
