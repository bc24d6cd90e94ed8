//! Dumps written in the formats of other programs: one file a format, all from the same selection of
//! goroutines. They write as they go: a million goroutines are never one text in memory.

pub(super) mod csv;
mod debug2;
mod dot;
mod flame;
mod fold;
mod folded;
mod json;
pub(super) mod ndjson;
mod pprof;
pub mod rows;
mod speedscope;

use std::io::{self, Write};

use crate::diagnose::Sight;
use crate::render::Limit;
use crate::view::Selection;
pub use dot::Edges;
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
    /// A pprof profile, compressed.
    Pprof,
    /// Folded stacks for flame graphs: `root;…;leaf count`.
    Folded,
    /// speedscope's JSON.
    Speedscope,
    /// A flame graph.
    Svg,
    /// A graph for Graphviz: who created whom, who waits for whom.
    Dot,
}

impl Target {
    /// Whether it is no text.
    pub fn is_binary(self) -> bool {
        self == Self::Pprof
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
    /// What was found in each dump, for graphs; empty for other formats.
    pub sights: Vec<Sight<'d>>,
    /// How.
    pub how: How,
}

/// What can be chosen of single formats.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// Tell every goroutine apart where the format can also count equal ones.
    pub ids: bool,
    /// Frames to add to stacks that are folded.
    pub extra: Extra,
    /// Edges of graphs.
    pub edges: Edges,
    /// Groups of a graph; `None` is its own measure.
    pub top: Option<Limit>,
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
            Target::Pprof => pprof::write(&self.selections, self.how.ids, out),
            Target::Folded => folded::write(self, out),
            Target::Speedscope => speedscope::write(self, out),
            Target::Svg => flame::write(self, out),
            Target::Dot => dot::write(self, out),
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
        let whole = matches!(self.to, Target::Debug2 | Target::Json | Target::Pprof);
        if whole && selection.hides_frames() {
            losses.push(
                "this format holds whole stacks: --hide, --show and --show-from choose goroutines, but \
                 delete no frames"
                    .to_owned(),
            );
        }
        if self.to == Target::Debug2 {
            losses.extend(debug2::losses(selection));
        }
        if matches!(self.to, Target::Speedscope | Target::Svg)
            && selection.goroutines().any(|goroutine| goroutine.count() < 0)
        {
            losses.push(
                "stacks with a negative count (fewer goroutines than before) are left out; --to pprof \
                 keeps them"
                    .to_owned(),
            );
        }
        losses
    }
}
