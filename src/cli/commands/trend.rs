//! `gdump trend A B C…`: what grows, stays or falls over a series of dumps.

use super::{with_each, write_report};
use crate::analysis::series::{SeriesBuilder, Taken};
use crate::cli::Exit;
use crate::cli::args::Shared;
use crate::error::Error;
use crate::render::{Body, Report};

/// Examples in the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump trend 10h.txt 11h.txt 12h.txt        in the order of the arguments
  gdump trend dumps/                         a directory is a series in the order of its names
  gdump trend --sort-time *.pb.gz            in the order of the times in the dumps, or of the files
  gdump trend --by created-by dumps/         which go statement starts more and more";

/// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
    /// Order the dumps by the time in them, or by when the files were written
    #[arg(long)]
    sort_time: bool,
}

/// Reads the dumps one by one; only counts are kept of each.
pub(super) fn run(args: Args) -> Exit {
    let sorted = args.sort_time;
    with_each(
        "trend",
        args.shared,
        |options| SeriesBuilder::new(options.look.clone(), sorted),
        SeriesBuilder::add,
        |options, builder, out| {
            let series = builder.finish();
            if let [one] = series.dumps.as_slice() {
                return Err(Error::Usage(format!(
                    "trend: {} is one dump, and a trend needs two or more\n  gdump trend FIRST SECOND …",
                    one.name()
                )));
            }
            let summaries = series.dumps.iter().map(Taken::summary).collect();
            let report = Report { command: "trend", body: Body::Series(&series, summaries) };
            write_report(options, &report, out)
        },
    )
}
