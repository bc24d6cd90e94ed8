//! What is kept of one dump of a series beside its counts.

use super::process::{Elapsed, Flow};
use super::snapshot::{Moment, Snapshot};
use crate::model::{Dump, DumpBuilder, Format};
use crate::view::summary::{Look, Summary};
use crate::view::version::GoVersion;

/// What is kept of one dump of a series.
#[derive(Debug)]
pub struct Taken {
    /// The dump without its goroutines.
    shell: Dump,
    go: GoVersion,
    notes: Vec<String>,
    distinct_stacks: usize,
    system: i64,
    writers: i64,
    filtered: i64,
    /// Goroutines looked at.
    pub goroutines: i64,
    /// Their groups.
    pub groups: usize,
    /// When it was taken, if that is known.
    pub moment: Option<Moment>,
    /// The highest goroutine id, if the format has ids.
    pub max_goid: Option<u64>,
    /// Why it is of another process than the dump before it, if it is.
    pub restarted: Option<String>,
    /// Time since the dump before it.
    pub elapsed: Option<Elapsed>,
    /// About as many goroutines were started since then.
    pub created: Option<u64>,
    /// What became of the goroutines since then; `None` without ids.
    pub flow: Option<Flow>,
}

impl Taken {
    /// Whether the filter left out any goroutine.
    pub(super) fn is_filtered(&self) -> bool {
        self.filtered != 0
    }

    /// The dump's name.
    pub fn name(&self) -> &str {
        &self.shell.name
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.shell.format
    }

    /// What is known of the dump, without groups and states.
    pub fn summary(&self) -> Summary<'_> {
        let none = Summary::new(&self.shell, &Look::default());
        Summary {
            shown: self.goroutines,
            system: self.system,
            writers: self.writers,
            filtered: self.filtered,
            distinct_stacks: self.distinct_stacks,
            go: self.go.clone(),
            notes: self.notes.clone(),
            ..none
        }
    }

    /// Whether the dump is cut off.
    pub(super) fn is_cut(&self) -> bool {
        self.shell.truncation.is_some()
    }

    pub(super) fn new(summary: &Summary<'_>, snapshot: &Snapshot) -> Self {
        Self {
            shell: shell(summary.dump),
            go: summary.go.clone(),
            notes: summary.notes.clone(),
            distinct_stacks: summary.distinct_stacks,
            system: summary.system,
            writers: summary.writers,
            filtered: summary.filtered,
            goroutines: summary.shown,
            groups: snapshot.counts.len(),
            moment: snapshot.moment,
            max_goid: snapshot.max_goid,
            restarted: None,
            elapsed: None,
            created: None,
            flow: None,
        }
    }
}

/// `dump` without goroutines.
fn shell(dump: &Dump) -> Dump {
    let mut shell = DumpBuilder::new(dump.name.clone(), dump.format).finish();
    shell.profile.clone_from(&dump.profile);
    shell.bytes = dump.bytes;
    shell.taken_at_nanos = dump.taken_at_nanos;
    shell.duration_nanos = dump.duration_nanos;
    shell.preamble.clone_from(&dump.preamble);
    shell.wrapping.clone_from(&dump.wrapping);
    shell.stated_total = dump.stated_total;
    shell.truncation = dump.truncation;
    shell.excerpt = dump.excerpt;
    shell.account = dump.account;
    shell.problems.clone_from(&dump.problems);
    shell.more_problems = dump.more_problems;
    shell
}
