//! A graph for Graphviz: who created whom, and who waits for whom.
//!
//! A node is a group of goroutines with the same stack and state. A dashed edge leads from the group that
//! ran a `go` statement to the group that it started; goroutines that created others and are gone are one
//! node for each function. A red edge leads from those who wait to those they wait for, as the findings
//! tell it, so that such an edge is as sure as its finding.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Conversion;
use crate::diagnose::Sight;
use crate::diagnose::graph::Chain;
use crate::model::{Dump, Goroutine, StrId, WaitKind, wait};
use crate::render::escape::visible;
use crate::render::words::{counted, cut_end, location, number, wait};
use crate::render::{Limit, wording};
use crate::view::Selection;
use crate::view::canon::{Shown, Stacks};

/// Groups that are drawn if the user did not say: more than that nobody can look at.
const TOP: usize = 60;
/// Longest line of a label.
const WIDTH: usize = 60;

/// A node: a canonical stack and a state, or a function that created goroutines and is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    Group(u32, StrId),
    Gone(StrId),
}

/// What is known of a group.
struct Group<'d> {
    sample: Goroutine<'d>,
    count: i64,
    longest: Option<u32>,
}

/// Which edges are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edges {
    /// Who created whom.
    pub created: bool,
    /// Who waits for whom.
    pub waits: bool,
}

impl Default for Edges {
    fn default() -> Self {
        Self { created: true, waits: true }
    }
}

/// Writes the graph of each dump.
pub(super) fn write(conversion: &Conversion<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Conversion { selections, sights, how, .. } = conversion;
    let top = how.top.map_or(TOP, Limit::get);
    writeln!(out, "digraph goroutines {{")?;
    writeln!(out, "  rankdir=LR; fontname=\"monospace\"; compound=true;")?;
    writeln!(
        out,
        "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f6f6f2\", fontname=\"monospace\", fontsize=10];"
    )?;
    writeln!(out, "  edge [fontname=\"monospace\", fontsize=9];")?;
    for (index, selection) in selections.iter().enumerate() {
        let graph = Graph::new(selection, sights.get(index), how.edges, top);
        graph.write(index, out)?;
    }
    writeln!(out, "}}")
}

struct Graph<'d> {
    dump: &'d Dump,
    stacks: Stacks<'d>,
    /// Groups that are drawn, largest first.
    groups: Vec<(Node, Group<'d>)>,
    created: BTreeMap<(Node, Node), i64>,
    /// Waiter, holder, and what the holder does to it.
    waits: BTreeMap<(Node, Node), String>,
    /// Groups and goroutines that are not drawn.
    left_out: (usize, i64),
}

