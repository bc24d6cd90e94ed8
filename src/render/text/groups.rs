//! The largest groups: how many, doing what, where in the program, started by whom.

use std::io::{self, Write};
use std::ops::Range;

use super::entries::set;
use super::stack::{Entry, digest, whole};
use super::{Role, TOP};
use crate::diagnose::Sight;
use crate::render::escape::visible;
use crate::render::line::{Line, flow};
use crate::render::words::{columns, counted, cut_end, number, range};
use crate::render::{Limit, View};
use crate::view::group::{CreatorCount, LabelCounts};
use crate::view::{Group, Summary};

/// Groups on one page of `gdump groups` if the user did not say.
const PAGE: Limit = Limit::Most(20);
/// Creators of one group that are named.
const CREATORS: usize = 2;
/// Labels of one group that are named, and values of each.
const LABELS: usize = 3;

pub(super) fn write(sight: &Sight<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let summary = sight.summary();
    let grouping = &summary.grouping;
    let most = shown(summary, view);
    if most == 0 {
        return Ok(());
    }
    writeln!(out)?;
    let mut title = Line::at(1);
    title.push(Role::Title, if most < grouping.len() { "Largest groups" } else { "Groups" });
    title.write(view.style, out)?;
    each(sight, view, |line| line.write(view.style, out))
}

/// The largest groups, and how many were left out.
pub(in crate::render) fn lines(sight: &Sight<'_>, view: &View) -> Vec<Line> {
    let mut lines = Vec::new();
    // Nothing is written, so nothing goes wrong.
    let _ = each(sight, view, |line| {
        lines.push(line);
        Ok(())
    });
    lines
}

/// How many groups are shown.
fn shown(summary: &Summary<'_>, view: &View) -> usize {
    view.top.unwrap_or(TOP).get().min(summary.grouping.len())
}

fn each(sight: &Sight<'_>, view: &View, put: impl FnMut(Line) -> io::Result<()>) -> io::Result<()> {
    let summary = sight.summary();
    page(summary, 0..shown(summary, view), &|index, ids| sight.group(index, ids), view, put)
}

/// Pages of groups, dump by dump.
pub(super) fn pages(
    summaries: &[Summary<'_>],
    skip: usize,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, summary) in summaries.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        super::head::lines(summary, view).iter().try_for_each(|l| l.write(view.style, out))?;
        writeln!(out)?;
        let total = summary.grouping.len();
        let skip = skip.min(total);
        let end = skip.saturating_add(view.top.unwrap_or(PAGE).get()).min(total);
        let get = |index, ids| summary.grouping.group(&summary.stacks, index, ids);
        page(summary, skip..end, &get, view, |line| line.write(view.style, out))?;
        super::set_apart(summary, view).iter().try_for_each(|l| l.write(view.style, out))?;
    }
    Ok(())
}

/// The groups in `range`, and how many come before and behind.
fn page<'d>(
    summary: &Summary<'d>,
    range: Range<usize>,
    get: &dyn Fn(usize, usize) -> Option<Group<'d>>,
    view: &View,
    mut put: impl FnMut(Line) -> io::Result<()>,
) -> io::Result<()> {
    let grouping = &summary.grouping;
    // Only the first groups decide how wide the columns are, so that many can be written as they come.
    let first = range.start..range.end.min(range.start.saturating_add(TOP.get()));
    let sample: Vec<_> = first.filter_map(|index| get(index, 0)).collect();
    let columns = Columns::new(sample.iter(), view.width);
    for index in range.clone() {
        if let Some(group) = get(index, view.ids.get()) {
            block(summary, &group, view, columns).into_iter().try_for_each(&mut put)?;
        }
    }
    let rest = grouping.len() - range.end;
    let mut line = Line::at(columns.count.saturating_sub(1));
    let mut said = Vec::new();
    if range.start > 0 {
        said.push(format!("{} skipped", counted(range.start as u64, "group")));
    }
    if rest > 0 {
        let goroutines = (range.end..grouping.len())
            .fold(0i64, |sum, index| sum.saturating_add(grouping.count(index)));
        let hint = if view.quiet { "" } else { ": --top all" };
        said.push(format!(
            "{}, {}{hint}",
            counted(rest as u64, "more group"),
            counted(goroutines, "goroutine")
        ));
    }
    if said.is_empty() {
        return Ok(());
    }
    line.push(Role::Dim, &format!("…  {}", said.join(" · ")));
    put(line)
}

