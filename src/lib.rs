//! gdump reads any of Go's goroutine dumps into one model and says what leaks and what is blocked.
//!
//! # Code map
//!
//! ```text
//! bytes ──► source ──► parse ──► model ──► view ──► series ──► diagnose ──► gate ──► render ──► text | json
//!                                     └──► transform
//! ```
//!
//! Each stage only looks down: [`model`] knows nothing; [`source`] yields bytes; [`parse`] turns
//! them into [`model::Dump`]s; [`pprof`] has the messages of profiles that are read and written;
//! [`view`] groups, filters and counts a dump; [`series`] compares dumps; [`transform`] makes other dumps
//! of them; [`diagnose`] finds what is wrong; [`gate`] judges that for scripts; [`render`] writes it all;
//! `live` asks running processes for their dumps; the front ends know everything, and nobody knows a
//! front end. A test checks the edges.

#[cfg(feature = "cli")]
pub mod cli;
pub mod diagnose;
pub mod error;
pub mod gate;
#[cfg(feature = "live")]
pub mod live;
pub mod model;
pub mod parse;
pub mod pprof;
pub mod render;
pub mod series;
#[cfg(feature = "serve")]
pub mod serve;
pub mod source;
pub mod transform;
#[cfg(feature = "tui")]
pub mod tui;
pub mod view;
