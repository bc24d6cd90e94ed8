//! What a suspicion of a leak rests on: what is known of the whole dump, and the verdict on each crowd.

use std::cell::OnceCell;

use super::aside::known;
use super::cluster::Verdict;
use super::connection::Connections;
use super::consumer::Homes;
use super::crowd::{Crowd, Site};
use super::limits::{LONG, MANY};
use super::rest::at_rest;
use super::{ahead, per_request};
use crate::diagnose::facts::Case;
use crate::diagnose::index::Index;
use crate::diagnose::known::Class;
use crate::diagnose::rating::{Confidence, Severity};
use crate::model::WaitKind;
use crate::view::canon::Shown;

/// A crowd of so many in one function that is also half of the process is no pool of a sane size,
/// whoever started it; healthy dumps of the corpus have at most 120.
const MASS: i64 = 1_000;
/// `LeakProf` suspects a line with so many blocked goroutines in one profile (CGO 2024).
const LEAKPROF: i64 = 10_000;
/// Connections that pools keep open by default: `MaxIdleConns` of `http.DefaultTransport`, `maxPoolSize`
/// of `MongoDB`; others have fewer.
const POOL: i64 = 100;
/// Of more goroutines than so many times its size a crowd that may as well be a pool is not worth a
/// line: a dump of 20,000 (real-erigon) has a dozen of them.
const NOTABLE: i64 = 50;

/// One in ten of a program's goroutines that do the same is what it is busy with.
const SHARE: i64 = 10;

/// What judging needs to know of the whole dump.
pub(super) struct LeakContext<'f, 'd> {
    /// Nothing in the process can wake those who wait.
    pub at_rest: bool,
    /// Goroutines of the program.
    pub total: i64,
    facts: &'f Index<'d>,
    connections: Connections<'f, 'd>,
    homes: OnceCell<Homes<'d>>,
    started: OnceCell<ahead::Started<'d>>,
}

impl<'f, 'd> LeakContext<'f, 'd> {
    pub(super) fn new(case: &Case<'f, 'd>) -> Self {
        let facts = case.now;
        Self {
            at_rest: at_rest(facts),
            total: facts.summary.shown,
            facts,
            connections: Connections::new(facts),
            homes: OnceCell::new(),
            started: OnceCell::new(),
        }
    }

    /// Whether `crowd` waits in a program where nothing can wake it, not even who writes the dump.
    pub(super) fn is_deserted(&self, crowd: &Crowd<'_>) -> bool {
        self.at_rest && crowd.kind.needs_peer() && crowd.origin.of_writer == 0
    }

