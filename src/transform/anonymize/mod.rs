//! A dump without names: everything that the program's authors chose is replaced, and its structure
//! stays, so that it can be shown to others and still says what is wrong.
//!
//! Kept: the standard library and the modules that gdump knows (known.tsv), Go's own words (`main`,
//! `init`, `func1`, receivers, `[...]`), line numbers, states, waits, goroutine ids, the time. Replaced:
//! packages, types, functions, files, keys and values of labels, addresses, and what a panic says. The
//! same name becomes the same word in every dump that is anonymized with the same key, so that two of
//! them can be compared; without the key nobody can check a guess.

mod names;
mod text;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::model::{
    Access, Ancestor, ArgWord, Creator, CreatorId, Dump, DumpBuilder, Frame, FrameId, Goroutine,
    Head, HeadId, LabelsId, Problem, Race, Row, StackId, StrId, wait,
};
use crate::view::filter::{Edit, PprofFilter};
use names::Names;

/// What hides names.
pub struct Key([u8; 32]);

impl Key {
    /// A key from what the user typed.
    pub fn new(text: &str) -> Self {
        Self(blake3::derive_key("gdump 2026 anonymized goroutine dumps", text.as_bytes()))
    }

    /// A number that depends on the key, on what `of` is, and on `text`.
    fn hash(&self, of: &str, text: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(of.as_bytes()).update(&[0]).update(text);
        let mut first = [0; 8];
        hasher.finalize_xof().fill(&mut first);
        u64::from_le_bytes(first)
    }

    /// A word of lower-case letters and digits for `text`; never a word that Go knows.
    fn word(&self, of: &str, text: &str) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let hash = self.hash(of, text.as_bytes());
        let letter = |n: u32| {
            let at = usize::try_from(hash >> (5 * n) & 31).unwrap_or(0);
            LETTERS.get(at).copied().map_or('x', char::from)
        };
        // The letter in front keeps it from beginning with a digit; nine more make 45 bits.
        std::iter::once('x').chain((0..9).map(letter)).collect()
    }

    /// An address for `address`. Distances stay, since a lock is found by its distance to the object that
    /// holds it: all addresses of a heap are moved alike. `wide`: the dump is of a 64-bit program, so that
    /// what is small is data of the program or no address at all, which is hashed.
    fn address(&self, address: u64, wide: bool) -> u64 {
        const PART: u32 = 36;
        const LOW: u64 = (1 << PART) - 1;
        const SMALL: u64 = 1 << 32;
        if address < SMALL && wide {
            let hash = self.hash("small", &(address >> 3).to_le_bytes());
            return 0x1000 | (hash & 0x7fff_fff8) | (address & 7);
        }
        if address < SMALL {
            let moved = address.wrapping_add(self.hash("heap", b"") << 6) & (SMALL - 1);
            return moved.max(0x1000);
        }
        let hash = self.hash("part", &(address >> PART).to_le_bytes());
        let low = (address & LOW).wrapping_add(hash << 6) & LOW;
        SMALL | (hash >> 32 & 0xff) << PART | low
    }
}

/// `dump` without names. Frames that `filter` hides are left out first, since it names them.
pub fn anonymize(dump: &Dump, key: &Key, filter: &PprofFilter) -> Dump {
    let name = format!("dump-{}", key.word("dump", &dump.name));
    let is_wide = |address: u64| address > u64::from(u32::MAX);
    let wide = dump.all_args().any(|word| is_wide(word.value))
        || !dump.all_args().any(|word| word.value > 0);
    let builder = DumpBuilder::new(name, dump.format);
    let mut copy = Copy {
        dump,
        key,
        names: Names::new(key),
        wide,
        builder,
        edit: filter.edits().then(|| filter.edit(dump)),
        strings: FxHashMap::default(),
    };
    copy.whole();
    copy.rows();
    copy.builder.finish()
}

