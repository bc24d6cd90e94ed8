//! Groups: goroutines that are alike, by stack and state or by another key.
//!
//! [`Grouping`] gives every record to a group in one pass and orders the groups; what a group is made
//! of is found out only for the groups that are asked for ([`Grouping::group`]).

mod by;
mod detail;
mod key;

use std::cmp::Reverse;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

pub use by::{By, GroupOrder, Similarity};
pub use detail::{CreatorCount, Group, LabelCounts, StateCount};

use super::canon::Stacks;
use crate::model::{Dump, Goroutine, SignatureId};
use detail::{Members, RanBy, Runners};
use key::Keys;
pub use key::group_id;

/// The groups of one dump, in order: most goroutines first, then longest wait, then name.
pub struct Grouping<'d> {
    dump: &'d Dump,
    keys: Keys<'d>,
    groups: Vec<Entry>,
    /// For each signature the index in `groups`, or [`NONE`].
    group_of: Vec<u32>,
    /// Signatures and how many goroutines have each, group by group in the order in which groups were
    /// found.
    signatures: Vec<(SignatureId, i64)>,
    /// Indices of records, likewise.
    rows: Vec<u32>,
    left_out: Bits,
    /// Who ran the `go` statements of the first groups, found when first asked for.
    ran: OnceLock<Vec<RanBy>>,
}

/// Groups whose creators are found out together: each look at a record far away costs as much as many
/// at those beside each other, and in most dumps these are the most of them.
const TOGETHER: usize = 12;

/// No group.
const NONE: u32 = u32::MAX;

/// What is known of every group.
#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    count: i64,
    /// Longest wait in minutes, plus one; 0 if no wait is known.
    longest: u32,
    /// In `rows`.
    rows: Span,
    /// In `signatures`.
    signatures: Span,
}

/// A range that grows.
#[derive(Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of<T>(self, list: &[T]) -> &[T] {
        list.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }
}

/// A set of small numbers.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, at: usize) {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }
}

impl<'d> Grouping<'d> {
    /// Groups the records of `dump` for which `keep` is true.
    pub fn new(
        dump: &'d Dump,
        stacks: &Stacks<'d>,
        by: &By,
        mut keep: impl FnMut(Goroutine<'d>) -> bool,
    ) -> Self {
        let mut left_out = Bits::default();
        // Records, and goroutines, of each signature.
        let mut of_signature = vec![(0u32, 0i64); dump.signature_count()];
        let mut first = Vec::new();
        let mut left = vec![false; of_signature.len()];
        dump.goroutines().for_each(|goroutine| {
            let id = goroutine.signature_id();
            if !keep(goroutine) {
                left_out.insert(goroutine.index());
                if let Some(left) = left.get_mut(id.index()) {
                    *left = true;
                }
                return;
            }
            if let Some((records, count)) = of_signature.get_mut(id.index()) {
                if *records == 0 {
                    first.push(id);
                }
                *records += 1;
                *count = count.saturating_add(goroutine.count());
            }
        });
        // Mostly all goroutines of a signature are kept or none.
        if !left.iter().zip(&of_signature).any(|(left, (kept, _))| *left && *kept > 0) {
            left_out = Bits::default();
        }
        let keys = Keys::new(dump, stacks, by);
        let mut grouping = Self {
            dump,
            keys,
            groups: Vec::new(),
            group_of: vec![NONE; of_signature.len()],
            signatures: Vec::new(),
            rows: Vec::new(),
            left_out,
            ran: OnceLock::new(),
        };
        grouping.group_signatures(&first, &of_signature);
        grouping.sort_rows();
        grouping.sort(stacks, GroupOrder::Count);
        grouping
    }

    /// What the records are grouped by.
    pub fn by(&self) -> &By {
        self.keys.by()
    }

    /// The fingerprint of the group at `index`, as in [`Group::id`].
    pub fn id(&self, stacks: &Stacks<'d>, index: usize) -> u64 {
        self.groups.get(index).map_or(0, |group| self.keys.name(group.key, stacks).id)
    }

    /// The state of the group at `index` where groups are made by stack and state; else empty.
    pub fn state(&self, index: usize) -> &'d str {
        let group = self.groups.get(index).filter(|_| *self.by() == By::Stack);
        group.map_or("", |group| key::state_or_unknown(self.keys.state(group.key)))
    }

