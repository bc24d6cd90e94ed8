//! Where goroutines are, what they do and want, and which locks they hold.

use crate::diagnose::Facts;
use crate::diagnose::activity::Activity;
use crate::diagnose::data::Goid;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::locks::{Candidate, Id, Locks, Tier, stack_of};
use crate::diagnose::rating::Confidence;
use crate::diagnose::role::{LockName, LockType, Role, Wants};
use crate::diagnose::said::{Holding, Named};
use crate::diagnose::tangles::{Tangle, Trouble};
use crate::diagnose::waitfor::{Edge, Node, NodeId, Why};
use crate::model::wait::{LockKind, Side};
use crate::model::{Frame, SourceLocation, WaitKind};

/// Says what a dump tells of single goroutines.
pub struct Locator<'f, 'd> {
    locks: &'f Locks<'d>,
    facts: &'f Facts<'d>,
}

impl<'f, 'd> Locator<'f, 'd> {
    /// For the dump of `facts`.
    pub fn new(locks: &'f Locks<'d>, facts: &'f Facts<'d>) -> Self {
        Self { locks, facts }
    }

    /// The raw index of the frame that a goroutine is named by: the innermost one of the user's code
    /// from `from` on, else `from`.
    pub fn user(&self, row: u32, from: usize) -> usize {
        let stack = stack_of(self.facts, row);
        let user = (from..stack.len()).find(|at| self.locks.frames.at(stack, *at).user);
        user.unwrap_or(from)
    }

    /// The function at a raw index; the excerpt of a dump may end before it.
    pub fn function(&self, row: u32, frame: usize) -> &'d str {
        let stack = stack_of(self.facts, row);
        let name = self.locks.frames.at(stack, frame).name;
        let last = stack.last().map_or("", |id| self.locks.frames.get(*id).name);
        if name.is_empty() { last } else { name }
    }

    /// Where the function at a raw index is.
    pub fn at(&self, row: u32, frame: usize) -> SourceLocation {
        let (function, dump) = (self.function(row, frame), self.facts.dump());
        match stack_of(self.facts, row).get(frame).map(|id| dump.frame(*id)) {
            Some(Frame::Call { file, line, .. }) if line > 0 => {
                SourceLocation::new(function, dump.str(file), line)
            }
            _ => SourceLocation::function(function),
        }
    }

    /// The id of the goroutine in `row`, if the format has ids.
    pub fn goid(&self, row: u32) -> Option<Goid> {
        let goroutine = self.facts.dump().goroutine(row as usize);
        goroutine.and_then(crate::model::Goroutine::goid).map(Goid)
    }

    /// What the goroutine in `row` does.
    pub fn does(&self, row: u32) -> Activity {
        Activity::of(self.facts, row)
    }

    /// What goroutines of the node at `from` want of those that `edge` leads to; the address of the lock
    /// only if it is none of `known`.
    pub fn wants(&self, from: NodeId, edge: &Edge, known: &[u32]) -> Wants {
        let node = self.facts.graph().node(from);
        let lock = node.and_then(|node| node.lock).filter(|lock| !known.contains(lock));
        match edge.why {
            Why::Lock => match lock.and_then(|lock| self.locks.lock(lock)).map(|lock| lock.id) {
                Some(Id::Address(address)) => Wants::UnlockAt(address),
                Some(_) => Wants::UnlockOther,
                None => Wants::Unlock,
            },
            Why::Writer => Wants::Write,
            Why::Child => Wants::End,
            Why::Channel if node.is_some_and(|node| self.sends(node)) => Wants::Receive,
            Why::Channel => Wants::Send,
            Why::Signal => Wants::Signal,
        }
    }

    fn sends(&self, node: &Node) -> bool {
        matches!(self.facts.kind(node.group), WaitKind::Send | WaitKind::NilChan(Side::Send))
    }

    /// The goroutines of a node.
    pub fn named(&self, id: NodeId) -> Named {
        let nobody = || Named { goid: None, count: 0, function: String::new() };
        let Some(node) = self.facts.graph().node(id) else { return nobody() };
        let Some(row) = node.rows.first().copied() else { return nobody() };
        let function = self.function(row, self.user(row, node.frame)).to_owned();
        let goid = self.goid(row).filter(|_| node.rows.len() == 1).map(|Goid(goid)| goid);
        Named { goid, count: node.rows.len(), function }
    }

    /// The lock of a tangle, with its address if it is one.
    pub fn lock(&self, tangle: &Tangle) -> LockName {
        let first = tangle.locks.first().and_then(|lock| self.locks.waits_for(*lock).next());
        let kind = match first.map(|wait| wait.kind) {
            Some(kind) if kind.is_rw() => LockType::RwMutex,
            Some(WaitKind::Lock(LockKind::Once)) => LockType::Once,
            _ => LockType::Mutex,
        };
        let address = match tangle.locks[..] {
            [lock] => match self.locks.lock(lock).map(|lock| lock.id) {
                Some(Id::Address(address)) => Some(address),
                _ => None,
            },
            _ => None,
        };
        LockName { kind, address }
    }

    /// What a root does to the others.
    pub fn role(&self, tangle: &Tangle, row: u32) -> Option<Role> {
        let lock = self.lock(tangle);
        Some(match tangle.trouble {
            Trouble::Own | Trouble::Once => Role::HoldsAndWaits(lock),
            Trouble::Reads => Role::ReadsAgain(lock),
            Trouble::Cycle => Role::Holds(lock, sure(tangle), None),
            Trouble::Held => Role::Holds(lock, sure(tangle), Some(self.does(row))),
            Trouble::Moves => Role::Releases(lock),
            Trouble::Nobody => return None,
        })
    }

    /// Why a candidate is believed to hold a lock.
    pub fn holder(&self, by: &Candidate, lock: Id<'_>) -> Evidence {
        Evidence::Holder {
            goid: self.goid(by.row),
            at: self.at(by.row, by.frame),
            holding: Holding::new(by.tier, by.pointer, lock),
        }
    }

    /// Longest wait of the groups in minutes, and how many goroutines Go marks as leaked.
    pub fn age(&self, groups: impl Iterator<Item = usize>) -> (Option<u32>, i64) {
        groups
            .filter_map(|group| self.facts.groups.get(group))
            .fold((None, 0), |(max, n), group| {
                (max.max(group.wait.max), n.saturating_add(group.leaked))
            })
    }
}

/// How sure the holder of a tangle's lock is.
fn sure(tangle: &Tangle) -> Confidence {
    if tangle.by.is_some_and(|by| by.tier <= Tier::Near) {
        Confidence::Likely
    } else {
        Confidence::Possible
    }
}
