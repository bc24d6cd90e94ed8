//! What is wrong in a dump: which goroutines leak, which wait for each other, and why. Reads dumps and
//! views of them, never changes them, and does no input or output.

mod births;
pub mod diagnosis;
pub mod explain;
pub mod facts;
pub mod find;
pub mod finding;
pub mod graph;
mod judged;
pub mod known;
pub mod locks;
mod places;
mod servers;
pub mod standing;
pub mod waitfor;

pub use diagnosis::Sight;
pub use facts::{Case, Facts};
pub use finding::{Category, Confidence, Finding, Root, Severity};
pub use judged::Judged;
pub use known::Known;
