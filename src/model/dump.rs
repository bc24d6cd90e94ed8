//! A dump: what was read from one input, immutable once parsed.

use super::args::{Args, Words};
use super::chunked::Chunked;
use super::goid_set::GoidSet;
use super::goroutine::{Goroutine, Packed, Signature, Wide};
use super::intern::{CreatorId, FrameId, HeadId, LabelsId, SignatureId, StackId, StrId, Table};
use super::problem::Excerpt;
use super::problem::{Problem, Truncation};
use super::race::Race;
use super::stack::{Ancestor, ArgWord, Creator, Frame};
use super::state::Head;

/// The format that a dump was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Traceback text: `runtime.Stack`, pprof at debug=2, panics, fatal errors, signals.
    Debug2,
    /// Aggregated text: pprof at debug=1.
    Debug1,
    /// `profile.proto`: pprof at debug=0.
    Proto,
    /// JSON of `runtime.GoroutineProfile`: program counters only.
    Records,
    /// Traceback text of a program that gccgo compiled.
    Gccgo,
    /// What the debugger Delve lists: `goroutines`, `goroutines -t`, `stack`.
    Delve,
    /// Reports of the race detector.
    Race,
    /// Text of `go tool pprof -traces`.
    PprofTraces,
    /// Text of `go tool pprof -raw`.
    PprofRaw,
}

impl Format {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug2 => "debug2",
            Self::Debug1 => "debug1",
            Self::Proto => "proto",
            Self::Records => "records",
            Self::Gccgo => "gccgo",
            Self::Delve => "delve",
            Self::Race => "race",
            Self::PprofTraces => "pprof-traces",
            Self::PprofRaw => "pprof-raw",
        }
    }

    /// Whether it is the text that Go's runtime prints of each goroutine, with ids, ages and creators.
    pub fn is_traceback(self) -> bool {
        matches!(self, Self::Debug2 | Self::Gccgo)
    }

    /// Whether goroutines have ids.
    pub(super) fn has_ids(self) -> bool {
        self.is_traceback() || matches!(self, Self::Delve | Self::Race)
    }
}

/// What became of the input's text. Byte counts are after decompression and unwrapping took place,
/// counted in the bytes of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Goroutines that were read whole; a record of an aggregated format counts what it stands for.
    pub whole: i64,
    /// Goroutines whose text is cut off. Those whose header is whole are in the dump nevertheless,
    /// with [`Head::cut`] set.
    pub cut_off: u64,
    /// Goroutines that are in the dump, of whose stack something was not understood or lost.
    pub partial: u64,
    /// Goroutines or records that are in the input but could not be understood. Those whose header is
    /// whole are in the dump nevertheless, without a stack.
    pub not_understood: u64,
    /// Times that a goroutine was printed again (GOTRACEBACK=crash prints goroutine 0 for each
    /// thread, and goroutines in system calls twice); the first is in the dump.
    pub repeated: u64,
    /// Lines that belong to no dump, and blank lines among them.
    pub ignored_lines: u64,
    /// Lines that were recognised but hold no goroutine: registers, race reports, crash separators,
    /// stacks of threads without a goroutine.
    pub skipped_lines: u64,
    /// Lines of goroutines, records, preamble and the blank lines between them.
    pub understood_lines: u64,
    /// Lines that are part of a problem.
    pub problem_lines: u64,
}

