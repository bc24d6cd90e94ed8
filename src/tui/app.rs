//! What the user sees and does: which moment, which group, which pane.

use super::picture::{Detail, GroupLine, Picture};
use super::work::Ask;
use crate::analysis::Filter;

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
    /// Counts of all moments; `None` where that is no longer known.
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

/// All of it.
pub(super) struct App {
    /// What is watched.
    pub(super) name: String,
    /// `every 5s` or nothing.
    pub(super) pace: String,
    pub(super) moments: Vec<Picture>,
    /// The moment that is shown.
    pub(super) at: usize,
    /// Whether the newest moment is shown as it comes.
    pub(super) follow: bool,
    pub(super) paused: bool,
    pub(super) ended: bool,
    /// The moment with which others are compared, if the user marked one.
    pub(super) mark: Option<usize>,
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
    pub(super) quit: bool,
    /// What is to be asked of the working thread.
    pub(super) asks: Vec<Ask>,
}

impl App {
    pub(super) fn new(name: String, pace: String, base: Filter) -> Self {
        Self {
            name,
            pace,
            base,
            moments: Vec::new(),
            at: 0,
            follow: true,
            paused: false,
            ended: false,
            mark: None,
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
            quit: false,
            asks: Vec::new(),
        }
    }

    /// The moment that is shown.
    pub(super) fn now(&self) -> Option<&Picture> {
        self.moments.get(self.at)
    }

    /// The moment with which it is compared.
    pub(super) fn before(&self) -> Option<usize> {
        self.mark.or_else(|| self.at.checked_sub(1)).filter(|before| *before != self.at)
    }

    /// The change of the total since the moment before or the marked one.
    pub(super) fn total_change(&self) -> i64 {
        let before = self.before().and_then(|at| self.moments.get(at));
        match (self.now(), before) {
            (Some(now), Some(before)) => now.shown.saturating_sub(before.shown),
            _ => 0,
        }
    }

    /// Takes in what the working thread says.
    pub(super) fn hear(&mut self, answer: super::work::Answer) {
        use super::work::Answer;
        match answer {
            Answer::Moment(picture) => {
                self.moments.push(*picture);
                if self.follow {
                    self.at = self.moments.len() - 1;
                }
                if self.message.as_ref().is_some_and(|(_, wrong)| *wrong) {
                    self.message = None;
                }
                self.refresh();
            }
            Answer::Again { moment, picture } => {
                if let Some(kept) = self.moments.get_mut(moment) {
                    match picture {
                        Some(picture) => {
                            let time = std::mem::take(&mut kept.time);
                            *kept = Picture { time, ..*picture };
                        }
                        None => *kept = Picture { gone: true, ..std::mem::take(kept) },
                    }
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
            Answer::End => self.ended = true,
        }
    }

    /// Makes the list of groups anew, the chosen group staying chosen.
    pub(super) fn refresh(&mut self) {
        let chosen = self.rows.get(self.groups.at).map(|row| row.group.id);
        let before = self.before();
        let count = |at: usize, id: u64| {
            let moment = self.moments.get(at).filter(|moment| !moment.gone)?;
            Some(moment.counts.get(&id).copied().unwrap_or(0))
        };
        let row = |group: &GroupLine| Row {
            delta: before
                .and_then(|at| count(at, group.id))
                .map_or(0, |then| group.count.saturating_sub(then)),
            counts: (0..=self.at).map(|at| count(at, group.id)).collect(),
            group: group.clone(),
        };
        let now = self.now();
        let mut rows: Vec<Row> = now.iter().flat_map(|now| &now.groups).map(row).collect();
        // What is gone since the marked moment is part of the comparison.
        if let (Some(mark), Some(now)) = (self.mark.and_then(|at| self.moments.get(at)), now) {
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
        let last = self.moments.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(steps).min(last);
        self.follow = self.at == last;
        self.refresh();
    }

    /// Marks the shown moment, or takes the mark back.
    pub(super) fn toggle_mark(&mut self) {
        self.mark = if self.mark == Some(self.at) { None } else { Some(self.at) };
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
                if let Some(row) = self.rows.get(self.groups.at) {
                    self.asks.push(Ask::Open { moment: self.at, group: row.group.id });
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

/// What is wrong without the picture of where: the search line is on the screen.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
