//! Which of a node's successors a text goes on with: by up to eight bytes at a place where the
//! successors differ.
//!
//! Invariants: a key is taken from bytes that all successors have; a run of full slots is no longer
//! than [`PROBES`], so that a look-up takes bounded time whatever the texts are.

/// Most slots that are looked at.
const PROBES: usize = 8;
/// Most successors of one node.
const MAX_SUCCESSORS: usize = 1024;
/// Places that are tried, and successors that are compared at each, when one is chosen.
const MAX_OFFSETS: usize = 256;
const SAMPLE: usize = 64;
/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// Successors by key.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    offset: usize,
    mask: u64,
    shift: u32,
    slots: Vec<Slot>,
    nodes: Vec<u32>,
    /// Successors whose key another one had: a better place is looked for as these double.
    collisions: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u64,
    node: u32,
}

impl Dispatch {
    /// Successors `nodes`; `text` gives the text of each. `None` if they cannot be told apart.
    pub(super) fn new<'t>(nodes: Vec<u32>, text: &impl Fn(u32) -> &'t [u8]) -> Option<Self> {
        let mut dispatch =
            Self { offset: 0, mask: 0, shift: 0, slots: Vec::new(), nodes, collisions: 0 };
        dispatch.choose(text);
        dispatch.fill(text).then_some(dispatch)
    }

    /// Whether `node` is a successor.
    pub(super) fn contains(&self, node: u32) -> bool {
        self.nodes.contains(&node)
    }

    /// The successor whose key `rest` has and for which `is` holds.
    #[inline]
    pub(super) fn find(&self, rest: &[u8], is: impl Fn(u32) -> bool) -> Option<u32> {
        let key = word(rest, self.offset)? & self.mask;
        let mut at = self.slot_of(key);
        for _ in 0..PROBES {
            let slot = self.slots.get(at)?;
            if slot.key == key && is(slot.node) {
                return Some(slot.node);
            }
            if slot.node == NONE {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Adds a successor. False, and nothing is changed, if it cannot be told from the others.
    pub(super) fn insert<'t>(&mut self, node: u32, text: &impl Fn(u32) -> &'t [u8]) -> bool {
        if self.nodes.len() >= MAX_SUCCESSORS {
            return false;
        }
        let before = self.clone();
        let key = self.key_of(text(node));
        let is_new =
            key.is_some_and(|key| self.nodes.iter().all(|n| self.key_of(text(*n)) != Some(key)));
        self.nodes.push(node);
        self.collisions += usize::from(!is_new);
        if key.is_none() || (!is_new && self.collisions.is_power_of_two()) {
            self.choose(text);
        }
        let done = self.fill(text);
        if !done {
            *self = before;
        }
        done
    }

    fn slot_of(&self, key: u64) -> usize {
        // The upper bits of the product depend on all of the key.
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// The key of a successor; `None` if its text is too short to have one.
    fn key_of(&self, text: &[u8]) -> Option<u64> {
        let width = 8 - self.mask.leading_zeros() as usize / 8;
        (text.len() >= self.offset + width).then(|| padded(text, self.offset) & self.mask)
    }

    /// Chooses the place at which most successors differ.
    fn choose<'t>(&mut self, text: &impl Fn(u32) -> &'t [u8]) {
        let shortest = self.nodes.iter().map(|node| text(*node).len()).min().unwrap_or(0);
        self.mask = if shortest < 8 { (1 << (8 * shortest)) - 1 } else { u64::MAX };
        let step = self.nodes.len().div_ceil(SAMPLE);
        let mut best = 0;
        let mut keys = Vec::new();
        for offset in 0..=shortest.saturating_sub(8).min(MAX_OFFSETS) {
            keys.clear();
            let sample = self.nodes.iter().step_by(step);
            keys.extend(sample.map(|node| padded(text(*node), offset) & self.mask));
            keys.sort_unstable();
            keys.dedup();
            if keys.len() > best {
                (best, self.offset) = (keys.len(), offset);
            }
        }
    }

    /// Puts all successors into slots; false if a run becomes too long.
    fn fill<'t>(&mut self, text: &impl Fn(u32) -> &'t [u8]) -> bool {
        let len = (self.nodes.len() * 4).next_power_of_two();
        self.shift = 64 - len.trailing_zeros();
        self.slots.clear();
        self.slots.resize(len, Slot { key: 0, node: NONE });
        for node in &self.nodes {
            let Some(key) = self.key_of(text(*node)) else { return false };
            let first = self.slot_of(key);
            let free = (0..PROBES)
                .map(|probe| (first + probe) & (len - 1))
                .find(|at| self.slots.get(*at).is_some_and(|slot| slot.node == NONE));
            match free.and_then(|at| self.slots.get_mut(at)) {
                Some(slot) => *slot = Slot { key, node: *node },
                None => return false,
            }
        }
        true
    }
}

/// The eight bytes at `offset`, if they are there.
#[inline]
fn word(text: &[u8], offset: usize) -> Option<u64> {
    text.get(offset..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The bytes at `offset`, at most eight, zeros behind them.
fn padded(text: &[u8], offset: usize) -> u64 {
    let bytes = text.iter().skip(offset).take(8).enumerate();
    bytes.fold(0, |word, (at, byte)| word | u64::from(*byte) << (8 * at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_told_apart_where_they_differ() {
        let texts: Vec<String> =
            (0..200).map(|n| format!(")\n\t/src/file.go:{n} +0x1\nmain.f{}(", n % 7)).collect();
        let text = |node: u32| texts[node as usize].as_bytes();
        let mut dispatch = Dispatch::new(vec![0, 1], &text).unwrap();
        for node in 2..200 {
            assert!(dispatch.insert(node, &text), "{node}");
        }
        for node in 0..200 {
            let rest = [text(node), b"0x1, 0x2)\n"].concat();
            assert_eq!(dispatch.find(&rest, |found| rest.starts_with(text(found))), Some(node));
        }
        assert_eq!(dispatch.find(b")\n\t/src/file.go:x +0x1\nmain", |_| true), None);
    }

    #[test]
    fn short_texts_and_too_many_equal_keys() {
        let texts = ["f(", "g(", "f(...)\n\t/x.go:1 +0x1\nh("];
        let text = |node: u32| texts[node as usize].as_bytes();
        let dispatch = Dispatch::new(vec![0, 1, 2], &text).unwrap();
        assert_eq!(dispatch.find(b"g(0x1)\n\t/x", |_| true), Some(1));
        let same = |_: u32| &b"the same text"[..];
        assert!(Dispatch::new((0..8).collect(), &same).is_some());
        assert!(Dispatch::new((0..9).collect(), &same).is_none());
    }
}
