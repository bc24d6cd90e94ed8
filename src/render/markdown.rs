//! Markdown for an incident channel or an issue: the verdict first, then the findings with their
//! evidence, states and groups as fenced blocks, and the account. Other commands have a headline above
//! what they show on a screen (`screen.rs`).
//!
//! It reads well on GitHub and in chats alike: no tables and no `<details>`, which chats do not know;
//! what has columns stands in fenced blocks. It is short enough for a message unless `--top` asks for
//! more. What comes from a dump is escaped by [`escape`].

mod escape;
mod screen;

use std::io::{self, Write};

use super::line::Line;
use super::style::{Role, Style};
use super::time::rfc3339;
use super::words::{counted, cut_end, number};
use super::{Body, Limit, Report, View, text};
use crate::diagnose::{Finding, Severity, Sight};
use crate::render::wording;
use escape::{code, inside_code, sentence};

/// Findings that are told with their evidence unless `--top` says more; others get a line.
const FINDINGS: usize = 3;
/// Findings that get a line.
const LINES: usize = 10;
/// Groups unless `--top` says more.
const GROUPS: usize = 5;
/// Dumps of a series that are listed.
const SERIES: usize = 12;
/// Letters of one sentence: a function's name may have any length.
const SENTENCE: usize = 600;
/// Columns of a fenced block: what a chat shows without scrolling.
const WIDTH: usize = 80;

/// Writes `report`.
pub(super) fn render(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    match &report.body {
        Body::Sights(sights) => sights_of(report.command, sights, view, out),
        _ => screen::render(report, view, out),
    }
}

fn sights_of(
    command: &str,
    sights: &[Sight<'_>],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some((last, before)) = sights.split_last() else { return Ok(()) };
    let view = View { width: WIDTH.min(view.width), style: Style::plain(), quiet: true, ..*view };
    let findings = text::chosen(command, last);
    verdict(command, last, &findings, out)?;
    fence(&text::head(last.summary(), &view), out)?;
    if !before.is_empty() {
        series(sights, out)?;
    }
    told(last, &findings, &view, out)?;
    if command == "summarize" {
        title("States", out)?;
        fence(&text::states(last.summary(), &view), out)?;
        groups(last, &view, out)?;
    }
    account(last, &view, out)
}

fn title(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "**{text}**\n")
}

/// The first line: what is wrong, or that nothing is.
fn verdict(
    command: &str,
    sight: &Sight<'_>,
    findings: &[&Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    match findings.iter().find(|finding| finding.severity >= Severity::Low) {
        Some(worst) => writeln!(out, "{}\n", headline(worst)),
        None if text::is_whole(sight) => {
            writeln!(out, "**OK** {}\n", text::nothing(command, sight))
        }
        None => writeln!(out, "**NOT WHOLE** {}\n", text::nothing(command, sight)),
    }
}

fn headline(finding: &Finding) -> String {
    let severity = finding.severity.name().to_uppercase();
    let title = sentence(&cut_end(&wording::title(&finding.title), SENTENCE));
    format!("**{severity}** {}: {title}", finding.category.name())
}

/// The dumps with their times and sizes, in the order in which they were given.
fn series(sights: &[Sight<'_>], out: &mut dyn Write) -> io::Result<()> {
    title(&counted(sights.len() as u64, "dump"), out)?;
    let skipped = sights.len().saturating_sub(SERIES);
    let mut lines = Vec::new();
    if skipped > 0 {
        let mut line = Line::at(2);
        line.push(Role::Dim, &format!("… {} before these", counted(skipped as u64, "dump")));
        lines.push(line);
    }
    for sight in sights.iter().skip(skipped) {
        let summary = sight.summary();
        let mut line = Line::new();
        line.push_right(Role::Number, &number(summary.goroutines()), 12).pad_to(14);
        line.push(Role::Plain, &cut_end(&summary.dump.name, WIDTH / 2));
        if let Some(time) = summary.dump.taken_at_nanos.and_then(rfc3339) {
            line.push(Role::Dim, &format!("  {time}"));
        }
        lines.push(line);
    }
    fence(&lines, out)
}

/// The findings: the worst with root, evidence and next steps, the others in a line each.
fn told(
    sight: &Sight<'_>,
    findings: &[&Finding],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = view.top.map_or(FINDINGS, Limit::get);
    for (index, finding) in findings.iter().take(most).enumerate() {
        title(&format!("{}. {} `{}`", index + 1, finding.confidence.name(), finding.kind), out)?;
        if index > 0 {
            writeln!(out, "{}\n", headline(finding))?;
        }
        points(&wording::all_evidence(finding), out)?;
        fence(&text::concerned(sight, finding, view), out)?;
        if !finding.next.is_empty() {
            writeln!(out, "Next:\n")?;
            points(&wording::all_steps(finding), out)?;
        }
    }
    let rest = findings.get(most..).unwrap_or(&[]);
    if rest.is_empty() {
        return Ok(());
    }
    title("Other findings", out)?;
    for finding in rest.iter().take(LINES) {
        writeln!(out, "- {}", headline(finding))?;
    }
    if let Some(more) = rest.len().checked_sub(LINES).filter(|more| *more > 0) {
        writeln!(out, "- … {} more: `--top all`", number(more as u64))?;
    }
    writeln!(out)
}

fn points(sentences: &[String], out: &mut dyn Write) -> io::Result<()> {
    for text in sentences {
        writeln!(out, "- {}", sentence(&cut_end(text, SENTENCE)))?;
    }
    if sentences.is_empty() { Ok(()) } else { writeln!(out) }
}

fn groups(sight: &Sight<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let top = view.top.unwrap_or(Limit::Most(GROUPS));
    let all = sight.summary().grouping.len() <= top.get();
    title(if all { "Groups" } else { "Largest groups" }, out)?;
    fence(&text::groups(sight, &View { top: Some(top), ..*view }), out)
}

/// How it was made, what was set apart, and how to see more.
fn account(sight: &Sight<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let said = sight.summary().notes.iter().cloned().chain(wording::notes(sight));
    notes(said.collect(), out)?;
    for line in text::set_apart(sight.summary(), view) {
        let text = plain(&line);
        if !text.is_empty() {
            writeln!(out, "{}\n", sentence(text.trim()))?;
        }
    }
    made_by(out)
}

/// Notes, each once.
fn notes(mut notes: Vec<String>, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    notes.retain(|note| seen.insert(note.clone()));
    if notes.is_empty() {
        return Ok(());
    }
    title("Notes", out)?;
    points(&notes, out)
}

fn made_by(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Made by gdump {}", code(env!("CARGO_PKG_VERSION")))
}

/// `lines` as a fenced block; nothing if there are none.
fn fence(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    let texts: Vec<String> = lines.iter().map(plain).collect();
    let from = texts.iter().position(|text| !text.is_empty()).unwrap_or(texts.len());
    let Some(block) = texts.get(from..).filter(|block| !block.is_empty()) else { return Ok(()) };
    // What every line is indented by says nothing here.
    let filled = block.iter().filter(|text| !text.is_empty());
    let indent = filled.map(|text| text.len() - text.trim_start().len()).min().unwrap_or(0);
    writeln!(out, "```text")?;
    for text in block {
        writeln!(out, "{}", text.get(indent..).unwrap_or(""))?;
    }
    writeln!(out, "```\n")
}

/// A line's text as it may stand in a block.
fn plain(line: &Line) -> String {
    inside_code(&line.text())
}
