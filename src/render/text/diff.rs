//! Two dumps compared: what changed, the largest change first.

use std::io::{self, Write};

use super::entries::set;
use super::stack::{Entry, digest, whole};
use super::{Role, paragraph, write_all};
use crate::render::escape::visible;
use crate::render::line::{Line, flow};
use crate::render::words::{self, columns, counted, cut_end, location, number};
use crate::render::{Limit, View};
use crate::series::Diff;
use crate::series::diff::{Change, Row};
use crate::series::process::{Between, Flow};
use crate::view::group::By;
use crate::view::version::format_words;

/// Groups on one screen if the user did not say.
const TOP: Limit = Limit::Most(10);
/// Functions of one group whose line moved that are named.
const MOVED: usize = 4;

pub(super) fn render(diff: &Diff<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = head(diff, view);
    if !view.quiet {
        let own = diff.before.notes.iter().chain(&diff.after.notes);
        let mut notes: Vec<&String> = diff.notes.iter().chain(own).collect();
        notes.dedup();
        for note in notes {
            lines.extend(paragraph(Role::Warn, &format!("Note: {note}."), 1, view.width));
        }
    }
    lines.push(Line::new());
    lines.push(counts(diff));
    write_all(&lines, view, out)?;
    groups(diff, view, out)
}

/// What is compared, how much time went by, and what became of the goroutines.
fn head(diff: &Diff<'_>, view: &View) -> Vec<Line> {
    let (before, after) = (diff.before.dump, diff.after.dump);
    let names = [before, after].map(|dump| visible(&dump.name).into_owned());
    let mut lines = flow(vec![(Role::Title, names.join(" → "))], " ", 0, view.width);
    if columns(&names.join(" → ")) > view.width {
        lines = names
            .iter()
            .zip(["", "→ "])
            .map(|(name, arrow)| {
                let mut line = Line::new();
                line.push(Role::Dim, arrow);
                line.push(Role::Title, &words::cut_start(name, view.width.saturating_sub(2)));
                line
            })
            .collect();
    }
    let formats = [before.format, after.format].map(format_words);
    let [was, is] = formats;
    let mut facts =
        vec![(Role::Plain, if was == is { was.to_owned() } else { formats.join(" → ") })];
    facts.push((Role::Number, totals(diff.before.shown, diff.after.shown)));
    facts.push((Role::Plain, time(&diff.between)));
    lines.extend(flow(facts, " · ", 0, view.width));
    if diff.is_delta {
        let text =
            "Delta profile (?seconds=N): its counts are changes, not goroutines that there are.";
        lines.extend(paragraph(Role::Warn, text, 0, view.width));
    }
    if let Some(why) = &diff.between.restarted {
        let text = format!(
            "RESTARTED, or another process: {why}. Groups are compared, goroutines are not."
        );
        lines.extend(paragraph(Role::Bad, &text, 0, view.width));
    }
    let total = diff.between.total();
    if !diff.between.flows.is_empty() {
        lines.extend(paragraph(Role::Plain, &sentence(total, diff.before.shown), 0, view.width));
    }
    lines.extend(
        created(&diff.between).iter().flat_map(|text| paragraph(Role::Dim, text, 0, view.width)),
    );
    lines
}

/// `69 → 268 goroutines (+199)`.
fn totals(before: i64, after: i64) -> String {
    let change = signed(after.saturating_sub(before));
    format!("{} → {} ({change})", number(before), counted(after, "goroutine"))
}

/// The number with its sign: `+199`, `-3`, `0`.
pub(super) fn signed(n: i64) -> String {
    if n > 0 { format!("+{}", number(n)) } else { number(n) }
}

fn time(between: &Between) -> String {
    between.elapsed.map_or_else(
        || "time between not known".to_owned(),
        |elapsed| format!("{} between, {}", duration(elapsed.seconds), elapsed.source.words()),
    )
}

/// Seconds as a duration: `40s`, `12m`, `2h5m`.
pub(super) fn duration(seconds: i64) -> String {
    match u32::try_from(seconds) {
        Ok(short) if short < 120 => format!("{short}s"),
        Ok(seconds) => words::wait(seconds / 60),
        Err(_) => words::wait(u32::MAX),
    }
}

