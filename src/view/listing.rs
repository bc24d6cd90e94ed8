//! Goroutines one by one, in an order that the user chooses.

use std::cmp::Reverse;

use super::select::Selection;
use super::summary::{Look, Summary};
use crate::model::{Dump, Goroutine, StackId};

/// What goroutines are ordered by; equal ones stay in the order of the dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As they are in the dump.
    #[default]
    Dump,
    /// Lowest id first.
    Id,
    /// Longest wait first.
    Wait,
    /// By state.
    State,
    /// Deepest stack first.
    Depth,
    /// By the function that created them.
    CreatedBy,
    /// By the program's own function.
    User,
}

impl Order {
    /// The names.
    pub const NAMES: &'static str = "dump, id, wait, state, depth, created-by, user";

    /// The order called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "dump" => Self::Dump,
            "id" | "goid" => Self::Id,
            "wait" => Self::Wait,
            "state" => Self::State,
            "depth" => Self::Depth,
            "created-by" | "createdby" | "creator" => Self::CreatedBy,
            "user" => Self::User,
            _ => return None,
        })
    }
}

/// A page of a dump's goroutines.
pub struct Listing<'d> {
    /// The dump, and how it is looked at.
    pub summary: Summary<'d>,
    /// The goroutines of the page.
    pub page: Selection<'d>,
    /// Records before the page.
    pub skipped: usize,
    /// Records after the page.
    pub rest: usize,
}

impl<'d> Listing<'d> {
    /// At most `top` goroutines of `dump` behind the first `skip`.
    pub fn new(dump: &'d Dump, look: &Look, order: Order, skip: usize, top: usize) -> Self {
        let summary = Summary::new(dump, look);
        let shown = |goroutine: &Goroutine<'d>| summary.grouping.group_of(*goroutine).is_some();
        let index = |goroutine: Goroutine<'d>| u32::try_from(goroutine.index()).ok();
        let mut rows: Vec<u32> = dump.goroutines().filter(shown).filter_map(index).collect();
        sort(&summary, order, &mut rows);
        let total = rows.len();
        let skipped = skip.min(total);
        rows.drain(..skipped);
        rows.truncate(top);
        let rest = total - skipped - rows.len();
        let page = Selection::of(dump, &look.filter, rows);
        Self { summary, page, skipped, rest }
    }
}

fn sort(summary: &Summary<'_>, order: Order, rows: &mut [u32]) {
    let dump = summary.dump;
    let goroutine = |row: &u32| dump.goroutine(*row as usize);
    // What many have in common is found out once.
    let of_stack = |rank: &dyn Fn(StackId) -> u64| -> Vec<u64> {
        let all = 0..u32::try_from(dump.stack_count()).unwrap_or(u32::MAX);
        all.map(|id| rank(StackId::from(id))).collect()
    };
    let at = |list: &[u64], row: &u32| {
        goroutine(row).and_then(|g| list.get(g.stack().index()).copied()).unwrap_or(0)
    };
    match order {
        Order::Dump => {}
        Order::Id => rows.sort_by_key(|row| goroutine(row).and_then(Goroutine::goid)),
        Order::Wait => {
            rows.sort_by_key(|row| Reverse(goroutine(row).and_then(|g| g.head().minutes)));
        }
        Order::State => rows.sort_by_key(|row| goroutine(row).map(Goroutine::state)),
        Order::Depth => {
            let depths = of_stack(&|stack| summary.stacks.depth(stack));
            rows.sort_by_key(|row| Reverse(at(&depths, row)));
        }
        Order::CreatedBy => rows.sort_by_key(|row| {
            let creator = goroutine(row).and_then(Goroutine::creator);
            creator.map(|c| (dump.str(c.function), dump.str(c.file), c.line))
        }),
        Order::User => {
            let all = 0..u32::try_from(dump.stack_count()).unwrap_or(u32::MAX);
            let mut named: Vec<(&str, u32)> =
                all.map(|id| (summary.stacks.user_name(StackId::from(id)), id)).collect();
            named.sort_unstable();
            let mut ranks = vec![0; named.len()];
            for ((_, id), rank) in named.iter().zip(0u64..) {
                if let Some(slot) = ranks.get_mut(*id as usize) {
                    *slot = rank;
                }
            }
            rows.sort_by_key(|row| at(&ranks, row));
        }
    }
}
