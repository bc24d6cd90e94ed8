//! Goroutines that every healthy program has, with the reason why they are set aside. A stopgap
//! until the table of known goroutines is there.

use super::reason::Reason;
use crate::analysis::facts::Facts;

/// A function, the reasons in which its goroutines are fine (`None`: any), and why they are.
type Known = (&'static str, Option<Reason>, &'static str);

/// Any frame may match.
const KNOWN: &[Known] = &[
    ("testing.(*T).Run", Some(Reason::Receive), "a test waits for its subtest"),
    ("testing.(*T).Parallel", Some(Reason::Receive), "a parallel test waits for its turn"),
    ("testing.(*M).Run", None, "the test's main goroutine"),
    ("os/signal.loop", None, "the loop that hands out signals"),
    ("os/signal.signal_recv", None, "the loop that hands out signals"),
    (
        "net/http.(*connReader).backgroundRead",
        None,
        "an HTTP server watches for a client that goes away",
    ),
    ("net/http.(*conn).serve", Some(Reason::Io), "an HTTP server's connection"),
    ("net/http.(*Server).Serve", Some(Reason::Io), "an accept loop"),
    ("net/http.(*persistConn).readLoop", Some(Reason::Io), "an HTTP client's connection"),
    ("net/http.(*persistConn).writeLoop", Some(Reason::Select), "an HTTP client's connection"),
    ("net.(*TCPListener).Accept", None, "an accept loop"),
    ("net.(*UnixListener).Accept", None, "an accept loop"),
    ("net.(*netFD).accept", None, "an accept loop"),
    ("database/sql.(*DB).connectionOpener", Some(Reason::Select), "one for each database pool"),
    ("database/sql.(*DB).connectionCleaner", Some(Reason::Select), "one for each database pool"),
    (
        "google.golang.org/grpc/internal/transport.(*loopyWriter).run",
        None,
        "one for each gRPC connection",
    ),
    (
        "google.golang.org/grpc/internal/transport.(*http2Client).keepalive",
        None,
        "one for each gRPC connection",
    ),
    (
        "google.golang.org/grpc/internal/transport.(*http2Server).keepalive",
        None,
        "one for each gRPC connection",
    ),
    ("google.golang.org/grpc.(*ccBalancerWrapper).watcher", None, "one for each gRPC connection"),
    ("google.golang.org/grpc.(*addrConn).resetTransport", None, "one for each gRPC connection"),
];

/// Why the goroutines of the group at `index` are fine, if they are known to be.
pub(super) fn benign(facts: &Facts<'_>, index: usize, reason: Reason) -> Option<&'static str> {
    let stack = facts.groups.get(index)?.stack;
    let known = |function: &str| {
        KNOWN
            .iter()
            .find(|(name, only, _)| *name == function && only.is_none_or(|only| only == reason))
    };
    facts.functions(stack).find_map(known).map(|(_, _, why)| *why)
}

/// Whether the group at `index` is the main goroutine: it waits for the program's end.
pub(super) fn is_main(facts: &Facts<'_>, index: usize) -> bool {
    let Some(group) = facts.groups.get(index).filter(|group| group.count == 1) else {
        return false;
    };
    let outermost = facts.functions(group.stack).rev().find(|name| *name != "runtime.main");
    group.goids.first() == Some(&1) || outermost == Some("main.main")
}
