//! Writes what analysis found: one file per output format, all from the same [`Report`].

pub mod convert;
pub mod escape;
mod github;
mod html;
mod json;
mod junit;
mod line;
mod markdown;
mod prometheus;
mod sarif;
pub mod style;
mod text;
mod time;
mod uri;
pub mod words;

use std::io::{self, Write};

pub use style::Style;

use crate::analysis::gate::Gate;
use crate::analysis::series::{Diff, Series};
use crate::analysis::{Sight, Summary};

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
    /// What a gate says.
    Gate(Box<Gate<'d>>),
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
            Body::Sights(sights) => sights.iter().map(Sight::summary).collect(),
            Body::Diff(diff) => vec![&diff.before, &diff.after],
            Body::Gate(gate) => gate.sights.iter().map(Sight::summary).collect(),
            Body::Series(_, summaries) => summaries.iter().collect(),
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
            // The command line refuses them before anything is read.
            OutputFormat::Sarif
            | OutputFormat::Junit
            | OutputFormat::Github
            | OutputFormat::Prometheus => Err(io::ErrorKind::Unsupported.into()),
            OutputFormat::Html => html::render(self, view, out),
        }
    }
}

#[cfg(test)]
mod fixture;
