//! States with counts and waits.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::wait::WaitStats;
use crate::model::{Dump, HeadId, wait};

/// A state of several goroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRow<'d> {
    /// The state; `unknown` if there is none.
    pub state: &'d str,
    /// Inferred from the frames.
    pub inferred: bool,
    /// Goroutines.
    pub count: i64,
    /// Those that Go marks as leaked.
    pub leaked: i64,
    /// Their waits.
    pub wait: WaitStats,
}

/// The states of goroutines, given the number of goroutines for each head; most frequent first.
pub fn states<'d>(dump: &'d Dump, counts: &[i64]) -> Vec<StateRow<'d>> {
    let mut rows: BTreeMap<(&str, bool), Vec<(HeadId, i64)>> = BTreeMap::new();
    for (id, count) in (0u32..).map(HeadId::from).zip(counts).filter(|(_, count)| **count != 0) {
        let head = dump.head(id);
        let state = dump.str(head.state);
        let state = wait::shown(state);
        rows.entry((state, head.inferred)).or_default().push((id, *count));
    }
    let row = |((state, inferred), heads): ((_, _), Vec<(HeadId, i64)>)| StateRow {
        state,
        inferred,
        count: heads.iter().fold(0i64, |sum, (_, n)| sum.saturating_add(*n)),
        leaked: heads
            .iter()
            .filter(|(id, _)| dump.head(*id).leaked)
            .fold(0i64, |sum, (_, n)| sum.saturating_add(*n)),
        wait: WaitStats::of(heads.iter().map(|(id, n)| (dump.head(*id).minutes, *n))),
    };
    let mut list: Vec<_> = rows.into_iter().map(row).collect();
    list.sort_by_key(|row| Reverse(row.count));
    list
}
