//! What can be said of a dump: which goroutines are alike, what they wait for, which of them belong
//! to the runtime. Reads dumps, never changes them, and does no input or output.

pub mod anonymize;
mod births;
pub mod canon;
pub mod diagnosis;
pub mod duration;
pub mod explain;
pub mod facts;
pub mod filter;
pub mod find;
pub mod finding;
mod fingerprint;
pub mod gate;
pub mod graph;
pub mod group;
pub mod inspect;
mod judged;
pub mod kind;
pub mod known;
pub mod listing;
pub mod locks;
pub mod meaning;
pub mod merge;
mod places;
pub mod select;
pub mod series;
mod servers;
mod spawn;
pub mod states;
pub mod summary;
pub mod tree;
pub mod version;
pub mod wait;
pub mod waitfor;

pub use diagnosis::Sight;
pub use facts::{Case, Facts};
pub use filter::Filter;
pub use finding::{Category, Confidence, Finding, Root, Severity};
pub use group::{By, Group, Grouping};
pub use judged::Judged;
pub use kind::Kind;
pub use known::Known;
pub use select::Selection;
pub use summary::Summary;
pub use wait::WaitStats;
