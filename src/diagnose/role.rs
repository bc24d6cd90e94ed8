//! What goroutines do to others.

use super::activity::Activity;
use super::data::{Address, Data, Part};
use super::rating::Confidence;
use crate::model::WaitKind;

/// A lock as it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockName {
    /// What it is.
    pub kind: LockType,
    /// Its address, if it is one lock and that is known.
    pub address: Option<u64>,
}

/// Types of locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockType {
    /// `sync.Mutex`.
    Mutex,
    /// `sync.RWMutex`.
    RwMutex,
    /// `sync.Once`.
    Once,
}

impl LockType {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mutex => "mutex",
            Self::RwMutex => "rwmutex",
            Self::Once => "once",
        }
    }
}

impl Part for LockName {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.kind.name().add(name, data);
        self.address.map(Address).add("address", data);
    }
}

/// What one goroutine wants another to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// To unlock a lock that is named already.
    Unlock,
    /// To unlock the lock at this address.
    UnlockAt(u64),
    /// To unlock another lock than is named.
    UnlockOther,
    /// To have written: no reader is let in before.
    Write,
    /// To end.
    End,
    /// To receive.
    Receive,
    /// To send.
    Send,
    /// To signal.
    Signal,
}

/// What goroutines do to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// They wait for something that does not come.
    Stuck(WaitKind, i64),
    /// What they do.
    Does(Activity),
    /// They wait for what the others wait for.
    Waits,
    /// They wait for the root.
    WaitsForIt,
    /// They wait for it as the others do.
    WaitsAsOthers,
    /// They want something of the root.
    Wants(Wants, Confidence),
    /// They are in a circle, next to the root, which wants something of them.
    Closes(Option<Box<Role>>, Wants, Confidence),
    /// They wait to write, and keep new readers out.
    WaitsToWrite,
    /// They do the same with another lock.
    DoesTheSame,
    /// They started the others and wait for them.
    StartedThem,
    /// They hold a lock and do something.
    Holds(LockName, Confidence, Option<Activity>),
    /// They hold a lock and wait for it.
    HoldsAndWaits(LockName),
    /// They hold a lock for reading and wait to read again.
    ReadsAgain(LockName),
    /// They release a lock, or were woken to take it.
    Releases(LockName),
    /// The consumer does not keep up.
    SlowConsumer,
    /// The consumer is blocked.
    BlockedConsumer,
    /// They hold a place of a semaphore.
    HoldsPlace,
    /// The `WaitGroup` waits for them.
    Awaited,
    /// They went on where the others wait.
    WentOn,
    /// It ran when the program ended.
    Ran,
    /// It panicked while it served a request.
    Panicked,
    /// It writes with the logger's lock held.
    WritesLog,
}