impl<'d> Graph<'d> {
    fn new(selection: &Selection<'d>, sight: Option<&Sight<'d>>, edges: Edges, top: usize) -> Self {
        let dump = selection.dump;
        let stacks = selection.stacks();
        let node = |g: Goroutine<'_>| Node::Group(stacks.canonical(g.stack()), g.head().state);
        let mut all: FxHashMap<Node, Group<'d>> = FxHashMap::default();
        for goroutine in selection.goroutines() {
            let group = all.entry(node(goroutine)).or_insert(Group {
                sample: goroutine,
                count: 0,
                longest: None,
            });
            group.count = group.count.saturating_add(goroutine.count());
            group.longest = group.longest.max(goroutine.head().minutes);
        }
        let mut waits = BTreeMap::new();
        if edges.waits {
            let chains = sight.into_iter().flat_map(|sight| &sight.findings);
            for chain in chains.filter_map(|finding| finding.chain.as_ref()) {
                wait_edges(chain, &|row| dump.goroutine(row as usize).map(node), &mut waits);
            }
            waits.retain(|(from, to), _| all.contains_key(from) && all.contains_key(to));
        }
        // The largest groups, and all that wait for each other.
        let named: FxHashSet<Node> = waits.keys().flat_map(|(from, to)| [*from, *to]).collect();
        let mut groups: Vec<(Node, Group<'d>)> = all.into_iter().collect();
        groups.sort_by_key(|(node, group)| {
            (!named.contains(node), std::cmp::Reverse(group.count), group.sample.index())
        });
        let rest = groups.split_off(groups.len().min(top.max(named.len())));
        let left_out = (rest.len(), rest.iter().map(|(_, g)| g.count).sum());
        let mut graph = Self { dump, stacks, groups, created: BTreeMap::new(), waits, left_out };
        if edges.created {
            graph.creators(selection);
        }
        graph
    }

    fn node(&self, goroutine: Goroutine<'_>) -> Node {
        Node::Group(self.stacks.canonical(goroutine.stack()), goroutine.head().state)
    }

    /// Who created the goroutines of the groups that are drawn.
    fn creators(&mut self, selection: &Selection<'d>) {
        let drawn: FxHashSet<Node> = self.groups.iter().map(|(node, _)| *node).collect();
        let ids: FxHashMap<u64, Node> = self
            .dump
            .goroutines()
            .filter_map(|g| Some((g.goid()?, self.node(g))))
            .filter(|(_, node)| drawn.contains(node))
            .collect();
        let mut created: BTreeMap<(Node, Node), i64> = BTreeMap::new();
        for goroutine in selection.goroutines() {
            let Some(creator) = goroutine.creator() else { continue };
            let to = self.node(goroutine);
            if !drawn.contains(&to) {
                continue;
            }
            let alive = goroutine.creator_goid().and_then(|goid| ids.get(&goid).copied());
            let from = alive.unwrap_or(Node::Gone(creator.function));
            *created.entry((from, to)).or_default() += goroutine.count();
        }
        self.created = created;
    }

    fn write(&self, index: usize, out: &mut dyn Write) -> io::Result<()> {
        let gone = self.created.keys().filter_map(|(from, _)| match from {
            Node::Gone(_) => Some(*from),
            Node::Group(..) => None,
        });
        let mut gone: Vec<Node> = gone.collect();
        gone.dedup();
        let nodes = self.groups.iter().map(|(node, _)| *node).chain(gone.iter().copied());
        let names: FxHashMap<Node, String> =
            nodes.enumerate().map(|(n, node)| (node, format!("d{index}n{n}"))).collect();
        let name = |node: &Node| names.get(node).map_or("", String::as_str);
        writeln!(out, "  subgraph cluster{index} {{")?;
        writeln!(out, "    label={}; labeljust=l; color=\"#bbbbbb\";", quoted(&[&self.dump.name]))?;
        for (node, group) in &self.groups {
            let lines = self.label(group);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let fill = color(group.sample.state());
            writeln!(out, "    {} [label={}, fillcolor=\"{fill}\"];", name(node), quoted(&lines))?;
        }
        for node in &gone {
            let Node::Gone(function) = node else { continue };
            let function = cut(self.dump.str(*function));
            writeln!(
                out,
                "    {} [label={}, style=\"rounded,dashed\", fontcolor=\"#777777\", color=\"#999999\"];",
                name(node),
                quoted(&[&function, "(gone, or not drawn)"])
            )?;
        }
        let (groups, count) = self.left_out;
        if groups > 0 {
            let text = format!(
                "… {}, {}: --top all",
                counted(groups as u64, "more group"),
                counted(count, "goroutine")
            );
            writeln!(
                out,
                "    d{index}rest [shape=plaintext, style=\"\", label={}];",
                quoted(&[&text])
            )?;
        }
        for ((from, to), count) in &self.created {
            writeln!(
                out,
                "    {} -> {} [style=dashed, color=\"#888888\", label=\"{}\"];",
                name(from),
                name(to),
                number(*count)
            )?;
        }
        for ((from, to), role) in &self.waits {
            writeln!(
                out,
                "    {} -> {} [color=\"#c00000\", penwidth=2, label={}];",
                name(from),
                name(to),
                quoted(&[&cut_end(&visible(role), WIDTH)])
            )?;
        }
        writeln!(out, "  }}")
    }

    /// The lines of a group's label: how many and what they do, and the frames that tell where.
    fn label(&self, group: &Group<'d>) -> Vec<String> {
        let stack = group.sample.stack();
        let state = group.sample.state();
        let state = wait::shown(state);
        let longest = group.longest.map_or(String::new(), |n| format!(", up to {}", wait(n)));
        let mut lines = vec![cut(&format!("{} × {state}{longest}", number(group.count)))];
        let shown = self.stacks.visible(stack).next();
        let user = self.stacks.user(stack);
        let frames = user.into_iter().chain(shown.filter(|top| Some(*top) != user));
        for frame in frames.map(|id| self.stacks.shown(id)) {
            match frame {
                Shown::Call { function, file, line, .. } => {
                    lines.push(cut(function));
                    if lines.len() == 2 && !file.is_empty() {
                        lines.push(cut(&location(&visible(file), line, 40)));
                    }
                }
                Shown::Address(address) => lines.push(format!("{address:#x}")),
                Shown::Elided(_) => {}
            }
        }
        lines
    }
}

/// Edges from those below in the chain to those above them. The members of a cycle each hold what the
/// next one waits for, and the last one what the first waits for.
fn wait_edges(
    root: &Chain,
    node: &impl Fn(u32) -> Option<Node>,
    edges: &mut BTreeMap<(Node, Node), String>,
) {
    let mut edge = |from: &Chain, to: &Chain, role: &str| {
        if let (Some(from), Some(to)) = (node(from.link.row), node(to.link.row)) {
            edges.entry((from, to)).or_insert_with(|| role.to_owned());
        }
    };
    let mut open = vec![root];
    while let Some(chain) = open.pop() {
        let (cycle, others): (Vec<&Chain>, Vec<&Chain>) =
            chain.victims.iter().partition(|victim| victim.role == chain.role);
        let mut before = chain;
        for member in &cycle {
            edge(member, before, "waits for its lock");
            before = member;
        }
        if !cycle.is_empty() {
            edge(chain, before, "waits for its lock");
        }
        for victim in others {
            edge(victim, chain, &wording::role(victim.role.as_ref()));
        }
        open.extend(&chain.victims);
    }
}

fn cut(text: &str) -> String {
    cut_end(&visible(text), WIDTH).into_owned()
}

/// A string of DOT with `lines`, aligned left.
fn quoted(lines: &[&str]) -> String {
    let mut out = String::from("\"");
    for line in lines {
        for c in visible(line).chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        if lines.len() > 1 {
            out.push_str("\\l");
        }
    }
    out.push('"');
    out
}

/// What waits for a lock is red, for a channel yellow, for the network or the system blue; what runs green.
fn color(state: &str) -> &'static str {
    match WaitKind::of_state(state) {
        WaitKind::OnCpu => "#d9f2d0",
        WaitKind::Io | WaitKind::Syscall => "#d6e6f7",
        WaitKind::Select | WaitKind::EmptySelect => "#fdf0c8",
        kind if kind.is_channel() => "#fdf0c8",
        WaitKind::Lock(_) | WaitKind::WaitGroup | WaitKind::Cond => "#f9d7d3",
        _ => "#f1f1ee",
    }
}
