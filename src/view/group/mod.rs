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

use crate::model::wait;
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
    left_out: Bits,
    /// Found when first asked for.
    sorted: OnceLock<Sorted>,
}

/// What is found in one look at all records.
struct Sorted {
    /// Indices of records, group by group in the order in which groups were found.
    rows: Vec<u32>,
    /// Who ran the `go` statements of the first groups.
    ran: Vec<RanBy>,
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
    /// The first of its records.
    first: u32,
    /// In `rows`.
    rows: Span,
    /// In `signatures`.
    signatures: Span,
}

/// What is kept of a signature.
#[derive(Clone, Copy, Default)]
struct Kept {
    records: u32,
    count: i64,
    /// The first of its records.
    first: u32,
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

    /// Moves the range to `start`, which then stands behind it.
    fn follow(&mut self, start: &mut u32) {
        self.start += *start;
        self.end += *start;
        *start = self.end;
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
        let mut of_signature = vec![Kept::default(); dump.signature_count()];
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
            if let Some(kept) = of_signature.get_mut(id.index()) {
                if kept.records == 0 {
                    first.push(id);
                    kept.first = u32::try_from(goroutine.index()).unwrap_or(u32::MAX);
                }
                kept.records += 1;
                kept.count = kept.count.saturating_add(goroutine.count());
            }
        });
        // Mostly all goroutines of a signature are kept or none.
        if !left.iter().zip(&of_signature).any(|(left, kept)| *left && kept.records > 0) {
            left_out = Bits::default();
        }
        let keys = Keys::new(dump, stacks, by);
        let mut grouping = Self {
            dump,
            keys,
            groups: Vec::new(),
            group_of: vec![NONE; of_signature.len()],
            signatures: Vec::new(),
            left_out,
            sorted: OnceLock::new(),
        };
        grouping.group_signatures(&first, &of_signature);
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
        group.map_or("", |group| wait::shown(self.keys.state(group.key)))
    }

    /// Makes a group of all signatures with one key, in the order in which these come `first`.
    fn group_signatures(&mut self, first: &[SignatureId], of_signature: &[Kept]) {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        for id in first {
            let signature = self.dump.signature(*id);
            let key = self.keys.key(signature);
            let next = u32::try_from(self.groups.len()).unwrap_or(NONE - 1);
            let number = *numbers.entry(key).or_insert(next);
            let Some(kept) = of_signature.get(id.index()) else { continue };
            if number == next {
                let (none, first) = (Span::default(), kept.first);
                let group =
                    Entry { key, count: 0, longest: 0, first, rows: none, signatures: none };
                self.groups.push(group);
            }
            let Some(group) = self.groups.get_mut(number as usize) else { continue };
            group.count = group.count.saturating_add(kept.count);
            group.rows.end += kept.records;
            group.signatures.end += 1;
            let waited = self.dump.head(signature.head).minutes;
            group.longest = group.longest.max(waited.map_or(0, |n| n.saturating_add(1)));
            if let Some(slot) = self.group_of.get_mut(id.index()) {
                *slot = number;
            }
        }
        let (mut rows, mut signatures) = (0, 0);
        for group in &mut self.groups {
            group.rows.follow(&mut rows);
            group.signatures.follow(&mut signatures);
        }
        let mut next: Vec<u32> = self.groups.iter().map(|group| group.signatures.start).collect();
        self.signatures = vec![Default::default(); signatures as usize];
        for id in first {
            let group = self.group_of.get(id.index()).copied().unwrap_or(NONE);
            let count = of_signature.get(id.index()).map_or(0, |kept| kept.count);
            put(&mut self.signatures, next.get_mut(group as usize), (*id, count));
        }
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
            Some((keys.state(group.key), group.first))
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
        self.sorted = OnceLock::new();
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
        self.groups.get(index).map_or(&[], |group| group.rows.of(&self.sorted().rows))
    }

    /// Sorts the records by group (a counting sort, so their order stays), and finds out on the way who
    /// ran the `go` statements of the first groups.
    fn sorted(&self) -> &Sorted {
        self.sorted.get_or_init(|| {
            let len = self.groups.iter().map(|group| group.rows.end).max().unwrap_or(0);
            let mut rows = vec![0; len as usize];
            let mut next: Vec<u32> = self.groups.iter().map(|group| group.rows.start).collect();
            let first = 0..self.len().min(TOGETHER);
            let mut ran: Vec<_> = first.map(|index| self.nobody(index)).collect();
            self.dump.goroutines().for_each(|goroutine| {
                let Some(group) = self.group_of(goroutine) else { return };
                let row = u32::try_from(goroutine.index()).unwrap_or(u32::MAX);
                put(&mut rows, next.get_mut(group), row);
                if let Some(ran) = ran.get_mut(group) {
                    ran.add(self.dump, goroutine);
                }
            });
            Sorted { rows, ran: ran.into_iter().map(Runners::finish).collect() }
        })
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
        let signatures = self.signatures(index);
        match self.sorted().ran.get(index) {
            Some(ran) => detail::creators_of(self.dump, signatures, ran),
            None => detail::creators_of(self.dump, signatures, &self.runners(index)),
        }
    }

    fn nobody(&self, index: usize) -> Runners {
        Runners::new(self.dump, self.signatures(index))
    }

    fn runners(&self, index: usize) -> RanBy {
        let mut runners = self.nobody(index);
        let rows = self.rows(index).iter();
        rows.filter_map(|row| self.dump.goroutine(*row as usize))
            .for_each(|goroutine| runners.add(self.dump, goroutine));
        runners.finish()
    }

    fn members(&self, index: usize) -> Members<'_> {
        Members { signatures: self.signatures(index), rows: self.rows(index) }
    }
}

/// Puts `item` at the place `next` in `list`, which moves on.
fn put<T>(list: &mut [T], next: Option<&mut u32>, item: T) {
    let Some(next) = next else { return };
    if let Some(slot) = list.get_mut(*next as usize) {
        *slot = item;
    }
    *next += 1;
}

#[cfg(test)]
mod tests;
