//! What the screen shows of one dump, with nothing borrowed from it: dumps stay on the working thread.

use rustc_hash::FxHashMap;

use crate::diagnose::{Finding, Severity, Sight};
use crate::model::{Completeness, Dump, Goroutine, StackId, wait};
use crate::render::{OutputFormat, View, finding_lines, part_read, wording, words};
use crate::view::canon::Shown;
use crate::view::{Group, Summary};

/// Groups of one dump that the screen can show: more than anybody scrolls through.
pub(super) const GROUPS: usize = 5_000;
/// Goroutines of one group that the screen can show.
pub(super) const GOROUTINES: usize = 5_000;
/// Findings of one dump that the screen can show.
const FINDINGS: usize = 50;

/// One dump at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    /// Which moment it is of, counted from 0.
    pub(super) number: usize,
    /// Name of the dump.
    pub(super) name: String,
    /// When it was taken: `14:03:22`; empty if not known.
    pub(super) time: String,
    /// What it cost the process; empty if nothing.
    pub(super) cost: String,
    /// What is left out of it.
    pub(super) note: String,
    /// Why it is of another process than the one before, if it is.
    pub(super) restarted: Option<String>,
    /// Goroutines that pass the filter.
    pub(super) shown: i64,
    /// All goroutines, and what is to be known of them: `270 goroutines, 18 stacks, all read`.
    pub(super) account: String,
    /// Something is cut off or was not understood.
    pub(super) incomplete: bool,
    /// States and their counts, most frequent first.
    pub(super) states: Vec<(String, i64)>,
    /// Groups, largest first.
    pub(super) groups: Vec<GroupLine>,
    /// The dump is no longer kept, so that the picture may be of another filter.
    pub(super) gone: bool,
    /// Groups beyond those, and their goroutines.
    pub(super) more: (usize, i64),
    /// Goroutines by group.
    pub(super) counts: FxHashMap<u64, i64>,
    /// What is wrong, worst first.
    pub(super) findings: Vec<FindingLine>,
}

/// A group in a line.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupLine {
    pub(super) id: u64,
    pub(super) count: i64,
    pub(super) state: String,
    /// Longest wait in minutes.
    pub(super) longest: Option<u32>,
    pub(super) wait: String,
    /// The program's innermost function, and its place.
    pub(super) function: String,
    pub(super) place: String,
    /// Who created them.
    pub(super) creator: String,
}

/// A finding in a line, and all there is to say.
#[derive(Clone, Debug)]
pub(super) struct FindingLine {
    pub(super) severity: Severity,
    pub(super) category: &'static str,
    pub(super) title: String,
    pub(super) text: Vec<String>,
}

/// The goroutines of one group and their stack.
#[derive(Clone, Debug, Default)]
pub(super) struct Detail {
    pub(super) group: GroupLine,
    pub(super) goroutines: Vec<GoroutineLine>,
    /// Goroutines that are not listed.
    pub(super) more: i64,
    /// The moment that it is of, and its time.
    pub(super) moment: usize,
    pub(super) time: String,
}

/// One goroutine, or the equal ones of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct GoroutineLine {
    /// `goroutine 17`, or `12 goroutines`.
    pub(super) id: String,
    pub(super) state: String,
    pub(super) wait: String,
    pub(super) labels: String,
    pub(super) creator: String,
    /// Frames, innermost first.
    pub(super) stack: std::sync::Arc<Vec<FrameLine>>,
}

/// A frame as it is shown.
#[derive(Clone, Debug)]
pub(super) struct FrameLine {
    pub(super) function: String,
    pub(super) place: String,
    /// Code outside of the standard library.
    pub(super) user: bool,
}

impl Picture {
    /// Of a dump that was looked at.
    pub(super) fn new(sight: &Sight<'_>) -> Self {
        let summary = sight.summary();
        let grouping = &summary.grouping;
        let groups: Vec<GroupLine> = (0..grouping.len().min(GROUPS))
            .filter_map(|index| sight.group(index, 0))
            .map(|group| group_line(summary, &group))
            .collect();
        let rest = groups.len()..grouping.len();
        Self {
            name: summary.dump.name.clone(),
            shown: summary.shown,
            account: account(summary),
            incomplete: !summary.is_clean(),
            states: summary.states.iter().map(|row| (row.state.to_owned(), row.count)).collect(),
            counts: groups.iter().map(|group| (group.id, group.count)).collect(),
            more: (rest.len(), rest.fold(0i64, |n, at| n.saturating_add(grouping.count(at)))),
            groups,
            findings: sight
                .findings
                .iter()
                .take(FINDINGS)
                .map(|finding| finding_line(sight, finding))
                .collect(),
            ..Self::default()
        }
    }

    /// Lines that it keeps in memory.
    pub(super) fn lines(&self) -> usize {
        let text = self.findings.iter().map(|finding| finding.text.len());
        self.groups.len() + text.sum::<usize>()
    }
}

