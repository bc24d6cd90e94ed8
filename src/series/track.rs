//! A series of any length: the counts of every group over time.

use rustc_hash::FxHashMap;

use super::process::{Between, stayed};
use super::snapshot::{Names, Snapshot, Who};
use super::taken::Taken;
use super::trend::{Trend, never_falls, slope};
use crate::model::{Dump, Format, WaitKind};
use crate::view::summary::{Look, Summary};

/// A series of dumps, oldest first.
#[derive(Debug)]
pub struct Series {
    /// The dumps.
    pub dumps: Vec<Taken>,
    /// All groups: what grows first, then what varies, what stays, what falls; each by its change.
    pub groups: Vec<Track>,
    /// The first dump after the last restart: trends are judged from it on, unless it is the last one.
    pub since: usize,
    /// Minutes from that dump on, for each from it on, if the times between all of them are known.
    pub minutes: Option<Vec<f64>>,
    /// What could not be compared.
    pub notes: Vec<String>,
}

/// A group over time.
#[derive(Clone, Debug)]
pub struct Track {
    /// Who it is.
    pub who: Who,
    /// Goroutines by the number of the dump, for the dumps that it is in.
    counts: Vec<(u32, i64)>,
    /// Goroutines in the first dump that counts.
    pub first: i64,
    /// Goroutines in the last dump.
    pub last: i64,
    /// Fewest in any dump.
    pub min: i64,
    /// Most in any dump.
    pub max: i64,
    /// What it does since the last restart.
    pub trend: Trend,
    /// Change for each minute, or for each dump if times are not known; since the last restart.
    pub slope: f64,
    /// It never falls since the last restart.
    pub never_falls: bool,
    /// Goroutines that are in this group, in the same wait, in every dump since the last restart.
    pub stuck: i64,
}

impl Track {
    /// Goroutines in each of `dumps` dumps.
    pub fn counts(&self, dumps: usize) -> Vec<i64> {
        let mut all = vec![0; dumps];
        for (number, count) in &self.counts {
            if let Some(slot) = all.get_mut(*number as usize) {
                *slot = *count;
            }
        }
        all
    }
}

/// Puts a series together, dump by dump.
#[derive(Debug, Default)]
pub struct SeriesBuilder {
    look: Look,
    /// Dumps that wait for all others, to be sorted by time.
    sorted: Option<Vec<(Taken, Snapshot)>>,
    names: Names,
    dumps: Vec<Taken>,
    counts: Vec<Vec<(u32, i64)>>,
    last: Option<Snapshot>,
    /// Goroutines that are in the same place in all dumps since the last restart, by id.
    stuck: Vec<(u64, u32)>,
    since: usize,
}

impl SeriesBuilder {
    /// A series of what `look` looks at, in the order of `add`, or of time if it is `sorted`.
    pub fn new(look: Look, sorted: bool) -> Self {
        Self { look, sorted: sorted.then(Vec::new), ..Self::default() }
    }

    /// Adds a dump; `modified` is when its file was last written.
    pub fn add(&mut self, dump: &Dump, modified: Option<i64>) {
        let summary = Summary::new(dump, &self.look);
        let mut snapshot = Snapshot::new(&summary, &mut self.names, modified);
        snapshot.indices = Vec::new();
        let taken = Taken::new(&summary, &snapshot);
        match &mut self.sorted {
            Some(waiting) => waiting.push((taken, snapshot)),
            None => self.append(taken, snapshot),
        }
    }

    fn append(&mut self, mut taken: Taken, snapshot: Snapshot) {
        let number = u32::try_from(self.dumps.len()).unwrap_or(u32::MAX);
        self.counts.resize_with(self.names.len(), Vec::new);
        for (group, count) in &snapshot.counts {
            if let Some(counts) = self.counts.get_mut(*group as usize) {
                counts.push((number, *count));
            }
        }
        let all = |snapshot: &Snapshot| {
            snapshot.members.iter().map(|member| (member.goid, member.group)).collect()
        };
        match self.last.take() {
            None => self.stuck = all(&snapshot),
            Some(last) => {
                let between = Between::new(&last, &snapshot);
                let is_same = between.restarted.is_none();
                if is_same && between.has_ids {
                    taken.flow = Some(between.total());
                    let now = stayed(&last, &snapshot, between.elapsed);
                    self.stuck.retain(|pair| now.binary_search(pair).is_ok());
                } else if is_same {
                    // Without ids in one dump nobody is known to have stayed.
                    self.stuck = Vec::new();
                } else {
                    self.stuck = all(&snapshot);
                }
                if !is_same {
                    self.since = self.dumps.len();
                }
                taken.created = between.created;
                taken.elapsed = between.elapsed;
                taken.restarted = between.restarted;
            }
        }
        self.dumps.push(taken);
        self.last = Some(snapshot);
    }

