//! What speaks for a finding.

use super::activity::Activity;
use super::data::{Address, Data, Goid, Part, named, said};
use super::race::Accessed;
use super::said::{Caller, Callers, Holding, Link, Named, Same, Starters};
use crate::model::{SourceLocation, WaitKind};
use crate::series::Trend;
use crate::view::WaitStats;

named! {
    /// What is known without numbers.
    pub enum Fact {
        /// Nothing in the process can wake them but a timer.
        Deserted,
        /// Each handles a request that has not ended.
        HandlesRequest,
        /// Each stands beside a goroutine that reads from a connection.
        BesideConnection,
        /// They are others in each dump.
        Moves,
        /// A nil channel is never ready.
        NilChannel,
        /// A `select` without cases never ends.
        EmptySelect,
        /// The state is inferred from the frames.
        Inferred,
        /// Go's runtime found that nobody can go on.
        NobodyCanGoOn,
        /// The format carries no addresses.
        NoAddresses,
        /// It carries no addresses, but ids.
        NoAddressesButIds,
        /// Who ended the program is not in the dump, or its stack is not.
        CulpritUnseen,
        /// `Shutdown` waits for the handler that called it.
        ShutdownWaitsForHandler,
        /// A server sleeps in its loop only if Accept failed.
        SleepsAfterAccept,
        /// net/http recovered from the panic.
        ServerWentOn,
        /// The race detector has numbers of its own.
        RaceNumbers,
        /// What the holder waits for must come from this process.
        HolderStuck,
        /// A waiting writer lets no reader in.
        WriterKeepsOut,
        /// Nobody else could break the circle.
        NobodyBreaksCircle,
        /// Nobody else could hold the lock.
        NobodyElseHolds,
        /// Nobody is inside of the lock.
        NobodyInside,
        /// The dump may be an excerpt.
        MaybeExcerpt,
        /// Idle connections are not counted.
        IdleNotCounted,
        /// A write waits for room that only the client can make.
        ClientMakesRoom,
        /// What an idle connection costs.
        IdleCost,
        /// What `http.DefaultTransport` keeps.
        TransportKeeps,
        /// A program listens on few addresses.
        FewAddresses,
        /// The pool has no limit.
        NoPoolLimit,
        /// A `grpc.ClientConn` is made to be shared.
        ConnIsShared,
        /// No deadline has ended the wait.
        NoDeadline,
        /// All finalizers run on one goroutine.
        OneFinalizerGoroutine,
        /// `Shutdown` interrupts no request.
        ShutdownInterruptsNone,
        /// They came one after the other, in calls of their own, and none was woken.
        CameInCalls,
        /// They came one after the other; so do workers of a pool that is seldom used.
        CameLikeWorkers,
    }
}

impl Part for Fact {
    fn add(&self, _: &'static str, data: &mut Data) {
        data.kind = Data::of(self.name()).kind;
    }
}

/// A crowd of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where, and how many.
    pub crowd: Caller,
    /// What they wait for.
    pub kind: WaitKind,
}

impl Part for Member {
    fn add(&self, name: &'static str, data: &mut Data) {
        self.kind.add("waits_for", data);
        self.crowd.add(name, data);
    }
}

