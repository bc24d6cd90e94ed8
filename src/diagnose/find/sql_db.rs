//! Databases that are opened again and again: more `sql.DB` than a program needs.
//!
//! Every `sql.DB` has one goroutine in `connectionOpener` until it is closed. A program has one for
//! each database that it is configured for; one for each request or task is a leak, and each keeps
//! its own pool of connections.
//!
//! Who called `sql.Open` is not in the dump: `database/sql.OpenDB` started the goroutine.

use super::library::{Seen, finding, grows, pick, seen, since, total, waits};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::Advice;
use crate::diagnose::title::Title;

/// The kind of its findings.
pub(super) const KIND: &str = "sql-db-not-closed";

/// Programs are configured for a handful of databases; the table of known goroutines says the same.
const USUAL: i64 = 5;

/// More than programs with a database for each tenant or shard have without thinking of it.
const HIGH: i64 = 20;

/// Counts the databases that are open.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let all = seen(facts);
    let openers = pick(&all, opens);
    let count = total(&openers);
    let grows = grows(case, opens);
    if count <= USUAL {
        return Vec::new();
    }
    let mut list = openers.clone();
    list.extend(pick(&all, |seen| {
        let top = seen.top();
        top == "database/sql.(*DB).connectionCleaner"
            || top == "database/sql.(*DB).connectionResetter"
    }));
    let mut finding = finding(KIND, Category::Leak, facts, &list);
    finding.severity = if count >= HIGH || grows { Severity::High } else { Severity::Medium };
    finding.confidence = Confidence::Likely;
    finding.title = Title::OpenDatabases { open: count };
    finding.evidence = vec![Evidence::UsualDatabases { usual: USUAL }];
    finding.evidence.extend(since(&waits(facts, &openers)));
    finding.next = vec![Advice::OpenOnce.into()];
    vec![finding]
}

fn opens(seen: &Seen<'_, '_>) -> bool {
    seen.top() == "database/sql.(*DB).connectionOpener"
}
