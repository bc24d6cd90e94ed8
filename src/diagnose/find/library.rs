//! What the analyses of the standard library and of well-known modules share: stacks to recognise,
//! who called, since when, and whether it grew.

use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Severity};
use crate::diagnose::said::{Caller, Callers};
use crate::diagnose::step::{Advice, Step};
use crate::model::{SourceLocation, WaitKind};
use crate::series::Trend;
use crate::view::canon::Shown;
use crate::view::group::Group;
use crate::view::wait::WaitStats;

/// So many of one kind are many: more than goleak's fixtures, test servers and the default pools of
/// the libraries have at rest (`http.DefaultMaxIdleConnsPerHost` and `sql.DB` keep 2).
pub(super) const MANY: i64 = 10;

/// So many are too many for chance: the size at which Go's own pools stop to keep connections
/// (`http.DefaultTransport.MaxIdleConns`).
pub(super) const TOO_MANY: i64 = 100;

/// Minutes after which a wait is long: longer than the timeouts that libraries and proxies come with
/// (30 to 60 seconds), even if Go counts one garbage collection cycle (2 minutes) too much.
pub(super) const LONG: u32 = 5;

/// A group with its functions.
pub(super) struct Seen<'f, 'd> {
    pub(super) index: usize,
    pub(super) group: &'f Group<'d>,
    /// Innermost first.
    pub(super) functions: &'f [&'d str],
    pub(super) state: &'d str,
    pub(super) kind: WaitKind,
}

impl<'d> Seen<'_, 'd> {
    /// The innermost function.
    pub(super) fn top(&self) -> &'d str {
        self.functions.first().copied().unwrap_or_default()
    }

    pub(super) fn has(&self, function: &str) -> bool {
        self.functions.contains(&function)
    }

    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.functions.iter().any(|function| function.starts_with(prefix))
    }

    /// Whether it waits for one of `kinds`, or for what is not known: debug=1 does not always tell.
    pub(super) fn may_be(&self, kinds: &[WaitKind]) -> bool {
        self.kind.is_unknown() || kinds.contains(&self.kind)
    }

    /// Whether it waits for a lock.
    pub(super) fn wants_lock(&self) -> bool {
        let lock = |function: &&str| {
            [
                "sync.(*Mutex).",
                "internal/sync.(*Mutex).",
                "sync.(*RWMutex).",
                "internal/poll.(*fdMutex).",
            ]
            .iter()
            .any(|prefix| function.starts_with(prefix))
        };
        (self.kind.is_unknown() || self.kind.is_lock()) && self.functions.iter().take(5).any(lock)
    }
}

/// All groups of a dump.
pub(super) fn seen<'f, 'd>(facts: &'f Index<'d>) -> Vec<Seen<'f, 'd>> {
    let one = |(index, group): (usize, &'f Group<'d>)| Seen {
        index,
        group,
        functions: facts.names(index),
        state: facts.state(index),
        kind: facts.kind(index),
    };
    facts.groups.iter().enumerate().map(one).collect()
}

/// The groups of `all` for which `test` is true.
pub(super) fn pick<'s, 'f, 'd>(
    all: &'s [Seen<'f, 'd>],
    test: impl Fn(&Seen<'f, 'd>) -> bool,
) -> Vec<&'s Seen<'f, 'd>> {
    all.iter().filter(|seen| test(seen)).collect()
}

/// Goroutines in `list`.
pub(super) fn total(list: &[&Seen<'_, '_>]) -> i64 {
    list.iter().fold(0, |sum, seen| sum.saturating_add(seen.group.count))
}

/// Goroutines in the program's own code, whatever they do there: no more calls can be in progress.
pub(super) fn in_user_code(facts: &Index<'_>) -> i64 {
    let stacks = &facts.summary.stacks;
    let own = facts.groups.iter().filter(|group| stacks.user(group.stack).is_some());
    own.fold(0, |sum, group| sum.saturating_add(group.count))
}

