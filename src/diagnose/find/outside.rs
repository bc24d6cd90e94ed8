//! Requests that wait for something outside which is no HTTP server: a TLS handshake, a connection that
//! is being opened, a host name, a database, the output of a child process.
//!
//! Such a wait is normal for a moment. Many at once, or long ones, mean that what is called is slow or
//! gone and that no deadline ends the wait. What only reads from a connection may as well read from its
//! own client, as web sockets do, and is not counted.
//!
//! Who is called is not in a dump, only who calls.

use super::library::{
    Seen, callers, finding, pick, seen, since, spread, steps, total, urgency, waits, who,
};
use super::per_request::handles_request;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence};
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "slow-outside";

/// Functions in which only who calls somebody is, what they wait for, and what ends the wait.
const CALLS: &[(&str, &str, &str)] = &[
    (
        "crypto/tls.(*Conn).clientHandshake",
        "the other side of a TLS handshake",
        "set a deadline on the connection, or use HandshakeContext or tls.Dialer.DialContext",
    ),
    (
        "net.(*Resolver).lookupIPAddr",
        "the address of a host name",
        "pass a context with a deadline to the call",
    ),
    ("net.(*netFD).connect", "a connection to be opened", "set net.Dialer.Timeout"),
    ("net.(*Dialer).DialContext", "a connection to be opened", "set net.Dialer.Timeout"),
    (
        "database/sql.",
        "an answer of the database",
        "pass a context with a deadline to the query, and set the driver's timeouts",
    ),
    (
        "os.(*File).Read",
        "a file or pipe, such as the output of a child process",
        "use exec.CommandContext with a deadline, or close what nobody writes to",
    ),
];

/// Looks for requests that wait outside.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let mut found = Vec::new();
    let mut told = Vec::new();
    for (function, what, remedy) in CALLS {
        let fits = |seen: &Seen<'_, '_>| {
            let calls =
                seen.has(function) || (function.ends_with('.') && seen.has_prefix(function));
            calls
                && seen.may_be(&[WaitKind::Io, WaitKind::Select])
                && !told.contains(&seen.index)
                && facts.locks().frames.is_in_call(facts.dump().stack(seen.group.stack))
                && handles_request(facts, seen.group.stack)
                && !super::sql::waits_for_connection(seen)
        };
        let list = pick(&all, fits);
        told.extend(list.iter().map(|seen| seen.index));
        let count = total(&list);
        let waits = waits(facts, &list);
        let Some(severity) = urgency(count, &waits) else { continue };
        let users = callers(facts, &list);
        let mut finding = finding(KIND, Category::Slow, facts, &list);
        finding.severity = severity;
        finding.confidence = Confidence::Likely;
        finding.title = format!(
            "{count} {} for {what} in {}",
            if count == 1 { "request waits" } else { "requests wait" },
            who(&users, function)
        );
        finding.evidence.extend(spread(&users));
        finding.evidence.extend(since(&waits));
        finding.evidence.push("no deadline has ended the wait".to_owned());
        finding.next = steps(&users, remedy);
        found.push(finding);
    }
    found
}
