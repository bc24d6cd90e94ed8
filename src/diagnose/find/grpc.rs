//! gRPC clients that are dialled again and again, and streams that nobody finishes.
//!
//! A `grpc.ClientConn` has goroutines of its own (two or three `CallbackSerializer.run`, in older
//! versions a resolver's and a balancer's `watcher`) until it is closed: a program has one for each
//! server it talks to. A client stream has one in `newClientStream…func` until it is read to an error or
//! its context is cancelled; streams with nobody in `RecvMsg` are forgotten.
//!
//! Targets and methods are not in the dump. A server's handler that waits in `Recv` is normal.

use super::library::{
    MANY, Seen, TOO_MANY, callers, finding, grows, pick, seen, since, total, waits,
};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;

/// The kind of its findings about connections.
pub(super) const CONN: &str = "grpc-conn-not-closed";

/// The kind of its findings about streams.
pub(super) const STREAM: &str = "grpc-stream-not-finished";

/// A healthy cortex with all its parts in one process has 75 connections; a service with several
/// hundred servers to talk to is a proxy, which dials them itself.
const VERY_MANY: i64 = 300;

/// Looks for connections that are not closed.
pub(super) fn connections(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, belongs_to_conn);
    // Each connection has two or three serializers.
    let serializers = total(&pick(&all, |seen| seen.has(SERIALIZER))) / 3;
    let watchers = total(&pick(&all, |seen| seen.top() == OLD_WATCHER));
    let count = serializers.max(watchers);
    let grows = grows(case, belongs_to_conn);
    let severity = match count {
        VERY_MANY.. => Severity::High,
        MANY.. if grows => Severity::High,
        TOO_MANY.. => Severity::Medium,
        _ => return Vec::new(),
    };
    let mut finding = finding(CONN, Category::Leak, facts, &list);
    finding.severity = severity;
    finding.confidence = Confidence::Possible;
    let function = list.first().map_or("", |seen| seen.top()).to_owned();
    finding.title = Title::OpenGrpcConns { open: count, function };
    finding.evidence = vec![Fact::ConnIsShared.into()];
    finding.evidence.extend(since(&waits(facts, &list)));
    finding.next = vec![Advice::DialOnce.into()];
    vec![finding]
}

/// Looks for streams that nobody reads.
pub(super) fn streams(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let list = pick(&all, watches_stream);
    let receiving = pick(&all, |seen| {
        seen.has("google.golang.org/grpc.(*clientStream).RecvMsg")
            || seen.has("google.golang.org/grpc.(*clientStream).SendMsg")
    });
    let forgotten = total(&list) - total(&receiving);
    let grows = grows(case, watches_stream);
    let severity = match forgotten {
        TOO_MANY.. => Severity::High,
        MANY.. if grows => Severity::High,
        MANY.. => Severity::Medium,
        _ => return Vec::new(),
    };
    let mut finding = finding(STREAM, Category::Leak, facts, &list);
    finding.severity = severity;
    finding.confidence = Confidence::Likely;
    let function = list.first().map_or("", |seen| seen.top()).to_owned();
    finding.title = Title::OpenGrpcStreams { open: forgotten, function };
    finding.evidence =
        vec![Evidence::OpenStreams { open: total(&list), working: total(&receiving) }];
    finding.evidence.extend(since(&waits(facts, &list)));
    finding.next = callers(facts, &receiving)
        .iter()
        .take(2)
        .map(|caller| Step::EndsStream { at: caller.at.clone() })
        .collect();
    finding.next.push(Advice::FinishStreams.into());
    vec![finding]
}

const SERIALIZER: &str = "google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run";
const OLD_WATCHER: &str = "google.golang.org/grpc.(*ccBalancerWrapper).watcher";

fn belongs_to_conn(seen: &Seen<'_, '_>) -> bool {
    seen.has(SERIALIZER)
        || [
            OLD_WATCHER,
            "google.golang.org/grpc.(*ccResolverWrapper).watcher",
            "google.golang.org/grpc/internal/resolver/dns.(*dnsResolver).watcher",
        ]
        .contains(&seen.top())
}

fn watches_stream(seen: &Seen<'_, '_>) -> bool {
    [
        "google.golang.org/grpc.newClientStream.func",
        "google.golang.org/grpc.newClientStreamWithParams.func",
    ]
    .iter()
    .any(|prefix| seen.top().starts_with(prefix))
}
