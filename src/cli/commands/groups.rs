//! `gdump groups`: goroutines that are alike.

use super::{with_dumps, write_page, write_report};
use crate::cli::Exit;
use crate::cli::args::Shared;
use crate::error::Error;
use crate::render::{Body, OutputFormat, Report};
use crate::view::group::{GroupOrder, Similarity};
use crate::view::{By, Summary};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump groups --top 20 dump.txt                    the twenty largest
  gdump groups --by created-by --sort wait dump.txt go statements whose goroutines wait longest
  gdump groups --similarity function old-and-new/   the same over builds: lines do not count
  gdump groups --by label:tenant dump.txt";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Sort by: count (largest first), wait (longest first), name
    #[arg(long, value_name = "KEY", value_parser = order, default_value = "count", help_heading = "Groups")]
    sort: GroupOrder,
    /// Leave out the first N groups
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Groups")]
    skip: usize,
    /// What stacks must have in common: exact (every frame as it was printed, the runtime's too), line
    /// (functions and lines of the frames that are shown), function (lines do not count)
    #[arg(long, value_name = "LEVEL", value_parser = similarity, help_heading = "Groups")]
    similarity: Option<Similarity>,
    #[command(flatten)]
    shared: Shared,
}

fn order(text: &str) -> Result<GroupOrder, String> {
    GroupOrder::parse(text).ok_or_else(|| "expected count, wait or name".to_owned())
}

fn similarity(text: &str) -> Result<Similarity, String> {
    Similarity::parse(text).ok_or_else(|| "expected exact, line or function".to_owned())
}

/// Writes the groups that were asked for.
pub(super) fn run(args: Args) -> Exit {
    let Args { sort, skip, similarity, shared } = args;
    with_dumps("groups", shared, |options, dumps, out| {
        let mut look = options.look.clone();
        if let Some(similarity) = similarity {
            if look.by != By::Stack {
                let text = "groups: --similarity is of stacks and has no meaning with another --by";
                return Err(Error::Usage(text.to_owned()));
            }
            look.by = similarity.by();
        }
        if options.view.format == OutputFormat::Html {
            if skip > 0 {
                let text =
                    "groups: --skip has no meaning with --format html: the page has its own order";
                return Err(Error::Usage(text.to_owned()));
            }
            return write_page("groups", options, dumps, &look, out);
        }
        let sorted = |dump| {
            let mut summary = Summary::new(dump, &look);
            summary.sort_groups(sort);
            summary
        };
        let body = Body::Groups(dumps.iter().map(sorted).collect(), skip);
        write_report(options, &Report { command: "groups", body }, out)
    })
}
