//! Words for what goroutines wait for.

use crate::model::WaitKind;

/// What the goroutine is doing: `sending on a channel`.
pub(super) fn doing(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::NilChan(_) => "using a channel that was never made",
        WaitKind::EmptySelect => "in a select without cases",
        WaitKind::Send => "sending on a channel",
        WaitKind::Receive => "receiving from a channel",
        WaitKind::Select => "in a select",
        WaitKind::Cond => "waiting for a sync.Cond",
        WaitKind::WaitGroup => "waiting for a WaitGroup",
        WaitKind::Coroutine => "in an iter.Pull",
        WaitKind::Lock(_) => "waiting for a lock",
        WaitKind::Io => "waiting for the network or a pipe",
        WaitKind::Sleep => "sleeping",
        WaitKind::Syscall => "in a system call",
        WaitKind::OnCpu => "running",
        WaitKind::Unknown | WaitKind::Unstated => "waiting (probably for a channel)",
        _ => "waiting",
    }
}

/// Why it does not go on.
pub(super) fn because(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::NilChan(_) | WaitKind::EmptySelect => "nothing can ever wake them",
        WaitKind::Send => "nobody receives",
        WaitKind::Receive => "nobody sends or closes it",
        WaitKind::Select => "none of its cases gets ready",
        WaitKind::Cond => "nobody signals it",
        WaitKind::WaitGroup => "it is never done",
        WaitKind::Coroutine => "nobody calls next or stop",
        WaitKind::Lock(_) => "nobody unlocks it",
        WaitKind::Io => "nothing arrives",
        WaitKind::Sleep => "they poll without an end",
        WaitKind::Unknown | WaitKind::Unstated => "nobody wakes them",
        _ => "they do not end",
    }
}

/// Why `count` goroutines do not go on.
pub(super) fn because_of(kind: WaitKind, count: i64) -> String {
    let because = because(kind);
    match count {
        1 => because
            .replace("them", "it")
            .replace("they poll", "it polls")
            .replace("they do", "it does"),
        _ => because.to_owned(),
    }
}

/// What to change at the blocking line.
pub(super) fn remedy(kind: WaitKind) -> &'static str {
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
