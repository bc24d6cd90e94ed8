//! Goroutines whole.

use std::io::{self, Write};

use super::entries::set;
use super::findings::is_whole;
use super::stack::{Entry, entry};
use super::{Role, paragraph};
use crate::diagnose::standing::{Part, Standing, part, standing};
use crate::diagnose::{Root, Severity, Sight};
use crate::model::wait;
use crate::render::line::{Line, flow};
use crate::render::words::{counted, number, wait};
use crate::render::{View, wording};
use crate::view::inspect::{Inspection, Kin, Link};

/// Children that are named.
const CHILDREN: usize = 12;

pub(super) fn render(
    sights: &[Sight<'_>],
    shown: &[Vec<Inspection<'_>>],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut first = true;
    for (sight, list) in sights.iter().zip(shown) {
        for one in list {
            if !first {
                writeln!(out)?;
            }
            first = false;
            for line in lines(sight, one, view) {
                line.write(view.style, out)?;
            }
        }
    }
    Ok(())
}

fn title(text: &str) -> Line {
    let mut line = Line::at(1);
    line.push(Role::Title, text);
    line
}

fn indented(lines: Vec<Line>, indent: usize) -> impl Iterator<Item = Line> {
    lines.into_iter().map(move |one| {
        let mut line = Line::at(indent);
        line.append(one);
        line
    })
}

fn lines(sight: &Sight<'_>, one: &Inspection<'_>, view: &View) -> Vec<Line> {
    let mut lines = head(sight, one, view);
    let room = view.width.saturating_sub(2);
    lines.push(Line::new());
    lines.extend(indented(set(&stack(sight, one), room), 2));
    let labels: Vec<_> = one
        .goroutine
        .labels()
        .map(|(key, value)| (Role::Plain, format!("{key}={value}")))
        .collect();
    if !labels.is_empty() {
        lines.extend([Line::new(), title("Labels")]);
        lines.extend(flow(labels, " · ", 2, view.width));
    }
    if !one.creators.is_empty() {
        lines.extend([Line::new(), title("Created by")]);
        let links: Vec<Entry> = one.creators.iter().map(link).collect();
        lines.extend(indented(set(&links, room), 2));
        if one.more_creators {
            let mut line = Line::at(2);
            line.push(Role::Dim, "… and more before them");
            lines.push(line);
        }
    }
    if !one.children.is_empty() {
        let sum = one.children.iter().fold(0u64, |sum, kin| sum.saturating_add(kin.count));
        lines.extend([
            Line::new(),
            title(&format!("Created and alive: {}", counted(sum, "goroutine"))),
        ]);
        let kin: Vec<Entry> = one.children.iter().take(CHILDREN).map(kin).collect();
        lines.extend(indented(set(&kin, room), 2));
        if one.children.len() > CHILDREN {
            let more = counted((one.children.len() - CHILDREN) as u64, "more kind");
            let mut line = Line::at(2);
            line.push(Role::Dim, &format!("… {more}: --format json"));
            lines.push(line);
        }
    }
    lines.extend([Line::new(), title("Alike")]);
    let others = one.alike.saturating_sub(1);
    let text = if others == 0 {
        "No other goroutine has this stack and state.".to_owned()
    } else {
        let verb = if others == 1 { "has" } else { "have" };
        format!("{} {verb} this stack and state.", counted(others, "other goroutine"))
    };
    lines.extend(paragraph(Role::Plain, &text, 2, view.width));
    lines.extend([Line::new(), title("Verdict")]);
    lines.extend(verdict(sight, one, view));
    lines
}

fn head(sight: &Sight<'_>, one: &Inspection<'_>, view: &View) -> Vec<Line> {
    let head = one.goroutine.head();
    let state = one.goroutine.state();
    let goid = one.goroutine.goid().unwrap_or(0);
    let mut facts = vec![
        (Role::Title, format!("goroutine {goid}")),
        (Role::State, format!("[{}]", wait::shown(state))),
    ];
    if let Some(minutes) = head.minutes {
        facts.push((Role::Plain, format!("for {}", wait(minutes))));
    }
    for (set, text, role) in [
        (head.leaked, "leaked", Role::Bad),
        (head.locked, "locked to thread", Role::Warn),
        (head.durable, "durably blocked", Role::Plain),
        (head.scan, "being scanned by the garbage collector", Role::Plain),
        (head.cut, "cut off", Role::Warn),
    ] {
        if set {
            facts.push((role, text.to_owned()));
        }
    }
    facts.push((Role::Dim, format!("in {}", sight.facts.dump().name)));
    flow(facts, "  ", 0, view.width)
}

/// All frames, with the arguments that were kept.
fn stack(sight: &Sight<'_>, one: &Inspection<'_>) -> Vec<Entry> {
    let dump = sight.facts.dump();
    let stacks = &sight.facts.summary.stacks;
    let args = one.goroutine.args();
    let mut entries: Vec<Entry> = dump
        .stack(one.goroutine.stack())
        .iter()
        .enumerate()
        .map(|(at, id)| {
            let role = if stacks.is_user(*id) { Role::User } else { Role::Dim };
            let words = args.iter().filter(|word| usize::from(word.frame) == at);
            let words: Vec<String> = words
                .map(|word| format!("{:#x}{}", word.value, if word.exact { "" } else { "?" }))
                .collect();
            let after =
                if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) };
            Entry { after, ..entry(&stacks.shown(*id), role, "") }
        })
        .collect();
    if entries.is_empty() {
        entries.push(Entry::words(Role::Dim, "(no stack)"));
    }
    if let Some(creator) = one.goroutine.creator() {
        let by = one.goroutine.creator_goid();
        entries.push(Entry {
            role: Role::Plain,
            before: "created by ",
            function: dump.str(creator.function).to_owned(),
            file: dump.str(creator.file).to_owned(),
            line: creator.line,
            after: by.map_or(String::new(), |goid| format!("in goroutine {goid}")),
        });
    }
    entries
}

