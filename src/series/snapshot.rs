//! What is kept of one dump of a series.

use rustc_hash::FxHashMap;

use crate::model::{CreatorId, Dump, Format, HeadId, SourceLocation, StackId, wait};
use crate::view::canon::Shown;
use crate::view::fingerprint::{hash_str, mix};
use crate::view::group::By;
use crate::view::summary::Summary;

/// When a dump was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds since 1970 UTC.
    pub nanos: i64,
    /// How that is known.
    pub source: TimeSource,
}

/// How a time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeSource {
    /// The dumps say when they were taken, or the names that `record` gave them.
    Dumps,
    /// From when the files were last written.
    Files,
    /// From how much older the waits became.
    Waits,
}

impl TimeSource {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dumps => "dumps",
            Self::Files => "files",
            Self::Waits => "waits",
        }
    }

    /// In words, behind a duration.
    pub fn words(self) -> &'static str {
        match self {
            Self::Dumps => "by the times in the dumps",
            Self::Files => "by when the files were written",
            Self::Waits => "estimated from how much older the waits are",
        }
    }
}

/// Who a group is, in any dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The group's fingerprint, as in [`Group::id`](crate::view::Group).
    pub id: u64,
    /// Fingerprint of the functions alone, without the state; equal to `id` unless grouped by stack.
    pub stack: u64,
    /// The state; empty unless grouped by stack.
    pub state: String,
    /// The program's innermost function; of a stack of the library alone the outermost one. The key's
    /// name where groups are made by another key than the stack.
    pub place: SourceLocation,
    /// Whether `place` is code of the program.
    pub user: bool,
    /// What the library does there, if that is known and worth saying.
    pub inner: String,
    /// The `go` statement that started most of them, if the format says so.
    pub creator: Option<SourceLocation>,
}

/// All groups of a series; a group has the same number in every dump.
#[derive(Debug, Default)]
pub struct Names {
    numbers: FxHashMap<u64, u32>,
    list: Vec<Who>,
}

impl Names {
    /// The group with this number.
    pub fn get(&self, number: u32) -> Option<&Who> {
        self.list.get(number as usize)
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The number of the group at `index` of `summary`, which becomes known if it is new.
    fn number(&mut self, summary: &Summary<'_>, index: usize) -> u32 {
        let grouping = &summary.grouping;
        let id = grouping.id(&summary.stacks, index);
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.list.push(who(summary, index, id));
        } else if let Some(known) = self.list.get_mut(number as usize) {
            // Of several builds the last one's lines are the ones to look at.
            let (place, _) = place(summary, index);
            if known.place.line != place.2 && known.place.function == place.0 {
                known.place.line = place.2;
                place.1.clone_into(&mut known.place.file);
            }
        }
        number
    }

    /// For each group the number of the one that it is the same as between formats: some carry no
    /// states, others infer them. Groups whose stacks are in different states in `first` and `second`
    /// are taken together.
    pub fn without_states(&self, first: &[(u32, i64)], second: &[(u32, i64)]) -> Vec<u32> {
        let mut sides: FxHashMap<u64, [Vec<u32>; 2]> = FxHashMap::default();
        for (side, counts) in [first, second].into_iter().enumerate() {
            for (number, _) in counts {
                let Some(who) = self.get(*number).filter(|who| !who.state.is_empty()) else {
                    continue;
                };
                let lists = sides.entry(who.stack).or_default();
                if let Some(list) = lists.get_mut(side) {
                    list.push(*number);
                }
            }
        }
        let all = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let mut same: Vec<u32> = (0..all).collect();
        let mut lists: Vec<[Vec<u32>; 2]> = sides.into_values().collect();
        lists.sort();
        for [mut a, mut b] in lists {
            a.sort_unstable();
            b.sort_unstable();
            if a == b || a.is_empty() || b.is_empty() {
                continue;
            }
            let known =
                |number: &&u32| self.get(**number).is_some_and(|who| who.state != wait::UNKNOWN);
            let head = a.iter().chain(&b).find(known).or(a.first()).copied().unwrap_or(0);
            for number in a.into_iter().chain(b) {
                if let Some(slot) = same.get_mut(number as usize) {
                    *slot = head;
                }
            }
        }
        same
    }
}

/// A goroutine with an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its id.
    pub goid: u64,
    /// The number of its group.
    pub group: u32,
    /// Minutes it has waited, plus one; 0 if it shows none.
    pub waited: u32,
    /// Hash of the `go` statement that started it and of the goroutine that ran it, which never change;
    /// 0 if not known.
    pub creator: u64,
}

