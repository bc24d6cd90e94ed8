//! What findings say of data races.

use super::data::{Address, Data, Goid, Part};
use crate::model::{Operation, SourceLocation};

/// Who accesses memory in a race.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaceSide {
    /// It writes; else it reads.
    pub writes: bool,
    /// The function, if it is known.
    pub function: Option<String>,
}

impl Part for RaceSide {
    fn add(&self, _: &'static str, data: &mut Data) {
        self.writes.add("writes", data);
        let function = self.function.as_deref().unwrap_or_default();
        data.places.push((SourceLocation::function(function), None));
    }
}

/// An access to the memory of a race, or its allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accessed {
    /// What was done.
    pub operation: Operation,
    /// It came before the access that was noticed.
    pub previous: bool,
    /// Where in memory.
    pub address: Option<Address>,
    /// Who did it, by the race detector's own numbers.
    pub goid: Goid,
    /// What had become of that goroutine: `running` or `finished`; empty if that is not said.
    pub state: String,
    /// Where it was done; `None` if the detector had no stack of it any more.
    pub at: Option<SourceLocation>,
    /// Where the goroutine was started.
    pub started: Option<SourceLocation>,
}

impl Accessed {
    /// The number of the main goroutine.
    pub const MAIN: u64 = 1;
}

impl Part for Accessed {
    fn add(&self, _: &'static str, data: &mut Data) {
        self.operation.name().add("operation", data);
        self.previous.add("previous", data);
        self.address.add("address", data);
        self.goid.add("goroutine", data);
        self.at.add("at", data);
        self.started.add("started", data);
    }
}