/// What a string is, which decides what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Role {
    Function,
    /// Of code whose names are kept, or of other code.
    File {
        kept: bool,
    },
    State,
    LabelKey,
    LabelValue,
}

struct Copy<'d> {
    dump: &'d Dump,
    key: &'d Key,
    names: Names<'d>,
    /// Some address has more than 32 bits.
    wide: bool,
    builder: DumpBuilder,
    /// Which frames are left out; none if there is none.
    edit: Option<Edit<'d>>,
    strings: FxHashMap<(Role, StrId), StrId>,
}

impl Copy<'_> {
    /// What is said of the dump as a whole.
    fn whole(&mut self) {
        let dump = self.dump;
        if dump.profile.starts_with("goroutine") {
            self.builder.set_profile(&dump.profile);
        } else {
            self.builder.set_profile(&self.key.word("profile", &dump.profile));
        }
        self.builder.set_time(dump.taken_at_nanos, dump.duration_nanos);
        self.builder.set_detail(dump.has_goids(), dump.has_ages());
        self.builder.set_bytes(dump.bytes);
        *self.builder.account() = dump.account;
        if let Some(total) = dump.stated_total {
            self.builder.set_stated_total(total);
        }
        if let Some(truncation) = dump.truncation {
            self.builder.set_truncation(truncation);
        }
        if let Some(preamble) = &dump.preamble {
            self.builder.set_preamble(text::preamble(preamble));
        }
        for problem in &dump.problems {
            self.builder.push_problem(Problem { excerpt: "".into(), ..problem.clone() });
        }
        self.builder.count_problems(dump.more_problems);
    }

    /// All goroutines, in the same order. Tables are copied first, so that ids stay the same.
    fn rows(&mut self) {
        let dump = self.dump;
        let ids = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
        let frames: Vec<FrameId> =
            ids(dump.frame_count()).map(|id| self.frame(FrameId::from(id))).collect();
        let stacks: Vec<StackId> = ids(dump.stack_count())
            .map(|id| {
                let left = self.left(StackId::from(id));
                let stack = left.iter().filter_map(|id| frames.get(id.index()).copied());
                self.builder.stack(&stack.collect::<Vec<FrameId>>())
            })
            .collect();
        let heads: Vec<HeadId> =
            ids(dump.head_count()).map(|id| self.head(HeadId::from(id))).collect();
        let stack = |id: StackId| stacks.get(id.index()).copied().unwrap_or_default();
        let mut creators: FxHashMap<CreatorId, CreatorId> = FxHashMap::default();
        let mut labels: FxHashMap<LabelsId, LabelsId> = FxHashMap::default();
        for id in dump.runtime_stacks() {
            self.builder.push_runtime_stack(stack(*id));
        }
        for race in dump.races() {
            let accesses = race.accesses.iter().map(|access| Access {
                address: access.address.map(|address| self.key.address(address, self.wide)),
                state: self.string(Role::State, access.state),
                stack: stack(access.stack),
                created: stack(access.created),
                ..*access
            });
            let race = Race { accesses: accesses.collect() };
            self.builder.insert_races(usize::MAX, [race]);
        }
        for goroutine in dump.goroutines() {
            let old = goroutine.row();
            let row = Row {
                stack: stack(old.stack),
                head: heads.get(old.head.index()).copied().unwrap_or_default(),
                creator: *creators.entry(old.creator).or_insert_with_key(|id| self.creator(*id)),
                labels: *labels.entry(old.labels).or_insert_with(|| self.labels(goroutine)),
                ..old
            };
            if dump.is_counted() {
                self.builder.push_counted(row, goroutine.count());
            } else {
                self.builder.push(row);
            }
            let ancestors = goroutine.ancestors().iter().map(|ancestor| Ancestor {
                stack: stack(ancestor.stack),
                creator: *creators
                    .entry(ancestor.creator)
                    .or_insert_with_key(|id| self.creator(*id)),
                ..*ancestor
            });
            let ancestors = ancestors.collect();
            self.builder.push_ancestors(ancestors);
            for word in self.words(goroutine) {
                self.builder.push_arg(word, true);
            }
        }
    }

    /// What is left of a stack; nothing if its goroutines are not asked for.
    fn left(&self, id: StackId) -> Cow<'_, [FrameId]> {
        match &self.edit {
            Some(edit) => Cow::Owned(edit.left(self.dump, id).unwrap_or_default()),
            None => Cow::Borrowed(self.dump.stack(id)),
        }
    }

    /// The arguments of the frames that are left, at their new places.
    fn words(&self, goroutine: Goroutine<'_>) -> Vec<ArgWord> {
        let args = goroutine.args().iter();
        let args =
            args.map(|word| ArgWord { value: self.key.address(word.value, self.wide), ..word });
        if self.edit.is_none() || goroutine.args().is_empty() {
            return args.collect();
        }
        let left = self.left(goroutine.row().stack);
        let mut rest = left.iter().enumerate().peekable();
        // A frame is hidden wherever it stands, so what is left is found in the same order.
        let places: Vec<Option<u16>> = self
            .dump
            .stack(goroutine.row().stack)
            .iter()
            .map(|id| {
                rest.next_if(|(_, kept)| *kept == id).and_then(|(at, _)| u16::try_from(at).ok())
            })
            .collect();
        let place = |frame: u16| places.get(usize::from(frame)).copied().flatten();
        args.filter_map(|word| Some(ArgWord { frame: place(word.frame)?, ..word })).collect()
    }

    fn string(&mut self, role: Role, id: StrId) -> StrId {
        if let Some(known) = self.strings.get(&(role, id)) {
            return *known;
        }
        let text = self.dump.str(id);
        let new = match role {
            _ if text.is_empty() => String::new(),
            Role::Function => self.names.function(text),
            Role::File { kept } => self.names.file(text, kept),
            Role::State => state(text),
            Role::LabelKey => self.key.word("key", text),
            Role::LabelValue => self.key.word("value", text),
        };
        let new = self.builder.string(new.as_bytes());
        self.strings.insert((role, id), new);
        new
    }

    fn place(&mut self, function: StrId, file: StrId) -> (StrId, StrId) {
        let kept = self.names.keeps(self.dump.str(function));
        (self.string(Role::Function, function), self.string(Role::File { kept }, file))
    }

    fn frame(&mut self, id: FrameId) -> FrameId {
        let frame = match self.dump.frame(id) {
            Frame::Call { function, file, line, kind } => {
                let (function, file) = self.place(function, file);
                Frame::Call { function, file, line, kind }
            }
            Frame::Address(address) => Frame::Address(self.key.address(address, self.wide)),
            elided @ Frame::Elided(_) => elided,
        };
        self.builder.frame(frame)
    }

    fn head(&mut self, id: HeadId) -> HeadId {
        let head = self.dump.head(id);
        let state = self.string(Role::State, head.state);
        self.builder.head(Head { state, ..head })
    }

    fn creator(&mut self, id: CreatorId) -> CreatorId {
        let Some(creator) = self.dump.creator(id) else { return CreatorId::default() };
        let (function, file) = self.place(creator.function, creator.file);
        self.builder.creator(Creator { function, file, ..creator })
    }

    fn labels(&mut self, goroutine: Goroutine<'_>) -> LabelsId {
        let dump = self.dump;
        let labels = dump.label_ids(goroutine.row().labels).to_vec();
        let labels: Vec<(StrId, StrId)> = labels
            .into_iter()
            .map(|(key, value)| {
                (self.string(Role::LabelKey, key), self.string(Role::LabelValue, value))
            })
            .collect();
        self.builder.labels(&labels)
    }
}

/// A state that Go has, or its race detector; in place of others, which may be anything, what Go says when
/// it has no word.
fn state(text: &str) -> String {
    let known = wait::state(text).is_some() || text == "finished";
    if known { text } else { wait::UNKNOWN_REASON }.to_owned()
}
