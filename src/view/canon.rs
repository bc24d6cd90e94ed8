//! The canonical form of stacks: the frames that every format shows, so that the same stack is the
//! same group whether it came from debug=2, debug=1, debug=0 or a signal.
//!
//! Hidden are leading frames of the runtime (debug=1 hides them), functions of the runtime that are
//! not exported (debug=2 hides them; debug=1 ends with `runtime.main`, a signal shows them all), frames
//! of `internal/runtime/*`, and wrappers that the compiler made – unless nothing is left. `runtime.gopanic`
//! is `panic`, as debug=2 writes it.

use rustc_hash::FxHashMap;

use super::filter::PprofFilter;
use super::fingerprint::{finish, hash_str, mix};
use crate::model::{CallKind, Dump, Frame, FrameId, StackId, Symbol};

/// Canonical stacks of one dump.
pub struct Stacks<'d> {
    dump: &'d Dump,
    frames: Vec<FrameClass>,
    /// For each stack the number of its canonical stack.
    canonical: Vec<u32>,
    /// For each canonical stack one stack that has it.
    sample: Vec<StackId>,
    /// For each stack the frames that pprof's filters leave of it; empty if they leave all.
    edited: Vec<Box<[FrameId]>>,
}

/// A frame as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown<'d> {
    /// A call.
    Call {
        /// The function's symbol.
        function: &'d str,
        /// Its file as Go printed it; empty if none was printed.
        file: &'d str,
        /// The line; 0 if none was printed.
        line: u32,
        /// It was inlined into its caller.
        inlined: bool,
        /// It belongs to the standard library (or is C).
        std: bool,
    },
    /// A program counter without a symbol.
    Address(u64),
    /// Frames that Go left out, and how many.
    Elided(Option<u32>),
}

impl<'d> Shown<'d> {
    /// The function, if it is a call.
    pub fn function(self) -> Option<&'d str> {
        match self {
            Self::Call { function, .. } => Some(function),
            Self::Address(_) | Self::Elided(_) => None,
        }
    }
}

#[derive(Clone, Copy)]
struct FrameClass {
    /// Equal for frames that differ only in how they were printed.
    same_as: u32,
    name_hash: u64,
    line_hash: u64,
    /// Hidden at the head of a stack.
    runtime: bool,
    /// Hidden everywhere.
    hidden: bool,
    /// Not of the standard library.
    user: bool,
}

impl<'d> Stacks<'d> {
    /// Finds the canonical form of every stack of `dump`.
    pub fn new(dump: &'d Dump) -> Self {
        Self::filtered(dump, &PprofFilter::default())
    }

    /// The same without the frames that `filter` hides.
    pub fn filtered(dump: &'d Dump, filter: &PprofFilter) -> Self {
        let mut edited = Vec::new();
        if filter.edits() {
            let edit = filter.edit(dump);
            let left = |id: u32| edit.left(dump, StackId::from(id)).unwrap_or_default().into();
            let all = 0..u32::try_from(dump.stack_count()).unwrap_or(u32::MAX);
            edited = all.map(left).collect();
        }
        let mut stacks = Self {
            dump,
            edited,
            frames: classes(dump),
            canonical: Vec::with_capacity(dump.stack_count()),
            sample: Vec::new(),
        };
        let mut by_hash: FxHashMap<u64, u32> = FxHashMap::default();
        for index in 0..dump.stack_count() {
            let id = StackId::from(u32::try_from(index).unwrap_or(u32::MAX));
            let mut hash = stacks.line_hash(id);
            let number = loop {
                match by_hash.get(&hash) {
                    Some(&number) if stacks.same(id, stacks.sample(number)) => break number,
                    Some(_) => hash = hash.wrapping_add(1),
                    None => {
                        let number = u32::try_from(stacks.sample.len()).unwrap_or(u32::MAX);
                        by_hash.insert(hash, number);
                        stacks.sample.push(id);
                        break number;
                    }
                }
            };
            stacks.canonical.push(number);
        }
        stacks
    }

    /// Number of the canonical form of `stack`.
    pub fn canonical(&self, stack: StackId) -> u32 {
        self.canonical.get(stack.index()).copied().unwrap_or(0)
    }

    /// Number of distinct canonical stacks, the empty one included.
    pub fn len(&self) -> usize {
        self.sample.len()
    }

    /// Whether there is no stack at all.
    pub fn is_empty(&self) -> bool {
        self.sample.is_empty()
    }

