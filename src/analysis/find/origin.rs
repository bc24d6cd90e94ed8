//! Who started the goroutines of a crowd: how many distinct goroutines did, and whether they are
//! still there.
//!
//! Measured on all crowds of 20 and more in the service dumps: the number of distinct creators is
//! either one (a pool, an accept loop, a dispatcher) or equals the size (one goroutine started in
//! each call). A creator that is gone has left its child behind: nobody who could know of it waits.
//! Creator ids are printed since Go 1.21, and only in traceback text.

use crate::analysis::facts::Facts;

/// The creators of some goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Goroutines looked at.
    pub count: i64,
    /// Those whose creator's id is known.
    pub known: i64,
    /// Distinct ids of creators, sorted.
    pub creators: Vec<u64>,
    /// Goroutines whose creator is not in the dump any more.
    pub gone: i64,
    /// Goroutines whose creator is the one that writes the dump, so that it is about to go on.
    pub of_writer: i64,
    /// Ids of the goroutines themselves, sorted.
    pub goids: Vec<u64>,
}

impl Origin {
    /// Goroutines that one call starts at most for them to count as started by calls: the largest
    /// number per creator in the cases is 4 (goker-moby21233), and servers with fan-out start a few.
    const FAN_OUT: usize = 8;

    /// Finds out who started the members of `groups`.
    pub(super) fn of(facts: &Facts<'_>, groups: &[usize]) -> Self {
        let mut origin = Self::default();
        for member in groups.iter().flat_map(|index| facts.members(*index)) {
            origin.count = origin.count.saturating_add(member.count());
            origin.goids.extend(member.goid());
            let Some(creator) = member.creator_goid() else { continue };
            origin.known += 1;
            origin.creators.push(creator);
            if Some(creator) == facts.summary.writer_goid {
                origin.of_writer += 1;
            } else if !facts.has(creator) {
                origin.gone += 1;
            }
        }
        origin.goids.sort_unstable();
        origin.creators.sort_unstable();
        origin.creators.dedup();
        // Of a dump that is cut nobody knows who else was there.
        if facts.is_partial() {
            origin.gone = 0;
        }
        origin
    }

    /// Whether the creators are known at all.
    pub(super) fn is_known(&self) -> bool {
        self.known > 0 && self.known.saturating_mul(10) >= self.count.saturating_mul(9)
    }

    /// Whether each call started its own one (or a few).
    pub(super) fn is_one_per_call(&self) -> bool {
        let most = i64::try_from(self.creators.len().saturating_mul(Self::FAN_OUT));
        self.is_known() && self.creators.len() > 1 && most.is_ok_and(|most| most >= self.count)
    }

    /// Whether the creators have gone: nine of ten at least, as a call may be just on its way.
    pub(super) fn is_gone(&self) -> bool {
        self.is_known() && self.gone.saturating_mul(10) >= self.known.saturating_mul(9)
    }

    /// How many creators both have.
    pub(super) fn common_creators(&self, other: &Self) -> usize {
        common(&self.creators, &other.creators)
    }

    /// How many of the creators are goroutines of `other`.
    pub(super) fn children_of(&self, other: &Self) -> usize {
        common(&self.creators, &other.goids)
    }
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
}