impl Detail {
    /// The group with the fingerprint `id`, if it is there.
    pub(super) fn of(summary: &Summary<'_>, id: u64) -> Option<Self> {
        let grouping = &summary.grouping;
        let index = (0..grouping.len().min(GROUPS))
            .find(|index| grouping.id(&summary.stacks, *index) == id)?;
        let group = grouping.group(&summary.stacks, index, 0)?;
        let mut listed = 0i64;
        let mut stacks: FxHashMap<StackId, std::sync::Arc<Vec<FrameLine>>> = FxHashMap::default();
        let rows = grouping.rows(index).iter().take(GOROUTINES);
        let goroutines: Vec<_> = rows
            .filter_map(|row| summary.dump.goroutine(*row as usize))
            .map(|goroutine| {
                listed = listed.saturating_add(goroutine.count());
                let stack = goroutine.stack();
                let frames =
                    stacks.entry(stack).or_insert_with(|| frames(summary, stack).into()).clone();
                goroutine_line(summary.dump, goroutine, frames)
            })
            .collect();
        let more = group.count.saturating_sub(listed);
        Some(Self { group: group_line(summary, &group), goroutines, more, ..Self::default() })
    }
}

fn account(summary: &Summary<'_>) -> String {
    let account = summary.dump.account;
    let mut parts = vec![
        words::counted(summary.goroutines(), "goroutine"),
        words::counted(summary.distinct_stacks as u64, "stack"),
    ];
    match summary.dump.completeness() {
        Completeness::Truncated(_) => parts.push("CUT OFF".to_owned()),
        Completeness::Excerpt(_) => parts.push("excerpt".to_owned()),
        Completeness::Damaged | Completeness::Complete => {}
    }
    parts.extend(part_read(summary));
    if account.not_understood > 0 {
        parts.push(format!("{} not understood", words::number(account.not_understood)));
    }
    if summary.filtered != 0 {
        parts.push(format!("{} filtered out", words::number(summary.filtered)));
    }
    parts.join(", ")
}

fn group_line(summary: &Summary<'_>, group: &Group<'_>) -> GroupLine {
    let stacks = &summary.stacks;
    // Without code of the program the outermost function says most.
    let user = stacks.user(group.stack).or_else(|| stacks.visible(group.stack).last());
    let shown = user.map(|id| frame_line(&stacks.shown(id)));
    let (function, place) = match (&group.title, shown) {
        (Some(title), _) => (title.clone(), String::new()),
        (None, Some(frame)) => (frame.function, frame.place),
        (None, None) => ("(no stack)".to_owned(), String::new()),
    };
    let creator = group.creators.first().map_or(String::new(), |creator| {
        let from = match (creator.goroutines, creator.goid) {
            (_, Some(goid)) => format!(" in goroutine {goid}"),
            (Some(n), None) if n > 1 => format!(" in {} goroutines", words::number(n as u64)),
            _ => String::new(),
        };
        let more = match group.creators.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", words::counted((n - 1) as u64, "place")),
        };
        format!("{} {}:{}{from}{more}", creator.function, tail(creator.file), creator.line)
    });
    GroupLine {
        id: group.id,
        count: group.count,
        state: group.state().to_owned(),
        longest: group.wait.max,
        wait: words::range(&group.wait).unwrap_or_default(),
        function,
        place,
        creator,
    }
}

fn goroutine_line(
    dump: &Dump,
    goroutine: Goroutine<'_>,
    stack: std::sync::Arc<Vec<FrameLine>>,
) -> GoroutineLine {
    let head = goroutine.head();
    let mut state = wait::shown(goroutine.state()).to_owned();
    for (flag, word) in [(head.locked, "locked to thread"), (head.leaked, "leaked")] {
        if flag {
            state.push_str(", ");
            state.push_str(word);
        }
    }
    let labels: Vec<_> = goroutine.labels().map(|(key, value)| format!("{key}={value}")).collect();
    let creator = goroutine.creator().map_or(String::new(), |creator| {
        let parent =
            goroutine.creator_goid().map_or(String::new(), |id| format!(" in goroutine {id}"));
        let (function, file) = (dump.str(creator.function), dump.str(creator.file));
        format!("{function} {}:{}{parent}", tail(file), creator.line)
    });
    GoroutineLine {
        id: match goroutine.goid() {
            Some(goid) => format!("goroutine {goid}"),
            None => words::counted(goroutine.count(), "goroutine"),
        },
        state,
        wait: head.minutes.map_or(String::new(), words::wait),
        labels: labels.join(" "),
        creator,
        stack,
    }
}

fn frames(summary: &Summary<'_>, stack: StackId) -> Vec<FrameLine> {
    summary.stacks.visible(stack).map(|id| frame_line(&summary.stacks.shown(id))).collect()
}

fn frame_line(shown: &Shown<'_>) -> FrameLine {
    match *shown {
        Shown::Call { function, file, line, std, .. } => FrameLine {
            function: function.to_owned(),
            place: if file.is_empty() { String::new() } else { format!("{file}:{line}") },
            user: !std,
        },
        Shown::Address(address) => {
            FrameLine { function: format!("{address:#x}"), place: String::new(), user: false }
        }
        Shown::Elided(n) => FrameLine {
            function: match n {
                Some(n) => format!("… {} frames elided …", words::number(n)),
                None => "… additional frames elided …".to_owned(),
            },
            place: String::new(),
            user: false,
        },
    }
}

fn finding_line(sight: &Sight<'_>, finding: &Finding) -> FindingLine {
    /// Read in a pane, which breaks nothing that is no wider.
    const WIDTH: usize = 78;
    let view = View::plain(OutputFormat::Text, WIDTH);
    FindingLine {
        severity: finding.severity,
        category: finding.category.name(),
        title: wording::title(&finding.title),
        text: finding_lines(sight, finding, &view),
    }
}

/// The last two parts of a path.
fn tail(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/');
    slashes.nth(1).and_then(|(at, _)| path.get(at + 1..)).unwrap_or(path)
}
