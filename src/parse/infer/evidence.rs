//! What the records of a debug=1 profile show together of where the runtime's waits are in the binary.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::StrId;

/// chan.go has a few KiB of code, and so has select.go.
const FILE_SPAN: u64 = 0x8000;

/// `chanrecv1` and `chanrecv2` are a few instructions each and follow each other.
const WRAPPER_SPAN: u64 = 0x100;

/// The calls of an inlined function are within so many bytes of its caller's.
const INLINED_SPAN: u64 = 0x80;

/// Distinct functions that must wait alike before the mere number tells a `select` from `select {}`.
const MANY: usize = 5;

/// What the innermost visible function tells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    /// It waits in one way only.
    Waits(&'static str),
    /// It may be running or in a system call, whether anything is hidden or not.
    Does(&'static str),
    /// Everything is visible.
    Runtime,
    /// Any function of a package; one of the standard library's never does `select {}`.
    Any { std: bool, op: Option<Op> },
}

/// What a channel operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Send,
    Receive,
}

impl Op {
    fn state(self) -> &'static str {
        match self {
            Self::Send => "chan send",
            Self::Receive => "chan receive",
        }
    }
}

/// What is known of a chain's last address or addresses, behind gopark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// One function between gopark and the program: `selectgo` or `block`.
    Select(u64),
    /// Two: `chansend` or `chanrecv`, and its wrapper.
    Chan { inner: u64, wrapper: u64 },
}

/// What the records show.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Addresses in gopark.
    gopark: BTreeSet<u64>,
    /// How many records of any function begin with an address and another hidden one.
    first: BTreeMap<u64, u64>,
    /// Addresses in goparkunlock.
    goparkunlock: BTreeSet<u64>,
    /// By the address in `selectgo` or `block`: functions behind it, and whether the standard library
    /// is among them.
    selects: BTreeMap<u64, (BTreeSet<StrId>, bool)>,
    /// By the wrapper's address: addresses in the inner function, and the operation if known.
    chans: BTreeMap<u64, (BTreeSet<u64>, Option<Op>)>,
    /// Functions contradict each other; nothing is said of channels then.
    torn: bool,
}

impl Evidence {
    /// Learns where gopark is from a record that surely waits in it.
    pub(super) fn see_park(&mut self, leaf: Leaf, hidden: &[u64]) {
        let Leaf::Waits(state) = leaf else {
            if let (Leaf::Any { .. }, [park, _, ..]) = (leaf, hidden) {
                *self.first.entry(*park).or_default() += 1;
            }
            return;
        };
        match (state, hidden) {
            ("IO wait", [park, _]) | ("sleep", [park]) => {
                self.gopark.insert(*park);
            }
            ("sync.Cond.Wait" | "sleep", [park, unlock]) => {
                self.gopark.insert(*park);
                self.goparkunlock.insert(*unlock);
            }
            (state, [park, unlock, _]) if state.starts_with("sync.") || state == "semacquire" => {
                self.gopark.insert(*park);
                self.goparkunlock.insert(*unlock);
            }
            _ => {}
        }
    }

    /// Where no record tells, most goroutines of a program wait in gopark.
    pub(super) fn guess_park(&mut self) {
        if self.gopark.is_empty()
            && let Some((park, _)) = self.first.iter().max_by_key(|(_, count)| **count)
        {
            self.gopark.insert(*park);
        }
    }

    /// The chain without gopark and goparkunlock.
    pub(super) fn rest(&self, hidden: &[u64]) -> Option<Rest> {
        let (park, rest) = hidden.split_first()?;
        if !self.gopark.contains(park) {
            return None;
        }
        match rest {
            [one] if !self.goparkunlock.contains(one) => Some(Rest::Select(*one)),
            [inner, wrapper] if !self.goparkunlock.contains(inner) => chan(*inner, *wrapper),
            // Up to Go 1.12 channel operations wait in goparkunlock.
            [_, inner, wrapper] => chan(*inner, *wrapper),
            _ => None,
        }
    }

    /// Learns from a record whose function does not tell how it waits.
    pub(super) fn see_unknown(&mut self, leaf: Leaf, function: StrId, hidden: &[u64]) {
        let Leaf::Any { std, op } = leaf else { return };
        match self.rest(hidden) {
            Some(Rest::Select(pc)) => {
                let (functions, has_std) = self.selects.entry(pc).or_default();
                functions.insert(function);
                *has_std |= std;
            }
            Some(Rest::Chan { inner, wrapper }) => {
                let (inners, known) = self.chans.entry(wrapper).or_default();
                inners.insert(inner);
                self.torn |= matches!((*known, op), (Some(a), Some(b)) if a != b);
                *known = known.or(op);
            }
            None => {}
        }
    }

    /// What each chain means.
    pub(super) fn judge(&self) -> Verdict {
        Verdict { selects: self.judge_selects(), chans: self.judge_chans() }
    }

