//! What the page is told: the script's side of it is described in `script/data.js`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use super::findings::{self, FindingView, Fine};
use super::frames::Frames;
use super::groups::{self, GroupView, Room};
use super::series::{self, Past};
use crate::diagnose::Sight;
use crate::render::escape::visible;
use crate::render::explain::explain;
use crate::render::time::rfc3339;
use crate::render::words::counted;
use crate::render::{Limit, View, text, wording};
use crate::view::states::StateRow;
use crate::view::{Summary, WaitStats};

/// Everything that the page shows.
#[derive(Serialize)]
pub(super) struct Data<'d> {
    version: &'static str,
    command: &'static str,
    frames: Frames<'d>,
    /// What states and kinds of findings mean, of those that are in the dumps.
    words: BTreeMap<String, Vec<(&'static str, String)>>,
    dumps: Vec<DumpView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpView {
    name: String,
    facts: Vec<String>,
    account: String,
    missing: Option<String>,
    preamble: Option<String>,
    notes: Vec<String>,
    problems: Vec<ProblemView>,
    more_problems: u64,
    taken_at: Option<String>,
    goroutines: i64,
    shown: i64,
    has_ids: bool,
    has_ages: bool,
    set_apart: String,
    states: Vec<StateView>,
    findings: Vec<FindingView>,
    fine: Vec<Fine>,
    groups: Vec<GroupView>,
    left_out: LeftOut,
}

#[derive(Serialize)]
struct ProblemView {
    line: u64,
    column: u64,
    message: String,
    excerpt: String,
}

#[derive(Serialize)]
struct StateView {
    state: String,
    inferred: bool,
    count: i64,
    leaked: i64,
    wait: Wait,
}

/// `[known, unknown, min, median, max]`, minutes; null where nothing is known.
pub(super) type Wait = (i64, i64, Option<u32>, Option<u32>, Option<u32>);

#[derive(Serialize)]
struct LeftOut {
    groups: usize,
    goroutines: i64,
}

/// Letters of an excerpt and of a preamble: a line may be as long as the dump.
const EXCERPT: usize = 2_000;
/// Problems of one dump.
const PROBLEMS: usize = 100;

/// What is told of `sights`, a series in the order of time.
pub(super) fn of<'d>(command: &'static str, sights: &[Sight<'d>], view: &View) -> Data<'d> {
    let mut frames = Frames::default();
    let mut dumps: Vec<DumpView> = Vec::with_capacity(sights.len());
    let (mut words, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let mut past = Past::new(sights.len());
    for (index, sight) in sights.iter().enumerate() {
        let room = Room::of(index, sights.len(), view);
        dumps.push(dump(sight, &room, &past, &mut frames));
        past.add(series::counts(sight));
        let states = sight.summary().states.iter().map(|row| row.state);
        for word in states.chain(sight.findings.iter().map(|finding| finding.kind)) {
            // To find out what a word means takes a while.
            if !seen.insert(word) {
                continue;
            }
            if let Some(found) = explain(word).filter(|found| found.word == word) {
                let meaning = std::iter::once(("", found.meaning));
                words.insert(visible(word).into_owned(), meaning.chain(found.parts).collect());
            }
        }
    }
    Data { version: env!("CARGO_PKG_VERSION"), command, frames, words, dumps }
}

fn dump<'d>(sight: &Sight<'d>, room: &Room, past: &Past, frames: &mut Frames<'d>) -> DumpView {
    let summary = sight.summary();
    let dump = summary.dump;
    let words = |pieces: Vec<(_, String)>| pieces.into_iter().map(|(_, text)| escaped(&text));
    let notes = summary.notes.iter().cloned().chain(wording::notes(sight));
    let groups = groups::of(sight, room, past, frames);
    let shown = summary.grouping.len().min(room.groups);
    let rest = (shown..summary.grouping.len()).map(|index| summary.grouping.count(index));
    DumpView {
        name: escaped(&dump.name),
        facts: words(text::facts(summary)).collect(),
        account: words(text::account(summary)).collect::<Vec<_>>().join(", "),
        missing: text::missing(summary).map(|(_, text)| escaped(&text)),
        preamble: dump.preamble.as_deref().map(lines),
        notes: notes.map(|note| escaped(&note)).collect(),
        problems: problems(summary),
        more_problems: (dump.problems.len().saturating_sub(PROBLEMS) as u64)
            .saturating_add(dump.more_problems),
        taken_at: dump.taken_at_nanos.and_then(rfc3339),
        goroutines: summary.goroutines(),
        shown: summary.shown,
        has_ids: !dump.is_aggregated(),
        has_ages: dump.has_ages(),
        set_apart: set_apart(summary),
        states: summary.states.iter().map(state).collect(),
        findings: findings::of(sight, frames),
        fine: findings::fine(sight),
        left_out: LeftOut {
            groups: summary.grouping.len() - shown,
            goroutines: rest.fold(0i64, i64::saturating_add),
        },
        groups,
    }
}

fn set_apart(summary: &Summary<'_>) -> String {
    let mut parts = Vec::new();
    for (count, what) in [
        (summary.system, "of the runtime"),
        (summary.writers, "that wrote this dump"),
        (summary.filtered, "left out by the filter"),
    ] {
        if count != 0 {
            parts.push(format!("{} {what}", counted(count, "goroutine")));
        }
    }
    parts.join(", ")
}

fn problems(summary: &Summary<'_>) -> Vec<ProblemView> {
    let problems = summary.dump.problems.iter().take(PROBLEMS);
    let one = |problem: &crate::model::Problem| ProblemView {
        line: problem.line,
        column: problem.column,
        message: escaped(&problem.message),
        excerpt: cut(&escaped(&problem.excerpt)),
    };
    problems.map(one).collect()
}

fn state(row: &StateRow<'_>) -> StateView {
    let StateRow { state, inferred, count, leaked, wait } = *row;
    StateView { state: escaped(state), inferred, count, leaked, wait: waits(&wait) }
}

pub(super) fn waits(stats: &WaitStats) -> Wait {
    (stats.known, stats.unknown, stats.min, stats.median, stats.max)
}

/// `text` with what is invisible made visible.
pub(super) fn escaped(text: &str) -> String {
    visible(text).into_owned()
}

/// The lines of `text`, each escaped.
fn lines(text: &str) -> String {
    cut(&text.lines().map(visible).collect::<Vec<_>>().join("\n"))
}

fn cut(text: &str) -> String {
    let mut letters = text.chars();
    let mut kept: String = letters.by_ref().take(EXCERPT).collect();
    if letters.next().is_some() {
        kept.push('…');
    }
    kept
}

/// How many of `all` a limit lets through.
pub(super) fn at_most(limit: Option<Limit>, otherwise: usize) -> usize {
    limit.map_or(otherwise, Limit::get)
}
