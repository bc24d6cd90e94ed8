//! What the JSON document is made of. The model knows nothing of it.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::borrow::Cow;

use crate::diagnose::Sight;
use crate::model::{Problem, Symbol};
use crate::render::time::rfc3339;
use crate::render::wording;
use crate::view::canon::Shown;
use crate::view::group::CreatorCount;
use crate::view::states::StateRow;
use crate::view::{Group, Summary, WaitStats};

#[derive(Serialize)]
pub(super) struct Document<'a, G: Serialize, F: Serialize, B: Serialize> {
    pub(super) schema: &'static str,
    pub(super) command: &'static str,
    pub(super) inputs: Vec<Input<'a>>,
    pub(super) account: Account,
    pub(super) set_apart: SetApart,
    pub(super) notes: Vec<Note<'a>>,
    pub(super) problems: Vec<ProblemView<'a>>,
    pub(super) states: Vec<State<'a>>,
    pub(super) groups: G,
    pub(super) left_out: LeftOut,
    pub(super) findings: F,
    /// Fields that only this command has, beside the others.
    #[serde(flatten)]
    pub(super) body: B,
}

/// The body of a command that says nothing but what all say.
#[derive(Serialize)]
pub(super) struct Nothing {}

#[derive(Serialize)]
pub(super) struct Input<'a> {
    name: &'a str,
    format: &'static str,
    profile: &'a str,
    bytes: u64,
    goroutines: i64,
    taken_at: Option<String>,
    duration_seconds: Option<i64>,
    go: Go<'a>,
    wrapping: Option<&'a str>,
    preamble: Option<&'a str>,
    completeness: Completeness,
    account: Account,
}

#[derive(Serialize)]
struct Go<'a> {
    exact: Option<&'a str>,
    min: Option<String>,
    max: Option<String>,
}

#[derive(Serialize)]
struct Completeness {
    status: &'static str,
    reason: Option<&'static str>,
    at_byte: Option<u64>,
    stated_total: Option<i64>,
}

impl<'a> Input<'a> {
    pub(super) fn new(summary: &'a Summary<'_>) -> Self {
        let dump = summary.dump;
        let minor = |minor: u32| format!("1.{minor}");
        let completeness = dump.completeness();
        Self {
            name: &dump.name,
            format: dump.format.name(),
            profile: &dump.profile,
            bytes: dump.bytes,
            goroutines: summary.goroutines(),
            taken_at: dump.taken_at_nanos.and_then(rfc3339),
            duration_seconds: dump.duration_nanos.map(|nanos| nanos / 1_000_000_000),
            go: Go {
                exact: summary.go.exact.as_deref(),
                min: summary.go.min.map(minor),
                max: summary.go.max.map(minor),
            },
            wrapping: dump.wrapping.as_deref(),
            preamble: dump.preamble.as_deref(),
            completeness: Completeness {
                status: completeness.status(),
                reason: completeness.reason(),
                at_byte: dump.truncation.map(|truncation| truncation.at_byte),
                stated_total: dump.stated_total,
            },
            account: Account::new(summary),
        }
    }
}

#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Account {
    goroutines: i64,
    whole: i64,
    stacks: u64,
    cut_off: u64,
    partial: u64,
    not_understood: u64,
    repeated: u64,
    ignored_lines: u64,
    problems: u64,
}

impl Account {
    pub(super) fn new(summary: &Summary<'_>) -> Self {
        let account = summary.dump.account;
        Self {
            goroutines: summary.goroutines(),
            whole: account.whole,
            stacks: summary.distinct_stacks as u64,
            cut_off: account.cut_off,
            partial: account.partial,
            not_understood: account.not_understood,
            repeated: account.repeated,
            ignored_lines: account.ignored_lines,
            problems: summary.dump.problems.len() as u64 + summary.dump.more_problems,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            goroutines: self.goroutines.saturating_add(other.goroutines),
            whole: self.whole.saturating_add(other.whole),
            stacks: self.stacks.saturating_add(other.stacks),
            cut_off: self.cut_off.saturating_add(other.cut_off),
            partial: self.partial.saturating_add(other.partial),
            not_understood: self.not_understood.saturating_add(other.not_understood),
            repeated: self.repeated.saturating_add(other.repeated),
            ignored_lines: self.ignored_lines.saturating_add(other.ignored_lines),
            problems: self.problems.saturating_add(other.problems),
        }
    }
}

#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct SetApart {
    system: i64,
    writers: i64,
    filtered: i64,
}

impl SetApart {
    pub(super) fn new(summary: &Summary<'_>) -> Self {
        Self { system: summary.system, writers: summary.writers, filtered: summary.filtered }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            system: self.system.saturating_add(other.system),
            writers: self.writers.saturating_add(other.writers),
            filtered: self.filtered.saturating_add(other.filtered),
        }
    }
}

#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct LeftOut {
    groups: usize,
    goroutines: i64,
}

impl LeftOut {
    pub(super) fn of(groups: usize, goroutines: i64) -> Self {
        Self { groups, goroutines }
    }

