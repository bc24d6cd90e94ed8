//! What is wrong in a dump: which goroutines leak, which wait for each other, and why. Reads dumps and
//! views of them, never changes them, and does no input or output.

pub mod diagnosis;
pub mod explain;
pub mod facts;
pub mod find;
pub mod finding;
pub mod graph;
pub mod history;
pub mod index;
mod judged;
pub mod known;
pub mod locks;
pub mod rating;
pub mod standing;
pub mod tangles;
pub mod waitfor;

pub use diagnosis::Sight;
pub use facts::{Case, Facts};
pub use finding::{Finding, Root};
pub use judged::Judged;
pub use known::Known;
pub use rating::{Category, Confidence, Severity};
