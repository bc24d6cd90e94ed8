//! Goroutines one by one, a page at a time: those of a group, or all that pass the filter.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::analysis::Summary;
use crate::analysis::canon::{Shown, Stacks};
use crate::analysis::summary::Look;
use crate::model::{Dump, Goroutine, Row};
use crate::render::escape::visible;

/// Goroutines of one page.
const TOP: usize = 100;
/// Most goroutines of one page that can be asked for.
const MOST: usize = 1_000;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Number of the dump.
    pub(super) dump: usize,
    /// Fingerprint of a group in hexadecimal digits; all groups without it.
    group: Option<String>,
    /// An expression of the filter language.
    #[serde(rename = "where")]
    pub(super) expression: String,
    sort: Sort,
    skip: usize,
    top: Option<usize>,
}

/// How they are ordered.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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

/// The page of `dump` that is asked for.
pub(super) fn page(dump: &Dump, look: &Look, asked: &Asked) -> Page {
    let summary = Summary::new(dump, look);
    let mut rows: Vec<u32> = match asked.group.as_deref() {
        None => {
            (0..summary.grouping.len()).flat_map(|at| summary.grouping.rows(at)).copied().collect()
        }
        Some(id) => group(&summary, id),
    };
    let row = |index: &u32| dump.goroutine(*index as usize).map(Goroutine::row);
    let minutes = |row: &Row| dump.head(row.head).minutes;
    match asked.sort {
        Sort::Dump => rows.sort_unstable(),
        Sort::Id => rows.sort_by_cached_key(|index| row(index).map(|row| row.goid)),
        Sort::Wait => {
            rows.sort_by_cached_key(|index| {
                (Reverse(row(index).and_then(|r| minutes(&r))), *index)
            });
        }
    }
    let top = asked.top.unwrap_or(TOP).min(MOST);
    let shown = rows.iter().skip(asked.skip).take(top);
    let shown = shown.filter_map(|index| dump.goroutine(*index as usize));
    Page {
        total: rows.len(),
        skip: asked.skip,
        rows: shown.map(|goroutine| one(dump, &summary.stacks, goroutine)).collect(),
    }
}

/// The rows of the group whose fingerprint is `id`.
fn group(summary: &Summary<'_>, id: &str) -> Vec<u32> {
    let Ok(id) = u64::from_str_radix(id, 16) else { return Vec::new() };
    let grouping = &summary.grouping;
    let found = (0..grouping.len())
        .find(|at| grouping.group(&summary.stacks, *at, 0).is_some_and(|group| group.id == id));
    found.map_or(Vec::new(), |at| grouping.rows(at).to_vec())
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
        Shown::Elided(Some(n)) => (format!("… {n} frames elided by Go …"), String::new(), 0, false),
        Shown::Elided(None) => ("… frames elided by Go …".to_owned(), String::new(), 0, false),
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
