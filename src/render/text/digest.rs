//! Many dumps at once, such as a log with hundreds of panics: alike ones are counted, and only the
//! largest gets a screen of its own.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::Role;
use crate::diagnose::Sight;
use crate::render::line::Line;
use crate::render::words::{columns, counted, cut_end, number};
use crate::render::{Limit, View};
use crate::view::Summary;

/// More dumps than these are told in a digest instead of a screen each.
const MANY: usize = 8;
/// Kinds of dumps that are listed.
const KINDS: usize = 20;

/// The dump that gets a screen and the lines before it, if there are many dumps.
pub(super) fn of<'s, 'd>(
    sights: &'s [Sight<'d>],
    view: &View,
) -> Option<(Vec<Line>, &'s Sight<'d>)> {
    let summaries: Vec<&'s Summary<'d>> = sights.iter().map(Sight::summary).collect();
    if summaries.len() <= MANY || view.top == Some(Limit::All) {
        return None;
    }
    let mut kinds: IndexMap<String, (usize, &str), FxBuildHasher> = IndexMap::default();
    for summary in &summaries {
        let kind = kinds.entry(kind(summary)).or_insert((0, summary.dump.name.as_str()));
        kind.0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let goroutines = summaries.iter().fold(0i64, |sum, s| sum.saturating_add(s.goroutines()));
    let mut head = Line::new();
    head.push(Role::Title, &counted(summaries.len() as u64, "dump"));
    head.push(Role::Dim, ", ").push(Role::Title, &counted(goroutines, "goroutine"));
    head.push(Role::Dim, " in all; alike ones are counted:");
    let mut lines = vec![head, Line::new()];
    for (kind, (count, first)) in kinds.iter().take(KINDS) {
        let mut line = Line::new();
        line.push_right(Role::Number, &number(*count as u64), 7).pad_to(9);
        let room = view.width.saturating_sub(9 + 3 + columns(first)).max(24);
        line.push(Role::User, &cut_end(kind, room));
        line.push(Role::Dim, &format!("   {}", cut_end(first, view.width / 3)));
        lines.push(line);
    }
    if kinds.len() > KINDS {
        let mut line = Line::at(6);
        let rest = counted((kinds.len() - KINDS) as u64, "more kind");
        line.push(Role::Dim, &format!("…  {rest}: --top all shows every dump"));
        lines.push(line);
    }
    lines.extend([Line::new(), Line::at(1)]);
    if let Some(line) = lines.last_mut() {
        line.push(Role::Dim, "The largest of them; --top all shows every dump:");
    }
    lines.push(Line::new());
    // Of equally large ones the first.
    let largest = sights.iter().rev().max_by_key(|sight| sight.summary().goroutines())?;
    Some((lines, largest))
}

/// What a dump is about: how it begins, or where its first goroutine is.
fn kind(summary: &Summary<'_>) -> String {
    let said = summary.dump.preamble.as_deref().and_then(|text| text.lines().next());
    let place = summary.dump.goroutine(0).and_then(|goroutine| {
        let frame = summary.stacks.user(goroutine.stack())?;
        summary.stacks.shown(frame).function()
    });
    match (said, place) {
        (Some(said), Some(place)) => format!("{place}: {}", without_stamp(said)),
        (Some(said), None) => without_stamp(said).to_owned(),
        (None, Some(place)) => format!("{place} ({})", counted(summary.goroutines(), "goroutine")),
        (None, None) => counted(summary.goroutines(), "goroutine"),
    }
}

/// A panic's line from `panic` on: what a logger puts before it differs from line to line.
fn without_stamp(line: &str) -> &str {
    let message = line.find("panic").and_then(|at| line.get(at..)).unwrap_or(line);
    // `panic serving 127.0.0.1:1234: boom`: the client differs too.
    match message.strip_prefix("panic serving ").and_then(|rest| rest.split_once(": ")) {
        Some((_, said)) => said,
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_line_to_line_is_left_out() {
        for (line, said) in [
            ("2026/11/23 09:18:35 http: panic serving 127.0.0.1:1234: boom", "boom"),
            ("panic: boom", "panic: boom"),
            ("fatal error: all goroutines are asleep", "fatal error: all goroutines are asleep"),
        ] {
            assert_eq!(without_stamp(line), said);
        }
    }
}
