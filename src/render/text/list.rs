//! Goroutines, one a line.

use std::io::{self, Write};

use super::{Role, paragraph, set_apart};
use crate::model::{Goroutine, wait};
use crate::render::View;
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{
    columns, counted, cut_end, cut_start, function, location, number, wait,
};
use crate::view::canon::Shown;
use crate::view::listing::Listing;

/// Goroutines that decide how wide the columns are, so that many can be written as they come.
const SAMPLE: usize = 200;

pub(super) fn render(lists: &[Listing<'_>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    for (index, list) in lists.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        for line in super::head::lines(&list.summary, view) {
            line.write(view.style, out)?;
        }
        writeln!(out)?;
        one(list, view, out)?;
    }
    Ok(())
}

/// The cells of a goroutine.
struct Cells {
    id: String,
    state: String,
    wait: String,
    user: String,
    /// `user` is the program's own.
    is_user: bool,
    place: (String, u32),
    creator: String,
    labels: String,
}

fn cells(list: &Listing<'_>, goroutine: Goroutine<'_>) -> Cells {
    let summary = &list.summary;
    let stacks = &summary.stacks;
    let dump = summary.dump;
    let own = stacks.user(goroutine.stack());
    let frame = own.or_else(|| stacks.visible(goroutine.stack()).next_back());
    let (user, place) = match frame.map(|id| stacks.shown(id)) {
        Some(Shown::Call { function, file, line, .. }) => {
            (function.to_owned(), (file.to_owned(), line))
        }
        Some(Shown::Address(address)) => (format!("{address:#x}"), (String::new(), 0)),
        _ => ("(no stack)".to_owned(), (String::new(), 0)),
    };
    let id = match goroutine.goid() {
        Some(goid) => goid.to_string(),
        None => format!("{}×", number(goroutine.count())),
    };
    let state = goroutine.state();
    let creator = goroutine.creator().map_or("", |creator| dump.str(creator.function));
    let labels: Vec<_> = goroutine.labels().map(|(key, value)| format!("{key}={value}")).collect();
    let visible = |text: &str| visible(text).into_owned();
    Cells {
        id,
        state: visible(wait::shown(state)),
        wait: goroutine.head().minutes.map_or(String::new(), wait),
        user: visible(&user),
        is_user: own.is_some(),
        place: (visible(&place.0), place.1),
        creator: visible(creator),
        labels: visible(&labels.join(" ")),
    }
}

/// Where the columns begin, and how wide they are.
struct Layout {
    /// End of the id.
    id: usize,
    state: Column,
    wait: Column,
    user: Column,
    place: Column,
    /// Only where there is room for it.
    creator: Option<Column>,
    labels: Option<Column>,
}

/// A column: where it begins, and its width.
#[derive(Clone, Copy)]
struct Column {
    at: usize,
    width: usize,
}

impl Column {
    /// Columns between two.
    const GAP: usize = 2;

    fn end(self) -> usize {
        self.at + self.width + Self::GAP
    }

    /// The column behind this one.
    fn then(self, width: usize) -> Self {
        Self { at: self.end(), width }
    }
}

impl Layout {
    /// For what is like `sample`.
    fn new(sample: &[Cells], width: usize) -> Self {
        let widest = |of: &dyn Fn(&Cells) -> usize, least: usize, most: usize| {
            sample.iter().map(of).max().unwrap_or(0).clamp(least, most.max(least))
        };
        let id = widest(&|c| columns(&c.id), 2, 20) + 1;
        let state = Column { at: id, width: 0 }.then(widest(&|c| columns(&c.state), 5, 24));
        let wait = state.then(widest(&|c| columns(&c.wait), 4, 8));
        let mut room = width.saturating_sub(wait.end()).max(24);
        let has_creators = sample.iter().any(|c| !c.creator.is_empty()) && room >= 90;
        let has_labels = sample.iter().any(|c| !c.labels.is_empty());
        let labels = has_labels.then(|| widest(&|c| columns(&c.labels), 6, room / 4));
        room = room.saturating_sub(labels.map_or(0, |width| width + Column::GAP));
        let creator = has_creators.then(|| widest(&|c| columns(&c.creator), 10, room / 4));
        room = room.saturating_sub(creator.map_or(0, |width| width + Column::GAP));
        let long = if room > 90 { 44 } else { 0 };
        let place = widest(&|c| columns(&location(&c.place.0, c.place.1, long)), 5, room / 2);
        let left = room.saturating_sub(place + Column::GAP);
        let user = wait.then(widest(&|c| columns(&c.user), 8, left));
        let place = user.then(place);
        let creator = creator.map(|width| place.then(width));
        let labels = labels.map(|width| creator.unwrap_or(place).then(width));
        Self { id, state, wait, user, place, creator, labels }
    }

    fn title(&self) -> Line {
        let mut line = Line::new();
        line.push_right(Role::Dim, "id", self.id);
        let all = [
            (Some(self.state), "state"),
            (Some(self.wait), "wait"),
            (Some(self.user), "function"),
            (Some(self.place), "at"),
            (self.creator, "created by"),
            (self.labels, "labels"),
        ];
        for (column, name) in all {
            if let Some(column) = column {
                line.pad_to(column.at).push(Role::Dim, name);
            }
        }
        line
    }

    fn row(&self, cells: &Cells) -> Line {
        let mut line = Line::new();
        let cut = |text: &str, column: Column| cut_end(text, column.width).to_string();
        let name = |text: &str, column: Column| function(text, column.width, true).to_string();
        line.push_right(Role::Number, &cells.id, self.id);
        line.pad_to(self.state.at).push(Role::State, &cut(&cells.state, self.state));
        line.pad_to(self.wait.at).push(Role::Plain, &cells.wait);
        let role = if cells.is_user { Role::User } else { Role::Plain };
        line.pad_to(self.user.at).push(role, &name(&cells.user, self.user));
        let at = location(&cells.place.0, cells.place.1, self.place.width);
        line.pad_to(self.place.at).push(Role::Plain, &cut_start(&at, self.place.width));
        if let Some(column) = self.creator {
            line.pad_to(column.at).push(Role::Dim, &name(&cells.creator, column));
        }
        if let Some(column) = self.labels {
            line.pad_to(column.at).push(Role::Dim, &cut(&cells.labels, column));
        }
        line
    }
}

fn one(list: &Listing<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let sample: Vec<Cells> =
        list.page.goroutines().take(SAMPLE).map(|goroutine| cells(list, goroutine)).collect();
    let layout = Layout::new(&sample, view.width);
    layout.title().write(view.style, out)?;
    for goroutine in list.page.goroutines() {
        layout.row(&cells(list, goroutine)).write(view.style, out)?;
    }
    let mut parts = Vec::new();
    if list.skipped > 0 {
        parts.push(format!("{} skipped", number(list.skipped as u64)));
    }
    if list.rest > 0 {
        let hint = if view.quiet { "" } else { ": --top all, --skip N" };
        parts.push(format!("{}{hint}", counted(list.rest as u64, "more line")));
    }
    if !parts.is_empty() {
        for line in paragraph(Role::Dim, &format!("…  {}", parts.join(", ")), 1, view.width) {
            line.write(view.style, out)?;
        }
    }
    set_apart(&list.summary, view).iter().try_for_each(|line| line.write(view.style, out))
}
