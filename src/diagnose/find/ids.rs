//! Sets of goroutine ids, made to be compared with each other.

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
    pub(super) fn new(max: u64, len: usize) -> Self {
        match usize::try_from(max / 64) {
            Ok(words) if words < len => Self::Bits(vec![0; words + 1], 0),
            _ if u32::try_from(max).is_ok() => Self::Short(Vec::with_capacity(len)),
            _ => Self::Long(Vec::with_capacity(len)),
        }
    }

    /// Adds an id, which is no larger than was said; those of a list are put in order at the end.
    pub(super) fn push(&mut self, id: u64) {
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
    pub(super) fn finish(&mut self) {
        match self {
            Self::Short(list) => finish(list),
            Self::Long(list) => finish(list),
            Self::Bits(..) => {}
        }
    }

    /// None yet, of about as many as `self` was made for.
    pub(super) fn empty(&self) -> Self {
        match self {
            Self::Short(_) => Self::Short(Vec::new()),
            Self::Long(_) => Self::Long(Vec::new()),
            Self::Bits(bits, _) => Self::Bits(vec![0; bits.len()], 0),
        }
    }

    /// Runs of ids that follow each other: goroutines that one call starts in a loop have such ids, but
    /// for the batches of 16 in which processors take them (`_GoidCacheBatch`, runtime/proc.go).
    pub(super) fn runs(&self) -> usize {
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

    /// Runs like those of [`Ids::runs`], before which is an id that `wanted` accepts.
    pub(super) fn runs_after(&self, wanted: impl Fn(u64) -> bool) -> usize {
        let mut before = None;
        let starts = self.iter().filter(|id| {
            let last = id.checked_sub(1);
            let starts = before.replace(*id) != last || last.is_none();
            starts && last.is_some_and(&wanted)
        });
        starts.count()
    }

    /// The one in the middle, in the order of numbers: half of them are not newer.
    pub(super) fn median(&self) -> Option<u64> {
        let middle = self.len() / 2;
        match self {
            Self::Short(list) => list.get(middle).map(|id| u64::from(*id)),
            Self::Long(list) => list.get(middle).copied(),
            Self::Bits(bits, _) => {
                let mut seen = 0;
                let (word, bits) = (0u64..).zip(bits).find(|(_, word)| {
                    seen += word.count_ones() as usize;
                    seen > middle
                })?;
                Some(word * 64 + u64::from(bits.trailing_zeros()))
            }
        }
    }

    /// The smallest.
    pub(super) fn first(&self) -> Option<u64> {
        match self {
            Self::Short(list) => list.first().map(|id| u64::from(*id)),
            Self::Long(list) => list.first().copied(),
            Self::Bits(bits, _) => {
                let (word, bits) = (0u64..).zip(bits).find(|(_, word)| **word != 0)?;
                Some(word * 64 + u64::from(bits.trailing_zeros()))
            }
        }
    }

    /// How many are greater than `id`.
    pub(super) fn above(&self, id: u64) -> usize {
        match self {
            Self::Short(list) => list.len() - list.partition_point(|other| u64::from(*other) <= id),
            Self::Long(list) => list.len() - list.partition_point(|other| *other <= id),
            Self::Bits(bits, _) => {
                let at = usize::try_from(id / 64).unwrap_or(usize::MAX);
                let mut rest = bits.get(at..).unwrap_or(&[]).iter();
                // In its own word, those after its bit.
                let first = rest.next().map_or(0, |word| (word >> (id % 64) >> 1).count_ones());
                first as usize + rest.map(|word| word.count_ones() as usize).sum::<usize>()
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
    pub(super) fn share(&self, other: &Self, all: usize) -> bool {
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
        for list in [&long, &short] {
            assert_eq!((list.runs(), list.median(), list.first()), (3, Some(63), Some(5)));
            assert_eq!(list.above(63), 3);
        }
        assert_eq!((bits.runs(), bits.first(), bits.above(63)), (3, Some(5), 3));
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
