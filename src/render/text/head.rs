//! The first lines: what the dump is, whether it is whole, what became of it, and how the process died.

use super::{Role, paragraph};
use crate::model::{Completeness, Dump, Excerpt, Format, Truncation, TruncationReason};
use crate::render::View;
use crate::render::escape::visible;
use crate::render::line::{Line, flow};
use crate::render::time::rfc3339;
use crate::render::words::{counted, cut_end, cut_start, number, size};
use crate::view::Summary;
use crate::view::version::format_words;

/// Lines of a preamble that are shown without `-v`.
const PREAMBLE: usize = 4;

pub(in crate::render) fn lines(summary: &Summary<'_>, view: &View) -> Vec<Line> {
    let mut lines = identity(summary, view);
    lines.extend(flow(account(summary), ", ", 0, view.width));
    if let Some((role, text)) = missing(summary) {
        lines.extend(paragraph(role, &text, 1, view.width));
    }
    lines.extend(preamble(summary.dump, view));
    lines.extend(problems(summary, view));
    if !view.quiet {
        for note in &summary.notes {
            lines.extend(paragraph(Role::Warn, &format!("Note: {note}."), 1, view.width));
        }
    }
    lines
}

fn identity(summary: &Summary<'_>, view: &View) -> Vec<Line> {
    let facts = facts(summary);
    let name = visible(&summary.dump.name);
    let mut first = Line::new();
    first.push(Role::Title, &cut_start(&name, view.width));
    let room = view.width.saturating_sub(first.width() + 3);
    let mut rest = flow(facts.clone(), " · ", 0, room);
    if rest.len() == 1 && rest.first().is_some_and(|line| line.width() <= room) {
        first.push(Role::Plain, "   ");
        rest.drain(..).for_each(|line| first.append(line));
        return vec![first];
    }
    let mut lines = vec![first];
    lines.extend(flow(facts, " · ", 2, view.width));
    lines
}

/// What the dump is: format, version of Go, size, time, whether it is whole.
pub(in crate::render) fn facts(summary: &Summary<'_>) -> Vec<(Role, String)> {
    let dump = summary.dump;
    let mut facts = vec![(Role::Plain, format_words(dump.format).to_owned())];
    let mut fact = |role, text: String| facts.push((role, text));
    if dump.profile != "goroutine" {
        fact(Role::Plain, format!("{} profile", dump.profile));
    }
    if let Some(wrapping) = &dump.wrapping {
        fact(Role::Plain, format!("out of {wrapping}"));
    }
    if let Some(words) = summary.go.words() {
        fact(Role::Plain, words);
    }
    fact(Role::Plain, size(dump.bytes));
    if let Some(time) = dump.taken_at_nanos.and_then(rfc3339) {
        fact(Role::Plain, time);
    }
    if let Some(nanos) = dump.duration_nanos {
        fact(
            Role::Plain,
            format!("what changed in {} s", number((nanos + 500_000_000) / 1_000_000_000)),
        );
    }
    let (role, text) = match dump.completeness() {
        Completeness::Complete => (Role::Good, "complete"),
        Completeness::Truncated(_) => (Role::Bad, "CUT OFF"),
        Completeness::Excerpt(_) => (Role::Warn, "excerpt"),
        Completeness::Damaged => (Role::Bad, "NOT ALL READ"),
    };
    fact(role, text.to_owned());
    facts
}

/// What became of what was read.
pub(in crate::render) fn account(summary: &Summary<'_>) -> Vec<(Role, String)> {
    let account = summary.dump.account;
    let mut parts = vec![
        (Role::Number, counted(summary.goroutines(), "goroutine")),
        (Role::Plain, counted(summary.distinct_stacks as u64, "distinct stack")),
    ];
    let mut part = |role, text: String| parts.push((role, text));
    if let Some((role, text)) = part_read(summary) {
        part(role, text);
    }
    if account.partial > 0 {
        part(Role::Bad, format!("{} in part", number(account.partial)));
    }
    if account.cut_off > 0 {
        part(Role::Bad, format!("{} cut off", number(account.cut_off)));
    }
    if account.not_understood > 0 {
        part(Role::Bad, format!("{} not understood", number(account.not_understood)));
    }
    if account.repeated > 0 {
        part(Role::Dim, format!("{} printed again", number(account.repeated)));
    }
    if account.ignored_lines > 0 {
        part(Role::Dim, format!("{} ignored", counted(account.ignored_lines, "line")));
    }
    parts
}

