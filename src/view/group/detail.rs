//! What a group is made of, found out from its records.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::key::Name;
use crate::model::{
    CreatorId, Dump, GoidSet, Goroutine, HeadId, LabelsId, Signature, SignatureId, StackId, wait,
};
use crate::view::canon::Stacks;
use crate::view::wait::WaitStats;

/// Goroutines that are alike.
#[derive(Clone, Debug)]
pub struct Group<'d> {
    /// Fingerprint of function names and state (or of the key): stable over builds and hosts.
    pub id: u64,
    /// Fingerprint with files and lines.
    pub build_id: u64,
    /// The key's name; `None` when grouped by stack.
    pub title: Option<String>,
    /// Goroutines; negative in a delta profile.
    pub count: i64,
    /// Their states, most frequent first.
    pub states: Vec<StateCount<'d>>,
    /// Their waits.
    pub wait: WaitStats,
    /// Those locked to a thread.
    pub locked: i64,
    /// Those that Go marks as leaked.
    pub leaked: i64,
    /// Those whose text is cut off.
    pub cut: i64,
    /// The `go` statements that started them, most frequent first.
    pub creators: Vec<CreatorCount<'d>>,
    /// Their labels by key.
    pub labels: Vec<LabelCounts<'d>>,
    /// Ids of the first of them in the order of the dump.
    pub goids: Vec<u64>,
    /// Number of those that have an id.
    pub goid_count: usize,
    /// Distinct canonical stacks among them.
    pub stacks: usize,
    /// A stack that most of them or the first of them has.
    pub stack: StackId,
}

impl<'d> Group<'d> {
    /// The state that most of them are in; `unknown` if there is none.
    pub fn state(&self) -> &'d str {
        self.states.first().map_or(wait::UNKNOWN, |state| state.state)
    }
}

/// A state and how many are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateCount<'d> {
    /// The state; `unknown` if there is none.
    pub state: &'d str,
    /// Inferred from the frames.
    pub inferred: bool,
    /// Goroutines.
    pub count: i64,
}

/// A `go` statement and how many goroutines it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatorCount<'d> {
    /// The function that holds the statement.
    pub function: &'d str,
    /// Its file.
    pub file: &'d str,
    /// Its line.
    pub line: u32,
    /// Goroutines that were started there.
    pub count: i64,
    /// Number of distinct goroutines that ran the statement; `None` if the dump does not say.
    pub goroutines: Option<usize>,
    /// The goroutine that ran it, if it is only one.
    pub goid: Option<u64>,
}

/// The values of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCounts<'d> {
    /// The key.
    pub key: &'d str,
    /// The most frequent values, at most [`LabelCounts::MAX`].
    pub values: Vec<(&'d str, i64)>,
    /// Number of distinct values.
    pub distinct: usize,
}

impl LabelCounts<'_> {
    /// Values of one key that are kept: a dump may have a distinct value on every goroutine.
    pub const MAX: usize = 20;
}

/// The goroutines of a group.
pub(super) struct Members<'g> {
    /// Their signatures, each with the number of goroutines.
    pub(super) signatures: &'g [(SignatureId, i64)],
    /// Their records.
    pub(super) rows: &'g [u32],
}

/// Everything about a group but who ran the `go` statements, with at most `ids` goroutine ids.
pub(super) fn group<'d>(
    dump: &'d Dump,
    stacks: &Stacks<'d>,
    members: &Members<'_>,
    name: Name,
    ids: usize,
) -> Group<'d> {
    let mut parts = Parts::default();
    let mut count = 0i64;
    for (id, n) in members.signatures {
        count = count.saturating_add(*n);
        parts.add(stacks, dump.signature(*id), *n);
    }
    let rows = members.rows.iter().filter_map(|row| dump.goroutine(*row as usize));
    let known = rows.filter_map(Goroutine::goid);
    let mut goids = Vec::with_capacity(ids.min(members.rows.len()));
    goids.extend(known.clone().take(ids));
    // A dump of debug=2 that was cut off and filled up from debug=0 has some with an id and some without.
    let goid_count = if dump.has_goids() { members.rows.len() } else { known.count() };
    let heads = parts.heads.finish();
    let of_heads = |test: fn(&crate::model::Head) -> bool| {
        let chosen = heads.iter().filter(|(id, _)| test(&dump.head(*id)));
        chosen.fold(0i64, |sum, (_, n)| sum.saturating_add(*n))
    };
    let stack_counts = parts.stacks.finish();
    let most = stack_counts.iter().max_by_key(|(number, n)| (*n, Reverse(*number)));
    Group {
        id: name.id,
        build_id: name.build_id,
        title: name.title,
        count,
        states: states(dump, &heads),
        wait: WaitStats::of(heads.iter().map(|(id, n)| (dump.head(*id).minutes, *n))),
        locked: of_heads(|head| head.locked),
        leaked: of_heads(|head| head.leaked),
        cut: of_heads(|head| head.cut),
        creators: creators(dump, parts.creators.finish(), &FxHashMap::default()),
        labels: labels(dump, parts.labels.finish()),
        goids,
        goid_count,
        stacks: stack_counts.len(),
        stack: most.map_or(StackId::default(), |(number, _)| stacks.sample(*number)),
    }
}

