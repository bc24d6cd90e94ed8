//! Goroutines that handle a request or a stream: they are to end with it, so that many of them that
//! wait for long are requests that hang, whatever they wait for.

use super::crowd::Crowd;
use crate::analysis::facts::Facts;
use crate::analysis::servers::SERVERS;

/// Whether all of `crowd` handle requests.
pub(super) fn is_request(facts: &Facts<'_>, crowd: &Crowd<'_>) -> bool {
    let mut groups = crowd.groups.iter().filter_map(|index| facts.groups.get(*index));
    groups.all(|group| facts.functions(group.stack).any(|name| SERVERS.contains(&name)))
}