    /// A stack whose canonical form has the number `canonical`.
    pub fn sample(&self, canonical: u32) -> StackId {
        self.sample.get(canonical as usize).copied().unwrap_or_default()
    }

    /// The frames of `stack` that are not hidden, innermost first.
    pub fn visible(&self, stack: StackId) -> impl DoubleEndedIterator<Item = FrameId> + '_ {
        let all = self.all(stack);
        let lead = all.iter().take_while(|id| self.class(**id).runtime).count();
        let rest = all.get(lead..).unwrap_or(&[]);
        let left = rest.iter().any(|id| !self.class(*id).hidden);
        let chosen = if left { rest } else { all };
        let goexit = chosen.last().filter(|id| !left && chosen.len() > 1 && self.is_goexit(**id));
        let chosen = chosen.get(..chosen.len() - usize::from(goexit.is_some())).unwrap_or(chosen);
        chosen.iter().copied().filter(move |id| !left || !self.class(*id).hidden)
    }

    /// The frames of `stack` that are not filtered out.
    fn all(&self, stack: StackId) -> &[FrameId] {
        self.edited.get(stack.index()).map_or_else(|| self.dump.stack(stack), AsRef::as_ref)
    }

    /// The frame behind `id` as it is shown.
    pub fn shown(&self, id: FrameId) -> Shown<'d> {
        match self.dump.frame(id) {
            Frame::Call { function, file, line, kind } => Shown::Call {
                function: shown_name(self.dump.str(function)),
                file: self.dump.str(file),
                line,
                inlined: kind == CallKind::Inlined,
                std: !self.class(id).user,
            },
            Frame::Address(address) => Shown::Address(address),
            Frame::Elided(n) => Shown::Elided(n),
        }
    }

    /// The names of the functions in `stack`, innermost first; frames without a name are left out.
    pub fn functions(&self, stack: StackId) -> impl DoubleEndedIterator<Item = &'d str> + '_ {
        self.visible(stack).filter_map(|id| self.shown(id).function())
    }

    /// The innermost frame that is not of the standard library.
    pub fn user(&self, stack: StackId) -> Option<FrameId> {
        self.visible(stack).find(|id| self.class(*id).user)
    }

    /// The name of the program's innermost function, else of the outermost one; empty if there is none.
    pub fn user_name(&self, stack: StackId) -> &'d str {
        let frame = self.user(stack).or_else(|| self.visible(stack).next_back());
        frame.and_then(|id| self.shown(id).function()).unwrap_or_default()
    }

    /// Frames that are shown, those that Go left out included.
    pub fn depth(&self, stack: StackId) -> u64 {
        let frames = self.visible(stack).map(|id| match self.shown(id) {
            Shown::Elided(n) => u64::from(n.unwrap_or(0)),
            _ => 1,
        });
        frames.sum()
    }

    /// Whether the frame behind `id` is code outside of the standard library.
    pub fn is_user(&self, id: FrameId) -> bool {
        self.class(id).user
    }

    /// Whether all frames of `stack` belong to the runtime.
    pub fn is_all_runtime(&self, stack: StackId) -> bool {
        let all = self.dump.stack(stack);
        !all.is_empty() && all.iter().all(|id| self.class(*id).runtime)
    }

    /// Hash of the function names, the same over builds and hosts.
    pub fn name_hash(&self, stack: StackId) -> u64 {
        finish(self.visible(stack).fold(0, |hash, id| mix(hash, self.class(id).name_hash)))
    }

    /// Hash of functions, files and lines.
    pub fn line_hash(&self, stack: StackId) -> u64 {
        finish(self.visible(stack).fold(0, |hash, id| mix(hash, self.class(id).line_hash)))
    }

    fn same(&self, a: StackId, b: StackId) -> bool {
        let a = self.visible(a).map(|id| self.class(id).same_as);
        a.eq(self.visible(b).map(|id| self.class(id).same_as))
    }

    fn is_goexit(&self, id: FrameId) -> bool {
        matches!(self.shown(id), Shown::Call { function: "runtime.goexit", .. })
    }

    fn class(&self, id: FrameId) -> FrameClass {
        self.frames.get(id.index()).copied().unwrap_or(NOTHING)
    }
}

const NOTHING: FrameClass = FrameClass {
    same_as: u32::MAX,
    name_hash: 0,
    line_hash: 0,
    runtime: false,
    hidden: false,
    user: false,
};

