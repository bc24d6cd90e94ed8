//! The analyses: one file each, registered in [`ANALYSES`], which also feeds help and documents.

mod ab_ba;
mod abandoned_lock;
mod aside;
mod channel;
mod cluster;
mod cond;
mod connection;
mod consumer;
mod context;
mod convoy;
mod crash;
mod crowd;
mod exec;
mod forever;
mod growth;
mod grpc;
mod http;
mod http_client;
mod http_upstream;
mod leader;
mod library;
mod lock_pileup;
mod log_sink;
mod once;
mod origin;
mod per_request;
mod pipe;
mod proven;
mod reason;
mod recursive_read_lock;
mod rest;
mod said;
mod self_deadlock;
mod semaphore;
mod sql;
mod sql_db;
mod suspect;
mod syscall;
mod tangles;
mod tell;
mod told;
mod waitgroup;
mod waits;

use std::cmp::Reverse;

pub use said::{Fine, fine, notes};

use super::facts::{Case, Facts};
use super::finding::Finding;
use told::Told;

/// An analysis: what it is called, what it can and cannot know, and how it is run.
pub struct Analysis {
    /// The kind of its findings, in kebab case.
    pub kind: &'static str,
    /// What it finds, in one sentence.
    pub finds: &'static str,
    /// Why that matters.
    pub matters: &'static str,
    /// What it cannot know.
    pub cannot: &'static str,
    /// The evidence it needs, and the formats that carry it.
    pub needs: &'static str,
    /// Looks at a case; pure.
    pub run: fn(&Case<'_, '_>) -> Vec<Finding>,
}

/// Kinds of findings that an analysis of another name makes.
const ALSO: &[(&str, &str)] = &[
    (channel::DEAD, channel::SLOW),
    (channel::BLOCKED, channel::SLOW),
    (crash::ASLEEP, crash::CRASH),
    (crash::TIMEOUT, crash::CRASH),
];

/// The analysis that makes findings of this kind, with the kind as it is written.
pub fn analysis_of(kind: &str) -> Option<(&'static str, &'static Analysis)> {
    let same = |other: &str| other.eq_ignore_ascii_case(kind);
    let own = ANALYSES.iter().find(|analysis| same(analysis.kind));
    own.map(|analysis| (analysis.kind, analysis)).or_else(|| {
        let (also, name) = ALSO.iter().find(|(also, _)| same(also))?;
        Some((*also, ANALYSES.iter().find(|analysis| analysis.kind == *name)?))
    })
}

/// The other kinds of findings that the analysis of this kind makes.
pub fn also(kind: &str) -> impl Iterator<Item = &'static str> {
    ALSO.iter().filter(move |(_, name)| *name == kind).map(|(also, _)| *also)
}

