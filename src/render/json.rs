//! JSON, version `gdump/1`, as grammar/report.schema.json describes it.
//!
//! Groups are made one by one while they are written: a dump may have a hundred thousand.

mod chain;
mod check;
mod data;
mod diff;
mod finding;
mod look;
mod series;
pub(super) mod view;

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::convert::rows::Rows;
use super::harmless::{to_line, to_lines};
use super::{Body, Limit, Report, View};
use crate::diagnose::Sight;
use crate::view::Summary;
use finding::{FindingView, Findings};
use view::{
    Account, Document, GroupView, Input, LeftOut, Note, Nothing, ProblemView, SetApart, State,
};

/// No groups.
const NONE: [GroupView<'static>; 0] = [];
/// No findings.
const NO_FINDINGS: Findings<'static, 'static> = Findings { sights: &[], ids: 0 };
/// Groups of one dump if the user did not say.
const TOP: Limit = Limit::Most(1000);

pub(super) fn render(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let summaries = report.summaries();
    match &report.body {
        Body::Sights(sights) => {
            let top = view.top.unwrap_or(TOP).get();
            let groups = Groups { sights, top, ids: view.ids.get() };
            let found = Findings { sights, ids: view.ids.get() };
            let mut document =
                document(report.command, &summaries, top, (groups, found), Nothing {});
            document.notes.extend(sights.iter().flat_map(Note::said));
            to_lines(&document, out)
        }
        Body::Diff(found) => {
            let top = view.top.unwrap_or(TOP).get();
            let groups = diff::Groups { diff: found, top, ids: view.ids.get() };
            let body = diff::Body::new(found, top);
            let mut document =
                document(report.command, &summaries, top, (groups, NO_FINDINGS), body);
            document.notes.extend(diff::notes(found));
            document.left_out = diff::left_out(found, top);
            to_lines(&document, out)
        }
        Body::Groups(found, skip) => {
            let top = view.top.unwrap_or(TOP).get();
            let groups = look::Groups { summaries: found, skip: *skip, top, ids: view.ids.get() };
            let end = skip.saturating_add(top);
            let document =
                document(report.command, &summaries, end, (groups, NO_FINDINGS), Nothing {});
            to_lines(&document, out)
        }
        Body::List(lists) => {
            let body = look::ListBody::new(lists);
            let all = (NONE, NO_FINDINGS);
            to_lines(&document(report.command, &summaries, usize::MAX, all, body), out)
        }
        Body::Trees(trees) => {
            let body = look::TreeBody::new(trees);
            let all = (NONE, NO_FINDINGS);
            to_lines(&document(report.command, &summaries, usize::MAX, all, body), out)
        }
        Body::Shown(sights, shown) => {
            let rows: Vec<_> = sights.iter().map(|sight| Rows::of(sight.facts.dump())).collect();
            let body = look::ShowBody::new(sights, &rows, shown);
            let found = Findings { sights, ids: view.ids.get() };
            to_lines(&document(report.command, &summaries, usize::MAX, (NONE, found), body), out)
        }
        Body::Gate(gate) => {
            let sights = gate.sights.get(gate.sights.len().saturating_sub(1)..).unwrap_or(&[]);
            let (top, ids) = (view.top.map_or(0, Limit::get), view.ids.get());
            let groups = Groups { sights, top, ids };
            let found = Findings { sights, ids };
            let body = check::Body::new(gate);
            let mut document = document(report.command, &summaries, top, (groups, found), body);
            document.notes.extend(check::notes(gate));
            to_lines(&document, out)
        }
        Body::Unread(_) => {
            to_lines(&document(report.command, &summaries, 0, (NONE, NO_FINDINGS), Nothing {}), out)
        }
        Body::Series(found, _) => {
            let top = view.top.unwrap_or(TOP).get();
            let body = series::Body::new(found, top);
            let mut document = document(report.command, &summaries, top, (NONE, NO_FINDINGS), body);
            document.notes.extend(series::notes(found));
            document.left_out = series::left_out(found, top);
            to_lines(&document, out)
        }
    }
}

/// The groups of `report` as objects, one a line.
pub(super) fn lines(report: &Report<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let (top, ids) = (view.top.map_or(usize::MAX, Limit::get), view.ids.get());
    match &report.body {
        Body::Groups(found, skip) => look::Groups { summaries: found, skip: *skip, top, ids }
            .each(|group| to_line(group, out)),
        Body::Diff(found) => diff::rows(found, top).try_for_each(|row| to_line(&row, out)),
        Body::Series(found, _) => series::rows(found, top).try_for_each(|row| to_line(&row, out)),
        // The command line does not let it come to this.
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// What all commands say of the dumps that they read, with `body` for what only this one says.
fn document<'a, G: Serialize, F: Serialize, B: Serialize>(
    command: &'static str,
    summaries: &[&'a Summary<'_>],
    top: usize,
    (groups, findings): (G, F),
    body: B,
) -> Document<'a, G, F, B> {
    let all = || summaries.iter().copied();
    Document {
        schema: "gdump/1",
        command,
        inputs: all().map(Input::new).collect(),
        account: all().map(Account::new).fold(Account::default(), Account::plus),
        set_apart: all().map(SetApart::new).fold(SetApart::default(), SetApart::plus),
        notes: all().flat_map(Note::all).collect(),
        problems: all().flat_map(ProblemView::all).collect(),
        states: all().flat_map(State::all).collect(),
        groups,
        left_out: all().map(|s| LeftOut::new(s, top)).fold(LeftOut::default(), LeftOut::plus),
        findings,
        body,
    }
}

/// The groups of all dumps, dump by dump: the first of the user's grouping, and all that a finding names.
struct Groups<'a, 'd> {
    sights: &'a [Sight<'d>],
    top: usize,
    ids: usize,
}

impl Serialize for Groups<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for sight in self.sights {
            let summary = sight.summary();
            let mut named: BTreeSet<u64> = FindingView::groups(sight).collect();
            for index in 0..summary.grouping.len().min(self.top) {
                if let Some(group) = sight.group(index, self.ids) {
                    named.remove(&group.id);
                    list.serialize_element(&GroupView::new(summary, &group))?;
                }
            }
            let summary = &sight.facts.summary;
            for (index, group) in sight.facts.groups.iter().enumerate() {
                if named.remove(&group.id)
                    && let Some(group) = sight.facts.group(index, self.ids)
                {
                    list.serialize_element(&GroupView::new(summary, &group))?;
                }
            }
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use crate::render::fixture;
    use crate::render::{Limit, OutputFormat, Style, View};

    #[test]
    fn the_document() {
        let dump = fixture::dump();
        let view = View {
            format: OutputFormat::Json,
            top: Some(Limit::Most(1)),
            ids: Limit::Most(2),
            width: 80,
            style: Style::plain(),
            verbose: false,
            quiet: false,
        };
        insta::assert_snapshot!(fixture::render(&dump, &view));
    }
}
