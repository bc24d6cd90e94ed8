//! gdump reads any of Go's goroutine dumps into one model and says what leaks and what is blocked.
//!
//! # Code map
//!
//! ```text
//! bytes ──► source ──► parse ──► model ──► analysis ──► render ──► text | json
//! ```
//!
//! Each stage only looks down: [`model`] knows nothing; [`source`] yields bytes; [`parse`] turns
//! them into [`model::Dump`]s; [`pprof`] has the messages of profiles that are read and written;
//! [`analysis`] reads dumps; [`render`] writes what analysis found; `live` asks running processes for
//! their dumps; the front ends know everything, and nobody knows a front end. A test checks the edges.

pub mod analysis;
#[cfg(feature = "cli")]
pub mod cli;
pub mod error;
#[cfg(feature = "live")]
pub mod live;
pub mod model;
pub mod parse;
pub mod pprof;
pub mod render;
#[cfg(feature = "serve")]
pub mod serve;
pub mod source;
#[cfg(feature = "tui")]
pub mod tui;
