//! Which addresses are none of those that are looked for.

/// A set of addresses that may take others for its own, but rejects most of them at once: of the words
/// in a dump few lead anywhere, and each look into a table costs several times as much.
#[derive(Debug)]
pub struct Sieve(Box<[u64; WORDS]>);

const WORDS: usize = 1 << 10;

impl Default for Sieve {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl Sieve {
    /// Adds `address`.
    pub fn add(&mut self, address: u64) {
        let (word, bit) = place(address);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether `address` may have been added.
    #[inline]
    pub fn may_have(&self, address: u64) -> bool {
        let (word, bit) = place(address);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// The word and the bit of an address.
#[inline]
fn place(address: u64) -> (usize, u64) {
    // The upper bits of the product depend on all of the address.
    let mixed = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - 6 - WORDS.trailing_zeros());
    (usize::try_from(mixed / 64).unwrap_or(0), 1 << (mixed % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_and_most_others_are_not() {
        let mut sieve = Sieve::default();
        let address = |n: u64| 0xc000_0000_0000 + n * 32;
        (0..1000).for_each(|n| sieve.add(address(n)));
        assert!((0..1000).all(|n| sieve.may_have(address(n))));
        let wrong = (1000..101_000).filter(|n| sieve.may_have(address(*n))).count();
        assert!(wrong < 10_000, "{wrong}");
    }
}
