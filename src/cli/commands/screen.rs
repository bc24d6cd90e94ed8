//! `gdump summarize`, `leaks` and `blocked`: what was found in each dump.

use super::{with_dumps, write_report};
use crate::cli::Exit;
use crate::cli::args::Shared;
use crate::diagnose::Sight;
use crate::render::{Body, Report};

/// Looks at all dumps and writes what `command` tells of them; [`Exit::Gate`] if `--fail-on` names what
/// was found.
pub(super) fn run(command: &'static str, shared: Shared) -> Exit {
    with_dumps(command, shared, |options, dumps, out| {
        let sights = Sight::all(dumps, &options.look, &options.config, &options.known);
        // Of a series the last dump is judged; those before it are its history.
        let failed = sights
            .last()
            .is_some_and(|sight| sight.findings.iter().any(|finding| options.fails_on(finding)));
        let report = Report { command, body: Body::Sights(sights) };
        let exit = write_report(options, &report, out)?;
        Ok(if failed { Exit::Gate } else { exit })
    })
}
