//! Goroutines one by one, a page at a time: those of a group, or all that pass the filter.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::model::{Dump, Goroutine};
use crate::render::escape::visible;
use crate::view::Summary;
use crate::view::canon::{Shown, Stacks};
use crate::view::summary::Look;

/// Goroutines of one page.
const TOP: usize = 100;
/// Most goroutines of one page that can be asked for.
const MOST: usize = 1_000;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Number of the source; without it the one that is shown.
    pub(super) source: Option<usize>,
    /// Number of the dump.
    pub(super) dump: usize,
    /// Fingerprint of a group in hexadecimal digits; all groups without it.
    group: Option<String>,
    /// Only the one with this id.
    goroutine: Option<u64>,
    /// An expression of the filter language.
    #[serde(rename = "where")]
    pub(super) expression: String,
    sort: Sort,
    skip: usize,
    top: Option<usize>,
}

/// How they are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// As in the dump.
    #[default]
    Dump,
    /// By id.
    Id,
    /// Longest wait first.
    Wait,
}

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    /// Goroutines (records, in formats without ids) that there are.
    total: usize,
    skip: usize,
    rows: Vec<One>,
}

/// A goroutine as the page shows it.
#[derive(Debug, Serialize)]
struct One {
    /// `null` in formats without ids. Text, since JavaScript has no 64-bit numbers.
    id: Option<String>,
    count: i64,
    state: String,
    minutes: Option<u32>,
    creator: String,
    created_by: Option<String>,
    labels: Vec<(String, String)>,
    stack: Vec<(String, String, u32, bool)>,
}

/// The goroutines of a dump that pass a filter, with nothing borrowed: made once, paged often.
#[derive(Debug)]
pub(super) struct Listing {
    /// Indices of the records, group by group.
    rows: Vec<u32>,
    /// Where in `rows` the groups with a fingerprint are: those of other lines have the same.
    groups: FxHashMap<u64, Vec<Range<usize>>>,
    /// Orders that were asked for.
    sorted: Mutex<Vec<(Order, Arc<Vec<u32>>)>>,
}

/// A group or all of them, and how its goroutines are ordered.
type Order = (Option<u64>, Sort);

impl Listing {
    /// Of `dump`.
    pub(super) fn new(dump: &Dump, look: &Look) -> Self {
        let summary = Summary::new(dump, look);
        let grouping = &summary.grouping;
        let mut rows = Vec::new();
        let mut groups: FxHashMap<u64, Vec<Range<usize>>> = FxHashMap::default();
        for index in 0..grouping.len() {
            let from = rows.len();
            rows.extend_from_slice(grouping.rows(index));
            let id = grouping.id(&summary.stacks, index);
            groups.entry(id).or_default().push(from..rows.len());
        }
        Self { rows, groups, sorted: Mutex::default() }
    }

    /// How many records it has.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The records of a group, or all, in an order.
    fn sorted(&self, dump: &Dump, order: Order) -> Arc<Vec<u32>> {
        /// Orders that are kept: somebody turns the pages of one.
        const KEPT: usize = 3;
        let mut kept = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rows)) = kept.iter().find(|(known, _)| *known == order) {
            return Arc::clone(rows);
        }
        let rows = Arc::new(self.sort(dump, order));
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((order, Arc::clone(&rows)));
        rows
    }

    fn sort(&self, dump: &Dump, (group, sort): Order) -> Vec<u32> {
        let mut rows: Vec<u32> = match group {
            None => self.rows.clone(),
            Some(id) => {
                let ranges = self.groups.get(&id).into_iter().flatten().cloned();
                ranges.flat_map(|range| self.rows.get(range).unwrap_or_default()).copied().collect()
            }
        };
        let row = |index: &u32| dump.goroutine(*index as usize).map(Goroutine::row);
        match sort {
            Sort::Dump => rows.sort_unstable(),
            Sort::Id => rows.sort_by_cached_key(|index| row(index).map(|row| row.goid)),
            Sort::Wait => rows.sort_by_cached_key(|index| {
                (Reverse(row(index).and_then(|row| dump.head(row.head).minutes)), *index)
            }),
        }
        rows
    }

    /// The page of `dump`, of which this is the list, that is asked for.
    pub(super) fn page(&self, dump: &Dump, look: &Look, asked: &Asked) -> Page {
        // What is no fingerprint is that of no group.
        let id = |text: &str| u64::from_str_radix(text, 16).unwrap_or(0);
        let mut rows = self.sorted(dump, (asked.group.as_deref().map(id), asked.sort));
        if let Some(goid) = asked.goroutine {
            let is_it = |index: &&u32| {
                dump.goroutine(**index as usize).and_then(Goroutine::goid) == Some(goid)
            };
            rows = Arc::new(rows.iter().filter(is_it).copied().collect());
        }
        let stacks = Stacks::filtered(dump, &look.filter.pprof);
        let top = asked.top.unwrap_or(TOP).min(MOST);
        let shown = rows.iter().skip(asked.skip).take(top);
        let shown = shown.filter_map(|index| dump.goroutine(*index as usize));
        Page {
            total: rows.len(),
            skip: asked.skip,
            rows: shown.map(|goroutine| one(dump, &stacks, goroutine)).collect(),
        }
    }
}

fn one(dump: &Dump, stacks: &Stacks<'_>, goroutine: Goroutine<'_>) -> One {
    let text = |text: &str| visible(text).into_owned();
    let creator = goroutine.creator().map_or(String::new(), |creator| {
        let (function, file) = (dump.str(creator.function), dump.str(creator.file));
        format!("{function} {file}:{}", creator.line)
    });
    let frame = |shown: Shown<'_>| match shown {
        Shown::Call { function, file, line, std, .. } => (text(function), text(file), line, !std),
        Shown::Address(address) => (format!("{address:#x}"), String::new(), 0, false),
        Shown::Elided(Some(n)) => (format!("… {n} frames elided …"), String::new(), 0, false),
        Shown::Elided(None) => ("… frames elided …".to_owned(), String::new(), 0, false),
    };
    One {
        id: goroutine.goid().map(|id| id.to_string()),
        count: goroutine.count(),
        state: text(goroutine.state()),
        minutes: goroutine.head().minutes,
        creator: text(&creator),
        created_by: goroutine.creator_goid().map(|id| id.to_string()),
        labels: goroutine.labels().map(|(key, value)| (text(key), text(value))).collect(),
        stack: stacks.visible(goroutine.row().stack).map(|id| frame(stacks.shown(id))).collect(),
    }
}
