//! What happened between two dumps: how much time went by, whether the process is still the same, and
//! what became of each goroutine.

use rustc_hash::FxHashMap;

use super::snapshot::{Member, Snapshot, TimeSource};

/// Time between two dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    /// In seconds, more than 0.
    pub seconds: i64,
    /// How that is known.
    pub source: TimeSource,
}

impl Elapsed {
    /// In minutes.
    #[allow(clippy::cast_precision_loss, reason = "a rate is shown with few digits")]
    pub fn minutes(self) -> f64 {
        self.seconds as f64 / 60.0
    }
}

/// What became of the goroutines of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The same goroutines in the same stack and state, and nothing says that they moved in between.
    pub stayed: i64,
    /// The same goroutines in the same stack and state, but their wait began anew.
    pub renewed: i64,
    /// Goroutines that were elsewhere before.
    pub moved_in: i64,
    /// Goroutines that are elsewhere now.
    pub moved_out: i64,
    /// Goroutines that did not exist before.
    pub new: i64,
    /// Goroutines that have ended.
    pub gone: i64,
}

impl Flow {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            stayed: self.stayed + other.stayed,
            renewed: self.renewed + other.renewed,
            moved_in: self.moved_in + other.moved_in,
            moved_out: self.moved_out + other.moved_out,
            new: self.new + other.new,
            gone: self.gone + other.gone,
        }
    }
}

/// What happened between two dumps.
#[derive(Debug, Default)]
pub struct Between {
    /// Time between them; `None` if it is not known.
    pub elapsed: Option<Elapsed>,
    /// Both have goroutine ids.
    pub has_ids: bool,
    /// Why they are of different processes, if they are.
    pub restarted: Option<String>,
    /// What became of the goroutines of each group, by its number; empty without ids or after a restart.
    pub flows: FxHashMap<u32, Flow>,
    /// Highest id in the second less that in the first: about as many goroutines were started, as
    /// Go hands ids out in blocks of 16 to each processor.
    pub created: Option<u64>,
}

impl Between {
    /// Compares two dumps, the earlier one first.
    pub fn new(before: &Snapshot, after: &Snapshot) -> Self {
        let has_ids = !before.members.is_empty() && !after.members.is_empty();
        let mut between = Self { has_ids, ..Self::default() };
        between.restarted = restarted(before, after);
        let same = has_ids && between.restarted.is_none();
        between.elapsed = elapsed(before, after, same);
        if same {
            between.flows = flows(before, after, between.elapsed);
            between.created =
                after.max_goid.zip(before.max_goid).and_then(|(b, a)| b.checked_sub(a));
        }
        between
    }

    /// The flow of all groups together.
    pub fn total(&self) -> Flow {
        let mut all: Vec<_> = self.flows.iter().collect();
        all.sort_unstable_by_key(|(number, _)| **number);
        all.into_iter().fold(Flow::default(), |sum, (_, flow)| sum.plus(*flow))
    }
}

/// Goroutines with the same id in both, and in the same group.
fn same_place<'s>(
    before: &'s Snapshot,
    after: &'s Snapshot,
) -> impl Iterator<Item = (Member, Member)> + 's {
    joined(&before.members, &after.members)
        .filter_map(|(a, b)| a.zip(b))
        .filter(|(a, b)| a.group == b.group)
}

/// Goroutines that are in the same wait in both, with their group, by id.
pub(super) fn stayed(
    before: &Snapshot,
    after: &Snapshot,
    elapsed: Option<Elapsed>,
) -> Vec<(u64, u32)> {
    same_place(before, after)
        .filter(|(a, b)| !is_new_wait(*a, *b, elapsed))
        .map(|(a, _)| (a.goid, a.group))
        .collect()
}

/// Both lists side by side, by id.
fn joined<'s>(
    before: &'s [Member],
    after: &'s [Member],
) -> impl Iterator<Item = (Option<Member>, Option<Member>)> + 's {
    let (mut a, mut b) = (before.iter().copied().peekable(), after.iter().copied().peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (None, None) => None,
        (Some(x), Some(y)) if x.goid == y.goid => Some((a.next(), b.next())),
        (Some(x), Some(y)) if x.goid > y.goid => Some((None, b.next())),
        (None, Some(_)) => Some((None, b.next())),
        (Some(_), _) => Some((a.next(), None)),
    })
}

/// By how many minutes the waits of goroutines that stayed became longer; sorted.
fn aging(before: &Snapshot, after: &Snapshot) -> Vec<i64> {
    let aged = same_place(before, after).filter(|(a, b)| a.waited > 0 && b.waited > 0);
    let mut steps: Vec<i64> =
        aged.map(|(a, b)| i64::from(b.waited) - i64::from(a.waited)).collect();
    steps.sort_unstable();
    steps
}

