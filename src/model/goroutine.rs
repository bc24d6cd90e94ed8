//! A goroutine record, and the view of it together with its dump.

use super::dump::Dump;
use super::intern::{CreatorId, HeadId, LabelsId, StackId};
use super::stack::{Ancestor, ArgWord, Creator, Frame};
use super::state::Head;

/// One record of a dump, 32 bytes: a goroutine, or equal goroutines of an aggregated format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Goroutine id, or [`Row::NO_GOID`].
    pub goid: u64,
    /// Id of the goroutine that ran the `go` statement (Go 1.21 and later); 0 if not known.
    pub creator_goid: u64,
    /// The stack.
    pub stack: StackId,
    /// State, wait and flags.
    pub head: HeadId,
    /// The `go` statement.
    pub creator: CreatorId,
    /// pprof labels.
    pub labels: LabelsId,
}

impl Row {
    /// No goroutine id is known; 0 is a real id (a thread's own g0).
    pub const NO_GOID: u64 = u64::MAX;
}

impl Default for Row {
    fn default() -> Self {
        Self {
            goid: Self::NO_GOID,
            creator_goid: 0,
            stack: StackId::default(),
            head: HeadId::default(),
            creator: CreatorId::default(),
            labels: LabelsId::default(),
        }
    }
}

/// A record together with the dump that holds its strings.
#[derive(Clone, Copy, Debug)]
pub struct Goroutine<'d> {
    pub(super) dump: &'d Dump,
    pub(super) row: Row,
    pub(super) index: usize,
}

impl<'d> Goroutine<'d> {
    /// Position in the dump, from 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// The interned ids.
    pub fn row(self) -> Row {
        self.row
    }

    /// The goroutine id, if the format has ids.
    pub fn goid(self) -> Option<u64> {
        (self.row.goid != Row::NO_GOID).then_some(self.row.goid)
    }

    /// Goroutines that the record stands for: 1, or the record's count; negative in a delta profile.
    pub fn count(self) -> i64 {
        self.dump.counts.get(self.index).copied().unwrap_or(1)
    }

    /// State, wait and flags.
    pub fn head(self) -> Head {
        self.dump.head(self.row.head)
    }

    /// The wait reason or the status, verbatim; empty if not known.
    pub fn state(self) -> &'d str {
        self.dump.str(self.head().state)
    }

    /// The frames, innermost first.
    pub fn frames(self) -> impl ExactSizeIterator<Item = Frame> + DoubleEndedIterator + use<'d> {
        let dump = self.dump;
        dump.stack(self.row.stack).iter().map(move |id| dump.frame(*id))
    }

    /// The `go` statement that started it, if known.
    pub fn creator(self) -> Option<Creator> {
        self.dump.creator(self.row.creator)
    }

    /// Id of the goroutine that started it, if known (Go 1.21 and later).
    pub fn creator_goid(self) -> Option<u64> {
        (self.row.creator_goid != 0).then_some(self.row.creator_goid)
    }

    /// pprof labels, in the order of the dump.
    pub fn labels(self) -> impl ExactSizeIterator<Item = (&'d str, &'d str)> {
        self.dump.labels(self.row.labels)
    }

    /// Argument words that were kept, by frame.
    pub fn args(self) -> &'d [ArgWord] {
        self.dump.args(self.index)
    }

    /// The goroutines that created it, nearest first, if the dump has ancestors.
    pub fn ancestors(self) -> &'d [Ancestor] {
        self.dump.ancestors(self.index)
    }
}
