//! What every screen starts from: one pass over a dump that groups, counts and sets apart.

use std::sync::Arc;

use super::canon::Stacks;
use super::filter::Filter;
use super::group::{By, GroupOrder, Grouping};
use super::kind::{Kind, Kinds};
use super::states::{StateRow, states};
use super::version::{GoVersion, go_version};
use crate::model::{Dump, Format};

/// How to look at a dump.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Which goroutines.
    pub filter: Filter,
    /// What they are grouped by.
    pub by: By,
    /// Show the runtime's own goroutines and the one that wrote the dump among the others.
    pub system: bool,
}

impl Look {
    /// Whether nothing is filtered and the grouping is the usual one, by stack and state.
    pub fn is_default(&self) -> bool {
        self.filter.is_empty() && self.by == By::default() && !self.system
    }
}

/// A dump with its groups and counts.
pub struct Summary<'d> {
    /// The dump.
    pub dump: &'d Dump,
    /// Its canonical stacks.
    pub stacks: Stacks<'d>,
    /// The groups of the goroutines looked at.
    pub grouping: Arc<Grouping<'d>>,
    /// Their states.
    pub states: Vec<StateRow<'d>>,
    /// Their number.
    pub shown: i64,
    /// Goroutines of the runtime that were set apart.
    pub system: i64,
    /// Goroutines that wrote the dump and were set apart.
    pub writers: i64,
    /// Id of the one that wrote the dump, if it was set apart.
    pub writer_goid: Option<u64>,
    /// Goroutines that the filter left out.
    pub filtered: i64,
    /// Distinct canonical stacks in the whole dump.
    pub distinct_stacks: usize,
    /// The versions of Go that may have written the dump.
    pub go: GoVersion,
    /// What the filter could not do, and what would help.
    pub notes: Vec<String>,
}

/// Where a goroutine is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// By whose it is.
    Of(Kind),
    /// The filter leaves it out.
    Filtered,
}

impl<'d> Summary<'d> {
    /// Looks at `dump`.
    pub fn new(dump: &'d Dump, look: &Look) -> Self {
        let stacks = Stacks::filtered(dump, &look.filter.pprof);
        let kinds = Kinds::new(dump, &stacks);
        let matcher = look.filter.for_dump(dump);
        let each = matcher.asks_for_ids();
        let mut heads = vec![0i64; dump.head_count()];
        let mut seen = vec![false; stacks.len()];
        let (mut shown, mut system, mut writers, mut filtered) = (0i64, 0i64, 0i64, 0i64);
        let mut writer_goid = None;
        // What becomes of the goroutines of each signature, found out for the first.
        let mut places: Vec<Option<Place>> = vec![None; dump.signature_count()];
        let grouping = Grouping::new(dump, &stacks, &look.by, |goroutine| {
            let count = goroutine.count();
            let mut find = || {
                let row = goroutine.row();
                if let Some(seen) = seen.get_mut(stacks.canonical(row.stack) as usize) {
                    *seen = true;
                }
                match if look.system { Kind::User } else { kinds.kind(&row) } {
                    Kind::User if !matcher.matches(&row) => Place::Filtered,
                    kind => Place::Of(kind),
                }
            };
            let place = match places.get_mut(goroutine.signature_id().index()) {
                // Goroutine 0 is the runtime's, whatever it has in common with others.
                Some(known) if !each && goroutine.goid() != Some(0) => {
                    *known.get_or_insert_with(find)
                }
                _ => find(),
            };
            let sum = match place {
                Place::Of(Kind::System) => &mut system,
                Place::Of(Kind::Writer) => {
                    writer_goid = goroutine.goid();
                    &mut writers
                }
                Place::Filtered => &mut filtered,
                Place::Of(Kind::User) => &mut shown,
            };
            *sum = sum.saturating_add(count);
            place == Place::Of(Kind::User)
        });
        for index in 0..grouping.len() {
            for (id, count) in grouping.signatures(index) {
                if let Some(sum) = heads.get_mut(dump.signature(*id).head.index()) {
                    *sum = sum.saturating_add(*count);
                }
            }
        }
        let mut notes = notes(dump, look);
        if shown == 0 && filtered != 0 {
            notes.push("no goroutine passes the filter".to_owned());
        }
        Self {
            dump,
            grouping: Arc::new(grouping),
            states: states(dump, &heads),
            shown,
            system,
            writers,
            writer_goid,
            filtered,
            distinct_stacks: seen.iter().filter(|seen| **seen).count(),
            go: go_version(dump),
            notes,
            stacks,
        }
    }

    /// Brings the groups into another order.
    pub fn sort_groups(&mut self, order: GroupOrder) {
        if let Some(grouping) = Arc::get_mut(&mut self.grouping) {
            grouping.sort(&self.stacks, order);
        }
    }

    /// Every goroutine of the input, whether it could be read or not.
    pub fn goroutines(&self) -> i64 {
        self.dump.goroutines_in_text()
    }

    /// Whether the dump is whole and everything in it was understood.
    pub fn is_clean(&self) -> bool {
        self.dump.is_clean()
    }
}

/// What the dump's format lacks, and what the filter could not do.
fn notes(dump: &Dump, look: &Look) -> Vec<String> {
    let mut notes: Vec<String> = dump.provenance.iter().cloned().collect();
    if dump.format == Format::Records {
        notes.push(
            "GoroutineProfile JSON holds program counters only: no names, states, ids or labels; \
             `go tool addr2line BINARY` names an address, and debug=1 or debug=2 names all of them"
                .to_owned(),
        );
    }
    notes.extend(look.filter.notes(dump));
    notes
}
