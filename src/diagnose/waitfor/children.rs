//! From `WaitGroup.Wait` to the goroutines that it waits for.
//!
//! Who calls `Done` is not recorded. It is mostly a goroutine that the waiter itself started: by the id
//! of the creator (Go 1.21 and later), else by the function that started it, or whose closure it is.

use rustc_hash::FxHashMap;

use super::{Builder, NodeId, Started, Why};
use crate::diagnose::locks::{stack_of, starts_for_user};
use crate::diagnose::rating::Confidence;
use crate::model::{GoidSet, Goroutine, Symbol, WaitKind};
use crate::view::group::Group;

/// Links every goroutine in `WaitGroup.Wait` with its children.
pub(super) fn link(builder: &mut Builder<'_, '_>) {
    let waiting = |builder: &Builder<'_, '_>| -> Vec<(NodeId, Vec<u32>)> {
        let nodes = (0..).zip(&builder.nodes);
        let waits = nodes.filter(|(_, node)| node.kind == Some(WaitKind::WaitGroup));
        waits.map(|(id, node)| (id, node.rows.clone())).collect()
    };
    let waiting = waiting(builder);
    if waiting.is_empty() {
        return;
    }
    if !by_id(builder, &waiting) {
        by_name(builder, &waiting);
    }
}

/// Whether the dump has ids of creators.
fn by_id(builder: &mut Builder<'_, '_>, waiting: &[(NodeId, Vec<u32>)]) -> bool {
    let facts = builder.facts;
    let goid = |row: &u32| facts.dump().goroutine(*row as usize).and_then(Goroutine::goid);
    let all = waiting.iter().flat_map(|(id, rows)| rows.iter().map(move |row| (row, *id)));
    let mut parents: Vec<(u64, NodeId)> =
        all.filter_map(|(row, id)| Some((goid(row)?, id))).collect();
    parents.sort_unstable();
    // Bits, as most goroutines are no such child.
    let mut asked = GoidSet::new(facts.dump().max_goid(), facts.dump().len());
    for (goid, _) in &parents {
        asked.insert(*goid);
    }
    let own = |group: &Group<'_>| group.creators.iter().any(|by| starts_for_user(by.function));
    let own: Vec<bool> = facts.groups.iter().map(own).collect();
    let mut any = false;
    let mut children: Vec<(usize, u32, NodeId)> = Vec::new();
    let mut started: Vec<(u64, u32)> = Vec::new();
    // In the order of the dump, as rows of a group lie far apart.
    facts.grouped().for_each(|(goroutine, group)| {
        let Some(creator) = goroutine.creator_goid() else { return };
        any = true;
        if !asked.contains(creator) {
            return;
        }
        let pair = u32::try_from(group).ok().map(|group| (creator, group));
        started.extend(pair.filter(|pair| started.last() != Some(pair)));
        if own.get(group) == Some(&true)
            && let Ok(at) = parents.binary_search_by_key(&creator, |(goid, _)| *goid)
            && let (Some((_, parent)), Ok(row)) =
                (parents.get(at), u32::try_from(goroutine.index()))
        {
            children.push((group, row, *parent));
        }
    });
    if any && !parents.is_empty() {
        builder.started = Started::new(facts.dump(), started);
    }
    children.sort_unstable();
    for (_, row, parent) in children {
        if let Some(child) = builder.of_row(row, None).filter(|child| *child != parent) {
            builder.link(parent, child, Why::Child, Confidence::Likely);
        }
    }
    any
}

fn by_name(builder: &mut Builder<'_, '_>, waiting: &[(NodeId, Vec<u32>)]) {
    let facts = builder.facts;
    let mut sites: FxHashMap<&str, Vec<NodeId>> = FxHashMap::default();
    for (id, rows) in waiting {
        let Some(row) = rows.first().copied() else { continue };
        let frame = builder.user_frame(row);
        let name = builder.locks.frames.at(stack_of(facts, row), frame).name;
        sites.entry(name).or_default().push(*id);
    }
    for (index, group) in facts.groups.iter().enumerate() {
        let start = facts.functions(group.stack).next_back().unwrap_or("");
        // `main.run` of `main.run.func1`, and what stands before that.
        let enclosing = Symbol::new(start).enclosing();
        let creators = group.creators.iter().map(|by| by.function);
        let names = creators.chain(enclosing.filter(|_| group.creators.is_empty()));
        let parents: Vec<NodeId> =
            names.filter_map(|name| sites.get(name)).flatten().copied().collect();
        let rows = facts.summary.grouping.rows(index);
        for parent in parents {
            for row in rows {
                if let Some(child) = builder.of_row(*row, None).filter(|child| *child != parent) {
                    builder.link(parent, child, Why::Child, Confidence::Possible);
                }
            }
        }
    }
}
