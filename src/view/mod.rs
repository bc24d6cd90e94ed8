//! Views of a dump: canonical stacks, filters, groups, counts, lists, trees. A view says nothing of what is
//! wrong; it reads dumps, never changes them, and does no input or output.

pub mod canon;
pub mod duration;
pub mod filter;
pub mod fingerprint;
pub mod group;
pub mod inspect;
pub mod kind;
pub mod listing;
pub mod meaning;
pub mod select;
pub mod spawn;
pub mod states;
pub mod summary;
pub mod tree;
pub mod version;
pub mod wait;

pub use filter::Filter;
pub use group::{By, Group, Grouping};
pub use kind::Kind;
pub use select::Selection;
pub use summary::Summary;
pub use wait::WaitStats;
