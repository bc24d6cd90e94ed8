//! The one model of a goroutine dump, whatever format it came in. Knows nothing of the other stages.

mod args;
mod builder;
mod chunked;
mod completeness;
mod dump;
mod goid_set;
mod goroutine;
mod intern;
mod location;
mod problem;
mod race;
mod stack;
pub mod state;
pub mod symbol;
pub mod wait;

pub use args::Args;
pub use builder::DumpBuilder;
pub use completeness::Completeness;
pub use dump::{Account, Dump, Format};
pub use goid_set::GoidSet;
pub use goroutine::{Goroutine, Row, Signature};
pub use intern::{CreatorId, FrameId, HeadId, LabelsId, SignatureId, StackId, StrId};
pub use location::SourceLocation;
pub use problem::{Excerpt, Problem, Truncation, TruncationReason};
pub use race::{Access, Operation, Race};
pub use stack::{Ancestor, ArgWord, CallKind, Creator, Frame};
pub use state::{Bubble, Head};
pub use symbol::Symbol;
pub use wait::WaitKind;
