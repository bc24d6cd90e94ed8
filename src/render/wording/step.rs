//! What to do next, in words.

use super::phrase::{line, line_or_function, place};
use super::race;
use crate::diagnose::step::{Advice, Fault, SecondDump, Step};
use crate::model::WaitKind;

/// What to do, as a sentence without a final period.
pub fn step(step: &Step) -> String {
    match step {
        Step::Do { at: None, advice } => advised(*advice).to_owned(),
        Step::Do { at: Some(at), advice } => format!("{}: {}", place(at), advised(*advice)),
        Step::DoOnLine { at, advice } => format!("{}: {}", line(at), advised(*advice)),
        Step::SecondDump { why } => second_dump(*why),
        Step::EndWait { at, waits_for } => {
            format!("{}: {}", line_or_function(at), remedy(*waits_for))
        }
        Step::CloseCalls { package } => format!(
            "find the calls into {package} that leave it behind: what they return is not closed, stopped or cancelled"
        ),
        Step::EndWithCall { at } => format!(
            "{}: {} starts them and nothing ends them with the call: hand down its context, or return a stop function that the caller defers",
            line(at),
            at.function
        ),
        Step::SeeWhoEnds { at } => {
            format!("{}: see who is to end what {} starts", line(at), at.function)
        }
        Step::Mend { at, fault } => match at.as_ref().map(|at| (line(at), &at.function)) {
            None => mend(*fault).to_owned(),
            Some((line, function)) if line.is_empty() => format!("{function}: {}", mend(*fault)),
            Some((line, function)) => format!("{line}: {function}: {}", mend(*fault)),
        },
        Step::CallLocked { at, function } => format!(
            "{}: call a variant of {function} that expects the lock to be held, or unlock before",
            place(at)
        ),
        Step::NotWithReadLock { at, function } => format!(
            "{}: do not call {function} with the read lock held; use a variant that expects it",
            place(at)
        ),
        Step::ClosesBody { at } => {
            format!("{} uses the HTTP client: see that it closes resp.Body", place(at))
        }
        Step::EndsStream { at } => format!("{} uses a stream: see how it ends there", place(at)),
        Step::Synchronise { places } => race::synchronise(places),
        Step::KnowRaced { at } => format!("{}: what is allocated here is raced on", place(at)),
        Step::StartWith { at } => format!("start with what {} calls", place(at)),
    }
}

fn second_dump(why: SecondDump) -> String {
    match why {
        SecondDump::Speed => {
            "take a second dump in a minute and give both: that tells how fast they grow".to_owned()
        }
        SecondDump::Growth => "take a second dump in a minute and give both: what grows leaks, what stays is stuck or idle".to_owned(),
        SecondDump::NeverWoken => "take a second dump in a minute and give both: those who are never woken are there again, and more".to_owned(),
        SecondDump::ConsumerStuck => {
            "take a second dump in a minute: if the same ids still wait, the consumer is stuck"
                .to_owned()
        }
        SecondDump::HolderStuck(goid) => {
            let who = goid.map_or_else(|| "a goroutine".to_owned(), |id| format!("goroutine {id}"));
            format!("take a second dump in a minute: if {who} is still there, it is stuck")
        }
    }
}

/// What to change where goroutines wait for this.
fn remedy(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::NilChan(_) => {
            "make the channel before it is used, or find out which field is nil"
        }
        WaitKind::EmptySelect => "wait for something that can happen, such as ctx.Done()",
        WaitKind::Send => {
            "let the sender leave when nobody listens any more: select with ctx.Done() beside the send, or a buffer for the one value"
        }
        WaitKind::Receive => {
            "close the channel when no more comes, or select with ctx.Done() (stopping a time.Ticker does not close its channel)"
        }
        WaitKind::Select => {
            "add a case for ctx.Done() or a quit channel, and make sure that it is cancelled or closed"
        }
        WaitKind::Cond => {
            "call Signal or Broadcast whenever what is waited for changes, also at shutdown"
        }
        WaitKind::WaitGroup => {
            "call Done on every path of every goroutine that was added, best by defer"
        }
        WaitKind::Coroutine => "call stop of the iter.Pull, best by defer",
        WaitKind::Lock(_) => "unlock on every path, best by defer",
        WaitKind::Io => "set a deadline, or close the connection when it is not needed any more",
        WaitKind::Sleep => "leave the loop when its work is over: check ctx.Err() in it",
        WaitKind::Unknown | WaitKind::Unstated => {
            "see which channel it waits for, and who is to send, receive or close"
        }
        _ => "find out what ends it",
    }
}

