//! How parsers make a dump.

use super::args::Words;
use super::chunked::Chunked;
use super::dump::{Account, Dump, Format};
use super::goid_set::GoidSet;
use super::goroutine::{Packed, Row, Signature, Wide};
use super::intern::{CreatorId, FrameId, HeadId, LabelsId, SignatureId, StackId, StrId, Table};
use super::problem::Excerpt;
use super::problem::{Problem, Truncation};
use super::race::Race;
use super::stack::{Ancestor, ArgWord, Creator, Frame};
use super::state::Head;
use super::symbol::{normalize_generics, normalize_receiver};

/// Collects what a parser reads and becomes a [`Dump`].
///
/// Fields of the dump that a parser learns at any time are public here; interned things and records
/// go through the methods.
#[derive(Clone, Debug)]
pub struct DumpBuilder {
    dump: Dump,
    /// Signatures that were interned last, by a few bits of theirs; none while there are few.
    recent: Vec<(Signature, SignatureId)>,
}

/// Signatures that are found without the table.
const RECENT: usize = 1 << 10;
/// Signatures of a dump that is too small for that.
const FEW: usize = 16;

impl DumpBuilder {
    /// Problems that are kept with their place; more are only counted.
    pub const MAX_PROBLEMS: usize = 1000;
    /// Argument words that are kept beyond those of lock frames.
    pub const MAX_ARGS: usize = 1 << 20;

    /// A builder of an empty dump of the input `name`.
    pub fn new(name: impl Into<String>, format: Format) -> Self {
        let mut dump = Dump {
            name: name.into(),
            format,
            profile: "goroutine".to_owned(),
            bytes: 0,
            taken_at_nanos: None,
            duration_nanos: None,
            preamble: None,
            wrapping: None,
            stated_total: None,
            provenance: None,
            ids: format.has_ids(),
            ages: format.is_traceback(),
            truncation: None,
            excerpt: None,
            account: Account::default(),
            problems: Vec::new(),
            more_problems: 0,
            strings: Table::default(),
            frames: Table::default(),
            stacks: Table::default(),
            labels: Table::default(),
            heads: Table::default(),
            creators: Table::default(),
            signatures: Table::default(),
            rows: Chunked::default(),
            wide: Wide::default(),
            max_goid: 0,
            present: GoidSet::default(),
            counts: Vec::new(),
            ancestors: Vec::new(),
            args: Words::default(),
            args_capped: false,
            runtime_stacks: Vec::new(),
            races: Vec::new(),
        };
        // Id 0 of each table means "nothing".
        let _: StrId = dump.strings.intern_str("");
        let _: StackId = dump.stacks.intern_slice(&[]);
        let _: LabelsId = dump.labels.intern_slice(&[]);
        let _: HeadId = dump.heads.intern(Head::default());
        let _: CreatorId = dump.creators.intern(Creator::default());
        let _: SignatureId = dump.signatures.intern(Signature::default());
        Self { dump, recent: Vec::new() }
    }

    /// A builder that adds to `dump`.
    pub fn of(dump: Dump) -> Self {
        Self { dump, recent: Vec::new() }
    }

    /// The format, once the text shows that it is another one.
    pub fn set_format(&mut self, format: Format) {
        self.dump.format = format;
    }

    /// From what the dump was put together, in one line.
    pub fn set_provenance(&mut self, text: String) {
        self.dump.provenance = Some(text);
    }

    /// The dump as far as it was read, to read fields from.
    pub fn dump(&self) -> &Dump {
        &self.dump
    }

    /// The pprof profile's name.
    pub fn set_profile(&mut self, profile: &str) {
        profile.clone_into(&mut self.dump.profile);
    }

    /// Time of the dump in nanoseconds since 1970 UTC, and for a delta profile its duration.
    pub fn set_time(&mut self, taken_at_nanos: Option<i64>, duration_nanos: Option<i64>) {
        self.dump.taken_at_nanos = taken_at_nanos;
        self.dump.duration_nanos = duration_nanos;
    }

    /// What the records of a protobuf say beyond Go's own: `ids`, that each is one goroutine with its
    /// id; `ages`, that states and waits are those that Go keeps.
    pub fn set_detail(&mut self, ids: bool, ages: bool) {
        (self.dump.ids, self.dump.ages) = (ids, ages);
        if ids {
            // Each of them is one.
            self.dump.counts = Vec::new();
        }
    }

    /// The number of goroutines that the dump itself states.
    pub fn set_stated_total(&mut self, total: i64) {
        self.dump.stated_total = Some(total);
    }

    /// Text before the first goroutine that belongs to the dump.
    pub fn set_preamble(&mut self, preamble: String) {
        self.dump.preamble = Some(preamble);
    }

    /// How the lines were wrapped.
    pub fn set_wrapping(&mut self, wrapping: impl Into<String>) {
        self.dump.wrapping = Some(wrapping.into());
    }

    /// Size of the dump's text in bytes, after decompression.
    pub fn set_bytes(&mut self, bytes: u64) {
        self.dump.bytes = bytes;
    }

