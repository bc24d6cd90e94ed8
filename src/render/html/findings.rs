//! Findings, and what was found fine.

use serde::Serialize;

use super::data::escaped;
use super::frames::Frames;
use crate::diagnose::graph::Chain;
use crate::diagnose::{Facts, Finding, Root, Sight};
use crate::render::wording;

/// Findings of one dump: each has its evidence with it.
const FINDINGS: usize = 200;
/// Groups of one finding: a finding may be about every group of a dump.
pub(super) const GROUPS: usize = 24;
/// Goroutine ids of one finding.
const IDS: usize = 50;
/// Levels of a chain, and victims of one goroutine.
const DEEP: usize = 8;
const VICTIMS: usize = 24;
/// Reasons why something is fine.
const FINE: usize = 40;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindingView {
    id: String,
    kind: &'static str,
    category: &'static str,
    severity: &'static str,
    confidence: &'static str,
    title: String,
    count: i64,
    /// Ids of groups, the most telling ones.
    groups: Vec<String>,
    /// How many groups there are in all.
    all_groups: usize,
    goids: Vec<u64>,
    root: Option<RootView>,
    chain: Option<ChainView>,
    evidence: Vec<String>,
    next: Vec<String>,
}

#[derive(Serialize)]
struct RootView {
    goids: Vec<u64>,
    state: String,
    role: String,
    stack: Vec<usize>,
    blocking: Option<usize>,
}

/// Goroutines and who waits for them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChainView {
    group: Option<String>,
    state: String,
    count: i64,
    goids: Vec<u64>,
    role: String,
    frame: Option<usize>,
    victims: Vec<ChainView>,
    more_victims: usize,
}

/// Why goroutines are fine, how many, and their groups.
pub(super) type Fine = (String, i64, Vec<String>);

/// The findings of `sight`, worst first.
pub(super) fn of<'d>(sight: &Sight<'d>, frames: &mut Frames<'d>) -> Vec<FindingView> {
    let all = sight.findings.iter().take(FINDINGS);
    all.map(|finding| one(sight, finding, frames)).collect()
}

fn one<'d>(sight: &Sight<'d>, finding: &Finding, frames: &mut Frames<'d>) -> FindingView {
    let facts = &sight.facts;
    FindingView {
        id: format!("{:016x}", sight.id(finding)),
        kind: finding.kind,
        category: finding.category.name(),
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        title: escaped(&wording::title(&finding.title)),
        count: finding.count,
        groups: finding
            .groups
            .iter()
            .take(GROUPS)
            .filter_map(|index| group_id(facts, *index))
            .collect(),
        all_groups: finding.groups.len(),
        goids: sight.goids(finding, IDS),
        root: finding.root.as_ref().map(|root| root_view(facts, root, frames)),
        chain: finding.chain.as_ref().map(|chain| chain_view(facts, chain, frames, 0)),
        evidence: wording::all_evidence(finding).iter().map(|text| escaped(text)).collect(),
        next: wording::all_steps(finding).iter().map(|text| escaped(text)).collect(),
    }
}

fn group_id(facts: &Facts<'_>, index: usize) -> Option<String> {
    facts.groups.get(index).map(|group| format!("{:016x}", group.id))
}

fn root_view<'d>(facts: &Facts<'d>, root: &Root, frames: &mut Frames<'d>) -> RootView {
    let state = facts.dump().goroutine(root.row as usize).map_or("", |one| one.state());
    RootView {
        goids: root.goids.iter().take(IDS).copied().collect(),
        state: escaped(state),
        role: escaped(&wording::role(root.role.as_ref())),
        stack: facts.frames(root.stack).map(|frame| frames.number(frame)).collect(),
        blocking: root.blocking,
    }
}

fn chain_view<'d>(
    facts: &Facts<'d>,
    chain: &Chain,
    frames: &mut Frames<'d>,
    depth: usize,
) -> ChainView {
    let link = &chain.link;
    let stack: Vec<_> = facts.frames(link.stack).collect();
    let user = || {
        let is_user =
            |frame: &_| matches!(frame, crate::view::canon::Shown::Call { std: false, .. });
        stack.iter().position(is_user)
    };
    let frame = link.blocking.or_else(user).and_then(|at| stack.get(at)).or(stack.first());
    let shown = if depth < DEEP { VICTIMS } else { 0 };
    let victims = chain.victims.iter().take(shown);
    ChainView {
        group: group_id(facts, link.group),
        state: escaped(facts.state(link.group)),
        count: link.count,
        goids: link.goids.iter().take(IDS / 4).copied().collect(),
        role: escaped(&wording::role(chain.role.as_ref())),
        frame: frame.map(|frame| frames.number(*frame)),
        victims: victims.map(|victim| chain_view(facts, victim, frames, depth + 1)).collect(),
        more_victims: chain.victims.len().saturating_sub(shown),
    }
}

/// What was looked at and found fine, alike reasons together, most goroutines first.
pub(super) fn fine(sight: &Sight<'_>) -> Vec<Fine> {
    let mut reasons: indexmap::IndexMap<String, (i64, Vec<String>)> = indexmap::IndexMap::new();
    for fine in &sight.fine {
        let (sum, ids) = reasons.entry(wording::fine(&fine.why)).or_default();
        let count = sight.facts.groups.get(fine.group).map_or(0, |group| group.count);
        *sum = sum.saturating_add(count);
        ids.extend(group_id(&sight.facts, fine.group));
    }
    let mut list: Vec<Fine> =
        reasons.into_iter().map(|(why, (count, ids))| (escaped(&why), count, ids)).collect();
    list.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    list.truncate(FINE);
    list
}
