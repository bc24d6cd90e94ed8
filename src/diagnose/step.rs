//! What to do next.

use super::data::{Data, Part, named, said};
use crate::model::{SourceLocation, WaitKind};

/// What a second dump is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondDump {
    /// It tells how fast they grow.
    Speed,
    /// It tells what grows and what stays.
    Growth,
    /// Waiters that are never woken are there again.
    NeverWoken,
    /// The same senders tell that the consumer is stuck.
    ConsumerStuck,
    /// The holder of a lock tells that it is stuck, by its id if it has one.
    HolderStuck(Option<u64>),
}

named! {
    /// What Go says of a crash.
    pub enum Fault {
        /// A nil pointer.
        NilPointer,
        /// An index out of range.
        Index,
        /// A map that several goroutines use.
        ConcurrentMap,
        /// An unlock of what is not locked.
        Unlock,
        /// No memory.
        Memory,
        /// A stack that is too deep.
        Recursion,
        /// A channel that is closed.
        ClosedChannel,
        /// A `WaitGroup` below zero.
        WaitGroup,
        /// Something else.
        Other,
    }
}

named! {
    /// What to do, without numbers.
    pub enum Advice {
        /// Call with a deadline.
        RpcDeadline,
        /// Find what keeps files open.
        FindOpenFiles,
        /// Allow more open files.
        RaiseFileLimit,
        /// Call `Shutdown` in a goroutine of its own.
        ShutdownElsewhere,
        /// Set `http.Client.Timeout`.
        HttpTimeout,
        /// Look at the server that is called.
        LookAtServer,
        /// Close `resp.Body`.
        CloseBody,
        /// Search for requests whose bodies stay open.
        SearchRequests,
        /// Set `http.Server.WriteTimeout`.
        WriteTimeout,
        /// Share a `Transport`.
        ShareTransport,
        /// Set `IdleConnTimeout`.
        IdleTimeout,
        /// Close the listener.
        CloseListener,
        /// Close the rows.
        CloseRows,
        /// End transactions, connections and statements.
        EndTransactions,
        /// Look at the queries that run.
        LookAtQueries,
        /// See `db.Stats`.
        DbStats,
        /// Open databases once.
        OpenOnce,
        /// Set `Cmd.WaitDelay`.
        WaitDelay,
        /// Find who holds the pipe.
        FindPipeHolder,
        /// Call `cancel`.
        CancelContexts,
        /// The parent is a context of a foreign type.
        ForeignContext,
        /// Dial once.
        DialOnce,
        /// Finish streams.
        FinishStreams,
        /// See who reads the log.
        SeeLogReader,
        /// Log through a buffer.
        BufferLog,
        /// A finalizer must not wait.
        FreeFinalizer,
        /// See what the call waits for.
        SeeSyscall,
        /// Use deadlines for system calls.
        SyscallDeadline,
        /// Set a deadline on a TLS handshake.
        HandshakeDeadline,
        /// Pass a context to the look-up.
        LookupContext,
        /// Set `net.Dialer.Timeout`.
        DialTimeout,
        /// Pass a context to the query.
        QueryContext,
        /// Use `exec.CommandContext`.
        CommandContext,
        /// End when the server shuts down.
        EndAtShutdown,
        /// Give `Shutdown` a deadline.
        ShutdownDeadline,
        /// Close the channel of loops before the wait.
        CloseLoopChannel,
        /// See what a test waits for.
        SeeTestWait,
        /// Who should have woken it?
        WhoWakes,
        /// Close the reader of a pipe.
        CloseReader,
        /// Close the writer of a pipe.
        CloseWriter,
        /// Take locks in one order.
        LockInOneOrder,
        /// Unlock before waiting for goroutines.
        UnlockBeforeChildren,
        /// Unlock before waiting for a channel.
        UnlockBeforeChannel,
        /// Wait in a `Cond` with no other lock held.
        CondWithOneLock,
        /// Unlock before waiting for somebody who needs the lock.
        UnlockBefore,
        /// Do not wait for a channel or another goroutine with the lock held.
        NoWaitInLock,
        /// Do the slow part outside of the lock.
        SlowPartOutside,
        /// Hold the lock shorter.
        HoldShorter,
        /// Take the second call out of the function of a `Once`.
        NoSecondOnce,
        /// Look for a path without Unlock.
        FindMissingUnlock,
        /// Search for Lock of this field.
        SearchLock,
        /// Search for who locks this as well.
        SearchOtherLock,
        /// Take a complete dump, and a second one.
        CompleteDump,
        /// The child is the cause.
        ChildIsCause,
        /// Call Done by defer.
        DoneByDefer,
        /// Look for a missing Signal.
        MissingSignal,
        /// What holds the place is the cause.
        HolderIsCause,
        /// Look for a path that does not release its place.
        ReleaseSlot,
        /// Select on the receiver's end beside the send.
        SelectBesideSend,
        /// Look for what makes the receiver leave.
        WhyReceiverLeft,
        /// Make the consumer faster.
        FasterConsumer,
        /// Find what the consumer waits for.
        ConsumerIsCause,
        /// Give the one ahead a deadline.
        DeadlineAhead,
        /// Let waiters leave when their request ends.
        LeaveWithRequest,
    }
}

