//! Who started the goroutines of a crowd: how many distinct goroutines did, and whether they are
//! still there.
//!
//! Measured on all crowds of 20 and more in the service dumps: the number of distinct creators is
//! either one (a pool, an accept loop, a dispatcher) or equals the size (one goroutine started in
//! each call). A creator that is gone has left its child behind: nobody who could know of it waits.
//! A connection that is kept alive handles many requests, so that it is the one creator of what all of
//! them left behind: it counts as gone while it is between requests, and the gaps in the ids of its
//! children tell calls apart, as each request starts a goroutine of `net/http` as well.
//! Creator ids are printed since Go 1.21, and only in traceback text.

use super::ids::Ids;
use crate::diagnose::index::Index;
use crate::model::Goroutine;

/// The creators of some goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Goroutines looked at.
    pub count: i64,
    /// Those whose creator's id is known.
    pub known: i64,
    /// Distinct ids of creators.
    pub creators: Ids,
    /// Goroutines whose creator is not in the dump any more.
    pub gone: i64,
    /// Goroutines whose creator handled a request that is over, and waits for the next one.
    pub left: i64,
    /// Goroutines whose creator is in a request, perhaps the one in which it started them.
    pub serving: i64,
    /// The creator that was met last.
    last: Option<(u64, Fate)>,
    /// Ids of those that were left, until they are counted.
    left_goids: Option<Ids>,
    /// Ids of those whose creator is in a request, and of these creators, until they are counted.
    serving_goids: Option<(Ids, Ids)>,
    /// Calls that started those that were left.
    pub runs: usize,
    /// Goroutines whose creator is the one that writes the dump, so that it is about to go on.
    pub of_writer: i64,
    /// Ids of the goroutines themselves.
    pub goids: Ids,
}

/// What became of a creator.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It writes the dump.
    Writes,
    Gone,
    /// It is between two requests.
    Idle,
    /// It is in a request.
    Serves,
    Other,
}

impl Fate {
    fn of(facts: &Index<'_>, creator: u64) -> Self {
        if Some(creator) == facts.summary.writer_goid {
            Self::Writes
        } else if !facts.has(creator) {
            Self::Gone
        } else if facts.servers().is_idle(creator) {
            Self::Idle
        } else if facts.servers().is_busy(creator) {
            Self::Serves
        } else {
            Self::Other
        }
    }
}

impl Origin {
    /// Goroutines that one call starts at most for them to count as started by calls: the largest
    /// number per creator in the cases is 4 (goker-moby21233), and servers with fan-out start a few.
    const FAN_OUT: usize = 8;
    /// So many calls that all left goroutines behind are no pools, however many each started: as many
    /// as make a crowd (`limits::MANY`).
    const CALLS: usize = 20;

    /// Finds out who started the members of each of `crowds`, which are groups.
    pub(super) fn of_all(facts: &Index<'_>, crowds: &[&[usize]]) -> Vec<Self> {
        let size = |groups: &[usize]| -> usize {
            groups.iter().map(|index| facts.summary.grouping.rows(*index).len()).sum()
        };
        let mut origins: Vec<Self> =
            crowds.iter().map(|groups| Self::new(facts, size(groups))).collect();
        let all: usize = crowds.iter().map(|groups| size(groups)).sum();
        if all.saturating_mul(4) < facts.dump().len() {
            for (groups, origin) in crowds.iter().zip(&mut origins) {
                for member in groups.iter().flat_map(|index| facts.members(*index)) {
                    origin.add(facts, member);
                }
            }
        } else {
            // In the order of the dump, as members of a group lie far apart in memory.
            let mut crowd_of = vec![None; facts.groups.len()];
            for (crowd, groups) in crowds.iter().enumerate() {
                for group in *groups {
                    if let Some(slot) = crowd_of.get_mut(*group) {
                        *slot = Some(crowd);
                    }
                }
            }
            facts.grouped().for_each(|(member, group)| {
                let crowd = crowd_of.get(group).copied().flatten();
                if let Some(origin) = crowd.and_then(|crowd| origins.get_mut(crowd)) {
                    origin.add(facts, member);
                }
            });
        }
        for origin in &mut origins {
            origin.goids.finish();
            origin.creators.finish();
            if let Some(mut left) = origin.left_goids.take() {
                left.finish();
                origin.runs = left.runs();
            }
            origin.count_served(facts);
            // Of a dump that is cut nobody knows who else was there.
            if facts.is_partial() {
                origin.gone = 0;
            }
        }
        origins
    }

