//! Which of a node's successors a text goes on with: a tree of tables, each by up to eight bytes at a
//! place where its successors differ.
//!
//! Invariants: the key of a table is taken from bytes that all its successors have; the keys of a table
//! differ, and a run of full slots is no longer than [`PROBES`], so that a look-up takes bounded time
//! whatever the texts are. A table without slots holds a few texts that cannot be told apart by bytes
//! that all of them have: `f(` and `f(...)`.

/// Most slots that are looked at, and most successors in a table without slots.
const PROBES: usize = 8;
/// Most successors of one node.
const MAX_SUCCESSORS: usize = 1024;
/// Places that are tried, and successors that are compared at each, when one is chosen.
const MAX_OFFSETS: usize = 256;
const SAMPLE: usize = 64;

/// Successors by key.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    offset: usize,
    mask: u64,
    shift: u32,
    slots: Vec<Slot>,
    tables: Vec<Dispatch>,
    /// All successors.
    nodes: Vec<u32>,
    /// How many there were when the place was chosen: it is chosen anew when these double.
    chosen_for: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u64,
    target: Target,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    None,
    Node(u32),
    /// Index in [`Dispatch::tables`].
    Table(u32),
}

impl Dispatch {
    /// Successors `nodes`; `text` gives the text of each. `None` if they cannot be told apart.
    pub(super) fn new<'t>(nodes: Vec<u32>, text: &impl Fn(u32) -> &'t [u8]) -> Option<Self> {
        if nodes.len() > MAX_SUCCESSORS {
            return None;
        }
        let chosen_for = nodes.len();
        let mut table = Self {
            offset: 0,
            mask: 0,
            shift: 0,
            slots: Vec::new(),
            tables: Vec::new(),
            nodes,
            chosen_for,
        };
        if !table.choose(text) {
            return (table.nodes.len() <= PROBES).then_some(table);
        }
        let key = |node: &u32| table.key_of(text(*node)).map(|key| (key, *node));
        let mut keys: Vec<(u64, u32)> = table.nodes.iter().filter_map(key).collect();
        keys.sort_unstable();
        let len = (keys.len() * 2).next_power_of_two();
        table.slots.resize(len, Slot { key: 0, target: Target::None });
        table.shift = 64 - len.trailing_zeros();
        for group in keys.chunk_by(|(a, _), (b, _)| a == b) {
            let (key, node) = *group.first()?;
            let target = if group.len() == 1 {
                Target::Node(node)
            } else {
                let nodes = group.iter().map(|(_, node)| *node).collect();
                table.add_table(Self::new(nodes, text)?)?
            };
            if !table.put(key, target) {
                return None;
            }
        }
        Some(table)
    }

    /// What `is` says of the successor whose keys `rest` has, if that is anything.
    #[inline]
    pub(super) fn find<T>(&self, rest: &[u8], is: impl Fn(u32) -> Option<T>) -> Option<T> {
        let mut table = self;
        loop {
            if table.slots.is_empty() {
                return table.nodes.iter().find_map(|node| is(*node));
            }
            let key = word(rest, table.offset)? & table.mask;
            // Most keys are in their first slot.
            let mut slot = table.slots.get(table.first_slot(key)?)?;
            if slot.key != key {
                slot = table.slots.get(table.slot_at(key)?)?;
            }
            match slot.target {
                Target::Node(node) => return is(node),
                Target::Table(next) => table = table.tables.get(next as usize)?,
                Target::None => return None,
            }
        }
    }

    /// Whether `node` is a successor.
    pub(super) fn contains(&self, node: u32) -> bool {
        self.nodes.contains(&node)
    }

    /// Adds a successor. False, and nothing is changed, if it cannot be told from the others.
    pub(super) fn insert<'t>(&mut self, node: u32, text: &impl Fn(u32) -> &'t [u8]) -> bool {
        if self.nodes.len() >= MAX_SUCCESSORS {
            return false;
        }
        let key = self.key_of(text(node)).filter(|_| self.nodes.len() < 2 * self.chosen_for);
        let at = key.filter(|_| !self.slots.is_empty()).and_then(|key| self.slot_at(key));
        let slot = at.and_then(|at| self.slots.get(at)).copied();
        let done = match (key, slot.map(|slot| slot.target)) {
            (Some(key), Some(Target::None)) => self.put(key, Target::Node(node)),
            (Some(_), Some(Target::Table(table))) => {
                let table = self.tables.get_mut(table as usize);
                table.is_some_and(|table| table.insert(node, text))
            }
            (Some(key), Some(Target::Node(known))) => {
                let table = Self::new(vec![known, node], text);
                let table = table.and_then(|table| self.add_table(table));
                table.is_some_and(|table| self.put(key, table))
            }
            _ => {
                let mut nodes = self.nodes.clone();
                nodes.push(node);
                let Some(table) = Self::new(nodes, text) else { return false };
                *self = table;
                return true;
            }
        };
        if done {
            self.nodes.push(node);
        }
        done
    }

    fn add_table(&mut self, table: Self) -> Option<Target> {
        self.tables.push(table);
        u32::try_from(self.tables.len() - 1).ok().map(Target::Table)
    }

    /// Puts `target` into the slot of `key`; false if there is none.
    fn put(&mut self, key: u64, target: Target) -> bool {
        let slot = self.slot_at(key).and_then(|at| self.slots.get_mut(at));
        slot.is_some_and(|slot| {
            *slot = Slot { key, target };
            true
        })
    }

    /// Where the slot of `key` is, or a free one for it; `None` if the run of slots is too long.
    fn slot_at(&self, key: u64) -> Option<usize> {
        let mut at = self.first_slot(key)?;
        for _ in 0..PROBES {
            let slot = self.slots.get(at)?;
            if slot.key == key || matches!(slot.target, Target::None) {
                return Some(at);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    #[inline]
    fn first_slot(&self, key: u64) -> Option<usize> {
        // The upper bits of the product depend on all of the key.
        usize::try_from(key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift).ok()
    }

    /// The key of a successor; `None` if its text is too short to have one.
    fn key_of(&self, text: &[u8]) -> Option<u64> {
        let width = 8 - self.mask.leading_zeros() as usize / 8;
        (text.len() >= self.offset + width).then(|| padded(text, self.offset) & self.mask)
    }

    /// Chooses the place at which most successors differ; false if there is none.
    fn choose<'t>(&mut self, text: &impl Fn(u32) -> &'t [u8]) -> bool {
        let shortest = self.nodes.iter().map(|node| text(*node).len()).min().unwrap_or(0);
        self.mask = if shortest < 8 { (1 << (8 * shortest)) - 1 } else { u64::MAX };
        let step = self.nodes.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<u32> = self.nodes.iter().copied().step_by(step).collect();
        let mut best = 1;
        let mut keys = Vec::new();
        // Before that the keys of all are equal.
        let start = common_len(&sample, text).saturating_sub(7);
        for offset in start..=shortest.saturating_sub(8).min(MAX_OFFSETS) {
            keys.clear();
            keys.extend(sample.iter().map(|node| padded(text(*node), offset) & self.mask));
            keys.sort_unstable();
            keys.dedup();
            if keys.len() > best {
                (best, self.offset) = (keys.len(), offset);
            }
            if best == sample.len() {
                break;
            }
        }
        best > 1
    }
}

/// How many bytes the texts of all `nodes` start with that are the same, or a few less.
fn common_len<'t>(nodes: &[u32], text: &impl Fn(u32) -> &'t [u8]) -> usize {
    let Some((first, others)) = nodes.split_first() else { return 0 };
    let (first, _) = text(*first).as_chunks::<8>();
    let len = |node: &u32| {
        let (other, _) = text(*node).as_chunks::<8>();
        8 * first.iter().zip(other).take_while(|(a, b)| a == b).count()
    };
    others.iter().map(len).min().unwrap_or(0)
}

