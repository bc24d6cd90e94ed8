//! One goroutine in full: who created it, whom it created, and how many are like it.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::spawn;
use super::summary::Summary;
use super::tree::{Place, created_by};
use crate::model::{CreatorId, Dump, Goroutine, StackId};

/// What there is to know of a goroutine.
pub struct Inspection<'d> {
    /// It.
    pub goroutine: Goroutine<'d>,
    /// The `go` statement that started it.
    pub created_by: Option<Place<'d>>,
    /// Who created it, who created that one, and so on; at most [`Inspection::LINKS`].
    pub creators: Vec<Link<'d>>,
    /// Whether there are more creators.
    pub more_creators: bool,
    /// Whom it created, most first.
    pub children: Vec<Kin<'d>>,
    /// Goroutines with its stack and state, itself included.
    pub alike: i64,
    /// Fingerprint of its group by stack and state.
    pub group: u64,
}

/// A creator.
#[derive(Clone, Debug)]
pub struct Link<'d> {
    /// Its id, if it is known.
    pub goid: Option<u64>,
    /// It is in the dump.
    pub alive: bool,
    /// Its state; empty if it is gone.
    pub state: &'d str,
    /// The function that it runs; of one that is gone that with the `go` statement.
    pub function: &'d str,
    /// The `go` statement that started it, if that is known.
    pub created_by: Option<Place<'d>>,
}

/// Children that are alike.
#[derive(Clone, Debug)]
pub struct Kin<'d> {
    /// How many.
    pub count: u64,
    /// Their state.
    pub state: &'d str,
    /// The function that they run, and where it is.
    pub function: &'d str,
    /// Its file.
    pub file: &'d str,
    /// Its line.
    pub line: u32,
    /// Ids of the first of them.
    pub goids: Vec<u64>,
}

/// Goroutines of a dump by id.
pub struct Ids {
    list: Vec<(u64, u32)>,
}

impl Ids {
    /// Of all goroutines of `dump`.
    pub fn new(dump: &Dump) -> Self {
        let rows = dump.goroutines().zip(0u32..);
        let mut list: Vec<_> = rows.filter_map(|(g, row)| Some((g.goid()?, row))).collect();
        list.sort_unstable();
        Self { list }
    }

    /// The record of the goroutine `goid`.
    pub fn row(&self, goid: u64) -> Option<usize> {
        let at = self.list.binary_search_by_key(&goid, |(id, _)| *id).ok()?;
        self.list.get(at).map(|(_, row)| *row as usize)
    }

    /// The lowest and the highest id.
    pub fn range(&self) -> Option<(u64, u64)> {
        Some((self.list.first()?.0, self.list.last()?.0))
    }

    /// The ids next to `goid`, which is none.
    pub fn near(&self, goid: u64) -> Vec<u64> {
        let at = self.list.partition_point(|(id, _)| *id < goid);
        let around = self.list.get(at.saturating_sub(1)..(at + 1).min(self.list.len()));
        around.unwrap_or(&[]).iter().map(|(id, _)| *id).collect()
    }
}

impl<'d> Inspection<'d> {
    /// Creators that are followed.
    pub const LINKS: usize = 32;
    /// Ids of children that are alike.
    const IDS: usize = 10;

    /// All of the goroutine `goid` of the dump that `summary` is of; `None` if there is none.
    pub fn new(summary: &Summary<'d>, ids: &Ids, goid: u64) -> Option<Self> {
        let dump = summary.dump;
        let goroutine = dump.goroutine(ids.row(goid)?)?;
        let signature = goroutine.signature();
        let (creators, more_creators) = creators(summary, ids, goroutine);
        let group = summary.grouping.group_of(goroutine);
        let alike = match group {
            Some(index) => summary.grouping.count(index),
            None => dump
                .goroutines()
                .filter(|other| {
                    other.state() == goroutine.state()
                        && summary.stacks.canonical(other.stack())
                            == summary.stacks.canonical(signature.stack)
                })
                .fold(0, |sum, other| sum + other.count()),
        };
        Some(Self {
            goroutine,
            created_by: created_by(summary, signature.creator, signature.stack),
            creators,
            more_creators,
            children: children(summary, goid),
            alike,
            group: super::group::group_id(&summary.stacks, signature.stack, goroutine.state()),
        })
    }
}

fn creators<'d>(summary: &Summary<'d>, ids: &Ids, of: Goroutine<'d>) -> (Vec<Link<'d>>, bool) {
    let dump = summary.dump;
    // With GODEBUG=tracebackancestors the dead are known, too.
    let dead: FxHashMap<u64, (StackId, CreatorId, Option<u64>)> = of
        .ancestors()
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let next = of.ancestors().get(at + 1).map(|next| next.goid);
            (one.goid, (one.stack, one.creator, next))
        })
        .collect();
    let mut links: Vec<Link<'d>> = Vec::new();
    let mut seen: FxHashSet<u64> = of.goid().into_iter().collect();
    let signature = of.signature();
    let mut place = created_by(summary, signature.creator, signature.stack);
    let mut next = of.creator_goid().or_else(|| of.ancestors().first().map(|one| one.goid));
    loop {
        if links.len() >= Inspection::LINKS {
            return (links, next.is_some() || place.is_some());
        }
        let Some(goid) = next.filter(|goid| seen.insert(*goid)) else {
            // Before Go 1.21 only the function is known.
            if let (None, Some(place)) = (next, place) {
                links.push(Link {
                    goid: None,
                    alive: false,
                    state: "",
                    function: place.function,
                    created_by: None,
                });
            }
            return (links, false);
        };
        let alive = ids.row(goid).and_then(|row| dump.goroutine(row));
        let (stack, creator, after) = match (alive, dead.get(&goid)) {
            (Some(alive), _) => {
                let signature = alive.signature();
                (Some(signature.stack), signature.creator, alive.creator_goid())
            }
            (None, Some((stack, creator, after))) => (Some(*stack), *creator, *after),
            (None, None) => (None, CreatorId::default(), None),
        };
        let function = match stack {
            Some(stack) => spawn::start(&summary.stacks, stack).0,
            None => place.map_or("", |place| place.function),
        };
        place = created_by(summary, creator, stack.unwrap_or_default());
        links.push(Link {
            goid: Some(goid),
            alive: alive.is_some(),
            state: alive.map_or("", Goroutine::state),
            function,
            created_by: place,
        });
        next = after;
        if next.is_none() && (place.is_none() || dump.creator(1.into()).is_none()) {
            return (links, false);
        }
    }
}

fn children<'d>(summary: &Summary<'d>, goid: u64) -> Vec<Kin<'d>> {
    let mut numbers: FxHashMap<(&str, &str, u32), usize> = FxHashMap::default();
    let mut kin: Vec<Kin<'d>> = Vec::new();
    let own = |child: &Goroutine<'d>| child.creator_goid() == Some(goid);
    for child in summary.dump.goroutines().filter(own) {
        let (function, file, line) = spawn::start(&summary.stacks, child.stack());
        let state = child.state();
        let at = *numbers.entry((state, function, line)).or_insert(kin.len());
        if at == kin.len() {
            kin.push(Kin { count: 0, state, function, file, line, goids: Vec::new() });
        }
        if let Some(kin) = kin.get_mut(at) {
            kin.count += 1;
            if kin.goids.len() < Inspection::IDS {
                kin.goids.extend(child.goid());
            }
        }
    }
    kin.sort_by_key(|kin| Reverse(kin.count));
    kin
}
