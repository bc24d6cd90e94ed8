//! Which goroutines are the program's, which the runtime's own, and which one wrote the dump.

use super::canon::{Shown, Stacks, shown_name};
use crate::model::{Creator, CreatorId, Dump, HeadId, Row, StackId, Symbol, WaitKind};

/// Whose goroutine it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The program's own.
    #[default]
    User,
    /// The runtime's: garbage collector workers, the sweeper, the finalizer, goroutine 0.
    System,
    /// The one that wrote the dump: the handler of `net/http/pprof`, or whoever asked for the profile.
    Writer,
}

/// Tells the kind of every goroutine of a dump in constant time.
pub struct Kinds {
    stacks: Vec<Kind>,
    heads: Vec<bool>,
    creators: Vec<bool>,
}

impl Kinds {
    /// Looks at every stack, head and creator of `dump` once.
    pub fn new(dump: &Dump, stacks: &Stacks<'_>) -> Self {
        let ids = |n: usize| (0..n).map(|index| u32::try_from(index).unwrap_or(u32::MAX));
        let programs = |creator: Creator| {
            let name = dump.str(creator.function);
            !name.is_empty() && !Symbol::new(name).is_runtime()
        };
        Self {
            stacks: ids(dump.stack_count())
                .map(|id| stack_kind(stacks, dump, StackId::from(id)))
                .collect(),
            heads: ids(dump.head_count())
                .map(|id| {
                    let state = dump.str(dump.head(HeadId::from(id)).state);
                    WaitKind::of_state(state) == WaitKind::System
                })
                .collect(),
            // Id 0 is the unknown creator.
            creators: std::iter::once(false)
                .chain((1..).map_while(|id| dump.creator(CreatorId::from(id))).map(programs))
                .collect(),
        }
    }

    /// The kind of the goroutine in `row`.
    pub fn kind(&self, row: &Row) -> Kind {
        let is_set = |list: &[bool], index: usize| list.get(index).copied().unwrap_or(false);
        if row.goid == 0 || is_set(&self.heads, row.head.index()) {
            return Kind::System;
        }
        match self.stacks.get(row.stack.index()).copied().unwrap_or_default() {
            // A goroutine of the program may be caught before its first call.
            Kind::System if is_set(&self.creators, row.creator.index()) => Kind::User,
            kind => kind,
        }
    }
}

/// As the runtime's isSystemGoroutine judges, from the frames alone.
fn stack_kind(stacks: &Stacks<'_>, dump: &Dump, stack: StackId) -> Kind {
    let name = |id| match stacks.shown(id) {
        Shown::Call { function, .. } => function,
        _ => "",
    };
    if dump.stack(stack).iter().any(|id| is_writer(name(*id))) {
        return Kind::Writer;
    }
    let outermost = dump.stack(stack).iter().rev().map(|id| name(*id));
    let start = outermost.filter(|name| *name != "runtime.goexit").map(shown_name).next();
    // corostart runs the program's iterators, handleAsyncEvent its JavaScript callbacks.
    let programs = ["runtime.main", "runtime.corostart", "runtime.handleAsyncEvent"];
    match start {
        Some(start) if !programs.contains(&start) && stacks.is_all_runtime(stack) => Kind::System,
        _ => Kind::User,
    }
}

fn is_writer(function: &str) -> bool {
    function == "runtime/pprof.(*Profile).WriteTo"
        || function.starts_with("runtime/pprof.writeGoroutine")
        || function == "runtime/pprof.writeRuntimeProfile"
}
