//! Findings as JSON.

use serde::Serialize;

use super::chain::ChainView;
use super::view::FrameView;
use crate::diagnose::{Finding, Sight};

#[derive(Serialize)]
pub(super) struct FindingView<'a> {
    input: &'a str,
    id: String,
    kind: &'static str,
    category: &'static str,
    severity: &'static str,
    confidence: &'static str,
    title: &'a str,
    count: i64,
    groups: Vec<String>,
    goids: Vec<u64>,
    root: Option<RootView<'a>>,
    chain: Option<ChainView<'a>>,
    evidence: &'a [String],
    next: &'a [String],
}

#[derive(Serialize)]
struct RootView<'a> {
    goids: &'a [u64],
    role: &'a str,
    stack: Vec<FrameView<'a>>,
}

impl<'a> FindingView<'a> {
    /// The findings of `sight`, each with at most `ids` goroutine ids.
    pub(super) fn all(sight: &'a Sight<'_>, ids: usize) -> impl Iterator<Item = Self> {
        sight.findings.iter().map(move |finding| Self::new(sight, finding, ids))
    }

    fn new(sight: &'a Sight<'_>, finding: &'a Finding, ids: usize) -> Self {
        let groups = finding.groups.iter().filter_map(|index| sight.facts.groups.get(*index));
        Self {
            input: &sight.facts.dump().name,
            id: format!("{:016x}", sight.id(finding)),
            kind: finding.kind,
            category: finding.category.name(),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            title: &finding.title,
            count: finding.count,
            groups: groups.map(|group| format!("{:016x}", group.id)).collect(),
            goids: sight.goids(finding, ids),
            root: finding.root.as_ref().map(|root| RootView {
                goids: &root.goids,
                role: &root.role,
                stack: sight.facts.frames(root.stack).map(FrameView::from).collect(),
            }),
            chain: finding.chain.as_ref().map(|chain| ChainView::new(sight, chain, ids)),
            evidence: &finding.evidence,
            next: &finding.next,
        }
    }

    /// The ids of the groups that findings of `sight` name.
    pub(super) fn groups(sight: &Sight<'_>) -> impl Iterator<Item = u64> {
        let named = sight.findings.iter().flat_map(|finding| finding.groups.iter());
        named.filter_map(|index| sight.facts.groups.get(*index)).map(|group| group.id)
    }
}