    /// The series.
    pub fn finish(mut self) -> Series {
        if let Some(mut waiting) = self.sorted.take() {
            // What has no time stays behind, in its order.
            waiting.sort_by_key(|(taken, _)| {
                (taken.moment.is_none(), taken.moment.map(|moment| moment.nanos))
            });
            for (taken, snapshot) in waiting {
                self.append(taken, snapshot);
            }
        }
        let mut notes = self.notes();
        self.merge_formats();
        let segment = if self.since + 1 < self.dumps.len() { self.since } else { 0 };
        let minutes = minutes(&self.dumps, segment);
        if self.since > 0 && segment == 0 {
            notes.push(
                "the process was restarted before the last dump, so trends are judged over the restart"
                    .to_owned(),
            );
        }
        let mut stuck: FxHashMap<u32, i64> = FxHashMap::default();
        // In one dump everybody stands still.
        let compared = self.dumps.len() - self.since.min(self.dumps.len()) > 1;
        for (_, group) in self.stuck.iter().filter(|_| compared) {
            *stuck.entry(*group).or_default() += 1;
        }
        let dumps = self.dumps.len();
        let mut groups: Vec<Track> = (0u32..)
            .zip(std::mem::take(&mut self.counts))
            .filter(|(_, counts)| !counts.is_empty())
            .filter_map(|(number, counts)| {
                let who = self.names.get(number)?.clone();
                let stuck = stuck.get(&number).copied().unwrap_or(0);
                Some(track(who, counts, stuck, dumps, segment, minutes.as_deref()))
            })
            .collect();
        groups.sort_by(|a, b| order(a).cmp(&order(b)));
        Series { dumps: self.dumps, groups, since: segment, minutes, notes }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let none = self.dumps.iter().all(|taken| taken.goroutines == 0);
        if none && self.dumps.iter().any(Taken::is_filtered) {
            notes.push("no goroutine passes the filter".to_owned());
        }
        let aggregated = |taken: &&Taken| matches!(taken.format(), Format::Debug1 | Format::Proto);
        let without = self.dumps.iter().filter(aggregated).count();
        if without == self.dumps.len() {
            notes.push(
                "these formats carry no goroutine ids, so it cannot be told which goroutines stayed and \
                 whether the process was restarted; take /debug/pprof/goroutine?debug=2 for that"
                    .to_owned(),
            );
        } else if without > 0 {
            notes.push(format!(
                "{without} of {} dumps carry no goroutine ids; groups are compared by their functions, and \
                 by states where the formats agree on them",
                self.dumps.len()
            ));
        }
        if self.dumps.iter().any(|taken| taken.moment.is_none()) && self.sorted.is_some() {
            notes.push("dumps without a time are last".to_owned());
        }
        for taken in self.dumps.iter().filter(|taken| taken.is_cut()) {
            notes.push(format!("{} is cut off, so its counts are too low", taken.name()));
        }
        notes
    }

    /// Takes groups together that differ only in what one format says of states and another does not.
    fn merge_formats(&mut self) {
        let is_aggregated: Vec<bool> =
            self.dumps.iter().map(|taken| !taken.format().is_traceback()).collect();
        if !is_aggregated.contains(&true) || !is_aggregated.contains(&false) {
            return;
        }
        let side = |wanted: bool| -> Vec<(u32, i64)> {
            let is_there = |counts: &&Vec<(u32, i64)>| {
                counts.iter().any(|(dump, _)| is_aggregated.get(*dump as usize) == Some(&wanted))
            };
            let numbered = (0u32..).zip(&self.counts);
            numbered.filter(|(_, counts)| is_there(counts)).map(|(number, _)| (number, 0)).collect()
        };
        let same = self.names.without_states(&side(false), &side(true));
        for number in 0..self.counts.len() {
            let Some(to) = same.get(number).map(|to| *to as usize).filter(|to| *to != number)
            else {
                continue;
            };
            let moved = self.counts.get_mut(number).map(std::mem::take).unwrap_or_default();
            if let Some(counts) = self.counts.get_mut(to) {
                *counts = sum(counts, &moved);
            }
        }
        for (_, group) in &mut self.stuck {
            *group = same.get(*group as usize).copied().unwrap_or(*group);
        }
    }
}

/// Both lists added up, by dump.
fn sum(a: &[(u32, i64)], b: &[(u32, i64)]) -> Vec<(u32, i64)> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    all
}

/// Minutes from the dump at `from` on, for each from it on; `None` if a time between is not known.
fn minutes(dumps: &[Taken], from: usize) -> Option<Vec<f64>> {
    let mut now = 0.0;
    let mut all = vec![now];
    for taken in dumps.get(from + 1..)? {
        now += taken.elapsed?.minutes();
        all.push(now);
    }
    Some(all)
}

fn track(
    who: Who,
    counts: Vec<(u32, i64)>,
    stuck: i64,
    dumps: usize,
    since: usize,
    minutes: Option<&[f64]>,
) -> Track {
    let mut track = Track {
        who,
        counts,
        first: 0,
        last: 0,
        min: 0,
        max: 0,
        trend: Trend::Stays,
        slope: 0.0,
        never_falls: true,
        stuck,
    };
    let all = track.counts(dumps);
    let judged = all.get(since..).unwrap_or(&[]);
    track.first = judged.first().copied().unwrap_or(0);
    track.last = judged.last().copied().unwrap_or(0);
    track.min = all.iter().copied().min().unwrap_or(0);
    track.max = all.iter().copied().max().unwrap_or(0);
    track.trend = Trend::of(judged);
    track.never_falls = never_falls(judged);
    track.slope = slope_of(judged, minutes);
    track
}