fn link(link: &Link<'_>) -> Entry {
    let name = match link.goid {
        Some(goid) if link.alive => format!("goroutine {goid} [{}]  {}", link.state, link.function),
        Some(goid) => format!("goroutine {goid}, gone  {}", link.function),
        None => link.function.to_owned(),
    };
    let (file, line, via) = match &link.created_by {
        Some(place) => (place.file, place.line, place.via),
        None => ("", 0, None),
    };
    let after = match via {
        Some(via) => format!("via {via}"),
        None => String::new(),
    };
    let role = if link.alive { Role::User } else { Role::Dim };
    Entry { role, file: file.to_owned(), line, after, ..Entry::words(role, name) }
}

fn kin(kin: &Kin<'_>) -> Entry {
    let ids: Vec<String> = kin.goids.iter().take(5).map(u64::to_string).collect();
    let more = if kin.count > ids.len() as u64 { " …" } else { "" };
    let state = wait::shown(kin.state);
    Entry {
        role: Role::User,
        file: kin.file.to_owned(),
        line: kin.line,
        after: format!("{}{more}", ids.join(" ")),
        ..Entry::words(Role::User, format!("{} × {}  [{state}]", number(kin.count), kin.function))
    }
}

fn verdict(sight: &Sight<'_>, one: &Inspection<'_>, view: &View) -> Vec<Line> {
    let text = |role, text: &str| paragraph(role, text, 2, view.width);
    match &standing(sight, one.goroutine) {
        Standing::Found(list) => list
            .iter()
            .filter_map(|index| sight.findings.get(*index))
            .flat_map(|finding| {
                let role = match finding.severity {
                    Severity::High => Role::Bad,
                    Severity::Medium => Role::Warn,
                    _ => Role::Plain,
                };
                let mut lines = text(
                    role,
                    &format!(
                        "{} {} ({}, {}): {}.",
                        finding.severity.name().to_uppercase(),
                        finding.category.name(),
                        finding.kind,
                        finding.confidence.name(),
                        wording::title(&finding.title)
                    ),
                );
                match (part(one.goroutine, finding), &finding.root) {
                    (Some(Part::Root), Some(Root { role: Some(does), .. })) => {
                        let words = format!("This one is the root: {}.", wording::role(Some(does)));
                        lines.extend(text(role, &words));
                    }
                    (Some(Part::Root), _) => lines.extend(text(role, "This one is the root.")),
                    (Some(Part::Victim), _) => {
                        lines.extend(text(Role::Plain, "This one is among those who wait."));
                    }
                    _ => {}
                }
                if let Some(next) = finding.next.first() {
                    lines.extend(paragraph(
                        Role::Dim,
                        &format!("Next: {}", wording::step(next)),
                        4,
                        view.width,
                    ));
                }
                lines
            })
            .collect(),
        Standing::Fine(why) => {
            let why = wording::fine(why);
            if is_whole(sight) {
                text(Role::Good, &format!("Looked at and found fine: {why}."))
            } else {
                let said = "Nothing speaks against it in what is here of the dump";
                text(Role::Plain, &format!("{said}: {why}."))
            }
        }
        Standing::Plain => {
            text(Role::Plain, "Nothing speaks against it, and nothing is known of it.")
        }
        Standing::System => text(Role::Dim, "It belongs to Go's runtime."),
        Standing::Writer => text(Role::Dim, "It wrote this dump."),
    }
}
