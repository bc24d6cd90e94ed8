//! A pprof profile: `profile.proto`, compressed by gzip, with one sample type `goroutine`/`count`.
//!
//! Beside the program's own labels each sample has those of [`keys`]. Goroutines with equal stacks,
//! labels, states, waits and creators are one sample, so that a million of them stay small; with `ids`
//! each is a sample of its own and has its id, as in `CockroachDB`'s debug=3. gdump reads all of it again.
//!
//! Messages are written one after the other: protobuf joins the lists of messages that follow each other.

use std::collections::hash_map::Entry;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use indexmap::{IndexMap, IndexSet};
use prost::Message;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::{
    Bubble, CallKind, CreatorId, Dump, Format, Frame, FrameId, Goroutine, HeadId, LabelsId,
    StackId, StrId,
};
use crate::pprof::{
    Function, Label, Line, Location, Mapping, Profile, Sample, ValueType, elided, flags, keys,
};
use crate::view::Selection;

/// Bytes that are encoded before they are compressed.
const BLOCK: usize = 64 << 10;

/// Writes the goroutines of all `selections`; with `ids` one sample each.
pub(super) fn write(
    selections: &[Selection<'_>],
    ids: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = Writer {
        out: GzEncoder::new(out, Compression::default()),
        buffer: Vec::with_capacity(2 * BLOCK),
        strings: IndexSet::default(),
        functions: FxHashMap::default(),
        next_location: 1,
        named: true,
    };
    writer.string("");
    writer.head(selections)?;
    for selection in selections {
        DumpWriter::new(selection.dump, &mut writer).samples(selection, ids)?;
    }
    writer.finish()
}

/// What is written of all dumps together.
struct Writer<W: Write> {
    out: GzEncoder<W>,
    buffer: Vec<u8>,
    strings: IndexSet<String, FxBuildHasher>,
    /// Ids of functions by name and file.
    functions: FxHashMap<(i64, i64), u64>,
    next_location: u64,
    /// No location is a mere address.
    named: bool,
}

impl<W: Write> Writer<W> {
    fn string(&mut self, text: &str) -> i64 {
        let at = match self.strings.get_index_of(text) {
            Some(at) => at,
            None => self.strings.insert_full(text.to_owned()).0,
        };
        i64::try_from(at).unwrap_or(0)
    }

    /// Adds `part` to the profile.
    fn message(&mut self, part: &Profile) -> io::Result<()> {
        part.encode(&mut self.buffer).map_err(io::Error::other)?;
        if self.buffer.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn head(&mut self, selections: &[Selection<'_>]) -> io::Result<()> {
        let dumps = || selections.iter().map(|selection| selection.dump);
        let first = dumps().next();
        let profile = first.map_or("goroutine", |dump| dump.profile.as_str());
        let same = dumps().all(|dump| dump.profile == profile);
        let kind = ValueType {
            r#type: self.string(if same { profile } else { "goroutine" }),
            unit: self.string("count"),
        };
        let comment = self.string("made by gdump convert");
        let alone = first.filter(|_| selections.len() == 1);
        self.message(&Profile {
            sample_type: vec![kind],
            period_type: Some(kind),
            period: 1,
            comment: vec![comment],
            time_nanos: alone.and_then(|dump| dump.taken_at_nanos).unwrap_or(0),
            duration_nanos: alone.and_then(|dump| dump.duration_nanos).unwrap_or(0),
            ..Profile::default()
        })
    }

    fn function(&mut self, name: i64, file: i64) -> io::Result<u64> {
        let next = self.functions.len() as u64 + 1;
        let id = match self.functions.entry((name, file)) {
            Entry::Occupied(known) => return Ok(*known.get()),
            Entry::Vacant(free) => *free.insert(next),
        };
        let function =
            Function { id, name, system_name: name, filename: file, ..Function::default() };
        self.message(&Profile { function: vec![function], ..Profile::default() })?;
        Ok(id)
    }

    fn finish(mut self) -> io::Result<()> {
        // Locations without a name can be named by pprof if it is given the binary.
        let mapping = Mapping {
            id: 1,
            memory_limit: u64::MAX >> 1,
            has_functions: self.named,
            has_filenames: self.named,
            has_line_numbers: self.named,
            has_inline_frames: self.named,
            ..Mapping::default()
        };
        self.message(&Profile { mapping: vec![mapping], ..Profile::default() })?;
        for text in std::mem::take(&mut self.strings) {
            let string_table = vec![text.into_bytes()];
            self.message(&Profile { string_table, ..Profile::default() })?;
        }
        self.flush()?;
        self.out.finish().map(|_| ())
    }
}

/// Equal goroutines.
type Key = (StackId, LabelsId, HeadId, CreatorId);

/// What is written of one dump.
struct DumpWriter<'d, 'w, W: Write> {
    dump: &'d Dump,
    writer: &'w mut Writer<W>,
    /// The locations of each stack, innermost first, once they were written.
    stacks: FxHashMap<StackId, Box<[u64]>>,
    /// A location by its frames: all but the last are inlined.
    locations: FxHashMap<Box<[FrameId]>, u64>,
    strings: FxHashMap<StrId, i64>,
    keys: [i64; 6],
}

impl<'d, 'w, W: Write> DumpWriter<'d, 'w, W> {
    fn new(dump: &'d Dump, writer: &'w mut Writer<W>) -> Self {
        Self {
            dump,
            keys: keys::ALL.map(|key| writer.string(key)),
            writer,
            stacks: FxHashMap::default(),
            locations: FxHashMap::default(),
            strings: FxHashMap::default(),
        }
    }

    fn samples(&mut self, selection: &Selection<'d>, ids: bool) -> io::Result<()> {
        if ids {
            return selection.goroutines().try_for_each(|goroutine| {
                self.sample(goroutine, goroutine.count(), goroutine.goid())
            });
        }
        let mut sums: IndexMap<Key, (Goroutine<'d>, i64), FxBuildHasher> = IndexMap::default();
        for goroutine in selection.goroutines() {
            let row = goroutine.row();
            let key = (row.stack, row.labels, row.head, row.creator);
            let (_, sum) = sums.entry(key).or_insert((goroutine, 0));
            *sum = sum.saturating_add(goroutine.count());
        }
        sums.into_values().try_for_each(|(goroutine, sum)| self.sample(goroutine, sum, None))
    }

    fn sample(
        &mut self,
        goroutine: Goroutine<'d>,
        count: i64,
        goid: Option<u64>,
    ) -> io::Result<()> {
        let label = self.labels(goroutine, goid);
        let location_id = self.stack(goroutine.row().stack)?;
        let sample = Sample { location_id, value: vec![count], label };
        self.writer.message(&Profile { sample: vec![sample], ..Profile::default() })
    }

    fn string(&mut self, id: StrId) -> i64 {
        let (dump, writer) = (self.dump, &mut self.writer);
        *self.strings.entry(id).or_insert_with(|| writer.string(dump.str(id)))
    }

    fn labels(&mut self, goroutine: Goroutine<'d>, goid: Option<u64>) -> Vec<Label> {
        let [of_id, of_state, of_wait, of_creator, of_place, of_flags] = self.keys;
        let mut labels = Vec::with_capacity(8);
        for (key, value) in goroutine.labels() {
            // What the program itself calls so is told apart from what gdump says.
            let key = if keys::ALL.contains(&key) {
                self.writer.string(&format!("label:{key}"))
            } else {
                self.writer.string(key)
            };
            let str = self.writer.string(value);
            labels.push(Label { key, str, ..Label::default() });
        }
        let mut number = |key, num: u64, unit| {
            labels.push(Label { key, num: num.cast_signed(), num_unit: unit, ..Label::default() });
        };
        if let Some(goid) = goid {
            number(of_id, goid, 0);
            if let Some(creator) = goroutine.creator_goid() {
                number(of_creator, creator, 0);
            }
        }
        let head = goroutine.head();
        if let Some(minutes) = head.minutes {
            let unit = self.writer.string("minutes");
            number(of_wait, u64::from(minutes), unit);
        }
        let mut text = |key, str| labels.push(Label { key, str, ..Label::default() });
        if !goroutine.state().is_empty() {
            text(of_state, self.string(head.state));
        }
        if let Some(creator) = goroutine.creator() {
            text(of_creator, self.string(creator.function));
            let place = format!("{}:{}", self.dump.str(creator.file), creator.line);
            text(of_place, self.writer.string(&place));
        }
        let flags = flag_words(goroutine);
        if !flags.is_empty() {
            text(of_flags, self.writer.string(&flags));
        }
        labels
    }

    /// The ids of the locations of a stack, innermost first.
    fn stack(&mut self, id: StackId) -> io::Result<Vec<u64>> {
        if let Some(known) = self.stacks.get(&id) {
            return Ok(known.to_vec());
        }
        let dump = self.dump;
        let mut ids = Vec::new();
        let is_inlined =
            |id: &FrameId| matches!(dump.frame(*id), Frame::Call { kind: CallKind::Inlined, .. });
        // Inlined calls share the location of the call that they are inlined into.
        let mut rest = dump.stack(id);
        while !rest.is_empty() {
            let inlined = rest.iter().take_while(|id| is_inlined(id)).count();
            let next =
                rest.get(inlined).filter(|id| matches!(dump.frame(**id), Frame::Call { .. }));
            let len = (inlined + usize::from(next.is_some())).max(1);
            let (frames, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            ids.push(self.location(frames)?);
            rest = behind;
        }
        self.stacks.insert(id, ids.clone().into());
        Ok(ids)
    }

    fn location(&mut self, frames: &[FrameId]) -> io::Result<u64> {
        if let Some(id) = self.locations.get(frames) {
            return Ok(*id);
        }
        let id = self.writer.next_location;
        self.writer.next_location += 1;
        let mut location = Location { id, mapping_id: 1, ..Location::default() };
        for frame in frames {
            let (name, file, line) = match self.dump.frame(*frame) {
                Frame::Call { function, file, line, .. } => {
                    (self.string(function), self.string(file), line)
                }
                Frame::Elided(count) => (self.writer.string(&elided::name(count)), 0, 0),
                Frame::Address(address) => {
                    // Text formats and records have return addresses, a profile those of calls.
                    let before = u64::from(self.dump.format != Format::Proto);
                    location.address = address.saturating_sub(before);
                    self.writer.named = false;
                    continue;
                }
            };
            let function_id = self.writer.function(name, file)?;
            location.line.push(Line { function_id, line: i64::from(line), column: 0 });
        }
        self.locations.insert(frames.into(), id);
        self.writer.message(&Profile { location: vec![location], ..Profile::default() })?;
        Ok(id)
    }
}

/// What a goroutine's header says beside state and wait, parted by commas.
fn flag_words(goroutine: Goroutine<'_>) -> String {
    let head = goroutine.head();
    let mut words: Vec<String> = [
        (head.inferred, flags::INFERRED),
        (goroutine.state().is_empty(), flags::UNKNOWN),
        (head.leaked, flags::LEAKED),
        (head.scan, flags::SCAN),
        (head.durable, flags::DURABLE),
        (head.locked, flags::LOCKED),
        (head.cut, flags::CUT),
    ]
    .into_iter()
    .filter(|(is_set, _)| *is_set)
    .map(|(_, word)| word.to_owned())
    .collect();
    words.extend(head.bubble.map(|bubble| match bubble {
        Bubble::Group(id) => format!("{}{id}", flags::GROUP),
        Bubble::Bubble(id) => format!("{}{id}", flags::BUBBLE),
    }));
    words.join(",")
}