    /// Goroutines that are past the line where `crowd` waits in the same function. If there are any,
    /// the wait ends: the channel limits how many go on at a time, or it is a loop that moves.
    pub(super) fn ahead(&self, crowd: &Crowd<'_>) -> i64 {
        let Crowd { site, .. } = crowd;
        if site.line == 0 {
            return 0;
        }
        let past = |frame: Shown<'_>| match frame {
            Shown::Call { function, line, .. } => function == site.function && line > site.line,
            Shown::Address(_) | Shown::Elided(_) => false,
        };
        let inside = self.facts.groups_in(site.function).iter().map(|index| *index as usize);
        let others = inside.filter(|index| crowd.groups.binary_search(index).is_err());
        let groups = others.filter_map(|index| self.facts.groups.get(index));
        groups
            .filter(|group| self.facts.frames(group.stack).any(past))
            .fold(0i64, |sum, group| sum.saturating_add(group.count))
    }

    /// The group that may still receive what `crowd` sends, unless its goroutines have outlived who
    /// started them: their receiver was the caller.
    pub(super) fn consumer(&self, crowd: &Crowd<'_>) -> Option<usize> {
        let left = crowd.kind != WaitKind::Send || crowd.origin.is_gone();
        let homes = || self.homes.get_or_init(|| Homes::new(self.facts));
        if left { None } else { homes().consumer(self.facts, crowd) }
    }

    /// Whether each goroutine of `crowd` serves a connection that somebody reads from.
    pub(super) fn serves_connections(&self, crowd: &Crowd<'_>) -> bool {
        self.connections.serves(crowd)
    }

    /// The verdict on `crowd`, unless other analyses speak of it.
    pub(super) fn judge_if_unknown(
        &self,
        case: &Case<'_, '_>,
        crowd: &Crowd<'_>,
    ) -> Option<Verdict> {
        let elsewhere =
            matches!(crowd.kind, WaitKind::NilChan(_) | WaitKind::EmptySelect | WaitKind::Lock(_));
        if elsewhere {
            return None;
        }
        let entry = crowd.groups.first().and_then(|index| known(case, *index));
        let blamed = entry.is_some_and(|entry| match entry.class {
            Class::Suspect => true,
            Class::Benign { max } => max.is_some_and(|max| crowd.count > max),
            Class::Depends => false,
        });
        self.judge(crowd, blamed)
    }

    /// The verdict on `crowd`; `None` if there is nothing to say. `blamed` is what is known to be wrong.
    fn judge(&self, crowd: &Crowd<'_>, blamed: bool) -> Option<Verdict> {
        use Confidence::{Likely, Possible};
        use Severity::{High, Low, Medium};
        let (n, origin) = (crowd.count, &crowd.origin);
        let many = n >= MANY;
        let review = (many && n.saturating_mul(NOTABLE) >= self.total).then_some((Low, Possible));
        // Connections come and go with their clients.
        let sends = crowd.kind == WaitKind::Send && per_request::is_call(self.facts, crowd);
        let serves = crowd.kind == WaitKind::Io || (!sends && self.serves_connections(crowd));
        if serves || (crowd.kind == WaitKind::Send && self.ahead(crowd) > 0) {
            return review;
        }
        let outlives = origin.is_one_per_call() && origin.is_gone();
        let telling = blamed || crowd.kind == WaitKind::Send || !opens_connections(&crowd.site);
        if outlives && !telling {
            return if n > POOL { Some((Medium, Possible)) } else { review };
        }
        if many && outlives {
            // Who sleeps wakes: only long sleeps, long lives and masses tell a loop without an end from a
            // delay.
            if crowd.kind == WaitKind::Sleep {
                let stays = is_old(crowd) || n >= MASS || self.lives(crowd);
                return if stays { Some((Medium, Likely)) } else { review };
            }
            // As long as there are no more than a pool has, who receives or selects may end by itself or
            // serve on: sessions that end when they are idle, workers for each of some tenants. Those
            // are not started again and again over a long time.
            let waits = matches!(crowd.kind, WaitKind::Select | WaitKind::Receive);
            return match (has_old(crowd), self.goes_on(crowd)) {
                _ if !waits || n >= POOL => Some((High, Likely)),
                (true, true) => Some((High, Likely)),
                (true, false) => Some((Medium, Likely)),
                (false, true) if self.lives(crowd) => Some((Medium, Likely)),
                (false, _) => Some((Low, Possible)),
            };
        }
        if crowd.kind == WaitKind::Send {
            return self.judge_send(crowd);
        }
        // Only who writes the dump could still wake what it started.
        if self.at_rest && crowd.kind.needs_peer() && crowd.origin.of_writer > 0 {
            return Some((Low, Possible));
        }
        if self.is_deserted(crowd) {
            return Some(match (many, crowd.kind) {
                (true, WaitKind::Unknown) => (Medium, Possible),
                (true, _) => (Medium, Likely),
                (false, WaitKind::Unknown) => (Low, Possible),
                (false, _) => (Medium, Possible),
            });
        }
        let hangs = is_old(crowd) && per_request::is_request(self.facts, crowd);
        let mass = n >= LEAKPROF || (n >= MASS && n.saturating_mul(2) >= self.total);
        // A goroutine of a library for each of its objects: how many there are is the program's will.
        let mass = mass && !crowd.site.is_dependency();
        let sleeps = crowd.kind == WaitKind::Sleep && !self.lives(crowd);
        match () {
            // Two more are seen in any service that serves two more.
            () if outlives && n > 2 && !sleeps => Some((Medium, Possible)),
            () if many && blamed => Some((Medium, Likely)),
            () if mass => Some((Medium, Possible)),
            () if hangs && n > 2 => Some((Medium, if many { Likely } else { Possible })),
            () if many && self.hangs(crowd) => Some((Medium, Possible)),
            () => review,
        }
    }

    /// Whether goroutines are there that `crowd` may have started where it waits.
    pub(super) fn has_children(&self, crowd: &Crowd<'_>) -> bool {
        let started = self.started.get_or_init(|| ahead::started(self.facts));
        ahead::has_children(self.facts, &crowd.groups, started)
    }

    /// Whether half of `crowd` exist for a minute at least, which is more than a delay. Go prints no
    /// age of those that have just gone to sleep again.
    fn lives(&self, crowd: &Crowd<'_>) -> bool {
        crowd.origin.goids.median().is_some_and(|goid| self.facts.lived(goid) >= 1)
    }

    /// Whether goroutines of `crowd` were started until now: of those since the first, by their ids, a
    /// quarter in the later half. What is started once for each of some keys is not.
    fn goes_on(&self, crowd: &Crowd<'_>) -> bool {
        let goids = &crowd.origin.goids;
        let newest = self.facts.dump().max_goid();
        goids.first().is_some_and(|first| {
            let middle = first + newest.saturating_sub(first) / 2;
            goids.above(middle).saturating_mul(4) >= goids.len()
        })
    }

    /// Whether `crowd` are requests that wait for something of the process that nobody is seen to be at:
    /// nobody is past the place where they wait, and they wait for nobody that they started. A handler
    /// that selects may be a long poll, which ends with its client.
    fn hangs(&self, crowd: &Crowd<'_>) -> bool {
        let waits = matches!(crowd.kind, WaitKind::Receive | WaitKind::Cond | WaitKind::WaitGroup);
        let known = if self.facts.has_ages() {
            // Half of them, or a crowd of their own.
            crowd.wait.known >= MANY || crowd.wait.known.saturating_mul(2) >= crowd.count
        } else {
            crowd.count.saturating_mul(SHARE) >= self.total
        };
        // Who gives out what they receive may do so now and then.
        let given = || {
            let homes = self.homes.get_or_init(|| Homes::new(self.facts));
            crowd.kind == WaitKind::Receive && !homes.others(self.facts, crowd).is_empty()
        };
        waits
            && known
            && !given()
            && per_request::is_call(self.facts, crowd)
            && ahead::of(self.facts, &crowd.groups, |_| true).is_empty()
            && !self.has_children(crowd)
    }

    /// The verdict on goroutines that send: idle ones receive or select, so a sender that waits is
    /// either waiting for a slow receiver or for none.
    fn judge_send(&self, crowd: &Crowd<'_>) -> Option<Verdict> {
        use Confidence::{Likely, Possible};
        use Severity::{High, Low, Medium};
        let (n, origin) = (crowd.count, &crowd.origin);
        let old = is_old(crowd);
        match () {
            () if self.is_deserted(crowd) => Some((if n >= MANY { High } else { Medium }, Likely)),
            () if origin.is_one_per_call() && origin.is_gone() => Some((Medium, Likely)),
            () if self.consumer(crowd).is_some() => (n >= MANY).then_some((Medium, Possible)),
            () if n >= MASS || (n >= MANY && old) => Some((High, Likely)),
            () if n >= MANY => Some((Medium, Likely)),
            () if origin.is_gone() || old => Some((Medium, Possible)),
            () if n > 1 => Some((Low, Possible)),
            () => None,
        }
    }
}

/// Whether half of `crowd` waits for longer than anybody does.
fn is_old(crowd: &Crowd<'_>) -> bool {
    // The median is that of the known waits; those that are under a minute are not known.
    let half = crowd.wait.known.saturating_mul(2) >= crowd.count;
    half && crowd.wait.median.is_some_and(|minutes| minutes >= LONG)
}

/// Whether one of `crowd` waits for longer than anybody does.
fn has_old(crowd: &Crowd<'_>) -> bool {
    crowd.wait.max.is_some_and(|minutes| minutes >= LONG)
}

/// Whether the code at `site` is a library's that may have a goroutine for each of its connections:
/// pools open those in the middle of calls, so that they outlive who started them and are no leak.
fn opens_connections(site: &Site<'_>) -> bool {
    const OPENERS: &[&str] = &["net", "net/http", "net/rpc", "database/sql", "crypto/tls"];
    site.is_dependency() && (!site.std || OPENERS.contains(&site.package()))
}