said! {
    /// What speaks for a finding.
    pub enum Evidence {
        /// Something without numbers.
        Fact { fact: Fact },
        /// How many there were in each dump, oldest first; `accrues` if those of before do not go.
        Counts { trend: Trend, accrues: bool, counts: Vec<i64> },
        /// How many of those of the dump before are still there.
        Stayed { stayed: i64, earlier: i64 },
        /// Go's collector found that nothing can wake them.
        Unreachable { goroutines: i64 },
        /// More are there that it did not mark.
        Unmarked { goroutines: i64 },
        /// Go's collector marks so many of them.
        Marked { leaked: i64, goroutines: i64 },
        /// A `goroutineleak` profile has so many.
        InLeakProfile { goroutines: i64 },
        /// Who started them; `pool` if a pool looks like that, too.
        StartedBy {
            goroutines: i64,
            by: SourceLocation,
            starters: Option<Starters>,
            pool: bool,
        },
        /// Others are past the line where they send.
        PastLine { others: i64 },
        /// Since when they wait.
        Since { goroutines: i64, waits: WaitStats },
        /// For how long those wait whose wait is known.
        Waits { waits: WaitStats },
        /// Their share of the program.
        Share { percent: i64, total: i64 },
        /// A label of which each has its own value.
        LabelEach { key: String, value: String },
        /// The lines of the function that they wait in.
        Lines { lines: Vec<Caller>, all: usize },
        /// Crowds that belong together.
        With { link: Link, members: Vec<Member> },
        /// A goroutine that may receive.
        MayReceive { at: SourceLocation },
        /// What the table of known goroutines says.
        Known { meaning: String, library: String, note: String },
        /// An access to the memory of a race.
        Accessed { access: Accessed },
        /// How often a race was reported with these stacks.
        RaceRepeated { times: i64 },
        /// Races between other lines.
        MoreRaces { more: usize },
        /// A line that Go printed before the first goroutine.
        Preamble { line: String },
        /// Goroutines that are not to blame for a crash.
        NotToBlame { others: i64 },
        /// Goroutines that wait somewhere.
        WaitIn { goroutines: i64, state: String, at: SourceLocation },
        /// A test that ran.
        TestRan { test: String },
        /// Waiters of one lock.
        OneLock { waiting: i64, lock: Address },
        /// Waiters in methods of one object.
        OneObject { waiting: i64, object: Address },
        /// Waiters of several locks, in one place or not.
        SeveralLocks { waiting: i64, locks: usize, one_place: bool },
        /// The longest wait.
        Longest { minutes: u32 },
        /// The functions that wait.
        Waiting { functions: Vec<Caller> },
        /// Why a goroutine is believed to hold the lock.
        Holder { goid: Option<Goid>, at: SourceLocation, holding: Holding },
        /// Others would fit as well.
        Rivals { others: usize },
        /// A goroutine that waits for a lock.
        WaitsForLock { goid: Option<Goid>, lock: Option<Address>, at: SourceLocation },
        /// A goroutine that another one waits for in a `WaitGroup`.
        ChildOf { child: Named, parent: Named, by_name: bool },
        /// The other side of a channel or `Cond`.
        OtherSide { waiter: Named, other: Named, same_object: bool },
        /// A goroutine in two methods of one object, or of one type.
        NestedMethods {
            goid: Option<Goid>,
            outer: SourceLocation,
            inner: SourceLocation,
            receiver: Option<Address>,
        },
        /// A goroutine in two functions.
        Nested { goid: Option<Goid>, outer: SourceLocation, inner: SourceLocation },
        /// A goroutine that waits to write.
        WritersWait { goid: Option<Goid>, at: SourceLocation },
        /// A goroutine that calls `Once.Do` twice.
        OnceTwice { goid: Option<Goid>, at: SourceLocation },
        /// A goroutine that unlocks, or was woken.
        Unlocks { goid: Option<Goid> },
        /// A goroutine that may hold the lock.
        MayHold { goid: Option<Goid>, does: Activity, at: SourceLocation },
        /// A function whose name says that a lock is held.
        NamedLocked { goid: Option<Goid>, function: String },
        /// HTTP responses that are not finished.
        Unfinished { bodies: i64, reading: i64, in_flight: i64 },
        /// Connections that they keep.
        KeepsConnections { read_loops: i64, write_loops: i64 },
        /// Requests that are not answered.
        Unanswered { requests: i64, connecting: i64 },
        /// The places that they come from.
        Spread { callers: Callers },
        /// What the goroutines around a pool do.
        PoolUse { waiting: i64, rows: i64, transactions: i64, working: i64 },
        /// More databases than a program needs.
        UsualDatabases { usual: i64 },
        /// Callers past the wait for their child, and copies of its output.
        PastChild { waiting: i64, copies: i64 },
        /// Contexts, and goroutines that could have made them.
        OpenContexts { open: i64, own: i64 },
        /// Goroutines that made them.
        MadeBy { goroutines: usize },
        /// Streams, and goroutines that use one.
        OpenStreams { open: i64, working: i64 },
        /// Threads that are pinned.
        PinsThreads { threads: i64 },
        /// Goroutines at a pipe, and those at work.
        PipeEnds { waiting: i64, working: i64, writes: bool },
        /// No goroutine but the senders is in a method of this type.
        NobodyInType { package: String, receiver: String },
        /// The consumer is at work.
        ConsumerWorks { at: SourceLocation },
        /// The likely consumer is blocked.
        ConsumerBlocked { same: Same, does: Option<Activity>, at: SourceLocation },
        /// Goroutines that an errgroup started.
        OfErrgroup { held: i64 },
        /// Goroutines past the line, in the function.
        InsideFunction { held: i64 },
        /// Nobody is past the line.
        NobodyInside { function: String },
        /// Waiters of one `Cond`.
        OneCond { waiting: usize, cond: Address },
        /// The other side of a `Cond` waits, too.
        BothSidesWait { others: i64, at: SourceLocation },
        /// Waiters that started a blocked goroutine.
        ChildrenBlocked { with: i64, waiting: i64, does: Option<Activity>, at: SourceLocation },
        /// Waiters without children.
        NoChildren { waiting: i64 },
        /// Waiters whose children are gone.
        ChildrenGone { without: i64, waiting: i64 },
        /// Goroutines that went on where others wait.
        WentOn { goroutines: i64, function: String, line: u32 },
        /// Loops that the waiter did not start.
        NotStartedByWaiter { loops: i64, does: Option<Activity>, at: SourceLocation },
    }
}

impl From<Fact> for Evidence {
    fn from(fact: Fact) -> Self {
        Self::Fact { fact }
    }
}
