//! What the user sees and does: which moment, which group, which pane.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::history::History;
use super::picture::{Detail, GroupLine, Picture};
use super::work::{Answer, Ask, clock};
use crate::view::Filter;

/// Moments that a group's history shows.
pub(super) const HISTORY: usize = 10;

/// How groups are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// Most goroutines first.
    #[default]
    Count,
    /// Largest growth first.
    Growth,
    /// Longest wait first.
    Wait,
    /// By function.
    Name,
}

impl Sort {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Growth => "growth",
            Self::Wait => "wait",
            Self::Name => "name",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Count => Self::Growth,
            Self::Growth => Self::Wait,
            Self::Wait => Self::Name,
            Self::Name => Self::Count,
        }
    }
}

/// Where keys go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    /// The list of groups.
    #[default]
    Groups,
    /// The list of findings.
    Findings,
    /// A finding with all there is to say.
    Finding,
    /// The goroutines of a group.
    Goroutines,
    /// The stack of one of them.
    Stack,
}

/// A line of the list of groups.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) group: GroupLine,
    /// Against the moment before, or the marked one.
    pub(super) delta: i64,
    /// Counts of the last moments; `None` where that is no longer known.
    pub(super) counts: Vec<Option<i64>>,
}

/// Position in a list, and where its screenful begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    pub(super) at: usize,
    pub(super) top: usize,
}

impl Cursor {
    pub(super) fn by(&mut self, steps: isize, len: usize) {
        self.at = self.at.saturating_add_signed(steps).min(len.saturating_sub(1));
    }

    /// Moves the screenful of `height` lines so that the position is in it.
    pub(super) fn show(&mut self, len: usize, height: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        if self.at < self.top {
            self.top = self.at;
        } else if height > 0 && self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(len.saturating_sub(height.max(1)));
    }
}

/// Why there is no newer dump.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// What happened, and what to try.
    pub(super) lines: Vec<String>,
    /// How often it was tried.
    pub(super) tries: u32,
    /// When it began: `14:03:22`.
    pub(super) since: String,
    /// When it is tried again.
    pub(super) next: Instant,
}

/// All of it.
pub(super) struct App {
    /// What is watched.
    pub(super) name: String,
    /// `every 5s` or nothing.
    pub(super) pace: String,
    pub(super) history: History,
    pub(super) paused: bool,
    pub(super) ended: bool,
    /// Since when the process is being asked.
    pub(super) asking: Option<Instant>,
    pub(super) trouble: Option<Trouble>,
    pub(super) sort: Sort,
    pub(super) rows: Vec<Row>,
    pub(super) pane: Pane,
    pub(super) groups: Cursor,
    pub(super) findings: Cursor,
    pub(super) goroutines: Cursor,
    /// First line of the stack or text that is shown.
    pub(super) scroll: usize,
    pub(super) detail: Option<Detail>,
    /// The search line while it is typed.
    pub(super) typing: Option<String>,
    /// The search that is in force.
    pub(super) search: String,
    /// The filter that was given on the command line; the search is added to it.
    pub(super) base: Filter,
    /// Last message, and whether it is about something that went wrong.
    pub(super) message: Option<(String, bool)>,
    pub(super) help: bool,
    /// The user is to choose how to export.
    pub(super) menu: bool,
    pub(super) quit: bool,
    /// What is to be asked of the working thread.
    pub(super) asks: Vec<Ask>,
}

impl App {
    pub(super) fn new(name: String, every: Option<Duration>, base: Filter) -> Self {
        Self {
            name,
            pace: every.map_or(String::new(), |every| format!("every {every:?}")),
            base,
            history: History::new(),
            paused: false,
            ended: false,
            asking: None,
            trouble: None,
            sort: Sort::default(),
            rows: Vec::new(),
            pane: Pane::default(),
            groups: Cursor::default(),
            findings: Cursor::default(),
            goroutines: Cursor::default(),
            scroll: 0,
            detail: None,
            typing: None,
            search: String::new(),
            message: None,
            help: false,
            menu: false,
            quit: false,
            asks: Vec::new(),
        }
    }