/// All analyses, the most special first: what an earlier one explains is not said again by a later
/// one in other words.
pub const ANALYSES: &[Analysis] = &[
    Analysis {
        kind: crash::CRASH,
        finds: "the panic, fatal error or signal that ended the program; Go's own deadlock check; tests that time out",
        matters: "the first goroutine is the cause; the others were only caught in what they did",
        cannot: "with GOTRACEBACK=single, what the other goroutines did",
        needs: "what Go printed before the first goroutine: traceback text",
        run: crash::run,
    },
    Analysis {
        kind: log_sink::KIND,
        finds: "loggers whose output takes no more",
        matters: "everything that logs waits for the one goroutine that writes",
        cannot: "whether the sink is slow or stuck",
        needs: "function names",
        run: log_sink::run,
    },
    Analysis {
        kind: recursive_read_lock::KIND,
        finds: "readers that take an RWMutex again while a writer waits for it",
        matters: "the writer keeps the reader out and the reader keeps the writer out, for ever",
        cannot: "whether the outer read lock is still held at the time of the call",
        needs: "stacks; receivers (debug=2) tell which object",
        run: recursive_read_lock::run,
    },
    Analysis {
        kind: once::KIND,
        finds: "functions of a sync.Once that call the same Once again",
        matters: "the second call waits for the first, which waits for the second",
        cannot: "whether one line serves several objects",
        needs: "stacks; any format",
        run: once::run,
    },
    Analysis {
        kind: self_deadlock::KIND,
        finds: "goroutines that wait for a lock which they hold themselves",
        matters: "Go's locks are not reentrant: this never ends, and all who need the lock pile up",
        cannot: "whether the outer method has released the lock before the call",
        needs: "stacks; addresses and receivers (debug=2) tell which object",
        run: self_deadlock::run,
    },
    Analysis {
        kind: ab_ba::KIND,
        finds: "goroutines that wait in a circle for each other's locks",
        matters: "none of them ever goes on, and every user of these locks piles up behind",
        cannot: "Go does not record holders: they are inferred from shared pointers or from the structure",
        needs: "lock addresses (debug=2); by structure alone elsewhere",
        run: ab_ba::run,
    },
    Analysis {
        kind: lock_pileup::KIND,
        finds: "goroutines that wait for a lock whose likely holder waits for something else",
        matters: "the crowd is the victim; what the holder waits for is the cause",
        cannot: "who holds a lock is never recorded, so the holder is at most likely",
        needs: "lock addresses and receivers (debug=2); by type alone elsewhere",
        run: lock_pileup::run,
    },
    Analysis {
        kind: convoy::KIND,
        finds: "locks that many wait for but that move",
        matters: "it is contention, not a deadlock: the lock is held too long for the load",
        cannot: "how fast it moves",
        needs: "a goroutine caught in Unlock",
        run: convoy::run,
    },
    Analysis {
        kind: abandoned_lock::KIND,
        finds: "locks that goroutines wait for though nobody is seen who could hold them",
        matters: "a path without Unlock stops all who need the lock until a restart",
        cannot: "a holder whose frames are inlined or cut off is not seen either",
        needs: "a complete dump; addresses (debug=2) make it sure",
        run: abandoned_lock::run,
    },
    Analysis {
        kind: http::KIND,
        finds: "HTTP responses whose body was never read to its end or closed",
        matters: "each keeps a connection and two goroutines for ever",
        cannot: "who left the body open: that call has returned",
        needs: "function names and states; debug=0 and 2, most of debug=1",
        run: http::run,
    },
    Analysis {
        kind: http_upstream::KIND,
        finds: "HTTP requests that wait for their response",
        matters: "A slow server outside makes everything wait that calls it, unless there is a timeout",
        cannot: "which server it is",
        needs: "function names; ages help",
        run: http_upstream::run,
    },
    Analysis {
        kind: http_client::KIND,
        finds: "HTTP servers that are stuck in a write because the client does not read",
        matters: "without a write timeout the handler stays, with all that it holds, until the client goes",
        cannot: "whether the client is only slow",
        needs: "function names; ages help",
        run: http_client::run,
    },
    Analysis {
        kind: sql::KIND,
        finds: "goroutines that wait for a database connection, and results and transactions that stay open",
        matters: "when the pool is used up, every request that needs the database stands still",
        cannot: "the limit of the pool, and Rows whose context cannot be cancelled",
        needs: "function names",
        run: sql::run,
    },
    Analysis {
        kind: sql_db::KIND,
        finds: "more sql.DB than a program needs",
        matters: "each keeps a goroutine and a pool of connections until it is closed",
        cannot: "who called sql.Open",
        needs: "function names",
        run: sql_db::run,
    },
    Analysis {
        kind: exec::KIND,
        finds: "commands that have ended while another process holds the pipe of their output",
        matters: "Cmd.Wait does not return, and what waits for it never goes on",
        cannot: "which process holds the pipe",
        needs: "function names",
        run: exec::run,
    },
    Analysis {
        kind: context::KIND,
        finds: "contexts below a parent of a foreign type that are never cancelled",
        matters: "each leaks a goroutine",
        cannot: "who made them: that call has returned",
        needs: "function names",
        run: context::run,
    },
    Analysis {
        kind: syscall::KIND,
        finds: "goroutines that stay in a system call or in C code",
        matters: "each pins an operating system thread, of which a program may have 10000",
        cannot: "which file or lock it is",
        needs: "states or function names; ages help",
        run: syscall::run,
    },
    Analysis {
        kind: grpc::CONN,
        finds: "gRPC connections that are dialled again and again and not closed",
        matters: "each has several goroutines until it is closed",
        cannot: "which server they go to",
        needs: "function names",
        run: grpc::connections,
    },
    Analysis {
        kind: grpc::STREAM,
        finds: "gRPC streams that nobody reads to their end",
        matters: "each keeps a goroutine and memory until its connection is closed",
        cannot: "which method it is",
        needs: "function names",
        run: grpc::streams,
    },
    Analysis {
        kind: pipe::KIND,
        finds: "goroutines that use an io.Pipe whose other end is left",
        matters: "a pipe has no buffer: who stops to read without Close leaves the writer behind",
        cannot: "who has the other end; who works at something may be it",
        needs: "function names; creators (debug=2, Go 1.21 and later) make it sure",
        run: pipe::run,
    },
    Analysis {
        kind: waitgroup::CHILDREN,
        finds: "goroutines in WaitGroup.Wait whose children are blocked",
        matters: "the child is the cause, the one that waits its victim",
        cannot: "who is to call Done is not recorded: children are those that the waiter started",
        needs: "ids of creators (debug=2, Go 1.21 and later); names of functions elsewhere",
        run: waitgroup::children,
    },
    Analysis {
        kind: waitgroup::NEVER,
        finds: "goroutines in WaitGroup.Wait that have no child left",
        matters: "nobody is left to call Done, so the wait never ends",
        cannot: "a goroutine that was handed the WaitGroup in another way is not recognised",
        needs: "ids of creators (debug=2, Go 1.21 and later)",
        run: waitgroup::never,
    },
    Analysis {
        kind: cond::KIND,
        finds: "callers that pile up in Cond.Wait",
        matters: "a Cond has no memory: a Signal that came too early or is missing is lost",
        cannot: "idle workers wait in a Cond, too; they came at one time, though",
        needs: "ages and addresses (debug=2)",
        run: cond::run,
    },
    Analysis {
        kind: semaphore::KIND,
        finds: "semaphores and limits with no place left",
        matters: "the few who hold the places, and what they wait for, are the cause",
        cannot: "a channel does not say that it is a semaphore",
        needs: "stacks with lines; any format",
        run: semaphore::run,
    },
    Analysis {
        kind: channel::SLOW,
        finds: "goroutines that wait to send to a consumer that is gone, slow or blocked",
        matters: "the senders are the victims: what became of the consumer says what to do",
        cannot: "which channel a goroutine uses: both sides are matched by type or by who started them",
        needs: "stacks; creators (debug=2) match more",
        run: channel::run,
    },
    Analysis {
        kind: leader::KIND,
        finds: "requests that wait for one of them to do for all what all want",
        matters: "if the one hangs, all hang: it is what to look at",
        cannot: "that they wait for that one: it is in the same function, past the line where they wait",
        needs: "stacks with lines; any format",
        run: leader::run,
    },
    Analysis {
        kind: proven::KIND,
        finds: "goroutines that Go marks as leaked",
        matters: "go proves it: nothing that still runs can reach what they wait for",
        cannot: "what a global variable or a live goroutine refers to is never marked, so none proven is not no leak",
        needs: "`(leaked)` marks or a goroutineleak profile (Go 1.26 and later)",
        run: proven::run,
    },
    Analysis {
        kind: forever::KIND,
        finds: "goroutines that use a nil channel or a select without cases",
        matters: "nothing can end such a wait, whatever the program does",
        cannot: "whether it is meant: some programs park a goroutine on purpose",
        needs: "wait reasons: printed at debug=2, inferred elsewhere",
        run: forever::run,
    },
    Analysis {
        kind: suspect::KIND,
        finds: "many goroutines, or abandoned ones, that wait for something which does not come",
        matters: "each keeps its memory for ever; a service that loses one a request dies of it",
        cannot: "an idle pool looks like a leak in one dump; a second dump tells",
        needs: "wait reasons and counts; creators and ages (debug=2, Go 1.21 and later) make it sure",
        run: suspect::run,
    },
    Analysis {
        kind: growth::KIND,
        finds: "what grows from dump to dump",
        matters: "growth is what makes a leak, and needs no guess about what a goroutine waits for",
        cannot: "whether the load grew, too",
        needs: "two dumps or more of one process, oldest first; any format",
        run: growth::run,
    },
];

