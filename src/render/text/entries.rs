//! Frames and creators in columns: the function, its place, and what is to be said of it.

use super::Role;
use super::stack::Entry;
use crate::model::Symbol;
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{columns, cut_end, function, location};

/// A place is not shown wider than this, however much room there is.
const PLACE: usize = 44;

/// The entries in at most `room` columns. Functions are more than directories: these go first, then
/// the directories of packages, and the start of a function's name last.
pub(super) fn set(entries: &[Entry], room: usize) -> Vec<Line> {
    let layout = Layout::new(entries, room);
    entries.iter().flat_map(|entry| layout.lines(entry)).collect()
}

/// Widths of the columns.
struct Layout {
    room: usize,
    names: usize,
    place: usize,
}

impl Layout {
    fn new(entries: &[Entry], room: usize) -> Self {
        let placed = || entries.iter().filter(|entry| !entry.file.is_empty());
        let widest = |width: fn(&Entry) -> usize| placed().map(width).max().unwrap_or(0);
        let full = widest(|e| columns(e.before) + columns(&visible(&e.function)));
        let short =
            widest(|e| columns(e.before) + columns(&function(&visible(&e.function), 0, false)));
        let base = widest(|e| columns(&location(&visible(&e.file), e.line, 0)));
        let after = widest(|e| if e.after.is_empty() { 0 } else { columns(&e.after) + 2 });
        // From what is best to what is still possible.
        let choices = [(full, after), (short, after), (full, 0), (short, 0)];
        let fits = choices.into_iter().find(|(names, after)| names + 2 + base + after <= room);
        let (names, after) = fits.unwrap_or((room.saturating_sub(base + 2).max(room / 2), 0));
        let place = room.saturating_sub(names + 2 + after).min(PLACE);
        Self { room, names, place }
    }

    fn lines(&self, entry: &Entry) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut line = Line::new();
        let beside = if entry.role == Role::User { Role::Plain } else { Role::Dim };
        line.push(beside, entry.before);
        let name = visible(&entry.function);
        if entry.file.is_empty() {
            line.push(entry.role, &cut_end(&name, self.room.saturating_sub(line.width())));
        } else {
            let width = self.names.saturating_sub(line.width());
            line.push(entry.role, &function(&name, width, true));
            let place = self.place_of(entry);
            if self.names + 2 + columns(&place) > self.room {
                lines.push(std::mem::replace(&mut line, Line::at(2)));
            } else {
                line.pad_to(self.names + 2);
            }
            line.push(beside, &place);
        }
        if !entry.after.is_empty() {
            if line.width() + 2 + columns(&entry.after) > self.room {
                lines.push(std::mem::replace(&mut line, Line::at(2)));
            } else {
                line.push(Role::Plain, "  ");
            }
            line.push(Role::Dim, &cut_end(&entry.after, self.room.saturating_sub(line.width())));
        }
        lines.push(line);
        lines
    }

    /// File and line; of the standard library from its root on.
    fn place_of(&self, entry: &Entry) -> String {
        let file = visible(&entry.file);
        let library = Symbol::new(&entry.function).is_std();
        let inside = file.rsplit_once("/src/").filter(|_| library).map_or(&*file, |(_, rest)| rest);
        let place = location(inside, entry.line, self.place);
        crate::render::words::cut_start(&place, self.room.saturating_sub(2)).into_owned()
    }
}
