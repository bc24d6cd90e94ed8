//! Locks: which lock each goroutine waits for, who likely holds it, and what that one waits for.
//!
//! Identity is the address that `(*Mutex).lockSlow` prints (up to Go 1.17 also the semaphore's, minus
//! its offset in the lock); an `RWMutex` often prints none and is then known by the receiver of the
//! function that locks it, or, in formats without addresses, by that function's type. Go never says
//! who holds a lock, so a holder is at most likely. Everything is linear in the number of goroutines:
//! addresses are looked up in hash maps, and what only the stack decides is decided once a stack.

mod crossed;
mod diagnose;
mod frames;
mod holder;
mod stuck;
mod verdict;

use rustc_hash::FxHashMap;

pub use diagnose::{Spot, Tangle, Trouble};
pub use frames::{Frames, Judged, Op, Owner, Shape};
pub use holder::{Candidate, Tier};

use super::Facts;
use crate::model::{Dump, StackId, state};

/// A goroutine (or a record of equal ones) that waits for a lock, a `WaitGroup` or a `Cond`.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// Its record.
    pub row: u32,
    /// Its group in [`Facts::groups`].
    pub group: u32,
    /// Index in [`Locks::locks`].
    pub lock: u32,
    /// What it waits in.
    pub op: Op,
    /// Raw index of the frame that locks.
    pub caller: u32,
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
    /// All waits.
    pub waits: Vec<Wait>,
    /// What they wait for, in the order of the groups.
    pub locks: Vec<Lock<'d>>,
    /// What is wrong with the locks.
    pub tangles: Vec<Tangle>,
    wait_of: Vec<u32>,
    group_of: Vec<u32>,
}

/// No wait, no group.
const NONE: u32 = u32::MAX;

impl<'d> Locks<'d> {
    /// None, for a dump that was not looked at.
    pub(super) fn empty(dump: &'d Dump) -> Self {
        Self {
            frames: Frames::empty(dump),
            waits: Vec::new(),
            locks: Vec::new(),
            tangles: Vec::new(),
            wait_of: Vec::new(),
            group_of: Vec::new(),
        }
    }

    /// Finds all locks of the dump of `facts`.
    pub fn new(facts: &Facts<'d>) -> Self {
        let dump = facts.dump();
        let mut locks = Self {
            frames: Frames::new(dump),
            wait_of: vec![NONE; dump.len()],
            group_of: vec![NONE; dump.len()],
            ..Self::empty(dump)
        };
        locks.find_waits(facts);
        if !locks.locks.is_empty() {
            holder::find(&mut locks, facts);
            locks.tangles = diagnose::diagnose(&locks, facts);
        }
        locks
    }

    /// The wait of the record at `row`.
    pub fn wait(&self, row: u32) -> Option<&Wait> {
        self.waits.get(*self.wait_of.get(row as usize)? as usize)
    }

    /// The group of the record at `row`.
    pub fn group(&self, row: u32) -> Option<usize> {
        self.group_of.get(row as usize).filter(|group| **group != NONE).map(|g| *g as usize)
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

    fn find_waits(&mut self, facts: &Facts<'d>) {
        let mut shapes: FxHashMap<StackId, Shape> = FxHashMap::default();
        let mut offsets: FxHashMap<Owner<'d>, u64> = FxHashMap::default();
        let mut found: Vec<(Wait, Option<u64>, bool)> = Vec::new();
        for group in 0..facts.groups.len() {
            let on_cpu = state::is_on_cpu(facts.state(group));
            let number = u32::try_from(group).unwrap_or(NONE);
            for row in facts.summary.grouping.rows(group) {
                if let Some(slot) = self.group_of.get_mut(*row as usize) {
                    *slot = number;
                }
                let Some(goroutine) = facts.dump().goroutine(*row as usize) else { continue };
                let id = goroutine.row().stack;
                let stack = facts.dump().stack(id);
                let shape = *shapes.entry(id).or_insert_with(|| self.frames.shape(stack));
                let moving = on_cpu || shape.unlocks;
                let Some(op) = shape.op.or(shape.unlocks.then_some(Op::Mutex)) else { continue };
                let address = self.frames.address(*row as usize, &shape);
                let caller = u32::try_from(shape.caller).unwrap_or(NONE);
                if op.is_rw()
                    && let (Some(address), Some(owner)) =
                        (address, self.frames.at(stack, shape.caller).owner)
                    && let Some(receiver) = self.frames.receiver(*row as usize, shape.caller)
                    && let Some(offset) = holder::offset(address, receiver)
                {
                    offsets.insert(owner, offset);
                }
                found.push((
                    Wait { row: *row, group: number, lock: 0, op, caller },
                    address,
                    moving,
                ));
            }
        }
        let mut ids: FxHashMap<(bool, Id<'d>), u32> = FxHashMap::default();
        for (wait, address, moving) in found {
            let id = self.identity(facts, &wait, address, &offsets);
            self.add(wait, id, moving, &mut ids);
        }
    }

    fn identity(
        &self,
        facts: &Facts<'d>,
        wait: &Wait,
        address: Option<u64>,
        offsets: &FxHashMap<Owner<'d>, u64>,
    ) -> Id<'d> {
        if let Some(address) = address {
            return Id::Address(address);
        }
        let stack = stack_of(facts, wait.row);
        let frame = self.frames.at(stack, wait.caller as usize);
        let Some(owner) = frame.owner else { return Id::Function(frame.name) };
        match self.frames.receiver(wait.row as usize, wait.caller as usize) {
            None => Id::Type(owner),
            Some(receiver) => match offsets.get(&owner).filter(|_| wait.op.is_rw()) {
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
        let lock = *ids.entry((wait.op.is_lock(), id)).or_insert(next);
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
        if let Some(slot) = self.wait_of.get_mut(wait.row as usize) {
            *slot = number;
        }
        self.waits.push(Wait { lock, ..wait });
    }
}

/// The raw frames of the record at `row`.
pub fn stack_of<'d>(facts: &Facts<'d>, row: u32) -> &'d [crate::model::FrameId] {
    let dump = facts.dump();
    dump.goroutine(row as usize).map_or(&[], |goroutine| dump.stack(goroutine.row().stack))
}