/// What to look for after a crash.
fn mend(fault: Fault) -> &'static str {
    match fault {
        Fault::NilPointer => {
            "find out which pointer, map or interface is nil there, and who should have set it"
        }
        Fault::Index => "check the index against the length",
        Fault::ConcurrentMap => {
            "a map is used by several goroutines: guard it with a mutex; `go test -race` finds where"
        }
        Fault::Unlock => "Unlock is called twice, or without Lock, or the mutex was copied",
        Fault::Memory => "take a heap profile before it happens; see which goroutines allocate",
        Fault::Recursion => "a recursion does not end",
        Fault::ClosedChannel => "close a channel only where it is sent to, and only once",
        Fault::WaitGroup => "Done is called more often than Add",
        Fault::Other => "the stack of that goroutine is the place to start",
    }
}

fn advised(advice: Advice) -> &'static str {
    of_locks(advice).or_else(|| of_peers(advice)).unwrap_or_else(|| of_libraries(advice))
}

fn of_locks(advice: Advice) -> Option<&'static str> {
    Some(match advice {
        Advice::LockInOneOrder => {
            "take the locks in one order everywhere, such as by address or id"
        }
        Advice::UnlockBeforeChildren => {
            "unlock before waiting for the goroutines, or let them do without the lock"
        }
        Advice::UnlockBeforeChannel => {
            "do not wait for a channel with the lock held: unlock before, or let the other side do without the lock"
        }
        Advice::CondWithOneLock => {
            "Cond.Wait releases only its own lock: wait with no other one held"
        }
        Advice::UnlockBefore => "unlock before waiting for somebody who needs the lock",
        Advice::NoWaitInLock => {
            "do not wait for a channel or another goroutine while the lock is held"
        }
        Advice::SlowPartOutside => "do the slow part outside of the lock, or set a deadline",
        Advice::HoldShorter => "hold the lock shorter, or split it",
        Advice::NoSecondOnce => "take the second call out of the function",
        Advice::FindMissingUnlock => {
            "look for a return or a panic between Lock and Unlock, or a second Lock in the same function; use defer"
        }
        Advice::SearchLock => {
            "the lock may have been taken by a function that has returned: search for Lock of this field"
        }
        Advice::SearchOtherLock => "search for who locks this as well, and does not unlock it",
        Advice::CompleteDump => "take a complete dump at debug=2, and a second one a minute later",
        _ => return None,
    })
}

fn of_peers(advice: Advice) -> Option<&'static str> {
    Some(match advice {
        Advice::CloseLoopChannel => {
            "close the channel that it receives from before the wait, or select on one that is closed to end it"
        }
        Advice::WhoWakes => "who should have sent, closed, unlocked or signalled here?",
        Advice::SeeTestWait => "see what the test waits for here",
        Advice::CloseReader => {
            "where the reading stops, close the reader (defer r.Close(), or r.CloseWithError(err)): the write then returns io.ErrClosedPipe"
        }
        Advice::CloseWriter => {
            "where the writing ends or fails, close the writer (defer w.Close(), or w.CloseWithError(err)): the read then ends"
        }
        Advice::ChildIsCause => "this is the cause, those in Wait are the victims; make it end",
        Advice::DoneByDefer => {
            "call Done by defer, first thing in the goroutine, and Add right before `go`"
        }
        Advice::MissingSignal => {
            "look for the change of state that has no Signal, or a Signal without the lock held"
        }
        Advice::HolderIsCause => "what holds the place is the cause; set a deadline there",
        Advice::ReleaseSlot => {
            "look for a path that returns without releasing its place; release it with defer"
        }
        Advice::SelectBesideSend => {
            "select on the receiver's end or a context beside the send; where each send answers one caller, a buffer of one is enough"
        }
        Advice::WhyReceiverLeft => {
            "look for what makes the receiver leave: a timeout, an early return, a recovered panic in the log"
        }
        Advice::FasterConsumer => "make it faster or start more of them, or limit the producers",
        Advice::ConsumerIsCause => "find what it waits for: that is the cause",
        Advice::DeadlineAhead => "this is what to look at; give it a deadline",
        Advice::LeaveWithRequest => {
            "let those who wait leave when their request ends: select with ctx.Done()"
        }
        _ => return None,
    })
}

fn of_libraries(advice: Advice) -> &'static str {
    of_network(advice).unwrap_or_else(|| of_resources(advice))
}