    /// Makes a group of all signatures with one key, in the order in which these come `first`.
    fn group_signatures(&mut self, first: &[SignatureId], of_signature: &[(u32, i64)]) {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        for id in first {
            let signature = self.dump.signature(*id);
            let key = self.keys.key(signature);
            let next = u32::try_from(self.groups.len()).unwrap_or(NONE - 1);
            let number = *numbers.entry(key).or_insert(next);
            if number == next {
                let none = Span::default();
                self.groups.push(Entry { key, count: 0, longest: 0, rows: none, signatures: none });
            }
            let (Some(group), Some((records, count))) =
                (self.groups.get_mut(number as usize), of_signature.get(id.index()))
            else {
                continue;
            };
            group.count = group.count.saturating_add(*count);
            group.rows.end += records;
            group.signatures.end += 1;
            let waited = self.dump.head(signature.head).minutes;
            group.longest = group.longest.max(waited.map_or(0, |n| n.saturating_add(1)));
            if let Some(slot) = self.group_of.get_mut(id.index()) {
                *slot = number;
            }
        }
        self.signatures = sort_by_group(
            &mut self.groups,
            |group| &mut group.signatures,
            first.iter().map(|id| {
                let count = of_signature.get(id.index()).map_or(0, |(_, count)| *count);
                let group = self.group_of.get(id.index()).copied().unwrap_or(NONE);
                (group, (*id, count))
            }),
        );
    }

    fn sort_rows(&mut self) {
        let Self { dump, groups, group_of, left_out, .. } = self;
        let rows = dump.goroutines().filter(|g| !left_out.contains(g.index())).map(|goroutine| {
            // `sort_by_group` passes over what is in no group.
            let group = group_of.get(goroutine.signature_id().index()).copied().unwrap_or(NONE);
            (group, u32::try_from(goroutine.index()).unwrap_or(u32::MAX))
        });
        self.rows = sort_by_group(groups, |group| &mut group.rows, rows);
    }

