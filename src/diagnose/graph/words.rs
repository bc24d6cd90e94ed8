//! Words for goroutines and locks: where they are, what they do, since when.

use crate::diagnose::Facts;
use crate::diagnose::locks::{Candidate, Id, Locks, Tier, stack_of};
use crate::diagnose::tangles::{Tangle, Trouble};
use crate::diagnose::waitfor::{Edge, Node, NodeId, Why};
use crate::model::WaitKind;
use crate::model::wait::{self, LockKind, Side};

/// Finds words.
pub struct Teller<'f, 'd> {
    locks: &'f Locks<'d>,
    facts: &'f Facts<'d>,
}

impl<'f, 'd> Teller<'f, 'd> {
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

    /// `main.go:165`; empty if no line was printed.
    pub fn place(&self, row: u32, frame: usize) -> String {
        let frame = self.locks.frames.at(stack_of(self.facts, row), frame);
        if frame.line == 0 { String::new() } else { format!("{}:{}", frame.file, frame.line) }
    }

    /// `main.(*cache).refresh (main.go:165)`.
    pub fn at(&self, row: u32, frame: usize) -> String {
        let place = self.place(row, frame);
        let function = self.function(row, frame);
        if place.is_empty() { function.to_owned() } else { format!("{function} ({place})") }
    }

    /// `goroutine 16`, or `a goroutine` where the format has no ids.
    pub fn who(&self, row: u32) -> String {
        let goid =
            self.facts.dump().goroutine(row as usize).and_then(crate::model::Goroutine::goid);
        goid.map_or_else(|| "a goroutine".to_owned(), |goid| format!("goroutine {goid}"))
    }

    /// What the goroutine in `row` does: `is reading from the network`.
    pub fn doing(&self, row: u32) -> String {
        if let Some(wait) = self.locks.wait(row) {
            return match wait.kind {
                WaitKind::Lock(LockKind::Mutex | LockKind::Once) => "waits for another lock",
                WaitKind::Lock(LockKind::Read) => "waits to read-lock",
                WaitKind::Lock(LockKind::Write | LockKind::WriteBehind) => "waits to write-lock",
                WaitKind::WaitGroup => "waits in a WaitGroup",
                _ => "waits in a Cond",
            }
            .to_owned();
        }
        let group = self.locks.group(row);
        let kind = group.map_or(WaitKind::Unknown, |group| self.facts.kind(group));
        let has = |part: &str| {
            let stack = stack_of(self.facts, row);
            stack.iter().any(|id| self.locks.frames.get(*id).name.contains(part))
        };
        match kind {
            WaitKind::Io if has(".Accept") || has(".accept") => "waits for connections",
            WaitKind::Io if has(").Write") || has(".write") => "is writing to the network",
            WaitKind::Io if has("net.(") => "is reading from the network",
            WaitKind::Io => "is reading from a file or pipe",
            WaitKind::Syscall => "is in a system call",
            WaitKind::Sleep => "sleeps",
            WaitKind::OnCpu => "is running",
            WaitKind::Select if has("net/http.(*persistConn).roundTrip") => {
                "waits for an HTTP response"
            }
            WaitKind::Select if has("database/sql.(*DB).conn") => "waits for a database connection",
            WaitKind::Select => "waits in a select",
            WaitKind::EmptySelect => "waits in a select without cases",
            WaitKind::Send => "is blocked sending on a channel",
            WaitKind::Receive => "is blocked receiving from a channel",
            WaitKind::NilChan(_) => "is blocked on a nil channel",
            WaitKind::Unknown => "waits for something that this format does not show",
            _ => {
                let state = group.map_or(wait::UNKNOWN, |group| self.facts.state(group));
                return format!("is in state `{state}`");
            }
        }
        .to_owned()
    }

    /// What goroutines of the node at `from` want of those that `edge` leads to, for one who reads it
    /// below them; the address of the lock only if it is none of `known`: `waits for it (likely)`.
    pub fn edge(&self, from: NodeId, edge: &Edge, known: &[u32]) -> String {
        let node = self.facts.graph().node(from);
        let sends = node.is_some_and(|node| self.sends(node));
        let lock = node.and_then(|node| node.lock).filter(|lock| !known.contains(lock));
        let what = match edge.why {
            Why::Lock => match lock.and_then(|lock| self.locks.lock(lock)).map(|lock| lock.id) {
                Some(Id::Address(address)) => format!("waits for its lock at {address:#x}"),
                Some(_) => "waits for another lock of it".to_owned(),
                None => "waits for the lock".to_owned(),
            },
            Why::Writer => "waits to read; this writer, who waits, keeps it out".to_owned(),
            Why::Child => "waits in a WaitGroup for it".to_owned(),
            Why::Channel if sends => "is blocked sending to it".to_owned(),
            Why::Channel => "is blocked receiving from it".to_owned(),
            Why::Signal => "waits in a Cond for its signal".to_owned(),
        };
        format!("{what} ({})", edge.sure.name())
    }

