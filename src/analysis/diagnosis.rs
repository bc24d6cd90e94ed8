//! A dump that was looked at, with everything that the analyses say of it.

use super::facts::{Case, Config, Facts};
use super::find;
use super::finding::Finding;
use super::fingerprint::{finish, hash_str, mix};
use super::group::Group;
use super::known::Known;
use super::summary::{Look, Summary};
use crate::model::Dump;

/// A dump with the user's view of it and what was found.
pub struct Sight<'d> {
    /// What the analyses looked at.
    pub facts: Facts<'d>,
    /// The user's view, if it is another than that of the analyses.
    look: Option<Summary<'d>>,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Groups that were judged to be fine.
    pub fine: Vec<find::Fine>,
    /// What could not be judged, and what would help.
    pub notes: Vec<String>,
}

impl<'d> Sight<'d> {
    /// Looks at each of `dumps`, a series in the order of time; every one is judged together with those
    /// before it, of which at most [`Sight::HISTORY`] count.
    ///
    /// Profiles that hold only what Go has proven to be leaked say nothing of how many goroutines there
    /// are: they come first in what is returned, are a series of their own, and prove what is suspected
    /// in the others.
    pub fn all(
        dumps: impl IntoIterator<Item = &'d Dump>,
        look: &Look,
        config: &Config,
        known: &Known,
    ) -> Vec<Self> {
        let facts = dumps.into_iter().map(Facts::new);
        let (proven, others): (Vec<_>, Vec<_>) =
            facts.partition(|facts| Self::is_proof(facts.dump()));
        let asked = (look, config, known);
        let of_others = said(&others, &proven, asked);
        let mut sights = Self::of(said(&proven, &[], asked), proven, look);
        sights.extend(Self::of(of_others, others, look));
        sights
    }

    /// Whether `dump` holds only what Go has proven to be leaked.
    pub fn is_proof(dump: &Dump) -> bool {
        dump.profile == "goroutineleak" && dump.is_aggregated()
    }

    fn of(said: Vec<Said>, facts: Vec<Facts<'d>>, look: &Look) -> Vec<Self> {
        let sights = facts.into_iter().zip(said);
        sights
            .map(|(facts, (findings, fine, notes))| {
                let own = (!look.is_default()).then(|| Summary::new(facts.dump(), look));
                Self { facts, look: own, findings, fine, notes }
            })
            .collect()
    }

    /// Earlier dumps that a dump is compared with: growth shows in so many, and a log may hold thousands.
    pub const HISTORY: usize = 16;

    /// The user's view of the dump.
    pub fn summary(&self) -> &Summary<'d> {
        self.look.as_ref().unwrap_or(&self.facts.summary)
    }

    /// The group at `index` of the user's view, with at most `ids` goroutine ids.
    pub fn group(&self, index: usize, ids: usize) -> Option<Group<'d>> {
        match &self.look {
            Some(summary) => summary.grouping.group(&summary.stacks, index, ids),
            None => self.facts.group(index, ids),
        }
    }

    /// Fingerprint of a finding: of its kind and of the functions and states of its groups, so that it is
    /// the same over builds and hosts.
    pub fn id(&self, finding: &Finding) -> u64 {
        let groups = finding.groups.iter().filter_map(|index| self.facts.groups.get(*index));
        let mut ids: Vec<u64> = groups.map(|group| group.id).collect();
        ids.sort_unstable();
        finish(ids.into_iter().fold(hash_str(finding.kind), mix))
    }

    /// Goroutine ids of a finding, its root's first, at most `most`.
    pub fn goids(&self, finding: &Finding, most: usize) -> Vec<u64> {
        let root = finding.root.iter().flat_map(|root| root.goids.iter().copied());
        let members = finding.groups.iter().flat_map(|index| self.facts.members(*index));
        let mut goids: Vec<u64> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        for goid in root.chain(members.filter_map(crate::model::Goroutine::goid)) {
            if goids.len() >= most {
                break;
            }
            if seen.insert(goid) {
                goids.push(goid);
            }
        }
        goids
    }
}

/// What is said of a dump: findings, groups that are fine, notes.
type Said = (Vec<Finding>, Vec<find::Fine>, Vec<String>);

/// What is said of each of a series; `proven` are profiles of what Go has proven.
fn said(
    facts: &[Facts<'_>],
    proven: &[Facts<'_>],
    (look, config, known): (&Look, &Config, &Known),
) -> Vec<Said> {
    let one = |index: usize| {
        let (before, rest) = facts.split_at(index);
        let from = before.len().saturating_sub(Sight::HISTORY);
        let before = before.get(from..).unwrap_or(before);
        let case = Case { now: rest.first()?, before, config, known };
        let mut findings = find::run(&case);
        let joined = proven.last().and_then(|proven| find::join(case.now, proven, &mut findings));
        // Who is blamed by a finding that the filter leaves out is not fine for that.
        let mut fine = find::fine(&case, &findings);
        if !look.filter.is_empty() {
            let matcher = look.filter.for_dump(case.now.dump());
            let is_wanted = |groups: &[usize]| {
                let mut members = groups.iter().flat_map(|index| case.now.members(*index));
                members.any(|goroutine| matcher.matches(&goroutine.row()))
            };
            findings.retain(|finding| is_wanted(&finding.groups));
            fine.retain(|fine| is_wanted(&[fine.group]));
        }
        let mut notes = find::notes(&case, &findings);
        notes.extend(joined);
        Some((findings, fine, notes))
    };
    (0..facts.len()).filter_map(one).collect()
}
