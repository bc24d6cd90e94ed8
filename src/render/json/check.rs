//! The gate, as JSON.

use serde::Serialize;

use super::view::Note;
use crate::gate::{Check, Gate, Trip};
use crate::render::wording;

/// What only this command says.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    check: CheckView<'a>,
}

#[derive(Serialize)]
struct CheckView<'a> {
    passed: bool,
    incomplete: Option<&'a str>,
    unseen: Option<&'a str>,
    reasons: Vec<Reason<'a>>,
    checks: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    kind: &'static str,
    severity: &'static str,
    message: String,
    count: i64,
    id: Option<String>,
    function: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    check: usize,
}

impl<'a> From<&'a Trip> for Reason<'a> {
    fn from(trip: &'a Trip) -> Self {
        let place = trip.place.as_ref();
        Self {
            kind: trip.kind,
            severity: trip.severity.name(),
            message: wording::reason(trip),
            count: trip.count,
            id: trip.id.map(|id| format!("{id:016x}")),
            function: place.map(|place| &*place.function),
            file: place.map(|place| &*place.file),
            line: place.map(|place| place.line),
            check: trip.check,
        }
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    name: &'a str,
    says: &'a str,
    passed: bool,
}

impl<'a> From<&'a Check> for Asked<'a> {
    fn from(check: &'a Check) -> Self {
        Self { name: &check.name, says: &check.says, passed: !check.tripped }
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(gate: &'a Gate<'_>) -> Self {
        Self {
            check: CheckView {
                passed: gate.is_green(),
                incomplete: gate.incomplete.as_deref(),
                unseen: gate.unseen.as_deref(),
                reasons: gate.trips.iter().map(Reason::from).collect(),
                checks: gate.checks.iter().map(Asked::from).collect(),
            },
        }
    }
}

/// What the gate has to say beside its verdict.
pub(super) fn notes<'a>(gate: &'a Gate<'_>) -> impl Iterator<Item = Note<'a>> {
    let input = gate.sights.last().map_or("", |sight| &*sight.facts.dump().name);
    wording::gate_notes(gate).into_iter().map(move |message| Note::of(input, message))
}
