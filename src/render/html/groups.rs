//! Groups, each with a sample of its goroutines.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::data::{Wait, at_most, escaped, waits};
use super::findings;
use super::frames::Frames;
use super::series::Past;
use crate::diagnose::Sight;
use crate::model::{Goroutine, LabelsId};
use crate::render::{Limit, View};
use crate::view::canon::Shown;
use crate::view::group::{CreatorCount, LabelCounts};
use crate::view::meaning::meaning;
use crate::view::{Group, Summary};

/// Groups of a dump unless `--top` says otherwise; of earlier dumps of a series there are fewer.
const GROUPS: usize = 1000;
/// Goroutines of a group unless `--ids` says otherwise.
const MEMBERS: usize = 200;
/// Goroutines of all groups of a series together, about: each takes some 25 bytes.
const ALL_MEMBERS: usize = 60_000;

/// How much of a dump is told.
pub(super) struct Room {
    /// Groups.
    pub(super) groups: usize,
    /// Goroutines of each.
    members: usize,
    /// Goroutines of all of them.
    all_members: usize,
}

impl Room {
    /// The room of the dump at `index` of `dumps`; the last one is what the report is about.
    pub(super) fn of(index: usize, dumps: usize, view: &View) -> Self {
        let is_last = index + 1 == dumps;
        let groups = if is_last { GROUPS } else { (GROUPS / dumps).max(50) };
        // The default of `--ids` is that of a screen.
        let ids = Some(view.ids).filter(|ids| *ids != Limit::Most(5));
        Self {
            groups: at_most(view.top, groups),
            members: at_most(ids, MEMBERS),
            all_members: match ids {
                Some(Limit::All) => usize::MAX,
                _ if is_last => ALL_MEMBERS / 2,
                _ => ALL_MEMBERS / 2 / dumps,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupView {
    id: String,
    /// The key's name, if goroutines were not grouped by stack.
    title: Option<String>,
    count: i64,
    states: Vec<(String, i64)>,
    inferred: bool,
    wait: Wait,
    locked: i64,
    leaked: i64,
    cut: i64,
    /// What the library frames mean, in words.
    meaning: Option<&'static str>,
    /// Numbers of frames, innermost first.
    stack: Vec<usize>,
    stacks: usize,
    creators: Vec<CreatorView>,
    more_creators: usize,
    labels: Vec<LabelView>,
    members: Vec<Member>,
    /// Label sets that members name by number.
    label_sets: Vec<String>,
    /// How many have an id.
    with_id: usize,
    /// Goroutines in the dumps before.
    past: Vec<i64>,
    /// It is not one of the user's groups: a finding names it.
    named_only: bool,
}

#[derive(Serialize)]
struct CreatorView {
    frame: usize,
    count: i64,
    goroutines: Option<usize>,
    goid: Option<u64>,
}

#[derive(Serialize)]
struct LabelView {
    key: String,
    values: Vec<(String, i64)>,
    distinct: usize,
}

/// `[goid, minutes or -1, goid of the creator or 0, label set or -1, goroutines that it started]`
type Member = (u64, i64, u64, i64, u64);

/// Creators of one group that are told.
const CREATORS: usize = 20;

/// The groups of the user's view of `sight`, largest first, and those that only findings name.
pub(super) fn of<'d>(
    sight: &Sight<'d>,
    room: &Room,
    past: &Past,
    frames: &mut Frames<'d>,
) -> Vec<GroupView> {
    let mut teller = Teller { past, frames, members: Members::new(sight, room) };
    let mut named: BTreeSet<u64> = named(sight).collect();
    let mut views = Vec::new();
    let summary = sight.summary();
    for index in 0..summary.grouping.len().min(room.groups) {
        if let Some(group) = sight.group(index, 0) {
            named.remove(&group.id);
            views.push(teller.group(summary, &group, summary.grouping.rows(index), false));
        }
    }
    let facts = &sight.facts;
    for (index, group) in facts.groups.iter().enumerate() {
        if named.remove(&group.id) {
            let rows = facts.summary.grouping.rows(index);
            views.push(teller.group(&facts.summary, group, rows, true));
        }
    }
    teller.members.count_children(&mut views);
    views
}

/// The ids of the groups that findings show.
fn named(sight: &Sight<'_>) -> impl Iterator<Item = u64> {
    let first = findings::GROUPS;
    let groups = sight.findings.iter().flat_map(move |finding| finding.groups.iter().take(first));
    groups.filter_map(|index| sight.facts.groups.get(*index)).map(|group| group.id)
}

struct Teller<'a, 'd> {
    past: &'a Past,
    frames: &'a mut Frames<'d>,
    members: Members<'a, 'd>,
}

impl<'d> Teller<'_, 'd> {
    fn group(
        &mut self,
        summary: &Summary<'d>,
        group: &Group<'d>,
        rows: &[u32],
        named_only: bool,
    ) -> GroupView {
        let stacks = &summary.stacks;
        let shown: Vec<Shown<'d>> =
            stacks.visible(group.stack).map(|id| stacks.shown(id)).collect();
        let (members, label_sets) = self.members.of(rows);
        GroupView {
            id: format!("{:016x}", group.id),
            title: group.title.as_deref().map(escaped),
            count: group.count,
            states: group.states.iter().map(|s| (escaped(s.state), s.count)).collect(),
            inferred: group.states.iter().any(|state| state.inferred),
            wait: waits(&group.wait),
            locked: group.locked,
            leaked: group.leaked,
            cut: group.cut,
            meaning: library(&shown),
            stack: shown.iter().map(|frame| self.frames.number(*frame)).collect(),
            stacks: group.stacks,
            creators: group.creators.iter().take(CREATORS).map(|c| self.creator(c)).collect(),
            more_creators: group.creators.len().saturating_sub(CREATORS),
            labels: group.labels.iter().map(label).collect(),
            members,
            label_sets,
            with_id: group.goid_count,
            past: self.past.of(group.id, group.build_id),
            named_only,
        }
    }

    fn creator(&mut self, creator: &CreatorCount<'d>) -> CreatorView {
        let CreatorCount { function, file, line, count, goroutines, goid } = *creator;
        CreatorView { frame: self.frames.place(function, file, line), count, goroutines, goid }
    }
}

fn label(label: &LabelCounts<'_>) -> LabelView {
    let values = label.values.iter().map(|(value, count)| (escaped(value), *count)).collect();
    LabelView { key: escaped(label.key), values, distinct: label.distinct }
}

/// What the library frames before the program's own mean.
fn library(frames: &[Shown<'_>]) -> Option<&'static str> {
    let is_library = |frame: &&Shown<'_>| match frame {
        Shown::Call { std, function, .. } => *std || *function == "panic",
        _ => true,
    };
    let lead = frames.iter().take_while(is_library);
    let names: Vec<&str> = lead
        .filter_map(|frame| match frame {
            Shown::Call { function, .. } => Some(*function),
            _ => None,
        })
        .collect();
    meaning(&names)
}

/// Chooses the goroutines of groups that are told one by one.
struct Members<'a, 'd> {
    sight: &'a Sight<'d>,
    /// Rows of the goroutines where findings have their root: these are always told.
    roots: FxHashSet<u32>,
    most: usize,
}

impl<'a, 'd> Members<'a, 'd> {
    fn new(sight: &'a Sight<'d>, room: &Room) -> Self {
        let roots = sight.findings.iter().filter_map(|finding| finding.root.as_ref());
        Self { sight, roots: roots.map(|root| root.row).collect(), most: fair(sight, room) }
    }

    /// Some of the goroutines at `rows`, those that have waited longest first, and their label sets.
    fn of(&self, rows: &[u32]) -> (Vec<Member>, Vec<String>) {
        let dump = self.sight.facts.dump();
        if dump.is_aggregated() {
            return (Vec::new(), Vec::new());
        }
        let most = self.most.min(rows.len());
        let mut order: Vec<(bool, Reverse<u32>, u32)> = rows
            .iter()
            .filter_map(|row| {
                let minutes = dump.goroutine(*row as usize)?.head().minutes;
                let waited = Reverse(minutes.map_or(0, |n| n.saturating_add(1)));
                Some((!self.roots.contains(row), waited, *row))
            })
            .collect();
        if most > 0 && most < order.len() {
            order.select_nth_unstable(most - 1);
        }
        order.truncate(most);
        order.sort_unstable();
        let mut sets = LabelSets::default();
        let chosen = order.iter().filter_map(|(_, _, row)| dump.goroutine(*row as usize));
        let members = chosen.filter_map(|goroutine| member(goroutine, &mut sets)).collect();
        (members, sets.texts)
    }

    /// Says of every goroutine that is told how many it started that are still there.
    fn count_children(&self, groups: &mut [GroupView]) {
        let told = groups.iter().flat_map(|group| group.members.iter());
        let mut children: FxHashMap<u64, u64> = told.map(|member| (member.0, 0)).collect();
        if children.is_empty() {
            return;
        }
        let creators = self.sight.facts.dump().goroutines().filter_map(Goroutine::creator_goid);
        for goid in creators {
            if let Some(count) = children.get_mut(&goid) {
                *count += 1;
            }
        }
        for member in groups.iter_mut().flat_map(|group| group.members.iter_mut()) {
            member.4 = children.get(&member.0).copied().unwrap_or(0);
        }
    }
}

/// How many goroutines of each group there is room for. Every group gets some: the exception in the crowd
/// is a small one.
fn fair(sight: &Sight<'_>, room: &Room) -> usize {
    let grouping = &sight.summary().grouping;
    let sizes: Vec<usize> =
        (0..grouping.len().min(room.groups)).map(|index| grouping.rows(index).len()).collect();
    let mut most = room.members;
    while most > 1 && sizes.iter().map(|size| size.min(&most)).sum::<usize>() > room.all_members {
        most -= most.div_ceil(8);
    }
    most
}

fn member(goroutine: Goroutine<'_>, sets: &mut LabelSets) -> Option<Member> {
    let set = sets.number(goroutine);
    let minutes = goroutine.head().minutes.map_or(-1, i64::from);
    Some((goroutine.goid()?, minutes, goroutine.creator_goid().unwrap_or(0), set, 0))
}

/// The label sets of a group's members, each once.
#[derive(Default)]
struct LabelSets {
    numbers: FxHashMap<LabelsId, i64>,
    texts: Vec<String>,
}

impl LabelSets {
    /// The number of the goroutine's label set; -1 if it has no labels.
    fn number(&mut self, goroutine: Goroutine<'_>) -> i64 {
        if goroutine.labels().len() == 0 {
            return -1;
        }
        let next = i64::try_from(self.texts.len()).unwrap_or(-1);
        let number = *self.numbers.entry(goroutine.row().labels).or_insert(next);
        if number == next {
            let pairs = goroutine.labels().map(|(k, v)| format!("{}={}", escaped(k), escaped(v)));
            self.texts.push(pairs.collect::<Vec<_>>().join(", "));
        }
        number
    }
}
