//! What the analyses look up: a dump's groups by function, the goroutines that started others, servers, ages.

mod births;
mod places;
pub(super) mod servers;

use std::sync::OnceLock;

use crate::model::{Completeness, Dump, GoidSet, Goroutine, StackId, WaitKind, wait};
use crate::view::canon::Shown;
use crate::view::group::Group;
use crate::view::summary::{Look, Summary};
use births::Births;
use places::Places;
use servers::Servers;

/// A dump with its groups by stack and state. Goroutines of the runtime, and the one that wrote the
/// dump, are in none.
pub struct Index<'d> {
    /// Counts, canonical stacks and the grouping.
    pub summary: Summary<'d>,
    /// The groups, largest first; at most [`Index::MAX_GROUPS`]. How many goroutines ran the `go`
    /// statements is counted only by [`Index::group`].
    pub groups: Vec<Group<'d>>,
    /// The functions of each group's stack, innermost first, one group after the other; and where those
    /// of each start.
    names: Vec<&'d str>,
    name_starts: Vec<usize>,
    /// What the goroutines of each group wait for.
    kinds: Vec<WaitKind>,
    /// Ids of goroutines that started others with their rows, sorted; made when first asked for.
    starters: OnceLock<Vec<(u64, u32)>>,
    /// The groups in each function; found when first asked for.
    places: OnceLock<Places>,
    /// Goroutines that serve requests; found when first asked for.
    servers: OnceLock<Servers>,
    /// Since when goroutines exist; found when first asked for.
    births: OnceLock<Births>,
}

impl<'d> Index<'d> {
    /// Groups that are looked at: of a dump with more distinct stacks the largest ones.
    pub const MAX_GROUPS: usize = 20_000;
    /// Members of each group whose starters are looked up.
    pub const STARTED: usize = 256;
    /// Goroutine ids that each group gives.
    const IDS: usize = 64;

    /// Looks at `dump`.
    pub fn new(dump: &'d Dump) -> Self {
        let summary = Summary::new(dump, &Look::default());
        let count = summary.grouping.len().min(Self::MAX_GROUPS);
        // Neither this nor what each holds takes more room than it needs: of groups there may be many.
        let mut groups: Vec<Group<'d>> = Vec::with_capacity(count);
        groups.extend(
            (0..count)
                .filter_map(|index| summary.grouping.outline(&summary.stacks, index, Self::IDS)),
        );
        let (mut names, mut name_starts) = (Vec::new(), vec![0]);
        for group in &groups {
            names.extend(summary.stacks.functions(group.stack));
            name_starts.push(names.len());
        }
        let of_group = |(group, (start, end)): (&Group<'d>, (&usize, &usize))| {
            let functions = names.get(*start..*end).unwrap_or(&[]);
            WaitKind::of(group.state(), functions.iter().copied())
        };
        let ranges = name_starts.iter().zip(name_starts.iter().skip(1));
        let kinds = groups.iter().zip(ranges).map(of_group).collect();
        Self {
            summary,
            groups,
            names,
            name_starts,
            kinds,
            starters: OnceLock::new(),
            places: OnceLock::new(),
            servers: OnceLock::new(),
            births: OnceLock::new(),
        }
    }

