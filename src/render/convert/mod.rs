//! Dumps written in the formats of other programs: one file a format, all from the same selection of
//! goroutines. They write as they go: a million goroutines are never one text in memory.

mod csv;
mod debug2;
mod fold;
mod folded;
mod json;
mod ndjson;
pub mod rows;

use std::io::{self, Write};

use crate::analysis::Selection;
pub use fold::{Extra, Tag};

/// A format of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Traceback text as Go 1.27 writes it.
    Debug2,
    /// JSON with everything that was read; grammar/dump.schema.json.
    Json,
    /// One JSON object a record, one a line.
    Ndjson,
    /// One record a row.
    Csv,
    /// Folded stacks for flame graphs: `root;…;leaf count`.
    Folded,
}

impl Target {
    /// Whether it is no text.
    pub fn is_binary(self) -> bool {
        false
    }

    /// Whether it holds one dump alone.
    pub fn is_single(self) -> bool {
        self == Self::Debug2
    }
}

/// What is to be written, and how.
pub struct Conversion<'d> {
    /// The format.
    pub to: Target,
    /// The goroutines, dump by dump.
    pub selections: Vec<Selection<'d>>,
    /// Frames to add to stacks that are folded.
    pub extra: Extra,
}

impl Conversion<'_> {
    /// Writes it to `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.to {
            Target::Debug2 => {
                self.selections.iter().try_for_each(|selection| debug2::write(selection, out))
            }
            Target::Json => json::write(&self.selections, out),
            Target::Ndjson => ndjson::write(&self.selections, out),
            Target::Csv => csv::write(&self.selections, out),
            Target::Folded => folded::write(self, out),
        }
    }

    /// Why it cannot be written at all, with a remedy.
    pub fn check(&self) -> Result<(), String> {
        match self.to {
            Target::Debug2 => self.selections.iter().try_for_each(debug2::check),
            _ => Ok(()),
        }
    }

    /// What the format cannot hold of these dumps, in whole sentences without a final period.
    pub fn losses(&self) -> Vec<String> {
        self.selections.iter().flat_map(|selection| self.losses_of(selection)).collect()
    }

    fn losses_of(&self, selection: &Selection<'_>) -> Vec<String> {
        let mut losses = Vec::new();
        if self.to == Target::Debug2 {
            losses.extend(debug2::losses(selection));
        }
        losses
    }
}
