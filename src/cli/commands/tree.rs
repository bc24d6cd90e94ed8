//! `gdump tree`: who created whom.

use super::{with_dumps, write_report};
use crate::cli::args::Shared;
use crate::cli::{Exit, values};
use crate::error::Error;
use crate::render::{Body, Limit, Report};
use crate::view::tree::{Extent, Tree};
use crate::view::version::format_words;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump tree dump.txt                        equal subtrees are one: 237 × main.worker
  gdump tree --depth all --top all dump.txt  all of it
  gdump tree --where \"state == 'chan send'\" d.txt   only those, and who created them";

/// Children of a node if the user did not say.
const TOP: usize = 20;

// What can be typed.
#[derive(Debug, clap::Args)]
#[command(mut_arg("by", |arg| arg.hide(true)))]
pub(in crate::cli) struct Args {
    /// Levels that are shown, or all
    #[arg(long, value_name = "N|all", value_parser = values::limit, default_value = "10", help_heading = "Tree")]
    depth: Limit,
    #[command(flatten)]
    shared: Shared,
}

/// Writes the trees.
pub(super) fn run(args: Args) -> Exit {
    let Args { depth, shared } = args;
    with_dumps("tree", shared, |options, dumps, out| {
        let top = options.view.top.map_or(TOP, Limit::get);
        let extent = Extent { depth: depth.get().max(1), top };
        let tree = |dump| {
            Tree::new(dump, &options.look, extent).ok_or(dump).map_err(
                |dump: &crate::model::Dump| {
                    let (name, format) = (&dump.name, format_words(dump.format));
                    Error::Usage(format!(
                        "tree: {name} does not say who created a goroutine ({format})\n  dumps of \
                     /debug/pprof/goroutine?debug=2 do, in the lines `created by`"
                    ))
                },
            )
        };
        let trees = dumps.iter().map(tree).collect::<Result<Vec<_>, _>>()?;
        write_report(options, &Report { command: "tree", body: Body::Trees(trees) }, out)
    })
}
