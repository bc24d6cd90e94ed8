//! `gdump list`: one line for each goroutine.

use super::{with_dumps, write_report};
use crate::cli::Exit;
use crate::cli::args::Shared;
use crate::render::{Body, OutputFormat, Report};
use crate::view::listing::{Listing, Order};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump list --sort wait --top 20 dump.txt            who has waited longest
  gdump list --where 'func =~ \"Handler\"' --top all d.txt
  gdump list --format csv -o goroutines.csv dump.txt  a row for each goroutine";

/// Goroutines on a screen if the user did not say.
const TOP: usize = 50;
/// Goroutines in JSON.
const JSON_TOP: usize = 1000;

// What can be typed.
#[derive(Debug, clap::Args)]
#[command(mut_arg("by", |arg| arg.hide(true)))]
pub(in crate::cli) struct Args {
    /// Sort by: dump (as it is), id, wait (longest first), state, depth (deepest first), created-by, user
    #[arg(long, value_name = "KEY", value_parser = order, default_value = "dump", help_heading = "List")]
    sort: Order,
    /// Leave out the first N goroutines
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "List")]
    skip: usize,
    #[command(flatten)]
    shared: Shared,
}

fn order(text: &str) -> Result<Order, String> {
    Order::parse(text).ok_or_else(|| format!("expected one of {}", Order::NAMES))
}

/// Writes the goroutines that were asked for.
pub(super) fn run(args: Args) -> Exit {
    let Args { sort, skip, shared } = args;
    with_dumps("list", shared, |options, dumps, out| {
        let top = match (options.view.top, options.view.format) {
            (Some(top), _) => top.get(),
            (None, OutputFormat::Text | OutputFormat::Markdown) => TOP,
            (None, OutputFormat::Json) => JSON_TOP,
            (None, _) => usize::MAX,
        };
        let list = |dump| Listing::new(dump, &options.look, sort, skip, top);
        let report = Report { command: "list", body: Body::List(dumps.iter().map(list).collect()) };
        write_report(options, &report, out)
    })
}
