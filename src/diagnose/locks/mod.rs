//! Locks: which lock each goroutine waits for, who likely holds it, and what that one waits for.
//!
//! Identity is the address that `(*Mutex).lockSlow` prints (up to Go 1.17 also the semaphore's, minus
//! its offset in the lock); an `RWMutex` often prints none and is then known by the receiver of the
//! function that locks it, or, in formats without addresses, by that function's type. Go never says
//! who holds a lock, so a holder is at most likely. Everything is linear in the number of goroutines:
//! addresses are looked up in hash maps, and what only the stack decides is decided once a stack.

mod candidate;
mod crossed;
mod frames;
mod holder;
mod once;
mod parent;
mod sibling;
mod sieve;
mod stuck;
mod verdict;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::WaitKind;
use crate::model::wait::LockKind;
pub use candidate::{Candidate, Tier};
pub use frames::{Frames, Judged, Owner, Shape, base};
pub use sieve::Sieve;
pub(super) use stuck::{busy_parents, is_stuck, starts_for_user};
pub(super) use verdict::Verdict;

use crate::diagnose::index::Index;
use crate::model::{Args, Dump, StackId};
use crate::view::group::Grouping;

/// A goroutine (or a record of equal ones) that waits for a lock, a `WaitGroup` or a `Cond`.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// Its record.
    pub row: u32,
    /// Its group in [`Index::groups`].
    pub group: u32,
    /// Index in [`Locks::locks`].
    pub lock: u32,
    /// What it waits in.
    pub kind: WaitKind,
    /// Raw index of the frame that locks; as in [`ArgWord`](crate::model::ArgWord), of far ones nothing
    /// is known.
    pub caller: u16,
}

/// How a lock is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id<'d> {
    /// Its address.
    Address(u64),
    /// The receiver of the methods that lock it.
    Receiver(Owner<'d>, u64),
    /// The type whose methods lock it: may be several locks.
    Type(Owner<'d>),
    /// The function that locks it: may be several locks.
    Function(&'d str),
}

impl Id<'_> {
    /// Whether it is one object.
    pub fn is_object(self) -> bool {
        matches!(self, Self::Address(_) | Self::Receiver(..))
    }
}

/// Something that goroutines wait for.
pub struct Lock<'d> {
    /// What it is known by.
    pub id: Id<'d>,
    /// Indices in [`Locks::waits`].
    pub waits: Vec<u32>,
    /// Records of goroutines that are unlocking it, or that were woken to take it: it moves.
    pub moving: Vec<u32>,
    /// Who may hold it, the likeliest first.
    pub holders: Vec<Candidate>,
}

/// All locks of a dump, `WaitGroup`s and `Cond`s included.
pub struct Locks<'d> {
    /// The dump's frames, judged.
    pub frames: Frames<'d>,
    /// All waits, group by group.
    pub waits: Vec<Wait>,
    /// Where the waits of each group start, as far as any group has some, and where the last ones end.
    wait_starts: Vec<u32>,
    /// What they wait for, in the order of the groups.
    pub locks: Vec<Lock<'d>>,
    /// Nobody in the program runs, sleeps or waits for something outside.
    pub deserted: bool,
    grouping: Option<Arc<Grouping<'d>>>,
    /// Stacks that wait for locks.
    waiting: FxHashSet<StackId>,
}

/// No lock.
const NONE: u32 = u32::MAX;

impl<'d> Locks<'d> {
    /// None, for a dump that was not looked at.
    pub(super) fn empty(dump: &'d Dump) -> Self {
        Self {
            frames: Frames::empty(dump),
            waits: Vec::new(),
            wait_starts: Vec::new(),
            locks: Vec::new(),
            deserted: false,
            grouping: None,
            waiting: FxHashSet::default(),
        }
    }

    /// Finds all locks of the dump of `facts`, and what is said of each.
    pub(super) fn new(facts: &Index<'d>) -> (Self, Vec<Verdict>) {
        let dump = facts.dump();
        let mut locks = Self {
            frames: Frames::new(dump),
            grouping: Some(Arc::clone(&facts.summary.grouping)),
            ..Self::empty(dump)
        };
        locks.find_waits(facts);
        if locks.locks.is_empty() {
            return (locks, Vec::new());
        }
        locks.deserted = stuck::is_deserted(facts);
        holder::find(&mut locks, facts);
        let verdicts = verdicts(&locks, facts);
        (locks, verdicts)
    }

    /// The wait of the record at `row`.
    pub fn wait(&self, row: u32) -> Option<&Wait> {
        self.wait_in(self.group(row)?, row)
    }

