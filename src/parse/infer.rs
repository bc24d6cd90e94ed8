//! States that a format does not carry, inferred from the runtime's own frames: whoever waits in
//! Go waits in one of a few functions of the runtime, and its caller tells for what.
//!
//! What comes out is what debug=2 of the same Go version prints, so that equal goroutines have equal
//! states in all formats. Nothing is said where the frames do not prove it.

pub(crate) mod chains;
mod distance;
pub(crate) mod era;
mod evidence;
#[cfg(test)]
mod tests;

use era::Era;

use crate::model::{Dump, DumpBuilder, Frame, Goroutine, Head, StackId, StrId, Symbol};

/// In chan.go the wait on a nil channel stands in the first lines of `chansend` and `chanrecv`,
/// 20 to 27 lines below the line on which `chansend1`, `chanrecv1` or `chanrecv2` calls them; the wait
/// on a channel stands 109 lines or more below it (Go 1.9 to 1.27).
const NIL_CHAN_LINES: u32 = 60;

/// A call of a stack.
#[derive(Clone, Copy, Debug)]
struct Call<'d> {
    name: &'d str,
    id: StrId,
    line: u32,
}

/// The calls of the stack behind `id`, innermost first; frames without a name are left out.
fn calls(dump: &Dump, id: StackId) -> impl Iterator<Item = Call<'_>> {
    dump.stack(id).iter().filter_map(|frame| match dump.frame(*frame) {
        Frame::Call { function, line, .. } => {
            Some(Call { name: dump.str(function), id: function, line })
        }
        Frame::Address(_) | Frame::Elided(_) => None,
    })
}

/// The state of a goroutine whose stack holds all of the runtime's frames.
pub(crate) fn of_stack(dump: &Dump, id: StackId, era: Era) -> Option<&'static str> {
    let mut calls = calls(dump, id).peekable();
    let first = calls.next()?;
    if !Symbol::new(first.name).is_runtime() {
        return of_leaf(first.name, era).or_else(|| is_go_code(first.name).then_some("runnable"));
    }
    match runtime_name(first.name) {
        "gopark" | "goparkunlock" | "park" | "parkunlock" | "park0" => {}
        "notetsleepg" => return calls.next().and_then(|call| of_leaf(call.name, era)),
        "cgocall" | "asmcgocall" | "entersyscall" | "entersyscallblock" => return Some("syscall"),
        "coroswitch" | "coroswitch_m" => return Some("coroutine"),
        "Gosched" | "asyncPreempt" | "asyncPreempt2" | "goschedguarded" => return Some("runnable"),
        name if name.contains("goroutineProfile") || name.contains("goroutineLeakProfile") => {
            return Some("running");
        }
        _ => return None,
    }
    let is_park = |call: &Call<'_>| call.name.starts_with("runtime.gopark");
    let parked = std::iter::from_fn(|| calls.next()).find(|call| !is_park(call))?;
    if !Symbol::new(parked.name).is_runtime() {
        return of_leaf(parked.name, era);
    }
    let next = calls.next();
    // Without lines (`pprof -traces`) nothing is near.
    let near = next.is_some_and(|caller| {
        caller.line > 0
            && runtime_name(caller.name).starts_with("chan")
            && parked.line.checked_sub(caller.line).is_some_and(|lines| lines < NIL_CHAN_LINES)
    });
    Some(match runtime_name(parked.name) {
        "chanrecv" if near => "chan receive (nil chan)",
        "chansend" if near => "chan send (nil chan)",
        "chanrecv" => "chan receive",
        "chansend" => "chan send",
        "selectgo" | "selectgoImpl" => "select",
        "block" => "select (no cases)",
        "netpollblock" => "IO wait",
        "ReadTrace" => "trace reader (blocked)",
        "GC" => "wait for GC cycle",
        "semacquire1" | "semacquire" | "semacquireRWMutexR" => {
            return next.and_then(|call| of_leaf(call.name, era)).or(Some("semacquire"));
        }
        _ => return None,
    })
}

/// A runtime function's name in its package.
fn runtime_name(name: &str) -> &str {
    Symbol::new(name).local()
}

/// Whether a function that is the innermost one executes Go code: whoever is in it and not in the
/// runtime waits for nothing.
fn is_go_code(name: &str) -> bool {
    let package = Symbol::new(name).package();
    !package.is_empty() && !package.contains("syscall") && !package.starts_with("golang.org/x/sys")
}

