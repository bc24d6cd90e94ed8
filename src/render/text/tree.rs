//! Who created whom, with lines between parents and children.

use std::io::{self, Write};

use super::{Role, paragraph, set_apart};
use crate::render::View;
use crate::render::escape::visible;
use crate::render::line::Line;
use crate::render::words::{columns, counted, cut_end, function, location, number};
use crate::view::tree::{Node, Tree};

/// Levels whose lines are drawn; deeper ones are only told.
const DRAWN: usize = 24;

pub(super) fn render(trees: &[Tree<'_>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    for (index, tree) in trees.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        for line in super::head::lines(&tree.summary, view) {
            line.write(view.style, out)?;
        }
        writeln!(out)?;
        if tree.by_function {
            let text = "This dump has no ids of creators (Go prints them since 1.21): goroutines \
                        stand below the functions that created them.";
            for line in paragraph(Role::Dim, text, 1, view.width) {
                line.write(view.style, out)?;
            }
            writeln!(out)?;
        }
        one(tree, view, out)?;
        for line in set_apart(&tree.summary, view) {
            line.write(view.style, out)?;
        }
    }
    Ok(())
}

fn one(tree: &Tree<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let last = last_children(&tree.nodes);
    // Whether a line goes on below each level that is open.
    let mut open: Vec<bool> = Vec::new();
    for (node, is_last) in tree.nodes.iter().zip(&last) {
        open.truncate(node.depth.saturating_sub(1));
        let mut rails = String::new();
        for goes_on in open.iter().rev().take(DRAWN).collect::<Vec<_>>().into_iter().rev() {
            rails.push_str(if *goes_on { "│  " } else { "   " });
        }
        let deep = node.depth.saturating_sub(1) > DRAWN;
        let fork = match (node.depth, is_last) {
            (0, _) => "",
            (_, true) => "└─ ",
            (_, false) => "├─ ",
        };
        let above = if deep { format!("…{} ", node.depth) } else { String::new() };
        if node.depth > 0 {
            open.push(!is_last);
        }
        line(node, &format!("{above}{rails}{fork}"), view).write(view.style, out)?;
        if node.hidden > 0 {
            let under = if node.depth == 0 || *is_last { "   " } else { "│  " };
            let indent = if node.depth == 0 { "" } else { under };
            let mut line = Line::at(1);
            let hint = if view.quiet { "" } else { ": --depth all --top all" };
            let text = counted(node.hidden, "more goroutine");
            line.push(Role::Dim, &format!("{above}{rails}{indent}└─ … {text}{hint}"));
            line.write(view.style, out)?;
        }
    }
    let shown_roots = tree.nodes.iter().filter(|node| node.depth == 0);
    let at_roots = tree
        .left_out
        .saturating_sub(tree.nodes.iter().fold(0u64, |sum, node| sum.saturating_add(node.hidden)));
    if at_roots > 0 && shown_roots.count() > 0 {
        let text = counted(at_roots, "more goroutine");
        for line in paragraph(Role::Dim, &format!("… {text}: --top all"), 1, view.width) {
            line.write(view.style, out)?;
        }
    }
    Ok(())
}

/// Whether each node is the last child of its parent.
fn last_children(nodes: &[Node<'_>]) -> Vec<bool> {
    let mut seen = vec![false; nodes.len()];
    let mut last = vec![true; nodes.len()];
    for (node, last) in nodes.iter().zip(last.iter_mut()).rev() {
        if let Some(seen) = node.parent.and_then(|parent| seen.get_mut(parent)) {
            *last = !*seen;
            *seen = true;
        }
        if let Some(parent) = node.parent.and_then(|parent| nodes.get(parent)) {
            // What was left out stands below all of them.
            *last &= parent.hidden == 0;
        }
    }
    last
}

fn line(node: &Node<'_>, rails: &str, view: &View) -> Line {
    let mut line = Line::at(1);
    line.push(Role::Dim, rails);
    let goid = node.goids.first().filter(|_| node.count == 1);
    if node.ghost {
        let text = match goid {
            Some(goid) => format!("goroutine {goid}, gone"),
            None if node.count > 1 => format!("{} gone ×", number(node.count)),
            None => "created by".to_owned(),
        };
        line.push(Role::Dim, &text);
    } else if let Some(goid) = goid {
        line.push(Role::Number, &goid.to_string());
    } else {
        line.push(Role::Number, &format!("{} ×", number(node.count)));
    }
    line.push(Role::Plain, " ");
    let role = if node.ghost || node.context { Role::Dim } else { Role::User };
    let room = view.width.saturating_sub(line.width()).max(20);
    let name = if node.function.is_empty() { "(no stack)" } else { node.function };
    let name = visible(name);
    line.push(role, &function(&name, room, true));
    let states: Vec<String> = node
        .states
        .iter()
        .take(2)
        .map(|(state, count)| {
            let state = if state.is_empty() { "unknown" } else { state };
            let count =
                if node.states.len() > 1 { format!("{} ", number(*count)) } else { String::new() };
            format!("{count}{}", visible(state))
        })
        .collect();
    if !states.is_empty() {
        let more = if node.states.len() > 2 { ", …" } else { "" };
        add(&mut line, Role::State, &format!(" [{}{more}]", states.join(", ")), view);
    }
    let place = match (&node.created_by, node.ghost) {
        (_, true) => location(&visible(node.file), node.line, 30),
        (Some(place), false) => {
            let via = place.via.map_or(String::new(), |via| format!(" via {via}"));
            format!("{}{via}", location(&visible(place.file), place.line, 30))
        }
        (None, false) => String::new(),
    };
    if !place.is_empty() {
        let word = if node.ghost { "go statement at " } else { "from " };
        add(&mut line, Role::Dim, &format!("  {word}{place}"), view);
    }
    if node.count > 1 && !node.goids.is_empty() {
        let ids: Vec<String> = node.goids.iter().take(3).map(u64::to_string).collect();
        let more = if usize::try_from(node.count) == Ok(ids.len()) { "" } else { " …" };
        add(&mut line, Role::Dim, &format!("  {}{more}", ids.join(" ")), view);
    }
    line
}

/// Adds `text` if there is room for it, or as much of it as there is.
fn add(line: &mut Line, role: Role, text: &str, view: &View) {
    let room = view.width.saturating_sub(line.width());
    if columns(text) <= room {
        line.push(role, text);
    } else if room > 12 {
        line.push(role, &cut_end(text, room));
    }
}
