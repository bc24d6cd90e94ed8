//! Tells a send from a receive by how far apart two addresses are.
//!
//! A goroutine that waits on a channel has `chanrecv` and `chanrecv1` (or `chanrecv2`, of `v, ok := <-c`
//! and `range`), or `chansend` and `chansend1`, in its list of addresses. They stand next to each other
//! in runtime/chan.go, so that the distance from the wrapper's call to the call of gopark is the same in
//! every program that one version of Go builds for one architecture. A channel that is nil waits at
//! another call of gopark, so that it is told too.
//!
//! Up to Go 1.13 a goroutine waits on a channel in goparkunlock, which calls gopark, and on a nil channel in
//! gopark itself. So one that waits in goparkunlock does not wait on a nil channel, whatever the distance of
//! newer versions is.
//!
//! The distances were read off programs that Go 1.21 to 1.27 built (`go tool objdump`), and off the
//! profiles of older versions. A version whose distance is not in the table tells nothing.

/// What a goroutine does whose addresses in the inner function and in its wrapper are so far apart.
pub(super) fn state(hidden: &[u64]) -> Option<&'static str> {
    let [.., inner, wrapper] = hidden else { return None };
    if X86_32.contains(inner) {
        return None;
    }
    let distance = inner.checked_sub(*wrapper).and_then(|distance| u16::try_from(distance).ok())?;
    let found = DISTANCES.binary_search_by_key(&distance, |(known, _)| *known).ok()?;
    let (_, state) = *DISTANCES.get(found)?;
    // gopark, goparkunlock, and the two functions of chan.go.
    let through_goparkunlock = hidden.len() > 3;
    (!through_goparkunlock || !matches!(state, NIL_SEND | NIL_RECEIVE)).then_some(state)
}

/// Where programs for 32-bit x86 have the runtime's code: their distances are others, and one of them
/// means something else there. Those for amd64 start at 0x401000 or, position-independent, far above.
const X86_32: std::ops::Range<u64> = 0x804_8000..0x900_0000;

const SEND: &str = "chan send";
const RECEIVE: &str = "chan receive";
const NIL_SEND: &str = "chan send (nil chan)";
const NIL_RECEIVE: &str = "chan receive (nil chan)";

