//! `gdump diff A B`: what changed from one dump to another.

use super::{with_inputs, write_page, write_report};
use crate::cli::Exit;
use crate::cli::args::Shared;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::render::{Body, OutputFormat, Report};
use crate::series::Diff;

/// Examples in the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump diff monday.txt tuesday.txt          what grew most, and which goroutines stayed
  gdump diff before.txt.gz after.pb.gz       across formats: groups by their functions
  gdump diff --by created-by a.txt b.txt     which go statement has more goroutines than before
  gdump diff -v old-build.txt new-build.txt  with the groups that did not change, and moved lines
  gdump diff crash.log                       the two dumps in one log";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
}

/// Compares the two dumps that were read.
pub(super) fn run(args: Args) -> Exit {
    with_inputs("diff", args.shared, |options, read, out| {
        let (before, after) = two(&read.dumps)?;
        if options.view.format == OutputFormat::Html {
            return write_page("diff", options, &read.dumps, &options.look, out);
        }
        let time = |index: usize| read.modified.get(index).copied().flatten();
        let diff = Diff::new((before, time(0)), (after, time(1)), &options.look);
        write_report(options, &Report { command: "diff", body: Body::Diff(Box::new(diff)) }, out)
    })
}

fn two(dumps: &[Dump]) -> Result<(&Dump, &Dump)> {
    match dumps {
        [before, after] => Ok((before, after)),
        [one] => Err(Error::Usage(format!(
            "diff: {} is one dump, and two are compared\n  gdump diff BEFORE AFTER",
            one.name
        ))),
        many => Err(Error::Usage(format!(
            "diff: there are {} dumps in the inputs, and two are compared\n  gdump trend compares a series",
            many.len()
        ))),
    }
}