/// A finding about `list`, whose first is where it starts.
pub(super) fn finding(
    kind: &'static str,
    category: Category,
    facts: &Index<'_>,
    list: &[&Seen<'_, '_>],
) -> Finding {
    let mut finding = Finding::new(kind, category);
    finding.groups = list.iter().map(|seen| seen.index).collect();
    finding.count = total(list);
    finding.root = list.first().and_then(|seen| root(facts, seen));
    #[expect(clippy::cast_precision_loss, reason = "a rank, not a count")]
    let weight = finding.count as f64;
    finding.weight = weight;
    finding
}

fn root(facts: &Index<'_>, seen: &Seen<'_, '_>) -> Option<Root> {
    let member = facts.members(seen.index).next()?;
    let user = facts.frames(seen.group.stack).position(|frame| is_user(&frame));
    Some(Root {
        goids: seen.group.goids.clone(),
        row: u32::try_from(member.index()).ok()?,
        stack: seen.group.stack,
        role: None,
        blocking: user.or(Some(0)),
    })
}

fn is_user(frame: &Shown<'_>) -> bool {
    matches!(frame, Shown::Call { std: false, .. })
}

/// The innermost functions of the user in `list`, those with most goroutines first.
pub(super) fn callers(facts: &Index<'_>, list: &[&Seen<'_, '_>]) -> Vec<Caller> {
    let mut callers: Vec<Caller> = Vec::new();
    for seen in list {
        let Some((function, file, line)) = facts.frames(seen.group.stack).find_map(user_call)
        else {
            continue;
        };
        match callers.iter_mut().find(|caller| caller.at.function == function) {
            Some(caller) => caller.count = caller.count.saturating_add(seen.group.count),
            None => callers.push(Caller {
                at: SourceLocation::new(function, file, line),
                count: seen.group.count,
            }),
        }
    }
    callers.sort_by(|a, b| {
        let order = b.count.cmp(&a.count);
        order.then_with(|| a.at.function.cmp(&b.at.function))
    });
    callers
}

fn user_call(frame: Shown<'_>) -> Option<(&str, &str, u32)> {
    match frame {
        Shown::Call { function, file, line, std: false, .. } => Some((function, file, line)),
        _ => None,
    }
}

/// The places where the goroutines come from, if there are several.
pub(super) fn spread(callers: &[Caller]) -> Option<Evidence> {
    (callers.len() > 1).then(|| Evidence::Spread { callers: Callers::of(callers) })
}

/// The waits of `list`.
pub(super) fn waits(facts: &Index<'_>, list: &[&Seen<'_, '_>]) -> WaitStats {
    let members = list.iter().flat_map(|seen| facts.members(seen.index));
    WaitStats::of(members.map(|goroutine| (goroutine.head().minutes, goroutine.count())))
}

/// How bad it is that `count` requests wait for somebody outside of the process, with these `waits`;
/// `None` if it is what happens.
pub(super) fn urgency(count: i64, waits: &WaitStats) -> Option<Severity> {
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    let most = waits.known.saturating_mul(2) >= count;
    match count {
        // A burst of young requests is what a busy service has; where there are no ages nobody knows.
        MANY.. if long || most => Some(Severity::High),
        MANY.. => Some(Severity::Medium),
        1.. if long => Some(Severity::Medium),
        _ => None,
    }
}

/// What to do at the places of the first of `callers`.
pub(super) fn steps(callers: &[Caller], advice: Advice) -> Vec<Step> {
    callers.iter().take(3).map(|caller| Step::at(caller.at.clone(), advice)).collect()
}

/// Since when they wait, if that is known.
pub(super) fn since(waits: &WaitStats) -> Option<Evidence> {
    waits.min.zip(waits.max).map(|_| Evidence::Waits { waits: *waits })
}

/// Whether the number of goroutines for which `test` is true grew over the dumps by more than chance.
pub(super) fn grows(case: &Case<'_, '_>, test: impl Fn(&Seen<'_, '_>) -> bool) -> bool {
    let count = |facts: &Index<'_>| total(&pick(&seen(facts), &test));
    let counts: Vec<i64> = case.series().map(count).collect();
    counts.len() > 1 && Trend::of(&counts) == Trend::Grows
}
