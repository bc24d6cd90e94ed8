//! Writes what analysis found: one file per output format, all from the same [`Report`].

pub mod convert;
pub mod escape;
pub mod explain;
mod github;
mod harmless;
pub mod html;
mod json;
mod junit;
mod line;
mod markdown;
mod prometheus;
mod sarif;
pub mod style;
mod table;
mod text;
pub mod time;
mod uri;
pub mod wording;
pub mod words;

use std::io::{self, Write};

pub use style::Style;

use crate::diagnose::{Finding, Sight};
use crate::gate::Gate;
use crate::series::{Diff, Series};
use crate::view::Summary;
use crate::view::inspect::Inspection;
use crate::view::listing::Listing;
use crate::view::tree::Tree;

/// What is to be written.
pub struct Report<'d> {
    /// The command's name.
    pub command: &'static str,
    /// What it found out.
    pub body: Body<'d>,
}

/// What commands find out; each kind has its own file in every output format that can write it.
pub enum Body<'d> {
    /// The dumps with what was found in them, in the order of the inputs.
    Sights(Vec<Sight<'d>>),
    /// Two dumps compared.
    Diff(Box<Diff<'d>>),
    /// A series of dumps, and what is known of each.
    Series(&'d Series, Vec<Summary<'d>>),
    /// The groups of each dump behind the first so many.
    Groups(Vec<Summary<'d>>, usize),
    /// Goroutines one by one.
    List(Vec<Listing<'d>>),
    /// Goroutines whole, dump by dump.
    Shown(Vec<Sight<'d>>, Vec<Vec<Inspection<'d>>>),
    /// Who created whom.
    Trees(Vec<Tree<'d>>),
    /// What a gate says.
    Gate(Box<Gate<'d>>),
    /// Dumps of which nothing was read, for programs.
    Unread(Vec<Summary<'d>>),
}

/// How it is to be written.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The format.
    pub format: OutputFormat,
    /// How many groups; `None` is the format's own measure.
    pub top: Option<Limit>,
    /// How many goroutine ids of each group.
    pub ids: Limit,
    /// Columns of the screen.
    pub width: usize,
    /// Colours or none.
    pub style: Style,
    /// Whole stacks, all problems.
    pub verbose: bool,
    /// No hints and notes.
    pub quiet: bool,
}

impl View {
    /// For a text of `width` columns that is not on a screen.
    pub const fn plain(format: OutputFormat, width: usize) -> Self {
        Self {
            format,
            top: None,
            ids: Limit::Most(5),
            width,
            style: Style::plain(),
            verbose: false,
            quiet: false,
        }
    }
}

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// A screen for people.
    #[default]
    Text,
    /// JSON as grammar/report.schema.json describes it.
    Json,
    /// Markdown for an incident channel.
    Markdown,
    /// One JSON object a row, one a line.
    Ndjson,
    /// Rows of cells.
    Csv,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit` XML.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Prometheus' text format.
    Prometheus,
    /// One HTML file that needs nothing else.
    Html,
}

/// How much of a list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// All of it.
    All,
    /// At most so many.
    Most(usize),
}

impl Limit {
    /// As a number.
    pub fn get(self) -> usize {
        match self {
            Self::All => usize::MAX,
            Self::Most(n) => n,
        }
    }
}

impl<'d> Report<'d> {
    /// The dumps that it is about, in the order of the inputs.
    pub fn summaries(&self) -> Vec<&Summary<'d>> {
        match &self.body {
            Body::Sights(sights) | Body::Shown(sights, _) => {
                sights.iter().map(Sight::summary).collect()
            }
            Body::Diff(diff) => vec![&diff.before, &diff.after],
            Body::Series(_, summaries) | Body::Groups(summaries, _) | Body::Unread(summaries) => {
                summaries.iter().collect()
            }
            Body::List(lists) => lists.iter().map(|list| &list.summary).collect(),
            Body::Trees(trees) => trees.iter().map(|tree| &tree.summary).collect(),
            Body::Gate(gate) => gate.sights.iter().map(Sight::summary).collect(),
        }
    }

    /// Writes the report to `out`.
    pub fn write(&self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        match (view.format, &self.body) {
            (OutputFormat::Sarif, Body::Gate(gate)) => return sarif::render(gate, &gate.root, out),
            (OutputFormat::Junit, Body::Gate(gate)) => return junit::render(gate, out),
            (OutputFormat::Github, Body::Gate(gate)) => {
                return github::render(gate, &gate.root, out);
            }
            (OutputFormat::Prometheus, Body::Gate(gate)) => {
                return prometheus::render(gate, view.top.map(Limit::get), out);
            }
            _ => {}
        }
        match view.format {
            OutputFormat::Text => text::render(self, view, out),
            OutputFormat::Json => json::render(self, view, out),
            OutputFormat::Markdown => markdown::render(self, view, out),
            OutputFormat::Ndjson => table::ndjson(self, view, out),
            OutputFormat::Csv => table::csv(self, view, out),
            // The command line refuses them before anything is read.
            OutputFormat::Sarif
            | OutputFormat::Junit
            | OutputFormat::Github
            | OutputFormat::Prometheus => Err(io::ErrorKind::Unsupported.into()),
            OutputFormat::Html => html::render(self, view, out),
        }
    }
}

/// One finding with its evidence, as `leaks` and `blocked` tell it, in lines of plain text for other
/// front ends; what is invisible in it is made visible.
pub fn finding_lines(sight: &Sight<'_>, finding: &Finding, view: &View) -> Vec<String> {
    text::finding_lines(sight, finding, view)
}

/// Whether all goroutines of the input were read in full, or how many of how many were, for other front
/// ends; `None` if that all were says little, as the dump is cut off.
pub fn part_read(summary: &Summary<'_>) -> Option<String> {
    text::part_read(summary).map(|(_, text)| text)
}

#[cfg(test)]
mod fixture;