/// What was read from one input.
///
/// Made by a parser through [`DumpBuilder`](super::DumpBuilder), never changed afterwards.
#[derive(Clone, Debug)]
pub struct Dump {
    /// Name of the input: path, archive member, `stdin`; with `#2` … for further dumps of one input.
    pub name: String,
    /// The format it was written in.
    pub format: Format,
    /// The pprof profile's name: `goroutine`, `goroutineleak`, `threadcreate` or a custom one.
    pub profile: String,
    /// Size of its text in bytes, after decompression.
    pub bytes: u64,
    /// When it was taken, in nanoseconds since 1970 UTC, if the format says so.
    pub taken_at_nanos: Option<i64>,
    /// How long a delta profile was measured, in nanoseconds; `None` for what is no delta.
    pub duration_nanos: Option<i64>,
    /// Panic values, fatal error or signal lines printed before the first goroutine.
    pub preamble: Option<String>,
    /// How the lines were wrapped and peeled, such as `docker json-file`; `None` if they were not.
    pub wrapping: Option<String>,
    /// The number of goroutines that the dump's own header gives (debug=1), or that debug=0 of the
    /// same process gave.
    pub stated_total: Option<i64>,
    /// From what it was put together, in one line, if it was.
    pub provenance: Option<String>,
    /// Why and where it ends too early, if it does.
    pub truncation: Option<Truncation>,
    /// Why it is taken for a part of a dump, if it is.
    pub excerpt: Option<Excerpt>,
    /// What became of the input's text.
    pub account: Account,
    /// What was not understood, in the order of the input.
    pub problems: Vec<Problem>,
    /// Problems beyond those kept in `problems`.
    pub more_problems: u64,
    pub(super) ids: bool,
    pub(super) ages: bool,
    pub(super) strings: Table<Box<str>, StrId>,
    pub(super) frames: Table<Frame, FrameId>,
    pub(super) stacks: Table<Box<[FrameId]>, StackId>,
    pub(super) labels: Table<Box<[(StrId, StrId)]>, LabelsId>,
    pub(super) heads: Table<Head, HeadId>,
    pub(super) creators: Table<Creator, CreatorId>,
    pub(super) signatures: Table<Signature, SignatureId>,
    pub(super) rows: Chunked<Packed>,
    pub(super) wide: Wide,
    pub(super) max_goid: u64,
    pub(super) present: GoidSet,
    pub(super) counts: Vec<i64>,
    pub(super) ancestors: Vec<(u32, Box<[Ancestor]>)>,
    pub(super) args: Words,
    pub(super) args_capped: bool,
    pub(super) runtime_stacks: Vec<StackId>,
    pub(super) races: Vec<Race>,
}

impl Dump {
    /// More goroutines than any process can have, so that a count beyond is none: each has a stack of at
    /// least 2 KiB (Go 1.4 and later, runtime/stack.go, stackMin), and addresses of user space have at most
    /// 57 bits where Go runs.
    pub const MAX_GOROUTINES: i64 = 1 << 46;

    /// Number of records: goroutines at debug=2, records of equal goroutines in other formats.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the dump has no records.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// Whether the format has goroutine ids: then every record has one.
    pub fn has_goids(&self) -> bool {
        self.ids
    }

    /// Whether the goroutine with the id `goid` is in the dump.
    pub fn has_goid(&self, goid: u64) -> bool {
        self.present.contains(goid)
    }

    /// The largest goroutine id in the dump, creators included; 0 if there is none.
    pub fn max_goid(&self) -> u64 {
        self.max_goid
    }

    /// Goroutines that all records stand for; may be negative in a delta profile.
    pub fn goroutine_count(&self) -> i64 {
        if self.counts.is_empty() {
            i64::try_from(self.rows.len()).unwrap_or(i64::MAX)
        } else {
            self.counts.iter().fold(0, |sum, n| sum.saturating_add(*n))
        }
    }

    /// Whether records have counts.
    pub fn is_counted(&self) -> bool {
        !self.counts.is_empty()
    }

    /// Whether the records stand for groups of goroutines without ids: debug=1, debug=0 but for profiles
    /// with one sample a goroutine, and a text that was filled up from one of them.
    pub fn is_aggregated(&self) -> bool {
        let counted = self.format.is_traceback() && self.is_counted();
        let always = matches!(
            self.format,
            Format::Debug1 | Format::Proto | Format::PprofTraces | Format::PprofRaw
        );
        !self.ids && (always || counted)
    }

    /// Whether goroutines have the states and waits that Go keeps: debug=2, and profiles that carry them
    /// in labels.
    pub fn has_ages(&self) -> bool {
        self.ages
    }

    /// Whether goroutines can have creators.
    pub fn has_creators(&self) -> bool {
        self.format.is_traceback() || self.creators.len() > 1
    }

