//! Equal stacks added up, root first: what flame graphs are drawn from.
//!
//! Stacks are in their canonical form, so that the same program gives the same graph in every format
//! that a dump can have. Names are made harmless here for all formats that show them.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::{Goroutine, StackId, Symbol};
use crate::render::escape::visible;
use crate::render::words;
use crate::view::Selection;
use crate::view::canon::{Shown, Stacks};

/// Frames to add to every stack.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// In front of the root, the outermost first.
    pub root: Vec<Tag>,
    /// Behind the leaf.
    pub leaf: Vec<Tag>,
}

/// What a frame that is added says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// The wait reason or the status.
    State,
    /// How long it has waited.
    Wait,
    /// The function of the `go` statement.
    CreatedBy,
    /// The name of the input.
    Input,
    /// The value of the pprof label with this key.
    Label(String),
}

impl Tag {
    fn text(&self, selection: &Selection<'_>, goroutine: Goroutine<'_>) -> String {
        let or = |text: &str, other: &str| {
            if text.is_empty() { format!("({other})") } else { visible(text).into_owned() }
        };
        match self {
            Self::State => or(goroutine.state(), "unknown state"),
            Self::Wait => {
                goroutine.head().minutes.map_or("(no wait known)".to_owned(), words::wait)
            }
            Self::CreatedBy => {
                let creator = goroutine.creator();
                or(creator.map_or("", |c| selection.dump.str(c.function)), "unknown creator")
            }
            Self::Input => or(&selection.dump.name, "unknown input"),
            Self::Label(key) => {
                let value = goroutine.labels().find(|(name, _)| name == key);
                value.map_or(format!("(no {})", visible(key)), |(_, value)| {
                    format!("{}={}", visible(key), visible(value))
                })
            }
        }
    }
}

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The program's and its modules'.
    User,
    /// The standard library's.
    Std,
    /// The runtime's.
    Runtime,
    /// No code: a frame that was added, elided frames, no stack.
    Nobody,
}

/// What is known of a name.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) whose: Whose,
    /// The file in which it was first seen; may be empty.
    pub(super) file: String,
}

/// Stacks of names with the number of goroutines that have them.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// The names of frames.
    pub(super) names: IndexMap<String, Named, FxBuildHasher>,
    /// Stacks, root first, each with its goroutines, in order of first appearance.
    pub(super) stacks: IndexMap<Box<[u32]>, i64, FxBuildHasher>,
}

impl Folded {
    /// Adds up all `selections`.
    pub(super) fn new(selections: &[Selection<'_>], extra: &Extra) -> Self {
        let mut folded = Self::default();
        for selection in selections {
            folded.add(selection, extra);
        }
        folded
    }

    /// The names of a stack, root first.
    pub(super) fn names<'a>(&'a self, stack: &'a [u32]) -> impl ExactSizeIterator<Item = &'a str> {
        stack.iter().map(|id| self.names.get_index(*id as usize).map_or("", |(name, _)| name))
    }

    /// The stacks with what they count, largest first.
    pub(super) fn sorted(&self) -> Vec<(&[u32], i64)> {
        let mut all: Vec<_> = self.stacks.iter().map(|(stack, n)| (&**stack, *n)).collect();
        all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        all
    }

    /// Adds the goroutines of `selection`.
    pub(super) fn add(&mut self, selection: &Selection<'_>, extra: &Extra) {
        let stacks = selection.stacks();
        // Where a canonical stack with these added frames is in the table.
        let mut known: FxHashMap<(u32, Box<[u32]>), usize> = FxHashMap::default();
        for goroutine in selection.goroutines() {
            let stack = goroutine.row().stack;
            let tags = extra.root.iter().chain(&extra.leaf);
            let tags: Box<[u32]> =
                tags.map(|tag| self.nobody(tag.text(selection, goroutine))).collect();
            let key = (stacks.canonical(stack), tags);
            let at = if let Some(at) = known.get(&key) {
                *at
            } else {
                let (root, leaf) = key.1.split_at(extra.root.len().min(key.1.len()));
                let at = self.stack(&stacks, stack, root, leaf);
                known.insert(key, at);
                at
            };
            if let Some((_, sum)) = self.stacks.get_index_mut(at) {
                *sum = sum.saturating_add(goroutine.count());
            }
        }
    }

    fn stack(&mut self, stacks: &Stacks<'_>, id: StackId, root: &[u32], leaf: &[u32]) -> usize {
        let mut frames = root.to_vec();
        let before = frames.len();
        for id in stacks.visible(id).rev() {
            frames.push(match stacks.shown(id) {
                Shown::Call { function: "", .. } => self.nobody("?".to_owned()),
                Shown::Call { function, file, std, .. } => {
                    let whose = match std {
                        _ if Symbol::new(function).is_runtime() || function == "panic" => {
                            Whose::Runtime
                        }
                        true => Whose::Std,
                        false => Whose::User,
                    };
                    self.name(visible(function).into_owned(), whose, file)
                }
                Shown::Address(address) => self.name(format!("{address:#x}"), Whose::User, ""),
                Shown::Elided(Some(n)) => self.nobody(format!("(… {n} frames elided)")),
                Shown::Elided(None) => self.nobody("(… frames elided)".to_owned()),
            });
        }
        if frames.len() == before {
            frames.push(self.nobody("(no stack)".to_owned()));
        }
        frames.extend_from_slice(leaf);
        let entry = self.stacks.entry(frames.into());
        let at = entry.index();
        entry.or_insert(0);
        at
    }

    fn nobody(&mut self, name: String) -> u32 {
        self.name(name, Whose::Nobody, "")
    }

    fn name(&mut self, name: String, whose: Whose, file: &str) -> u32 {
        let entry = self.names.entry(name);
        let at = entry.index();
        entry.or_insert_with(|| Named { whose, file: visible(file).into_owned() });
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}
