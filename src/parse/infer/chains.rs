//! States of a debug=1 profile. Its frame lines hide leading runtime functions, but the list of
//! addresses keeps them: goroutines that wait in the same way begin with the same addresses, called a
//! chain here. A chain is told by the functions that are visible behind it, by its length, and by
//! the order that chan.go and select.go have in every binary.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::era::Era;
use super::{Call, calls, of_leaf, of_stack, set_state};
use crate::model::{DumpBuilder, StackId, StrId, Symbol};

/// Longest chain that is looked at: gopark, goparkunlock, chanrecv, chanrecv1.
const LONGEST: usize = 4;

/// chan.go has a few KiB of code, and so has select.go.
const FILE_SPAN: u64 = 0x8000;

/// `chanrecv1` and `chanrecv2` are a few instructions each and follow each other.
const WRAPPER_SPAN: u64 = 0x100;

/// The calls of an inlined function are within so many bytes of its caller's.
const INLINED_SPAN: u64 = 0x80;

/// Distinct functions that must wait alike before the mere number tells a `select` from `select {}`.
const MANY: usize = 5;

/// The addresses of a record that are hidden in its frame lines, innermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    pcs: [u64; LONGEST],
    /// How many are hidden; `None` if that cannot be told, or if there are too many.
    hidden: Option<usize>,
}

impl Chain {
    /// The chain of a record with the addresses `pcs` whose first frame line has address `first`.
    pub(crate) fn new(pcs: impl Iterator<Item = u64>, first: Option<u64>) -> Self {
        let mut chain = Self::default();
        let Some(first) = first else { return chain };
        for (index, pc) in pcs.take(LONGEST + 1).enumerate() {
            // Frame lines show the call, one less than the return address; Go 1.2 shows the latter.
            if pc == first || pc.checked_sub(1) == Some(first) {
                chain.hidden = Some(index);
                return chain;
            }
            if let Some(slot) = chain.pcs.get_mut(index) {
                *slot = pc;
            }
        }
        chain
    }

    fn hidden(&self) -> &[u64] {
        self.hidden.and_then(|hidden| self.pcs.get(..hidden)).unwrap_or_default()
    }
}

/// The chains of all records, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chains {
    list: Vec<Chain>,
}

/// What the innermost visible function tells.
#[derive(Clone, Copy, Debug)]
enum Leaf {
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
enum Op {
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

/// Functions with one kind of blocking channel operation besides selects.
const ONLY: &[(&str, Op)] = &[
    ("database/sql.(*Tx).awaitDone", Op::Receive),
    ("database/sql.(*Rows).awaitDone", Op::Receive),
    ("golang.org/x/sync/errgroup.(*Group).Go", Op::Send),
    ("net/http.(*persistConn).mapRoundTripError", Op::Receive),
    ("os/exec.(*Cmd).Wait", Op::Receive),
    ("os/exec.(*Cmd).awaitGoroutines", Op::Receive),
    ("runtime/pprof.StopCPUProfile", Op::Receive),
    ("testing.(*T).Parallel", Op::Receive),
    ("testing.(*T).Run", Op::Receive),
    ("testing.(*testContext).waitParallel", Op::Receive),
    ("testing.(*testState).waitParallel", Op::Receive),
];

impl Chains {
    /// Adds the chain of the next record.
    pub(crate) fn push(&mut self, chain: Chain) {
        self.list.push(chain);
    }