/// The state of a goroutine by the innermost function outside of package runtime, where that function
/// does one thing only.
fn of_leaf(name: &str, era: Era) -> Option<&'static str> {
    Some(match name {
        "internal/sync.runtime_SemacquireMutex" => "sync.Mutex.Lock",
        "sync.runtime_SemacquireMutex" if era.names_mutexes => "sync.Mutex.Lock",
        "sync.runtime_SemacquireRWMutexR" => "sync.RWMutex.RLock",
        "sync.runtime_SemacquireRWMutex" => "sync.RWMutex.Lock",
        "sync.runtime_SemacquireWaitGroup" => "sync.WaitGroup.Wait",
        "sync.runtime_notifyListWait" if era.names_conds => "sync.Cond.Wait",
        "sync.runtime_SemacquireMutex"
        | "sync.runtime_notifyListWait"
        | "sync.runtime_Semacquire"
        | "sync.runtime_Syncsemacquire"
        | "internal/poll.runtime_Semacquire"
        | "net.runtime_Semacquire" => "semacquire",
        "internal/poll.runtime_pollWait"
        | "internal/poll.runtime_pollWaitCanceled"
        | "net.runtime_pollWait"
        | "net.runtime_pollWaitCanceled" => "IO wait",
        "time.Sleep" => "sleep",
        "internal/synctest.Run" => "synctest.Run",
        "internal/synctest.Wait" => "synctest.Wait",
        "runtime/trace.runtime_readTrace" => "trace reader (blocked)",
        "reflect.rselect" => "select",
        "reflect.chanrecv" => "chan receive",
        "reflect.chansend" | "reflect.chansend0" => "chan send",
        // It waits in notetsleepg as if in a system call.
        "os/signal.signal_recv" => "syscall",
        _ if is_profiler(name) => "running",
        _ if is_syscall(name) => "syscall",
        _ => return None,
    })
}

/// Whether `name` takes a goroutine profile: the goroutine that does is running.
fn is_profiler(name: &str) -> bool {
    name.strip_prefix("runtime/pprof.").is_some_and(|local| {
        local.starts_with("writeRuntimeProfile")
            || local.starts_with("writeGoroutine")
            || local.contains("goroutineProfile")
            || local.contains("goroutineLeakProfile")
    })
}

/// Whether `name` enters the system or C.
fn is_syscall(name: &str) -> bool {
    let symbol = Symbol::new(name);
    let local = symbol.local();
    match symbol.package() {
        // Linux and Windows: Syscall, Syscall6, SyscallN; macOS: syscall, syscall6X, syscallPtr.
        "syscall" => local.starts_with("Syscall") || local.starts_with("syscall"),
        "golang.org/x/sys/unix" | "golang.org/x/sys/windows" => local.starts_with("Syscall"),
        _ => local.starts_with("_Cfunc_") || local.starts_with("_C2func_"),
    }
}

/// Gives the record at `index` the inferred `state`, unless it has one.
fn set_state(builder: &mut DumpBuilder, index: usize, state: &str) {
    let Some(head) = builder.dump().goroutine(index).map(Goroutine::head) else { return };
    if head.inferred || !builder.dump().str(head.state).is_empty() {
        return;
    }
    let state = builder.string(state.as_bytes());
    let head = builder.head(Head { state, inferred: true, ..head });
    builder.set_head(index, head);
}

/// Infers the state of the record at `index`, of whose stack leading frames of the runtime may be hidden, by
/// its innermost function.
pub(crate) fn infer_leaf(builder: &mut DumpBuilder, index: usize) {
    let Some(stack) = builder.dump().goroutine(index).map(Goroutine::stack) else { return };
    let state = calls(builder.dump(), stack).next();
    if let Some(state) = state.and_then(|call| of_leaf(call.name, Era::default())) {
        set_state(builder, index, state);
    }
}

/// Infers the states of all records of a dump whose stacks hold the runtime's frames.
pub(crate) fn infer_all(builder: &mut DumpBuilder, era: Era) {
    let mut states = vec![None; builder.dump().stack_count()];
    for index in 0..builder.dump().len() {
        let Some(stack) = builder.dump().goroutine(index).map(Goroutine::stack) else {
            continue;
        };
        let Some(known) = states.get_mut(stack.index()) else { continue };
        let state = *known.get_or_insert_with(|| of_stack(builder.dump(), stack, era));
        if let Some(state) = state {
            set_state(builder, index, state);
        }
    }
}
