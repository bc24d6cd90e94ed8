//! Whether somebody is there who may still receive what a crowd sends: a goroutine in code of the same
//! type, or of the same function for closures, that works, sleeps or waits for something outside.
//! Then the senders wait for a slow consumer, and will go on.

use super::crowd::{Crowd, reason, site};
use crate::analysis::facts::Facts;
use crate::model::Symbol;

/// The group that may receive from `crowd`'s senders, the largest one.
pub(super) fn consumer(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<usize> {
    let home = home(crowd.site.function)?;
    let is_consumer = |index: &usize| {
        let stack = facts.groups.get(*index).map(|group| group.stack).unwrap_or_default();
        !crowd.groups.contains(index)
            && !reason(facts, *index).is_internal()
            && site(facts, stack).is_some_and(|site| !site.std)
            && facts
                .functions(stack)
                .any(|f| f != crowd.site.function && self::home(f) == Some(home))
    };
    (0..facts.groups.len()).find(is_consumer)
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
