//! Who waits for whom as JSON: nodes, the root first, and edges from those who wait to those they wait
//! for.

use serde::Serialize;

use crate::diagnose::Sight;
use crate::diagnose::graph::Chain;
use crate::render::wording;
use crate::view::canon::Shown;

#[derive(Serialize)]
pub(super) struct ChainView<'a> {
    nodes: Vec<NodeView<'a>>,
    edges: Vec<EdgeView>,
}

#[derive(Serialize)]
struct NodeView<'a> {
    id: usize,
    group: Option<String>,
    state: &'a str,
    count: i64,
    behind: i64,
    goids: Vec<u64>,
    function: &'a str,
    file: &'a str,
    line: u32,
    role: String,
    in_cycle: bool,
}

#[derive(Serialize)]
struct EdgeView {
    from: usize,
    to: usize,
    waits_for: &'static str,
    confidence: Option<&'static str>,
}

impl<'a> ChainView<'a> {
    /// `chain` with at most `ids` goroutine ids a node.
    pub(super) fn new(sight: &'a Sight<'_>, chain: &'a Chain, ids: usize) -> Self {
        let mut view = Self { nodes: Vec::new(), edges: Vec::new() };
        let last = view.add(sight, chain, None, ids);
        // The root of a circle waits for the member that is farthest below.
        if let Some((why, sure)) = chain.closes.filter(|_| last != 0) {
            view.edges.push(EdgeView {
                from: 0,
                to: last,
                waits_for: why.name(),
                confidence: Some(sure.name()),
            });
        }
        view
    }

    /// Adds `chain` and what is below it; the last member of a circle in it, else itself.
    fn add(
        &mut self,
        sight: &'a Sight<'_>,
        chain: &'a Chain,
        above: Option<usize>,
        ids: usize,
    ) -> usize {
        let id = self.nodes.len();
        let facts = &sight.facts;
        let frames: Vec<Shown<'a>> = facts.frames(chain.link.stack).collect();
        let is_user = |frame: &Shown<'_>| matches!(frame, Shown::Call { std: false, .. });
        let at = chain.link.blocking.or_else(|| frames.iter().position(is_user)).unwrap_or(0);
        let (function, file, line) = match frames.get(at) {
            Some(Shown::Call { function, file, line, .. }) => (*function, *file, *line),
            _ => ("", "", 0),
        };
        self.nodes.push(NodeView {
            id,
            group: facts.groups.get(chain.link.group).map(|group| format!("{:016x}", group.id)),
            state: facts.state(chain.link.group),
            count: chain.link.count,
            behind: chain.behind(),
            goids: chain.link.goids.iter().take(ids).copied().collect(),
            function,
            file,
            line,
            role: wording::role(chain.role.as_ref()),
            in_cycle: chain.member,
        });
        if let Some(above) = above {
            self.edges.push(EdgeView {
                from: id,
                to: above,
                waits_for: chain.edge.map_or("unknown", |(why, _)| why.name()),
                confidence: chain.edge.map(|(_, sure)| sure.name()),
            });
        }
        let mut last = id;
        for victim in &chain.victims {
            let below = self.add(sight, victim, Some(id), ids);
            if victim.member {
                last = below;
            }
        }
        last
    }
}