/// The eight bytes at `offset`, if they are there.
#[inline]
fn word(text: &[u8], offset: usize) -> Option<u64> {
    text.get(offset..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The bytes at `offset`, at most eight, zeros behind them.
fn padded(text: &[u8], offset: usize) -> u64 {
    if let Some(word) = word(text, offset) {
        return word;
    }
    let bytes = text.iter().skip(offset).take(8).enumerate();
    bytes.fold(0, |word, (at, byte)| word | u64::from(*byte) << (8 * at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_told_apart_where_they_differ() {
        let texts: Vec<String> =
            (0..200).map(|n| format!(")\n\t/file.go:{} +0x1\nmain.f{n}(", n % 7)).collect();
        let text = |node: u32| texts[node as usize].as_bytes();
        let mut dispatch = Dispatch::new(vec![0, 1], &text).unwrap();
        for node in 2..200 {
            assert!(dispatch.insert(node, &text), "{node}");
        }
        for node in 0..200 {
            let rest = [text(node), b"0x1, 0x2)\n"].concat();
            let is = |found: u32| rest.starts_with(text(found)).then_some(found);
            assert_eq!(dispatch.find(&rest, is), Some(node));
        }
        let rest = b")\n\t/file.go:9 +0x1\nmain.f1(0x1)";
        let is = |found: u32| rest.starts_with(text(found)).then_some(found);
        assert_eq!(dispatch.find(rest, is), None);
    }

    #[test]
    fn short_texts_and_too_many_equal_keys() {
        let texts = ["f(", "g(", "f(...)\n\t/x.go:1 +0x1\nh("];
        let text = |node: u32| texts[node as usize].as_bytes();
        let dispatch = Dispatch::new(vec![0, 1, 2], &text).unwrap();
        assert_eq!(dispatch.find(b"g(0x1)\n\t/x", Some), Some(1));
        let texts = ["f(", "f(...)\n\t/x.go:1 +0x1\nh("];
        let text = |node: u32| texts[node as usize].as_bytes();
        let dispatch = Dispatch::new(vec![0, 1], &text).unwrap();
        assert_eq!(dispatch.find(b"f(0x1", |node| (node == 0).then_some(node)), Some(0));
        assert_eq!(dispatch.find(b"f(...)", |node| (node == 1).then_some(node)), Some(1));
        let same = |_: u32| &b"the same text"[..];
        assert!(Dispatch::new((0..8).collect(), &same).is_some());
        assert!(Dispatch::new((0..9).collect(), &same).is_none());
    }
}
