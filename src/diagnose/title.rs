//! What a finding says first.

use super::activity::Activity;
use super::data::{Data, Part, named, said};
use super::race::RaceSide;
use super::rating::Confidence;
use super::role::LockName;
use super::said::{Callers, CycleLink, HolderDoes, Same};
use crate::model::{SourceLocation, WaitKind};

/// How a crowd stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It is there.
    Plain,
    /// It is stuck.
    Stuck,
    /// It outlived the calls that started it.
    Outlived,
}

/// What is said of the end of a crowd's wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing.
    Unsaid,
    /// Why it does not come.
    Never,
    /// It comes when the consumer keeps up.
    SlowConsumer,
    /// They leak, unless they still serve.
    LeakUnless,
    /// They leak.
    Leak,
    /// A second dump tells.
    LookAgain,
    /// They are idle, or leak if a second dump has more.
    IdleOrLeak,
    /// Go has proven that it does not come.
    Proven,
    /// They leak, as Go has proven.
    LeakProven,
}

/// What a series shows of a crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It grows from dump to dump.
    Grows,
    /// It stays as it is.
    Stays,
}

/// What is said of a crowd, or of the instances of a structure that several crowds are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrowdTitle {
    /// Goroutines of the crowd to blame.
    pub count: i64,
    /// What they wait for.
    pub kind: WaitKind,
    /// Where.
    pub at: SourceLocation,
    /// The structure, if there is one: its instances, the goroutines of each, and the one that waits for
    /// the others.
    pub cluster: Option<(i64, i64, Option<SourceLocation>)>,
    /// How it stands.
    pub stand: Stand,
    /// What is said of its end.
    pub ending: Ending,
    /// What a series shows.
    pub course: Option<Course>,
}

impl CrowdTitle {
    /// A crowd of `count` that waits for `kind`, of which nothing else is said yet.
    pub(super) fn new(count: i64, kind: WaitKind, at: SourceLocation) -> Self {
        let (stand, ending) = (Stand::Plain, Ending::Unsaid);
        Self { count, kind, at, cluster: None, stand, ending, course: None }
    }
}

impl Part for CrowdTitle {
    fn add(&self, _: &'static str, data: &mut Data) {
        self.count.add("goroutines", data);
        self.kind.add("waits_for", data);
        self.at.add("at", data);
        if let Some((instances, size, closer)) = &self.cluster {
            instances.add("instances", data);
            size.add("size", data);
            closer.add("closer", data);
        }
    }
}

named! {
    /// What a system call waits for.
    pub enum CallAwaits {
        /// A child process.
        Child,
        /// A file lock.
        FileLock,
        /// A file to open.
        Open,
        /// The disk.
        Disk,
        /// A file or device that takes data.
        Write,
        /// A file, terminal or FIFO that gives data.
        Read,
        /// A file system.
        FileSystem,
        /// A connection.
        Connection,
        /// C code.
        C,
        /// Something that its name does not tell.
        Unknown,
    }
}

named! {
    /// What a request waits for outside.
    pub enum Outside {
        /// The answer of a remote procedure call.
        Rpc,
        /// The other side of a TLS handshake.
        Handshake,
        /// The address of a host name.
        Address,
        /// A connection.
        Connection,
        /// An answer of the database.
        Database,
        /// A file or pipe.
        File,
    }
}

impl Part for CallAwaits {
    fn add(&self, name: &'static str, data: &mut Data) {
        Data::of(self.name()).kind.add(name, data);
    }
}

impl Part for Outside {
    fn add(&self, name: &'static str, data: &mut Data) {
        Data::of(self.name()).kind.add(name, data);
    }
}

