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
use crate::diagnose::rating::{Category, Confidence};
use crate::diagnose::said::Callers;
use crate::diagnose::step::Advice;
use crate::diagnose::title::{Outside, Title};
use crate::model::WaitKind;

/// The kind of its findings.
pub(super) const KIND: &str = "slow-outside";

/// Functions in which only who calls somebody is, what they wait for, and what ends the wait.
const CALLS: &[(&str, Outside, Advice)] = &[
    ("crypto/tls.(*Conn).clientHandshake", Outside::Handshake, Advice::HandshakeDeadline),
    ("net.(*Resolver).lookupIPAddr", Outside::Address, Advice::LookupContext),
    ("net.(*netFD).connect", Outside::Connection, Advice::DialTimeout),
    ("net.(*Dialer).DialContext", Outside::Connection, Advice::DialTimeout),
    ("database/sql.", Outside::Database, Advice::QueryContext),
    ("os.(*File).Read", Outside::File, Advice::CommandContext),
];

/// Looks for requests that wait outside.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let mut found = Vec::new();
    let mut told = Vec::new();
    for (function, outside, advice) in CALLS {
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
