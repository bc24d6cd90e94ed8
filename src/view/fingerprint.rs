//! Hashes that are the same on every machine and in every version of gdump.
//!
//! A name is hashed with 64-bit FNV-1a; the hashes of a list are mixed in order. Both are fixed for
//! ever: people keep the fingerprints of groups in dashboards and baselines.

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a of `text`, followed by a byte that no UTF-8 text holds, so that lists do not run together.
pub fn hash_str(text: &str) -> u64 {
    let hash = text.bytes().fold(FNV_OFFSET, fnv_step);
    fnv_step(hash, 0xff)
}

/// The hash of a list whose hash so far is `hash`, with one more element.
pub fn mix(hash: u64, element: u64) -> u64 {
    (hash.rotate_left(5) ^ element).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Spreads the bits of a mixed hash (the finalizer of `SplitMix64`).
pub fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

fn fnv_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_never_change() {
        assert_eq!(hash_str("main.main"), 0x58b5_389f_e0f9_5f0c);
        assert_eq!(finish(mix(mix(0, 1), 2)), 0x9874_0eb0_0bef_7afa);
    }
}
