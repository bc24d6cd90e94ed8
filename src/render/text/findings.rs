//! What is wrong: a few lines on the summary's screen, and the whole with its evidence for `leaks` and
//! `blocked`.

use std::io::{self, Write};

use super::entries::set;
use super::stack::whole;
use super::{Role, chain, groups, head, paragraph, write_all};
use crate::diagnose::find::Fine;
use crate::diagnose::{Category, Finding, Severity, Sight};
use crate::model::Completeness;
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{columns, counted, cut_end, number, wrap};
use crate::render::{Limit, View, wording};

/// Findings on the summary's screen.
const BRIEF: usize = 3;
/// Findings that are told with all their evidence unless the user asks for more.
const TOLD: usize = 5;
/// Groups of one finding that are shown.
const GROUPS: usize = 3;
/// Frames of a root's stack that are shown without `-v`.
const FRAMES: usize = 12;
/// Groups that were found fine and are named without `-v`.
const FINE: usize = 6;

/// What a command tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// What never ends.
    Leaks,
    /// What waits for what.
    Blocked,
}

impl About {
    /// What the command named `command` tells, if it tells findings.
    pub(super) fn of(command: &str) -> Option<Self> {
        match command {
            "leaks" => Some(Self::Leaks),
            "blocked" => Some(Self::Blocked),
            _ => None,
        }
    }

    /// Whether `finding` belongs to it. A crash belongs to both: it is why there is a dump.
    fn holds(self, finding: &Finding) -> bool {
        match (self, finding.category) {
            (_, Category::Crash) => true,
            (Self::Leaks, category) => category == Category::Leak,
            (Self::Blocked, category) => category != Category::Leak,
        }
    }

    /// What is said if there is no finding. Go's own leak profile finds only what it can prove, and of a dump
    /// that is not whole, or was not read in full, only what is here can be told.
    fn nothing(self, sight: &Sight<'_>) -> &'static str {
        let filtered = sight.summary().filtered != 0;
        match (self, is_whole(sight)) {
            (Self::Leaks, _) if sight.facts.dump().profile == "goroutineleak" => {
                "No leak is proven; that is not to say that there is none."
            }
            (Self::Leaks, true) if filtered => "No leak in sight among those who pass the filter.",
            (Self::Leaks, true) => "No leak in sight.",
            (Self::Leaks, false) => "No leak in sight in what is here of the dump.",
            (Self::Blocked, true) if filtered => {
                "Nobody who passes the filter is blocked by anybody else."
            }
            (Self::Blocked, true) => "Nobody is blocked by anybody else.",
            (Self::Blocked, false) => {
                "In what is here of the dump no goroutine is blocked by another."
            }
        }
    }

    /// What the other command would tell.
    fn other(self) -> &'static str {
        match self {
            Self::Leaks => "gdump blocked",
            Self::Blocked => "gdump leaks",
        }
    }
}

/// The findings that `command` tells, worst first.
pub(in crate::render) fn chosen<'s>(command: &str, sight: &'s Sight<'_>) -> Vec<&'s Finding> {
    let about = About::of(command);
    let tells = |finding: &&Finding| about.is_none_or(|about| about.holds(finding));
    sight.findings.iter().filter(tells).collect()
}