impl Part for Advice {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.kind = Data::of(self.name()).kind;
    }
}

impl Part for Fault {
    fn add(&self, name: &'static str, data: &mut Data) {
        Data::of(self.name()).kind.add(name, data);
    }
}

impl Part for SecondDump {
    fn add(&self, name: &'static str, data: &mut Data) {
        let why = match self {
            Self::Speed => "speed",
            Self::Growth => "growth",
            Self::NeverWoken => "never-woken",
            Self::ConsumerStuck => "consumer-stuck",
            Self::HolderStuck(_) => "holder-stuck",
        };
        why.add(name, data);
        if let Self::HolderStuck(Some(goid)) = self {
            data.goids.push(*goid);
        }
    }
}

said! {
    /// What to do next.
    pub enum Step {
        /// Something, at a place if it is one.
        Do { at: Option<SourceLocation>, advice: Advice },
        /// The same, where only the line is named.
        DoOnLine { at: SourceLocation, advice: Advice },
        /// Take a second dump.
        SecondDump { why: SecondDump },
        /// Change what waits for this at a line.
        EndWait { at: SourceLocation, waits_for: WaitKind },
        /// Close what calls into a package return.
        CloseCalls { package: String },
        /// End goroutines with the call that starts them.
        EndWithCall { at: SourceLocation },
        /// See who ends what a function starts.
        SeeWhoEnds { at: SourceLocation },
        /// Mend a fault, where it is known.
        Mend { at: Option<SourceLocation>, fault: Fault },
        /// Call a variant that expects the lock to be held.
        CallLocked { at: SourceLocation, function: String },
        /// Do not call a function with the read lock held.
        NotWithReadLock { at: SourceLocation, function: String },
        /// See that a user of the HTTP client closes bodies.
        ClosesBody { at: SourceLocation },
        /// See how a stream ends.
        EndsStream { at: SourceLocation },
        /// Synchronise the accesses of a race.
        Synchronise { places: Vec<SourceLocation> },
        /// Know what is raced on, by where it was allocated.
        KnowRaced { at: SourceLocation },
        /// Start with what a function calls.
        StartWith { at: SourceLocation },
    }
}

impl Step {
    /// Something to do at a place.
    pub(super) fn at(at: SourceLocation, advice: Advice) -> Self {
        Self::Do { at: Some(at), advice }
    }

    /// Whether it asks for one more dump of the process.
    pub(super) fn is_second_dump(&self) -> bool {
        matches!(self, Self::SecondDump { .. })
    }
}

impl From<Advice> for Step {
    fn from(advice: Advice) -> Self {
        Self::Do { at: None, advice }
    }
}