    /// What those of the node at `from` do about those that `edge` leads to, as a verb that these are the
    /// object of: `waits in a WaitGroup for`.
    pub fn verb(&self, from: NodeId, edge: &Edge) -> &'static str {
        let node = self.facts.graph().node(from);
        let sends = node.is_some_and(|node| self.sends(node));
        match edge.why {
            Why::Lock => "waits for a lock of",
            Why::Writer => "is kept out by the writer",
            Why::Child => "waits in a WaitGroup for",
            Why::Channel if sends => "is blocked sending to",
            Why::Channel => "is blocked receiving from",
            Why::Signal => "waits in a Cond for a signal of",
        }
    }

    fn sends(&self, node: &Node) -> bool {
        matches!(self.facts.kind(node.group), WaitKind::Send | WaitKind::NilChan(Side::Send))
    }

    /// `goroutine 16, main.(*cache).refresh` for the goroutines of a node.
    pub fn name(&self, id: NodeId) -> String {
        let Some(node) = self.facts.graph().node(id) else { return String::new() };
        let Some(row) = node.rows.first().copied() else { return String::new() };
        let function = self.function(row, self.user(row, node.frame));
        let goid =
            self.facts.dump().goroutine(row as usize).and_then(crate::model::Goroutine::goid);
        match (goid, node.rows.len()) {
            (Some(goid), 1) => format!("goroutine {goid}, {function}"),
            (_, 0 | 1) => function.to_owned(),
            (_, n) => format!("{n} goroutines in {function}"),
        }
    }

    /// `the mutex`, `the RWMutex`, `the sync.Once`.
    pub fn lock(&self, tangle: &Tangle) -> &'static str {
        let first = tangle.locks.first().and_then(|lock| self.locks.waits_for(*lock).next());
        match first.map(|wait| wait.kind) {
            Some(op) if op.is_rw() => "the RWMutex",
            Some(WaitKind::Lock(LockKind::Once)) => "the sync.Once",
            _ => "the mutex",
        }
    }

    /// ` at 0x76daecbe1a0` if it is one lock with an address.
    pub fn address(&self, tangle: &Tangle) -> String {
        match tangle.locks[..] {
            [lock] => match self.locks.lock(lock).map(|lock| lock.id) {
                Some(Id::Address(address)) => format!(" at {address:#x}"),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// What a root does to the others.
    pub fn role(&self, tangle: &Tangle, row: u32) -> String {
        let lock = format!("{}{}", self.lock(tangle), self.address(tangle));
        match tangle.trouble {
            Trouble::Own | Trouble::Once => format!("holds {lock} and waits for it (likely)"),
            Trouble::Reads => format!("holds {lock} for reading and waits to read again (likely)"),
            Trouble::Cycle => format!("holds {lock} ({})", sure(tangle)),
            Trouble::Held => {
                format!("holds {lock} ({}) and {}", sure(tangle), self.doing(row))
            }
            Trouble::Moves => format!("is releasing {lock} or was woken to take it"),
            Trouble::Nobody => String::new(),
        }
    }

    /// Why a candidate is believed to hold a lock.
    pub fn because(&self, by: &Candidate, lock: Id<'_>) -> String {
        let (who, at) = (self.who(by.row), self.at(by.row, by.frame));
        let pointer = by.pointer;
        match (by.tier, lock) {
            (Tier::Receiver, Id::Address(address)) => format!(
                "{who} is in {at} with receiver {pointer:#x}, which holds the lock at offset {}, as in the waiters, and does not wait for it",
                address.saturating_sub(pointer)
            ),
            (Tier::Receiver, _) => format!(
                "{who} is in {at} with the same receiver {pointer:#x} as the waiters, and does not wait for the lock"
            ),
            (Tier::Shared, _) => {
                format!("{who} is in {at} with the pointer {pointer:#x} that the waiters have, too")
            }
            (Tier::Near, Id::Address(address)) => format!(
                "{who} is in {at}, a method of the waiters' type, with receiver {pointer:#x}: the lock lies {} bytes behind that",
                address.saturating_sub(pointer)
            ),
            (Tier::Enclosing | Tier::Near, _) => {
                format!("{who} is in {at} with {pointer:#x}, right before the lock")
            }
            (Tier::Type, _) => format!(
                "{who} is in {at}, in the same code as the waiters, and does not wait for this lock; no address tells which object it has"
            ),
            (Tier::Released, _) => format!(
                "{who} waits in a Cond in {at}: Cond.Wait releases only its own lock, and nobody else is seen who could hold this one"
            ),
            (Tier::Package, _) => format!(
                "{who} is in {at}, in the package of the waiters, whose lock is likely a variable of it, and does not wait for it; nothing else links it to the lock"
            ),
            (Tier::Parent, _) => format!(
                "{who} started all who wait for the lock, and waits for them in {at}; nobody else is seen who could hold it"
            ),
            (Tier::Sibling, _) => format!(
                "{who} in {at} was started together with the waiters and is blocked; no address links it to the lock"
            ),
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
fn sure(tangle: &Tangle) -> &'static str {
    let sure = tangle.by.is_some_and(|by| by.tier <= Tier::Near);
    if sure { "likely" } else { "possible" }
}

/// `1 goroutine waits`, `20 goroutines wait`.
pub fn wait(n: i64) -> String {
    if n == 1 { "1 goroutine waits".to_owned() } else { format!("{n} goroutines wait") }
}
