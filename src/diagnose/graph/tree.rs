//! The tree of a tangle: where it starts, who waits for that, who waits for those, and so on; goroutines
//! of one group that wait for the same are one branch.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::{Chain, IDS, Link, Locator, first_user, link, links, parents, shown_index};
use crate::diagnose::Facts;
use crate::diagnose::locks::Locks;
use crate::diagnose::role::Role;
use crate::diagnose::tangles::{Tangle, Trouble};
use crate::diagnose::waitfor::NodeId;

/// Levels that are laid out: nobody reads more.
const DEEP: usize = 24;

/// The tree of `tangle`.
pub fn chain<'d>(locks: &Locks<'d>, facts: &Facts<'d>, tangle: &Tangle) -> Option<Chain> {
    let tell = Locator::new(locks, facts);
    let mut tree = Tree { locks, facts, tell: &tell, tangle, merged: FxHashSet::default() };
    if tangle.trouble == Trouble::Cycle {
        tree.merged = (1..tangle.path.len()).flat_map(|at| tree.alike(at)).collect();
    }
    let mut root = match tangle.trouble {
        Trouble::Cycle => tree.circle()?,
        Trouble::Held if !tangle.path.is_empty() => tree.path(0)?,
        _ => tree.flat()?,
    };
    if !tangle.path.is_empty() {
        let all = tangle.path.iter().chain(&tangle.others);
        let named: FxHashSet<NodeId> = all.copied().collect();
        let own = |id: &NodeId| named.contains(id);
        let of_others = tangle.others.iter().flat_map(|id| facts.graph().victims(facts, *id));
        let more: Vec<NodeId> = of_others.filter(|id| !own(id)).collect();
        root.victims.extend(tree.fold(&more, 0));
        join(&mut root.victims);
    }
    for (group, count) in &tangle.alike {
        let frame = first_user(locks, facts, *group);
        let made = links(facts, *group, *count, frame);
        root.victims.extend(made.map(|link| Chain::leaf(link, Some(Role::DoesTheSame))));
    }
    for (group, count) in parents(locks, facts, &tangle.groups(locks, facts.graph())) {
        let made = links(facts, group, count, first_user(locks, facts, group));
        root.victims.extend(made.map(|link| Chain::leaf(link, Some(Role::StartedThem))));
    }
    Some(root)
}

struct Tree<'t, 'd> {
    locks: &'t Locks<'d>,
    facts: &'t Facts<'d>,
    tell: &'t Locator<'t, 'd>,
    tangle: &'t Tangle,
    /// Nodes that are told as members of the circle.
    merged: FxHashSet<NodeId>,
}

impl Tree<'_, '_> {
    /// The members of a circle below each other, each waiting for the one above, and the first for the
    /// last.
    fn circle(&self) -> Option<Chain> {
        let mut below: Option<Chain> = None;
        for at in (1..self.tangle.path.len()).chain([0]) {
            let mut made = self.node(&self.alike(at), 0)?;
            made.member = true;
            match (at, self.tangle.path.first(), self.tangle.ring.first()) {
                (0, ..) => {
                    let row = self.tangle.roots.first().map_or(0, |(row, _)| *row);
                    made.closes = made.edge.take();
                    made.role = self.tell.role(self.tangle, row);
                }
                (1, Some(root), Some(edge)) => {
                    let wants = self.tell.wants(*root, edge, &self.tangle.locks);
                    made.role = Some(Role::Closes(made.role.map(Box::new), wants, edge.sure));
                }
                _ => {}
            }
            made.victims.splice(0..0, below.take());
            below = Some(made);
        }
        below
    }

    /// The member of a circle at `at`, with others of its group that wait for the next member, too.
    fn alike(&self, at: usize) -> Vec<NodeId> {
        let path = &self.tangle.path;
        let graph = self.facts.graph();
        let Some(id) = path.get(at).copied() else { return Vec::new() };
        let group = graph.node(id).map(|node| node.group);
        let next = graph.next(id).map(|edge| edge.to);
        let others = next.into_iter().flat_map(|next| graph.victims(self.facts, next));
        let same = |other: &NodeId| {
            graph.node(*other).map(|node| node.group) == group && !path.contains(other)
        };
        // The root is one: who holds the lock.
        std::iter::once(id).chain(others.filter(same).filter(|_| at > 0)).collect()
    }

    /// The path of a holder from where it starts to the holder: `back` levels are laid out already.
    fn path(&self, back: usize) -> Option<Chain> {
        let at = self.tangle.path.len().checked_sub(back + 1)?;
        let id = *self.tangle.path.get(at)?;
        let mut made = self.node(&[id], back)?;
        if at > 0 {
            made.victims.splice(0..0, self.path(back + 1));
        }
        if back == 0 {
            let row = self.tangle.roots.first().map_or(0, |(row, _)| *row);
            made.edge = None;
            made.role = match self.tangle.source() {
                Some(_) => Some(Role::Does(self.tell.does(made.link.row))),
                None => self.tell.role(self.tangle, row),
            };
        }
        Some(made)
    }

