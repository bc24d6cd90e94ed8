//! Whether a program is at rest: nothing in it runs, waits for the network, sleeps or is in a system
//! call, so that nothing but a timer can wake those who wait for each other.
//!
//! That is Go's own test for `all goroutines are asleep - deadlock!`, which it makes only when no
//! goroutine at all is left; here the one that writes the dump does not count.

use crate::diagnose::index::Index;

/// Whether no goroutine of the program can do anything of its own.
pub(super) fn at_rest(facts: &Index<'_>) -> bool {
    !facts.is_partial()
        && !facts.groups.is_empty()
        && facts.groups.iter().enumerate().all(|(index, group)| {
            let mut functions = facts.functions(group.stack);
            facts.kind(index).needs_peer() || functions.any(|name| name.starts_with("os/signal."))
        })
}