said! {
    /// What a finding says first.
    pub enum Title {
        /// Not said yet.
        Untold,
        /// A crowd of goroutines that wait.
        Crowd { crowd: CrowdTitle },
        /// Goroutines that Go marks as leaked.
        Leaked { leaked: i64, waits_for: WaitKind, at: SourceLocation },
        /// Goroutines whose wait cannot end.
        Forever { goroutines: i64, waits_for: WaitKind, at: SourceLocation },
        /// The end of the program.
        Crash { fatal: bool, function: Option<String>, what: String },
        /// A panic that the server of the request recovered from.
        Recovered { function: Option<String>, what: String },
        /// A handler that shuts its own server down.
        ShutdownInHandler { users: Callers },
        /// Loops whose Accept fails.
        AcceptFails { loops: i64, users: Callers },
        /// Memory that goroutines access without being synchronised.
        DataRace { sides: Vec<RaceSide> },
        /// Go's own check for deadlocks.
        AllAsleep { function: Option<String>, state: String },
        /// A test that took too long, and where it is: a function and a state.
        TestTimeout { test: Option<String>, after: String, function: Option<String>, state: String },
        /// A log that takes no more.
        LogBlocked { waiting: i64, users: Callers, writers: Callers, call: Option<String> },
        /// A reader that locks again behind a writer.
        RecursiveRead { reads: String, again: String, writes: String, waiting: i64 },
        /// A `sync.Once` whose function calls it again.
        OnceRecursion { function: String },
        /// A lock that its holder waits for.
        SelfDeadlock { holds: String, wants: String, lock: LockName, behind: i64 },
        /// Locks taken in opposite order.
        LockOrder { functions: Vec<String>, behind: i64 },
        /// A circle of waits: the first links, how many there are, and the last one.
        WaitCycle {
            first: String,
            lock: LockName,
            links: Vec<CycleLink>,
            members: usize,
            last: Option<CycleLink>,
            behind: i64,
        },
        /// A lock whose holder does something else.
        LockHeld {
            waiting: i64,
            lock: LockName,
            site: String,
            sure: Confidence,
            holder: String,
            does: HolderDoes,
        },
        /// A lock that moves.
        LockMoves { waiting: i64, lock: LockName, site: String },
        /// A lock that was likely never unlocked.
        LockAbandoned { waiting: i64, lock: LockName, site: String },
        /// A lock whose holder is not seen.
        LockUnseen { waiting: i64, lock: LockName, site: String },
        /// HTTP responses that nobody reads to the end.
        OpenBodies { bodies: i64, function: String },
        /// Requests without a response, or, most of them, without a connection.
        NoResponse { waiting: i64, connecting: bool, users: Callers },
        /// Responses that clients do not read.
        ClientDoesNotRead { writing: i64, users: Callers },
        /// Requests that wait outside; `function` is what they call.
        SlowOutside { waiting: i64, outside: Outside, users: Callers, function: &'static str },
        /// Idle connections of HTTP clients.
        IdleConnections { idle: i64, grows: bool },
        /// Listeners.
        Listeners { listeners: i64, at: SourceLocation },
        /// A pool of database connections that is used up.
        PoolExhausted { users: Callers, rows: i64, transactions: i64, abandoned: bool },
        /// Results that stay open.
        OpenResults { open: i64, working: i64, function: String },
        /// Databases that stay open.
        OpenDatabases { open: i64 },
        /// Commands whose output does not end.
        PipeHeld { users: Callers, commands: i64 },
        /// Contexts that are never cancelled.
        OpenContexts { open: i64, function: String },
        /// System calls that do not return.
        StuckSyscall { stuck: i64, call: String, function: String, awaits: CallAwaits },
        /// gRPC connections that stay open.
        OpenGrpcConns { open: i64, function: String },
        /// gRPC streams that are never finished.
        OpenGrpcStreams { open: i64, function: String },
        /// The end of an `io.Pipe` whose other end is left.
        PipeLeft { stuck: i64, at: SourceLocation, writes: bool },
        /// A finalizer that does not return.
        FinalizerBlocked { at: SourceLocation, waits_for: WaitKind },
        /// `http.Server.Shutdown` that waits.
        ServerShutdown { requests: i64, users: Callers },
        /// Loops that nobody tells to end.
        LoopsNotTold { waiting: i64, function: String, loops: i64, at: SourceLocation },
        /// A `WaitGroup` whose goroutines are blocked.
        ChildBlocked { waiting: i64, function: String, child: String, does: Option<Activity> },
        /// A `WaitGroup` whose goroutines are gone.
        NoChild { waiting: i64, function: String },
        /// A `Cond` that nobody signals.
        CondNotSignalled { waiting: i64, function: String },
        /// A semaphore with its holders, the most of which do something.
        SlotsHeld {
            waiting: i64,
            name: String,
            held: i64,
            alike: i64,
            does: Option<Activity>,
            at: SourceLocation,
        },
        /// A semaphore without holders.
        SlotsLost { waiting: i64, name: String },
        /// Senders without a consumer.
        NoConsumer { waiting: i64, function: String },
        /// Senders with a slow consumer.
        SlowConsumer { waiting: i64, function: String, consumer: String, does: Option<Activity> },
        /// Senders with a blocked consumer.
        BlockedConsumer {
            waiting: i64,
            function: String,
            consumer: String,
            same: Same,
            does: Option<Activity>,
        },
        /// Requests that wait for some that went on.
        WaitForOthers {
            waiting: i64,
            at: SourceLocation,
            ahead: i64,
            does: Option<Activity>,
            there: SourceLocation,
        },
    }
}

impl Title {
    /// Says that it grows from dump to dump.
    pub(super) fn grow(&mut self) {
        if let Self::Crowd { crowd } = self {
            crowd.ending = match crowd.ending {
                Ending::LeakUnless => Ending::Leak,
                Ending::IdleOrLeak => Ending::Unsaid,
                ending => ending,
            };
            crowd.course = Some(Course::Grows);
        }
    }

    /// Says that it stays as it is from dump to dump.
    pub(super) fn stay(&mut self) {
        if let Self::Crowd { crowd } = self {
            if matches!(crowd.ending, Ending::LeakUnless | Ending::IdleOrLeak) {
                crowd.ending = Ending::Unsaid;
            }
            crowd.course = Some(Course::Stays);
        }
    }

    /// Says that Go has proven it, if it was left open: nothing is left to be seen in a second dump.
    pub(super) fn prove(&mut self) {
        if let Self::Crowd { crowd } = self {
            match crowd.ending {
                Ending::LeakUnless => crowd.ending = Ending::LeakProven,
                Ending::IdleOrLeak => crowd.ending = Ending::Proven,
                Ending::LookAgain => (crowd.ending, crowd.course) = (Ending::Proven, None),
                _ => {}
            }
        }
    }
}
