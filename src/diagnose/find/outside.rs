//! Requests that wait for something outside which is no HTTP server: a TLS handshake, a connection that
//! is being opened, a host name, a database, the output of a child process.
//!
//! Such a wait is normal for a moment. Many at once, or long ones, mean that what is called is slow or
//! gone and that no deadline ends the wait. What only reads from a connection may as well read from its
//! own client, as web sockets do, and is not counted.
//!
//! Who is called is not in a dump, only who calls.

use super::library::{
    Seen, callers, finding, pick, seen, since, spread, steps, total, urgency, waits,
};
use super::per_request::handles_request;
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::{Outside, Title};
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "slow-outside";

/// A call of something outside.
struct Call {
    /// The function in which only who calls somebody is; a package with a dot at its end is any of it.
    function: &'static str,
    outside: Outside,
    /// What ends the wait.
    advice: Advice,
    /// It ends by itself within seconds if the other side answers, whoever calls it: a minute is too long
    /// outside of requests, too.
    is_short: bool,
}

/// The loop of a gRPC server.
const SERVES: &str = "google.golang.org/grpc.(*Server).Serve";

const CALLS: &[Call] = &[
    Call {
        function: "google.golang.org/grpc.(*ClientConn).Invoke",
        outside: Outside::Rpc,
        advice: Advice::RpcDeadline,
        is_short: true,
    },
    Call {
        function: "crypto/tls.(*Conn).clientHandshake",
        outside: Outside::Handshake,
        advice: Advice::HandshakeDeadline,
        is_short: true,
    },
    Call {
        function: "net.(*Resolver).lookupIPAddr",
        outside: Outside::Address,
        advice: Advice::LookupContext,
        is_short: true,
    },
    Call {
        function: "net.(*netFD).connect",
        outside: Outside::Connection,
        advice: Advice::DialTimeout,
        is_short: true,
    },
    Call {
        function: "net.(*Dialer).DialContext",
        outside: Outside::Connection,
        advice: Advice::DialTimeout,
        is_short: true,
    },
    Call {
        function: "database/sql.",
        outside: Outside::Database,
        advice: Advice::QueryContext,
        is_short: false,
    },
    Call {
        function: "os.(*File).Read",
        outside: Outside::File,
        advice: Advice::CommandContext,
        is_short: false,
    },
];

/// Looks for requests that wait outside.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let mut found = Vec::new();
    let mut told = Vec::new();
    for Call { function, outside, advice, is_short } in CALLS {
        let fits = |seen: &Seen<'_, '_>| {
            let calls =
                seen.has(function) || (function.ends_with('.') && seen.has_prefix(function));
            calls
                && seen.may_be(&[WaitKind::Io, WaitKind::Select])
                && !told.contains(&seen.index)
                && (facts.locks().frames.is_in_call(facts.dump().stack(seen.group.stack))
                    || seen.top().starts_with("google.golang.org/grpc/"))
                && (handles_request(facts, seen.group.stack)
                    || (*is_short && seen.group.wait.max.is_some_and(|minutes| minutes >= 1)))
                && !super::sql::waits_for_connection(seen)
        };
        let list = pick(&all, fits);
        told.extend(list.iter().map(|seen| seen.index));
        let count = total(&list);
        let waits = waits(facts, &list);
        let slow = *is_short && waits.max.is_some_and(|minutes| minutes >= 1);
        let few = slow.then_some(Severity::Medium);
        let Some(severity) = urgency(count, &waits).or(few) else { continue };
        // A process that serves such calls may call itself: then it is not outside.
        let own = *outside == Outside::Rpc && all.iter().any(|seen| seen.has(SERVES));
        let severity = if own { severity.min(Severity::Medium) } else { severity };
        let users = callers(facts, &list);
        let mut finding = finding(KIND, Category::Slow, facts, &list);
        finding.severity = severity;
        finding.confidence = Confidence::Likely;
        finding.title = Title::SlowOutside {
            waiting: count,
            outside: *outside,
            users: Callers::of(&users),
            function,
        };
        finding.evidence.extend(spread(&users));
        finding.evidence.extend(since(&waits));
        finding.evidence.push(Fact::NoDeadline.into());
        finding.next = steps(&users, *advice);
        found.push(finding);
    }
    found
}