/// Some groups of a dump, at the column `indent`.
pub(super) fn some(
    summary: &Summary<'_>,
    groups: &[&Group<'_>],
    view: &View,
    indent: usize,
) -> Vec<Line> {
    let width = view.width.saturating_sub(indent);
    let columns = Columns::new(groups.iter().copied(), width);
    let blocks = groups.iter().flat_map(|group| block(summary, group, view, columns));
    let mut lines = Vec::new();
    for one in blocks {
        let mut line = Line::at(indent);
        line.append(one);
        lines.push(line);
    }
    lines
}

/// Where the columns are.
#[derive(Clone, Copy)]
struct Columns {
    /// End of the count.
    count: usize,
    /// Width of the state.
    left: usize,
    /// Start of the stack.
    right: usize,
    width: usize,
}

impl Columns {
    fn new<'g>(sample: impl Iterator<Item = &'g Group<'g>> + Clone, width: usize) -> Self {
        let count = sample.clone().map(|group| columns(&number(group.count))).max().unwrap_or(1);
        let count = 2 + count.max(5);
        let lines = sample.flat_map(left);
        let left = lines.map(|(_, text)| columns(&text)).max().unwrap_or(0);
        let left = left.clamp(8, if width < 100 { 24 } else { 32 });
        Self { count, left, right: count + 2 + left + 2, width }
    }

    fn room(self) -> usize {
        self.width.saturating_sub(self.right).max(20)
    }
}

fn block(summary: &Summary<'_>, group: &Group<'_>, view: &View, columns: Columns) -> Vec<Line> {
    let right = right(summary, group, view, columns.room());
    let left = left(group);
    let mut lines = Vec::new();
    let mut right = right.into_iter();
    let mut left = left.into_iter();
    loop {
        let (state, frame) = (left.next(), right.next());
        if state.is_none() && frame.is_none() {
            return lines;
        }
        let mut line = Line::new();
        if lines.is_empty() {
            line.push_right(Role::Number, &number(group.count), columns.count);
        }
        if let Some((role, text)) = state {
            line.pad_to(columns.count + 2).push(role, &cut_end(&text, columns.left));
        }
        if let Some(frame) = frame {
            line.pad_to(columns.right).append(frame);
        }
        lines.push(line);
    }
}

/// The left-hand column: state, wait, flags.
fn left(group: &Group<'_>) -> Vec<(Role, String)> {
    let mut lines = Vec::new();
    match group.states.as_slice() {
        [one] => lines.push((Role::State, visible(one.state).into_owned())),
        many => {
            let some = many.iter().take(2);
            lines.extend(some.map(|state| {
                (Role::State, format!("{} {}", number(state.count), visible(state.state)))
            }));
            if many.len() > 2 {
                let more = counted(many.len() as u64 - 2, "more state");
                lines.push((Role::Dim, format!("… {more}")));
            }
        }
    }
    if let Some(range) = range(&group.wait) {
        lines.push((Role::Plain, range));
        if group.wait.unknown != 0 {
            lines.push((Role::Dim, format!("{} under 1m", number(group.wait.unknown))));
        }
    }
    for (n, words, role) in [
        (group.leaked, "leaked", Role::Bad),
        (group.locked, "locked to thread", Role::Warn),
        (group.cut, "cut off", Role::Warn),
    ] {
        if n != 0 {
            let all = n == group.count;
            let text = if all { words.to_owned() } else { format!("{} {words}", number(n)) };
            lines.push((role, text));
        }
    }
    lines
}