/// What became of all goroutines, in a sentence.
fn sentence(total: Flow, before: i64) -> String {
    let mut parts = vec![format!(
        "{} of {} are the same in the same stack",
        number(total.stayed),
        counted(before, "goroutine")
    )];
    for (n, words) in [
        (total.renewed, "wait there anew"),
        (total.moved_out, "moved on"),
        (total.gone, "ended"),
        (total.new, "began"),
    ] {
        if n > 0 {
            parts.push(format!("{} {words}", number(n)));
        }
    }
    format!("{}.", parts.join(", "))
}

/// How many goroutines were started in between.
#[allow(clippy::cast_precision_loss, reason = "a rate is shown with few digits")]
fn created(between: &Between) -> Option<String> {
    let created = between.created.filter(|created| *created > 0)?;
    let rate = between.elapsed.map(|elapsed| created as f64 / elapsed.minutes());
    let rate = rate.map_or_else(String::new, |rate| format!(", {} a minute", few(rate)));
    Some(format!("About {} started in between{rate}.", counted(created, "goroutine")))
}

/// A rate with as many digits as say something.
#[allow(clippy::cast_possible_truncation, reason = "it is rounded on purpose")]
pub(super) fn few(rate: f64) -> String {
    if rate.abs() >= 10.0 { number(rate.round() as i64) } else { format!("{rate:.1}") }
}

fn counts(diff: &Diff<'_>) -> Line {
    let mut line = Line::at(1);
    line.push(Role::Title, "Groups");
    for (index, (change, count)) in diff.counts().into_iter().enumerate() {
        line.push(Role::Dim, if index == 0 { "  " } else { ", " });
        let role = if count > 0 { role(change) } else { Role::Dim };
        line.push(role, &format!("{} {}", number(count as u64), change.name()));
    }
    line
}

fn role(change: Change) -> Role {
    match change {
        Change::New | Change::Grown => Role::Bad,
        Change::Shrunk | Change::Gone => Role::Good,
        Change::Unchanged => Role::Plain,
    }
}

fn groups(diff: &Diff<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let all = view.verbose || view.top == Some(Limit::All);
    let listed = |row: &&Row| all || row.change != Change::Unchanged;
    let chosen: Vec<&Row> = diff.rows.iter().filter(listed).collect();
    let most = view.top.unwrap_or(if view.verbose { Limit::All } else { TOP }).get();
    let sample = chosen.iter().take(most.min(TOP.get()));
    let layout = Layout::new(sample.copied(), view.width);
    for row in chosen.iter().take(most) {
        let block = layout.block(diff, row, view);
        write_all(&block, view, out)?;
    }
    let mut rest = Vec::new();
    let left = chosen.get(most.min(chosen.len())..).unwrap_or(&[]);
    let hint = if view.quiet { "" } else { ": --top all" };
    if !left.is_empty() {
        rest.push(format!("{}{hint}", counted(left.len() as u64, "more group")));
    }
    let same = diff.rows.iter().filter(|row| row.change == Change::Unchanged);
    if !all {
        let (count, sum, stayed) = same.fold((0u64, 0i64, 0i64), |(count, sum, stayed), row| {
            let flow = row.flow.unwrap_or_default();
            (count + 1, sum.saturating_add(row.after), stayed + flow.stayed)
        });
        if count > 0 {
            let ids = if stayed > 0 {
                format!(", {} of them the same in the same stack", number(stayed))
            } else {
                String::new()
            };
            let hint = if view.quiet { "" } else { ": -v" };
            let groups = counted(count, "unchanged group");
            rest.push(format!("{groups} of {}{ids}{hint}", counted(sum, "goroutine")));
        }
    }
    let mut lines = Vec::new();
    for text in rest {
        lines.extend(paragraph(Role::Dim, &format!("… {text}"), layout.growth.min(4), view.width));
    }
    write_all(&lines, view, out)
}

