//! What is wrong in a dump: which goroutines leak, which wait for each other, and why. Reads dumps and
//! views of them, never changes them, and does no input or output.

pub mod activity;
pub mod data;
pub mod diagnosis;
pub mod evidence;
pub mod facts;
pub mod find;
pub mod finding;
pub mod graph;
pub mod history;
pub mod index;
mod judged;
pub mod known;
pub mod locks;
pub mod race;
pub mod rating;
pub mod role;
pub mod said;
pub mod standing;
pub mod step;
pub mod tangles;
pub mod title;
pub mod waitfor;

pub use diagnosis::Sight;
pub use facts::{Case, Facts};
pub use finding::{Finding, Root};
pub use judged::Judged;
pub use known::Known;
pub use rating::{Category, Confidence, Severity};
