//! The table of analyses.

use super::{
    Analysis, ab_ba, abandoned_lock, channel, cond, context, convoy, crash, exec, finalizer,
    forever, growth, grpc, http, http_client, http_upstream, idle_connections, leader, listeners,
    lock_pileup, log_sink, once, outside, pipe, proven, recursive_read_lock, self_deadlock,
    semaphore, shutdown, sql, sql_db, suspect, syscall, wait_cycle, waitgroup,
};

/// All analyses, the most special first: what an earlier one explains is not said again by a later
/// one in other words.
pub const ANALYSES: &[Analysis] = &[
    Analysis { kind: crash::CRASH, run: crash::run },
    Analysis { kind: log_sink::KIND, run: log_sink::run },
    Analysis { kind: recursive_read_lock::KIND, run: recursive_read_lock::run },
    Analysis { kind: once::KIND, run: once::run },
    Analysis { kind: self_deadlock::KIND, run: self_deadlock::run },
    Analysis { kind: ab_ba::KIND, run: ab_ba::run },
    Analysis { kind: wait_cycle::KIND, run: wait_cycle::run },
    Analysis { kind: lock_pileup::KIND, run: lock_pileup::run },
    Analysis { kind: convoy::KIND, run: convoy::run },
    Analysis { kind: abandoned_lock::KIND, run: abandoned_lock::run },
    Analysis { kind: http::KIND, run: http::run },
    Analysis { kind: http_upstream::KIND, run: http_upstream::run },
    Analysis { kind: http_client::KIND, run: http_client::run },
    Analysis { kind: outside::KIND, run: outside::run },
    Analysis { kind: idle_connections::KIND, run: idle_connections::run },
    Analysis { kind: listeners::KIND, run: listeners::run },
    Analysis { kind: sql::KIND, run: sql::run },
    Analysis { kind: sql_db::KIND, run: sql_db::run },
    Analysis { kind: exec::KIND, run: exec::run },
    Analysis { kind: context::KIND, run: context::run },
    Analysis { kind: syscall::KIND, run: syscall::run },
    Analysis { kind: grpc::CONN, run: grpc::connections },
    Analysis { kind: grpc::STREAM, run: grpc::streams },
    Analysis { kind: pipe::KIND, run: pipe::run },
    Analysis { kind: finalizer::KIND, run: finalizer::run },
    Analysis { kind: shutdown::KIND, run: shutdown::run },
    Analysis { kind: waitgroup::CHILDREN, run: waitgroup::children },
    Analysis { kind: waitgroup::NEVER, run: waitgroup::never },
    Analysis { kind: cond::KIND, run: cond::run },
    Analysis { kind: semaphore::KIND, run: semaphore::run },
    Analysis { kind: channel::SLOW, run: channel::run },
    Analysis { kind: leader::KIND, run: leader::run },
    Analysis { kind: proven::KIND, run: proven::run },
    Analysis { kind: forever::KIND, run: forever::run },
    Analysis { kind: suspect::KIND, run: suspect::run },
    Analysis { kind: growth::KIND, run: growth::run },
];
