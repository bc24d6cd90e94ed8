//! Commands whose answer is a table or a tree: a headline, and what they show on a screen of 80 columns in
//! a fenced block.

use std::io::{self, Write};

use super::escape::{code, inside_code, sentence};
use super::{SENTENCE, WIDTH, fence, made_by, notes};
use crate::gate::{Gate, Trip};
use crate::render::style::Style;
use crate::render::words::{counted, cut_end, location, number};
use crate::render::{Body, Limit, Report, View, text, wording};
use crate::series::{Diff, Series, Track, Trend};
use crate::view::Summary;

/// Reasons of a red gate unless `--top` says more.
const REASONS: usize = 10;

pub(super) fn render(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let view = View { width: WIDTH.min(view.width), style: Style::plain(), quiet: true, ..*view };
    let mut said: Vec<String> = Vec::new();
    if let Body::Gate(gate) = &report.body {
        check(gate, &view, out)?;
        said.extend(wording::gate_notes(gate));
    } else {
        writeln!(out, "{}\n", headline(&report.body))?;
        writeln!(out, "```text")?;
        let mut fenced = Fenced { out: &mut *out, line: Vec::new() };
        text::render(report, &view, &mut fenced)?;
        fenced.end()?;
        writeln!(out, "```\n")?;
        match &report.body {
            Body::Diff(diff) => said.extend(diff.notes.iter().cloned()),
            Body::Series(series, _) => said.extend(series.notes.iter().cloned()),
            _ => {}
        }
        said.extend(report.summaries().iter().flat_map(|summary| summary.notes.iter().cloned()));
    }
    notes(said, out)?;
    made_by(out)
}

/// What there is to see, in a line.
fn headline(body: &Body<'_>) -> String {
    let all = |summaries: &mut dyn Iterator<Item = &Summary<'_>>| {
        summaries.fold(0i64, |sum, summary| sum.saturating_add(summary.shown))
    };
    match body {
        Body::Diff(diff) => compared(diff),
        Body::Series(series, _) => followed(series),
        Body::Groups(summaries, _) => {
            let groups = summaries.iter().map(|summary| summary.grouping.len() as u64).sum::<u64>();
            let goroutines = counted(all(&mut summaries.iter()), "goroutine");
            format!("**{goroutines}** in {}", counted(groups, "group"))
        }
        Body::List(lists) => {
            let goroutines = all(&mut lists.iter().map(|list| &list.summary));
            format!("**{}**", counted(goroutines, "goroutine"))
        }
        Body::Trees(trees) => {
            let goroutines = all(&mut trees.iter().map(|tree| &tree.summary));
            format!("**{}** and who created them", counted(goroutines, "goroutine"))
        }
        Body::Shown(_, shown) => {
            let ids = shown.iter().flatten().filter_map(|one| one.goroutine.goid());
            let ids: Vec<String> = ids.map(|goid| goid.to_string()).collect();
            format!("**goroutine** {}", code(&cut_end(&ids.join(" "), WIDTH)))
        }
        // They have their own, or are for programs.
        Body::Sights(_) | Body::Gate(_) | Body::Unread(_) => String::new(),
    }
}

fn compared(diff: &Diff<'_>) -> String {
    let (before, after) = (diff.before.shown, diff.after.shown);
    let kinds = diff.counts().into_iter().filter(|(_, count)| *count > 0);
    let kinds: Vec<String> = kinds
        .map(|(change, count)| format!("{} {}", number(count as u64), change.name()))
        .collect();
    let restarted = if diff.between.restarted.is_some() { " **RESTARTED**," } else { "" };
    let groups = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
    format!("**{} → {}**:{restarted} groups {groups}", number(before), counted(after, "goroutine"))
}

fn followed(series: &Series) -> String {
    let ends = [series.dumps.first(), series.dumps.last()];
    let ends = ends.into_iter().flatten().map(|taken| number(taken.goroutines));
    let ends = ends.collect::<Vec<_>>().join(" → … → ");
    let growing: Vec<&Track> =
        series.groups.iter().filter(|track| track.trend == Trend::Grows).collect();
    let Some(most) = growing.first() else {
        return format!("**OK** {ends} goroutines, no group grows");
    };
    let verb = if growing.len() == 1 { "grows" } else { "grow" };
    let (count, function) =
        (counted(growing.len() as u64, "group"), code(&cut_end(&most.who.place.function, WIDTH)));
    let change = format!("{} → {}", number(most.first), number(most.last));
    format!("**{count} {verb}**, most of all {function}: {change}; {ends} goroutines")
}

/// The gate: its reasons as a list, and what was asked.
fn check(gate: &Gate<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let input = code(gate.sights.last().map_or("", |sight| &sight.facts.dump().name));
    if gate.is_green() {
        let checks = counted(gate.checks.len() as u64, "check");
        let hold = if gate.checks.len() == 1 { "holds" } else { "hold" };
        writeln!(out, "**GREEN** {input}: {checks} {hold}\n")?;
    } else {
        let reasons = counted(gate.trips.len() as u64, "reason");
        writeln!(out, "**RED** {input}: {reasons}\n")?;
        let most = view.top.map_or(REASONS, Limit::get);
        for trip in gate.trips.iter().take(most) {
            reason(trip, out)?;
        }
        if let Some(more) = gate.trips.len().checked_sub(most).filter(|more| *more > 0) {
            writeln!(out, "- … {} more: `--top all`", number(more as u64))?;
        }
        writeln!(out)?;
    }
    for why in gate.incomplete.iter().chain(&gate.unseen) {
        writeln!(out, "**WARNING** {}\n", sentence(&cut_end(why, SENTENCE)))?;
    }
    fence(&text::checks(gate, view), out)
}

fn reason(trip: &Trip, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "- {}: {}", code(trip.kind), sentence(&cut_end(&wording::reason(trip), SENTENCE)))?;
    if let Some(place) = trip.place.as_ref().filter(|place| !place.file.is_empty()) {
        write!(out, " ({})", code(&location(&place.file, place.line, WIDTH / 2)))?;
    }
    writeln!(out)
}

/// Writes lines as they may stand in a fenced block, one after the other.
struct Fenced<'w> {
    out: &'w mut dyn Write,
    line: Vec<u8>,
}

impl Fenced<'_> {
    /// The last line, if it has no end.
    fn end(mut self) -> io::Result<()> {
        if self.line.is_empty() { Ok(()) } else { self.next() }
    }

    fn next(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line);
        writeln!(self.out, "{}", inside_code(line.trim_end()))?;
        self.line.clear();
        Ok(())
    }
}

impl Write for Fenced<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (index, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                self.next()?;
            }
            self.line.extend_from_slice(part);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
