//! What the frames of a dump mean for locks: which of them belong to package sync, whose methods the
//! others are, and what a stack waits in. Every distinct frame is judged once.

use crate::model::wait::{LockKind, SyncCall};
use crate::model::{ArgWord, Args, Dump, Frame, FrameId, Symbol, WaitKind};

/// The type whose method (or a closure in it) a function is: package and type.
pub type Owner<'d> = (&'d str, &'d str);

/// A frame, judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'d> {
    /// The function; empty for frames without one.
    pub name: &'d str,
    /// Its line.
    pub line: u32,
    /// The file's last element.
    pub file: &'d str,
    /// The type it is a method of.
    pub owner: Option<Owner<'d>>,
    /// The package.
    pub package: &'d str,
    /// Code outside of the standard library.
    pub user: bool,
    call: Option<SyncCall>,
}

/// What a stack shows of package sync.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What it waits in, if it waits.
    pub kind: Option<WaitKind>,
    /// It is in an unlock.
    pub unlocks: bool,
    /// Raw index of the innermost frame outside of runtime and sync.
    pub caller: usize,
    /// Frames whose first word is an address, and what to subtract for the object's.
    words: [Option<(usize, u64)>; 3],
}

/// All frames of a dump, judged.
pub struct Frames<'d> {
    dump: &'d Dump,
    all: Vec<Judged<'d>>,
}

const NOTHING: Judged<'static> =
    Judged { name: "", line: 0, file: "", owner: None, package: "", user: false, call: None };

impl<'d> Frames<'d> {
    /// No frame.
    pub(super) fn empty(dump: &'d Dump) -> Self {
        Self { dump, all: Vec::new() }
    }

    /// Judges every frame of `dump`.
    pub fn new(dump: &'d Dump) -> Self {
        let count = u32::try_from(dump.frame_count()).unwrap_or(u32::MAX);
        let all = (0..count).map(|id| judge(dump, dump.frame(FrameId::from(id)))).collect();
        Self { dump, all }
    }

