//! From the message's tables to the model.

use prost::DecodeError;
use rustc_hash::FxHashMap;

use super::details::{Details, Found};
use super::kind::Kind;
use super::problem;
use super::samples;
use crate::model::{CallKind, Dump, DumpBuilder, Frame, FrameId, Head, Row, StrId};
use crate::pprof::{Function, Label, Line, Location, Profile, Sample, elided};

/// Frames of all stacks together for each byte of the message. A location takes at least a byte each
/// time that it is used and may have many lines, so a small hostile message could become any size.
const FRAMES_PER_BYTE: usize = 32;

/// What lowering knows.
pub(super) struct Lower<'p, 'b> {
    profile: &'p Profile,
    builder: &'b mut DumpBuilder,
    functions: FxHashMap<u64, &'p Function>,
    locations: FxHashMap<u64, Vec<FrameId>>,
    kind: Kind,
    head: Head,
    details: Details,
    told: Told,
    /// Length of the message.
    length: usize,
    /// Frames that may still be used.
    budget: usize,
    missing: Missing,
}

/// What samples say of single goroutines.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Samples that are one goroutine.
    ones: usize,
    all: usize,
    /// One had a state or a wait of Go's own.
    age: bool,
    /// Of one the state is known not to be known.
    unknown: bool,
}

/// How often a reference leads nowhere.
#[derive(Clone, Copy, Debug, Default)]
struct Missing {
    locations: u64,
    functions: u64,
    strings: u64,
    values: u64,
    budget: u64,
}

impl<'p, 'b> Lower<'p, 'b> {
    /// Lowers `profile`, a message of `length` bytes.
    pub(super) fn new(
        profile: &'p Profile,
        builder: &'b mut DumpBuilder,
        length: usize,
        kind: Kind,
    ) -> Self {
        let leaked = kind.name == "goroutineleak";
        Self {
            profile,
            builder,
            functions: profile.function.iter().map(|f| (f.id, f)).collect(),
            locations: FxHashMap::default(),
            kind,
            head: Head { leaked, ..Head::default() },
            details: Details::new(&profile.string_table),
            told: Told::default(),
            length,
            budget: length.saturating_mul(FRAMES_PER_BYTE),
            missing: Missing::default(),
        }
    }

    /// Adds all samples: those of the profile, and those that stand undecoded in the message
    /// `undecoded`. Whether states may be inferred from the frames.
    pub(super) fn samples(mut self, undecoded: &[u8]) -> Result<bool, DecodeError> {
        for location in &self.profile.location {
            let frames = self.location(location);
            self.locations.insert(location.id, frames);
        }
        let mut frames = Vec::new();
        for sample in &self.profile.sample {
            // Where it stood is not known any more.
            self.sample(sample, (0, self.length), &mut frames);
        }
        let mut sample = Sample::default();
        for (at, bytes) in samples::samples(undecoded) {
            samples::decode(bytes, &mut sample)?;
            self.sample(&sample, (at, bytes.len()), &mut frames);
        }
        self.report();
        let Told { ones, all, age, unknown } = self.told;
        self.builder.set_detail(ones == all && all > 0, age);
        Ok(!unknown)
    }

    /// The frames of a location, innermost first.
    fn location(&mut self, location: &Location) -> Vec<FrameId> {
        let mut frames = Vec::with_capacity(location.line.len().max(1));
        let last = location.line.len().saturating_sub(1);
        for (index, line) in location.line.iter().enumerate() {
            let kind = if index < last { CallKind::Inlined } else { CallKind::Plain };
            if let Some(frame) = self.call(line, kind) {
                frames.push(self.builder.frame(frame));
            }
        }
        // Go 1.8 writes no lines; C code without a symbolizer has none either.
        if frames.is_empty() {
            frames.push(self.builder.frame(Frame::Address(location.address)));
        }
        frames
    }

    fn call(&mut self, line: &Line, kind: CallKind) -> Option<Frame> {
        let Some(function) = self.functions.get(&line.function_id).copied() else {
            self.missing.functions += 1;
            return None;
        };
        let name = self.text(function.name).filter(|name| !name.is_empty())?;
        if let Some(count) = elided::read(name) {
            return Some(Frame::Elided(count));
        }
        let function_id = self.builder.function(name);
        let file = self.text(function.filename).map(|file| self.builder.string(file));
        let line = u32::try_from(line.line).unwrap_or(0);
        Some(Frame::Call { function: function_id, file: file.unwrap_or_default(), line, kind })
    }

