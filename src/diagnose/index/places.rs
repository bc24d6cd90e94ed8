//! Which groups are in which functions: a list for each function that is in a stack, so that nobody
//! who asks for one looks at all groups.

use std::ops::Range;

use crate::model::{Dump, Frame, StrId};
use crate::view::canon::Stacks;
use crate::view::group::Group;

/// The groups in each function.
pub(super) struct Places {
    /// For each string of the dump where its groups start in `groups`.
    starts: Vec<u32>,
    /// Indices of groups, ascending for each function.
    groups: Vec<u32>,
}

impl Places {
    /// Looks at the canonical stacks of `groups`.
    pub(super) fn new(dump: &Dump, stacks: &Stacks<'_>, groups: &[Group<'_>]) -> Self {
        let mut last = vec![u32::MAX; dump.string_count()];
        // A function is counted once for each group, however often it calls itself.
        let mut each = |f: &mut dyn FnMut(usize, u32)| {
            last.fill(u32::MAX);
            for (group, index) in groups.iter().zip(0u32..) {
                for id in stacks.visible(group.stack) {
                    let Frame::Call { function, .. } = dump.frame(id) else { continue };
                    if let Some(last) = last.get_mut(function.index()).filter(|l| **l != index) {
                        *last = index;
                        f(function.index(), index);
                    }
                }
            }
        };
        let mut starts = vec![0u32; dump.string_count() + 1];
        each(&mut |function, _| {
            if let Some(count) = starts.get_mut(function + 1) {
                *count += 1;
            }
        });
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut ends = starts.clone();
        let mut sorted = vec![0; sum as usize];
        each(&mut |function, group| {
            let Some(end) = ends.get_mut(function) else { return };
            if let Some(slot) = sorted.get_mut(*end as usize) {
                *slot = group;
            }
            *end += 1;
        });
        Self { starts, groups: sorted }
    }

    fn range(&self, function: StrId) -> Option<Range<usize>> {
        let at = |index: usize| self.starts.get(index).map(|start| *start as usize);
        Some(at(function.index())?..at(function.index() + 1)?)
    }

    /// The groups in the function named by `function`, ascending.
    pub(super) fn of(&self, function: StrId) -> &[u32] {
        self.range(function).and_then(|range| self.groups.get(range)).unwrap_or(&[])
    }
}
