//! Several dumps of one process as one: samples that are added up, and the whole text of debug=2
//! together with the counts and labels of debug=0.

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::model::{
    Dump, DumpBuilder, Format, Frame, FrameId, Goroutine, Head, HeadId, LabelsId, Row, Signature,
    StackId,
};
use crate::view::canon::{Shown, Stacks};
use crate::view::fingerprint::{finish, hash_str, mix};
use crate::view::kind::{Kind, Kinds};

/// Copies what records of one dump have in common into another, each stack once.
struct Graft<'d> {
    from: &'d Dump,
    frames: FxHashMap<FrameId, FrameId>,
    stacks: FxHashMap<StackId, StackId>,
    labels: FxHashMap<LabelsId, LabelsId>,
    heads: FxHashMap<HeadId, HeadId>,
}

impl<'d> Graft<'d> {
    fn new(from: &'d Dump) -> Self {
        Self {
            from,
            frames: FxHashMap::default(),
            stacks: FxHashMap::default(),
            labels: FxHashMap::default(),
            heads: FxHashMap::default(),
        }
    }

    fn frame(&mut self, id: FrameId, into: &mut DumpBuilder) -> FrameId {
        let from = self.from;
        *self.frames.entry(id).or_insert_with(|| {
            let frame = match from.frame(id) {
                Frame::Call { function, file, line, kind } => Frame::Call {
                    function: into.string(from.str(function).as_bytes()),
                    file: into.string(from.str(file).as_bytes()),
                    line,
                    kind,
                },
                other => other,
            };
            into.frame(frame)
        })
    }

    fn stack(&mut self, id: StackId, into: &mut DumpBuilder) -> StackId {
        if let Some(known) = self.stacks.get(&id) {
            return *known;
        }
        let frames: Vec<FrameId> =
            self.from.stack(id).iter().map(|frame| self.frame(*frame, into)).collect();
        let copied = into.stack(&frames);
        self.stacks.insert(id, copied);
        copied
    }

    fn labels(&mut self, id: LabelsId, into: &mut DumpBuilder) -> LabelsId {
        let from = self.from;
        *self.labels.entry(id).or_insert_with(|| {
            let pairs: Vec<_> = from
                .labels(id)
                .map(|(key, value)| (into.string(key.as_bytes()), into.string(value.as_bytes())))
                .collect();
            into.labels(&pairs)
        })
    }

    fn head(&mut self, id: HeadId, into: &mut DumpBuilder) -> HeadId {
        let from = self.from;
        *self.heads.entry(id).or_insert_with(|| {
            let head = from.head(id);
            let state = into.string(from.str(head.state).as_bytes());
            into.head(Head { state, ..head })
        })
    }

    /// What `row` has in common with others, without its creator.
    fn signature(&mut self, row: &Row, into: &mut DumpBuilder) -> Signature {
        Signature {
            stack: self.stack(row.stack, into),
            head: self.head(row.head, into),
            labels: self.labels(row.labels, into),
            ..Signature::default()
        }
    }
}

/// Samples of a process, added up: how often its goroutines were seen at each stack.
#[derive(Debug)]
pub struct Samples {
    builder: DumpBuilder,
    counts: IndexMap<Signature, i64>,
    bytes: u64,
    /// Samples that were added.
    pub samples: u64,
}

impl Samples {
    /// None yet, of the process that the user knows as `name`.
    pub fn new(name: &str) -> Self {
        let builder = DumpBuilder::new(name, Format::Proto);
        Self { builder, counts: IndexMap::new(), bytes: 0, samples: 0 }
    }

    /// Adds a sample. The goroutine that wrote it is left out: it runs only because it was asked.
    pub fn add(&mut self, dump: &Dump) {
        let stacks = Stacks::new(dump);
        let kinds = Kinds::new(dump, &stacks);
        let mut graft = Graft::new(dump);
        for goroutine in dump.goroutines() {
            let row = goroutine.row();
            if kinds.kind(&row) == Kind::Writer {
                continue;
            }
            let signature = graft.signature(&row, &mut self.builder);
            let count = self.counts.entry(signature).or_default();
            *count = count.saturating_add(goroutine.count());
        }
        self.bytes = self.bytes.saturating_add(dump.bytes);
        self.samples += 1;
    }

    /// The sum as a dump: each goroutine counts once for each sample that it was in.
    pub fn finish(self) -> Dump {
        let Self { mut builder, counts, bytes, .. } = self;
        builder.set_bytes(bytes);
        for (signature, count) in counts {
            let Signature { stack, head, creator, labels } = signature;
            builder.push_counted(Row { stack, head, creator, labels, ..Row::default() }, count);
            let account = builder.account();
            account.whole = account.whole.saturating_add(count);
        }
        builder.finish()
    }
}

/// debug=2 and debug=0 of one process as one dump, and where what is from.
#[derive(Debug)]
pub struct Joined {
    /// The text's dump with what the counts add to it.
    pub dump: Dump,
    /// Goroutines by debug=2.
    pub by_text: i64,
    /// Goroutines by debug=0.
    pub by_counts: i64,
    /// Goroutines that were filled in from debug=0, because debug=2 was cut off.
    pub filled: i64,
    /// Goroutines that have their labels from debug=0.
    pub labelled: i64,
    /// Goroutines whose labels are not known: others at the same stack have other labels.
    pub ambiguous: i64,
}

