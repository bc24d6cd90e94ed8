//! Goroutines, one a line.

use std::io::{self, Write};

use super::{Role, paragraph, set_apart};
use crate::analysis::canon::Shown;
use crate::analysis::listing::Listing;
use crate::model::Goroutine;
use crate::render::View;
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{
    columns, counted, cut_end, cut_start, function, location, number, wait,
};

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
    place: (String, u32),
    creator: String,
    labels: String,
}

fn cells(list: &Listing<'_>, goroutine: Goroutine<'_>) -> Cells {
    let summary = &list.summary;
    let stacks = &summary.stacks;
    let dump = summary.dump;
    let frame = stacks.user(goroutine.stack());
    let frame = frame.or_else(|| stacks.visible(goroutine.stack()).next_back());
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
        state: visible(if state.is_empty() { "unknown" } else { state }),
        wait: goroutine.head().minutes.map_or(String::new(), wait),
        user: visible(&user),
        place: (visible(&place.0), place.1),
        creator: visible(creator),
        labels: visible(&labels.join(" ")),
    }
}

#[allow(clippy::too_many_lines, reason = "one line of the table after the other")]
fn one(list: &Listing<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let sample: Vec<Cells> =
        list.page.goroutines().take(SAMPLE).map(|goroutine| cells(list, goroutine)).collect();
    let widest = |of: &dyn Fn(&Cells) -> usize, least: usize, most: usize| {
        sample.iter().map(of).max().unwrap_or(0).clamp(least, most)
    };
    let id = widest(&|c| columns(&c.id), 2, 20) + 1;
    let state = widest(&|c| columns(&c.state), 5, 24);
    let wait = widest(&|c| columns(&c.wait), 4, 8);
    let room = view.width.saturating_sub(id + state + wait + 6).max(24);
    let has_creators = sample.iter().any(|c| !c.creator.is_empty()) && room >= 90;
    let has_labels = sample.iter().any(|c| !c.labels.is_empty());
    let labels = if has_labels { widest(&|c| columns(&c.labels), 6, room / 4) + 2 } else { 0 };
    let room = room.saturating_sub(labels);
    let creator = if has_creators { widest(&|c| columns(&c.creator), 10, room / 4) + 2 } else { 0 };
    let room = room.saturating_sub(creator);
    let place = widest(
        &|c| columns(&location(&c.place.0, c.place.1, if room > 90 { 44 } else { 0 })),
        5,
        room / 2,
    );
    let user = widest(&|c| columns(&c.user), 8, room.saturating_sub(place + 2).max(8));
    let starts = [id + 2, id + 2 + state + 2, id + 4 + state + wait + 2];
    let [state_at, wait_at, user_at] = starts;
    let place_at = user_at + user + 2;
    let creator_at = place_at + place + 2;
    let labels_at = creator_at + creator;
    let mut title = Line::new();
    title.push_right(Role::Dim, "id", id);
    title.pad_to(state_at).push(Role::Dim, "state").pad_to(wait_at).push(Role::Dim, "wait");
    title.pad_to(user_at).push(Role::Dim, "function").pad_to(place_at).push(Role::Dim, "at");
    if creator > 0 {
        title.pad_to(creator_at).push(Role::Dim, "created by");
    }
    if labels > 0 {
        title.pad_to(labels_at).push(Role::Dim, "labels");
    }
    title.write(view.style, out)?;
    for goroutine in list.page.goroutines() {
        let cells = cells(list, goroutine);
        let mut line = Line::new();
        line.push_right(Role::Number, &cells.id, id);
        line.pad_to(state_at).push(Role::State, &cut_end(&cells.state, state));
        line.pad_to(wait_at).push(Role::Plain, &cells.wait);
        let role = if list.summary.stacks.user(goroutine.stack()).is_some() {
            Role::User
        } else {
            Role::Plain
        };
        line.pad_to(user_at).push(role, &function(&cells.user, user, true));
        let at = location(&cells.place.0, cells.place.1, place);
        line.pad_to(place_at).push(Role::Plain, &cut_start(&at, place));
        if creator > 0 {
            let name = function(&cells.creator, creator - 2, true);
            line.pad_to(creator_at).push(Role::Dim, &name);
        }
        if labels > 0 {
            line.pad_to(labels_at).push(Role::Dim, &cut_end(&cells.labels, labels - 2));
        }
        line.write(view.style, out)?;
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