    /// Brings the groups into their order.
    pub(super) fn sort(&mut self, stacks: &Stacks<'d>, by: GroupOrder) {
        let keys = &self.keys;
        let names: Vec<_> = self.groups.iter().map(|group| keys.order(stacks, group.key)).collect();
        let mut order: Vec<u32> =
            (0..u32::try_from(self.groups.len()).unwrap_or(u32::MAX)).collect();
        let group = |number: u32| self.groups.get(number as usize);
        // Nothing but the names is stored for it: of groups there may be as many as goroutines.
        let rank = |number: u32| {
            let (group, (title, hash)) = group(number).zip(names.get(number as usize))?;
            let (most, name) = match by {
                GroupOrder::Count => (0, None),
                GroupOrder::Wait => (u32::MAX - group.longest, None),
                GroupOrder::Name => (0, Some(title)),
            };
            Some((most, name, Reverse(group.count), Reverse(group.longest), title, *hash))
        };
        let last = |number: u32| {
            let group = group(number)?;
            Some((keys.state(group.key), group.rows.of(&self.rows).first().copied().unwrap_or(0)))
        };
        order.sort_by(|a, b| rank(*a).cmp(&rank(*b)).then_with(|| last(*a).cmp(&last(*b))));
        let mut groups = Vec::with_capacity(order.len());
        groups.extend(order.iter().filter_map(|number| group(*number)).copied());
        let mut index = vec![NONE; order.len()];
        for (number, at) in order.iter().zip(0u32..) {
            if let Some(slot) = index.get_mut(*number as usize) {
                *slot = at;
            }
        }
        self.groups = groups;
        self.ran = OnceLock::new();
        for number in &mut self.group_of {
            *number = index.get(*number as usize).copied().unwrap_or(NONE);
        }
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Goroutines in the group at `index`.
    pub fn count(&self, index: usize) -> i64 {
        self.groups.get(index).map_or(0, |group| group.count)
    }

    /// Indices of the records in the group at `index`, in the order of the dump.
    pub fn rows(&self, index: usize) -> &[u32] {
        self.groups.get(index).map_or(&[], |group| group.rows.of(&self.rows))
    }

    /// The signatures in the group at `index`, each with the number of goroutines.
    pub fn signatures(&self, index: usize) -> &[(SignatureId, i64)] {
        self.groups.get(index).map_or(&[], |group| group.signatures.of(&self.signatures))
    }

    /// The group of `goroutine`; `None` for one that was set apart or filtered out.
    pub fn group_of(&self, goroutine: Goroutine<'d>) -> Option<usize> {
        let group = *self.group_of.get(goroutine.signature_id().index())?;
        (group != NONE && !self.left_out.contains(goroutine.index())).then_some(group as usize)
    }

    /// Everything about the group at `index`, with at most `ids` goroutine ids.
    pub fn group(&self, stacks: &Stacks<'d>, index: usize, ids: usize) -> Option<Group<'d>> {
        let outline = self.outline(stacks, index, ids)?;
        Some(Group { creators: self.creators(index), ..outline })
    }

    /// As [`Grouping::group`], but for the goroutines that ran the `go` statements
    /// ([`CreatorCount::goroutines`]): they cannot be counted without a look at every record.
    pub fn outline(&self, stacks: &Stacks<'d>, index: usize, ids: usize) -> Option<Group<'d>> {
        let entry = self.groups.get(index)?;
        let name = self.keys.name(entry.key, stacks);
        Some(detail::group(self.dump, stacks, &self.members(index), name, ids))
    }

    /// The `go` statements that started the group at `index`, with the goroutines that ran them.
    pub fn creators(&self, index: usize) -> Vec<CreatorCount<'d>> {
        let members = self.members(index);
        match self.ran.get_or_init(|| self.first_runners()).get(index) {
            Some(ran) => detail::creators_of(self.dump, &members, ran),
            None => detail::creators_of(self.dump, &members, &self.runners(index)),
        }
    }

    fn runners(&self, index: usize) -> RanBy {
        let mut runners = Runners::new(self.dump, &self.members(index));
        let rows = self.rows(index).iter();
        rows.filter_map(|row| self.dump.goroutine(*row as usize))
            .for_each(|goroutine| runners.add(self.dump, goroutine));
        runners.finish()
    }

    fn first_runners(&self) -> Vec<RanBy> {
        let first = 0..self.len().min(TOGETHER);
        let rows: usize = first.clone().map(|index| self.rows(index).len()).sum();
        if rows.saturating_mul(4) < self.dump.len() {
            return first.map(|index| self.runners(index)).collect();
        }
        let mut all: Vec<_> =
            first.map(|index| Runners::new(self.dump, &self.members(index))).collect();
        self.dump.goroutines().for_each(|goroutine| {
            let group = self.group_of(goroutine);
            if let Some(runners) = group.and_then(|group| all.get_mut(group)) {
                runners.add(self.dump, goroutine);
            }
        });
        all.into_iter().map(Runners::finish).collect()
    }

    fn members(&self, index: usize) -> Members<'_> {
        Members { signatures: self.signatures(index), rows: self.rows(index) }
    }
}

/// Sorts `items` by their groups (a counting sort, so their order stays). The spans of `groups` hold
/// the numbers of their items when called, and say where these are afterwards.
fn sort_by_group<T: Copy + Default>(
    groups: &mut [Entry],
    span: impl Fn(&mut Entry) -> &mut Span,
    items: impl Iterator<Item = (u32, T)>,
) -> Vec<T> {
    let mut start = 0;
    for group in groups.iter_mut() {
        let span = span(group);
        let len = span.end;
        *span = Span { start, end: start };
        start += len;
    }
    let mut sorted = vec![T::default(); start as usize];
    items.for_each(|(group, item)| {
        if let Some(group) = groups.get_mut(group as usize) {
            let span = span(group);
            if let Some(slot) = sorted.get_mut(span.end as usize) {
                *slot = item;
            }
            span.end += 1;
        }
    });
    sorted
}

#[cfg(test)]
mod tests;
