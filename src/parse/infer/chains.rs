//! States of a debug=1 profile. Its frame lines hide leading runtime functions, but the list of
//! addresses keeps them: goroutines that wait in the same way begin with the same addresses, called a
//! chain here. A chain is told by the functions that are visible behind it, by its length, and by
//! the order that chan.go and select.go have in every binary.

use rustc_hash::FxHashMap;

use super::distance;
use super::era::Era;
use super::evidence::{Evidence, Leaf, Op};
use super::{Call, calls, of_leaf, of_stack, set_state};
use crate::model::{DumpBuilder, StackId, StrId, Symbol};

/// Longest chain that is looked at: gopark, goparkunlock, chanrecv, chanrecv1.
const LONGEST: usize = 4;

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

/// Functions with one kind of blocking channel operation besides selects.
const ONLY: &[(&str, Op)] = &[
    ("database/sql.(*Tx).awaitDone", Op::Receive),
    ("database/sql.(*Rows).awaitDone", Op::Receive),
    ("github.com/golang/glog.(*fileSink).flushDaemon", Op::Receive),
    ("github.com/golang/glog.(*loggingT).flushDaemon", Op::Receive),
    ("github.com/rcrowley/go-metrics.(*meterArbiter).tick", Op::Receive),
    ("golang.org/x/sync/errgroup.(*Group).Go", Op::Send),
    ("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run", Op::Receive),
    ("k8s.io/klog.(*loggingT).flushDaemon", Op::Receive),
    ("k8s.io/klog/v2.(*loggingT).flushDaemon", Op::Receive),
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
                Leaf::Any { .. } => {
                    let told = verdict.state(evidence.rest(chain.hidden()));
                    nearer(told, distance::state(chain.hidden()))
                }
            };
            if let Some(state) = state.or_else(|| coroutine(builder, stack, chain)) {
                set_state(builder, index, state);
            }
        }
    }
}

/// What is `told` by the functions behind a chain, or more exactly by the `distance` of its addresses,
/// unless the two contradict each other.
fn nearer(told: Option<&'static str>, distance: Option<&'static str>) -> Option<&'static str> {
    match (told, distance) {
        (Some(told), Some(distance)) if distance.starts_with(told) => Some(distance),
        (Some(told), _) => Some(told),
        (None, distance) => distance,
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
    let stack = dump.goroutine(index)?.stack();
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
