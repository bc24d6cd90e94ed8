//! Two dumps compared, as JSON.

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::view::{GroupView, LeftOut, Note};
use crate::model::SourceLocation;
use crate::series::diff::{Change, Row};
use crate::series::process::Flow;
use crate::series::{Diff, Who};

/// What only this command says.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    diff: DiffView<'a>,
}

#[derive(Serialize)]
struct DiffView<'a> {
    before: &'a str,
    after: &'a str,
    goroutines_before: i64,
    goroutines_after: i64,
    seconds: Option<i64>,
    seconds_from: Option<&'static str>,
    restarted: Option<&'a str>,
    delta: bool,
    goids_created: Option<u64>,
    flow: Option<FlowView>,
    changes: Changes,
    unchanged_goroutines: i64,
    groups: Vec<RowView<'a>>,
}

#[derive(Serialize)]
struct Changes {
    new: usize,
    grown: usize,
    shrunk: usize,
    gone: usize,
    unchanged: usize,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct FlowView {
    stayed: i64,
    renewed: i64,
    moved_in: i64,
    moved_out: i64,
    new: i64,
    gone: i64,
}

impl From<Flow> for FlowView {
    fn from(flow: Flow) -> Self {
        let Flow { stayed, renewed, moved_in, moved_out, new, gone } = flow;
        Self { stayed, renewed, moved_in, moved_out, new, gone }
    }
}

/// A group's name.
#[derive(Serialize)]
pub(super) struct WhoView<'a> {
    id: String,
    state: &'a str,
    function: &'a str,
    file: &'a str,
    line: u32,
    created_by: Option<PlaceView<'a>>,
}

#[derive(Serialize)]
struct PlaceView<'a> {
    function: &'a str,
    file: &'a str,
    line: u32,
}

impl<'a> From<&'a SourceLocation> for PlaceView<'a> {
    fn from(place: &'a SourceLocation) -> Self {
        Self { function: &place.function, file: &place.file, line: place.line }
    }
}

impl<'a> From<&'a Who> for WhoView<'a> {
    fn from(who: &'a Who) -> Self {
        Self {
            id: format!("{:016x}", who.id),
            state: &who.state,
            function: &who.place.function,
            file: &who.place.file,
            line: who.place.line,
            created_by: who.creator.as_ref().map(PlaceView::from),
        }
    }
}

#[derive(Serialize)]
pub(super) struct RowView<'a> {
    #[serde(flatten)]
    who: WhoView<'a>,
    change: &'static str,
    before: i64,
    after: i64,
    growth: i64,
    flow: Option<FlowView>,
}

impl<'a> RowView<'a> {
    fn new(row: &'a Row) -> Self {
        Self {
            who: WhoView::from(&row.who),
            change: row.change.name(),
            before: row.before,
            after: row.after,
            growth: row.growth(),
            flow: row.flow.map(FlowView::from),
        }
    }
}

impl<'a> Body<'a> {
    /// The comparison, with at most `top` groups.
    pub(super) fn new(diff: &'a Diff<'_>, top: usize) -> Self {
        let between = &diff.between;
        let [new, grown, shrunk, gone, unchanged] = diff.counts().map(|(_, count)| count);
        let same = diff.rows.iter().filter(|row| row.change == Change::Unchanged);
        Self {
            diff: DiffView {
                before: &diff.before.dump.name,
                after: &diff.after.dump.name,
                goroutines_before: diff.before.shown,
                goroutines_after: diff.after.shown,
                seconds: between.elapsed.map(|elapsed| elapsed.seconds),
                seconds_from: between.elapsed.map(|elapsed| elapsed.source.name()),
                restarted: between.restarted.as_deref(),
                delta: diff.is_delta,
                goids_created: between.created,
                flow: (!between.flows.is_empty()).then(|| between.total().into()),
                changes: Changes { new, grown, shrunk, gone, unchanged },
                unchanged_goroutines: same.fold(0, |sum: i64, row| sum.saturating_add(row.after)),
                groups: rows(diff, top).collect(),
            },
        }
    }
}

/// The groups compared, at most `top`.
pub(super) fn rows<'a>(diff: &'a Diff<'_>, top: usize) -> impl Iterator<Item = RowView<'a>> {
    diff.rows.iter().take(top).map(RowView::new)
}

/// What could not be compared; it concerns both dumps.
pub(super) fn notes<'a>(diff: &'a Diff<'_>) -> impl Iterator<Item = Note<'a>> {
    let input = &*diff.after.dump.name;
    diff.notes.iter().map(move |message| Note::of(input, message))
}

/// Groups that `top` leaves out.
pub(super) fn left_out(diff: &Diff<'_>, top: usize) -> LeftOut {
    let rest = diff.rows.get(top.min(diff.rows.len())..).unwrap_or(&[]);
    LeftOut::of(rest.len(), rest.iter().fold(0, |sum: i64, row| sum.saturating_add(row.after)))
}

/// The groups compared with all that is known of them: as they are after, those that are gone as they
/// were before.
pub(super) struct Groups<'a, 'd> {
    pub(super) diff: &'a Diff<'d>,
    pub(super) top: usize,
    pub(super) ids: usize,
}

impl Serialize for Groups<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for row in self.diff.rows.iter().take(self.top) {
            if let Some((summary, group)) = self.diff.group(row, self.ids) {
                list.serialize_element(&GroupView::new(summary, &group))?;
            }
        }
        list.end()
    }
}
