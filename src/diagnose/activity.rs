//! What a goroutine does, as far as its state and its frames tell.

use super::facts::Facts;
use super::locks::stack_of;
use crate::model::{WaitKind, wait};

/// What a goroutine does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It waits for a lock, a `WaitGroup` or a `Cond`.
    Waits(WaitKind),
    /// It waits for connections.
    Accepts,
    /// It writes to the network.
    WritesNetwork,
    /// It reads from the network.
    ReadsNetwork,
    /// It reads from a file or pipe.
    ReadsFile,
    /// It waits for an HTTP response.
    AwaitsResponse,
    /// It waits for a database connection.
    AwaitsConnection,
    /// What its state says, and the state as it is printed.
    State(WaitKind, String),
}

impl Activity {
    /// What the goroutine in `row` does.
    pub(super) fn of(facts: &Facts<'_>, row: u32) -> Self {
        let locks = facts.locks();
        if let Some(wait) = locks.wait(row) {
            return Self::Waits(wait.kind);
        }
        let group = locks.group(row);
        let kind = group.map_or(WaitKind::Unknown, |group| facts.kind(group));
        let has = |part: &str| {
            let stack = stack_of(facts, row);
            stack.iter().any(|id| locks.frames.get(*id).name.contains(part))
        };
        match kind {
            WaitKind::Io if has(".Accept") || has(".accept") => Self::Accepts,
            WaitKind::Io if has(").Write") || has(".write") => Self::WritesNetwork,
            WaitKind::Io if has("net.(") => Self::ReadsNetwork,
            WaitKind::Io => Self::ReadsFile,
            WaitKind::Select if has("net/http.(*persistConn).roundTrip") => Self::AwaitsResponse,
            WaitKind::Select if has("database/sql.(*DB).conn") => Self::AwaitsConnection,
            kind => {
                let state = group.map_or(wait::UNKNOWN, |group| facts.state(group));
                Self::State(kind, state.to_owned())
            }
        }
    }

    /// What the goroutines of a group do.
    pub(super) fn of_group(facts: &Facts<'_>, group: usize) -> Option<Self> {
        facts.summary.grouping.rows(group).first().map(|row| Self::of(facts, *row))
    }

    /// The name used in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waits(kind) | Self::State(kind, _) => kind.name(),
            Self::Accepts => "accept",
            Self::WritesNetwork => "network-write",
            Self::ReadsNetwork => "network-read",
            Self::ReadsFile => "file-read",
            Self::AwaitsResponse => "http-response",
            Self::AwaitsConnection => "database-connection",
        }
    }
}
