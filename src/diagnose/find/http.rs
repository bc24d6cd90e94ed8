//! HTTP responses whose body was never closed.
//!
//! Each connection of a `net/http` client has a goroutine in `(*persistConn).readLoop`. It waits for the
//! network while the connection is idle or the response on its way; once the response is delivered it
//! waits in a `select` until the body was read to its end or closed. So a `readLoop` in `select` is an
//! open body. A few are work in progress; as many as no caller can be working on are leaked, each
//! with its connection, two goroutines and, where `Client.Timeout` is set, the timer's watcher in
//! `setRequestCancel`.
//!
//! The call that left the body open has returned and is on no stack, so that only callers of the
//! same client can be named.

use super::crowd::Crowd;
use super::library::{
    LONG, MANY, Seen, TOO_MANY, callers, finding, grows, in_user_code, pick, seen, since, total,
    waits,
};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "http-body-not-closed";

/// Looks for open bodies that nobody reads.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let open = pick(&all, holds_body);
    let watchers = pick(&all, watches);
    let reading = total(&pick(&all, reads_body));
    let in_flight = total(&pick(&all, sends));
    let bodies = (total(&open) - reading).max(total(&watchers) - in_flight - reading);
    let (first, second) =
        if total(&open) >= total(&watchers) { (open, watchers) } else { (watchers, open) };
    let waits = waits(facts, &first);
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    let grows = grows(case, |seen| holds_body(seen) || watches(seen));
    // More than there are goroutines that could be working on them.
    let surplus = bodies > in_user_code(facts);
    let severity = match bodies {
        TOO_MANY.. => Severity::High,
        MANY.. if surplus || grows => Severity::High,
        MANY.. => Severity::Medium,
        2.. if long => Severity::Medium,
        1 if long => Severity::Low,
        _ => return Vec::new(),
    };
    let writers = pick(&all, |seen| seen.top() == "net/http.(*persistConn).writeLoop");
    let stuck = first.first().map_or("", |seen| seen.top());
    let mut list = first.clone();
    list.extend(&second);
    list.extend(&writers);
    let mut finding = finding(KIND, Category::Leak, facts, &list);
    finding.severity = severity;
    finding.confidence =
        if severity == Severity::High { Confidence::Likely } else { Confidence::Possible };
    finding.title = Title::OpenBodies { bodies, function: stuck.to_owned() };
    finding.evidence = evidence(&list, bodies, in_flight, reading);
    finding.evidence.extend(since(&waits));
    let users = callers(facts, &pick(&all, |seen| uses_client(seen)));
    finding.next =
        users.iter().take(3).map(|caller| Step::ClosesBody { at: caller.at.clone() }).collect();
    if users.is_empty() {
        finding.next.push(Advice::SearchRequests.into());
    }
    finding.next.push(Advice::CloseBody.into());
    vec![finding]
}

/// Whether `crowd` holds open bodies, and there are as many goroutines that read one: each belongs to its
/// reader.
pub(super) fn is_read(case: &Case<'_, '_>, crowd: &Crowd<'_>) -> bool {
    let all = seen(case.now);
    let holds = |index: &usize| all.iter().any(|seen| seen.index == *index && holds_body(seen));
    crowd.groups.iter().all(holds)
        && total(&pick(&all, reads_body)) >= total(&pick(&all, holds_body))
}

/// What speaks for it.
fn evidence(list: &[&Seen<'_, '_>], bodies: i64, in_flight: i64, reading: i64) -> Vec<Evidence> {
    let count = |function: &str| {
        let of: Vec<_> = list.iter().copied().filter(|seen| seen.top() == function).collect();
        total(&of)
    };
    let mut all = vec![Evidence::Unfinished { bodies, reading, in_flight }];
    let read_loops = count("net/http.(*persistConn).readLoop");
    let write_loops = count("net/http.(*persistConn).writeLoop");
    if read_loops > 0 && write_loops > 0 {
        all.push(Evidence::KeepsConnections { read_loops, write_loops });
    }
    all.push(Fact::IdleNotCounted.into());
    all
}

/// `readLoop` has delivered a response and waits for the end of its body.
fn holds_body(seen: &Seen<'_, '_>) -> bool {
    seen.top() == "net/http.(*persistConn).readLoop" && seen.may_be(&[WaitKind::Select])
}

/// The watcher of a request with `Client.Timeout`; it ends when the body is closed.
fn watches(seen: &Seen<'_, '_>) -> bool {
    seen.top().starts_with("net/http.setRequestCancel.func")
}

fn reads_body(seen: &Seen<'_, '_>) -> bool {
    // io.Copy may be writing to the other side just now.
    ["net/http.(*bodyEOFSignal).Read", "net/http/httputil.(*ReverseProxy).copyBuffer"]
        .iter()
        .any(|function| seen.has(function))
        || seen.has_prefix("net/http.http2transportResponseBody.Read")
}

/// A request is sent and its response has not come.
pub(super) fn sends(seen: &Seen<'_, '_>) -> bool {
    ["net/http.(*persistConn).roundTrip", "net/http.(*Transport).getConn"]
        .iter()
        .any(|function| seen.has(function))
        || seen.has_prefix("net/http.(*http2ClientConn).roundTrip")
        || seen.has_prefix("net/http.(*http2ClientConn).RoundTrip")
        || seen.has_prefix("golang.org/x/net/http2.(*ClientConn).roundTrip")
        || seen.has_prefix("golang.org/x/net/http2.(*ClientConn).RoundTrip")
}

fn uses_client(seen: &Seen<'_, '_>) -> bool {
    sends(seen) || reads_body(seen) || seen.has("net/http.(*Client).do")
}