/// The right-hand column: title, frames, creators, ids, labels.
fn right(summary: &Summary<'_>, group: &Group<'_>, view: &View, room: usize) -> Vec<Line> {
    let mut entries = Vec::new();
    if let Some(title) = &group.title {
        let stacks = if group.stacks > 1 {
            format!("{}, most often:", counted(group.stacks as u64, "stack"))
        } else {
            String::new()
        };
        entries.push(Entry::words(Role::Title, title.clone()));
        entries.extend((!stacks.is_empty()).then(|| Entry::words(Role::Dim, stacks)));
    }
    entries.extend(if view.verbose { whole(summary, group.stack) } else { digest(summary, group) });
    let creators = if view.verbose { usize::MAX } else { CREATORS };
    entries.extend(group.creators.iter().take(creators).map(|creator| created_by(group, creator)));
    if let Some(more) =
        group.creators.get(creators.min(group.creators.len())..).filter(|m| !m.is_empty())
    {
        let sum = more.iter().fold(0i64, |sum, creator| sum.saturating_add(creator.count));
        let more = counted(more.len() as u64, "other go statement");
        entries.push(Entry::words(Role::Dim, format!("… {} by {more}", number(sum))));
    }
    let mut lines = set(&entries, room);
    lines.extend(labels(group, room, view));
    lines.extend(ids(group, room));
    lines
}

fn created_by(group: &Group<'_>, creator: &CreatorCount<'_>) -> Entry {
    let by = match (creator.goroutines, creator.goid) {
        (_, Some(goid)) => format!("in goroutine {goid}"),
        (Some(n), None) if i64::try_from(n) == Ok(creator.count) => {
            format!("in {}, one each", counted(n as u64, "goroutine"))
        }
        (Some(n), None) => format!("in {}", counted(n as u64, "goroutine")),
        (None, None) => String::new(),
    };
    let part = creator.count != group.count;
    let times = if part { format!("{}×", number(creator.count)) } else { String::new() };
    let space = if part && !by.is_empty() { " " } else { "" };
    Entry {
        role: Role::Plain,
        before: "created by ",
        function: creator.function.to_owned(),
        file: creator.file.to_owned(),
        line: creator.line,
        after: format!("{times}{space}{by}"),
    }
}

fn labels(group: &Group<'_>, room: usize, view: &View) -> Vec<Line> {
    let most = if view.verbose { LabelCounts::MAX } else { LABELS };
    let value = |(value, count): &(&str, i64), alone: bool| {
        let value = if value.is_empty() { "\"\"".into() } else { visible(value) };
        if alone { value.into_owned() } else { format!("{value} {}", number(*count)) }
    };
    let key = |label: &LabelCounts<'_>| {
        let covered = label.values.iter().fold(0i64, |sum, (_, n)| sum.saturating_add(*n));
        let alone = label.distinct == 1 && covered == group.count;
        // Values such as request ids say nothing one by one.
        if label.distinct > most && label.values.first().is_some_and(|(_, count)| *count <= 1) {
            return format!("{} ({})", visible(label.key), counted(label.distinct as u64, "value"));
        }
        let mut values: Vec<_> = label.values.iter().take(most).map(|v| value(v, alone)).collect();
        if label.distinct > values.len() {
            values.push(format!("… {} more", number((label.distinct - values.len()) as u64)));
        }
        format!("{}={}", visible(label.key), values.join(", "))
    };
    let keys: Vec<_> = group.labels.iter().take(most).map(key).collect();
    if keys.is_empty() {
        return Vec::new();
    }
    let more = group.labels.len().saturating_sub(most);
    let more = if more > 0 {
        format!(" · {}", counted(more as u64, "more label"))
    } else {
        String::new()
    };
    let text = format!("labels {}{more}", keys.join(" · "));
    let mut line = Line::new();
    line.push(Role::Plain, &cut_end(&text, room));
    vec![line]
}

fn ids(group: &Group<'_>, room: usize) -> Vec<Line> {
    if group.goids.is_empty() {
        return Vec::new();
    }
    let noun = if group.goid_count == 1 { "goroutine" } else { "goroutines" };
    let mut pieces = vec![(Role::Dim, noun.to_owned())];
    pieces.extend(group.goids.iter().map(|goid| (Role::Dim, goid.to_string())));
    let more = group.goid_count - group.goids.len();
    if more > 0 {
        pieces.push((Role::Dim, format!("… {} more", number(more as u64))));
    }
    flow(pieces, " ", 0, room)
}