    /// The moment that is shown.
    pub(super) fn now(&self) -> Option<&Picture> {
        self.history.now()
    }

    /// The change of the total since the moment before or the marked one.
    pub(super) fn total_change(&self) -> i64 {
        match (self.now(), self.history.before()) {
            (Some(now), Some(before)) => now.shown.saturating_sub(before.shown),
            _ => 0,
        }
    }

    /// Takes in what the working thread says.
    pub(super) fn hear(&mut self, answer: Answer) {
        match answer {
            Answer::Asking => self.asking = Some(Instant::now()),
            Answer::Moment(picture) => {
                self.asking = None;
                if self.trouble.take().is_some() {
                    self.message = Some((format!("{} answers again", self.name), false));
                }
                self.history.add(*picture);
                self.refresh();
            }
            Answer::Again { moment, picture } => {
                if let Some(kept) = self.history.with_number(moment) {
                    *kept = match picture {
                        Some(picture) => *picture,
                        None => Picture { gone: true, ..std::mem::take(kept) },
                    };
                }
                self.refresh();
            }
            Answer::Detail(detail) => {
                self.goroutines = Cursor::default();
                self.scroll = 0;
                self.detail = Some(*detail);
                self.pane = Pane::Goroutines;
            }
            Answer::Exported(path) => {
                self.message = Some((format!("written: {}", path.display()), false));
            }
            Answer::Failed(text) => self.message = Some((text.replace('\n', " "), true)),
            Answer::Trouble { why, wait } => {
                self.asking = None;
                let before = self.trouble.take();
                self.trouble = Some(Trouble {
                    lines: why.lines().map(|line| line.trim().to_owned()).collect(),
                    tries: before.as_ref().map_or(0, |trouble| trouble.tries) + 1,
                    since: before.map_or_else(time_of_day, |trouble| trouble.since),
                    next: Instant::now() + wait,
                });
            }
            Answer::End => {
                self.asking = None;
                self.ended = true;
            }
        }
    }

    /// Makes the list of groups anew, the chosen group staying chosen.
    pub(super) fn refresh(&mut self) {
        let chosen = self.rows.get(self.groups.at).map(|row| row.group.id);
        let before = self.history.before().filter(|before| !before.gone);
        let of = |moment: &Picture, id: u64| moment.counts.get(&id).copied().unwrap_or(0);
        let past = self.history.last(HISTORY);
        let row = |group: &GroupLine| Row {
            delta: before.map_or(0, |then| group.count.saturating_sub(of(then, group.id))),
            counts: past
                .iter()
                .map(|moment| (!moment.gone).then(|| of(moment, group.id)))
                .collect(),
            group: group.clone(),
        };
        let now = self.now();
        let mut rows: Vec<Row> = now.iter().flat_map(|now| &now.groups).map(row).collect();
        // What is gone since the marked moment is part of the comparison.
        if let (Some(mark), Some(now)) = (self.history.marked(), now) {
            let gone = mark.groups.iter().filter(|group| !now.counts.contains_key(&group.id));
            rows.extend(gone.map(|group| row(&GroupLine { count: 0, ..group.clone() })));
        }
        match self.sort {
            Sort::Count => rows.sort_by_key(|row| std::cmp::Reverse(row.group.count)),
            Sort::Growth => rows.sort_by_key(|row| std::cmp::Reverse(row.delta)),
            Sort::Wait => rows.sort_by_key(|row| std::cmp::Reverse(row.group.longest)),
            Sort::Name => rows.sort_by(|a, b| a.group.function.cmp(&b.group.function)),
        }
        let at = chosen.and_then(|id| rows.iter().position(|row| row.group.id == id));
        self.groups.at = at.unwrap_or(self.groups.at).min(rows.len().saturating_sub(1));
        self.rows = rows;
    }

