//! What is said of each kind of finding: what it is, why it matters, what it cannot know, what it needs.

/// What is said of the kinds of findings that one analysis makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindText {
    /// The kind, in kebab case.
    pub kind: &'static str,
    /// What it finds, in one sentence.
    pub finds: &'static str,
    /// Why that matters.
    pub matters: &'static str,
    /// What it cannot know.
    pub cannot: &'static str,
    /// The evidence it needs, and the formats that carry it.
    pub needs: &'static str,
}

/// What is said of each analysis, in the order in which they run.
pub fn kind_texts() -> &'static [KindText] {
    TEXTS
}

/// What is said of the analysis called `kind`.
pub fn kind_text(kind: &str) -> Option<&'static KindText> {
    TEXTS.iter().find(|text| text.kind == kind)
}

const TEXTS: &[KindText] = &[
    KindText {
        kind: "crash",
        finds: "the panic, fatal error or signal that ended the program; Go's own deadlock check; tests that time out",
        matters: "the first goroutine is the cause; the others were only caught in what they did",
        cannot: "with GOTRACEBACK=single, what the other goroutines did",
        needs: "what Go printed before the first goroutine: traceback text",
    },
    KindText {
        kind: "data-race",
        finds: "memory that goroutines access without being synchronised, as the race detector reports it",
        matters: "what a racing read yields is not defined, and a race on a map, slice or interface corrupts memory",
        cannot: "which of the two accesses is wrong; and races that did not happen in this run",
        needs: "reports of the race detector (go test -race, go build -race) in the text, alone or beside a dump",
    },
    KindText {
        kind: "log-sink-blocked",
        finds: "loggers whose output takes no more",
        matters: "everything that logs waits for the one goroutine that writes",
        cannot: "whether the sink is slow or stuck",
        needs: "function names",
    },
    KindText {
        kind: "recursive-read-lock",
        finds: "readers that take an RWMutex again while a writer waits for it",
        matters: "the writer keeps the reader out and the reader keeps the writer out, for ever",
        cannot: "whether the outer read lock is still held at the time of the call",
        needs: "stacks; receivers (debug=2) tell which object",
    },
    KindText {
        kind: "once-recursion",
        finds: "functions of a sync.Once that call the same Once again",
        matters: "the second call waits for the first, which waits for the second",
        cannot: "whether one line serves several objects",
        needs: "stacks; any format",
    },
    KindText {
        kind: "self-deadlock",
        finds: "goroutines that wait for a lock which they hold themselves",
        matters: "Go's locks are not reentrant: this never ends, and all who need the lock pile up",
        cannot: "whether the outer method has released the lock before the call",
        needs: "stacks; addresses and receivers (debug=2) tell which object",
    },
    KindText {
        kind: "ab-ba",
        finds: "goroutines that wait in a circle for each other's locks",
        matters: "none of them ever goes on, and every user of these locks piles up behind",
        cannot: "Go does not record holders: they are inferred from shared pointers or from the structure",
        needs: "lock addresses (debug=2); by structure alone elsewhere",
    },
    KindText {
        kind: "wait-cycle",
        finds: "goroutines that hold a lock and wait for others that need it: children, receivers, senders, signals",
        matters: "it is the most common deadlock of Go programs, and all who need the lock pile up behind",
        cannot: "which channel a goroutine uses, and who holds a lock: both are inferred from pointers, creators and types",
        needs: "stacks; addresses and ids of creators (debug=2) make it sure",
    },
    KindText {
        kind: "lock-pileup",
        finds: "goroutines that wait for a lock whose likely holder waits for something else",
        matters: "the crowd is the victim; what the holder waits for is the cause",
        cannot: "who holds a lock is never recorded, so the holder is at most likely",
        needs: "lock addresses and receivers (debug=2); by type alone elsewhere",
    },
    KindText {
        kind: "lock-convoy",
        finds: "locks that many wait for but that move",
        matters: "it is contention, not a deadlock: the lock is held too long for the load",
        cannot: "how fast it moves",
        needs: "a goroutine caught in Unlock",
    },
    KindText {
        kind: "abandoned-lock",
        finds: "locks that goroutines wait for though nobody is seen who could hold them",
        matters: "a path without Unlock stops all who need the lock until a restart",
        cannot: "a holder whose frames are inlined or cut off is not seen either",
        needs: "a complete dump; addresses (debug=2) make it sure",
    },
    KindText {
        kind: "http-body-not-closed",
        finds: "HTTP responses whose body was never read to its end or closed",
        matters: "each keeps a connection and two goroutines for ever",
        cannot: "who left the body open: that call has returned",
        needs: "function names and states; debug=0 and 2, most of debug=1",
    },
    KindText {
        kind: "slow-upstream",
        finds: "HTTP requests that wait for their response",
        matters: "A slow server outside makes everything wait that calls it, unless there is a timeout",
        cannot: "which server it is",
        needs: "function names; ages help",
    },
    KindText {
        kind: "client-does-not-read",
        finds: "HTTP servers that are stuck in a write because the client does not read",
        matters: "without a write timeout the handler stays, with all that it holds, until the client goes",
        cannot: "whether the client is only slow",
        needs: "function names; ages help",
    },
    KindText {
        kind: "slow-outside",
        finds: "requests that wait outside for something else than an HTTP server: TLS handshakes, connections, names, databases, child processes",
        matters: "what is slow outside makes every request wait that needs it, unless there is a deadline",
        cannot: "who is called; what only reads from a connection may read from its own client",
        needs: "function names; ages help",
    },
    KindText {
        kind: "idle-connections",
        finds: "idle connections of HTTP clients that pile up",
        matters: "a Transport made for each request leaves a connection and two goroutines behind",
        cannot: "whether a large pool is meant; a second dump tells whether they grow",
        needs: "function names; ages and several dumps help",
    },
    KindText {
        kind: "accept-fails",
        finds: "servers that sleep in their loop over Accept, because it failed",
        matters: "file descriptors are used up: no client gets in, and no file or connection can be opened",
        cannot: "who keeps the descriptors open, and whether the error has passed",
        needs: "function names; any format",
    },
    KindText {
        kind: "listeners-not-closed",
        finds: "more goroutines in Accept than a program is configured for",
        matters: "each keeps a port and a file descriptor, of which there are not many",
        cannot: "whether a listener for each of many ports is what the program is for",
        needs: "function names; creators (debug=2, Go 1.21 and later) make it sure",
    },
    KindText {
        kind: "sql-pool-exhausted",
        finds: "goroutines that wait for a database connection, and results and transactions that stay open",
        matters: "when the pool is used up, every request that needs the database stands still",
        cannot: "the limit of the pool, and Rows whose context cannot be cancelled",
        needs: "function names",
    },
    KindText {
        kind: "sql-db-not-closed",
        finds: "more sql.DB than a program needs",
        matters: "each keeps a goroutine and a pool of connections until it is closed",
        cannot: "who called sql.Open",
        needs: "function names",
    },
    KindText {
        kind: "exec-pipe-held",
        finds: "commands that have ended while another process holds the pipe of their output",
        matters: "Cmd.Wait does not return, and what waits for it never goes on",
        cannot: "which process holds the pipe",
        needs: "function names",
    },
    KindText {
        kind: "context-not-cancelled",
        finds: "contexts below a parent of a foreign type that are never cancelled",
        matters: "each leaks a goroutine",
        cannot: "who made them: that call has returned",
        needs: "function names",
    },
    KindText {
        kind: "stuck-syscall",
        finds: "goroutines that stay in a system call or in C code",
        matters: "each pins an operating system thread, of which a program may have 10000",
        cannot: "which file or lock it is",
        needs: "states or function names; ages help",
    },
    KindText {
        kind: "grpc-conn-not-closed",
        finds: "gRPC connections that are dialled again and again and not closed",
        matters: "each has several goroutines until it is closed",
        cannot: "which server they go to",
        needs: "function names",
    },
    KindText {
        kind: "grpc-stream-not-finished",
        finds: "gRPC streams that nobody reads to their end",
        matters: "each keeps a goroutine and memory until its connection is closed",
        cannot: "which method it is",
        needs: "function names",
    },
    KindText {
        kind: "pipe-end-left",
        finds: "goroutines that use an io.Pipe whose other end is left",
        matters: "a pipe has no buffer: who stops to read without Close leaves the writer behind",
        cannot: "who has the other end; who works at something may be it",
        needs: "function names; creators (debug=2, Go 1.21 and later) make it sure",
    },
    KindText {
        kind: "finalizer-blocked",
        finds: "finalizers and cleanups that do not return",
        matters: "all others wait behind, so that nothing they would free or close ever is",
        cannot: "how many objects wait",
        needs: "function names; ages help",
    },
    KindText {
        kind: "shutdown-hangs",
        finds: "http.Server.Shutdown that waits for requests, and a Stop that waits for loops which nobody tells to end",
        matters: "a process that does not end is killed with what it was about to save",
        cannot: "whether the last ones are just about to end",
        needs: "function names; creators and ages (debug=2) for loops",
    },
    KindText {
        kind: "waitgroup-waits-for-children",
        finds: "goroutines in WaitGroup.Wait whose children are blocked",
        matters: "the child is the cause, the one that waits its victim",
        cannot: "who is to call Done is not recorded: children are those that the waiter started",
        needs: "ids of creators (debug=2, Go 1.21 and later); names of functions elsewhere",
    },
    KindText {
        kind: "waitgroup-never-done",
        finds: "goroutines in WaitGroup.Wait that have no child left",
        matters: "nobody is left to call Done, so the wait never ends",
        cannot: "a goroutine that was handed the WaitGroup in another way is not recognised",
        needs: "ids of creators (debug=2, Go 1.21 and later)",
    },
    KindText {
        kind: "cond-never-signalled",
        finds: "callers that pile up in Cond.Wait",
        matters: "a Cond has no memory: a Signal that came too early or is missing is lost",
        cannot: "idle workers wait in a Cond, too; they came at one time, though",
        needs: "ages and addresses (debug=2)",
    },
    KindText {
        kind: "semaphore-exhausted",
        finds: "semaphores and limits with no place left",
        matters: "the few who hold the places, and what they wait for, are the cause",
        cannot: "a channel does not say that it is a semaphore",
        needs: "stacks with lines; any format",
    },
    KindText {
        kind: "slow-consumer",
        finds: "goroutines that wait to send to a consumer that is gone, slow or blocked",
        matters: "the senders are the victims: what became of the consumer says what to do",
        cannot: "which channel a goroutine uses: both sides are matched by type or by who started them",
        needs: "stacks; creators (debug=2) match more",
    },
    KindText {
        kind: "waits-for-one-ahead",
        finds: "requests that wait for one of them to do for all what all want",
        matters: "if the one hangs, all hang: it is what to look at",
        cannot: "that they wait for that one: it is in the same function, past the line where they wait",
        needs: "stacks with lines; any format",
    },
    KindText {
        kind: "proven-leak",
        finds: "goroutines that Go marks as leaked",
        matters: "go proves it: nothing that still runs can reach what they wait for",
        cannot: "what a global variable or a live goroutine refers to is never marked, so none proven is not no leak",
        needs: "`(leaked)` marks or a goroutineleak profile (Go 1.26 and later)",
    },
    KindText {
        kind: "blocked-forever",
        finds: "goroutines that use a nil channel or a select without cases",
        matters: "nothing can end such a wait, whatever the program does",
        cannot: "whether it is meant: some programs park a goroutine on purpose",
        needs: "wait reasons: printed at debug=2, inferred elsewhere",
    },
    KindText {
        kind: "suspected-leak",
        finds: "many goroutines, or abandoned ones, that wait for something which does not come",
        matters: "each keeps its memory for ever; a service that loses one a request dies of it",
        cannot: "an idle pool looks like a leak in one dump; a second dump tells",
        needs: "wait reasons and counts; creators and ages (debug=2, Go 1.21 and later) make it sure",
    },
    KindText {
        kind: "growing",
        finds: "what grows from dump to dump",
        matters: "growth is what makes a leak, and needs no guess about what a goroutine waits for",
        cannot: "whether the load grew, too",
        needs: "two dumps or more of one process, oldest first; any format",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::find::ANALYSES;

    #[test]
    fn each_analysis_has_its_text() {
        let kinds: Vec<_> = TEXTS.iter().map(|text| text.kind).collect();
        assert_eq!(kinds, ANALYSES.iter().map(|analysis| analysis.kind).collect::<Vec<_>>());
    }
}
