//! What a profile says of single goroutines in labels: `CockroachDB`'s debug=3 and gdump's own.

use rustc_hash::FxHashMap;

use crate::model::{Bubble, Creator, DumpBuilder, Head, Row};
use crate::pprof::{Label, flags, keys};

/// A label that is no label of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Goroutine,
    State,
    Wait,
    CreatedBy,
    CreatedAt,
    Flags,
}

/// The keys by their index in the string table.
#[derive(Debug, Default)]
pub(super) struct Details(FxHashMap<i64, Key>);

/// What the labels of one sample say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found<'p> {
    goid: Option<u64>,
    state: &'p [u8],
    minutes: Option<u32>,
    creator_goid: u64,
    created_by: &'p [u8],
    created_at: &'p [u8],
    flags: &'p [u8],
}

impl Details {
    /// Those whose keys are in `strings`.
    pub(super) fn new(strings: &[Vec<u8>]) -> Self {
        let key = |text: &[u8]| {
            let text = std::str::from_utf8(text).ok()?;
            Some(match text {
                keys::GOROUTINE => Key::Goroutine,
                keys::STATE => Key::State,
                keys::WAIT => Key::Wait,
                keys::CREATED_BY => Key::CreatedBy,
                keys::CREATED_AT => Key::CreatedAt,
                keys::FLAGS => Key::Flags,
                _ => return None,
            })
        };
        let known = (0i64..).zip(strings).filter_map(|(at, text)| Some((at, key(text)?)));
        Self(known.collect())
    }

    /// Takes what `label`, whose string is `text`, says; false if it is a label of the program.
    pub(super) fn take<'p>(&self, label: &Label, text: &'p [u8], found: &mut Found<'p>) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let Some(key) = self.0.get(&label.key) else { return false };
        let number = label.num.cast_unsigned();
        match key {
            Key::Goroutine => found.goid = Some(number),
            Key::State => found.state = text,
            // Zero minutes is what Go does not print.
            Key::Wait => {
                found.minutes = u32::try_from(number).ok().filter(|minutes| *minutes > 0);
            }
            Key::CreatedBy if label.str != 0 => found.created_by = text,
            Key::CreatedBy => found.creator_goid = number,
            Key::CreatedAt => found.created_at = text,
            Key::Flags => found.flags = text,
        }
        true
    }
}

impl Found<'_> {
    /// Whether states and waits are those that Go keeps.
    pub(super) fn has_age(&self) -> bool {
        let printed = !self.state.is_empty() && !self.has_flag(flags::INFERRED);
        self.goid.is_some() || printed || self.minutes.is_some()
    }

    /// Whether the state is known not to be known: the frames do not tell it.
    pub(super) fn is_unknown(&self) -> bool {
        self.has_flag(flags::UNKNOWN)
    }

    fn has_flag(&self, flag: &str) -> bool {
        self.flags.split(|byte| *byte == b',').any(|other| other == flag.as_bytes())
    }

    /// Whether the sample is one goroutine.
    pub(super) fn is_one(&self) -> bool {
        self.goid.is_some()
    }

    /// `row` with all of it; `head` is what is known of all samples. `count` goroutines are meant.
    pub(super) fn fill(&self, row: Row, head: Head, count: i64, builder: &mut DumpBuilder) -> Row {
        let mut head = Head { minutes: self.minutes, ..head };
        head.state = builder.string(self.state);
        for flag in self.flags.split(|byte| *byte == b',') {
            set_flag(&mut head, flag.trim_ascii());
        }
        head.durable |= self.state.ends_with(b" (durable)");
        let creator = if self.created_by.is_empty() {
            row.creator
        } else {
            let (file, line) = place(self.created_at);
            let function = builder.function(self.created_by);
            let file = builder.string(file);
            builder.creator(Creator { function, file, line })
        };
        Row {
            goid: self.goid.filter(|_| count == 1).unwrap_or(Row::NO_GOID),
            creator_goid: self.creator_goid,
            creator,
            head: builder.head(head),
            ..row
        }
    }
}

fn set_flag(head: &mut Head, flag: &[u8]) {
    let Ok(flag) = std::str::from_utf8(flag) else { return };
    let id = |prefix: &str| flag.strip_prefix(prefix).and_then(|id| id.parse().ok());
    match flag {
        flags::INFERRED => head.inferred = true,
        flags::LEAKED => head.leaked = true,
        flags::SCAN => head.scan = true,
        flags::DURABLE => head.durable = true,
        flags::LOCKED => head.locked = true,
        flags::CUT => head.cut = true,
        _ => {
            let bubble = id(flags::BUBBLE).map(Bubble::Bubble);
            head.bubble = bubble.or_else(|| id(flags::GROUP).map(Bubble::Group)).or(head.bubble);
        }
    }
}

/// A file and a line: `/a/b.go:12`.
fn place(text: &[u8]) -> (&[u8], u32) {
    let colon = text.iter().rposition(|byte| *byte == b':');
    let Some((file, line)) = colon.and_then(|at| text.split_at_checked(at)) else {
        return (text, 0);
    };
    let line = line.get(1..).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    line.map_or((text, 0), |line| (file, line))
}
