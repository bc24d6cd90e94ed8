//! Dumps of running processes over HTTP: what a URL means, how it is asked for, and what went wrong.
//!
//! [`Address`] and [`Settings`] are always there, so that what a user types is understood; the
//! client is part of the feature `live`.

mod address;
#[cfg(feature = "live")]
mod answer;
#[cfg(feature = "live")]
mod client;
#[cfg(feature = "live")]
mod failure;
mod netrc;
#[cfg(feature = "live")]
mod poll;
mod settings;
#[cfg(all(feature = "live", unix))]
mod unix;

pub use address::Address;
#[cfg(feature = "live")]
pub use answer::{Answer, Broken, Came};
#[cfg(feature = "live")]
pub use client::Client;
#[cfg(feature = "live")]
pub use poll::{Poll, Stop};
pub use settings::{Credentials, Settings};