/// Distances and what they mean, sorted. None has two meanings.
const DISTANCES: &[(u16, &str)] = &[
    (0x84, NIL_SEND),     // 1.4 amd64
    (0xc4, NIL_RECEIVE),  // 1.4 amd64
    (0xe3, NIL_SEND), // 1.21 amd64, 1.21 amd64 windows, 1.22 amd64, 1.22 amd64 windows, 1.23 amd64, 1.23 amd64 windows
    (0xf5, NIL_SEND), // 1.24 amd64
    (0xf7, NIL_SEND), // 1.24 amd64 windows
    (0x108, NIL_SEND), // 1.21 arm64, 1.22 arm64, 1.23 arm64
    (0x114, NIL_SEND), // 1.24 arm64
    (0x115, NIL_SEND), // 1.25 amd64, 1.25 amd64 windows, 1.26 amd64, 1.26 amd64 windows, 1.27 amd64, 1.27 amd64 windows
    (0x119, NIL_SEND), // 1.19 amd64
    (0x130, NIL_SEND), // 1.27 arm64
    (0x134, NIL_SEND), // 1.25 arm64, 1.26 arm64
    (0x167, NIL_RECEIVE), // 1.21 amd64, 1.22 amd64
    (0x16a, NIL_RECEIVE), // 1.21 amd64 windows, 1.22 amd64 windows
    (0x187, NIL_RECEIVE), // 1.21 amd64, 1.22 amd64
    (0x18a, NIL_RECEIVE), // 1.21 amd64 windows, 1.22 amd64 windows
    (0x1a7, NIL_RECEIVE), // 1.23 amd64
    (0x1aa, NIL_RECEIVE), // 1.23 amd64 windows
    (0x1b5, NIL_RECEIVE), // 1.24 amd64, 1.24 amd64 windows
    (0x1b8, NIL_RECEIVE), // 1.23 arm64
    (0x1bc, NIL_RECEIVE), // 1.21 arm64, 1.22 arm64
    (0x1c4, NIL_RECEIVE), // 1.24 arm64
    (0x1c7, NIL_RECEIVE), // 1.23 amd64
    (0x1ca, NIL_RECEIVE), // 1.23 amd64 windows
    (0x1d5, NIL_RECEIVE), // 1.24 amd64, 1.24 amd64 windows
    (0x1d8, NIL_RECEIVE), // 1.23 arm64
    (0x1dc, NIL_RECEIVE), // 1.21 arm64, 1.22 arm64
    (0x1e4, NIL_RECEIVE), // 1.24 arm64
    (0x1e7, NIL_RECEIVE), // 1.25 amd64, 1.25 amd64 windows, 1.26 amd64, 1.26 amd64 windows, 1.27 amd64, 1.27 amd64 windows
    (0x1e8, NIL_RECEIVE), // 1.25 arm64, 1.26 arm64, 1.27 arm64
    (0x207, NIL_RECEIVE), // 1.25 amd64, 1.25 amd64 windows, 1.26 amd64, 1.26 amd64 windows, 1.27 amd64, 1.27 amd64 windows
    (0x208, NIL_RECEIVE), // 1.25 arm64, 1.26 arm64, 1.27 arm64
    (0x218, NIL_RECEIVE), // 1.19 amd64
    (0x21c, SEND),        // 1.12 amd64
    (0x255, SEND),        // 1.15 amd64
    (0x278, SEND),        // 1.9 amd64
    (0x2d5, RECEIVE),     // 1.12 amd64
    (0x319, RECEIVE),     // 1.9 amd64
    (0x384, RECEIVE),     // 1.15 amd64
    (0x396, SEND),        // 1.22 amd64, 1.22 amd64 windows, 1.23 amd64, 1.23 amd64 windows
    (0x3ac, SEND),        // 1.25 arm64
    (0x3ae, SEND),        // 1.21 amd64, 1.21 amd64 windows, 1.24 amd64, 1.24 amd64 windows
    (0x3c4, RECEIVE),     // 1.15 amd64
    (0x3c8, SEND),        // 1.22 arm64, 1.23 arm64
    (0x3cd, RECEIVE),     // 1.22 amd64
    (0x3d0, SEND),        // 1.24 arm64
    (0x3d4, SEND),        // 1.25 amd64, 1.25 amd64 windows
    (0x3db, RECEIVE),     // 1.21 amd64, 1.22 amd64 windows
    (0x3dc, SEND),        // 1.21 arm64
    (0x3de, RECEIVE),     // 1.21 amd64 windows
    (0x3ec, SEND),        // 1.27 arm64
    (0x3ed, RECEIVE),     // 1.22 amd64
    (0x3f0, SEND),        // 1.26 arm64
    (0x3fb, RECEIVE),     // 1.21 amd64, 1.22 amd64 windows
    (0x3fe, RECEIVE),     // 1.21 amd64 windows
    (0x405, SEND),        // 1.26 amd64, 1.26 amd64 windows, 1.27 amd64, 1.27 amd64 windows
    (0x420, RECEIVE),     // 1.22 arm64
    (0x42a, RECEIVE),     // 1.23 amd64
    (0x42c, RECEIVE),     // 1.23 amd64 windows
    (0x430, RECEIVE),     // 1.21 arm64, 1.23 arm64
    (0x440, RECEIVE),     // 1.22 arm64
    (0x444, RECEIVE),     // 1.25 arm64
    (0x448, RECEIVE),     // 1.24 arm64
    (0x44a, RECEIVE),     // 1.23 amd64
    (0x44c, RECEIVE),     // 1.23 amd64 windows
    (0x44f, SEND),        // 1.19 amd64
    (0x450, RECEIVE),     // 1.21 arm64, 1.23 arm64
    (0x453, RECEIVE),     // 1.24 amd64, 1.24 amd64 windows
    (0x464, RECEIVE),     // 1.25 arm64
    (0x468, RECEIVE),     // 1.24 arm64
    (0x473, RECEIVE),     // 1.24 amd64, 1.24 amd64 windows
    (0x481, RECEIVE),     // 1.25 amd64, 1.25 amd64 windows
    (0x48c, RECEIVE),     // 1.26 arm64, 1.27 arm64
    (0x48e, SEND),        // 1.4 amd64
    (0x497, RECEIVE),     // 1.4 amd64
    (0x4a1, RECEIVE),     // 1.25 amd64, 1.25 amd64 windows
    (0x4ac, RECEIVE),     // 1.26 arm64, 1.27 arm64
    (0x4bc, RECEIVE),     // 1.26 amd64, 1.26 amd64 windows, 1.27 amd64, 1.27 amd64 windows
    (0x4c3, RECEIVE),     // 1.19 amd64
    (0x4dc, RECEIVE),     // 1.26 amd64, 1.26 amd64 windows, 1.27 amd64, 1.27 amd64 windows
    (0x503, RECEIVE),     // 1.19 amd64
    (0x618, NIL_SEND),    // 1.15 amd64
    (0x61e, NIL_SEND),    // 1.12 amd64
    (0x6a3, NIL_RECEIVE), // 1.12 amd64
    (0x75a, NIL_RECEIVE), // 1.15 amd64
    (0x7a4, NIL_SEND),    // 1.9 amd64
    (0x7f0, NIL_RECEIVE), // 1.9 amd64
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distance_has_one_meaning() {
        assert!(DISTANCES.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn a_send_and_a_receive_of_go_1_27() {
        assert_eq!(state(&[0x48_bb6a, 0x41_723c, 0x41_6e37]), Some("chan send"));
        assert_eq!(state(&[0x48_bb6a, 0x41_816e, 0x41_7c92]), Some("chan receive"));
        assert_eq!(state(&[0x48_bb6a, 0x41_816e, 0x41_8170]), None);
        assert_eq!(state(&[0x48_bb6a]), None);
    }

    /// Go 1.13 and older: what would be a nil channel in Go 1.19 is none.
    #[test]
    fn a_wait_in_goparkunlock_is_not_on_a_nil_channel() {
        let nil = [0x45_76cd, 0x42_9bb3, 0x42_999b];
        assert_eq!(state(&nil), Some("chan receive (nil chan)"));
        assert_eq!(state(&[0x45_76cd, 0x45_77ae, 0x42_9bb3, 0x42_999b]), None);
        // Go 1.12.
        let send = [0x45_76cd, 0x45_77ae, 0x42_9bb7, 0x42_999b];
        assert_eq!(state(&send), Some("chan send"));
    }
}