    /// Nothing yet, of a crowd of `size` records.
    fn new(facts: &Index<'_>, size: usize) -> Self {
        let ids = || Ids::new(facts.dump().max_goid(), size);
        Self { goids: ids(), creators: ids(), ..Self::default() }
    }

    fn add(&mut self, facts: &Index<'_>, member: Goroutine<'_>) {
        self.count = self.count.saturating_add(member.count());
        if let Some(goid) = member.goid() {
            self.goids.push(goid);
        }
        let Some(creator) = member.creator_goid() else { return };
        self.known += 1;
        // One that starts many often starts several in a row.
        let fate = match self.last {
            Some((last, fate)) if last == creator => fate,
            _ => {
                self.creators.push(creator);
                Fate::of(facts, creator)
            }
        };
        self.last = Some((creator, fate));
        match fate {
            Fate::Writes => self.of_writer += 1,
            Fate::Gone => self.gone += 1,
            Fate::Idle => {
                self.left += 1;
                if let Some(goid) = member.goid() {
                    let empty = || self.goids.empty();
                    self.left_goids.get_or_insert_with(empty).push(goid);
                }
            }
            Fate::Serves => {
                self.serving += 1;
                if let Some(goid) = member.goid() {
                    let empty = || (self.goids.empty(), self.goids.empty());
                    let (goids, creators) = self.serving_goids.get_or_insert_with(empty);
                    goids.push(goid);
                    creators.push(creator);
                }
            }
            Fate::Other => {}
        }
    }

    /// Tells those that a connection left behind in earlier requests from those of the request that it
    /// handles now, which can only be the newest: as each request starts goroutines of `net/http` too,
    /// many gaps in the ids are many requests. Gaps that are filled by goroutines which are there are none:
    /// one call may start several of different kinds in turn.
    fn count_served(&mut self, facts: &Index<'_>) {
        /// Calls of a connection from which on most of them are over.
        const SEVERAL: usize = 4;
        let Some((mut goids, mut creators)) = self.serving_goids.take() else { return };
        goids.finish();
        creators.finish();
        let (runs, busy) = (goids.runs_after(|id| !facts.has(id)), creators.len());
        if runs < busy.saturating_mul(SEVERAL) {
            return;
        }
        let newest = i64::try_from(busy).unwrap_or(i64::MAX).min(self.serving);
        self.left = self.left.saturating_add(self.serving - newest);
        self.serving = newest;
        self.runs = self.runs.saturating_add(runs);
    }

    /// Whether the creators are known at all.
    pub(super) fn is_known(&self) -> bool {
        self.known > 0 && self.known.saturating_mul(10) >= self.count.saturating_mul(9)
    }

    /// Whether each call started its own one (or a few), or many calls did.
    pub(super) fn is_one_per_call(&self) -> bool {
        let by_left = self.left.saturating_mul(2) >= self.known;
        let calls = self.creators.len().max(if by_left { self.runs } else { 0 });
        let most = i64::try_from(calls.saturating_mul(Self::FAN_OUT));
        let each = calls >= Self::CALLS || most.is_ok_and(|most| most >= self.count);
        self.is_known() && calls > 1 && each
    }

    /// Whether the calls that started them are over: nine of ten at least, as a call may be just on
    /// its way. Requests in progress are not counted while they started no more than half.
    pub(super) fn is_gone(&self) -> bool {
        let over = self.gone.saturating_add(self.left);
        self.is_known()
            && over.saturating_mul(10) >= self.known.saturating_sub(self.serving).saturating_mul(9)
            && over.saturating_mul(2) >= self.known
    }

    /// Whether nine in ten of `all` are creators that both have.
    pub(super) fn shares_creators(&self, other: &Self, all: usize) -> bool {
        self.creators.share(&other.creators, all)
    }

    /// Whether nine in ten of `all` are creators that are goroutines of `other`.
    pub(super) fn are_children_of(&self, other: &Self, all: usize) -> bool {
        self.creators.share(&other.goids, all)
    }
}