impl Joined {
    /// One line about where what is from.
    pub fn words(&self) -> String {
        let Self { by_text, by_counts, filled, labelled, ambiguous, .. } = self;
        let both =
            format!("debug=2 had {by_text} goroutines, debug=0 of the same process {by_counts}");
        let parts = [
            (
                *filled,
                "that the cut debug=2 lacks are from debug=0, without ids, ages and creators",
            ),
            (*labelled, "have their labels from debug=0, found by their stacks"),
            (*ambiguous, "share a stack with others of other labels, so theirs are not known"),
        ];
        let said = parts.iter().filter(|(count, _)| *count > 0);
        let mut all = vec![format!("joined: {both}")];
        all.extend(said.map(|(count, what)| format!("{count} {what}")));
        all.join("; ")
    }
}

/// What debug=0 says of all goroutines at one stack.
#[derive(Default)]
struct Place {
    /// Goroutines by debug=0, less those that debug=2 has.
    missing: i64,
    /// Records of debug=0 with their counts.
    records: Vec<(Row, i64)>,
}

impl Place {
    /// The labels that all its goroutines have; `None` if they differ.
    fn labels(&self) -> Option<LabelsId> {
        let (first, _) = self.records.first()?;
        self.records.iter().all(|(row, _)| row.labels == first.labels).then_some(first.labels)
    }
}

/// Joins `text`, which is debug=2, and `counts`, which is debug=0 of the same process, taken just
/// before. Labels that the text lacks (before Go 1.27) come from the counts where all goroutines at a
/// stack have the same. If the text is cut off, the goroutines that are missing at each stack come
/// from the counts too; the runtime's own wait reasons, ids and ages are only known of the others.
pub fn join(text: Dump, counts: &Dump) -> Joined {
    let (by_text, by_counts) = (text.goroutine_count(), counts.goroutine_count());
    let mut places = places(counts);
    let keys = keys(&text);
    let mut builder = DumpBuilder::of(text);
    let mut graft = Graft::new(counts);
    let (mut labelled, mut ambiguous) = (0, 0);
    let wants_labels = builder.dump().goroutines().all(|goroutine| goroutine.labels().len() == 0);
    for index in 0..builder.dump().len() {
        let Some(row) = builder.dump().goroutine(index).map(Goroutine::row) else {
            continue;
        };
        let key = keys.get(row.stack.index()).copied().unwrap_or(0);
        let Some(place) = places.get_mut(&key) else { continue };
        place.missing -= 1;
        if !wants_labels {
            continue;
        }
        match place.labels() {
            Some(labels) if labels == LabelsId::default() => {}
            Some(labels) => {
                let labels = graft.labels(labels, &mut builder);
                builder.replace(index, Row { labels, ..row });
                labelled += 1;
            }
            None => ambiguous += 1,
        }
    }
    let mut filled = 0;
    if builder.dump().truncation.is_some() {
        for place in places.values() {
            filled += fill(place, &mut graft, &mut builder);
        }
        builder.set_stated_total(by_counts);
        builder.account().whole += filled;
    }
    let mut joined =
        Joined { dump: builder.finish(), by_text, by_counts, filled, labelled, ambiguous };
    joined.dump.provenance = Some(joined.words());
    joined
}

/// Adds the goroutines of `place` that are missing, and returns how many.
fn fill(place: &Place, graft: &mut Graft<'_>, builder: &mut DumpBuilder) -> i64 {
    let mut left = place.missing;
    for (row, count) in &place.records {
        let take = left.min(*count);
        if take <= 0 {
            continue;
        }
        left -= take;
        let Signature { stack, head, creator, labels } = graft.signature(row, builder);
        builder.push_more(Row { stack, head, creator, labels, ..Row::default() }, take);
    }
    (place.missing - left).max(0)
}

/// The stacks of debug=0 by what they are in every format, in the order of the dump.
fn places(counts: &Dump) -> IndexMap<u64, Place> {
    let keys = keys(counts);
    let mut places: IndexMap<u64, Place> = IndexMap::new();
    for goroutine in counts.goroutines() {
        let row = goroutine.row();
        let key = keys.get(row.stack.index()).copied().unwrap_or(0);
        let place = places.entry(key).or_default();
        place.missing = place.missing.saturating_add(goroutine.count());
        place.records.push((row, goroutine.count()));
    }
    places
}

/// For each stack a number that is the same in every format.
fn keys(dump: &Dump) -> Vec<u64> {
    let stacks = Stacks::new(dump);
    let key = |canonical: u32| {
        let frames = stacks.visible(stacks.sample(canonical));
        finish(frames.fold(0, |hash, id| match stacks.shown(id) {
            Shown::Call { function, line, .. } => mix(mix(hash, hash_str(function)), line.into()),
            Shown::Address(address) => mix(hash, address),
            Shown::Elided(_) => hash,
        }))
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let keys: Vec<u64> = (0..stacks.len()).map(|canonical| key(number(canonical))).collect();
    (0..dump.stack_count())
        .map(|stack| {
            let canonical = stacks.canonical(StackId::from(number(stack)));
            keys.get(canonical as usize).copied().unwrap_or(0)
        })
        .collect()
}

#[cfg(test)]
mod tests;
