//! Dumps of running processes: what is asked for, what it costs the process, and how it is kept.

pub mod bundle;
pub mod cost;
pub mod follow;
pub mod identity;
pub mod judge;
pub mod pace;
pub mod store;
pub mod take;
pub mod trigger;