    /// The wait of the record at `row`, which is in `group`.
    pub fn wait_in(&self, group: usize, row: u32) -> Option<&Wait> {
        let [start, end] = *self.wait_starts.get(group..)?.first_chunk()?;
        let waits = self.waits.get(start as usize..end as usize)?;
        // Most groups have none.
        let at = waits.binary_search_by_key(&row, |wait| wait.row).ok()?;
        waits.get(at)
    }

    /// Whether any record of `group` waits.
    pub fn has_waits(&self, group: usize) -> bool {
        let bounds = self.wait_starts.get(group..).and_then(<[u32]>::first_chunk);
        bounds.is_some_and(|[start, end]| start != end)
    }

    /// The group of the record at `row`.
    pub fn group(&self, row: u32) -> Option<usize> {
        let goroutine = self.frames.dump().goroutine(row as usize)?;
        let group = self.grouping.as_ref()?.group_of(goroutine);
        group.filter(|group| *group < Index::MAX_GROUPS)
    }

    /// The lock at `index`.
    pub fn lock(&self, index: u32) -> Option<&Lock<'d>> {
        self.locks.get(index as usize)
    }

    /// The waits for the lock at `index`.
    pub fn waits_for(&self, index: u32) -> impl Iterator<Item = &Wait> {
        let list = self.lock(index).map_or(&[][..], |lock| &lock.waits);
        list.iter().filter_map(|wait| self.waits.get(*wait as usize))
    }

    /// Whether a candidate stands directly in a `select` of the function that its goroutine started
    /// with: most loops that serve an object do, and hold nothing.
    pub fn is_loop(&self, facts: &Index<'d>, candidate: &Candidate) -> bool {
        let stack = stack_of(facts, candidate.row);
        let kind = self.group(candidate.row).map(|group| facts.kind(group));
        let direct = (0..candidate.frame).all(|at| !self.frames.at(stack, at).user);
        kind == Some(WaitKind::Select) && candidate.frame + 1 == stack.len() && direct
    }

    fn find_waits(&mut self, facts: &Index<'d>) {
        let shapes = Shapes::new(&self.frames, facts);
        let waits = |shape: &Shape| shape.kind.is_some_and(WaitKind::is_lock);
        let waiting = shapes.by_stack.iter().filter(|(_, shape)| waits(shape));
        self.waiting = waiting.map(|(id, _)| *id).collect();
        let mut offsets: FxHashMap<Owner<'d>, u64> = FxHashMap::default();
        shapes.each(facts, WaitKind::is_rw, |_, wait, shape, args| {
            let frame = self.frames.at(stack_of(facts, wait.row), shape.caller);
            if let (Some(address), Some(owner)) = (Frames::address(args, shape), frame.owner)
                && let Some(receiver) = Frames::receiver_in(args, shape.caller)
                && let Some(offset) = candidate::offset(address, receiver)
            {
                offsets.insert(owner, offset);
            }
        });
        let mut ids: FxHashMap<(bool, Id<'d>), u32> = FxHashMap::default();
        shapes.each(
            facts,
            |_| true,
            |moving, wait, shape, args| {
                let id = match Frames::address(args, shape) {
                    Some(address) => Id::Address(address),
                    None => self.identity(facts, &wait, args, &offsets),
                };
                self.add(wait, id, moving, &mut ids);
            },
        );
        self.waits.shrink_to_fit();
        // They were found group by group.
        for (at, wait) in (0u32..).zip(&self.waits) {
            let group = wait.group as usize;
            if self.wait_starts.len() <= group {
                self.wait_starts.resize(group + 1, at);
            }
        }
        self.wait_starts.push(u32::try_from(self.waits.len()).unwrap_or(NONE));
    }

    fn identity(
        &self,
        facts: &Index<'d>,
        wait: &Wait,
        args: Args<'_>,
        offsets: &FxHashMap<Owner<'d>, u64>,
    ) -> Id<'d> {
        let stack = stack_of(facts, wait.row);
        let frame = self.frames.at(stack, wait.caller as usize);
        let Some(owner) = frame.owner else { return Id::Function(frame.name) };
        match Frames::receiver_in(args, wait.caller as usize) {
            None => Id::Type(owner),
            Some(receiver) => match offsets.get(&owner).filter(|_| wait.kind.is_rw()) {
                Some(offset) => Id::Address(receiver.saturating_add(*offset)),
                None => Id::Receiver(owner, receiver),
            },
        }
    }

    fn add(
        &mut self,
        wait: Wait,
        id: Id<'d>,
        moving: bool,
        ids: &mut FxHashMap<(bool, Id<'d>), u32>,
    ) {
        let next = u32::try_from(self.locks.len()).unwrap_or(NONE);
        // A WaitGroup at the head of a struct has the struct's address, as its mutex may have.
        let lock = *ids.entry((wait.kind.is_lock(), id)).or_insert(next);
        if lock == next {
            let (waits, moving, holders) = (Vec::new(), Vec::new(), Vec::new());
            self.locks.push(Lock { id, waits, moving, holders });
        }
        let number = u32::try_from(self.waits.len()).unwrap_or(NONE);
        let Some(entry) = self.locks.get_mut(lock as usize) else { return };
        if moving {
            entry.moving.push(wait.row);
            return;
        }
        entry.waits.push(number);
        self.waits.push(Wait { lock, ..wait });
    }
}