/// What is kept of one dump.
#[derive(Debug)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// When it was taken, if that is known.
    pub moment: Option<Moment>,
    /// Goroutines looked at.
    pub goroutines: i64,
    /// Goroutines in each group, by number.
    pub counts: Vec<(u32, i64)>,
    /// Indices of the groups in the summary, by number; the largest first where there are several.
    pub indices: Vec<(u32, u32)>,
    /// Goroutines by id; empty if the format has no ids.
    pub members: Vec<Member>,
    /// The largest id in the dump, whoever has it.
    pub max_goid: Option<u64>,
}

impl Snapshot {
    /// What is kept of the dump of `summary`; `modified` is when its file was last written.
    pub fn new(summary: &Summary<'_>, names: &mut Names, modified: Option<i64>) -> Self {
        let dump = summary.dump;
        let grouping = &summary.grouping;
        let all = 0..u32::try_from(grouping.len()).unwrap_or(u32::MAX);
        let mut indices: Vec<(u32, u32)> =
            all.map(|index| (names.number(summary, index as usize), index)).collect();
        indices.sort_unstable();
        let mut counts: Vec<(u32, i64)> = Vec::new();
        for (number, index) in &indices {
            let count = grouping.count(*index as usize);
            match counts.last_mut() {
                Some((last, sum)) if last == number => *sum = sum.saturating_add(count),
                _ => counts.push((*number, count)),
            }
        }
        let inside = dump.taken_at_nanos.filter(|nanos| *nanos > 0);
        let inside = inside.or_else(|| stamp(&dump.name));
        let moment = match (inside, modified) {
            (Some(nanos), _) => Some(Moment { nanos, source: TimeSource::Dumps }),
            (None, Some(nanos)) => Some(Moment { nanos, source: TimeSource::Files }),
            (None, None) => None,
        };
        Self {
            name: dump.name.clone(),
            format: dump.format,
            moment,
            goroutines: summary.shown,
            members: members(summary, &indices),
            counts,
            indices,
            max_goid: dump.goroutines().filter_map(crate::model::Goroutine::goid).max(),
        }
    }

    /// Goroutines in the group with this number.
    pub fn count(&self, number: u32) -> i64 {
        let at = self.counts.binary_search_by_key(&number, |(other, _)| *other);
        at.ok().and_then(|at| self.counts.get(at)).map_or(0, |(_, count)| *count)
    }

    /// The index in the summary of the group with this number, if it is there.
    pub fn index(&self, number: u32) -> Option<usize> {
        let at = self.indices.partition_point(|(other, _)| *other < number);
        self.indices.get(at).filter(|(other, _)| *other == number).map(|(_, i)| *i as usize)
    }

    /// Gives groups that are the same between formats the same number.
    pub fn renumber(&mut self, same: &[u32]) {
        let to = |number: u32| same.get(number as usize).copied().unwrap_or(number);
        for (number, _) in &mut self.indices {
            *number = to(*number);
        }
        self.indices.sort_unstable();
        for (number, _) in &mut self.counts {
            *number = to(*number);
        }
        self.counts.sort_unstable_by_key(|(number, _)| *number);
        self.counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        for member in &mut self.members {
            member.group = to(member.group);
        }
    }
}

/// The time in the name of a file that `record` or `collect` wrote, in nanoseconds since 1970:
/// `20261125T164959.024Z.debug0.pb.gz`.
fn stamp(name: &str) -> Option<i64> {
    let file = name.rsplit(['/', '\\']).next()?;
    let (start, _) = file.split_once('Z')?;
    let time = start.rsplit(['-', '_', ' ']).next()?;
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", time).ok()?;
    let time = jiff::tz::Offset::UTC.to_timestamp(time).ok()?;
    i64::try_from(time.as_nanosecond()).ok().filter(|nanos| *nanos > 0)
}

