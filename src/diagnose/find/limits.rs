//! Numbers that several analyses of leaks share, each with where it is from.

/// Goroutines that make a crowd. In the service dumps pools of up to 8 idle workers are everywhere,
/// and creators tell leaks from pools in all crowds of 20 and more (ANALYSES 4.3).
pub(super) const MANY: i64 = 20;

/// A wait of so many minutes is longer than the timeouts of clients, proxies and load balancers
/// (30 s to 5 min by default), so that nobody is there any more who wants the result.
pub(super) const LONG: u32 = 10;