    /// All records in the order of the input.
    pub fn goroutines(&self) -> impl Iterator<Item = Goroutine<'_>> {
        self.rows.iter().enumerate().map(|(index, row)| Goroutine { dump: self, row: *row, index })
    }

    /// The record at `index` in the order of the input.
    pub fn goroutine(&self, index: usize) -> Option<Goroutine<'_>> {
        let row = self.rows.get(index)?;
        Some(Goroutine { dump: self, row: *row, index })
    }

    /// What the records with the signature `id` have in common.
    pub fn signature(&self, id: SignatureId) -> Signature {
        self.signatures.get(id).copied().unwrap_or_default()
    }

    /// Number of distinct signatures. Some may be of no record any more.
    pub fn signature_count(&self) -> usize {
        self.signatures.len()
    }

    /// The text behind `id`; empty for an id of another dump.
    pub fn str(&self, id: StrId) -> &str {
        self.strings.get(id).map_or("", AsRef::as_ref)
    }

    /// The id of `text`, if it is a string of the dump.
    pub fn find_str(&self, text: &str) -> Option<StrId> {
        self.strings.find(text)
    }

    /// Number of distinct strings.
    pub fn string_count(&self) -> usize {
        self.strings.len()
    }

    /// The frame behind `id`.
    pub fn frame(&self, id: FrameId) -> Frame {
        self.frames.get(id).copied().unwrap_or(Frame::Elided(None))
    }

    /// Number of distinct frames.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The frames of the stack behind `id`, innermost first.
    pub fn stack(&self, id: StackId) -> &[FrameId] {
        self.stacks.get(id).map_or(&[], AsRef::as_ref)
    }

    /// Number of distinct stacks, the empty one included.
    pub fn stack_count(&self) -> usize {
        self.stacks.len()
    }

    /// The head behind `id`.
    pub fn head(&self, id: HeadId) -> Head {
        self.heads.get(id).copied().unwrap_or_default()
    }

    /// Number of distinct heads.
    pub fn head_count(&self) -> usize {
        self.heads.len()
    }

    /// The creator behind `id`; `None` for the unknown one.
    pub fn creator(&self, id: CreatorId) -> Option<Creator> {
        if id == CreatorId::default() { None } else { self.creators.get(id).copied() }
    }

    /// The ids of the keys and values of the labels behind `id`, in the order of the dump.
    pub fn label_ids(&self, id: LabelsId) -> &[(StrId, StrId)] {
        self.labels.get(id).map_or(&[], AsRef::as_ref)
    }

    /// The labels behind `id`, in the order of the dump.
    pub fn labels(&self, id: LabelsId) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let pairs: &[(StrId, StrId)] = self.labels.get(id).map_or(&[], AsRef::as_ref);
        pairs.iter().map(|(key, value)| (self.str(*key), self.str(*value)))
    }

    /// The argument words that were kept of the record at `index`.
    pub fn args(&self, index: usize) -> Args<'_> {
        u32::try_from(index).map_or_else(|_| Args::default(), |row| self.args.of(row))
    }

    /// All argument words, by record and frame.
    pub fn all_args(&self) -> impl Iterator<Item = ArgWord> {
        self.args.iter()
    }

    /// The argument words of each record that has any.
    pub fn args_by_record(&self) -> impl Iterator<Item = Args<'_>> {
        self.args.by_record()
    }

    /// Lets go of what is only needed to add to it.
    pub(super) fn seal(&mut self) {
        self.strings.seal_few();
        self.frames.seal();
        self.stacks.seal();
        self.labels.seal();
        self.heads.seal();
        self.creators.seal();
        self.signatures.seal();
        self.rows.shrink();
        self.args.shrink();
        self.counts.shrink_to_fit();
        self.problems.shrink_to_fit();
        self.runtime_stacks.shrink_to_fit();
    }

    /// Whether argument words were left out because there were too many of them.
    pub fn args_capped(&self) -> bool {
        self.args_capped
    }

    /// The ancestors of the record at `index`, nearest first.
    pub fn ancestors(&self, index: usize) -> &[Ancestor] {
        let found = self.ancestors.binary_search_by_key(&index, |(row, _)| *row as usize);
        found.ok().and_then(|at| self.ancestors.get(at)).map_or(&[], |(_, list)| list)
    }

    /// Stacks of threads without a goroutine: `runtime stack:` (Go 1.2 and later), and the frames
    /// before the first header of a SIGQUIT in Go 1.2 and 1.3.
    pub fn runtime_stacks(&self) -> &[StackId] {
        &self.runtime_stacks
    }

    /// The reports of the race detector that stand in the text, in its order.
    pub fn races(&self) -> &[Race] {
        &self.races
    }
}
