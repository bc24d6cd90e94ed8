//! SARIF 2.1.0: what code hosts show beside the lines of a program.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::escape::visible;
use super::harmless::to_lines;
use super::uri::uri;
use super::wording::{self, kind_texts};
use crate::diagnose::Severity;
use crate::gate::{Gate, KINDS, Trip};

pub(super) fn render(gate: &Gate<'_>, root: &str, out: &mut dyn Write) -> io::Result<()> {
    let rules = rules(gate);
    let input = gate.sights.last().map_or("", |sight| &sight.facts.dump().name);
    let results: Vec<Value> =
        gate.trips.iter().map(|trip| result(trip, &rules, input, root)).collect();
    let notes = wording::gate_notes(gate);
    let notes = notes.iter().map(|note| ("note", note));
    let unseen = gate.incomplete.iter().chain(&gate.unseen).map(|why| ("warning", why));
    let notifications: Vec<Value> = unseen
        .chain(notes)
        .map(|(level, text)| json!({ "level": level, "message": { "text": visible(text) } }))
        .collect();
    let descriptors: Vec<Value> = rules.iter().map(Rule::descriptor).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gdump",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": descriptors,
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    to_lines(&log, out)
}

/// A kind of reason.
struct Rule {
    id: &'static str,
    short: &'static str,
    help: String,
}

impl Rule {
    fn descriptor(&self) -> Value {
        json!({
            "id": self.id,
            "shortDescription": { "text": self.short },
            "fullDescription": { "text": self.short },
            "help": { "text": self.help },
            "defaultConfiguration": { "level": "warning" },
        })
    }
}

/// The kinds that there are reasons of, in the order of the tables.
fn rules(gate: &Gate<'_>) -> Vec<Rule> {
    let is_used = |id: &str| gate.trips.iter().any(|trip| trip.kind == id);
    let findings = kind_texts().iter().map(|text| Rule {
        id: text.kind,
        short: text.finds,
        help: format!(
            "Why it matters: {}. What it cannot know: {}. What it needs: {}. \
             `gdump explain {}` tells more.",
            text.matters, text.cannot, text.needs, text.kind
        ),
    });
    let thresholds = KINDS.iter().map(|(id, meaning)| Rule {
        id,
        short: meaning,
        help: format!("{meaning} `gdump check --help` tells more."),
    });
    let mut rules: Vec<Rule> = Vec::new();
    for rule in findings.chain(thresholds).filter(|rule| is_used(rule.id)) {
        if rules.iter().all(|known| known.id != rule.id) {
            rules.push(rule);
        }
    }
    rules
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(trip: &Trip, rules: &[Rule], input: &str, root: &str) -> Value {
    let place = trip.place.as_ref();
    let physical = match place.filter(|place| !place.file.is_empty()) {
        Some(place) => json!({
            "artifactLocation": { "uri": uri(&place.file, root) },
            "region": { "startLine": place.line.max(1) },
        }),
        None => json!({ "artifactLocation": { "uri": uri(input, root) } }),
    };
    let mut location = json!({ "physicalLocation": physical });
    if let (Some(place), Some(fields)) = (place, location.as_object_mut()) {
        let logical =
            json!([{ "fullyQualifiedName": visible(&place.function), "kind": "function" }]);
        fields.insert("logicalLocations".to_owned(), logical);
    }
    let mut result = json!({
        "ruleId": trip.kind,
        "level": level(trip.severity),
        "message": { "text": visible(&wording::reason(trip)) },
        "locations": [location],
        "properties": { "goroutines": trip.count },
    });
    if let Some(fields) = result.as_object_mut() {
        if let Some(index) = rules.iter().position(|rule| rule.id == trip.kind) {
            fields.insert("ruleIndex".to_owned(), json!(index));
        }
        if let Some(id) = trip.id {
            let print = json!({ "gdump/1": format!("{id:016x}") });
            fields.insert("partialFingerprints".to_owned(), print);
        }
    }
    result
}