/// Why the second dump is of another process than the first; `None` if it is not, or without ids.
fn restarted(before: &Snapshot, after: &Snapshot) -> Option<String> {
    /// So many goroutines do not all end, or wait anew, between two dumps of a service.
    const ENOUGH: usize = 5;
    let (was, is) = (before.max_goid?, after.max_goid?);
    if before.members.is_empty() || after.members.is_empty() {
        return None;
    }
    let known = joined(&before.members, &after.members)
        .filter_map(|(a, b)| a.zip(b))
        .filter(|(a, b)| a.creator != 0 && b.creator != 0);
    let (all, others) = known.fold((0u64, 0u64), |(all, others), (a, b)| {
        (all + 1, others + u64::from(a.creator != b.creator))
    });
    // What started a goroutine never changes. Where ids are few, most are the same by chance.
    if others * 10 > all {
        return Some(format!("of {all} ids in both, {others} are of goroutines started elsewhere"));
    }
    let aging = aging(before, after);
    let younger = aging.iter().filter(|step| **step < 0).count();
    if younger >= ENOUGH && younger * 2 > aging.len() {
        return Some(format!(
            "{younger} goroutines with the same id and stack wait shorter than before"
        ));
    }
    if aging.iter().filter(|step| **step > 0).count() >= ENOUGH {
        return None;
    }
    // Whatever takes the dump is newer than the last dump, unless it came by a connection kept alive.
    if is < was / 2 {
        return Some(format!("ids start again: the highest was {was} and is {is}"));
    }
    let many = before.members.len() >= ENOUGH && after.members.len() >= ENOUGH;
    let stayed = same_place(before, after).any(|(a, _)| a.goid > 1);
    (many && !stayed).then(|| "no goroutine has the same id and stack in both".to_owned())
}

/// The time between two dumps of the same process.
fn elapsed(before: &Snapshot, after: &Snapshot, same: bool) -> Option<Elapsed> {
    /// Ages that are needed for an estimate.
    const ENOUGH: usize = 3;
    let known = before.moment.zip(after.moment).and_then(|(a, b)| {
        let nanos = b.nanos.saturating_sub(a.nanos);
        let seconds = match a.source {
            // Of dumps that were taken each second some are a little less apart.
            TimeSource::Dumps if nanos > 0 => {
                (nanos.saturating_add(500_000_000) / 1_000_000_000).max(1)
            }
            // Files that were written one after the other were copied.
            _ => nanos / 1_000_000_000,
        };
        (seconds > 0 && a.source == b.source).then_some(Elapsed { seconds, source: a.source })
    });
    let aging = if same { aging(before, after) } else { Vec::new() };
    let median = aging.get(aging.len() / 2).copied().filter(|_| aging.len() >= ENOUGH);
    let by_waits = median
        .filter(|minutes| *minutes > 0)
        .map(|minutes| Elapsed { seconds: minutes.saturating_mul(60), source: TimeSource::Waits });
    match (known, by_waits) {
        // A file's time is that of a copy perhaps; Go's minutes are rough.
        (Some(known), Some(waits)) if known.source == TimeSource::Files => {
            let off = (known.seconds - waits.seconds).abs();
            Some(if off > 120.max(waits.seconds / 5) { waits } else { known })
        }
        (known, waits) => known.or(waits),
    }
}

fn flows(before: &Snapshot, after: &Snapshot, elapsed: Option<Elapsed>) -> FxHashMap<u32, Flow> {
    let mut flows: FxHashMap<u32, Flow> = FxHashMap::default();
    for (a, b) in joined(&before.members, &after.members) {
        match (a, b) {
            (Some(a), Some(b)) if a.group == b.group => {
                let flow = flows.entry(a.group).or_default();
                if is_new_wait(a, b, elapsed) {
                    flow.renewed += 1;
                } else {
                    flow.stayed += 1;
                }
            }
            (Some(a), Some(b)) => {
                flows.entry(a.group).or_default().moved_out += 1;
                flows.entry(b.group).or_default().moved_in += 1;
            }
            (Some(a), None) => flows.entry(a.group).or_default().gone += 1,
            (None, Some(b)) => flows.entry(b.group).or_default().new += 1,
            (None, None) => {}
        }
    }
    flows
}

