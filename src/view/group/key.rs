//! From a record to the key of its group: every stack, head, creator and label set is judged once.

use std::borrow::Cow;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::By;
use crate::model::{CreatorId, Dump, Head, HeadId, LabelsId, Signature, StackId, Symbol, wait};
use crate::view::canon::{Shown, Stacks};
use crate::view::filter::label_set_count;
use crate::view::fingerprint::{finish, hash_str, mix};
use crate::view::spawn;

/// Computes the keys of one grouping: a number in the upper half, the state in the lower.
pub(super) struct Keys<'d> {
    dump: &'d Dump,
    by: By,
    part: Part,
    /// The number of each stack, head, creator or label set; empty when grouped by stack, where
    /// [`Stacks`] knows it.
    numbers: Vec<u32>,
    /// The state of each head as a number; empty unless the state is part of the key.
    states: Vec<u32>,
    names: IndexSet<Place<'d>, FxBuildHasher>,
    /// Of each creator whether it starts goroutines for others, and the number of who is meant by each
    /// stack; both empty if there is no such creator.
    helpers: (Vec<bool>, Vec<Option<u32>>),
}

/// The part of a record that a key is made of.
#[derive(Clone, Copy)]
enum Part {
    Stack,
    Head,
    Creator,
    Labels,
}

/// A key's name and, if it is a place in the program, where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place<'d> {
    name: Cow<'d, str>,
    file: &'d str,
    line: u32,
}

impl<'d> From<&'d str> for Place<'d> {
    fn from(name: &'d str) -> Self {
        Self { name: name.into(), file: "", line: 0 }
    }
}

/// What a group is called: the title if it is not grouped by stack, and its two fingerprints.
pub(super) struct Name {
    pub(super) title: Option<String>,
    pub(super) id: u64,
    pub(super) build_id: u64,
}

impl<'d> Keys<'d> {
    pub(super) fn new(dump: &'d Dump, stacks: &Stacks<'d>, by: &By) -> Self {
        let mut names = IndexSet::default();
        let mut number =
            |place: Place<'d>| u32::try_from(names.insert_full(place).0).unwrap_or(u32::MAX);
        let ids = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
        let (part, numbers) = match by {
            By::Stack => (
                Part::Stack,
                ids(dump.stack_count()).map(|id| stacks.canonical(StackId::from(id))).collect(),
            ),
            By::Exact => (Part::Stack, ids(dump.stack_count()).collect()),
            By::Functions => {
                let mut first: FxHashMap<u64, u32> = FxHashMap::default();
                let mut alike = |id| {
                    let number = stacks.canonical(StackId::from(id));
                    *first.entry(stacks.name_hash(StackId::from(id))).or_insert(number)
                };
                (Part::Stack, ids(dump.stack_count()).map(&mut alike).collect())
            }
            By::User | By::Top | By::Start | By::Package => (
                Part::Stack,
                ids(dump.stack_count())
                    .map(|id| number(stack_place(stacks, StackId::from(id), by)))
                    .collect(),
            ),
            By::State => {
                (Part::Head, head_numbers(dump, |head| number(state_name(dump, head).into())))
            }
            By::Wait => (Part::Head, head_numbers(dump, |head| number(wait_step(head).into()))),
            By::CreatedBy => {
                let creators = (1..).map_while(|id| dump.creator(CreatorId::from(id)));
                let places = creators.map(|creator| Place {
                    name: dump.str(creator.function).into(),
                    file: dump.str(creator.file),
                    line: creator.line,
                });
                let all = std::iter::once(Place::from("(creator not known)")).chain(places);
                (Part::Creator, all.map(&mut number).collect())
            }
            By::Label(key) => {
                let value = |id| {
                    let found = dump.labels(LabelsId::from(id)).find(|(name, _)| name == key);
                    found.map_or(Place::from("(no such label)"), |(_, value)| value.into())
                };
                (Part::Labels, (0..label_set_count(dump)).map(value).map(&mut number).collect())
            }
        };
        let helpers = match by {
            By::CreatedBy => helped(dump, stacks, &mut number),
            _ => (Vec::new(), Vec::new()),
        };
        let states =
            if by.is_stack() { head_numbers(dump, |head| head.state.into()) } else { Vec::new() };
        Self { dump, by: by.clone(), part, numbers, states, names, helpers }
    }

    pub(super) fn by(&self) -> &By {
        &self.by
    }

    pub(super) fn key(&self, signature: Signature) -> u64 {
        let index = match self.part {
            Part::Stack => signature.stack.index(),
            Part::Head => signature.head.index(),
            Part::Creator => signature.creator.index(),
            Part::Labels => signature.labels.index(),
        };
        let (helpers, meant) = &self.helpers;
        let helped = helpers.get(signature.creator.index()).copied().unwrap_or(false);
        let meant = meant.get(signature.stack.index()).copied().flatten().filter(|_| helped);
        let number = meant.or_else(|| self.numbers.get(index).copied()).unwrap_or(0);
        let state = self.states.get(signature.head.index()).copied().unwrap_or(0);
        u64::from(number) << 32 | u64::from(state)
    }

