//! What a filter cannot do with a dump, and what would help.

use super::syntax::Field;
use super::{Filter, label_set_count};
use crate::model::{Dump, Format, HeadId};
use crate::view::version::format_words;

impl Filter {
    /// What the filter cannot do with `dump`, and what would help.
    pub fn notes(&self, dump: &Dump) -> Vec<String> {
        let mut notes = Vec::new();
        if !dump.has_ages() {
            for (flag, limit) in [("--min-wait", &self.min_wait), ("--max-wait", &self.max_wait)] {
                if let Some(limit) = limit {
                    notes.push(without_ages(dump, &format!("{flag} {} was", limit.text)));
                }
            }
        } else if let Some(limit) = self.min_wait.as_ref().filter(|_| !shows_minutes(dump)) {
            notes.push(format!(
                "no goroutine of this dump shows minutes (all wait under one, or there was no garbage \
                 collection yet), so none passes --min-wait {}",
                limit.text
            ));
        }
        if let Some(test) = self.created_by.as_ref().filter(|_| !dump.has_creators()) {
            notes.push(without_creators(dump, &format!("--created-by {} was", test.text)));
        }
        if !self.labels.is_empty() && label_set_count(dump) == 1 {
            notes.push(without_labels("--label"));
        }
        if !self.states.is_empty() {
            notes.extend(self.unknown_state(dump));
        }
        notes.extend(self.of_where(dump));
        notes.extend(self.of_pprof(dump));
        notes
    }

    fn of_where(&self, dump: &Dump) -> Vec<String> {
        let mut fields: Vec<&Field> = Vec::new();
        for test in self.wheres.iter().flat_map(|one| &one.tests) {
            if !fields.contains(&&test.field) {
                fields.push(&test.field);
            }
        }
        let mut labels = false;
        let mut notes = Vec::new();
        for field in fields {
            let name = field.name();
            match field {
                Field::Label(_) if !labels && label_set_count(dump) == 1 => {
                    labels = true;
                    notes.push(
                        "no goroutine of this dump has labels, so each has the empty text in --where; \
                         debug=1 and debug=0 carry them since Go 1.15, debug=2 since Go 1.26"
                            .to_owned(),
                    );
                }
                Field::Wait if dump.has_ages() && !shows_minutes(dump) => notes.push(
                    "no goroutine of this dump shows minutes (all wait under one, or there was no \
                     garbage collection yet): in --where each has waited 0 minutes"
                        .to_owned(),
                ),
                field if says(dump, field) => {}
                Field::Wait => notes.push(without_ages(dump, "the tests of wait were")),
                Field::CreatedBy => {
                    notes.push(without_creators(dump, "the tests of created-by were"));
                }
                Field::CreatorId if dump.has_creators() => notes.push(
                    "this dump does not say which goroutine created another (Go does since 1.21), so \
                     the tests of creator-id were not applied"
                        .to_owned(),
                ),
                _ => notes.push(format!(
                    "{} says nothing of {name}, so the tests of it were not applied; take \
                     /debug/pprof/goroutine?debug=2",
                    format_words(dump.format)
                )),
            }
        }
        notes
    }

    /// As pprof says it: what matches nothing was most likely mistyped.
    fn of_pprof(&self, dump: &Dump) -> Vec<String> {
        let filter = &self.pprof;
        if !filter.has_stack_tests() {
            return Vec::new();
        }
        let named = [
            ("--focus", &filter.focus),
            ("--ignore", &filter.ignore),
            ("--hide", &filter.hide),
            ("--show", &filter.show),
            ("--show-from", &filter.show_from),
        ];
        let edit = filter.edit(dump);
        named
            .into_iter()
            .zip(edit.matched())
            .filter_map(|((flag, regex), matched)| {
                let regex = regex.as_ref().filter(|_| !matched)?;
                Some(format!("{flag} {regex} matches no function and no file of this dump"))
            })
            .collect()
    }

    fn unknown_state(&self, dump: &Dump) -> Option<String> {
        let count = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
        let heads = (0..count).map(|id| dump.str(dump.head(HeadId::from(id)).state));
        let mut states: Vec<&str> = heads.filter(|state| !state.is_empty()).collect();
        states.sort_unstable();
        states.dedup();
        let found = states.iter().any(|state| self.states.iter().any(|test| test.matches(state)));
        (!found).then(|| {
            states.truncate(20);
            format!("no goroutine has the state asked for; there are: {}", states.join(", "))
        })
    }
}

fn without_ages(dump: &Dump, what: &str) -> String {
    let format = format_words(dump.format);
    format!(
        "no goroutine of this dump has an age ({format} carries none), so {what} not applied; take \
         /debug/pprof/goroutine?debug=2 for ages"
    )
}

fn without_creators(dump: &Dump, what: &str) -> String {
    let format = format_words(dump.format);
    format!(
        "this dump does not say who created a goroutine ({format} carries no creators), so {what} not \
         applied; take /debug/pprof/goroutine?debug=2 for creators"
    )
}

fn without_labels(flag: &str) -> String {
    format!(
        "no goroutine of this dump has labels, so none passes {flag}; debug=1 and debug=0 carry them \
         since Go 1.15, debug=2 since Go 1.26 (1.27: if go.mod says go 1.27, or with \
         GODEBUG=tracebacklabels=1)"
    )
}

/// Whether the dump says anything of `field`.
pub(super) fn says(dump: &Dump, field: &Field) -> bool {
    let records = dump.format == Format::Records;
    match field {
        Field::Id => dump.goroutines().any(|g| g.goid().is_some()),
        Field::Wait => dump.has_ages(),
        Field::CreatedBy => dump.has_creators(),
        Field::CreatorId => {
            dump.has_creators() && dump.goroutines().any(|g| g.creator_goid().is_some())
        }
        Field::Locked => dump.format.is_traceback(),
        Field::State
        | Field::Inferred
        | Field::Leaked
        | Field::Package
        | Field::File
        | Field::Line
        | Field::Label(_) => !records,
        _ => true,
    }
}

/// Whether any goroutine shows an age.
fn shows_minutes(dump: &Dump) -> bool {
    let count = u32::try_from(dump.head_count()).unwrap_or(u32::MAX);
    (0..count).any(|id| dump.head(HeadId::from(id)).minutes.is_some())
}