/// The slope of `counts` over `minutes`, or over the number of the dump.
#[allow(clippy::cast_precision_loss, reason = "the number of a dump is small")]
pub fn slope_of(counts: &[i64], minutes: Option<&[f64]>) -> f64 {
    let at = |index: usize| minutes.and_then(|all| all.get(index).copied()).unwrap_or(index as f64);
    let points: Vec<(f64, i64)> =
        counts.iter().enumerate().map(|(index, count)| (at(index), *count)).collect();
    slope(&points)
}

/// Growing first; each kind by its change, what is stuck before what is not, then by size and name.
fn order(track: &Track) -> impl Ord + '_ {
    use std::cmp::Reverse;
    let who = &track.who;
    let change = track.last.saturating_sub(track.first).unsigned_abs();
    (
        track.trend,
        Reverse(if track.trend == Trend::Stays { 0 } else { change }),
        Reverse(track.max),
        !who.user,
        WaitKind::of_state(&who.state) == WaitKind::Io,
        &who.place,
        &who.state,
        who.id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DumpBuilder, Frame, Head, Row};

    /// A dump of goroutines `(id, function, minutes)`, all in `chan receive`.
    fn dump(goroutines: &[(u64, &str, u32)]) -> Dump {
        let mut builder = DumpBuilder::new("d", Format::Debug2);
        for (goid, function, minutes) in goroutines {
            let function = builder.function(function.as_bytes());
            let file = builder.string(b"/f.go");
            let kind = crate::model::CallKind::Plain;
            let frame = builder.frame(Frame::Call { function, file, line: 1, kind });
            let stack = builder.stack(&[frame]);
            let state = builder.string(b"chan receive");
            let minutes = Some(*minutes).filter(|minutes| *minutes > 0);
            let head = builder.head(Head { state, minutes, ..Head::default() });
            builder.push(Row { goid: *goid, stack, head, ..Row::default() });
        }
        builder.finish()
    }

    fn series(dumps: &[(Dump, Option<i64>)], sorted: bool) -> Series {
        let mut builder = SeriesBuilder::new(Look::default(), sorted);
        for (dump, minute) in dumps {
            builder.add(dump, minute.map(|minute| 1_000_000_000 * 60 * (minute + 1_000_000)));
        }
        builder.finish()
    }

    fn crowd(ids: std::ops::Range<u64>, function: &'static str) -> Vec<(u64, &'static str, u32)> {
        ids.map(|goid| (goid, function, 0)).collect()
    }

    #[test]
    fn growing_flat_and_falling_are_told_apart() {
        let at = |n: u64| {
            let mut all = crowd(10..30 + 40 * n, "main.leak");
            all.extend(crowd(1000..1064, "main.pool"));
            all.extend(crowd(2000 + 50 * n..2200, "main.backlog"));
            (dump(&all), Some(10 * i64::try_from(n).unwrap()))
        };
        let series = series(&[at(0), at(1), at(2)], false);
        let told: Vec<_> = series
            .groups
            .iter()
            .map(|track| (track.who.place.function.as_str(), track.trend.name(), track.stuck))
            .collect();
        let expected = [
            ("main.leak", "growing", 20),
            ("main.pool", "flat", 64),
            ("main.backlog", "falling", 100),
        ];
        assert_eq!(told, expected);
        assert!((series.groups[0].slope - 4.0).abs() < 1e-9, "{}", series.groups[0].slope);
        assert_eq!(series.groups[0].counts(3), [20, 60, 100]);
    }

    #[test]
    fn trends_begin_anew_after_a_restart() {
        let old = |n: u64| (dump(&crowd(10_000..10_200 + n, "main.leak")), None);
        let new = |n: u64| (dump(&crowd(10..20 + 40 * n, "main.leak")), None);
        let series = series(&[old(0), old(50), new(0), new(1), new(2)], false);
        assert_eq!(series.since, 2);
        assert!(series.dumps[2].restarted.is_some() && series.dumps[1].restarted.is_none());
        let track = &series.groups[0];
        assert_eq!((track.trend, track.first, track.last), (Trend::Grows, 10, 90));
        assert_eq!((track.min, track.max, track.stuck), (10, 250, 10));
    }

    #[test]
    fn sorted_by_time_if_asked_to() {
        let at = |count: u64, minute: i64| (dump(&crowd(10..10 + count, "main.f")), Some(minute));
        let dumps = [at(90, 30), at(10, 0), at(50, 20)];
        assert_eq!(series(&dumps, false).groups[0].counts(3), [90, 10, 50]);
        assert_eq!(series(&dumps, true).groups[0].counts(3), [10, 50, 90]);
    }
}
