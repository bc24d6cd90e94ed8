//! A series of dumps, as JSON.

use serde::Serialize;

use super::diff::{FlowView, WhoView};
use super::view::{LeftOut, Note};
use crate::render::time::rfc3339;
use crate::series::taken::Taken;
use crate::series::track::slope_of;
use crate::series::{Series, Track};

/// What only this command says.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    trend: TrendView<'a>,
}

#[derive(Serialize)]
struct TrendView<'a> {
    dumps: Vec<DumpView<'a>>,
    since: usize,
    per: &'static str,
    slope: f64,
    groups: Vec<GroupRow<'a>>,
}

#[derive(Serialize)]
struct DumpView<'a> {
    name: &'a str,
    taken_at: Option<String>,
    taken_at_from: Option<&'static str>,
    goroutines: i64,
    groups: usize,
    max_goid: Option<u64>,
    restarted: Option<&'a str>,
    seconds: Option<i64>,
    seconds_from: Option<&'static str>,
    goids_created: Option<u64>,
    flow: Option<FlowView>,
}

impl<'a> From<&'a Taken> for DumpView<'a> {
    fn from(taken: &'a Taken) -> Self {
        Self {
            name: taken.name(),
            taken_at: taken.moment.and_then(|moment| rfc3339(moment.nanos)),
            taken_at_from: taken.moment.map(|moment| moment.source.name()),
            goroutines: taken.goroutines,
            groups: taken.groups,
            max_goid: taken.max_goid,
            restarted: taken.restarted.as_deref(),
            seconds: taken.elapsed.map(|elapsed| elapsed.seconds),
            seconds_from: taken.elapsed.map(|elapsed| elapsed.source.name()),
            goids_created: taken.created,
            flow: taken.flow.map(FlowView::from),
        }
    }
}

#[derive(Serialize)]
pub(super) struct GroupRow<'a> {
    #[serde(flatten)]
    who: WhoView<'a>,
    trend: &'static str,
    counts: Vec<i64>,
    first: i64,
    last: i64,
    min: i64,
    max: i64,
    slope: f64,
    never_falls: bool,
    stuck: i64,
}

impl<'a> Body<'a> {
    /// The series, with at most `top` groups.
    pub(super) fn new(series: &'a Series, top: usize) -> Self {
        let totals: Vec<i64> =
            series.dumps.iter().skip(series.since).map(|taken| taken.goroutines).collect();
        Self {
            trend: TrendView {
                dumps: series.dumps.iter().map(DumpView::from).collect(),
                since: series.since,
                per: if series.minutes.is_some() { "minute" } else { "dump" },
                slope: slope_of(&totals, series.minutes.as_deref()),
                groups: rows(series, top).collect(),
            },
        }
    }
}

/// The groups of the series, at most `top`.
pub(super) fn rows(series: &Series, top: usize) -> impl Iterator<Item = GroupRow<'_>> {
    let dumps = series.dumps.len();
    series.groups.iter().take(top).map(move |track: &Track| GroupRow {
        who: WhoView::from(&track.who),
        trend: track.trend.name(),
        counts: track.counts(dumps),
        first: track.first,
        last: track.last,
        min: track.min,
        max: track.max,
        slope: track.slope,
        never_falls: track.never_falls,
        stuck: track.stuck,
    })
}

/// What could not be compared; it concerns the series.
pub(super) fn notes(series: &Series) -> impl Iterator<Item = Note<'_>> {
    let input = series.dumps.last().map_or("", Taken::name);
    series.notes.iter().map(move |message| Note::of(input, message))
}

/// Groups that `top` leaves out.
pub(super) fn left_out(series: &Series, top: usize) -> LeftOut {
    let rest = series.groups.get(top.min(series.groups.len())..).unwrap_or(&[]);
    LeftOut::of(rest.len(), rest.iter().fold(0, |sum: i64, track| sum.saturating_add(track.last)))
}
