//! Findings as JSON.

use serde::{Serialize, Serializer};

use super::chain::ChainView;
use super::data::DataView;
use super::view::FrameView;
use crate::diagnose::{Finding, Sight};
use crate::render::wording;

#[derive(Serialize)]
pub(super) struct FindingView<'a> {
    input: &'a str,
    id: String,
    kind: &'static str,
    category: &'static str,
    severity: &'static str,
    confidence: &'static str,
    title: String,
    title_data: DataView,
    count: i64,
    groups: Vec<String>,
    goids: Vec<u64>,
    root: Option<RootView<'a>>,
    chain: Option<ChainView<'a>>,
    evidence: Vec<String>,
    evidence_data: Vec<DataView>,
    next: Vec<String>,
    next_data: Vec<DataView>,
}

#[derive(Serialize)]
struct RootView<'a> {
    goids: &'a [u64],
    role: String,
    stack: Vec<FrameView<'a>>,
}

/// The findings of some dumps, one after the other, each with at most so many goroutine ids.
pub(super) struct Findings<'a, 'd> {
    pub(super) sights: &'a [Sight<'d>],
    pub(super) ids: usize,
}

impl Serialize for Findings<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all =
            self.sights.iter().flat_map(|sight| sight.findings.iter().map(move |f| (sight, f)));
        serializer.collect_seq(all.map(|(sight, f)| FindingView::new(sight, f, self.ids)))
    }
}

impl<'a> FindingView<'a> {
    fn new(sight: &'a Sight<'_>, finding: &'a Finding, ids: usize) -> Self {
        let groups = finding.groups.iter().filter_map(|index| sight.facts.groups.get(*index));
        Self {
            input: &sight.facts.dump().name,
            id: format!("{:016x}", sight.id(finding)),
            kind: finding.kind,
            category: finding.category.name(),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            title: wording::title(&finding.title),
            title_data: finding.title.data().into(),
            count: finding.count,
            groups: groups.map(|group| format!("{:016x}", group.id)).collect(),
            goids: sight.goids(finding, ids),
            root: finding.root.as_ref().map(|root| RootView {
                goids: &root.goids,
                role: wording::role(root.role.as_ref()),
                stack: sight.facts.frames(root.stack).map(FrameView::from).collect(),
            }),
            chain: finding.chain.as_ref().map(|chain| ChainView::new(sight, chain, ids)),
            evidence: wording::all_evidence(finding),
            evidence_data: finding.evidence.iter().map(|one| one.data().into()).collect(),
            next: wording::all_steps(finding),
            next_data: finding.next.iter().map(|one| one.data().into()).collect(),
        }
    }

    /// The ids of the groups that findings of `sight` name.
    pub(super) fn groups(sight: &Sight<'_>) -> impl Iterator<Item = u64> {
        let named = sight.findings.iter().flat_map(|finding| finding.groups.iter());
        named.filter_map(|index| sight.facts.groups.get(*index)).map(|group| group.id)
    }
}
