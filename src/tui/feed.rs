//! Where the dumps come from.

use crate::error::Result;
use crate::model::Dump;

/// Something that yields dumps one after the other.
pub trait Feed: Send {
    /// What the user calls it: a URL without its secrets, or the names of files.
    fn name(&self) -> String;

    /// The next dump; `None` if there will be no more. An error is shown and the next call tries again.
    fn next(&mut self) -> Result<Option<Dump>>;
}

/// Dumps that were read before.
pub struct Files {
    dumps: std::vec::IntoIter<Dump>,
    name: String,
}

impl Files {
    /// A series in the order of time.
    pub fn new(dumps: Vec<Dump>) -> Self {
        let name = match dumps.as_slice() {
            [] => "no dump".to_owned(),
            [one] => one.name.clone(),
            [first, .., last] => format!("{} … {}", first.name, last.name),
        };
        Self { dumps: dumps.into_iter(), name }
    }
}

impl Feed for Files {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn next(&mut self) -> Result<Option<Dump>> {
        Ok(self.dumps.next())
    }
}
