//! Where bytes come from, and what is peeled off them: paths, standard input, directories,
//! archives and compression.
//!
//! [`open()`] is the door for bytes, [`foreign`] says what an input is that is no goroutine dump.

mod ahead;
mod archive;
mod decompress;
mod directory;
pub mod foreign;
pub mod http;
mod limits;
mod open;
mod salvage;
mod sniff;
mod stream;
mod utf16;
mod window;

pub use limits::Limits;
pub use open::Member;
pub use open::Opened;
pub use open::Target;
pub use open::Unreadable;
pub use open::open;
pub use open::open_answer;
pub use open::open_reader;
pub use stream::Stream;
