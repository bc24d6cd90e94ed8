//! Idle connections of HTTP clients that pile up: a `Transport` of its own for each request.
//!
//! Each `http.Transport` keeps its own connections. A client that is made for one request leaves its
//! connection idle, with two goroutines, until the server closes it or `IdleConnTimeout` is over, which
//! is never for a `Transport` that was not made from `http.DefaultTransport`.
//!
//! A large pool that is meant, `MaxIdleConnsPerHost`, looks the same in one dump.

use super::http::sends;
use super::library::{MANY, Seen, TOO_MANY, finding, pick, seen, since, total, waits};
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;
use crate::series::Trend;

/// The kind of its findings.
pub(super) const KIND: &str = "idle-connections";

/// Minutes that `http.DefaultTransport` keeps no connection idle (90 seconds, net/http/transport.go).
const KEPT: u32 = 2;

/// Looks for idle connections.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let readers = pick(&all, reads);
    let idle = idle(facts);
    if idle < MANY {
        return Vec::new();
    }
    let counts: Vec<i64> = case.series().map(self::idle).collect();
    let grows = counts.len() > 1 && Trend::of(&counts) == Trend::Grows;
    let waits = waits(facts, &readers);
    let old = waits.median.is_some_and(|minutes| minutes >= KEPT)
        && waits.known.saturating_mul(2) >= total(&readers);
    let severity = match idle {
        _ if grows => Severity::Medium,
        // `http.DefaultTransport` keeps a hundred in all, a `Transport` two for each host, and none of
        // them for longer than two minutes; a proxy has a large pool, but uses it.
        n if n > TOO_MANY && (old || !facts.has_ages()) => Severity::Medium,
        _ if old => Severity::Low,
        _ => return Vec::new(),
    };
    let writers = pick(&all, |seen| seen.top() == "net/http.(*persistConn).writeLoop");
    let mut list = readers;
    list.extend(&writers);
    let mut finding = finding(KIND, Category::Leak, facts, &list);
    finding.severity = severity;
    finding.confidence = if grows { Confidence::Likely } else { Confidence::Possible };
    finding.title = Title::IdleConnections { idle, grows };
    finding.evidence = vec![Fact::IdleCost.into(), Fact::TransportKeeps.into()];
    finding.evidence.extend(since(&waits));
    finding.next = vec![Advice::ShareTransport.into(), Advice::IdleTimeout.into()];
    vec![finding]
}

/// Connections in `facts` that no request uses.
fn idle(facts: &Index<'_>) -> i64 {
    let all = seen(facts);
    total(&pick(&all, reads)).saturating_sub(total(&pick(&all, sends)))
}

/// `readLoop` waits for the network: for a response, or for nothing.
fn reads(seen: &Seen<'_, '_>) -> bool {
    seen.has("net/http.(*persistConn).readLoop") && seen.top() != "net/http.(*persistConn).readLoop"
}
