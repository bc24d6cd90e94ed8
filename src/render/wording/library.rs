//! Titles of findings about the standard library and well-known modules.

use super::phrase::{are, callers, goroutines, place, wait, waiting};
use crate::diagnose::title::{CallAwaits, Outside, Title};

/// The title of such a finding.
pub(super) fn title(title: &Title) -> String {
    of_network(title).or_else(|| of_database(title)).unwrap_or_else(|| of_system(title))
}

fn of_network(title: &Title) -> Option<String> {
    Some(match title {
        Title::OpenBodies { bodies, function } => format!(
            "{bodies} HTTP response {} closed: {function} waits for each to be read to its end or closed",
            if *bodies == 1 { "body was not" } else { "bodies were never" }
        ),
        Title::NoResponse { waiting, connecting, users } => format!(
            "{waiting} {} for {} an HTTP server in {}",
            if *waiting == 1 { "goroutine waits" } else { "goroutines wait" },
            if *connecting { "a connection to" } else { "a response from" },
            callers(users, "net/http.(*persistConn).roundTrip")
        ),
        Title::ClientDoesNotRead { writing, users } => format!(
            "{writing} HTTP {} stuck in a write in {}: the client does not read",
            if *writing == 1 { "response is" } else { "responses are" },
            callers(users, "net/http.(*conn).serve")
        ),
        Title::SlowOutside { waiting, outside: what, users, function } => {
            format!("{} for {} in {}", wait(*waiting), outside(*what), callers(users, function))
        }
        Title::IdleConnections { idle, grows } => format!(
            "{idle} idle HTTP client connections in net/http.(*persistConn).readLoop{}: a Transport for each request, or a large pool",
            if *grows { ", and they grow from dump to dump" } else { "" }
        ),
        Title::Listeners { listeners, at } => format!(
            "{listeners} listeners wait for connections in {}: they are opened again and again and not closed",
            place(at)
        ),
        Title::OpenGrpcConns { open, function } => format!(
            "{open} gRPC connections are open and not closed: {function} and others run for each"
        ),
        Title::OpenGrpcStreams { open, function } => {
            format!("{open} gRPC streams were never finished: {function} waits for the end of each")
        }
        Title::AcceptFails { loops, users } => format!(
            "{} sleeps after an Accept that failed{}: file descriptors are likely used up",
            callers(users, "a server"),
            if *loops == 1 { String::new() } else { format!(", {loops} loops in all") }
        ),
        Title::ShutdownInHandler { users } => format!(
            "{} shuts down the server of its own request, and waits for itself",
            callers(users, "a handler")
        ),
        Title::ServerShutdown { requests, users } => format!(
            "http.Server.Shutdown waits for {requests} {} in {}",
            if *requests == 1 {
                "request that has not ended"
            } else {
                "requests that have not ended"
            },
            callers(users, "net/http.(*conn).serve")
        ),
        _ => return None,
    })
}

fn of_database(title: &Title) -> Option<String> {
    Some(match title {
        Title::PoolExhausted { users, rows, transactions, abandoned } => format!(
            "{} waits for a database connection: all are in use{}",
            callers(users, "database/sql.(*DB).conn"),
            connections(*rows, *transactions, *abandoned)
        ),
        Title::OpenResults { open, working, function } => format!(
            "{open} database results or transactions are open and only {working} goroutines work with one: {function} waits for their end"
        ),
        Title::OpenDatabases { open } => format!(
            "{open} sql.DB are open: one database/sql.(*DB).connectionOpener for each, so they are opened again and again and not closed"
        ),
        _ => return None,
    })
}

fn of_system(title: &Title) -> String {
    match title {
        Title::LogBlocked { waiting, users, writers, call } => format!(
            "{waiting} goroutines wait to log, in {}: the log takes no more, {} is stuck in {}",
            callers(users, "a logger"),
            callers(writers, "one goroutine"),
            call.as_deref().unwrap_or("its write")
        ),
        Title::PipeHeld { users, commands } => format!(
            "{} waits for the output of {commands} {} that ended: another process still holds the pipe",
            callers(users, "os/exec.(*Cmd).Wait"),
            if *commands == 1 { "command" } else { "commands" }
        ),
        Title::OpenContexts { open, function } => {
            format!("{open} contexts were never cancelled: {function} waits for the end of each")
        }
        Title::StuckSyscall { stuck, call, function, awaits } => format!(
            "{} {} stuck in {call} in {function}: waiting for {}",
            goroutines(*stuck),
            are(*stuck),
            call_awaits(*awaits)
        ),
        Title::PipeLeft { stuck, at, writes } => format!(
            "{} {} stuck in {}: {} {}",
            goroutines(*stuck),
            are(*stuck),
            place(at),
            if *stuck == 1 { "it" } else { "they" },
            if *writes {
                "write to an io.Pipe that nobody reads from"
            } else {
                "read from an io.Pipe that nobody writes to or closes"
            }
        ),
        Title::FinalizerBlocked { at, waits_for } => format!(
            "a finalizer does not return: {} is {}, and no other finalizer runs",
            place(at),
            waiting(*waits_for)
        ),
        _ => String::new(),
    }
}

fn outside(outside: Outside) -> &'static str {
    match outside {
        Outside::Rpc => "the answer to a gRPC call",
        Outside::Handshake => "the other side of a TLS handshake",
        Outside::Address => "the address of a host name",
        Outside::Connection => "a connection to be opened",
        Outside::Database => "an answer of the database",
        Outside::File => "a file or pipe, such as the output of a child process",
    }
}

fn call_awaits(awaits: CallAwaits) -> &'static str {
    match awaits {
        CallAwaits::Child => "a child process",
        CallAwaits::FileLock => "a file lock that another process holds",
        CallAwaits::Open => "a file to open: a FIFO without a partner, or a file system that hangs",
        CallAwaits::Disk => "the disk",
        CallAwaits::Write => "a file or device to take data",
        CallAwaits::Read => "a file, terminal or FIFO to give data",
        CallAwaits::FileSystem => "a file system",
        CallAwaits::Connection => "a connection",
        CallAwaits::C => "C code to return",
        CallAwaits::Unknown => "the operating system",
    }
}

/// Who holds the connections of a pool.
fn connections(rows: i64, transactions: i64, abandoned: bool) -> String {
    match (rows, transactions) {
        _ if !abandoned => ", and they are at work".to_owned(),
        (0, 0) => ", and nobody is seen to work with one".to_owned(),
        (rows, 0) => format!(", {rows} by results (Rows) that nobody reads or closes"),
        (0, transactions) => {
            format!(", {transactions} by transactions that are neither committed nor rolled back")
        }
        (rows, transactions) => {
            format!(", by {rows} results and {transactions} transactions that nobody works with")
        }
    }
}