fn members(summary: &Summary<'_>, indices: &[(u32, u32)]) -> Vec<Member> {
    let dump = summary.dump;
    if dump.is_aggregated() {
        return Vec::new();
    }
    let heads = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
    let waited: Vec<u32> = (0..heads)
        .map(|id| dump.head(HeadId::from(id)).minutes.map_or(0, |n| n.saturating_add(1)))
        .collect();
    let creators: Vec<u64> = std::iter::once(0)
        .chain((1..).map_while(|id| dump.creator(CreatorId::from(id))).map(|creator| {
            let place = mix(hash_str(dump.str(creator.function)), hash_str(dump.str(creator.file)));
            mix(place, u64::from(creator.line))
        }))
        .collect();
    let mut members = Vec::with_capacity(dump.len());
    for (group, index) in indices {
        for row in summary.grouping.rows(*index as usize) {
            let Some(goroutine) = dump.goroutine(*row as usize) else { continue };
            let Some(goid) = goroutine.goid() else { continue };
            let row = goroutine.row();
            let waited = waited.get(row.head.index()).copied().unwrap_or(0);
            let creator = creators.get(row.creator.index()).copied().unwrap_or(0);
            let creator = if creator == 0 { 0 } else { mix(creator, row.creator_goid) };
            members.push(Member { goid, group: *group, waited, creator });
        }
    }
    members.sort_unstable();
    members
}

/// The function, file and line that say most of the group at `index`, and whether they are the program's.
fn place<'d>(summary: &Summary<'d>, index: usize) -> ((&'d str, &'d str, u32), bool) {
    let stacks = &summary.stacks;
    let stack = stack_of(summary, index);
    let user = stacks.user(stack);
    match user.or_else(|| stacks.visible(stack).next_back()).map(|id| stacks.shown(id)) {
        Some(Shown::Call { function, file, line, .. }) => ((function, file, line), user.is_some()),
        _ => (("", "", 0), false),
    }
}

fn stack_of(summary: &Summary<'_>, index: usize) -> StackId {
    let first = summary.grouping.rows(index).first();
    let row = first.and_then(|row| summary.dump.goroutine(*row as usize));
    row.map(|goroutine| goroutine.row().stack).unwrap_or_default()
}

fn who(summary: &Summary<'_>, index: usize, id: u64) -> Who {
    let grouping = &summary.grouping;
    let stack = stack_of(summary, index);
    if *grouping.by() != By::Stack {
        let title = grouping.group(&summary.stacks, index, 0).and_then(|group| group.title);
        let function = title.unwrap_or_default();
        let place = SourceLocation { function, ..SourceLocation::default() };
        let (inner, creator, state) = (String::new(), None, String::new());
        return Who { id, stack: id, state, place, user: true, inner, creator };
    }
    let ((function, file, line), user) = place(summary, index);
    let place = SourceLocation { function: function.to_owned(), file: file.to_owned(), line };
    let place = match summary.stacks.visible(stack).next().map(|id| summary.stacks.shown(id)) {
        None => SourceLocation { function: "(no stack)".to_owned(), ..place },
        Some(Shown::Address(address)) if place.function.is_empty() => {
            SourceLocation { function: format!("{address:#x}"), ..place }
        }
        Some(_) => place,
    };
    Who {
        id,
        stack: summary.stacks.name_hash(stack),
        state: grouping.state(index).to_owned(),
        place,
        user,
        inner: inner(summary, stack),
        creator: creator(summary.dump, grouping.rows(index)),
    }
}

/// What the library does in `stack`.
fn inner(summary: &Summary<'_>, stack: StackId) -> String {
    let stacks = &summary.stacks;
    let lead = stacks.visible(stack).take_while(|id| !stacks.is_user(*id));
    let names: Vec<&str> = lead.filter_map(|id| stacks.shown(id).function()).collect();
    crate::view::meaning::meaning(&names).unwrap_or_default().to_owned()
}

/// The creator of the first records; all of a group are alike in this mostly.
fn creator(dump: &Dump, rows: &[u32]) -> Option<SourceLocation> {
    let first = dump.goroutine(*rows.first()? as usize)?.row().creator;
    let creator = dump.creator(first).filter(|_| first != CreatorId::default())?;
    Some(SourceLocation {
        function: dump.str(creator.function).to_owned(),
        file: dump.str(creator.file).to_owned(),
        line: creator.line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_names() {
        let at = Some(1_795_625_399_024_000_000);
        assert_eq!(stamp("rec/20261125T164959.024Z.debug0.pb.gz"), at);
        assert_eq!(stamp("127.0.0.1-7070-20261125T164959.024Z.tar.gz"), at);
        for other in ["", "goroutine.txt", "Zoo.txt", "20261125T99Z.txt", "20261325T164959Z.txt"] {
            assert_eq!(stamp(other), None, "{other}");
        }
    }
}
