//! Groups: goroutines that are alike, by stack and state or by another key.
//!
//! [`Grouping`] gives every record to a group in one pass and orders the groups; what a group is made
//! of is found out only for the groups that are asked for ([`Grouping::group`]).

mod by;
mod detail;
mod key;

use rustc_hash::FxHashMap;

pub use by::By;
pub use detail::{CreatorCount, Group, LabelCounts, StateCount};

use super::canon::Stacks;
use crate::model::{Dump, HeadId, Row};
use key::Keys;
pub use key::group_id;

/// The groups of one dump, in order: most goroutines first, then longest wait, then name.
pub struct Grouping<'d> {
    dump: &'d Dump,
    keys: Keys<'d>,
    groups: Vec<Entry>,
    /// Index in `groups` by key.
    numbers: FxHashMap<u64, u32>,
    /// Indices of records, group by group in the order in which groups were found.
    rows: Vec<u32>,
}

/// What is known of every group.
#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    count: i64,
    /// Longest wait in minutes, plus one; 0 if no wait is known.
    longest: u32,
    /// Range in `rows`.
    start: u32,
    end: u32,
}

impl<'d> Grouping<'d> {
    /// Groups the records of `dump` for which `keep` is true.
    pub fn new(
        dump: &'d Dump,
        stacks: &Stacks<'d>,
        by: &By,
        mut keep: impl FnMut(&Row, i64) -> bool,
    ) -> Self {
        const NONE: u32 = u32::MAX;
        let keys = Keys::new(dump, stacks, by);
        let heads = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
        let minutes: Vec<u32> = (0..heads)
            .map(|id| dump.head(HeadId::from(id)).minutes.map_or(0, |n| n.saturating_add(1)))
            .collect();
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        let mut groups: Vec<Entry> = Vec::new();
        let mut group_of: Vec<u32> = Vec::with_capacity(dump.len());
        let mut last = (u64::MAX, NONE);
        for goroutine in dump.goroutines() {
            let (row, count) = (goroutine.row(), goroutine.count());
            if !keep(&row, count) {
                group_of.push(NONE);
                continue;
            }
            let key = keys.key(&row);
            if key != last.0 || last.1 == NONE {
                let next = u32::try_from(groups.len()).unwrap_or(NONE - 1);
                let number = *numbers.entry(key).or_insert(next);
                if number == next {
                    groups.push(Entry { key, count: 0, longest: 0, start: 0, end: 0 });
                }
                last = (key, number);
            }
            if let Some(group) = groups.get_mut(last.1 as usize) {
                group.count = group.count.saturating_add(count);
                group.end += 1;
                let waited = minutes.get(row.head.index()).copied().unwrap_or(0);
                group.longest = group.longest.max(waited);
            }
            group_of.push(last.1);
        }
        let rows = sort_by_group(&group_of, &mut groups);
        let mut grouping = Self { dump, keys, groups, numbers, rows };
        grouping.sort(stacks);
        for (group, index) in grouping.groups.iter().zip(0u32..) {
            grouping.numbers.insert(group.key, index);
        }
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
        let group = self.groups.get(index);
        group
            .and_then(|group| self.rows.get(group.start as usize..group.end as usize))
            .unwrap_or(&[])
    }

    /// The group of the record at `row`; `None` for one that was set apart or filtered out.
    pub fn group_of(&self, row: u32) -> Option<usize> {
        let key = self.keys.key(&self.dump.goroutine(row as usize)?.row());
        let index = *self.numbers.get(&key)? as usize;
        self.rows(index).binary_search(&row).is_ok().then_some(index)
    }

    /// Everything about the group at `index`, with at most `ids` goroutine ids.
    pub fn group(&self, stacks: &Stacks<'d>, index: usize, ids: usize) -> Option<Group<'d>> {
        let entry = self.groups.get(index)?;
        let name = self.keys.name(entry.key, stacks);
        Some(detail::group(self.dump, stacks, self.rows(index), name, ids))
    }

    fn sort(&mut self, stacks: &Stacks<'d>) {
        let keys = &self.keys;
        let rows = &self.rows;
        self.groups.sort_by_cached_key(|group| {
            let first = rows.get(group.start as usize).copied().unwrap_or(0);
            let (title, hash) = keys.order(stacks, group.key);
            (
                std::cmp::Reverse(group.count),
                std::cmp::Reverse(group.longest),
                title,
                hash,
                keys.state(group.key),
                first,
            )
        });
    }
}

/// The indices of records sorted by their group (a counting sort, so their order stays); sets the
/// ranges of `groups`, whose `end` is the number of records when called.
fn sort_by_group(group_of: &[u32], groups: &mut [Entry]) -> Vec<u32> {
    let mut start = 0;
    for group in groups.iter_mut() {
        let records = group.end;
        (group.start, group.end) = (start, start);
        start += records;
    }
    let mut rows = vec![0; start as usize];
    for (row, number) in (0u32..).zip(group_of) {
        if let Some(group) = groups.get_mut(*number as usize) {
            if let Some(slot) = rows.get_mut(group.end as usize) {
                *slot = row;
            }
            group.end += 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests;
