//! Who is ahead of goroutines that wait: past the line at which they wait, in the same function, or
//! started by it. The others wait for those, or for places that those hold, so that it is there that one
//! has to look.

use rustc_hash::FxHashMap;

use crate::diagnose::index::Index;
use crate::model::{StackId, Symbol};
use crate::view::canon::Shown;

/// Calls of the program above its innermost one in which somebody ahead is looked for: the wait is often
/// in a method for it alone, and who got through has returned from that.
const CALLERS: usize = 3;

/// The groups of goroutines that `wanted` accepts, and that are past the line at which those of `groups`,
/// which wait in one function, do; ascending.
pub(super) fn of(
    facts: &Index<'_>,
    groups: &[usize],
    wanted: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let Some(first) = groups.first().and_then(|index| facts.groups.get(*index)) else {
        return Vec::new();
    };
    let waiting = calls(facts, first.stack);
    let inside = waiting.iter().flat_map(|(function, _)| facts.groups_in(function));
    let mut inside: Vec<usize> = inside.map(|index| *index as usize).collect();
    inside.sort_unstable();
    inside.dedup();
    inside.retain(|index| {
        groups.binary_search(index).is_err()
            && wanted(*index)
            && facts.groups.get(*index).is_some_and(|group| is_past(facts, group.stack, &waiting))
    });
    inside
}

/// Groups by the functions that may have started them.
pub(super) type Started<'d> = FxHashMap<&'d str, Vec<usize>>;

/// Whether goroutines are there that those of `groups`, which wait in one function, may have started in
/// it.
pub(super) fn has_children(facts: &Index<'_>, groups: &[usize], started: &Started<'_>) -> bool {
    let Some(first) = groups.first().and_then(|index| facts.groups.get(*index)) else {
        return false;
    };
    let waiting = calls(facts, first.stack);
    let mut children = waiting.iter().filter_map(|(name, _)| started.get(name)).flatten();
    children.any(|index| groups.binary_search(index).is_err())
}

/// The groups that each function may have started.
pub(super) fn started<'d>(facts: &Index<'d>) -> Started<'d> {
    let mut named = Started::default();
    for (index, group) in facts.groups.iter().enumerate() {
        let mut add = |function| {
            let list = named.entry(function).or_default();
            if list.last() != Some(&index) {
                list.push(index);
            }
        };
        for creator in &group.creators {
            add(creator.function);
        }
        // Without creators: closures of the function.
        if group.creators.is_empty() {
            let start = facts.names(index).last().copied().unwrap_or("");
            Symbol::new(start).enclosing().for_each(add);
        }
    }
    named
}

/// The innermost calls of the program and of its libraries in `stack`, up to the first one of the standard
/// library above them: function and line.
fn calls<'d>(facts: &Index<'d>, stack: StackId) -> Vec<(&'d str, u32)> {
    let own = |frame: &Shown<'d>| matches!(frame, Shown::Call { std: false, .. });
    let frames = facts.frames(stack).skip_while(|frame| !own(frame)).take_while(own);
    let call = |frame: Shown<'d>| match frame {
        Shown::Call { function, line, .. } if line > 0 => Some((function, line)),
        _ => None,
    };
    frames.filter_map(call).take(CALLERS).collect()
}

/// Whether a goroutine with `stack` is in one of the functions of `waiting`, past the line there, and in
/// a call: at a channel of the function itself it may be at another turn of its loop.
fn is_past(facts: &Index<'_>, stack: StackId, waiting: &[(&str, u32)]) -> bool {
    let mut frames = facts.frames(stack).enumerate();
    frames.any(|(at, frame)| match frame {
        Shown::Call { function, line, .. } => {
            at > 0 && waiting.iter().any(|(name, other)| *name == function && line > *other)
        }
        Shown::Address(_) | Shown::Elided(_) => false,
    })
}
