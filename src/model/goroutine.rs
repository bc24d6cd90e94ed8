//! A goroutine record, and the view of it together with its dump.

use super::args::Args;
use super::dump::Dump;
use super::intern::{CreatorId, HeadId, LabelsId, SignatureId, StackId};
use super::stack::{Ancestor, Creator, Frame};
use super::state::Head;

/// One record of a dump: a goroutine, or equal goroutines of an aggregated format.
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

    /// What it has in common with others.
    pub fn signature(&self) -> Signature {
        let Self { stack, head, creator, labels, .. } = *self;
        Signature { stack, head, creator, labels }
    }
}

/// What many goroutines have in common: all of a record but ids. A million goroutines have some
/// thousand signatures, so what only these decide is decided once for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The stack.
    pub stack: StackId,
    /// State, wait and flags.
    pub head: HeadId,
    /// The `go` statement.
    pub creator: CreatorId,
    /// pprof labels.
    pub labels: LabelsId,
}

/// A record as it is stored, in 12 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    pub(super) signature: SignatureId,
    pub(super) goid: Goid,
    pub(super) creator_goid: Goid,
}

/// A goroutine id below 2³¹, or, with the highest bit set, where it stands in [`Wide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goid(u32);

/// Goroutine ids that take more than 31 bits: Go counts from 1, so few programs have any.
#[derive(Clone, Debug, Default)]
pub(super) struct Wide(Vec<u64>);

const WIDE: u32 = 1 << 31;

impl Wide {
    /// `id` as it is stored. Of more than 2³¹ wide ones the rest is not known any more: their text
    /// would take more than 40 GB.
    #[inline]
    pub(super) fn pack(&mut self, id: u64) -> Goid {
        match u32::try_from(id) {
            Ok(id) if id < WIDE => Goid(id),
            _ => self.pack_wide(id),
        }
    }

    #[cold]
    fn pack_wide(&mut self, id: u64) -> Goid {
        if id == Row::NO_GOID {
            return Goid(u32::MAX);
        }
        if self.0.last() != Some(&id) {
            self.0.push(id);
        }
        let at = u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX);
        Goid(at.saturating_add(WIDE))
    }

    /// The id that was packed.
    pub(super) fn unpack(&self, Goid(id): Goid) -> u64 {
        if id < WIDE {
            return u64::from(id);
        }
        self.0.get((id - WIDE) as usize).copied().unwrap_or(Row::NO_GOID)
    }
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
    pub(super) row: Packed,
    pub(super) index: usize,
}

impl<'d> Goroutine<'d> {
    /// The dump that holds its strings.
    pub fn dump(self) -> &'d Dump {
        self.dump
    }

    /// Position in the dump, from 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// The record.
    pub fn row(self) -> Row {
        let Signature { stack, head, creator, labels } = self.signature();
        let goid = self.dump.wide.unpack(self.row.goid);
        let creator_goid = self.dump.wide.unpack(self.row.creator_goid);
        Row { goid, creator_goid, stack, head, creator, labels }
    }

    /// What it has in common with others.
    pub fn signature(self) -> Signature {
        self.dump.signature(self.row.signature)
    }

    /// Id of its signature.
    pub fn signature_id(self) -> SignatureId {
        self.row.signature
    }

    /// The stack.
    pub fn stack(self) -> StackId {
        self.signature().stack
    }

    /// The goroutine id, if the format has ids.
    pub fn goid(self) -> Option<u64> {
        let goid = self.dump.wide.unpack(self.row.goid);
        (goid != Row::NO_GOID).then_some(goid)
    }

    /// Goroutines that the record stands for: 1, or the record's count; negative in a delta profile.
    pub fn count(self) -> i64 {
        self.dump.counts.get(self.index).copied().unwrap_or(1)
    }

    /// State, wait and flags.
    pub fn head(self) -> Head {
        self.dump.head(self.signature().head)
    }

    /// The wait reason or the status, verbatim; empty if not known.
    pub fn state(self) -> &'d str {
        self.dump.str(self.head().state)
    }

    /// The frames, innermost first.
    pub fn frames(self) -> impl ExactSizeIterator<Item = Frame> + DoubleEndedIterator + use<'d> {
        let dump = self.dump;
        dump.stack(self.stack()).iter().map(move |id| dump.frame(*id))
    }

    /// The `go` statement that started it, if known.
    pub fn creator(self) -> Option<Creator> {
        self.dump.creator(self.signature().creator)
    }

    /// Id of the goroutine that started it, if known (Go 1.21 and later).
    pub fn creator_goid(self) -> Option<u64> {
        let goid = self.dump.wide.unpack(self.row.creator_goid);
        (goid != 0).then_some(goid)
    }

    /// pprof labels, in the order of the dump.
    pub fn labels(self) -> impl ExactSizeIterator<Item = (&'d str, &'d str)> {
        self.dump.labels(self.signature().labels)
    }

    /// Argument words that were kept.
    pub fn args(self) -> Args<'d> {
        self.dump.args(self.index)
    }

    /// The goroutines that created it, nearest first, if the dump has ancestors.
    pub fn ancestors(self) -> &'d [Ancestor] {
        self.dump.ancestors(self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_width() {
        let mut wide = Wide::default();
        let ids = [0, 1, u64::from(WIDE) - 1, u64::from(WIDE), 1 << 40, 1 << 40, Row::NO_GOID];
        let packed = ids.map(|id| wide.pack(id));
        assert_eq!(packed.map(|id| wide.unpack(id)), ids);
        assert_eq!(wide.0.len(), 2);
    }
}
