//! Goroutines that handle a request or a stream: they are to end with it, so that many of them that
//! wait for long are requests that hang, whatever they wait for.
//!
//! Go's own server runs a handler on its connection's goroutine, gRPC on a goroutine for each stream.

use super::crowd::Crowd;
use crate::analysis::facts::Facts;

/// Functions of servers that are below every handler.
const SERVERS: &[&str] = &[
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
    "google.golang.org/grpc.(*Server).handleStream",
    "github.com/valyala/fasthttp.(*Server).serveConn",
    "net/rpc.(*service).call",
];

/// Whether all of `crowd` handle requests.
pub(super) fn is_request(facts: &Facts<'_>, crowd: &Crowd<'_>) -> bool {
    let mut groups = crowd.groups.iter().filter_map(|index| facts.groups.get(*index));
    groups.all(|group| facts.functions(group.stack).any(|name| SERVERS.contains(&name)))
}
