//! From a channel or a `Cond` to those who may be at its other side.
//!
//! Go does not say which channel a goroutine uses. Its other side is looked for among goroutines with
//! the same object (a receiver or an argument without `?`), then among those in methods of the same type
//! or in the same function and its closures. Goroutines that wait in the same place do the same, so they
//! are not the other side of each other.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::{Builder, NONE, NodeId, Why};
use crate::diagnose::locks::{Owner, Sieve, base, stack_of};
use crate::diagnose::rating::Confidence;
use crate::model::WaitKind;

/// Others that are kept for one place: where so many could let it go on, one that is not seen may.
const KEPT: usize = 16;

/// Words below are no pointers: the first page is never mapped.
const PAGE: u64 = 0x1000;

/// Goroutines of a node whose words are looked at: they wait in one place, so a few tell.
const SAMPLE: usize = 4;

/// A place where goroutines wait for a channel or a `Cond`.
struct Place<'d> {
    id: NodeId,
    group: usize,
    function: &'d str,
    owner: Option<Owner<'d>>,
    /// Objects of the function, without `?`.
    pointers: BTreeSet<u64>,
    why: Why,
    /// Rows found by their pointers, with the frame.
    same: Vec<(u32, usize)>,
}

/// Links every goroutine that waits for a channel or a `Cond` with who may be at the other side.
pub(super) fn link(builder: &mut Builder<'_, '_>) {
    let mut places = places(builder);
    if places.is_empty() {
        return;
    }
    by_pointer(builder, &mut places);
    let index = Index::new(builder);
    for place in &places {
        let mut others = Others { own: place.id, list: Vec::new() };
        let mut looked_at = 0;
        for (row, frame) in &place.same {
            if let Some(id) = builder.of_row(*row, Some(*frame)) {
                others.add(id, Confidence::Likely);
                looked_at += 1;
            }
        }
        for group in index.groups(builder, place) {
            let rows = builder.facts.summary.grouping.rows(group);
            let rows = rows.get(..KEPT + 1).unwrap_or(rows);
            looked_at += rows.len();
            if builder.locks.has_waits(group) {
                for row in rows {
                    if let Some(id) = builder.of_row(*row, None) {
                        others.add(id, Confidence::Possible);
                    }
                }
            } else if let Some((first, rest)) = rows.split_first()
                && let Some(id) = builder.of_row(*first, None)
            {
                // All of them are one node.
                others.add(id, Confidence::Possible);
                builder.take_up(id, rest);
            }
            if looked_at > KEPT * KEPT {
                break;
            }
        }
        // Where many could let it go on nothing is known.
        if others.list.len() <= KEPT {
            for (id, sure) in others.list {
                builder.link(place.id, id, place.why, sure);
            }
        }
    }
}

/// Who may be at the other side of a node, each once, as it was found first; no more than need be
/// known to be too many.
struct Others {
    own: NodeId,
    list: Vec<(NodeId, Confidence)>,
}

impl Others {
    fn add(&mut self, id: NodeId, sure: Confidence) {
        let known = id == self.own || self.list.iter().any(|(known, _)| *known == id);
        if !known && self.list.len() <= KEPT {
            self.list.push((id, sure));
        }
    }
}

fn places<'d>(builder: &mut Builder<'_, 'd>) -> Vec<Place<'d>> {
    let facts = builder.facts;
    let mut ids: Vec<(NodeId, Why)> = Vec::new();
    for group in 0..facts.groups.len() {
        let channel = matches!(facts.kind(group), WaitKind::Send | WaitKind::Receive);
        let rows = facts.summary.grouping.rows(group);
        let Some(row) = rows.first().copied().filter(|_| channel) else { continue };
        let known = u32::try_from(group).ok().and_then(|g| builder.by_key.get(&(g, NONE)));
        let id = known.copied().unwrap_or_else(|| {
            let frame = builder.user_frame(row);
            let id = builder.node(group, NONE, None, frame);
            if let Some(node) = builder.nodes.get_mut(id as usize) {
                node.rows = rows.to_vec();
            }
            id
        });
        ids.push((id, Why::Channel));
    }
    let conds = (0..).zip(&builder.nodes).filter(|(_, node)| node.kind == Some(WaitKind::Cond));
    ids.extend(conds.map(|(id, _)| (id, Why::Signal)));
    ids.iter().filter_map(|(id, why)| place(builder, *id, *why)).collect()
}

fn place<'d>(builder: &Builder<'_, 'd>, id: NodeId, why: Why) -> Option<Place<'d>> {
    let node = builder.nodes.get(id as usize)?;
    let first = *node.rows.first()?;
    let at = builder.user_frame(first);
    let frame = builder.locks.frames.at(stack_of(builder.facts, first), at);
    let mut pointers = BTreeSet::new();
    for row in node.rows.iter().take(SAMPLE) {
        let words = builder.facts.dump().args(*row as usize).iter();
        let own = words.filter(|word| usize::from(word.frame) == at && word.exact);
        pointers.extend(own.map(|word| word.value).filter(|value| *value >= PAGE));
    }
    frame.user.then_some(Place {
        id,
        group: node.group,
        function: frame.name,
        owner: frame.owner,
        pointers,
        why,
        same: Vec::new(),
    })
}