/// The name of a function as debug=2 of current versions writes it.
pub fn shown_name(function: &str) -> &str {
    match function {
        // 1.4 and 1.5 print runtime.gopanic, up to 1.3 runtime.panic, later ones `panic`.
        "runtime.gopanic" | "runtime.panic" => "panic",
        other => other,
    }
}

fn classes(dump: &Dump) -> Vec<FrameClass> {
    let mut distinct: FxHashMap<(u64, &str, &str, u32), u32> = FxHashMap::default();
    let mut class = |index: usize| {
        let id = FrameId::from(u32::try_from(index).unwrap_or(u32::MAX));
        let (tag, function, file, line) = match dump.frame(id) {
            Frame::Call { function, file, line, .. } => {
                (0, shown_name(dump.str(function)), dump.str(file), line)
            }
            Frame::Address(address) => (address, "", "", 1),
            // How many are missing depends on how deep a recursion was.
            Frame::Elided(_) => (0, "…", "", 0),
        };
        let next = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        let same_as = *distinct.entry((tag, function, file, line)).or_insert(next);
        // An address differs in every build, but it is all that there is.
        let name_hash = mix(hash_str(function), tag);
        let line_hash = mix(mix(mix(name_hash, hash_str(file)), u64::from(line)), tag);
        let call = matches!(dump.frame(id), Frame::Call { .. });
        let symbol = Symbol::new(function);
        FrameClass {
            same_as,
            name_hash,
            line_hash,
            runtime: call && symbol.is_runtime(),
            hidden: call && (is_hidden(symbol) || file == "<autogenerated>"),
            user: call && function != "panic" && !symbol.is_std(),
        }
    };
    (0..dump.frame_count()).map(&mut class).collect()
}

fn is_hidden(symbol: Symbol<'_>) -> bool {
    let exported = symbol.local().starts_with(|c: char| c.is_ascii_uppercase());
    let inner = symbol.is_runtime() && !(symbol.package() == "runtime" && exported);
    inner || is_wrapper(symbol.name())
}

/// Functions that the compiler made around a call of a `go` or `defer` statement or for a method value.
/// debug=2 hides them; signals show them, and debug=1 does where they are in a binary of Go 1.22.
fn is_wrapper(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = [".gowrap", ".deferwrap", "·dwrap·"].iter().any(|end| stem.ends_with(end));
    name.ends_with("-fm") || (numbered && stem.len() < name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DumpBuilder, Format};

    fn stack(builder: &mut DumpBuilder, functions: &[&str]) -> StackId {
        let frames: Vec<_> = functions
            .iter()
            .map(|name| {
                let kind = if name.ends_with('~') { CallKind::Inlined } else { CallKind::Plain };
                let function = builder.function(name.trim_end_matches('~').as_bytes());
                let file = builder.string(b"f.go");
                builder.frame(Frame::Call { function, file, line: 1, kind })
            })
            .collect();
        builder.stack(&frames)
    }

    #[test]
    fn the_same_stack_is_the_same_in_all_formats() {
        let mut builder = DumpBuilder::new("test", Format::Debug2);
        let ids = [
            stack(&mut builder, &["sync.(*Mutex).Lock", "main.f~", "main.main"]),
            stack(
                &mut builder,
                &["runtime.gopark", "sync.(*Mutex).Lock", "main.f", "main.main", "runtime.main"],
            ),
            stack(&mut builder, &["main.f", "runtime.gopanic", "main.g", "runtime.goexit"]),
            stack(&mut builder, &["main.f", "panic", "main.g"]),
            stack(&mut builder, &["runtime.gopark", "runtime.bgsweep", "runtime.goexit"]),
            stack(&mut builder, &["runtime.gopark", "runtime.bgsweep"]),
        ];
        let dump = builder.finish();
        let stacks = Stacks::new(&dump);
        let numbers = ids.map(|id| stacks.canonical(id));
        assert_eq!(numbers, [1, 1, 2, 2, 3, 3]);
        let names: Vec<_> = stacks.visible(ids[1]).map(|id| stacks.shown(id)).collect();
        assert!(matches!(names.first(), Some(Shown::Call { function: "sync.(*Mutex).Lock", .. })));
        assert_eq!(names.len(), 3);
        assert!(stacks.is_all_runtime(ids[4]) && !stacks.is_all_runtime(ids[0]));
    }
}