    /// The dump.
    pub fn dump(&self) -> &'d Dump {
        self.dump
    }

    /// The frame behind `id`.
    #[inline]
    pub fn get(&self, id: FrameId) -> Judged<'d> {
        self.all.get(id.index()).copied().unwrap_or(NOTHING)
    }

    /// The frame at a raw index of `stack`.
    #[inline]
    pub fn at(&self, stack: &[FrameId], index: usize) -> Judged<'d> {
        stack.get(index).map_or(NOTHING, |id| self.get(*id))
    }

    /// What `stack` shows of package sync.
    pub fn shape(&self, stack: &[FrameId]) -> Shape {
        let call = |index: usize| self.at(stack, index).call;
        let is_runtime = |id: &&FrameId| self.get(**id).call == Some(SyncCall::Runtime);
        let start = stack.iter().take_while(is_runtime).count();
        let rest = stack.get(start..).unwrap_or(&[]);
        let is_sync = |id: &&FrameId| !is_runtime(id) && self.is_sync(**id);
        let sync_end = start + rest.iter().take_while(is_sync).count();
        let find = |wanted| (start..sync_end).find(|index| call(*index) == Some(wanted));
        let word = |wanted, minus: u64| find(wanted).map(|index| (index, minus));
        let slow = word(SyncCall::MutexSlow, 0).or_else(|| word(SyncCall::MutexLock, 0));
        let kind = WaitKind::in_sync((start..sync_end).filter_map(call).collect());
        let words = match kind {
            Some(WaitKind::WaitGroup) => [word(SyncCall::WaitGroup, 0), None, None],
            Some(WaitKind::Cond) => [word(SyncCall::Notify, 16), word(SyncCall::Cond, 0), None],
            Some(WaitKind::Lock(lock)) => match lock {
                LockKind::Read => {
                    [word(SyncCall::ReadLock, 0), word(SyncCall::Semacquire, 12), None]
                }
                LockKind::WriteBehind => {
                    [slow, word(SyncCall::WriteLock, 0), word(SyncCall::Semacquire, 4)]
                }
                LockKind::Write => {
                    [word(SyncCall::WriteLock, 0), word(SyncCall::Semacquire, 8), None]
                }
                LockKind::Once => {
                    [slow.map(|(at, _)| (at, 4)), word(SyncCall::Semacquire, 8), None]
                }
                LockKind::Mutex | LockKind::Semaphore => {
                    [slow, word(SyncCall::MutexLock, 0), word(SyncCall::Semacquire, 4)]
                }
            },
            // It unlocks, or there is nothing.
            _ => [slow, word(SyncCall::Unlock, 0), None],
        };
        let mut caller = sync_end;
        // A type's own Lock method is no more telling than the mutex in it.
        while is_wrapper(self.at(stack, caller).name) && caller + 1 < stack.len() {
            caller += 1;
        }
        Shape { kind, unlocks: find(SyncCall::Unlock).is_some(), caller, words }
    }

    /// The address of what a record with the words `args` waits for or unlocks, if it printed one
    /// without `?`.
    pub fn address(args: Args<'_>, shape: &Shape) -> Option<u64> {
        shape.words.iter().flatten().find_map(|(frame, minus)| {
            let found = args
                .iter()
                .find(|word| usize::from(word.frame) == *frame && word.position == 0 && word.exact);
            found.map(|word| word.value.saturating_sub(*minus))
        })
    }

    /// The receiver that the frame at a raw index printed without `?`.
    pub fn receiver(&self, row: usize, frame: usize) -> Option<u64> {
        Self::receiver_in(self.dump.args(row), frame)
    }

    /// The receiver that the frame at a raw index printed without `?`, of a record with these words.
    pub fn receiver_in(args: Args<'_>, frame: usize) -> Option<u64> {
        let first =
            |word: &ArgWord| usize::from(word.frame) == frame && word.position == 0 && word.exact;
        args.iter().find(first).map(|word| word.value)
    }

    /// Whether the frame is a call of `sync.Once` that runs its function.
    pub fn is_once(&self, id: FrameId) -> bool {
        self.get(id).call == Some(SyncCall::Once)
    }

    /// Whether a goroutine is blocked in a call of the standard library, such as one that waits for an
    /// HTTP response, and not at a channel or `select` of the program's own.
    pub fn is_in_call(&self, stack: &[FrameId]) -> bool {
        let first = stack
            .iter()
            .map(|id| self.get(*id))
            .find(|frame| frame.call != Some(SyncCall::Runtime));
        first.is_some_and(|frame| !frame.user)
    }

    /// Whether the frame belongs to the runtime or to package sync.
    pub fn is_sync(&self, id: FrameId) -> bool {
        self.get(id).call.is_some()
    }
}

/// `main.serve` of `main.serve.func2.1`.
pub fn base(function: &str) -> &str {
    let mut name = function;
    while let Some((rest, last)) = name.rsplit_once('.') {
        let digits = last.trim_start_matches("func").trim_start_matches("gowrap");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        name = rest;
    }
    name
}

fn is_wrapper(function: &str) -> bool {
    let method = function.rsplit('.').next().unwrap_or("");
    matches!(method, "Lock" | "RLock" | "lock" | "rLock" | "rlock")
}

fn judge(dump: &Dump, frame: Frame) -> Judged<'_> {
    let Frame::Call { function, file, line, .. } = frame else { return NOTHING };
    let name = dump.str(function);
    let symbol = Symbol::new(name);
    let file = dump.str(file);
    Judged {
        name,
        line,
        file: file.rsplit(['/', '\\']).next().unwrap_or(file),
        owner: symbol.receiver().map(|receiver| (symbol.package(), receiver)),
        package: symbol.package(),
        user: name != "panic" && !symbol.is_std(),
        call: SyncCall::of(symbol),
    }
}