    /// The dump.
    pub fn dump(&self) -> &'d Dump {
        self.summary.dump
    }

    /// The goroutines of the group at `index`, in the order of the dump.
    pub fn members(&self, index: usize) -> impl Iterator<Item = Goroutine<'d>> + '_ {
        let rows = self.summary.grouping.rows(index);
        rows.iter().filter_map(|row| self.dump().goroutine(*row as usize))
    }

    /// The goroutines of all groups with the indices of these, in the order of the dump: to look at
    /// most goroutines in this way is several times as fast as group by group, in memory's order.
    pub fn grouped(&self) -> impl Iterator<Item = (Goroutine<'d>, usize)> + '_ {
        let all = self.dump().goroutines();
        all.filter_map(|goroutine| Some((goroutine, self.group_of(goroutine)?)))
    }

    /// The index of the group that `goroutine` is in.
    pub fn group_of(&self, goroutine: Goroutine<'d>) -> Option<usize> {
        self.summary.grouping.group_of(goroutine).filter(|group| *group < self.groups.len())
    }

    /// The canonical frames of `stack`, innermost first.
    pub fn frames(&self, stack: StackId) -> impl DoubleEndedIterator<Item = Shown<'d>> + '_ {
        self.summary.stacks.visible(stack).map(|id| self.summary.stacks.shown(id))
    }

    /// The names of the functions in `stack`, innermost first; frames without a name are left out.
    pub fn functions(&self, stack: StackId) -> impl DoubleEndedIterator<Item = &'d str> + '_ {
        self.summary.stacks.functions(stack)
    }

    /// The names of the functions in the stack of the group at `index`, innermost first.
    pub fn names(&self, index: usize) -> &[&'d str] {
        let start = |index: usize| self.name_starts.get(index).copied().unwrap_or(0);
        self.names.get(start(index)..start(index + 1)).unwrap_or(&[])
    }

    /// What the goroutines of the group at `index` wait for.
    pub fn kind(&self, index: usize) -> WaitKind {
        self.kinds.get(index).copied().unwrap_or(WaitKind::Unknown)
    }

    /// The state of the group at `index` as Go prints it; `unknown` if there is none.
    pub fn state(&self, index: usize) -> &'d str {
        self.groups.get(index).map_or(wait::UNKNOWN, Group::state)
    }

    /// Whether the goroutine with the id `goid` is in the dump.
    pub fn has(&self, goid: u64) -> bool {
        self.dump().has_goid(goid)
    }

    /// The groups in whose stacks `function` is, ascending.
    pub fn groups_in(&self, function: &str) -> &[u32] {
        let places = self
            .places
            .get_or_init(|| Places::new(self.dump(), &self.summary.stacks, &self.groups));
        self.dump().find_str(function).map_or(&[], |function| places.of(function))
    }

    /// The goroutines that serve one request after the other.
    pub(super) fn servers(&self) -> &Servers {
        self.servers.get_or_init(|| Servers::new(self))
    }

    /// For how many minutes the goroutine `goid` exists at least; 0 if nothing tells.
    pub(super) fn lived(&self, goid: u64) -> u32 {
        self.births.get_or_init(|| Births::new(self)).at_least(goid)
    }

    /// The row of the goroutine with the id `goid`, if it started one of the first
    /// [`Index::STARTED`] members of a group.
    pub fn starter(&self, goid: u64) -> Option<u32> {
        let starters = self.starters.get_or_init(|| {
            let groups = 0..self.groups.len();
            let first = groups.flat_map(|index| self.members(index).take(Self::STARTED));
            let mut asked = GoidSet::new(self.dump().max_goid(), self.dump().len());
            for goid in first.filter_map(Goroutine::creator_goid) {
                asked.insert(goid);
            }
            let rows = self.dump().goroutines().zip(0u32..);
            let mut rows: Vec<_> = rows
                .filter_map(|(g, row)| Some((g.goid().filter(|goid| asked.contains(*goid))?, row)))
                .collect();
            rows.sort_unstable();
            rows
        });
        let at = starters.binary_search_by_key(&goid, |(id, _)| *id).ok()?;
        starters.get(at).map(|(_, row)| *row)
    }

    /// The group at `index` with at most `ids` goroutine ids, and with the number of goroutines that ran
    /// each `go` statement.
    pub fn group(&self, index: usize, ids: usize) -> Option<Group<'d>> {
        let Some(known) = self.groups.get(index) else {
            return self.summary.grouping.group(&self.summary.stacks, index, ids);
        };
        let mut group = known.clone();
        if ids > Self::IDS {
            group.goids = self.members(index).filter_map(Goroutine::goid).take(ids).collect();
        }
        group.goids.truncate(ids);
        group.creators = self.summary.grouping.creators(index);
        Some(group)
    }

    /// Whether goroutines may be missing from the dump: it is cut, damaged or an excerpt, or has less than
    /// its header states. Then nothing is known of what is not in it.
    pub fn is_partial(&self) -> bool {
        let dump = self.dump();
        dump.completeness() != Completeness::Complete
            || dump.stated_total.is_some_and(|total| total > dump.goroutine_count())
    }

    /// Whether every stack of the process is in view: what is not seen then is not there.
    pub fn sees_all(&self) -> bool {
        !self.is_partial()
            && !self.groups.iter().any(|group| self.dump().stack(group.stack).is_empty())
    }

    /// Whether goroutines of this dump can have ages at all.
    pub fn has_ages(&self) -> bool {
        self.dump().has_ages()
    }
}
