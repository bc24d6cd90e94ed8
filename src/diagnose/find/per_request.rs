//! Goroutines that handle a request or a stream: they are to end with it, so that many of them that
//! wait for long are requests that hang, whatever they wait for.

use super::crowd::Crowd;
use crate::diagnose::index::Index;
use crate::diagnose::index::servers::SERVERS;
use crate::model::StackId;

/// Whether all of `crowd` handle requests.
pub(super) fn is_request(facts: &Index<'_>, crowd: &Crowd<'_>) -> bool {
    let mut groups = crowd.groups.iter().filter_map(|index| facts.groups.get(*index));
    groups.all(|group| handles_request(facts, group.stack))
}

/// Whether a goroutine with `stack` handles a request.
pub(super) fn handles_request(facts: &Index<'_>, stack: StackId) -> bool {
    facts.functions(stack).any(|name| SERVERS.contains(&name))
}

/// Whether all of `crowd` handle requests, or what is left of a request that took too long: a handler
/// that `http.TimeoutHandler` runs on a goroutine of its own and no longer waits for.
pub(super) fn is_call(facts: &Index<'_>, crowd: &Crowd<'_>) -> bool {
    let timed = |stack| {
        facts
            .functions(stack)
            .any(|name| name.starts_with("net/http.(*timeoutHandler).ServeHTTP.func"))
    };
    let mut groups = crowd.groups.iter().filter_map(|index| facts.groups.get(*index));
    groups.all(|group| handles_request(facts, group.stack) || timed(group.stack))
}
