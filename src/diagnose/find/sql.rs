//! Database pools without a free connection: who waits, and who may hold them.
//!
//! `(*DB).conn` waits when `MaxOpenConns` connections are in use. A connection is in use from the query
//! until its `Rows` are closed, a transaction until it is committed or rolled back. Where the context
//! can be cancelled each of them has a goroutine in `awaitDone`, which makes open ones visible. If fewer
//! goroutines work with the database than connections are open, `Close` is missing somewhere;
//! if as many do, the pool is too small or the queries are slow.
//!
//! The limit of the pool is not in the dump, and `Rows` of a context without a cancel leave no trace.

use std::collections::BTreeSet;

use super::library::{
    LONG, MANY, Seen, callers, finding, grows, pick, seen, since, spread, total, waits,
};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::{Caller, Callers};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::WaitKind;
use crate::view::canon::Shown;

/// The kind of its findings.
pub(super) const KIND: &str = "sql-pool-exhausted";

/// What the goroutines around a pool do.
struct Pool<'s, 'f, 'd> {
    waiting: Vec<&'s Seen<'f, 'd>>,
    rows: Vec<&'s Seen<'f, 'd>>,
    transactions: Vec<&'s Seen<'f, 'd>>,
    working: Vec<&'s Seen<'f, 'd>>,
}

/// Looks for goroutines that wait for a connection, and for results that stay open.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let all = seen(case.now);
    let waiting = pick(&all, waits_for_connection);
    let users: BTreeSet<&str> = waiting.iter().flat_map(|seen| users(case.now, seen)).collect();
    let pool = Pool {
        rows: pick(&all, |seen| seen.top() == "database/sql.(*Rows).awaitDone"),
        transactions: pick(&all, |seen| seen.top() == "database/sql.(*Tx).awaitDone"),
        working: pick(&all, |seen| works(seen) || has_passed(case.now, seen, &users)),
        waiting,
    };
    if pool.waiting.is_empty() { open_results(case, &pool) } else { exhausted(case, &pool) }
        .into_iter()
        .collect()
}

fn exhausted(case: &Case<'_, '_>, pool: &Pool<'_, '_, '_>) -> Option<Finding> {
    let facts = case.now;
    let count = total(&pool.waiting);
    let waits = waits(facts, &pool.waiting);
    let long = waits.max.is_some_and(|minutes| minutes >= LONG);
    let (rows, transactions) = (total(&pool.rows), total(&pool.transactions));
    let working = total(&pool.working);
    let abandoned = working < rows.saturating_add(transactions).max(1);
    let severity = match count {
        1.. if long => Severity::High,
        // Those who hold them are at work, so that the queue moves.
        MANY.. if abandoned => Severity::High,
        2.. => Severity::Medium,
        _ => Severity::Low,
    };
    let mut list = pool.waiting.clone();
    list.extend(&pool.rows);
    list.extend(&pool.transactions);
    let category = if abandoned { Category::Leak } else { Category::Contention };
    let mut finding = finding(KIND, category, facts, &list);
    finding.severity = severity;
    finding.confidence =
        if rows + transactions > 0 { Confidence::Likely } else { Confidence::Possible };
    let users = callers(facts, &pool.waiting);
    finding.title =
        Title::PoolExhausted { users: Callers::of(&users), rows, transactions, abandoned };
    finding.evidence = vec![Evidence::PoolUse { waiting: count, rows, transactions, working }];
    finding.evidence.extend(spread(&users));
    finding.evidence.extend(since(&waits));
    finding.next = next(&users, abandoned);
    Some(finding)
}

fn next(users: &[Caller], abandoned: bool) -> Vec<Step> {
    let mut next = Vec::new();
    if abandoned {
        next.extend(super::library::steps(users, Advice::CloseRows));
        next.push(Advice::EndTransactions.into());
    } else {
        next.push(Advice::LookAtQueries.into());
    }
    next.push(Advice::DbStats.into());
    next
}

/// Nobody waits, so the pool has no limit, and results pile up.
fn open_results(case: &Case<'_, '_>, pool: &Pool<'_, '_, '_>) -> Option<Finding> {
    let mut list = pool.rows.clone();
    list.extend(&pool.transactions);
    let (count, working) = (total(&list), total(&pool.working));
    if count - working < MANY {
        return None;
    }
    let mut finding = finding(KIND, Category::Leak, case.now, &list);
    let grows =
        grows(case, |seen| seen.top().ends_with("awaitDone") && seen.has_prefix("database/sql."));
    finding.severity = if grows { Severity::High } else { Severity::Medium };
    finding.confidence = Confidence::Likely;
    let function = list.first().map_or("", |seen| seen.top()).to_owned();
    finding.title = Title::OpenResults { open: count, working, function };
    finding.evidence = vec![Fact::NoPoolLimit.into()];
    finding.evidence.extend(since(&waits(case.now, &list)));
    finding.next = next(&callers(case.now, &pool.working), true);
    Some(finding)
}

pub(super) fn waits_for_connection(seen: &Seen<'_, '_>) -> bool {
    seen.top() == "database/sql.(*DB).conn" && seen.may_be(&[WaitKind::Select, WaitKind::Receive])
}

/// The innermost two of the user's functions in `seen`: one asks for the connection, and it or its caller
/// works with the results.
fn users<'d>(facts: &Index<'d>, seen: &Seen<'_, 'd>) -> impl Iterator<Item = &'d str> {
    let names = facts.frames(seen.group.stack).filter_map(|frame| match frame {
        Shown::Call { function, std: false, .. } => Some(function),
        _ => None,
    });
    names.take(2).collect::<Vec<_>>().into_iter()
}

/// Is in a function in which others wait for a connection, and does not wait for one: it has got it.
fn has_passed(facts: &Index<'_>, seen: &Seen<'_, '_>, waiting: &BTreeSet<&str>) -> bool {
    !waiting.is_empty()
        && !waits_for_connection(seen)
        && users(facts, seen).any(|name| waiting.contains(name))
}

/// Works with a connection: inside of database/sql, but not one of its own goroutines.
fn works(seen: &Seen<'_, '_>) -> bool {
    let own = ["awaitDone", "connectionOpener", "connectionCleaner", "connectionResetter"];
    seen.has_prefix("database/sql.")
        && !waits_for_connection(seen)
        && !own.iter().any(|name| seen.top().ends_with(name))
}
