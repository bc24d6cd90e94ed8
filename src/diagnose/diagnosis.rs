//! A dump that was looked at, with everything that the analyses say of it.

use std::ops::Deref;

use super::facts::Facts;
use super::find;
use super::finding::Finding;
use crate::model::Dump;
use crate::view::fingerprint::{finish, hash_str, mix};
use crate::view::group::Group;
use crate::view::summary::Summary;

/// A dump with the user's view of it and what was found.
pub struct Sight<'d> {
    /// What the analyses looked at.
    pub facts: Basis<'d>,
    /// The user's view, if it is another than that of the analyses.
    pub(super) look: Option<Summary<'d>>,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Groups that were judged to be fine.
    pub fine: Vec<find::Fine>,
    /// What could not be judged, and what would help.
    pub notes: Vec<find::Note>,
}

/// What the analyses looked at: of this sight alone, or of a series that others look at as well.
pub enum Basis<'d> {
    /// Nobody else looks at it.
    Own(Box<Facts<'d>>),
    /// It belongs to a [`Judged`](super::Judged).
    Shared(&'d Facts<'d>),
}

impl<'d> Deref for Basis<'d> {
    type Target = Facts<'d>;

    fn deref(&self) -> &Facts<'d> {
        match self {
            Self::Own(facts) => facts,
            Self::Shared(facts) => facts,
        }
    }
}

impl<'d> Sight<'d> {
    /// Whether `dump` holds only what Go has proven to be leaked.
    pub fn is_proof(dump: &Dump) -> bool {
        dump.profile == "goroutineleak" && dump.is_aggregated()
    }

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