/// Counts of the interned parts of a group's records.
#[derive(Default)]
struct Parts {
    heads: Counter<HeadId>,
    stacks: Counter<u32>,
    creators: Counter<CreatorId>,
    labels: Counter<LabelsId>,
}

impl Parts {
    fn add(&mut self, stacks: &Stacks<'_>, signature: Signature, count: i64) {
        let Signature { stack, head, creator, labels } = signature;
        self.heads.add(head, count);
        self.stacks.add(stacks.canonical(stack), count);
        if creator != CreatorId::default() {
            self.creators.add(creator, count);
        }
        if labels != LabelsId::default() {
            self.labels.add(labels, count);
        }
    }
}

/// Goroutines by key. Most groups have few keys, so the first ones are not looked up by hash.
#[derive(Default)]
struct Counter<K> {
    first: Vec<(K, i64)>,
    counts: FxHashMap<K, i64>,
}

impl<K: std::hash::Hash + Ord + Copy> Counter<K> {
    fn add(&mut self, key: K, count: i64) {
        /// About as many as are compared in the time of one look-up.
        const FIRST: usize = 8;
        if let Some((_, sum)) = self.first.iter_mut().find(|(other, _)| *other == key) {
            *sum = sum.saturating_add(count);
        } else if self.first.len() < FIRST {
            self.first.push((key, count));
        } else {
            add(&mut self.counts, key, count);
        }
    }

    /// The counts in the order of their keys.
    fn finish(self) -> Vec<(K, i64)> {
        let mut list = self.first;
        list.extend(self.counts);
        list.sort_unstable();
        list
    }
}

fn add<K: std::hash::Hash + Eq>(counts: &mut FxHashMap<K, i64>, key: K, count: i64) {
    let sum = counts.entry(key).or_insert(0);
    *sum = sum.saturating_add(count);
}

/// Distinct creators with their goroutine ids, kept small as it grows.
#[derive(Default)]
pub(super) struct Distinct {
    list: Vec<(CreatorId, u64)>,
    compact: usize,
}

impl Distinct {
    const STEP: usize = 1 << 14;

    fn push(&mut self, pair: (CreatorId, u64)) {
        if self.list.last() == Some(&pair) {
            return;
        }
        if self.list.len() >= 2 * self.compact + Self::STEP {
            self.dedup();
        }
        self.list.push(pair);
    }

    fn dedup(&mut self) {
        self.list.sort_unstable();
        self.list.dedup();
        self.compact = self.list.len();
    }

    fn finish(mut self) -> RanBy {
        self.dedup();
        let runs = self.list.chunk_by(|(a, _), (b, _)| a == b);
        runs.filter_map(|run| run.first().map(|(id, goid)| (*id, (run.len(), *goid)))).collect()
    }
}

fn states<'d>(dump: &'d Dump, heads: &[(HeadId, i64)]) -> Vec<StateCount<'d>> {
    let mut counts: BTreeMap<(&str, bool), i64> = BTreeMap::new();
    for (id, count) in heads {
        let head = dump.head(*id);
        let state = wait::shown(dump.str(head.state));
        let sum = counts.entry((state, head.inferred)).or_insert(0);
        *sum = sum.saturating_add(*count);
    }
    let states = counts.into_iter();
    let mut list: Vec<_> =
        states.map(|((state, inferred), count)| StateCount { state, inferred, count }).collect();
    list.sort_by_key(|state| Reverse(state.count));
    list
}

