//! One goroutine as it is collected.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::Delve;
use super::Known;
use super::grammar;
use super::grammar::{Call, Header, Kind, Location, Place};
use super::states::Told;
use crate::model::{
    CallKind, Creator, CreatorId, DumpBuilder, Frame, FrameId, Goroutine, Head, LabelsId, Row,
    StrId,
};
use crate::parse::lexical::number;
use crate::parse::tool_line::Line;

/// A line of at least so many bytes may have been wrapped at a width.
const WIDTH: usize = 60;

/// What was read of a goroutine.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) goid: u64,
    heading: Option<(Kind, u64)>,
    reason: StrId,
    on_thread: bool,
    creator: CreatorId,
    pub(super) labels: LabelsId,
    /// What its line says: the innermost frame, the innermost one that is not of the runtime, and where it
    /// began.
    inner: Option<FrameId>,
    user: Option<FrameId>,
    start: Option<FrameId>,
    frames: Vec<FrameId>,
    /// Frames that were begun, those before the first one that was printed included.
    pub(super) calls: u64,
    /// The call whose place is on the next line.
    call: Option<(u64, Vec<u8>)>,
    /// The line before is the place of a frame, and long.
    long_at: bool,
    pub(super) truncated: bool,
    /// The first frames are missing.
    pub(super) headless: bool,
    pub(super) cut: bool,
}

