//! Words for goroutines and locks: where they are, what they do, since when.

use crate::analysis::Facts;
use crate::analysis::locks::{Candidate, Id, Locks, Op, Tangle, Tier, Trouble, stack_of};

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
            return match wait.op {
                Op::Mutex | Op::Once => "waits for another lock",
                Op::Read => "waits to read-lock",
                Op::Write | Op::WriteBehind => "waits to write-lock",
                Op::WaitGroup => "waits in a WaitGroup",
                Op::Cond => "waits in a Cond",
            }
            .to_owned();
        }
        let state = self.locks.group(row).map_or("unknown", |group| self.facts.state(group));
        let has = |part: &str| {
            let stack = stack_of(self.facts, row);
            stack.iter().any(|id| self.locks.frames.get(*id).name.contains(part))
        };
        match state {
            "IO wait" if has(".Accept") || has(".accept") => "waits for connections",
            "IO wait" if has(").Write") || has(".write") => "is writing to the network",
            "IO wait" if has("net.(") => "is reading from the network",
            "IO wait" => "is reading from a file or pipe",
            "syscall" => "is in a system call",
            "sleep" => "sleeps",
            "running" | "runnable" => "is running",
            "select" => "waits in a select",
            "select (no cases)" => "waits in a select without cases",
            "chan send" => "is blocked sending on a channel",
            "chan receive" => "is blocked receiving from a channel",
            "chan receive (nil chan)" | "chan send (nil chan)" => "is blocked on a nil channel",
            "unknown" => "waits for something that this format does not show",
            other => return format!("is in state `{other}`"),
        }
        .to_owned()
    }

    /// `the mutex`, `the RWMutex`, `the sync.Once`.
    pub fn lock(&self, tangle: &Tangle) -> &'static str {
        let first = tangle.locks.first().and_then(|lock| self.locks.waits_for(*lock).next());
        match first.map(|wait| wait.op) {
            Some(op) if op.is_rw() => "the RWMutex",
            Some(Op::Once) => "the sync.Once",
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
            Trouble::Cycle => "holds what the next one waits for (likely)".to_owned(),
            Trouble::Held => {
                let sure = tangle.by.is_some_and(|by| by.tier <= Tier::Shared);
                let mark = if sure { "likely" } else { "possible" };
                format!("holds {lock} ({mark}) and {}", self.doing(row))
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
            (Tier::Enclosing, _) => {
                format!("{who} is in {at} with {pointer:#x}, right before the lock")
            }
            (Tier::Type, _) => format!(
                "{who} is in {at}, in the same code as the waiters, and does not wait for this lock; no address tells which object it has"
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

/// `1 goroutine waits`, `20 goroutines wait`.
pub fn wait(n: i64) -> String {
    if n == 1 { "1 goroutine waits".to_owned() } else { format!("{n} goroutines wait") }
}
