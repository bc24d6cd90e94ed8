//! Several dumps of one program: what is kept of each, and what they say together.
//!
//! A [`Snapshot`] keeps of a dump only the number of goroutines in each group and, where the format has
//! ids, the group of every goroutine, so that a series of any length streams through.

pub mod diff;
pub mod process;
pub mod snapshot;
pub mod taken;
pub mod track;
pub mod trend;

pub use diff::Diff;
pub use snapshot::{Moment, Names, Snapshot, TimeSource, Who};
pub use taken::Taken;
pub use track::{Series, SeriesBuilder, Track};
pub use trend::Trend;
pub(super) use trend::never_falls;
