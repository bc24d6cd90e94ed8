//! `gdump show GOID…`: goroutines whole.

use std::path::PathBuf;

use super::{with_dumps, write_report};
use crate::cli::args::Shared;
use crate::cli::{Exit, fail};
use crate::diagnose::Sight;
use crate::error::{Error, Result};
use crate::render::words::number;
use crate::render::{Body, Report};
use crate::view::inspect::{Ids, Inspection};
use crate::view::version::format_words;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump show 16 goroutines.txt       all of goroutine 16: stack, creators, children, verdict
  gdump show 16 51 52 - < dump.txt   several of them";

// What can be typed.
#[derive(Debug, clap::Args)]
#[command(mut_arg("by", |arg| arg.hide(true)))]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    shared: Shared,
}

/// Writes all that there is to know of the goroutines.
pub(super) fn run(args: Args) -> Exit {
    let mut shared = args.shared;
    let goids = split(&mut shared.inputs);
    if goids.is_empty() {
        let text = "show: which goroutine? say its id, as in: gdump show 16 goroutines.txt";
        return fail(&Error::Usage(text.to_owned()));
    }
    with_dumps("show", shared, |options, dumps, out| {
        let sights = Sight::all(dumps, &options.look, &options.config, &options.known);
        let mut shown = Vec::new();
        for sight in &sights {
            let ids = Ids::new(sight.facts.dump());
            let found =
                goids.iter().filter_map(|goid| Inspection::new(&sight.facts.summary, &ids, *goid));
            shown.push(found.collect::<Vec<_>>());
        }
        check(&sights, &goids, &shown)?;
        let report = Report { command: "show", body: Body::Shown(sights, shown) };
        write_report(options, &report, out)
    })
}

/// Takes the numbers in front out of the inputs.
fn split(inputs: &mut Vec<PathBuf>) -> Vec<u64> {
    let goid = |path: &PathBuf| -> Option<Vec<u64>> {
        let text = path.to_str()?;
        text.split(',').map(|one| one.trim_start_matches('g').parse().ok()).collect()
    };
    let goids: Vec<Vec<u64>> = inputs.iter().map_while(goid).collect();
    inputs.drain(..goids.len());
    let mut goids = goids.concat();
    let mut seen = rustc_hash::FxHashSet::default();
    goids.retain(|goid| seen.insert(*goid));
    goids
}

/// Every id must be in one of the dumps at least.
fn check(sights: &[Sight<'_>], goids: &[u64], shown: &[Vec<Inspection<'_>>]) -> Result<()> {
    let found = |goid: &u64| shown.iter().flatten().any(|one| one.goroutine.goid() == Some(*goid));
    let Some(goid) = goids.iter().find(|goid| !found(goid)) else { return Ok(()) };
    let tell = |sight: &Sight<'_>| {
        let dump = sight.facts.dump();
        let ids = Ids::new(dump);
        match ids.range() {
            None => format!(
                "{}: {} has no goroutine ids; take /debug/pprof/goroutine?debug=2, or see gdump groups",
                dump.name,
                format_words(dump.format)
            ),
            Some((low, high)) => {
                let near: Vec<String> = ids.near(*goid).iter().map(u64::to_string).collect();
                let count = number(dump.goroutine_count());
                format!(
                    "{}: {count} goroutines with ids from {low} to {high}; the nearest: {}",
                    dump.name,
                    near.join(" and ")
                )
            }
        }
    };
    let places: Vec<String> = sights.iter().take(5).map(tell).collect();
    Err(Error::Usage(format!("show {goid}: no goroutine has this id\n  {}", places.join("\n  "))))
}
