//! When what is found in a dump, or what a gate says of it, is reason enough to take the whole text.

use std::collections::{BTreeSet, VecDeque};

use crate::diagnose::facts::Config;
use crate::diagnose::title::Title;
use crate::diagnose::{Finding, Known, Sight};
use crate::gate::{Gate, Reason, Rules, Trip};
use crate::model::Dump;
use crate::view::summary::Look;

/// Dumps that one is compared with: growth shows in so many.
const PAST: usize = 8;

/// Looks at dumps one after the other, and says what is new in them.
#[derive(Debug, Default)]
pub struct Judge {
    rules: Rules,
    /// Dumps before, oldest first: growth is a finding only beside them.
    past: VecDeque<Dump>,
    /// Findings that were there before; none if nobody looked yet.
    known: Option<BTreeSet<u64>>,
    /// What of the gate has tripped and still would.
    over: BTreeSet<String>,
    /// What of the gate did not hold in the dump before.
    broken: BTreeSet<String>,
}

/// What is said of a dump.
#[derive(Debug, Default, PartialEq)]
pub struct Judgement {
    /// Why the whole text is worth having, if it is.
    pub tripped: Option<Reason>,
    /// What was there already in the first dump.
    pub known: Vec<Title>,
}

impl Judge {
    /// Judges by the thresholds and the baseline of `rules`. What is found in the first dump is known, unless
    /// it counts `from_start`.
    pub fn new(rules: Rules, from_start: bool) -> Self {
        Self { rules, known: from_start.then(BTreeSet::new), ..Self::default() }
    }

    /// Looks at the next dump; `is_meant` are findings that count.
    pub fn look(&mut self, dump: Dump, is_meant: impl Fn(&Finding) -> bool) -> Judgement {
        if self.past.len() > PAST {
            self.past.pop_front();
        }
        self.past.push_back(dump);
        let past = std::mem::take(&mut self.past);
        let (config, known) = (Config::default(), Known::built_in());
        let mut judgement = Judgement::default();
        if let Some(sight) = Sight::last(&past, &Look::default(), &config, &known) {
            judgement = self.new_finding(&sight, is_meant);
            let trip = self.new_trip(sight);
            judgement.tripped = judgement.tripped.or(trip);
        }
        self.past = past;
        judgement
    }

    /// Another process answers. What was found is known still: it has the same name there.
    pub fn restart(&mut self) {
        self.past.clear();
        self.over.clear();
        self.broken.clear();
    }

    /// What is meant and was not there before.
    fn new_finding(&mut self, sight: &Sight<'_>, is_meant: impl Fn(&Finding) -> bool) -> Judgement {
        let meant: Vec<_> = sight.findings.iter().filter(|finding| is_meant(finding)).collect();
        let now = meant.iter().map(|finding| sight.id(finding)).collect();
        let Some(before) = self.known.replace(now) else {
            let known = meant.iter().map(|finding| finding.title.clone()).collect();
            return Judgement { tripped: None, known };
        };
        let new = meant.into_iter().find(|finding| !before.contains(&sight.id(finding)));
        let found = |finding: &Finding| Reason::Found(finding.category, finding.title.clone());
        Judgement { tripped: new.map(found), known: Vec::new() }
    }

    /// The worst of what thresholds and baseline allow no longer.
    fn new_trip(&mut self, sight: Sight<'_>) -> Option<Reason> {
        let gate = Gate::new(vec![sight], &self.rules, |_| false);
        let name = |trip: &Trip| {
            let check = gate.checks.get(trip.check).map_or("", |check| &check.name);
            // Each group of a baseline is a rule of its own; who has most of a maximum changes.
            let group = trip.id.filter(|_| trip.kind != "max").unwrap_or(0);
            format!("{check} {group:016x}")
        };
        let trips: Vec<_> = gate.trips.iter().filter(|trip| !is_own(trip)).collect();
        // Goroutines come and go: what stays is worth a look.
        let is_sure = |trip: &&&Trip| trip.kind == "max" || self.broken.contains(&name(trip));
        let sure: Vec<_> = trips.iter().filter(is_sure).copied().collect();
        let new = sure.iter().find(|trip| !self.over.contains(&name(trip)));
        let reason = new.map(|trip| trip.reason.clone());
        self.over = sure.into_iter().map(name).collect();
        self.broken = trips.into_iter().map(name).collect();
        reason
    }
}