    /// What groups of equal size and age are ordered by.
    pub(super) fn order(&self, stacks: &Stacks<'d>, key: u64) -> (Cow<'d, str>, u64) {
        if self.by.is_stack() {
            let stack = self.stack(stacks, key);
            let title = stacks.user(stack).or_else(|| stacks.visible(stack).next());
            let title = title.map_or("", |id| function_of(stacks.shown(id)));
            return (title.into(), stacks.line_hash(stack));
        }
        self.place(key).map_or((Cow::Borrowed(""), 0), |place| {
            (place.name.clone(), mix(hash_str(place.file), u64::from(place.line)))
        })
    }

    /// A stack with `key`, if that is one of stacks.
    fn stack(&self, stacks: &Stacks<'d>, key: u64) -> StackId {
        if self.by == By::Exact { StackId::from(upper(key)) } else { stacks.sample(upper(key)) }
    }

    /// The state in `key`, if it is part of it.
    pub(super) fn state(&self, key: u64) -> &'d str {
        self.dump.str(u32::try_from(key & u64::from(u32::MAX)).unwrap_or(0).into())
    }

    pub(super) fn name(&self, key: u64, stacks: &Stacks<'d>) -> Name {
        if self.by.is_stack() {
            let stack = self.stack(stacks, key);
            let state = hash_str(wait::shown(self.state(key)));
            return Name {
                title: None,
                id: group_id(stacks, stack, self.state(key)),
                build_id: finish(mix(stacks.line_hash(stack), state)),
            };
        }
        let place = self.place(key);
        let name = place.map_or("", |place| &place.name);
        let id = mix(hash_str(&self.by.name()), hash_str(name));
        let at = place.map_or(0, |place| mix(hash_str(place.file), u64::from(place.line)));
        let title = if name.is_empty() { "(empty)" } else { name }.to_owned();
        Name { title: Some(title), id: finish(id), build_id: finish(mix(id, at)) }
    }

    fn place(&self, key: u64) -> Option<&Place<'d>> {
        self.names.get_index(upper(key) as usize)
    }
}

/// Fingerprint of the group by stack and state that holds the goroutines with `stack` and `state`: of the
/// names of functions, so that it is the same over builds and hosts.
pub fn group_id(stacks: &Stacks<'_>, stack: StackId, state: &str) -> u64 {
    finish(mix(stacks.name_hash(stack), hash_str(wait::shown(state))))
}

fn upper(key: u64) -> u32 {
    u32::try_from(key >> 32).unwrap_or(u32::MAX)
}

fn head_numbers(dump: &Dump, number: impl FnMut(Head) -> u32) -> Vec<u32> {
    let count = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
    (0..count).map(|id| dump.head(HeadId::from(id))).map(number).collect()
}

fn state_name(dump: &Dump, head: Head) -> &str {
    wait::shown(dump.str(head.state))
}

fn wait_step(head: Head) -> &'static str {
    match head.minutes {
        None | Some(0) => "under a minute or unknown",
        Some(1..5) => "1m–5m",
        Some(5..15) => "5m–15m",
        Some(15..60) => "15m–1h",
        Some(60..360) => "1h–6h",
        Some(360..1440) => "6h–1d",
        Some(_) => "1d and more",
    }
}

/// Which creators start goroutines for others, by id, and who is meant, by stack.
fn helped<'d>(
    dump: &'d Dump,
    stacks: &Stacks<'d>,
    mut number: impl FnMut(Place<'d>) -> u32,
) -> (Vec<bool>, Vec<Option<u32>>) {
    let creators = (1..).map_while(|id| dump.creator(CreatorId::from(id)));
    let creators = creators.map(|creator| spawn::is_helper(dump.str(creator.function)));
    let helpers: Vec<bool> = std::iter::once(false).chain(creators).collect();
    if !helpers.contains(&true) {
        return (Vec::new(), Vec::new());
    }
    let ids = 0..u32::try_from(dump.stack_count()).unwrap_or(u32::MAX);
    // The place is where the goroutine is by now, not where its `go` statement is: it tells nobody apart.
    let meant = |id: u32| {
        let (name, ..) = spawn::meant(stacks, StackId::from(id))?;
        let name = match spawn::helper(stacks, StackId::from(id)) {
            Some(helper) => format!("{name} via {helper}").into(),
            None => name.into(),
        };
        Some(number(Place { name, file: "", line: 0 }))
    };
    (helpers, ids.map(meant).collect())
}

fn stack_place<'d>(stacks: &Stacks<'d>, stack: StackId, by: &By) -> Place<'d> {
    if *by == By::Start {
        let (function, ..) = spawn::start(stacks, stack);
        if !function.is_empty() {
            return function.into();
        }
    }
    let chosen = match by {
        By::Start => stacks.visible(stack).next_back(),
        By::Top => stacks.visible(stack).next(),
        _ => stacks.user(stack).or_else(|| stacks.visible(stack).next_back()),
    };
    let Some(frame) = chosen else { return Place::from("(no stack)") };
    match (stacks.shown(frame), by) {
        (Shown::Call { function, .. }, By::Package) => {
            let package = Symbol::new(function).package();
            if package.is_empty() { "(no package)".into() } else { package.into() }
        }
        (Shown::Call { function, file, line, .. }, _) => {
            Place { name: function.into(), file, line }
        }
        (Shown::Address(address), _) => {
            Place { name: format!("{address:#x}").into(), file: "", line: 0 }
        }
        (Shown::Elided(_), _) => "(frames elided)".into(),
    }
}

fn function_of(shown: Shown<'_>) -> &str {
    match shown {
        Shown::Call { function, .. } => function,
        Shown::Address(_) | Shown::Elided(_) => "",
    }
}
