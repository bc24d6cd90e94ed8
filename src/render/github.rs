//! Annotations of GitHub Actions: `::error file=…,line=…,title=…::message`.

use std::io::{self, Write};

use super::escape::visible;
use super::uri::relative;
use super::wording;
use crate::diagnose::Severity;
use crate::gate::{Gate, Trip};

pub(super) fn render(gate: &Gate<'_>, root: &str, out: &mut dyn Write) -> io::Result<()> {
    for trip in &gate.trips {
        annotation(trip, root, out)?;
    }
    if let Some(why) = gate.incomplete.as_ref().filter(|_| gate.trips.iter().all(is_no_dump)) {
        writeln!(out, "::warning title={}::{}", property("gdump: incomplete dump"), data(why))?;
    }
    if let Some(what) = &gate.unseen {
        writeln!(out, "::warning title={}::{}", property("gdump: not seen"), data(what))?;
    }
    for note in wording::gate_notes(gate) {
        writeln!(out, "::notice title={}::{}", property("gdump: note"), data(&note))?;
    }
    if gate.is_green() {
        let text = format!("green: {} checks hold", gate.checks.len());
        writeln!(out, "::notice title={}::{}", property("gdump check"), data(&text))?;
    }
    Ok(())
}

/// Whether `trip` does not say already that the dump is incomplete.
fn is_no_dump(trip: &Trip) -> bool {
    trip.kind != "incomplete-dump"
}

fn annotation(trip: &Trip, root: &str, out: &mut dyn Write) -> io::Result<()> {
    // Whatever it is, it made the check red; what is less than medium is no error of a line.
    let level = if trip.severity >= Severity::Medium { "error" } else { "warning" };
    let mut properties = Vec::new();
    if let Some(place) = trip.place.as_ref().filter(|place| !place.file.is_empty()) {
        properties.push(format!("file={}", property(relative(&place.file, root))));
        properties.push(format!("line={}", place.line.max(1)));
    }
    properties.push(format!("title={}", property(&format!("gdump: {}", trip.kind))));
    writeln!(out, "::{level} {}::{}", properties.join(","), data(&wording::reason(trip)))
}

/// A message: what is special in it is written as its code, as GitHub's own toolkit does.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
