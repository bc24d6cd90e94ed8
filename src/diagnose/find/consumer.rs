//! Whether somebody is there who may still receive what a crowd sends: a goroutine in code of the same
//! type, or of the same function for closures, that works, sleeps or waits for something outside.
//! Then the senders wait for a slow consumer, and will go on.

use std::collections::{BTreeMap, BTreeSet};

use super::crowd::{Crowd, site};
use crate::diagnose::index::Index;
use crate::model::Symbol;

/// The functions of a dump by what they belong to.
pub(super) struct Homes<'d>(BTreeMap<(&'d str, &'d str), BTreeSet<&'d str>>);

impl<'d> Homes<'d> {
    /// Looks at the functions of all groups.
    pub(super) fn new(facts: &Index<'d>) -> Self {
        let mut all: Vec<&'d str> =
            (0..facts.groups.len()).flat_map(|index| facts.names(index)).copied().collect();
        all.sort_unstable();
        all.dedup();
        let mut homes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for function in all {
            if let Some(home) = home(function) {
                homes.entry(home).or_default().insert(function);
            }
        }
        Self(homes)
    }

    /// The group that may receive from `crowd`'s senders, the largest one.
    pub(super) fn consumer(&self, facts: &Index<'d>, crowd: &Crowd<'d>) -> Option<usize> {
        self.others(facts, crowd).into_iter().find(|index| {
            let stack = facts.groups.get(*index).map(|group| group.stack).unwrap_or_default();
            !facts.kind(*index).needs_peer() && site(facts, stack).is_some_and(|site| !site.std)
        })
    }

    /// The other groups in code of what `crowd` belongs to: one of them may be the other side.
    pub(super) fn others(&self, facts: &Index<'d>, crowd: &Crowd<'d>) -> BTreeSet<usize> {
        let functions = home(crowd.site.function).and_then(|home| self.0.get(&home));
        let others = functions.into_iter().flatten();
        let others = others.filter(|function| **function != crowd.site.function);
        let inside = others.flat_map(|function| facts.groups_in(function));
        let inside = inside.map(|index| *index as usize);
        inside.filter(|index| crowd.groups.binary_search(index).is_err()).collect()
    }
}

/// What `function` belongs to: package and receiver of a method, package and enclosing function of a
/// closure; `None` for a plain function.
fn home(function: &str) -> Option<(&str, &str)> {
    let symbol = Symbol::new(function);
    let inside = symbol.receiver().or_else(|| {
        let (parent, closure) = symbol.local().split_once('.')?;
        closure.starts_with("func").then_some(parent)
    })?;
    Some((symbol.package(), inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes() {
        assert_eq!(home("a/b.(*hub).Publish"), Some(("a/b", "hub")));
        assert_eq!(home("a/b.(*hub).loop.func1"), Some(("a/b", "hub")));
        assert_eq!(home("main.start.func2"), Some(("main", "start")));
        assert_eq!(home("main.start"), None);
    }
}