/// What the line of a goroutine says of its place and state: the kind of place, and a hash.
pub(super) fn heading(header: &Header<'_>) -> (Kind, u64) {
    let mut hasher = FxHasher::default();
    for part in [header.location.place.path, header.location.function, header.reason] {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    hasher.write_u32(header.location.place.line);
    (header.kind, hasher.finish())
}

/// Whether `text` is a line of Delve's whose end may be on the next one.
pub(super) fn is_broken(text: &[u8], open: Option<&Open>) -> bool {
    let text = text.strip_prefix(b"(dlv) ").map_or(text, <[u8]>::trim_ascii_start);
    let place = || text.starts_with(b"at ") && open.is_some_and(|open| open.call.is_some());
    let call = || {
        let (number, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
        !number.is_empty() && rest.starts_with(b"  0x") && open.is_some()
    };
    is_heading(text) || place() || call()
}

/// Whether `text` begins as the line of a goroutine.
pub(super) fn is_heading(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"(dlv) ").map_or(text, <[u8]>::trim_ascii_start);
    grammar::goroutine_start(text).is_ok()
}

/// Whether `text` tells of a frame: its variables, where it is, what it defers.
pub(super) fn is_detail(text: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[b"frame: ", b"defer ", b"deferred by ", b"error: ", b"at "];
    STARTS.iter().any(|start| text.starts_with(start))
        || memchr::memmem::find(text, b" = ").is_some_and(|at| {
            let name = text.get(..at).unwrap_or_default();
            !name.is_empty() && !name.iter().any(u8::is_ascii_whitespace)
        })
}

fn frame(builder: &mut DumpBuilder, pc: u64, function: &[u8], place: Place<'_>) -> FrameId {
    if function == b"?" {
        return builder.frame(Frame::Address(pc));
    }
    let function = builder.function(function);
    let file = if place.path == b"?" { &b""[..] } else { place.path };
    let file = builder.string(file);
    builder.frame(Frame::Call { function, file, line: place.line, kind: CallKind::Plain })
}

impl Open {
    /// A goroutine of which nothing but its id is known.
    pub(super) fn of_id(goid: u64) -> Self {
        Self { goid, ..Self::default() }
    }

    /// The goroutine whose line was read.
    pub(super) fn of_header(builder: &mut DumpBuilder, header: &Header<'_>) -> Self {
        let mut open = Self {
            goid: header.goid,
            heading: Some(heading(header)),
            reason: builder.string(header.reason),
            on_thread: header.on_thread,
            ..Self::default()
        };
        open.locate(builder, header.kind, &header.location);
        open
    }

    /// Takes in a location.
    pub(super) fn locate(&mut self, builder: &mut DumpBuilder, kind: Kind, at: &Location<'_>) {
        if kind == Kind::Go {
            // The main goroutine has none.
            if at.function != b"?" && at.function != b"runtime.newproc" {
                let function = builder.function(at.function);
                let file = builder.string(at.place.path);
                self.creator = builder.creator(Creator { function, file, line: at.place.line });
            }
            return;
        }
        let frame = frame(builder, at.pc, at.function, at.place);
        match kind {
            Kind::Runtime => self.inner = Some(frame),
            Kind::User => self.user = Some(frame),
            Kind::Start | Kind::Go => self.start = Some(frame),
        }
    }

    /// Begins a frame.
    pub(super) fn begin_call(&mut self, call: &Call<'_>) {
        self.call = Some((call.pc, call.function.to_vec()));
        self.calls = call.number + 1;
        self.long_at = false;
    }

    /// The place of the frame that was begun; without one it is that of something that is deferred.
    pub(super) fn end_at(&mut self, builder: &mut DumpBuilder, place: Place<'_>) {
        if let Some((pc, function)) = self.call.take() {
            self.frames.push(frame(builder, pc, &function, place));
            self.long_at = place.path.len() + 8 >= WIDTH;
        }
    }

    /// Ends a frame whose place is missing; `next` is the line before which it is.
    pub(super) fn end_call(&mut self, builder: &mut DumpBuilder, next: Option<&Line<'_>>) {
        let Some((pc, function)) = self.call.take() else { return };
        if let Some(next) = next {
            let what = "expected `at path:line` before this line";
            builder.problem(|| next.problem(what));
        }
        self.frames.push(frame(builder, pc, &function, Place { path: b"", line: 0 }));
    }

    /// Whether `text`, which says nothing by itself, is the rest of the line before it.
    pub(super) fn goes_on(&mut self, builder: &mut DumpBuilder, text: &[u8]) -> bool {
        if text.is_empty() {
            return false;
        }
        // `[sync.Mutex.Lock 183402193848]`, `(thread 4656)`
        let inside = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]"));
        let is_heading = self.heading.is_some() && self.calls == 0;
        if let (true, Some(Ok((_, reason)))) = (is_heading, inside.map(grammar::wait_reason)) {
            self.reason = builder.string(reason);
            return true;
        }
        if is_heading && text.starts_with(b"(thread ") && text.ends_with(b")") {
            self.on_thread = true;
            return true;
        }
        let is_name = !text.iter().any(u8::is_ascii_whitespace) && !text.starts_with(b"(");
        match &mut self.call {
            Some((_, function)) if is_name && function.len() + text.len() < 4096 => {
                function.extend_from_slice(text);
                true
            }
            None if self.long_at && text.iter().all(u8::is_ascii_digit) => {
                self.long_at = false;
                self.more_digits(builder, text)
            }
            _ => false,
        }
    }

    /// The rest of the last frame's line number.
    fn more_digits(&mut self, builder: &mut DumpBuilder, text: &[u8]) -> bool {
        let Some(last) = self.frames.last_mut() else { return false };
        let Frame::Call { function, file, line, kind } = builder.dump().frame(*last) else {
            return false;
        };
        let digits = [line.to_string().as_bytes(), text].concat();
        match number(&digits) {
            Ok((b"", line)) if line < u64::from(u32::MAX) => {
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                *last = builder.frame(Frame::Call { function, file, line, kind });
                true
            }
            _ => false,
        }
    }

    /// Whether its stack is known to be printed as far as it goes, or as far as was asked for.
    pub(super) fn is_whole(&self, builder: &DumpBuilder) -> bool {
        let dump = builder.dump();
        let outermost = self.frames.last().is_some_and(|last| match dump.frame(*last) {
            Frame::Call { function, .. } => dump.str(function) == "runtime.goexit",
            _ => false,
        });
        self.truncated || (outermost && self.call.is_none())
    }

    /// The stack: what was printed of it, or what the goroutine's line tells.
    fn stack(&mut self, builder: &mut DumpBuilder) -> Vec<FrameId> {
        let rest = builder.frame(Frame::Elided(None));
        let mut frames = std::mem::take(&mut self.frames);
        if !frames.is_empty() {
            if self.headless {
                frames.insert(0, rest);
            }
            if self.truncated {
                frames.push(rest);
                // Where it waits in the program may be further out.
                if let Some(user) = self.user.filter(|user| !frames.contains(user)) {
                    frames.extend([user, rest]);
                }
            }
            return frames;
        }
        match (self.inner, self.user) {
            (Some(inner), Some(user)) if inner != user => frames.extend([inner, rest, user]),
            (inner, user) => frames.extend(user.or(inner)),
        }
        frames.push(rest);
        frames.extend(self.start.filter(|_| frames.len() == 1));
        frames
    }
}