    /// Infers the states of all records that were built.
    pub(crate) fn infer(&self, builder: &mut DumpBuilder) {
        let era = Era::of(builder.dump(), None);
        let mut leaves = FxHashMap::default();
        let mut evidence = Evidence::default();
        for (index, chain) in self.list.iter().enumerate() {
            let Some((leaf, _, _)) = leaf_of(builder, index, era, &mut leaves) else { continue };
            evidence.see_park(leaf, chain.hidden());
        }
        evidence.guess_park();
        for (index, chain) in self.list.iter().enumerate() {
            let found = leaf_of(builder, index, era, &mut leaves);
            let Some((leaf, function, _)) = found else { continue };
            evidence.see_unknown(leaf, function, chain.hidden());
        }
        let verdict = evidence.judge();
        for (index, chain) in self.list.iter().enumerate() {
            let found = leaf_of(builder, index, era, &mut leaves);
            let Some((leaf, _, stack)) = found else { continue };
            let state = match leaf {
                Leaf::Does(state) => Some(state),
                Leaf::Waits(state) => (chain.hidden != Some(0)).then_some(state),
                Leaf::Runtime => of_stack(builder.dump(), stack, era),
                Leaf::Any { .. } => verdict.state(evidence.rest(chain.hidden())),
            };
            if let Some(state) = state.or_else(|| coroutine(builder, stack, chain)) {
                set_state(builder, index, state);
            }
        }
    }
}

/// What the innermost visible function of the record at `index` tells, that function, and the stack.
fn leaf_of(
    builder: &DumpBuilder,
    index: usize,
    era: Era,
    leaves: &mut FxHashMap<StackId, Option<(Leaf, StrId)>>,
) -> Option<(Leaf, StrId, StackId)> {
    let dump = builder.dump();
    let stack = dump.goroutine(index)?.row().stack;
    let found = leaves.entry(stack).or_insert_with(|| {
        let Call { name, id, .. } = calls(dump, stack).next()?;
        let symbol = Symbol::new(name);
        let leaf = match of_leaf(name, era) {
            Some(state @ ("running" | "syscall")) => Leaf::Does(state),
            Some(state) => Leaf::Waits(state),
            None if symbol.is_runtime() => Leaf::Runtime,
            None => Leaf::Any {
                std: symbol.is_std() && symbol.package() != "runtime/trace",
                op: ONLY.iter().find(|(only, _)| *only == name).map(|(_, op)| *op),
            },
        };
        Some((leaf, id))
    });
    found.map(|(leaf, function)| (leaf, function, stack))
}

/// Peers of `iter.Pull` (Go 1.23 and later) switch to each other in `runtime.coroswitch`, which is all
/// that is hidden, and the trace reader waits in `runtime.ReadTrace`.
fn coroutine(builder: &DumpBuilder, stack: StackId, chain: &Chain) -> Option<&'static str> {
    let name = calls(builder.dump(), stack).next()?.name;
    match chain.hidden? {
        1 if name.starts_with("iter.Pull") && name.contains(".func") => Some("coroutine"),
        2 | 3
            if name == "runtime/trace.Start.func1"
                || name == "runtime/trace.(*traceMultiplexer).startLocked.func1" =>
        {
            Some("trace reader (blocked)")
        }
        _ => None,
    }
}

/// What is known of a chain's last address or addresses, behind gopark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// One function between gopark and the program: `selectgo` or `block`.
    Select(u64),
    /// Two: `chansend` or `chanrecv`, and its wrapper.
    Chan { inner: u64, wrapper: u64 },
}

/// What the records show.
#[derive(Debug, Default)]
struct Evidence {
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
    fn see_park(&mut self, leaf: Leaf, hidden: &[u64]) {
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
    fn guess_park(&mut self) {
        if self.gopark.is_empty()
            && let Some((park, _)) = self.first.iter().max_by_key(|(_, count)| **count)
        {
            self.gopark.insert(*park);
        }
    }

    /// The chain without gopark and goparkunlock.
    fn rest(&self, hidden: &[u64]) -> Option<Rest> {
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
    fn see_unknown(&mut self, leaf: Leaf, function: StrId, hidden: &[u64]) {
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
    fn judge(&self) -> Verdict {
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
struct Verdict {
    selects: BTreeMap<u64, &'static str>,
    /// By the wrapper's address. Waits on nil channels have the same wrapper and cannot be told: the
    /// order of the two waits in the inner function is not the same in all versions.
    chans: BTreeMap<u64, Op>,
}

impl Verdict {
    fn state(&self, rest: Option<Rest>) -> Option<&'static str> {
        match rest? {
            Rest::Select(pc) => self.selects.get(&pc).copied(),
            Rest::Chan { wrapper, .. } => self.chans.get(&wrapper).map(|op| op.state()),
        }
    }
}
