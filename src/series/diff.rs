//! What changed from one dump to another: groups that are new, gone, larger or smaller, and goroutines
//! that stayed, moved on, began or ended.

use std::cmp::Reverse;

use super::process::{Between, Flow};
use super::snapshot::{Names, Snapshot, Who};
use crate::model::{Dump, Format, WaitKind};
use crate::view::canon::Shown;
use crate::view::group::Group;
use crate::view::summary::{Look, Summary};

/// Two dumps compared.
pub struct Diff<'d> {
    /// The first dump.
    pub before: Summary<'d>,
    /// The second dump.
    pub after: Summary<'d>,
    /// All groups: the largest change first, those that did not change last, largest first.
    pub rows: Vec<Row>,
    /// Time, restart, and what became of the goroutines.
    pub between: Between,
    /// A dump counts changes itself (`?seconds=N`): its counts are differences already.
    pub is_delta: bool,
    /// What cannot be compared, and what would help.
    pub notes: Vec<String>,
}

/// What became of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// It was not there before.
    New,
    /// It is larger.
    Grown,
    /// It is smaller.
    Shrunk,
    /// It is not there any more.
    Gone,
    /// As many as before.
    Unchanged,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::New, Self::Grown, Self::Shrunk, Self::Gone, Self::Unchanged];

    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Shrunk => "shrunk",
            Self::Gone => "gone",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A group in both dumps.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who it is.
    pub who: Who,
    /// What became of it.
    pub change: Change,
    /// Goroutines before.
    pub before: i64,
    /// Goroutines after.
    pub after: i64,
    /// Its index in the first summary; of several, the largest one's.
    pub before_index: Option<usize>,
    /// Its index in the second summary.
    pub after_index: Option<usize>,
    /// What became of its goroutines; `None` without ids or after a restart.
    pub flow: Option<Flow>,
}

impl Row {
    /// How many more there are.
    pub fn growth(&self) -> i64 {
        self.after.saturating_sub(self.before)
    }
}

impl<'d> Diff<'d> {
    /// Compares `before` with `after`, each with when its file was last written, if that is known.
    pub fn new(
        before: (&'d Dump, Option<i64>),
        after: (&'d Dump, Option<i64>),
        look: &Look,
    ) -> Self {
        let summary = (Summary::new(before.0, look), Summary::new(after.0, look));
        let mut names = Names::default();
        let mut a = Snapshot::new(&summary.0, &mut names, before.1);
        let mut b = Snapshot::new(&summary.1, &mut names, after.1);
        if a.format != b.format {
            let same = names.without_states(&a.counts, &b.counts);
            a.renumber(&same);
            b.renumber(&same);
        }
        let between = Between::new(&a, &b);
        let rows = rows(&names, &a, &b, &between);
        let is_delta = [before.0, after.0].iter().any(|dump| dump.duration_nanos.is_some());
        let notes = notes(before.0, after.0);
        Self { before: summary.0, after: summary.1, rows, between, is_delta, notes }
    }

    /// Groups of each kind of change, in the order of [`Change::ALL`].
    pub fn counts(&self) -> [(Change, usize); 5] {
        Change::ALL
            .map(|change| (change, self.rows.iter().filter(|row| row.change == change).count()))
    }
}

impl<'d> Diff<'d> {
    /// The group of `row` as it is after, or as it was before if it is gone, with the dump it is in.
    pub fn group(&self, row: &Row, ids: usize) -> Option<(&Summary<'d>, Group<'d>)> {
        let (summary, index) = match (row.after_index, row.before_index) {
            (Some(index), _) => (&self.after, index),
            (None, index) => (&self.before, index?),
        };
        Some((summary, summary.grouping.group(&summary.stacks, index, ids)?))
    }

    /// Functions of `row` whose line is another one than before, with both places; none in the same
    /// build.
    pub fn moved_lines(&self, row: &Row) -> Vec<(&'d str, [(&'d str, u32); 2])> {
        let frames = |summary: &Summary<'d>, index: Option<usize>| {
            let group = summary.grouping.group(&summary.stacks, index?, 0)?;
            let shown = summary.stacks.visible(group.stack).map(|id| summary.stacks.shown(id));
            Some(shown.collect::<Vec<_>>())
        };
        let before = frames(&self.before, row.before_index).unwrap_or_default();
        let after = frames(&self.after, row.after_index).unwrap_or_default();
        let moved = before.into_iter().zip(after).filter_map(|(a, b)| match (a, b) {
            (
                Shown::Call { function, file: was, line: from, .. },
                Shown::Call { function: same, file: is, line: to, .. },
            ) if function == same && from != to => Some((function, [(was, from), (is, to)])),
            _ => None,
        });
        moved.collect()
    }
}

fn rows(names: &Names, a: &Snapshot, b: &Snapshot, between: &Between) -> Vec<Row> {
    let mut numbers: Vec<u32> =
        a.counts.iter().chain(&b.counts).map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let row = |number: u32| {
        let (before, after) = (a.count(number), b.count(number));
        let (before_index, after_index) = (a.index(number), b.index(number));
        let change = match (before_index, after_index) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            _ if after > before => Change::Grown,
            _ if after < before => Change::Shrunk,
            _ => Change::Unchanged,
        };
        let has_flows = between.has_ids && between.restarted.is_none();
        let flow = has_flows.then(|| between.flows.get(&number).copied().unwrap_or_default());
        let who = names.get(number)?.clone();
        Some(Row { who, change, before, after, before_index, after_index, flow })
    };
    let mut rows: Vec<Row> = numbers.into_iter().filter_map(row).collect();
    rows.sort_by(|x, y| order(x).cmp(&order(y)));
    rows
}

/// Of equal changes the program's own code comes first, and what waits inside of the process before what
/// waits for the network.
fn order(row: &Row) -> impl Ord + '_ {
    let who = &row.who;
    (
        row.change == Change::Unchanged,
        Reverse(row.growth().unsigned_abs()),
        Reverse(row.growth()),
        Reverse(row.after),
        !who.user,
        WaitKind::of_state(&who.state) == WaitKind::Io,
        &who.place,
        &who.state,
        who.id,
    )
}

/// What two formats do not say in the same way.
fn notes(before: &Dump, after: &Dump) -> Vec<String> {
    let mut notes = Vec::new();
    let formats = [before.format, after.format];
    if formats.contains(&Format::Records) && before.format != after.format {
        notes.push(
            "one dump is GoroutineProfile JSON: it has addresses and no names, so its groups match none of \
             the other dump's"
                .to_owned(),
        );
    }
    let (ids, none) =
        (formats.contains(&Format::Debug2), before.is_aggregated() || after.is_aggregated());
    if ids && none {
        notes.push(
            "one dump is debug=2, the other is not: groups are compared by their functions, and by states \
             where both agree on them; goroutine ids, ages and creators cannot be compared"
                .to_owned(),
        );
    } else if none {
        notes.push(
            "these formats carry no goroutine ids, so it cannot be told which goroutines stayed; take \
             /debug/pprof/goroutine?debug=2 twice for that"
                .to_owned(),
        );
    }
    if before.profile != after.profile {
        notes.push(format!(
            "the dumps are of different profiles ({} and {}), which list different goroutines",
            before.profile, after.profile
        ));
    }
    for dump in [before, after] {
        if dump.truncation.is_some() {
            notes.push(format!(
                "{} is cut off: what is missing in it looks as if it had ended or not begun",
                dump.name
            ));
        }
    }
    notes
}