    /// A root that is one of the waiters, or none of the graph's.
    fn flat(&self) -> Option<Chain> {
        let (row, frame) = *self.tangle.roots.first()?;
        let group = self.locks.group(row)?;
        let role = self.tell.role(self.tangle, row);
        let mut root = Chain::leaf(link(self.facts, group, row, frame)?, role);
        let graph = self.facts.graph();
        let waiting = self.tangle.locks.iter().flat_map(|lock| graph.of_lock(*lock));
        root.victims = self.fold(&waiting.copied().collect::<Vec<_>>(), 0);
        for victim in &mut root.victims {
            victim.role.get_or_insert(Role::WaitsForIt);
            let goid = root.link.goids.first();
            if victim.link.group == group {
                victim.link.count -= root.link.count;
                victim.link.goids.retain(|other| Some(other) != goid);
            }
        }
        root.victims.retain(|victim| victim.link.count > 0 || !victim.victims.is_empty());
        if let Some(writer) = self.tangle.writer {
            let named = |victim: &Chain| victim.link.row == writer;
            if let Some(victim) = root.victims.iter_mut().find(|victim| named(victim)) {
                victim.role = Some(Role::WaitsToWrite);
            } else {
                let frame = self.locks.wait(writer).map_or(0, |wait| wait.caller as usize);
                let group = self.locks.group(writer);
                let made = group.and_then(|group| link(self.facts, group, writer, frame));
                root.victims
                    .splice(0..0, made.map(|made| Chain::leaf(made, Some(Role::WaitsToWrite))));
            }
        }
        Some(root)
    }

    /// One branch of nodes that belong to one group.
    fn node(&self, ids: &[NodeId], depth: usize) -> Option<Chain> {
        let graph = self.facts.graph();
        let first_id = ids.first()?;
        let first = graph.node(*first_id)?;
        let rows = || ids.iter().filter_map(|id| graph.node(*id)).flat_map(|node| &node.rows);
        let row = *first.rows.first()?;
        let dump = self.facts.dump();
        let goids = rows().filter_map(|row| dump.goroutine(*row as usize)?.goid()).take(IDS);
        let edge = graph.next(*first_id);
        let link = Link {
            group: first.group,
            count: ids.iter().map(|id| graph.count(self.facts, *id)).fold(0, i64::saturating_add),
            goids: goids.collect(),
            row,
            stack: dump.goroutine(row as usize)?.stack(),
            blocking: shown_index(self.facts, row, first.frame),
        };
        let role = edge.map(|edge| {
            Role::Wants(self.tell.wants(*first_id, &edge, &self.tangle.locks), edge.sure)
        });
        let mut made = Chain::leaf(link, role);
        made.edge = edge.map(|edge| (edge.why, edge.sure));
        if depth < DEEP {
            let own = |id: &NodeId| self.tangle.path.contains(id) || self.merged.contains(id);
            let all = ids.iter().flat_map(|id| graph.victims(self.facts, *id));
            let below: Vec<NodeId> = all.filter(|id| !own(id)).collect();
            made.victims = self.fold(&below, depth + 1);
        }
        Some(made)
    }

    /// Branches of `ids`, one for each group, those with most goroutines first.
    fn fold(&self, ids: &[NodeId], depth: usize) -> Vec<Chain> {
        let mut by_group: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for id in ids {
            let group = self.facts.graph().node(*id).map_or(0, |node| node.group);
            by_group.entry(group).or_default().push(*id);
        }
        let mut made: Vec<Chain> =
            by_group.values().filter_map(|ids| self.node(ids, depth)).collect();
        sort(&mut made);
        made
    }
}

fn sort(victims: &mut [Chain]) {
    victims.sort_by_key(|victim| {
        let all = victim.link.count.saturating_add(victim.behind());
        (!victim.member, std::cmp::Reverse(all), victim.link.group)
    });
}

/// Joins branches of one group that have no victims of their own.
fn join(victims: &mut Vec<Chain>) {
    let mut joined: Vec<Chain> = Vec::new();
    for victim in victims.drain(..) {
        let same = |other: &&mut Chain| {
            let plain = |chain: &Chain| chain.victims.is_empty() && !chain.member;
            other.link.group == victim.link.group && plain(other) && plain(&victim)
        };
        match joined.iter_mut().find(same) {
            Some(other) => {
                other.link.count = other.link.count.saturating_add(victim.link.count);
                other.link.goids.extend(victim.link.goids);
                other.link.goids.truncate(IDS);
            }
            None => joined.push(victim),
        }
    }
    *victims = joined;
}