/// Whether all goroutines of the input were read in full, or how many of how many were; nothing where that
/// all of what is there was read would hide that something is not.
pub(in crate::render) fn part_read(summary: &Summary<'_>) -> Option<(Role, String)> {
    let (all, whole) = (summary.goroutines(), summary.dump.account.whole);
    if summary.dump.lost() > 0 {
        return Some((Role::Bad, format!("{} of {} read in full", number(whole), number(all))));
    }
    let problems = summary.dump.problems.len() as u64 + summary.dump.more_problems;
    let all_read = problems == 0 && summary.dump.truncation.is_none();
    all_read.then(|| (Role::Good, "all read".to_owned()))
}

/// What is missing of the dump, and what is known of the rest.
pub(in crate::render) fn missing(summary: &Summary<'_>) -> Option<(Role, String)> {
    Some(match summary.dump.completeness() {
        Completeness::Complete => return None,
        Completeness::Truncated(truncation) => (Role::Bad, cut(summary, truncation)),
        Completeness::Excerpt(excerpt) => {
            let why = match excerpt {
                Excerpt::NoMain => "goroutine 1 is not in it, so it is a part of a dump",
                Excerpt::NoWriter => "what wrote it is not in it, so it is a part of a dump",
                Excerpt::NoTotal => "the line that states the total is missing",
                Excerpt::OverTotal => "it has more goroutines than it states",
            };
            (Role::Warn, format!("EXCERPT: {why}. What else there is, is unknown."))
        }
        Completeness::Damaged => (Role::Bad, lost(summary)),
    })
}

fn lost(summary: &Summary<'_>) -> String {
    let lost = counted(summary.dump.lost(), "goroutine");
    format!("NOT ALL READ: {lost} of this dump could not be read, or not to the end.")
}

/// Where the dump is cut off, and what is known of the rest.
fn cut(summary: &Summary<'_>, truncation: Truncation) -> String {
    let at = number(truncation.at_byte);
    let least = counted(summary.goroutines(), "goroutine");
    match truncation.reason {
        TruncationReason::Pprof64Mib => format!(
            "CUT OFF at {at} bytes, exactly 64 MiB: net/http/pprof writes no more at debug=2. The process \
             had at least {least}; the rest is missing. For a count of all of them take debug=1."
        ),
        TruncationReason::Buffer => format!(
            "CUT OFF at {at} bytes, a power of two: the buffer given to runtime.Stack was full. The \
             process had at least {least}."
        ),
        TruncationReason::MidLine => {
            format!("CUT OFF inside a line at byte {at}. The process had at least {least}.")
        }
        TruncationReason::MidGoroutine => {
            format!("CUT OFF inside a goroutine at byte {at}. The process had at least {least}.")
        }
        TruncationReason::MissingRecords => missing_records(summary, &at),
        TruncationReason::Connection => format!(
            "CUT OFF: the connection ended too early, after {at} bytes of text. The process had at \
             least {least}."
        ),
        TruncationReason::Compressed => format!(
            "CUT OFF: the compressed stream ends too early, after {at} bytes of text. The process had \
             at least {least}."
        ),
    }
}

fn missing_records(summary: &Summary<'_>, at: &str) -> String {
    let Some(total) = summary.dump.stated_total else {
        return format!("CUT OFF at byte {at}: records are missing.");
    };
    let missing = total.saturating_sub(summary.dump.goroutine_count());
    let who = if summary.dump.format == Format::Delve { "Delve" } else { "the header" };
    format!(
        "CUT OFF at byte {at}: {who} says {}, of which {} are missing.",
        counted(total, "goroutine"),
        number(missing)
    )
}

fn preamble(dump: &Dump, view: &View) -> Vec<Line> {
    let Some(preamble) = &dump.preamble else { return Vec::new() };
    let all: Vec<&str> = preamble.lines().filter(|line| !line.trim().is_empty()).collect();
    let most = if view.verbose { usize::MAX } else { PREAMBLE };
    let mut lines = vec![Line::new()];
    for text in all.iter().take(most) {
        let mut line = Line::at(1);
        line.push(Role::Bad, &cut_end(&visible(text), view.width.saturating_sub(1)));
        lines.push(line);
    }
    if let Some(more) = all.len().checked_sub(most).filter(|more| *more > 0) {
        let text = format!("… {}: -v", counted(more as u64, "more line"));
        lines.extend(paragraph(Role::Dim, &text, 1, view.width));
    }
    lines
}

/// One line about the problems; `-v` shows each.
fn problems(summary: &Summary<'_>, view: &View) -> Vec<Line> {
    let dump = summary.dump;
    let Some(first) = dump.problems.first() else { return Vec::new() };
    let count = (dump.problems.len() as u64).saturating_add(dump.more_problems);
    let hint = if view.verbose || view.quiet { "" } else { " (-v shows all)" };
    let text = format!(
        "{}{hint}, the first in line {}: {}",
        counted(count, "problem"),
        first.line,
        visible(&first.message)
    );
    paragraph(Role::Warn, &text, 1, view.width)
}
