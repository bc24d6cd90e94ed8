//! Who waits for whom, as a tree below the root: the victims folded, a line or two for each kind.

use super::Role;
use super::stack::Entry;
use crate::diagnose::Facts;
use crate::diagnose::graph::{Chain, Link};
use crate::render::line::{Line, flow};
use crate::render::words::{columns, location, number};
use crate::render::{View, wording};
use crate::view::canon::Shown;

/// Victims of one goroutine that are named without `-v`, those of most goroutines first.
const VICTIMS: usize = 6;
/// How deep the tree is shown: who waits for whom, and one level more.
const DEEP: usize = 6;

/// The victims of `chain`, from the column `indent` on.
pub(super) fn victims(facts: &Facts<'_>, chain: &Chain, view: &View, indent: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    below(facts, chain, view, &Trunk { indent, before: String::new(), depth: 0 }, &mut lines);
    lines
}

/// What stands left of a branch.
struct Trunk {
    indent: usize,
    before: String,
    depth: usize,
}

fn below(facts: &Facts<'_>, chain: &Chain, view: &View, trunk: &Trunk, lines: &mut Vec<Line>) {
    let most = if view.verbose { usize::MAX } else { VICTIMS };
    let shown = chain.victims.len().min(most);
    let rest = chain.victims.get(shown..).unwrap_or(&[]);
    for (index, victim) in chain.victims.iter().take(shown).enumerate() {
        let last = index + 1 == shown && rest.is_empty();
        let (fork, under) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        lines.extend(branch(facts, victim, view, trunk, (fork, under)));
        if trunk.depth + 1 < DEEP {
            let before = format!("{}{under}", trunk.before);
            let next = Trunk { indent: trunk.indent, before, depth: trunk.depth + 1 };
            below(facts, victim, view, &next, lines);
        }
    }
    if !rest.is_empty() {
        let sum = rest.iter().fold(0i64, |sum, victim| sum.saturating_add(victim.link.count));
        let mut line = Line::at(trunk.indent);
        let text = format!("{}└─ … {} more goroutines: -v", trunk.before, number(sum));
        line.push(Role::Dim, &text);
        lines.push(line);
    }
}

fn branch(
    facts: &Facts<'_>,
    victim: &Chain,
    view: &View,
    trunk: &Trunk,
    (fork, under): (&str, &str),
) -> Vec<Line> {
    let mut first = Line::at(trunk.indent);
    first.push(Role::Dim, &format!("{}{fork}", trunk.before));
    first.push(Role::Number, &number(victim.link.count));
    first.push(Role::State, &format!(" [{}]  ", facts.state(victim.link.group)));
    let place = place(facts, &victim.link);
    first.push(place.role, &place.function);
    if !place.file.is_empty() {
        let room = view.width.saturating_sub(first.width() + 2).max(12);
        first.push(Role::Plain, &format!("  {}", location(&place.file, place.line, room.min(44))));
    }
    let mut pieces = Vec::new();
    if let Some(does) = &victim.role {
        pieces.push((Role::Plain, wording::role(Some(does))));
    }
    let ids = view.ids.get().min(victim.link.goids.len());
    pieces.extend(victim.link.goids.iter().take(ids).map(|goid| (Role::Dim, goid.to_string())));
    let more = victim.link.count.saturating_sub(i64::try_from(ids).unwrap_or(i64::MAX));
    if more > 0 && ids > 0 {
        pieces.push((Role::Dim, format!("… {} more", number(more))));
    }
    let mut lines = vec![first];
    if !pieces.is_empty() {
        let left = format!("{}{under}", trunk.before);
        let at = trunk.indent + columns(&left);
        for text in flow(pieces, " ", 0, view.width.saturating_sub(at).max(24)) {
            let mut line = Line::at(trunk.indent);
            line.push(Role::Dim, &left);
            line.append(text);
            lines.push(line);
        }
    }
    lines
}

/// The frame that says most of a link: the marked one, else the program's innermost.
fn place(facts: &Facts<'_>, link: &Link) -> Entry {
    let frames: Vec<Shown<'_>> = facts.frames(link.stack).collect();
    let user = frames.iter().position(|frame| matches!(frame, Shown::Call { std: false, .. }));
    match link.blocking.or(user).and_then(|at| frames.get(at)).or(frames.first()) {
        Some(Shown::Call { function, file, line, .. }) => {
            Entry { file: (*file).to_owned(), line: *line, ..Entry::words(Role::User, *function) }
        }
        _ => Entry::words(Role::Dim, "(no stack)"),
    }
}
