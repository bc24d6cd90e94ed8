//! What is set aside, and why: goroutines that are known to be fine up to a number, and the main
//! goroutine, which waits for the program's end.

use super::crowd::Crowd;
use crate::diagnose::facts::Case;
use crate::diagnose::index::Index;
use crate::diagnose::known::Entry;

/// The entry by which the goroutines of the group at `index` are known.
pub(super) fn known<'c>(case: &Case<'c, '_>, index: usize) -> Option<&'c Entry> {
    // A test's own goroutine is what a hung test is about.
    let harness = |entry: &Entry| {
        let name = entry.pattern.as_str();
        name.starts_with("testing.tRunner") || name.starts_with("testing.(*M)")
    };
    case.entry(index).filter(|entry| !harness(entry))
}

/// Whether all of `crowd` is known to be fine.
pub(super) fn is_fine(case: &Case<'_, '_>, crowd: &Crowd<'_>) -> bool {
    crowd.groups.iter().all(|index| known(case, *index).is_some_and(|e| e.is_benign(crowd.count)))
        || super::http::is_read(case, crowd)
}

/// Whether the group at `index` is known to be fine.
pub(super) fn is_known_fine(case: &Case<'_, '_>, index: usize) -> bool {
    let count = case.now.groups.get(index).map_or(0, |group| group.count);
    known(case, index).is_some_and(|entry| entry.is_benign(count))
}

/// Whether the group at `index` is the main goroutine.
pub(super) fn is_main(facts: &Index<'_>, index: usize) -> bool {
    let Some(group) = facts.groups.get(index).filter(|group| group.count == 1) else {
        return false;
    };
    let outermost = facts.functions(group.stack).rev().find(|name| *name != "runtime.main");
    group.goids.first() == Some(&1) || outermost == Some("main.main")
}