/// Whether a goroutine that is in the same place as before waits anew: its wait is shorter than it was,
/// or shorter than the time between. A wait that is not shown says nothing: Go counts from a GC cycle.
fn is_new_wait(before: Member, after: Member, elapsed: Option<Elapsed>) -> bool {
    let step = i64::from(after.waited) - i64::from(before.waited);
    if after.waited == 0 {
        return before.waited > 0;
    }
    if step < 0 {
        return true;
    }
    // An estimate from the waits themselves judges no wait. Go's minutes are off by one, and what
    // began before the first garbage collection is younger than it is.
    let known = elapsed.filter(|elapsed| elapsed.source != TimeSource::Waits);
    before.waited > 0
        && known.is_some_and(|elapsed| step.saturating_mul(60) < elapsed.seconds / 2 - 60)
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::Moment;
    use super::*;
    use crate::model::Format;

    fn snapshot(members: &[(u64, u32, u32)], at: Option<i64>) -> Snapshot {
        let moment =
            at.map(|seconds| Moment { nanos: seconds * 1_000_000_000, source: TimeSource::Files });
        let members: Vec<Member> = members
            .iter()
            .map(|&(goid, group, waited)| Member { goid, group, waited, creator: 0 })
            .collect();
        Snapshot {
            name: "test".to_owned(),
            format: Format::Debug2,
            moment,
            goroutines: i64::try_from(members.len()).unwrap(),
            counts: Vec::new(),
            indices: Vec::new(),
            max_goid: members.last().map(|member| member.goid),
            members,
        }
    }

    #[test]
    fn what_became_of_each() {
        let before = snapshot(&[(1, 0, 3), (7, 1, 2), (8, 1, 2), (9, 2, 0), (10, 2, 5)], None);
        let after = snapshot(&[(1, 0, 13), (7, 1, 12), (8, 2, 0), (10, 2, 0), (30, 1, 0)], None);
        let between = Between::new(&before, &after);
        assert_eq!(between.restarted, None);
        assert_eq!(between.created, Some(20));
        let flow = |number: u32| between.flows.get(&number).copied().unwrap_or_default();
        assert_eq!(flow(0), Flow { stayed: 1, ..Flow::default() });
        assert_eq!(flow(1), Flow { stayed: 1, moved_out: 1, new: 1, ..Flow::default() });
        assert_eq!(flow(2), Flow { renewed: 1, moved_in: 1, gone: 1, ..Flow::default() });
    }

    #[test]
    fn time_from_waits_files_or_neither() {
        let ids = [10, 11, 12, 13, 14];
        let at = |waited: u32, time| snapshot(&ids.map(|id| (id, 0, waited)), time);
        let between = |a: &Snapshot, b: &Snapshot| Between::new(a, b).elapsed;
        let waits = Elapsed { seconds: 600, source: TimeSource::Waits };
        assert_eq!(between(&at(3, None), &at(13, None)), Some(waits));
        let files = Elapsed { seconds: 630, source: TimeSource::Files };
        assert_eq!(between(&at(3, Some(0)), &at(13, Some(630))), Some(files));
        // The files were copied a second apart.
        assert_eq!(between(&at(3, Some(0)), &at(13, Some(1))), Some(waits));
        assert_eq!(between(&at(0, None), &at(0, None)), None);
    }

    #[test]
    fn a_restart_is_recognised() {
        let old = snapshot(&[(1, 0, 90), (20, 1, 90), (21, 1, 90), (22, 1, 90), (23, 1, 90)], None);
        let young = snapshot(&[(1, 0, 2), (20, 1, 2), (21, 1, 2), (22, 1, 2), (23, 1, 2)], None);
        assert!(Between::new(&old, &young).restarted.unwrap().contains("wait shorter"));
        let busy = snapshot(&[(1, 0, 0), (20, 1, 0), (90_000, 1, 0)], None);
        let fresh = snapshot(&[(1, 0, 0), (20, 1, 0), (40, 1, 0)], None);
        assert!(Between::new(&busy, &fresh).restarted.unwrap().contains("ids start again"));
        assert_eq!(Between::new(&fresh, &busy).restarted, None);
        let mut other = snapshot(&[(1, 0, 90), (20, 1, 90), (21, 1, 90)], None);
        let mut same = snapshot(&[(1, 0, 90), (20, 1, 90), (21, 1, 90)], None);
        same.members.iter_mut().for_each(|member| member.creator = 5);
        assert_eq!(Between::new(&same, &same).restarted, None);
        other.members.iter_mut().for_each(|member| member.creator = 6);
        assert!(Between::new(&same, &other).restarted.unwrap().contains("started elsewhere"));
        let others: Vec<_> = (100..110).map(|id| (id, 1, 0)).collect();
        let more: Vec<_> = (200..210).map(|id| (id, 1, 0)).collect();
        let between = Between::new(&snapshot(&others, None), &snapshot(&more, None));
        assert!(between.restarted.unwrap().contains("no goroutine has the same id"));
        assert!(between.flows.is_empty());
    }
}