/// The `go` statements that started the goroutines of a group, and how many goroutines `ran` each.
pub(super) fn creators_of<'d>(
    dump: &'d Dump,
    signatures: &[(SignatureId, i64)],
    ran: &RanBy,
) -> Vec<CreatorCount<'d>> {
    let mut counts = counts_of_creators(dump, signatures);
    counts.retain(|(creator, _)| *creator != CreatorId::default());
    creators(dump, counts, ran)
}

fn counts_of_creators(dump: &Dump, signatures: &[(SignatureId, i64)]) -> Vec<(CreatorId, i64)> {
    let mut counts = Counter::default();
    for (id, n) in signatures {
        counts.add(dump.signature(*id).creator, *n);
    }
    counts.finish()
}

/// Goroutines that ran a `go` statement: how many, and one of them.
type Ran = (usize, u64);

/// The same of each statement.
pub(super) type RanBy = FxHashMap<CreatorId, Ran>;

/// The goroutines that ran the `go` statements of a group.
pub(super) enum Runners {
    /// Of a single statement, the usual case, in which no signature need be looked at again: the
    /// statement, who is known already if there are several, and what that makes.
    One(CreatorId, Option<GoidSet>, Option<Ran>),
    /// Of several.
    Several(Distinct),
}

impl Runners {
    /// Nobody yet, of a group with these `signatures`.
    pub(super) fn new(dump: &Dump, signatures: &[(SignatureId, i64)]) -> Self {
        match &counts_of_creators(dump, signatures)[..] {
            [(only, _)] => Self::One(*only, None, None),
            _ => Self::Several(Distinct::default()),
        }
    }

    /// Counts who started `member`, a goroutine of `dump`, if that is known.
    #[inline]
    pub(super) fn add(&mut self, dump: &Dump, member: Goroutine<'_>) {
        let Some(goid) = member.creator_goid() else { return };
        match self {
            // One that starts many often starts several in a row.
            Self::One(_, _, Some((_, last))) if *last == goid => {}
            Self::One(_, seen, Some((count, last))) => {
                let seen = seen.get_or_insert_with(|| {
                    let mut seen = GoidSet::new(dump.max_goid(), dump.len());
                    seen.insert(*last);
                    seen
                });
                *count += usize::from(seen.insert(goid));
                *last = goid;
            }
            Self::One(_, _, ran) => *ran = Some((1, goid)),
            Self::Several(distinct) => distinct.push((member.signature().creator, goid)),
        }
    }

    /// How many there are.
    pub(super) fn finish(self) -> RanBy {
        match self {
            Self::One(creator, _, ran) => ran.map(|ran| (creator, ran)).into_iter().collect(),
            Self::Several(distinct) => distinct.finish(),
        }
    }
}

fn creators<'d>(
    dump: &'d Dump,
    counts: Vec<(CreatorId, i64)>,
    ran: &RanBy,
) -> Vec<CreatorCount<'d>> {
    let one = |(id, count): (CreatorId, i64)| {
        let creator = dump.creator(id)?;
        let ran = ran.get(&id);
        Some(CreatorCount {
            function: dump.str(creator.function),
            file: dump.str(creator.file),
            line: creator.line,
            count,
            goroutines: ran.map(|(goroutines, _)| *goroutines),
            goid: ran.filter(|(goroutines, _)| *goroutines == 1).map(|(_, goid)| *goid),
        })
    };
    let mut list = Vec::with_capacity(counts.len());
    list.extend(counts.into_iter().filter_map(one));
    list.sort_by_key(|creator: &CreatorCount<'d>| {
        (Reverse(creator.count), creator.function, creator.file, creator.line)
    });
    list
}

fn labels<'d>(dump: &'d Dump, counts: Vec<(LabelsId, i64)>) -> Vec<LabelCounts<'d>> {
    let mut keys: BTreeMap<&str, FxHashMap<&'d str, i64>> = BTreeMap::new();
    for (id, count) in counts {
        for (key, value) in dump.labels(id) {
            add(keys.entry(key).or_default(), value, count);
        }
    }
    let key = |(key, values): (_, FxHashMap<_, _>)| {
        let mut values: Vec<_> = values.into_iter().collect();
        let distinct = values.len();
        let order = |(value, count): &(&'d str, i64)| (Reverse(*count), *value);
        if distinct > LabelCounts::MAX {
            values.select_nth_unstable_by_key(LabelCounts::MAX, order);
            values.truncate(LabelCounts::MAX);
        }
        values.sort_unstable_by_key(order);
        LabelCounts { key, values, distinct }
    };
    keys.into_iter().map(key).collect()
}
