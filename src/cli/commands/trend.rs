//! `gdump trend A B C…`: what grows, stays or falls over a series of dumps.

use super::{with_dumps, with_each, write_page, write_report};
use crate::cli::Exit;
use crate::cli::args::{Format, Shared};
use crate::error::{Error, Result};
use crate::render::{Body, Report};
use crate::series::SeriesBuilder;
use crate::series::taken::Taken;

/// Examples in the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump trend 10h.txt 11h.txt 12h.txt        in the order of the arguments
  gdump trend dumps/                         a directory is a series in the order of its names
  gdump trend --sort-time *.pb.gz            in the order of the times in the dumps, or of the files
  gdump trend --by created-by dumps/         which go statement starts more and more";

// What can be typed.
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
    if args.shared.format == Format::Html {
        return page(args);
    }
    with_each(
        "trend",
        args.shared,
        |options| SeriesBuilder::new(options.look.clone(), sorted),
        SeriesBuilder::add,
        |options, builder, out| {
            let series = builder.finish();
            several(series.dumps.len(), series.dumps.first().map_or("", Taken::name))?;
            let summaries = series.dumps.iter().map(Taken::summary).collect();
            let report = Report { command: "trend", body: Body::Series(&series, summaries) };
            write_report(options, &report, out)
        },
    )
}

/// The series as a page, for which the dumps are kept.
fn page(args: Args) -> Exit {
    let Args { shared, sort_time } = args;
    with_dumps("trend", shared, |options, dumps, out| {
        if sort_time {
            let text = "trend: --sort-time cannot be used with --format html\n  give the dumps in their order";
            return Err(Error::Usage(text.to_owned()));
        }
        several(dumps.len(), dumps.first().map_or("", |dump| &dump.name))?;
        write_page("trend", options, dumps, &options.look, out)
    })
}

fn several(dumps: usize, name: &str) -> Result<()> {
    if dumps > 1 {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "trend: {name} is one dump, and a trend needs two or more\n  gdump trend FIRST SECOND …"
    )))
}