/// Where the columns are.
struct Layout {
    /// End of the growth.
    growth: usize,
    /// Width of the state, and of what became of the goroutines.
    left: usize,
    /// Start of the stack.
    right: usize,
    width: usize,
}

impl Layout {
    fn new<'r>(sample: impl Iterator<Item = &'r Row> + Clone, width: usize) -> Self {
        let growth = sample.clone().map(|row| columns(&signed(row.growth()))).max().unwrap_or(1);
        let growth = 2 + growth.max(5);
        let texts = sample.flat_map(left).map(|(_, text)| columns(&text));
        let left = texts.max().unwrap_or(0).clamp(8, if width < 100 { 24 } else { 32 });
        Self { growth, left, right: growth + 2 + left + 2, width }
    }

    fn block(&self, diff: &Diff<'_>, row: &Row, view: &View) -> Vec<Line> {
        let room = self.width.saturating_sub(self.right).max(20);
        let mut left = left(row).into_iter();
        let mut right = right(diff, row, view, room).into_iter();
        let mut lines = Vec::new();
        loop {
            let (state, frame) = (left.next(), right.next());
            if state.is_none() && frame.is_none() {
                return lines;
            }
            let mut line = Line::new();
            if lines.is_empty() {
                line.push_right(role(row.change), &signed(row.growth()), self.growth);
            }
            if let Some((role, text)) = state {
                line.pad_to(self.growth + 2).push(role, &cut_end(&text, self.left));
            }
            if let Some(frame) = frame {
                line.pad_to(self.right).append(frame);
            }
            lines.push(line);
        }
    }
}

/// The left-hand column: how many before and after, the state, what became of the goroutines.
fn left(row: &Row) -> Vec<(Role, String)> {
    let mut lines = vec![(Role::Number, format!("{} → {}", number(row.before), number(row.after)))];
    if matches!(row.change, Change::New | Change::Gone) {
        lines.push((role(row.change), row.change.name().to_owned()));
    }
    if !row.who.state.is_empty() {
        lines.push((Role::State, visible(&row.who.state).into_owned()));
    }
    let Some(flow) = row.flow else { return lines };
    let came = flow.moved_in.saturating_add(flow.new);
    let stuck = format!("of {} stayed", number(row.before));
    for (n, words) in [
        (flow.stayed, &*stuck),
        (flow.renewed, "wait anew"),
        (flow.moved_out, "moved on"),
        (flow.gone, "ended"),
        // That all of a new group came is said already.
        (if row.change == Change::New { 0 } else { came }, "came"),
    ] {
        if n > 0 && !(row.change == Change::Gone && n == row.before && words == "ended") {
            lines.push((Role::Dim, format!("{} {words}", number(n))));
        }
    }
    lines
}

/// The right-hand column: frames, creators, and with `-v` lines that moved.
fn right(diff: &Diff<'_>, row: &Row, view: &View, room: usize) -> Vec<Line> {
    let Some((summary, group)) = diff.group(row, 0) else { return Vec::new() };
    let mut entries = Vec::new();
    entries.extend(group.title.clone().map(|title| Entry::words(Role::Title, title)));
    let by_stack = *summary.grouping.by() == By::Stack;
    if view.verbose && by_stack {
        entries.extend(whole(summary, group.stack));
    } else {
        entries.extend(digest(summary, &group));
    }
    entries.extend(group.creators.first().map(|creator| Entry {
        role: Role::Plain,
        before: "created by ",
        function: creator.function.to_owned(),
        file: creator.file.to_owned(),
        line: creator.line,
        after: String::new(),
    }));
    let mut lines = set(&entries, room);
    if view.verbose {
        let moved = diff.moved_lines(row);
        for (function, [(was, from), (is, to)]) in moved.iter().take(MOVED) {
            let places = [location(was, *from, 0), location(is, *to, 0)];
            let name = words::function(function, 40, true);
            let text = format!("moved: {} {}", visible(&name), visible(&places.join(" → ")));
            let mut line = Line::new();
            line.push(Role::Dim, &cut_end(&text, room));
            lines.push(line);
        }
    }
    lines
}
