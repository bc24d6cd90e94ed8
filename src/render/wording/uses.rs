//! Evidence about goroutines that use the standard library and well-known modules.

use super::phrase::counts;
use crate::diagnose::evidence::Evidence;

/// The sentence.
pub(super) fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Unfinished { bodies, reading, in_flight } => {
            let busy = match (reading, in_flight) {
                (0, 0) => "nobody reads one, and no request waits for its response".to_owned(),
                _ => format!("{reading} goroutines read a body, {in_flight} wait for a response"),
            };
            format!("{bodies} responses are delivered and not finished; {busy}")
        }
        Evidence::KeepsConnections { read_loops, write_loops } => format!(
            "each keeps a connection with two goroutines: {read_loops} readLoop in select, {write_loops} writeLoop"
        ),
        Evidence::Unanswered { requests, connecting } => format!(
            "{requests} requests are sent and not answered; {connecting} of them have no connection yet"
        ),
        Evidence::Spread { callers } => counts(&callers.first),
        Evidence::PoolUse { waiting, rows, transactions, working } => format!(
            "{waiting} goroutines wait in database/sql.(*DB).conn; {rows} results (Rows) and {transactions} transactions are open; {working} goroutines work with a connection"
        ),
        Evidence::UsualDatabases { usual } => format!(
            "a program has one sql.DB for each database it is configured for, rarely over {usual}"
        ),
        Evidence::PastChild { waiting, copies } => format!(
            "{waiting} goroutines are past the wait for the child and wait for the copy of its output; {copies} copies wait for the pipe"
        ),
        Evidence::OpenContexts { open, own } => {
            format!("{open} are open, and only {own} goroutines are in the program's own code")
        }
        Evidence::MadeBy { goroutines } => {
            format!("{goroutines} different goroutines made them: one for each call")
        }
        Evidence::OpenStreams { open, working } => {
            format!("{open} streams are open and {working} goroutines read or write one")
        }
        Evidence::PinsThreads { threads } => {
            format!("each pins an operating system thread: {threads} of the 10000 that Go allows")
        }
        Evidence::PipeEnds { waiting, working, writes } => {
            let others = match working {
                0 => "nobody is at work".to_owned(),
                1 => "only 1 goroutine is at work".to_owned(),
                more => format!("only {more} goroutines are at work"),
            };
            if *writes {
                format!(
                    "a pipe has no buffer: a write waits until it is read; {waiting} wait, and {others} that could read"
                )
            } else {
                format!(
                    "a read waits for the writer; {waiting} wait, and {others} that could write"
                )
            }
        }
        _ => String::new(),
    }
}