    /// Why and where the dump ends too early. The first statement stands.
    pub fn set_truncation(&mut self, truncation: Truncation) {
        self.dump.truncation.get_or_insert(truncation);
    }

    /// The account, to count in.
    pub fn account(&mut self) -> &mut Account {
        &mut self.dump.account
    }

    /// Interns `text`; bytes that are no UTF-8 become U+FFFD.
    pub fn string(&mut self, text: &[u8]) -> StrId {
        self.dump.strings.intern_str(&String::from_utf8_lossy(text))
    }

    /// Interns a function's name with its type lists normalised to `[...]`, and its receiver to `(*T)`.
    pub fn function(&mut self, name: &[u8]) -> StrId {
        let name = String::from_utf8_lossy(name);
        let name = normalize_receiver(&name);
        self.dump.strings.intern_str(&normalize_generics(&name))
    }

    /// Interns a frame.
    pub fn frame(&mut self, frame: Frame) -> FrameId {
        self.dump.frames.intern(frame)
    }

    /// Interns a stack, innermost frame first.
    pub fn stack(&mut self, frames: &[FrameId]) -> StackId {
        self.dump.stacks.intern_slice(frames)
    }

    /// Interns a list of labels in the order given.
    pub fn labels(&mut self, labels: &[(StrId, StrId)]) -> LabelsId {
        self.dump.labels.intern_slice(labels)
    }

    /// Interns a head.
    pub fn head(&mut self, head: Head) -> HeadId {
        self.dump.heads.intern(head)
    }

    /// Interns a creator.
    pub fn creator(&mut self, creator: Creator) -> CreatorId {
        self.dump.creators.intern(creator)
    }

    /// Adds a goroutine and returns its index. It is not counted in the account.
    #[inline]
    pub fn push(&mut self, row: Row) -> usize {
        let row = self.pack(row);
        self.dump.rows.push(row);
        self.dump.rows.len() - 1
    }

    #[inline]
    fn pack(&mut self, row: Row) -> Packed {
        let signature = self.signature(row.signature());
        let known = if row.goid == Row::NO_GOID { 0 } else { row.goid };
        self.dump.max_goid = self.dump.max_goid.max(known).max(row.creator_goid);
        let wide = &mut self.dump.wide;
        let (goid, creator_goid) = (wide.pack(row.goid), wide.pack(row.creator_goid));
        Packed { signature, goid, creator_goid }
    }

