//! Lines that were read before, so that a line of code is parsed only the first time it is seen.
//!
//! Nothing here changes what is read: with [`Known::hot`] off every line goes through the grammar, and
//! the dump is the same. Each memory is bounded by [`MAX_TEXTS`], all of them by [`MAX_BYTES`].

use memchr::memchr;
use memchr::memchr2;
use rustc_hash::FxHashMap;

use super::frame::offset;
use super::frame::pointers;
use crate::model::CallKind;
use crate::model::Creator;
use crate::model::CreatorId;
use crate::model::DumpBuilder;
use crate::model::Frame;
use crate::model::FrameId;
use crate::model::StrId;

/// Functions, file lines and frames that are remembered by their text, each. A large program has some
/// ten thousand lines of code in its stacks.
const MAX_TEXTS: usize = 1 << 16;
/// Bytes of all texts that are remembered. A text is in the dump itself already, so that without a limit
/// long ones would be held several times.
const MAX_BYTES: usize = 8 << 20;

/// A frame that was read before, as text.
#[derive(Clone, Debug)]
struct FrameText {
    function: Box<[u8]>,
    file: Box<[u8]>,
    id: FrameId,
    inlined: bool,
    /// Its arguments' words are evidence: see [`is_evidence`].
    evidence: bool,
    /// The text of the frame that followed it last time.
    next: u32,
}

/// A frame as it stands in a block of text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Its place in the memory, to be given to the next call.
    pub(super) known: u32,
    pub(super) id: FrameId,
    /// Where its arguments start in the text, and how long they are.
    pub(super) arguments: (usize, usize),
    pub(super) evidence: bool,
}

/// No text: the place before the first frame.
pub(super) const NONE: u32 = u32::MAX;

/// Memories of texts, by what they are.
#[derive(Debug)]
pub(super) struct Known {
    /// Whether the memories of sequences are used.
    pub(super) hot: bool,
    functions: FxHashMap<Box<[u8]>, StrId>,
    files: FxHashMap<Box<[u8]>, (StrId, u32)>,
    frames: FxHashMap<FrameId, u32>,
    texts: Vec<FrameText>,
    first: u32,
    /// Bytes that may still be remembered.
    room: usize,
}

impl Known {
    pub(super) fn new(hot: bool) -> Self {
        Self {
            hot,
            functions: FxHashMap::default(),
            files: FxHashMap::default(),
            frames: FxHashMap::default(),
            texts: Vec::new(),
            first: NONE,
            room: MAX_BYTES,
        }
    }

    /// Whether a text of so many bytes is to be remembered besides `count` others: then it is counted.
    fn has_room(&mut self, count: usize, bytes: usize) -> bool {
        let has_room = count < MAX_TEXTS && bytes <= self.room;
        if has_room {
            self.room -= bytes;
        }
        has_room
    }

    fn text(&self, known: u32) -> Option<&FrameText> {
        self.texts.get(known as usize)
    }

    /// The frame that followed `previous` last time, if `rest` starts with its text again; and the
    /// length of the text with its newline. `None` if it does not, or if the newline is not there.
    pub(super) fn predicted(&self, previous: u32, rest: &[u8]) -> Option<(Call, usize)> {
        if !self.hot {
            return None;
        }
        let next = self.text(previous).map_or(self.first, |text| text.next);
        let text = self.text(next)?;
        let arguments = rest.strip_prefix(&*text.function)?.strip_prefix(b"(")?;
        let newline = memchr(b'\n', arguments)?;
        let (arguments, file) = arguments.split_at(newline);
        let arguments = arguments.strip_suffix(b")")?;
        if (arguments == b"...") != text.inlined || memchr2(b'(', b')', arguments).is_some() {
            return None;
        }
        let tail = file.get(1..)?.strip_prefix(&*text.file)?;
        let end = memchr(b'\n', tail)?;
        if !is_tail(tail.get(..end)?) {
            return None;
        }
        let start = text.function.len() + 1;
        let call = Call {
            known: next,
            id: text.id,
            arguments: (start, arguments.len()),
            evidence: text.evidence,
        };
        Some((call, start + newline + 1 + text.file.len() + end + 1))
    }

    /// Interns the frame `function` in `file`, which followed `previous`. `file` is the text of its file
    /// line without offset, and what that was parsed to.
    pub(super) fn frame(
        &mut self,
        builder: &mut DumpBuilder,
        previous: u32,
        (function, inlined): (&[u8], bool),
        file: FileText<'_>,
    ) -> (u32, FrameId, bool) {
        let name = self.function(builder, function);
        let (path, line) = self.file(builder, file);
        let kind = if inlined { CallKind::Inlined } else { CallKind::Plain };
        let id = builder.frame(Frame::Call { function: name, file: path, line, kind });
        let evidence = is_evidence(function);
        let at = match self.frames.get(&id).copied() {
            Some(at) => at,
            None if self.has_room(self.texts.len(), function.len() + file.text.len()) => {
                let at = u32::try_from(self.texts.len()).unwrap_or(NONE);
                self.texts.push(FrameText {
                    function: function.into(),
                    file: file.text.into(),
                    id,
                    inlined,
                    evidence,
                    next: NONE,
                });
                self.frames.insert(id, at);
                at
            }
            None => NONE,
        };
        match self.texts.get_mut(previous as usize) {
            Some(text) => text.next = at,
            None => self.first = at,
        }
        (at, id, evidence)
    }

    /// Interns the creator `function` in `file`.
    pub(super) fn creator(
        &mut self,
        builder: &mut DumpBuilder,
        function: &[u8],
        file: FileText<'_>,
    ) -> CreatorId {
        let name = self.function(builder, function);
        let (path, line) = self.file(builder, file);
        builder.creator(Creator { function: name, file: path, line })
    }

    fn function(&mut self, builder: &mut DumpBuilder, function: &[u8]) -> StrId {
        if let Some(name) = self.functions.get(function) {
            return *name;
        }
        let name = builder.function(function);
        if self.has_room(self.functions.len(), function.len()) {
            self.functions.insert(function.into(), name);
        }
        name
    }

    fn file(&mut self, builder: &mut DumpBuilder, file: FileText<'_>) -> (StrId, u32) {
        if let Some(place) = self.files.get(file.text) {
            return *place;
        }
        let place = (builder.string(file.path), file.line);
        if self.has_room(self.files.len(), file.text.len()) {
            self.files.insert(file.text.into(), place);
        }
        place
    }
}

/// A file line's text without its offset, and its parts.
pub(super) type FileText<'i> = super::frame::FileLine<'i>;

/// Whether `tail` is what may follow a file line's number.
fn is_tail(tail: &[u8]) -> bool {
    let mut rest = match offset(tail) {
        Ok((rest, ())) => rest,
        Err(_) => tail,
    };
    for _ in 0..3 {
        if rest.is_empty() {
            return true;
        }
        match pointers(rest) {
            Ok((after, ())) => rest = after,
            Err(_) => return false,
        }
    }
    rest.is_empty()
}

/// Whether the words of a call of `function` are evidence for every goroutine: locks, `WaitGroup`,
/// `Cond` and `Once` live in package sync (internal/sync since Go 1.24).
fn is_evidence(function: &[u8]) -> bool {
    function.starts_with(b"sync.") || function.starts_with(b"internal/sync.")
}
