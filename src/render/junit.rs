//! `JUnit` XML: one test case for each check, one failure for each reason.

use std::borrow::Cow;
use std::io::{self, Write};

use super::escape::visible;
use super::wording;
use crate::gate::{Gate, Trip};

pub(super) fn render(gate: &Gate<'_>, out: &mut dyn Write) -> io::Result<()> {
    let input = gate.sights.last().map_or("", |sight| &sight.facts.dump().name);
    let failed = gate.checks.iter().filter(|check| check.tripped).count();
    let (tests, name) = (gate.checks.len(), xml(input));
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="gdump check" tests="{tests}" failures="{failed}" errors="0">"#
    )?;
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failed}" errors="0" skipped="0">"#
    )?;
    for (number, check) in gate.checks.iter().enumerate() {
        let name = xml(&check.name);
        writeln!(out, r#"    <testcase classname="gdump.check" name="{name}">"#)?;
        let trips: Vec<&Trip> = gate.trips.iter().filter(|trip| trip.check == number).collect();
        if let Some(first) = trips.first() {
            // Readers know one failure of a test case.
            writeln!(
                out,
                r#"      <failure type="{}" message="{}">"#,
                xml(first.kind),
                xml(&wording::reason(first))
            )?;
            for trip in trips {
                writeln!(out, "{}", xml(&line(trip)))?;
            }
            writeln!(out, "      </failure>")?;
        }
        writeln!(out, "      <system-out>{}</system-out>", xml(&check.says))?;
        writeln!(out, "    </testcase>")?;
    }
    let said = wording::gate_notes(gate);
    let notes = gate.incomplete.iter().chain(&gate.unseen).chain(&said);
    let notes: Vec<_> = notes.map(|note| xml(note)).collect();
    if !notes.is_empty() {
        writeln!(out, "    <system-err>{}</system-err>", notes.join("\n"))?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn line(trip: &Trip) -> String {
    let place = trip.place.as_ref().filter(|place| !place.file.is_empty());
    let at = place.map_or_else(String::new, |place| format!(" ({}:{})", place.file, place.line));
    format!("{} {}: {}{at}", trip.severity.name(), trip.kind, wording::reason(trip))
}

/// Text as XML holds it. Control characters, which XML cannot hold at all, are written out.
fn xml(text: &str) -> String {
    let text: Cow<'_, str> = visible(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