    #[inline]
    fn signature(&mut self, signature: Signature) -> SignatureId {
        let Signature { stack, head, creator, labels } = signature;
        let low = u64::from(u32::from(stack)) << 32 | u64::from(u32::from(head));
        let high = u64::from(u32::from(creator)) << 32 | u64::from(u32::from(labels));
        let mixed = (low ^ high.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = usize::try_from(mixed >> (64 - RECENT.trailing_zeros()));
        let slot = slot.ok().and_then(|slot| self.recent.get_mut(slot));
        match slot {
            Some((known, id)) if *known == signature => *id,
            Some(slot) => {
                *slot = (signature, self.dump.signatures.intern(signature));
                slot.1
            }
            None => {
                let id = self.dump.signatures.intern(signature);
                if self.dump.signatures.len() > FEW {
                    // Id 0 is the default one.
                    let nothing = (Signature::default(), SignatureId::default());
                    self.recent = vec![nothing; RECENT];
                }
                id
            }
        }
    }

    /// Adds a record that stands for `count` goroutines. All records of an aggregated dump are added
    /// in this way. It is not counted in the account.
    pub fn push_counted(&mut self, row: Row, count: i64) -> usize {
        self.dump.counts.push(count);
        self.push(row)
    }

    /// Adds a record that stands for `count` goroutines to those of a text, which stand for one each.
    pub fn push_more(&mut self, row: Row, count: i64) -> usize {
        self.dump.counts.resize(self.dump.rows.len(), 1);
        self.dump.ids = false;
        self.push_counted(row, count)
    }

    /// Puts `row` in place of the record at `index`, which was printed again with more of it.
    pub fn replace(&mut self, index: usize, row: Row) {
        let row = self.pack(row);
        if let Some(old) = self.dump.rows.get_mut(index) {
            *old = row;
        }
    }

    /// Changes the head of the record at `index`: inference may need the whole dump.
    pub fn set_head(&mut self, index: usize, head: HeadId) {
        let Some(row) = self.dump.rows.get(index) else { return };
        let signature = Signature { head, ..self.dump.signature(row.signature) };
        let signature = self.signature(signature);
        if let Some(row) = self.dump.rows.get_mut(index) {
            row.signature = signature;
        }
    }

    /// Adds the ancestors of the record that was pushed last.
    pub fn push_ancestors(&mut self, ancestors: Vec<Ancestor>) {
        if let (false, Ok(row)) = (ancestors.is_empty(), u32::try_from(self.dump.rows.len())) {
            self.dump.ancestors.push((row.saturating_sub(1), ancestors.into()));
        }
    }

    /// Adds an argument word of the record that was pushed last. `evidence` words (of lock frames)
    /// are always kept; of others at most [`Self::MAX_ARGS`].
    pub fn push_arg(&mut self, word: ArgWord, evidence: bool) {
        if evidence || self.dump.args.len() < Self::MAX_ARGS {
            self.dump.args.push(word);
        } else {
            self.dump.args_capped = true;
        }
    }

    /// Adds the stack of a thread without a goroutine.
    pub fn push_runtime_stack(&mut self, stack: StackId) {
        self.dump.runtime_stacks.push(stack);
    }

    /// Adds reports of the race detector before the one at the index `at`, or behind all.
    pub fn insert_races(&mut self, at: usize, races: impl IntoIterator<Item = Race>) {
        let at = at.min(self.dump.races.len());
        self.dump.races.splice(at..at, races);
    }

    /// Adds a problem, or only counts it when there are [`Self::MAX_PROBLEMS`] already.
    pub fn push_problem(&mut self, problem: Problem) {
        if self.dump.problems.len() < Self::MAX_PROBLEMS {
            self.dump.problems.push(problem);
        } else {
            self.dump.more_problems += 1;
        }
    }

    /// Adds a problem that stands before all others in the input.
    pub fn push_first_problem(&mut self, problem: Problem) {
        self.dump.problems.insert(0, problem);
        if self.dump.problems.len() > Self::MAX_PROBLEMS {
            self.dump.problems.pop();
            self.dump.more_problems += 1;
        }
    }

    /// Adds the problem that `make` makes, or only counts it: then it is not made.
    pub fn problem(&mut self, make: impl FnOnce() -> Problem) {
        if self.dump.problems.len() < Self::MAX_PROBLEMS {
            self.dump.problems.push(make());
        } else {
            self.dump.more_problems += 1;
        }
    }

    /// Counts `count` problems that were not made.
    pub fn count_problems(&mut self, count: u64) {
        self.dump.more_problems += count;
    }

    /// Removes every record whose goroutine id came before and counts them as repeated.
    fn drop_repeated(&mut self) {
        if !self.dump.counts.is_empty() {
            return;
        }
        let Dump { rows, wide, .. } = &self.dump;
        let goids = || rows.iter().map(|row| wide.unpack(row.goid));
        let mut seen = GoidSet::new(self.dump.max_goid, rows.len());
        let again = |goid: u64| goid != Row::NO_GOID && !seen.insert(goid);
        let repeated: Vec<usize> =
            goids().map(again).enumerate().filter(|(_, again)| *again).map(|(at, _)| at).collect();
        self.dump.present = seen;
        // The race detector gives numbers again.
        if repeated.is_empty() || self.dump.format == Format::Race {
            return;
        }
        let gone = |index: u32| repeated.binary_search(&(index as usize)).is_ok();
        let moved = |index: u32| {
            let before = repeated.partition_point(|gone| *gone < index as usize);
            index.saturating_sub(u32::try_from(before).unwrap_or(u32::MAX))
        };
        for index in &repeated {
            let cut = self
                .dump
                .rows
                .get(*index)
                .is_some_and(|row| self.dump.head(self.dump.signature(row.signature).head).cut);
            if cut {
                self.dump.account.cut_off = self.dump.account.cut_off.saturating_sub(1);
            } else {
                self.dump.account.whole -= 1;
            }
            self.dump.account.repeated += 1;
        }
        let mut args = Words::default();
        for word in self.dump.args.iter().filter(|word| !gone(word.row)) {
            args.push(ArgWord { row: moved(word.row), ..word });
        }
        self.dump.args = args;
        self.dump.ancestors.retain(|(row, _)| !gone(*row));
        self.dump.ancestors.iter_mut().for_each(|(row, _)| *row = moved(*row));
        self.dump.rows.retain(|index, _| repeated.binary_search(&index).is_err());
    }

    /// The dump.
    pub fn finish(mut self) -> Dump {
        self.drop_repeated();
        self.dump.excerpt = Excerpt::of(&self.dump);
        self.dump.seal();
        self.dump
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goroutine_printed_twice_is_one() {
        let mut builder = DumpBuilder::new("test", Format::Debug2);
        for goid in [0, 1, 7, 0, 7, 9_000_000_000] {
            builder.push(Row { goid, ..Row::default() });
            let row = u32::try_from(builder.dump().len() - 1).unwrap();
            let word = ArgWord { row, frame: 0, position: 0, exact: true, value: goid };
            builder.push_arg(word, false);
            builder.account().whole += 1;
        }
        let dump = builder.finish();
        let goids: Vec<_> = dump.goroutines().filter_map(super::super::Goroutine::goid).collect();
        assert_eq!(goids, [0, 1, 7, 9_000_000_000]);
        assert_eq!((dump.account.whole, dump.account.repeated), (4, 2));
        assert_eq!(dump.args(3).iter().next().map(|word| word.value), Some(9_000_000_000));
    }
}
