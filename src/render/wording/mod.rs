//! The English of findings: titles, evidence, steps, roles and notes, made of what the diagnosis says.

mod evidence;
mod kinds;
mod library;
mod note;
mod phrase;
mod race;
mod role;
mod step;
mod title;
mod uses;
mod waits;

pub use evidence::evidence;
pub use kinds::{KindText, kind_text, kind_texts};
pub use note::{fine, note};
pub use role::role;
pub use step::step;
pub use title::title;

use crate::diagnose::{Finding, Sight};
use crate::gate::{Gate, Reason, Trip};

/// Why `trip` made a gate red.
pub fn reason(trip: &Trip) -> String {
    match &trip.reason {
        Reason::Found(category, found) => format!("{}: {}", category.name(), title(found)),
        Reason::Measured(text) => text.clone(),
    }
}

/// What is to be known of `sight` beside its findings.
pub fn notes(sight: &Sight<'_>) -> impl Iterator<Item = String> {
    sight.notes.iter().map(note)
}

/// What is to be known of `gate` and of the dump that it judged.
pub fn gate_notes(gate: &Gate<'_>) -> Vec<String> {
    let mut all = gate.notes.clone();
    if let Some(now) = gate.sights.last() {
        all.extend(notes(now));
        all.extend(now.summary().notes.iter().cloned());
    }
    all
}

/// The evidence of `finding` in whole sentences, the most convincing first.
pub fn all_evidence(finding: &Finding) -> Vec<String> {
    finding.evidence.iter().map(evidence).collect()
}

/// What to do about `finding`.
pub fn all_steps(finding: &Finding) -> Vec<String> {
    finding.next.iter().map(step).collect()
}
