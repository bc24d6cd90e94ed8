//! What a goroutine waits for, as far as the leak analyses tell waits apart, and the words for it.

/// A class of wait reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Reason {
    /// A send or receive on a channel that was never made.
    NilChan,
    /// `select {}`.
    EmptySelect,
    /// A send on a channel.
    Send,
    /// A receive from a channel, `range` included.
    Receive,
    /// A `select` with cases.
    Select,
    /// `sync.Cond.Wait`.
    Cond,
    /// `sync.WaitGroup.Wait`.
    WaitGroup,
    /// An `iter.Pull` whose other side does not go on.
    Coroutine,
    /// A mutex, a read-write mutex or a semaphore of the runtime.
    Lock,
    /// The network or a pipe.
    Io,
    /// `time.Sleep`.
    Sleep,
    /// A system call or C code.
    Syscall,
    /// It runs or could run.
    OnCpu,
    /// It is not known: debug=1 hides the runtime's frames, so that a channel operation, a `select` and
    /// running code look alike where nothing else tells them apart.
    Unknown,
    /// Anything else.
    Other,
}

impl Reason {
    /// The class of `state`, as Go prints or gdump infers it. In Go up to 1.24 a `WaitGroup` waits in
    /// `semacquire`, so the names of the frames decide there.
    pub(super) fn of<'a>(state: &str, mut functions: impl Iterator<Item = &'a str>) -> Self {
        let plain = state.strip_suffix(" (durable)").or(state.strip_suffix(" (synctest)"));
        match plain.unwrap_or(state) {
            "chan send (nil chan)" | "chan receive (nil chan)" => Self::NilChan,
            "select (no cases)" => Self::EmptySelect,
            "chan send" => Self::Send,
            "chan receive" => Self::Receive,
            "select" => Self::Select,
            "sync.Cond.Wait" => Self::Cond,
            "sync.WaitGroup.Wait" => Self::WaitGroup,
            "coroutine" => Self::Coroutine,
            "semacquire" => match functions.find_map(semaphore) {
                Some(reason) => reason,
                None => Self::Lock,
            },
            "sync.Mutex.Lock" | "sync.RWMutex.RLock" | "sync.RWMutex.Lock" => Self::Lock,
            "IO wait" => Self::Io,
            "sleep" => Self::Sleep,
            "syscall" => Self::Syscall,
            "" | "unknown" | "waiting" | "leaked" => Self::Unknown,
            other if crate::model::state::is_on_cpu(other) => Self::OnCpu,
            _ => Self::Other,
        }
    }

    /// Whether only another goroutine (or a timer) of the same process can end the wait.
    pub(super) fn is_internal(self) -> bool {
        !matches!(self, Self::Io | Self::Sleep | Self::Syscall | Self::OnCpu | Self::Other)
    }

    /// What the goroutine is doing: `sending on a channel`.
    pub(super) fn doing(self) -> &'static str {
        match self {
            Self::NilChan => "using a channel that was never made",
            Self::EmptySelect => "in a select without cases",
            Self::Send => "sending on a channel",
            Self::Receive => "receiving from a channel",
            Self::Select => "in a select",
            Self::Cond => "waiting for a sync.Cond",
            Self::WaitGroup => "waiting for a WaitGroup",
            Self::Coroutine => "in an iter.Pull",
            Self::Lock => "waiting for a lock",
            Self::Io => "waiting for the network or a pipe",
            Self::Sleep => "sleeping",
            Self::Syscall => "in a system call",
            Self::OnCpu => "running",
            Self::Unknown => "waiting (probably for a channel)",
            Self::Other => "waiting",
        }
    }

    /// Why it does not go on.
    pub(super) fn because(self) -> &'static str {
        match self {
            Self::NilChan | Self::EmptySelect => "nothing can ever wake them",
            Self::Send => "nobody receives",
            Self::Receive => "nobody sends or closes it",
            Self::Select => "none of its cases gets ready",
            Self::Cond => "nobody signals it",
            Self::WaitGroup => "it is never done",
            Self::Coroutine => "nobody calls next or stop",
            Self::Lock => "nobody unlocks it",
            Self::Io => "nothing arrives",
            Self::Sleep => "they poll without an end",
            Self::Unknown => "nobody wakes them",
            Self::Syscall | Self::OnCpu | Self::Other => "they do not end",
        }
    }

    /// Why `count` goroutines do not go on.
    pub(super) fn because_of(self, count: i64) -> String {
        let because = self.because();
        match count {
            1 => because
                .replace("them", "it")
                .replace("they poll", "it polls")
                .replace("they do", "it does"),
            _ => because.to_owned(),
        }
    }

    /// What to change at the blocking line.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::NilChan => "make the channel before it is used, or find out which field is nil",
            Self::EmptySelect => "wait for something that can happen, such as ctx.Done()",
            Self::Send => {
                "let the sender leave when nobody listens any more: select with ctx.Done() beside the send, or a buffer for the one value"
            }
            Self::Receive => {
                "close the channel when no more comes, or select with ctx.Done() (stopping a time.Ticker does not close its channel)"
            }
            Self::Select => {
                "add a case for ctx.Done() or a quit channel, and make sure that it is cancelled or closed"
            }
            Self::Cond => {
                "call Signal or Broadcast whenever what is waited for changes, also at shutdown"
            }
            Self::WaitGroup => {
                "call Done on every path of every goroutine that was added, best by defer"
            }
            Self::Coroutine => "call stop of the iter.Pull, best by defer",
            Self::Lock => "unlock on every path, best by defer",
            Self::Io => "set a deadline, or close the connection when it is not needed any more",
            Self::Sleep => "leave the loop when its work is over: check ctx.Err() in it",
            Self::Unknown => "see which channel it waits for, and who is to send, receive or close",
            Self::Syscall | Self::OnCpu | Self::Other => "find out what ends it",
        }
    }
}

fn semaphore(function: &str) -> Option<Reason> {
    match function {
        "sync.(*WaitGroup).Wait" => Some(Reason::WaitGroup),
        "sync.(*Cond).Wait" => Some(Reason::Cond),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let of = |state, frames: &[&'static str]| Reason::of(state, frames.iter().copied());
        assert_eq!(of("chan receive (durable)", &[]), Reason::Receive);
        assert_eq!(of("chan receive (nil chan)", &[]), Reason::NilChan);
        assert_eq!(of("semacquire", &["sync.(*WaitGroup).Wait"]), Reason::WaitGroup);
        assert_eq!(of("semacquire", &["sync.(*Mutex).Lock"]), Reason::Lock);
        assert_eq!(of("runnable", &[]), Reason::OnCpu);
        assert!(Reason::Select.is_internal() && !Reason::Io.is_internal());
    }
}