impl Delve {
    /// Adds the goroutine that was read; `next` is the line before which it ends.
    pub(super) fn push(&mut self, mut open: Open, next: Option<&Line<'_>>) {
        let builder = &mut self.builder;
        let cut = open.cut || open.call.is_some() && next.is_none();
        open.end_call(builder, next);
        let frames = open.frames.len();
        let stack = open.stack(builder);
        let durable = builder.dump().str(open.reason).ends_with("(durable)");
        let head = Head { state: open.reason, durable, cut, ..Head::default() };
        let row = Row {
            goid: open.goid,
            stack: builder.stack(&stack),
            head: builder.head(head),
            creator: open.creator,
            labels: open.labels,
            ..Row::default()
        };
        let told = Told {
            on_thread: open.on_thread,
            heading: open.heading.is_some(),
            stack: frames > 0 && !open.headless,
        };
        // Of a stack alone it is not known whose it is, but if a goroutine with that stack was read, it is
        // most likely that one.
        if open.goid == Row::NO_GOID && self.stacks.contains(&row.stack) {
            builder.account().repeated += 1;
            return;
        }
        let known = self.known.get(&open.goid).copied().filter(|_| open.goid != Row::NO_GOID);
        self.stacks.extend((open.goid != Row::NO_GOID && frames > 0).then_some(row.stack));
        if let Some(known) = known {
            self.again(known, &open, row, told, frames);
            return;
        }
        let index = builder.push(row);
        self.told.push(told);
        let account = builder.account();
        if cut {
            account.cut_off += 1;
        } else {
            account.whole += 1;
        }
        if open.goid != Row::NO_GOID {
            self.known.insert(open.goid, Known { index, frames, heading: open.heading });
        }
    }

    /// A goroutine that was read before is printed again: what is new of it is added.
    fn again(&mut self, known: Known, open: &Open, row: Row, told: Told, frames: usize) {
        let builder = &mut self.builder;
        builder.account().repeated += 1;
        let Some(old) = builder.dump().goroutine(known.index).map(Goroutine::row) else { return };
        let Some(was) = self.told.get_mut(known.index) else { return };
        let merged = Row {
            stack: if frames > known.frames { row.stack } else { old.stack },
            head: if open.heading.is_some() && !was.heading { row.head } else { old.head },
            creator: if row.creator == CreatorId::default() { old.creator } else { row.creator },
            labels: if row.labels == LabelsId::default() { old.labels } else { row.labels },
            ..old
        };
        builder.replace(known.index, merged);
        was.stack |= told.stack;
        was.on_thread |= told.on_thread;
        was.heading |= told.heading;
        let heading = open.heading.or(known.heading);
        let frames = frames.max(known.frames);
        self.known.insert(open.goid, Known { frames, heading, ..known });
    }
}
