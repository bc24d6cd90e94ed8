//! Dumps made from dumps: without names, or put together from several formats of one moment.

pub mod anonymize;
pub mod merge;