    /// Shows the moment `steps` away.
    pub(super) fn step(&mut self, steps: isize) {
        self.history.step(steps);
        self.refresh();
    }

    /// Marks the shown moment, or takes the mark back.
    pub(super) fn toggle_mark(&mut self) {
        self.history.toggle_mark();
        self.refresh();
    }

    /// Another order.
    pub(super) fn next_sort(&mut self) {
        self.sort = self.sort.next();
        self.refresh();
    }

    /// Opens what is chosen.
    pub(super) fn open(&mut self) {
        match self.pane {
            Pane::Groups => {
                let moment = self.now().map(|now| now.number);
                if let (Some(row), Some(moment)) = (self.rows.get(self.groups.at), moment) {
                    self.asks.push(Ask::Open { moment, group: row.group.id });
                }
            }
            Pane::Findings => {
                self.scroll = 0;
                self.pane = Pane::Finding;
            }
            Pane::Goroutines => self.pane = Pane::Stack,
            Pane::Finding | Pane::Stack => {}
        }
    }

    /// Back to where one came from.
    pub(super) fn back(&mut self) {
        self.scroll = 0;
        self.pane = match self.pane {
            Pane::Stack => Pane::Goroutines,
            Pane::Finding => Pane::Findings,
            Pane::Goroutines | Pane::Groups | Pane::Findings => Pane::Groups,
        };
        if self.pane == Pane::Groups {
            self.detail = None;
        }
    }

    /// To the next pane on the screen.
    pub(super) fn next_pane(&mut self) {
        self.pane = match self.pane {
            Pane::Groups if self.now().is_some_and(|now| !now.findings.is_empty()) => {
                Pane::Findings
            }
            Pane::Groups | Pane::Findings | Pane::Finding => Pane::Groups,
            Pane::Goroutines => Pane::Stack,
            Pane::Stack => Pane::Goroutines,
        };
    }

    /// Moves by so many lines in the pane that has the keys.
    pub(super) fn go(&mut self, steps: isize) {
        match self.pane {
            Pane::Groups => self.groups.by(steps, self.rows.len()),
            Pane::Findings => {
                let len = self.now().map_or(0, |now| now.findings.len());
                self.findings.by(steps, len);
            }
            Pane::Goroutines => {
                let len = self.detail.as_ref().map_or(0, |detail| detail.goroutines.len());
                self.goroutines.by(steps, len);
                self.scroll = 0;
            }
            Pane::Finding | Pane::Stack => {
                let len = self.text_lines();
                self.scroll = self.scroll.saturating_add_signed(steps).min(len.saturating_sub(1));
            }
        }
    }

    /// Lines of the text that is scrolled.
    fn text_lines(&self) -> usize {
        if self.pane == Pane::Finding {
            let finding = self.now().and_then(|now| now.findings.get(self.findings.at));
            return finding.map_or(0, |finding| finding.text.len());
        }
        let detail = self.detail.as_ref();
        let chosen = detail.and_then(|detail| detail.goroutines.get(self.goroutines.at));
        chosen.map_or(0, |goroutine| goroutine.stack.len())
    }

    /// The search line was typed to its end.
    pub(super) fn search(&mut self, text: &str) {
        match self.base.clone().and_where(text) {
            Ok(filter) => {
                text.trim().clone_into(&mut self.search);
                self.asks.push(Ask::Filter(Box::new(filter)));
                self.typing = None;
                self.message = None;
                self.pane = Pane::Groups;
                self.detail = None;
            }
            Err(wrong) => self.message = Some((first_line(&wrong.to_string()), true)),
        }
    }
}

/// The time of day in UTC: `14:03:22`.
fn time_of_day() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    i64::try_from(now).map_or(String::new(), clock)
}

/// What is wrong without the picture of where: the search line is on the screen.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
