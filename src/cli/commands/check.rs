//! `gdump check`: a gate for scripts and alerts.

use std::path::{Path, PathBuf};

use super::{with_inputs, write_report};
use crate::cli::args::Shared;
use crate::cli::options::Options;
use crate::cli::{Exit, fail, note, output};
use crate::diagnose::{Severity, Sight};
use crate::error::{Error, Result};
use crate::gate::{Baseline, Check, Findings, Gate, Growth, Max, Reason, Rules, Trip, accepted};
use crate::render::{Body, Report};
use crate::view::group::By;

/// Examples in the help.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump check dump.txt                       red if there is a deadlock or a leak, see below
  gdump check --fail-on any:high dump.txt    as strict as that
  gdump check --max goroutines=10000 --max 'state:chan send=100' dump.txt
  gdump check --max-wait 30m --state 'chan*' dump.txt
  gdump check --max-growth 10% before.txt after.txt
  gdump check --update baseline.txt dump.txt accepts what there is; then
  gdump check --baseline baseline.txt --format github dump.txt

Of several dumps the last is judged, and those before it are its history. Filters scope what is counted.
Without any rule findings of high severity are red, and deadlocks and leaks of medium severity, but for
leaks that are suspected for nothing but a crowd.

Exit status: 0 green; 1 red, with a reason a line, worst first; 2 it could not be done.";

// What can be typed.
#[derive(Debug, clap::Args)]
#[command(mut_arg("max_wait", |arg| arg
    .help("No goroutine may have waited longer; without a filter known idle ones do not count")
    .help_heading("Gate")))]
pub(in crate::cli) struct Args {
    /// At most N of WHAT: goroutines, leaked, groups, state:STATE, group:FUNCTION,
    /// created-by:FUNCTION, label:KEY (the value with most), label:KEY=VALUE; may be repeated
    #[arg(long, value_name = "WHAT=N", value_parser = Max::parse, help_heading = "Gate")]
    max: Vec<Max>,
    /// Most growth since the first dump, and of each group over the baseline: 100, 10%
    #[arg(long, value_name = "N|N%", value_parser = Growth::parse, help_heading = "Gate")]
    max_growth: Option<Growth>,
    /// Groups that are not in this file, or are larger, trip the gate
    #[arg(long, value_name = "FILE", help_heading = "Gate")]
    baseline: Option<PathBuf>,
    /// Write the groups that there are into this baseline file, and judge nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "max", "max_growth"], help_heading = "Gate")]
    update: Option<PathBuf>,
    #[command(flatten)]
    shared: Shared,
}

/// Judges the last dump; [`Exit::Gate`] if something does not hold.
pub(super) fn run(args: Args) -> Exit {
    let Args { max, max_growth, baseline, update, mut shared } = args;
    let baseline = match baseline.as_deref().map(read).transpose() {
        Ok(baseline) => baseline,
        Err(error) => return fail(&error),
    };
    let max_wait = shared.max_wait.take();
    let nothing =
        max.is_empty() && max_growth.is_none() && max_wait.is_none() && baseline.is_none();
    let findings = match (shared.fail_on.as_slice(), nothing) {
        ([], true) => Findings::Default,
        ([], false) => Findings::Accepted,
        (named, _) => Findings::Named(named.iter().map(ToString::to_string).collect()),
    };
    let strict = shared.strict;
    let mut rules = Rules { max, max_wait, max_growth, baseline, findings, strict, scoped: false };
    with_inputs("check", shared, |options, read, out| {
        let dumps = &read.dumps;
        if options.look.by != By::default() {
            let text = "check: --by has no meaning here: groups are told apart by stack and state\n  \
                        --max state:STATE=N, group:FUNCTION=N, created-by:FUNCTION=N and label:KEY=N count others";
            return Err(Error::Usage(text.to_owned()));
        }
        let look = options.look.clone();
        rules.scoped = !look.filter.is_empty();
        if let Some(path) = &update {
            let sights = Sight::all(dumps, &look, &options.config, &options.known);
            return accept(&sights, path, options);
        }
        if rules.max_growth.is_some() && rules.baseline.is_none() && dumps.len() < 2 {
            return Err(Error::Usage(
                "check: --max-growth needs something to compare with\n  give an earlier dump before this \
                 one, or --baseline FILE"
                    .to_owned(),
            ));
        }
        let sights = Sight::all(dumps, &look, &options.config, &options.known);
        let mut gate = Gate::new(sights, &rules, |finding| options.fails_on(finding));
        if let Ok(root) = std::env::current_dir() {
            gate.root = root.display().to_string();
        }
        if read.failed {
            not_judged(&mut gate);
        }
        let green = gate.is_green();
        let report = Report { command: "check", body: Body::Gate(Box::new(gate)) };
        let exit = write_report(options, &report, out)?;
        Ok(if green { exit } else { Exit::Gate })
    })
}

/// Makes `gate` red for an input that could not be read: what is in it may be anything.
fn not_judged(gate: &mut Gate<'_>) {
    let message = "an input could not be read, and was not judged".to_owned();
    gate.checks.push(Check { name: "inputs".to_owned(), says: message.clone(), tripped: true });
    gate.trips.insert(
        0,
        Trip {
            check: gate.checks.len() - 1,
            kind: "incomplete-dump",
            severity: Severity::High,
            reason: Reason::Measured(message),
            count: 0,
            place: None,
            id: None,
        },
    );
}

/// The baseline in the file `path`.
pub(super) fn read(path: &Path) -> Result<Baseline> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Baseline::parse(&text, &path.display().to_string())
}

/// Writes the baseline, and says what changed in it.
fn accept(sights: &[Sight<'_>], path: &Path, options: &Options) -> Result<Exit> {
    let exists = path.try_exists().map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let mut baseline = if exists { read(path)? } else { Baseline::default() };
    let updated = baseline.update(accepted(sights));
    output::with(Some(path), |out| {
        out.write_all(baseline.write().as_bytes()).map_err(Error::Output)?;
        Ok(Exit::Done)
    })?;
    let clean = sights.iter().all(|sight| sight.summary().is_clean());
    if !options.view.quiet {
        note(&format!(
            "{}: {} groups accepted ({} new, {} raised, {} removed)",
            path.display(),
            baseline.entries.len(),
            updated.added,
            updated.raised,
            updated.removed
        ));
    }
    if !clean {
        note(
            "a dump is cut off or not understood in parts, so groups may be missing in the baseline",
        );
    }
    Ok(if options.strict && !clean { Exit::Gate } else { Exit::Done })
}