/// What `command` says of `sight` if it has no finding.
pub(in crate::render) fn nothing(command: &str, sight: &Sight<'_>) -> &'static str {
    match About::of(command) {
        Some(about) => about.nothing(sight),
        None if is_whole(sight) => "Nothing wrong in sight.",
        None => "Nothing wrong in what is here of the dump.",
    }
}

/// Whether all of the process is in view.
pub(in crate::render) fn is_whole(sight: &Sight<'_>) -> bool {
    sight.facts.dump().completeness() == Completeness::Complete
}

fn role(severity: Severity) -> Role {
    match severity {
        Severity::High => Role::Bad,
        Severity::Medium => Role::Warn,
        Severity::Low | Severity::Info => Role::Dim,
    }
}

/// The worst findings in a line each, for the summary.
pub(super) fn brief(sight: &Sight<'_>, view: &View) -> Vec<Line> {
    let worth = |finding: &&Finding| finding.severity >= Severity::Low;
    let all: Vec<_> = sight.findings.iter().filter(worth).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let most = if view.top == Some(Limit::All) { usize::MAX } else { BRIEF };
    let mut title = Line::at(1);
    title.push(Role::Title, "Findings");
    let mut lines = vec![Line::new(), title];
    let category = all.iter().take(most).map(|f| columns(f.category.name())).max().unwrap_or(0);
    for finding in all.iter().take(most) {
        let mut line = Line::at(2);
        line.push(role(finding.severity), &finding.severity.name().to_uppercase());
        line.pad_to(10).push(Role::State, finding.category.name());
        let at = 10 + category + 2;
        let text =
            wrap(&visible(&wording::title(&finding.title)), view.width.saturating_sub(at).max(24));
        for (index, part) in text.iter().enumerate() {
            if index > 0 {
                lines.push(std::mem::replace(&mut line, Line::new()));
            }
            line.pad_to(at).push(Role::Plain, part);
        }
        lines.push(line);
    }
    let leak = all.iter().any(|finding| About::Leaks.holds(finding));
    let blocked = all.iter().any(|finding| About::Blocked.holds(finding));
    let command = match (leak, blocked) {
        (true, true) => "gdump leaks and gdump blocked tell",
        (true, false) => "gdump leaks tells",
        _ => "gdump blocked tells",
    };
    if !view.quiet {
        let rest = all.len().saturating_sub(most);
        let more = if rest > 0 { format!("{} more; ", number(rest as u64)) } else { String::new() };
        let text = format!("{more}{command} the evidence and what to do");
        lines.extend(paragraph(Role::Dim, &text, 2, view.width));
    }
    lines
}

/// The findings of every dump, or of a series' last one, with all there is to say.
pub(super) fn render(
    sights: &[Sight<'_>],
    about: About,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Dumps that were given together are a series: the last one was judged with those before it.
    let last = sights.len().saturating_sub(1);
    for sight in sights.iter().skip(last) {
        if last > 0 {
            let mut line = Line::new();
            let were = if last == 1 { "was" } else { "were" };
            let dumps = counted(last as u64, "dump");
            let text = format!("{dumps} before this one {were} compared with it");
            line.push(Role::Dim, &text);
            line.write(view.style, out)?;
        }
        screen(sight, about, view, out)?;
    }
    Ok(())
}

fn screen(sight: &Sight<'_>, about: About, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = head::lines(sight.summary(), view);
    if !view.quiet {
        for note in wording::notes(sight) {
            lines.extend(paragraph(Role::Warn, &format!("Note: {note}"), 1, view.width));
        }
    }
    let chosen: Vec<_> = sight.findings.iter().filter(|finding| about.holds(finding)).collect();
    let most = view.top.map_or(TOLD, Limit::get);
    for (index, finding) in chosen.iter().take(most).enumerate() {
        lines.push(Line::new());
        lines.extend(told(sight, finding, index + 1, view));
    }
    if chosen.is_empty() {
        lines.push(Line::new());
        let role = if is_whole(sight) { Role::Good } else { Role::Plain };
        lines.extend(paragraph(role, about.nothing(sight), 1, view.width));
    }
    if chosen.len() > most {
        let mut line = Line::at(1);
        let more = counted((chosen.len() - most) as u64, "more finding");
        line.push(Role::Dim, &format!("… {more}: --top all"));
        lines.extend([Line::new(), line]);
    }
    lines.extend(others(sight, about, view));
    lines.extend(fine(sight, view));
    write_all(&lines, view, out)
}

/// One finding: the verdict, the root, who is concerned, the evidence, what to do.
pub(super) fn told(sight: &Sight<'_>, finding: &Finding, number: usize, view: &View) -> Vec<Line> {
    let mut head = Line::new();
    head.push_right(Role::Title, &number.to_string(), 2).pad_to(4);
    head.push(role(finding.severity), &finding.severity.name().to_uppercase()).pad_to(12);
    head.push(Role::State, finding.category.name());
    head.push(Role::Dim, &format!("  {}  {}", finding.kind, finding.confidence.name()));
    let mut lines = vec![head];
    lines.extend(paragraph(Role::Title, &wording::title(&finding.title), 4, view.width));
    lines.extend(concerned(sight, finding, view));
    lines.extend(points("Evidence", &wording::all_evidence(finding), view));
    lines.extend(points("Next", &wording::all_steps(finding), view));
    lines
}

/// Where it starts, and who is concerned: a tree if it is known who waits for whom, else the groups.
pub(in crate::render) fn concerned(sight: &Sight<'_>, finding: &Finding, view: &View) -> Vec<Line> {
    let mut lines = root(sight, finding, view);
    let chain = finding.chain.as_ref().filter(|chain| !chain.victims.is_empty());
    if let Some(chain) = chain.filter(|_| finding.root.is_some()) {
        lines.extend(chain::victims(&sight.facts, chain, view, 6));
    }
    // The tree tells who is concerned.
    if chain.is_none() || view.verbose {
        lines.extend(groups_of(sight, finding, view));
    }
    lines
}

/// The goroutine where it starts, with the line where it hangs.
fn root(sight: &Sight<'_>, finding: &Finding, view: &View) -> Vec<Line> {
    let Some(root) = &finding.root else { return Vec::new() };
    let Some(goroutine) = sight.facts.dump().goroutine(root.row as usize) else {
        return Vec::new();
    };
    let mut head = Line::at(4);
    let own = finding.chain.as_ref().map(|chain| chain.link.count);
    let who = match (goroutine.goid().or(root.goids.first().copied()), own) {
        (None, _) => "one goroutine".to_owned(),
        (Some(one), Some(1)) => format!("goroutine {one}"),
        // There may be more of them than ids are kept.
        (Some(one), Some(n)) if n > 1 => {
            format!("goroutine {one} and {} alike", counted(n.unsigned_abs() - 1, "other"))
        }
        (Some(one), _) if root.goids.len() > 1 => format!("goroutine {one} and others alike"),
        (Some(one), _) => format!("goroutine {one}"),
    };
    head.push(Role::Title, &who).push(Role::State, &format!(" [{}]", goroutine.state()));
    let mut lines = vec![Line::new()];
    // What it does to the others stands beside it, or below if there is no room.
    let room = view.width.saturating_sub(head.width() + 2);
    let does = wording::role(root.role.as_ref());
    if columns(&does) <= room {
        head.push(Role::Plain, &format!("  {}", visible(&does)));
        lines.push(head);
    } else {
        lines.push(head);
        lines.extend(paragraph(Role::Plain, &does, 6, view.width));
    }
    let mut entries = whole(&sight.facts.summary, root.stack);
    if let Some(entry) = root.blocking.and_then(|at| entries.get_mut(at)) {
        "◄ here".clone_into(&mut entry.after);
    }
    let hidden = if view.verbose { 0 } else { entries.len().saturating_sub(FRAMES) };
    entries.truncate(entries.len() - hidden);
    for frame in set(&entries, view.width.saturating_sub(6)) {
        let mut line = Line::at(6);
        line.append(frame);
        lines.push(line);
    }
    if hidden > 0 {
        let mut line = Line::at(6);
        line.push(Role::Dim, &format!("… {}: -v", counted(hidden as u64, "more frame")));
        lines.push(line);
    }
    lines
}

/// The groups concerned.
fn groups_of(sight: &Sight<'_>, finding: &Finding, view: &View) -> Vec<Line> {
    let summary = &sight.facts.summary;
    let most = if view.verbose { usize::MAX } else { GROUPS };
    let ids = view.ids.get();
    let found = finding.groups.iter().take(most);
    let groups: Vec<_> = found.filter_map(|index| sight.facts.group(*index, ids)).collect();
    if groups.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::new()];
    lines.extend(groups::some(summary, &groups.iter().collect::<Vec<_>>(), view, 2));
    let rest = finding.groups.get(most..).unwrap_or(&[]);
    if !rest.is_empty() {
        let count = rest.iter().filter_map(|index| sight.facts.groups.get(*index));
        let sum = count.fold(0i64, |sum, group| sum.saturating_add(group.count));
        let mut line = Line::at(8);
        let more = counted(rest.len() as u64, "more group");
        line.push(Role::Dim, &format!("…  {more}, {}: -v", counted(sum, "goroutine")));
        lines.push(line);
    }
    lines
}

fn points(title: &str, sentences: &[String], view: &View) -> Vec<Line> {
    if sentences.is_empty() {
        return Vec::new();
    }
    let mut head = Line::at(4);
    head.push(Role::Title, title);
    let mut lines = vec![Line::new(), head];
    for sentence in sentences {
        let room = view.width.saturating_sub(8).max(24);
        for (index, part) in wrap(&visible(sentence), room).iter().enumerate() {
            let mut line = Line::at(6);
            line.push(Role::Dim, if index == 0 { "· " } else { "  " });
            line.push(Role::Plain, part);
            lines.push(line);
        }
    }
    lines
}

/// What the other command would tell.
fn others(sight: &Sight<'_>, about: About, view: &View) -> Vec<Line> {
    let worth = |finding: &&Finding| finding.severity >= Severity::Low && !about.holds(finding);
    let count = sight.findings.iter().filter(worth).count();
    if count == 0 || view.quiet {
        return Vec::new();
    }
    let text = format!("{} of another kind: {}", counted(count as u64, "finding"), about.other());
    let mut lines = vec![Line::new()];
    lines.extend(paragraph(Role::Dim, &text, 1, view.width));
    lines
}

/// What was looked at and found fine.
fn fine(sight: &Sight<'_>, view: &View) -> Vec<Line> {
    if sight.fine.is_empty() {
        return Vec::new();
    }
    // Alike reasons are one.
    let mut reasons: Vec<(String, i64)> = Vec::new();
    for Fine { group, why } in &sight.fine {
        let count = sight.facts.groups.get(*group).map_or(0, |group| group.count);
        let why = wording::fine(why);
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, sum)) => *sum = sum.saturating_add(count),
            None => reasons.push((why, count)),
        }
    }
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all = reasons.iter().fold(0i64, |sum, (_, count)| sum.saturating_add(*count));
    let mut head = Line::at(1);
    if is_whole(sight) {
        head.push(Role::Good, "Looked at and found fine");
    } else {
        head.push(Role::Plain, "Known harmless, of what is here of the dump");
    }
    head.push(Role::Dim, &format!(": {}", counted(all, "goroutine")));
    let mut lines = vec![Line::new(), head];
    let most = if view.verbose { usize::MAX } else { FINE };
    for (why, count) in reasons.iter().take(most) {
        let mut line = Line::new();
        line.push_right(Role::Dim, &number(*count), 9).pad_to(11);
        line.push(Role::Dim, &cut_end(why, view.width.saturating_sub(11)));
        lines.push(line);
    }
    let rest = reasons.get(most..).unwrap_or(&[]);
    if !rest.is_empty() {
        let sum = rest.iter().fold(0i64, |sum, (_, count)| sum.saturating_add(*count));
        let mut line = Line::at(8);
        line.push(Role::Dim, &format!("…  {} more: -v", number(sum)));
        lines.push(line);
    }
    lines
}