/// Runs all analyses and ranks what they find.
///
/// # Severities
///
/// They mean the same in all analyses:
///
/// - `high`: this is it. Goroutines that are proven never to go on, or so many (20 and more) that each
///   call adds one, or that grow from dump to dump.
/// - `medium`: look at it soon. The evidence points there, but they are few, or one more dump is needed
///   to be sure.
/// - `low`: it fits, and so would a pool of idle workers.
/// - `info`: worth knowing; nothing to do.
///
/// # What is left out
///
/// A finding whose goroutines were explained by findings of an earlier analysis, at least as severe, is
/// left out; a suspected leak also if the earlier one knows why they wait (for a lock, for a slow
/// consumer, for something outside) and is of medium severity or more. So is what earlier dumps
/// acquit, and what the user's thresholds keep out.
pub fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let history = growth::History::new(case);
    let mut findings: Vec<Finding> = Vec::new();
    let mut told = Told::default();
    for analysis in ANALYSES {
        for mut finding in (analysis.run)(case) {
            proven::confirm(case.now, &mut finding);
            if growth::weigh(case, &history, &mut finding)
                && said::admits(case, &finding)
                && !told.explains(case, &findings, &finding)
            {
                told.add(findings.len(), &finding);
                findings.push(finding);
            }
        }
    }
    crash::calm(&mut findings);
    rank(&mut findings);
    findings
}

/// Makes those of `findings` about `now` proven that `proven`, a profile of what Go has proven, is about
/// as well. What it holds in all, in a sentence; `None` if it holds nothing.
pub fn join(now: &Facts<'_>, proven: &Facts<'_>, findings: &mut [Finding]) -> Option<String> {
    let note = proven::join(now, proven, findings);
    rank(findings);
    note
}

/// Orders findings: worst first, then surest, then weightiest, then by name.
fn rank(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (Reverse(a.severity), Reverse(a.confidence))
            .cmp(&(Reverse(b.severity), Reverse(b.confidence)))
            .then(b.weight.total_cmp(&a.weight))
            .then_with(|| a.title.cmp(&b.title))
    });
}