/// The verdict on every lock.
fn verdicts<'d>(locks: &Locks<'d>, facts: &Index<'d>) -> Vec<Verdict> {
    let writers = verdict::writers(locks);
    let count = u32::try_from(locks.locks.len()).unwrap_or(u32::MAX);
    let mut verdicts: Vec<Verdict> = (0..count)
        .map(|index| {
            let waits = locks.waits_for(index).next();
            if waits.is_some_and(|wait| wait.kind.is_lock()) {
                verdict::verdict(locks, facts, index, &writers)
            } else {
                Verdict::Nobody
            }
        })
        .collect();
    crossed::adopt(locks, facts, &mut verdicts);
    crossed::cross(locks, facts, &mut verdicts);
    verdicts
}

/// What the stacks of a dump show of package sync: of those that show something.
struct Shapes {
    by_stack: FxHashMap<StackId, Shape>,
    /// By the number of the canonical stack: whether it is one of those, how many stacks it stands
    /// for, and one of them.
    canonical: Vec<(bool, u32, StackId)>,
}

impl Shapes {
    fn new(frames: &Frames<'_>, facts: &Index<'_>) -> Self {
        let stacks = &facts.summary.stacks;
        let mut shapes = Self {
            by_stack: FxHashMap::default(),
            canonical: vec![(false, 0, StackId::default()); stacks.len()],
        };
        for id in (0..u32::try_from(facts.dump().stack_count()).unwrap_or(NONE)).map(StackId::from)
        {
            let shape = frames.shape(facts.dump().stack(id));
            let shows = shape.kind.is_some() || shape.unlocks;
            if let Some(slot) = shapes.canonical.get_mut(stacks.canonical(id) as usize) {
                *slot = (slot.0 || shows, slot.1 + 1, id);
            }
            if shows {
                shapes.by_stack.insert(id, shape);
            }
        }
        shapes
    }

    /// Calls `f` with every goroutine that waits in an operation that `wanted` accepts, group by group:
    /// whether it moves, the wait (its lock is not known yet), what its stack shows, and its words.
    fn each<'d>(
        &self,
        facts: &Index<'d>,
        wanted: impl Fn(WaitKind) -> bool,
        mut f: impl FnMut(bool, Wait, &Shape, Args<'d>),
    ) {
        let op = |shape: &Shape| {
            shape
                .kind
                .or(shape.unlocks.then_some(WaitKind::Lock(LockKind::Mutex)))
                .filter(|op| wanted(*op))
        };
        if !self.by_stack.values().any(|shape| op(shape).is_some()) {
            return;
        }
        for (group, number) in facts.groups.iter().zip(0u32..) {
            let canonical = facts.summary.stacks.canonical(group.stack) as usize;
            let Some((true, stacks, stack)) = self.canonical.get(canonical).copied() else {
                continue;
            };
            // Rows lie far apart: they are not looked at if all have the same stack.
            let only = (stacks == 1).then_some(stack);
            let on_cpu = facts.kind(number as usize) == WaitKind::OnCpu;
            let mut last = (None, None);
            for row in facts.summary.grouping.rows(number as usize) {
                let of_row =
                    || facts.dump().goroutine(*row as usize).map(crate::model::Goroutine::stack);
                let Some(stack) = only.or_else(of_row) else { continue };
                if last.0 != Some(stack) {
                    let shape = self.by_stack.get(&stack);
                    last = (Some(stack), shape.and_then(|shape| Some((shape, op(shape)?))));
                }
                let Some((shape, kind)) = last.1 else { continue };
                let caller = u16::try_from(shape.caller).unwrap_or(u16::MAX);
                let wait = Wait { row: *row, group: number, lock: 0, kind, caller };
                let args = facts.dump().args(*row as usize);
                f(on_cpu || shape.unlocks, wait, shape, args);
            }
        }
    }
}

/// The raw frames of the record at `row`.
pub fn stack_of<'d>(facts: &Index<'d>, row: u32) -> &'d [crate::model::FrameId] {
    let dump = facts.dump();
    dump.goroutine(row as usize).map_or(&[], |goroutine| dump.stack(goroutine.stack()))
}
