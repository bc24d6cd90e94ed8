//! A set of goroutine ids.

use rustc_hash::FxHashSet;

/// A set of goroutine ids: bits while the ids are dense, as Go hands them out, else a hash set.
#[derive(Clone, Debug)]
pub struct GoidSet(Ids);

#[derive(Clone, Debug)]
enum Ids {
    Bits(Vec<u64>),
    Set(FxHashSet<u64>),
}

impl Default for GoidSet {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl GoidSet {
    /// An empty set that is going to hold about `len` ids, none larger than `max`.
    pub fn new(max: u64, len: usize) -> Self {
        let words = usize::try_from(max / 64).unwrap_or(usize::MAX);
        if words <= len.saturating_mul(4) {
            Self(Ids::Bits(vec![0; words.saturating_add(1)]))
        } else {
            Self(Ids::Set(FxHashSet::default()))
        }
    }

    /// Adds `goid`; whether it is new.
    pub fn insert(&mut self, goid: u64) -> bool {
        match &mut self.0 {
            Ids::Bits(bits) => {
                let word = usize::try_from(goid / 64).ok().and_then(|at| bits.get_mut(at));
                word.is_some_and(|word| {
                    let bit = 1 << (goid % 64);
                    let new = *word & bit == 0;
                    *word |= bit;
                    new
                })
            }
            Ids::Set(set) => set.insert(goid),
        }
    }

    /// Whether `goid` is in the set.
    pub fn contains(&self, goid: u64) -> bool {
        match &self.0 {
            Ids::Bits(bits) => {
                let word = usize::try_from(goid / 64).ok().and_then(|at| bits.get(at));
                word.is_some_and(|word| word & (1 << (goid % 64)) != 0)
            }
            Ids::Set(set) => set.contains(&goid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_and_sparse_ids() {
        for goids in [vec![0, 1, 7, 100], vec![1, u64::MAX - 1]] {
            let mut set = GoidSet::new(goids.iter().copied().max().unwrap_or(0), goids.len());
            assert!(goids.iter().all(|goid| set.insert(*goid)));
            assert!(goids.iter().all(|goid| !set.insert(*goid) && set.contains(*goid)));
            assert!(!set.contains(5));
        }
    }
}
