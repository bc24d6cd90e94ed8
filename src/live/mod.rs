//! Dumps of running processes: what is asked for, and what it costs the process.

pub mod cost;
pub mod take;