/// Whether it is only the goroutine that waits for the end of the request which this dump answers
/// (net/http/server.go, backgroundRead): it is there or not, by chance, and of a new one Go tells no frames.
fn is_own(trip: &Trip) -> bool {
    trip.kind == "new-group"
        && trip.count <= 1
        && trip
            .place
            .as_ref()
            .is_none_or(|place| place.function.starts_with("net/http.(*connReader)."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Baseline, Max, accepted};
    use crate::source::Stream;

    /// So many goroutines that wait to send in `function`.
    fn dump(function: &str, count: usize) -> Dump {
        let one = |id: usize| {
            format!(
                "goroutine {id} [chan send, 9 minutes]:\nmain.{function}()\n\t/x.go:1 +0x1\n\
                 created by main.main in goroutine 1\n\t/x.go:2 +0x1\n\n"
            )
        };
        read((10..10 + count).map(one).collect())
    }

    fn read(text: String) -> Dump {
        let mut stream = Stream::new(std::io::Cursor::new(text));
        crate::parse::parse(&mut stream, "x", &crate::parse::Options::default()).unwrap().remove(0)
    }

    /// The function that a crowd was found in.
    fn function(reason: &Reason) -> Option<&str> {
        match reason {
            Reason::Found(_, Title::Crowd { crowd }) => Some(&crowd.at.function),
            _ => None,
        }
    }

    #[test]
    fn a_finding_is_new_once_and_the_first_dump_only_says_what_is_there() {
        let mut judge = Judge::new(Rules::default(), false);
        let first = judge.look(dump("old", 40), |_| true);
        assert_eq!((first.tripped, first.known.len()), (None, 1));
        assert_eq!(judge.look(dump("old", 40), |_| true), Judgement::default());
        let new = judge.look(dump("new", 40), |_| true).tripped.unwrap();
        assert_eq!(function(&new), Some("main.new"));
        assert_eq!(judge.look(dump("new", 40), |_| true).tripped, None);
        // What another process has, too, is known.
        judge.restart();
        assert_eq!(judge.look(dump("new", 40), |_| true).tripped, None);
        assert_eq!(judge.look(dump("old", 40), |_| false), Judgement::default());
        let from_start = Judge::new(Rules::default(), true).look(dump("old", 40), |_| true);
        assert_eq!(from_start.tripped.as_ref().and_then(function), Some("main.old"));
    }

    #[test]
    fn a_threshold_trips_each_time_that_it_is_crossed() {
        let max = vec![Max::parse("goroutines=50").unwrap()];
        let mut judge = Judge::new(Rules { max, ..Rules::default() }, false);
        let tripped = [51, 60, 50, 51].map(|n| judge.look(dump("a", n), |_| false).tripped);
        assert_eq!(tripped.map(|why| why.is_some()), [true, false, false, true]);
    }

    #[test]
    fn a_baseline_trips_on_what_stays() {
        let known = dump("a", 50);
        let sights = Sight::all([&known], &Look::default(), &Config::default(), &Known::built_in());
        let mut baseline = Baseline::default();
        baseline.update(accepted(&sights));
        let rules = Rules { baseline: Some(baseline), ..Rules::default() };
        let mut judge = Judge::new(rules, false);
        let dumps = [("a", 50), ("b", 1), ("a", 50), ("a", 51), ("a", 52), ("a", 53)];
        let tripped = dumps.map(|(name, n)| judge.look(dump(name, n), |_| false).tripped);
        let tripped = tripped.map(|why| why.is_some());
        assert_eq!(tripped, [false, false, false, false, true, false]);
        // The request for the dump is not news.
        let own =
            "goroutine 7 [syscall]:\nnet/http.(*connReader).backgroundRead()\n\t/x.go:1 +0x1\n";
        for _ in 0..3 {
            assert_eq!(judge.look(read(own.to_owned()), |_| false).tripped, None);
        }
    }
}