    /// In select.go `block` stands right before `selectgo`.
    fn judge_selects(&self) -> BTreeMap<u64, &'static str> {
        let near = |a: u64, b: u64| a < b && b - a < FILE_SPAN;
        let pcs: Vec<u64> = self.selects.keys().copied().collect();
        let sure = self.selects.iter().find(|(_, (_, std))| *std).map(|(pc, _)| *pc);
        let selectgo = sure.or_else(|| match pcs[..] {
            [block, select] if near(block, select) => Some(select),
            [one] => self.selects.get(&one).filter(|(f, _)| f.len() >= MANY).map(|_| one),
            _ => None,
        });
        let Some(selectgo) = selectgo else { return BTreeMap::new() };
        let blocks: Vec<u64> = pcs.iter().copied().filter(|pc| near(*pc, selectgo)).collect();
        let mut states = BTreeMap::from([(selectgo, "select")]);
        if let [block] = blocks[..] {
            states.insert(block, "select (no cases)");
        }
        states
    }

    /// In chan.go stand `chansend1`, `chansend`, `chanrecv1`, `chanrecv2` and `chanrecv` in this order.
    fn judge_chans(&self) -> BTreeMap<u64, Op> {
        let mut families: Vec<Family> = Vec::new();
        for (wrapper, (inners, op)) in &self.chans {
            match families.last_mut() {
                Some(family) if family.has(*wrapper, inners) => family.add(*wrapper, inners, *op),
                _ => families.push(Family::new(*wrapper, inners, *op)),
            }
        }
        // Only receives have two wrappers: `<-c` and `v, ok := <-c`.
        for family in &mut families {
            if family.wrappers.len() > 1 {
                family.vote(Op::Receive);
            }
        }
        // Other waits may have the same form (`selectgo` up to Go 1.8), but in other files.
        let near = |a: &Family, b: &Family| b.last().saturating_sub(a.first()) < FILE_SPAN;
        for file in families.chunk_by_mut(near) {
            if let [first, second] = file
                && first.last() < second.first()
            {
                first.vote(Op::Send);
                second.vote(Op::Receive);
            }
        }
        if self.torn || families.iter().any(|family| family.torn) {
            return BTreeMap::new();
        }
        let known = families.iter().filter_map(|family| Some((family, family.op?)));
        known.flat_map(|(f, op)| f.wrappers.iter().map(move |wrapper| (*wrapper, op))).collect()
    }
}

/// A pair of addresses that may be in chan.go: the inner function follows its wrapper closely. Closer
/// still is a function inlined in its caller, such as `goparkunlock` in `ReadTrace` (Go 1.15).
fn chan(inner: u64, wrapper: u64) -> Option<Rest> {
    let span = inner.checked_sub(wrapper);
    let follows = span.is_some_and(|span| (INLINED_SPAN..FILE_SPAN).contains(&span));
    follows.then_some(Rest::Chan { inner, wrapper })
}

/// Addresses that belong to `chansend` or to `chanrecv` with their wrappers.
#[derive(Debug)]
struct Family {
    wrappers: BTreeSet<u64>,
    inners: BTreeSet<u64>,
    op: Option<Op>,
    /// There are reasons for both operations.
    torn: bool,
}

impl Family {
    fn new(wrapper: u64, inners: &BTreeSet<u64>, op: Option<Op>) -> Self {
        Self { wrappers: BTreeSet::from([wrapper]), inners: inners.clone(), op, torn: false }
    }

    fn has(&self, wrapper: u64, inners: &BTreeSet<u64>) -> bool {
        let last = self.wrappers.last().copied().unwrap_or(0);
        wrapper.abs_diff(last) < WRAPPER_SPAN || !self.inners.is_disjoint(inners)
    }

    fn add(&mut self, wrapper: u64, inners: &BTreeSet<u64>, op: Option<Op>) {
        self.wrappers.insert(wrapper);
        self.inners.extend(inners);
        if let Some(op) = op {
            self.vote(op);
        }
    }

    fn vote(&mut self, op: Op) {
        self.torn |= self.op.is_some_and(|known| known != op);
        self.op = Some(op);
    }

    fn first(&self) -> u64 {
        self.wrappers.first().copied().unwrap_or(0)
    }

    fn last(&self) -> u64 {
        self.inners.last().copied().unwrap_or(0)
    }
}

/// What chains mean.
pub(super) struct Verdict {
    selects: BTreeMap<u64, &'static str>,
    /// By the wrapper's address. Waits on nil channels have the same wrapper and cannot be told: the
    /// order of the two waits in the inner function is not the same in all versions.
    chans: BTreeMap<u64, Op>,
}

impl Verdict {
    pub(super) fn state(&self, rest: Option<Rest>) -> Option<&'static str> {
        match rest? {
            Rest::Select(pc) => self.selects.get(&pc).copied(),
            Rest::Chan { wrapper, .. } => self.chans.get(&wrapper).map(|op| op.state()),
        }
    }
}