    fn text(&mut self, index: i64) -> Option<&'p [u8]> {
        let text = usize::try_from(index).ok().and_then(|at| self.profile.string_table.get(at));
        // Index 0 is the empty string, whether the table is there or not.
        self.missing.strings += u64::from(text.is_none() && index != 0);
        text.map(Vec::as_slice).or((index == 0).then_some(&[]))
    }

    /// Adds a sample, which stands at `place` of the message: offset and length.
    fn sample(&mut self, sample: &Sample, place: (usize, usize), frames: &mut Vec<FrameId>) {
        let Some(count) = sample.value.get(self.kind.value).copied() else {
            self.missing.values += 1;
            self.builder.account().not_understood += 1;
            return;
        };
        if let Some(what) = self.implausible(count) {
            self.builder.problem(|| problem(place.0, place.1, what));
            self.builder.account().not_understood += 1;
            return;
        }
        frames.clear();
        for id in &sample.location_id {
            let Some(location) = self.locations.get(id) else {
                self.missing.locations += 1;
                continue;
            };
            let Some(left) = self.budget.checked_sub(location.len()) else {
                self.missing.budget += 1;
                self.builder.account().not_understood += 1;
                return;
            };
            self.budget = left;
            frames.extend_from_slice(location);
        }
        let mut found = Found::default();
        let mut labels: Vec<(StrId, StrId)> = Vec::with_capacity(sample.label.len());
        for label in &sample.label {
            let text = self.text(label.str).unwrap_or_default();
            if !self.details.take(label, text, &mut found) {
                labels.push(self.label(label));
            }
        }
        let row = Row {
            stack: self.builder.stack(frames),
            labels: self.builder.labels(&labels),
            ..Row::default()
        };
        let row = found.fill(row, self.head, count, self.builder);
        self.told.ones += usize::from(found.is_one() && count == 1);
        self.told.all += 1;
        self.told.age |= found.has_age();
        self.told.unknown |= found.is_unknown();
        self.builder.push_counted(row, count);
        let account = self.builder.account();
        account.whole += count;
    }

    /// Why `count` cannot be the number of goroutines of a sample, if it cannot, or cannot beside those
    /// before it. Only the difference of two profiles has negative ones.
    fn implausible(&self, count: i64) -> Option<String> {
        const MAX: i64 = Dump::MAX_GOROUTINES;
        let is_delta = self.profile.duration_nanos > 0;
        let sum = self.builder.dump().account.whole.saturating_add(count);
        if count < 0 && !is_delta {
            Some(format!(
                "{count} goroutines in a sample, and this is no delta profile (seconds=N)"
            ))
        } else if !(-MAX..=MAX).contains(&count) || !(-MAX..=MAX).contains(&sum) {
            Some(format!("{count} goroutines in a sample are more than a process can have"))
        } else {
            None
        }
    }

    /// A label. Go writes strings alone, and no index for the empty one; others write numbers too.
    fn label(&mut self, label: &Label) -> (StrId, StrId) {
        let key = self.text(label.key).unwrap_or_default();
        let key = self.builder.string(key);
        let value = if label.str == 0 && label.num != 0 {
            let unit = self.text(label.num_unit).unwrap_or_default();
            let value = [label.num.to_string().as_bytes(), unit].concat();
            self.builder.string(&value)
        } else {
            let value = self.text(label.str).unwrap_or_default();
            self.builder.string(value)
        };
        (key, value)
    }

    /// One problem for each kind of reference that leads nowhere.
    fn report(&mut self) {
        let missing = self.missing;
        for (count, what) in [
            (missing.locations, "frames are missing: their locations are not in the profile"),
            (missing.functions, "frames have no name: their functions are not in the profile"),
            (missing.strings, "names or labels are missing: they are not in the string table"),
            (missing.values, "samples have no value"),
            (missing.budget, "samples are left out: the stacks are far larger than the profile"),
        ] {
            if count > 0 {
                self.builder.push_problem(problem(0, self.length, format!("{count} {what}")));
            }
        }
    }
}
