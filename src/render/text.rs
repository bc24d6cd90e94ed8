//! The screen for people: what this dump is, states, the largest groups, and what was left out.

mod chain;
mod check;
mod diff;
mod digest;
mod entries;
mod findings;
mod groups;
mod head;
mod list;
mod problems;
mod series;
mod show;
mod stack;
mod states;
mod tree;

pub(super) use check::checks;
pub(super) use findings::{chosen, concerned, is_whole, nothing};
pub(super) use groups::lines as groups;
pub(super) use head::{account, facts, lines as head, missing, part_read};
pub(super) use states::lines as states;

use std::io::{self, Write};

use super::line::{Line, flow};
use super::style::Role;
use super::{Body, Limit, Report, View, words};
use crate::diagnose::{Finding, Sight};
use crate::view::Summary;

/// Groups on one screen if the user did not say.
const TOP: Limit = Limit::Most(6);

pub(super) fn render(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    match &report.body {
        Body::Sights(sights) => match findings::About::of(report.command) {
            Some(about) => findings::render(sights, about, view, out),
            None => screens(sights, view, out),
        },
        Body::Diff(diff) => diff::render(diff, view, out),
        Body::Gate(gate) => check::render(gate, view, out),
        Body::Series(series, _) => series::render(series, view, out),
        Body::Groups(summaries, skip) => groups::pages(summaries, *skip, view, out),
        Body::List(lists) => list::render(lists, view, out),
        Body::Shown(sights, shown) => show::render(sights, shown, view, out),
        Body::Trees(trees) => tree::render(trees, view, out),
        // It is for programs: people are told why on standard error.
        Body::Unread(_) => Ok(()),
    }
}

/// A screen for each dump; of very many a digest, and the screen of the largest.
fn screens(sights: &[Sight<'_>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    if let Some((lines, largest)) = digest::of(sights, view) {
        write_all(&lines, view, out)?;
        return screen(largest, view, out);
    }
    for (index, sight) in sights.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        screen(sight, view, out)?;
    }
    Ok(())
}

/// One finding with its evidence, as plain lines.
pub(super) fn finding_lines(sight: &Sight<'_>, finding: &Finding, view: &View) -> Vec<String> {
    findings::told(sight, finding, 1, view).iter().map(Line::text).collect()
}

fn write_all(lines: &[Line], view: &View, out: &mut dyn Write) -> io::Result<()> {
    lines.iter().try_for_each(|line| line.write(view.style, out))
}

fn screen(sight: &Sight<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let summary = sight.summary();
    let mut lines = head::lines(summary, view);
    lines.extend(findings::brief(sight, view));
    lines.extend(states::lines(summary, view));
    for line in lines {
        line.write(view.style, out)?;
    }
    groups::write(sight, view, out)?;
    for line in set_apart(summary, view) {
        line.write(view.style, out)?;
    }
    if view.verbose {
        problems::write(summary.dump, view, out)?;
    }
    Ok(())
}

/// What is in the account but in no list.
pub(super) fn set_apart(summary: &Summary<'_>, view: &View) -> Vec<Line> {
    let mut parts = Vec::new();
    if summary.system != 0 {
        parts.push(format!("{} of the runtime", words::counted(summary.system, "goroutine")));
    }
    match summary.writer_goid {
        _ if summary.writers == 0 => {}
        Some(goid) if summary.writers == 1 => {
            parts.push(format!("goroutine {goid}, which wrote this dump"));
        }
        _ => parts
            .push(format!("{} that wrote this dump", words::counted(summary.writers, "goroutine"))),
    }
    let mut lines = Vec::new();
    if !parts.is_empty() || summary.filtered != 0 {
        lines.push(Line::new());
    }
    let hint = if view.quiet { "" } else { ": --system" };
    if !parts.is_empty() {
        let text = format!("Set apart: {}{hint}", parts.join(", and "));
        lines.extend(paragraph(Role::Dim, &text, 1, view.width));
    }
    if summary.filtered != 0 {
        let text = format!(
            "{} of {} left out by the filter",
            words::number(summary.filtered),
            words::counted(summary.shown.saturating_add(summary.filtered), "goroutine")
        );
        lines.extend(paragraph(Role::Dim, &text, 1, view.width));
    }
    lines
}

/// `text` from the column `indent` on, broken between words.
fn paragraph(role: Role, text: &str, indent: usize, width: usize) -> Vec<Line> {
    let words = text.split(' ').map(|word| (role, word.to_owned())).collect();
    flow(words, " ", indent, width)
}

#[cfg(test)]
mod tests;