    pub(super) fn new(summary: &Summary<'_>, top: usize) -> Self {
        let grouping = &summary.grouping;
        let left_out = top.min(grouping.len())..grouping.len();
        Self {
            groups: left_out.len(),
            goroutines: left_out.fold(0, |sum: i64, at| sum.saturating_add(grouping.count(at))),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            groups: self.groups + other.groups,
            goroutines: self.goroutines.saturating_add(other.goroutines),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Note<'a> {
    input: &'a str,
    message: Cow<'a, str>,
}

impl<'a> Note<'a> {
    pub(super) fn of(input: &'a str, message: impl Into<Cow<'a, str>>) -> Self {
        Self { input, message: message.into() }
    }

    pub(super) fn all(summary: &'a Summary<'_>) -> impl Iterator<Item = Self> {
        let input = &*summary.dump.name;
        summary.notes.iter().map(move |message| Self::of(input, message))
    }

    /// What the analyses could not judge.
    pub(super) fn said(sight: &'a Sight<'_>) -> impl Iterator<Item = Self> {
        let input = &*sight.facts.dump().name;
        wording::notes(sight).map(move |message| Self::of(input, message))
    }
}

#[derive(Serialize)]
pub(super) struct ProblemView<'a> {
    input: &'a str,
    message: &'a str,
    offset: u64,
    length: u64,
    line: u64,
    column: u64,
}

impl<'a> ProblemView<'a> {
    pub(super) fn all(summary: &'a Summary<'_>) -> impl Iterator<Item = Self> {
        let input = &*summary.dump.name;
        summary.dump.problems.iter().map(move |problem| {
            let Problem { message, offset, length, line, column, .. } = problem;
            Self { input, message, offset: *offset, length: *length, line: *line, column: *column }
        })
    }
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names are the document's")]
pub(super) struct State<'a> {
    input: &'a str,
    state: &'a str,
    inferred: bool,
    count: i64,
    leaked: i64,
    wait: Wait,
}

impl<'a> State<'a> {
    pub(super) fn all(summary: &'a Summary<'_>) -> impl Iterator<Item = Self> {
        let input = &*summary.dump.name;
        summary.states.iter().map(move |row| {
            let StateRow { state, inferred, count, leaked, wait } = *row;
            Self { input, state, inferred, count, leaked, wait: wait.into() }
        })
    }
}

#[derive(Serialize)]
struct Wait {
    known: i64,
    under_a_minute_or_unknown: i64,
    min_minutes: Option<u32>,
    median_minutes: Option<u32>,
    max_minutes: Option<u32>,
}

impl From<WaitStats> for Wait {
    fn from(stats: WaitStats) -> Self {
        Self {
            known: stats.known,
            under_a_minute_or_unknown: stats.unknown,
            min_minutes: stats.min,
            median_minutes: stats.median,
            max_minutes: stats.max,
        }
    }
}

#[derive(Serialize)]
pub(super) struct GroupView<'a> {
    input: &'a str,
    id: String,
    build_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    count: i64,
    states: Map<'a, i64>,
    states_inferred: bool,
    wait: Wait,
    locked: i64,
    leaked: i64,
    cut_off: i64,
    creators: Vec<CreatorView<'a>>,
    labels: Map<'a, Map<'a, i64>>,
    labels_distinct: Map<'a, usize>,
    goids: &'a [u64],
    stacks: usize,
    stack: Vec<FrameView<'a>>,
}

impl<'a> GroupView<'a> {
    pub(super) fn new(summary: &'a Summary<'_>, group: &'a Group<'_>) -> Self {
        let stacks = &summary.stacks;
        Self {
            input: &summary.dump.name,
            id: format!("{:016x}", group.id),
            build_id: format!("{:016x}", group.build_id),
            key: group.title.as_deref(),
            count: group.count,
            states: state_counts(group),
            states_inferred: group.states.iter().any(|state| state.inferred),
            wait: group.wait.into(),
            locked: group.locked,
            leaked: group.leaked,
            cut_off: group.cut,
            creators: group.creators.iter().map(CreatorView::from).collect(),
            labels: Map(group.labels.iter().map(|l| (l.key, Map(l.values.clone()))).collect()),
            labels_distinct: Map(group.labels.iter().map(|l| (l.key, l.distinct)).collect()),
            goids: &group.goids,
            stacks: group.stacks,
            stack: stacks.visible(group.stack).map(|id| stacks.shown(id).into()).collect(),
        }
    }
}

/// One entry for each state, also if it was read from some and inferred from others.
fn state_counts<'a>(group: &Group<'a>) -> Map<'a, i64> {
    let mut counts: Vec<(&str, i64)> = Vec::new();
    for state in &group.states {
        match counts.iter_mut().find(|(name, _)| *name == state.state) {
            Some((_, count)) => *count = count.saturating_add(state.count),
            None => counts.push((state.state, state.count)),
        }
    }
    Map(counts)
}

#[derive(Serialize)]
struct CreatorView<'a> {
    function: &'a str,
    file: &'a str,
    line: u32,
    count: i64,
    goroutines: Option<usize>,
}

impl<'a> From<&CreatorCount<'a>> for CreatorView<'a> {
    fn from(creator: &CreatorCount<'a>) -> Self {
        let CreatorCount { function, file, line, count, goroutines, .. } = *creator;
        Self { function, file, line, count, goroutines }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::render) enum FrameView<'a> {
    Call { function: &'a str, package: &'a str, file: &'a str, line: u32, inlined: bool },
    Address { function: String, package: &'a str, file: &'a str, line: u32, inlined: bool },
    Elided { elided: Option<u32> },
}

impl<'a> From<Shown<'a>> for FrameView<'a> {
    fn from(shown: Shown<'a>) -> Self {
        match shown {
            Shown::Call { function, file, line, inlined, .. } => {
                let package = Symbol::new(function).package();
                Self::Call { function, package, file, line, inlined }
            }
            Shown::Address(address) => Self::Address {
                function: format!("{address:#x}"),
                package: "",
                file: "",
                line: 0,
                inlined: false,
            },
            Shown::Elided(elided) => Self::Elided { elided },
        }
    }
}

/// An object with the keys in this order.
struct Map<'a, V>(Vec<(&'a str, V)>);

impl<V: Serialize> Serialize for Map<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