fn of_network(advice: Advice) -> Option<&'static str> {
    Some(match advice {
        Advice::HttpTimeout => "set http.Client.Timeout, or a context with a deadline",
        Advice::LookAtServer => {
            "look at the server that is called there, and at the network between"
        }
        Advice::CloseBody => {
            "call `defer resp.Body.Close()` right after the error check, for every status code; the linter `bodyclose` finds calls that do not"
        }
        Advice::SearchRequests => {
            "who made the requests is on no stack any more: search for responses of http.Get, Client.Do and Transport.RoundTrip of which only the status or the headers are used"
        }
        Advice::WriteTimeout => {
            "set http.Server.WriteTimeout, or http.ResponseController.SetWriteDeadline in streaming handlers"
        }
        Advice::ShareTransport => {
            "search for http.Transport or http.Client made in functions that run for each request: make one and share it, or call CloseIdleConnections"
        }
        Advice::IdleTimeout => "set Transport.IdleConnTimeout",
        Advice::CloseListener => "close the listener when what it was opened for is over",
        Advice::HandshakeDeadline => {
            "set a deadline on the connection, or use HandshakeContext or tls.Dialer.DialContext"
        }
        Advice::LookupContext => "pass a context with a deadline to the call",
        Advice::DialTimeout => "set net.Dialer.Timeout",
        Advice::EndAtShutdown => {
            "end when the server shuts down: cancel a context that Server.BaseContext gives to all requests, or call what ends it from Server.RegisterOnShutdown"
        }
        Advice::RpcDeadline => {
            "call with a context that has a deadline, and look at the server that is called"
        }
        Advice::FindOpenFiles => {
            "see its log for `Accept error`, and in /proc/PID/fd what is open: connections and files that nobody closes"
        }
        Advice::RaiseFileLimit => "if so many are needed, raise the limit (ulimit -n, LimitNOFILE)",
        Advice::ShutdownElsewhere => {
            "call Shutdown in a goroutine of its own, or tell main to, and return from the handler"
        }
        Advice::ShutdownDeadline => {
            "give Shutdown a context with a deadline, and call Close after it"
        }
        Advice::DialOnce => {
            "search for grpc.Dial and grpc.NewClient in code that runs for each request: dial once, or `defer conn.Close()`"
        }
        Advice::FinishStreams => {
            "cancel the stream's context, or call Recv until it returns an error; closing the connection ends all of its streams"
        }
        _ => return None,
    })
}

fn of_resources(advice: Advice) -> &'static str {
    match advice {
        Advice::CloseRows => "`defer rows.Close()` after the query, and check rows.Err()",
        Advice::EndTransactions => {
            "every sql.Tx needs Commit or Rollback on all paths; every sql.Conn and Stmt needs Close"
        }
        Advice::LookAtQueries => "look at the queries that run, and at locks in the database",
        Advice::DbStats => {
            "db.Stats() tells MaxOpenConnections, InUse and WaitCount; pass contexts with a deadline"
        }
        Advice::OpenOnce => {
            "search for sql.Open, sql.OpenDB and gorm.Open in code that runs for each request or task: open once and share it, or close it"
        }
        Advice::QueryContext => {
            "pass a context with a deadline to the query, and set the driver's timeouts"
        }
        Advice::WaitDelay => "set Cmd.WaitDelay, or give the command a file for its output",
        Advice::FindPipeHolder => {
            "find who holds the pipe: `lsof -p PID`, and the same node number in other processes"
        }
        Advice::CommandContext => {
            "use exec.CommandContext with a deadline, or close what nobody writes to"
        }
        Advice::CancelContexts => {
            "call `defer cancel()` after every context.WithCancel, WithTimeout and WithDeadline; `go vet` (lostcancel) finds what is not called"
        }
        Advice::ForeignContext => {
            "a context of a type of your own (a web framework's, say) is the parent: contexts of package context need no goroutine"
        }
        Advice::SeeLogReader => {
            "see who reads the log: the pipe, the terminal, the journal or the disk behind it"
        }
        Advice::BufferLog => {
            "log through a buffer that drops or writes in the background, so that no request waits for it"
        }
        Advice::FreeFinalizer => {
            "a finalizer must not wait; start a goroutine in it, or free the object by a Close that is called"
        }
        Advice::SeeSyscall => {
            "see which file, lock or process it waits for (`ls -l /proc/PID/fd`, `lsof -p PID`)"
        }
        Advice::SyscallDeadline => {
            "a system call cannot be cancelled: use a deadline where there is one (os.File.SetDeadline, exec.CommandContext), or limit how many run at once"
        }
        _ => "",
    }
}