/// One look at every word of the dump.
fn by_pointer<'d>(builder: &Builder<'_, 'd>, places: &mut [Place<'d>]) {
    let mut leads: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    let mut sieve = Sieve::default();
    for (at, place) in places.iter().enumerate() {
        for pointer in &place.pointers {
            leads.entry(*pointer).or_default().push(at);
            sieve.add(*pointer);
        }
    }
    if leads.is_empty() {
        return;
    }
    // What only the signature decides, found out for the first.
    let mut known: Vec<Option<Option<Waiter<'d>>>> =
        vec![None; builder.facts.dump().signature_count()];
    let words = builder.facts.dump().all_args();
    words.filter(|word| word.exact && sieve.may_have(word.value)).for_each(|word| {
        let Some(list) = leads.get(&word.value) else { return };
        let Some(goroutine) = builder.facts.dump().goroutine(word.row as usize) else { return };
        let Some(slot) = known.get_mut(goroutine.signature_id().index()) else { return };
        let waiter = *slot.get_or_insert_with(|| Waiter::new(builder, word.row));
        let stack = builder.facts.dump().stack(goroutine.stack());
        let frame = builder.locks.frames.at(stack, usize::from(word.frame));
        let Some(waiter) = waiter.filter(|_| frame.user) else { return };
        for at in list.iter().take(KEPT) {
            let Some(place) = places.get_mut(*at) else { continue };
            let room = place.same.len() <= KEPT * KEPT;
            if room && place.group != waiter.group && !waiter.is_peer(builder, place) {
                place.same.push((word.row, usize::from(word.frame)));
            }
        }
    });
}

/// A goroutine beside a place.
#[derive(Clone, Copy)]
struct Waiter<'d> {
    group: usize,
    /// The innermost function of the user's code.
    function: &'d str,
    /// It waits for a lock, a `WaitGroup` or a `Cond`.
    locks: bool,
}

impl<'d> Waiter<'d> {
    /// The goroutine in `row`; `None` if it is in no group.
    fn new(builder: &Builder<'_, 'd>, row: u32) -> Option<Self> {
        let group = builder.locks.group(row)?;
        let at = builder.user_frame(row);
        let function = builder.locks.frames.at(stack_of(builder.facts, row), at).name;
        Some(Self { group, function, locks: builder.locks.wait_in(group, row).is_some() })
    }

    /// Whether it waits in the function of `place`, too: for the same, or for the lock that it takes
    /// before. What another instance of the function would do is not the opposite.
    fn is_peer(self, builder: &Builder<'_, 'd>, place: &Place<'d>) -> bool {
        let kind = |group: usize| builder.facts.kind(group);
        self.function == place.function && (self.locks || kind(self.group) == kind(place.group))
    }
}

/// Groups by the types and functions in their stacks.
struct Index<'d> {
    by_type: FxHashMap<Owner<'d>, Vec<(usize, usize)>>,
    by_function: FxHashMap<&'d str, Vec<usize>>,
    /// The first goroutine of each group.
    waiters: Vec<Option<Waiter<'d>>>,
}

impl<'d> Index<'d> {
    fn new(builder: &Builder<'_, 'd>) -> Self {
        let first = |group: usize| builder.facts.summary.grouping.rows(group).first().copied();
        let groups = 0..builder.facts.groups.len();
        let mut index = Self {
            by_type: FxHashMap::default(),
            by_function: FxHashMap::default(),
            waiters: groups.map(|group| Waiter::new(builder, first(group)?)).collect(),
        };
        for (number, group) in builder.facts.groups.iter().enumerate() {
            let stack = builder.facts.dump().stack(group.stack);
            for at in 0..stack.len() {
                let frame = builder.locks.frames.at(stack, at);
                if !frame.user {
                    continue;
                }
                if let Some(owner) = frame.owner {
                    let list = index.by_type.entry(owner).or_default();
                    if list.last().is_none_or(|(last, _)| *last != number) {
                        list.push((number, at));
                    }
                } else {
                    let list = index.by_function.entry(base(frame.name)).or_default();
                    if list.last() != Some(&number) {
                        list.push(number);
                    }
                }
            }
        }
        index
    }

    /// Groups that may be the other side of `place`, as far as their code tells.
    fn groups(&self, builder: &Builder<'_, 'd>, place: &Place<'d>) -> Vec<usize> {
        let is_other = |group: usize| {
            let waiter = self.waiters.get(group).copied().flatten();
            group != place.group && waiter.is_some_and(|waiter| !waiter.is_peer(builder, place))
        };
        let mut found = Vec::new();
        if let Some(owner) = place.owner {
            let list = self.by_type.get(&owner).map_or(&[][..], Vec::as_slice);
            for (group, at) in list.iter().take(KEPT * KEPT) {
                if is_other(*group) && !is_another_object(builder, place, *group, *at) {
                    found.push(*group);
                }
            }
        } else {
            let list = self.by_function.get(base(place.function));
            found.extend(list.into_iter().flatten().copied().take(KEPT * KEPT));
            found.retain(|group| is_other(*group));
        }
        found
    }
}

/// Whether a group is known to be in a method of another object.
fn is_another_object(
    builder: &Builder<'_, '_>,
    place: &Place<'_>,
    group: usize,
    at: usize,
) -> bool {
    let rows = builder.facts.summary.grouping.rows(group);
    let [row] = rows else { return false };
    let receiver = builder.locks.frames.receiver(*row as usize, at);
    !place.pointers.is_empty() && receiver.is_some_and(|found| !place.pointers.contains(&found))
}
