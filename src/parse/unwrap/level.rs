//! A layer of a wrapper at work: its rules say which lines belong to one text, and what of a line has not
//! ended yet is kept for the layer below.

use indexmap::IndexMap;

use super::clean::Clean;
use super::clean::Line;
use super::layer::Layer;
use super::rule::Rule;

/// A line between two layers that is longer than this is passed on in pieces.
const MAX_PENDING: usize = 64 << 20;

/// Whether a line is wrapped as the wrapper says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) enum Fit {
    /// It is, and was peeled.
    Taken,
    /// It is, but a word of it that was the same in all lines is another now.
    Changed,
    /// It is not.
    Foreign,
}

/// A layer at work.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) layer: Layer,
    /// What is known of each word or field.
    pub(super) rules: Vec<Rule>,
    /// Lines whose end has not come, by what tells their process.
    pending: IndexMap<Box<[u8]>, Clean>,
    /// Room for the text of one line.
    room: Clean,
}

/// What peeled lines are given to: what tells their process, and the line.
pub(in crate::parse) type Emit<'e> = dyn FnMut(&[u8], Line<'_>) + 'e;

impl Level {
    pub(super) fn new(layer: Layer, rules: Vec<Rule>) -> Self {
        Self { layer, rules, pending: IndexMap::new(), room: Clean::default() }
    }

    /// Peels `line`; what tells its process is added to `key`, its text to `self.room`.
    fn open(&mut self, line: Line<'_>, key: &mut Vec<u8>) -> Fit {
        self.room.clear();
        let mut same = true;
        let mut keys: Vec<(usize, Vec<u8>)> = Vec::new();
        let rules = &self.rules;
        let taken =
            self.layer.read(line, &mut self.room, &mut |index, value| match rules.get(index) {
                Some(Rule::Equal(known)) => same &= known == value,
                Some(Rule::Key) => keys.push((index, value.to_vec())),
                Some(Rule::Free) | None => {}
            });
        if !taken {
            return Fit::Foreign;
        }
        if !same {
            return Fit::Changed;
        }
        // The fields of a record may stand in any order.
        keys.sort_unstable();
        for (_, value) in keys {
            key.extend_from_slice(&value);
            key.push(0);
        }
        Fit::Taken
    }
}

/// Peels `line` by all `levels`, the outermost first, and gives what is inside to `emit`.
pub(super) fn peel(
    levels: &mut [Level],
    line: Line<'_>,
    key: &mut Vec<u8>,
    emit: &mut Emit<'_>,
) -> Fit {
    let Some((level, inner)) = levels.split_first_mut() else {
        emit(key, line);
        return Fit::Taken;
    };
    let before = key.len();
    let fit = level.open(line, key);
    let fit = if fit == Fit::Taken { hand_down(level, inner, key, emit) } else { fit };
    key.truncate(before);
    fit
}

/// Gives the whole lines in the room of `level` to the `inner` ones.
fn hand_down(
    level: &mut Level,
    inner: &mut [Level],
    key: &mut Vec<u8>,
    emit: &mut Emit<'_>,
) -> Fit {
    let mut text = std::mem::take(&mut level.room);
    let mut whole = memchr::memrchr(b'\n', &text.text).map_or(0, |newline| newline + 1);
    let mut fragments = false;
    if let Some(mut pending) = level.pending.swap_remove(key.as_slice()) {
        // Only what is new is searched for a newline, so that a line in many fragments costs no more
        // than its length.
        whole = if whole > 0 { pending.text.len() + whole } else { 0 };
        pending.append(&text);
        std::mem::swap(&mut text, &mut pending);
        level.room = pending;
        fragments = true;
    }
    if text.text.len() > MAX_PENDING && whole == 0 {
        whole = text.text.len();
    }
    let mut fit = if whole == 0 { Fit::Taken } else { Fit::Foreign };
    let mut start = 0;
    text.lines(whole, |line| {
        let inside = if fragments {
            // Each fragment of a line has its own place in the input.
            let at = Line { offset: start as u64, ..line };
            peel(inner, at, key, &mut |key, line| {
                let at = usize::try_from(line.offset).unwrap_or(usize::MAX);
                let (offset, number) = text.place(at);
                emit(key, Line { offset, number, ..line });
            })
        } else {
            peel(inner, line, key, emit)
        };
        let rest = text.text.get(start..).unwrap_or_default();
        start += memchr::memchr(b'\n', rest).unwrap_or(rest.len()) + 1;
        // The layers below decide whether lines belong: it is enough if one does.
        fit = match (fit, inside) {
            (Fit::Taken, _) | (_, Fit::Taken) => Fit::Taken,
            (Fit::Changed, _) | (_, Fit::Changed) => Fit::Changed,
            (Fit::Foreign, Fit::Foreign) => Fit::Foreign,
        };
    });
    text.drain(whole);
    if text.text.is_empty() {
        level.room = text;
    } else {
        level.pending.insert(key.as_slice().into(), text);
    }
    fit
}

/// Passes on what is left of lines whose end never came.
pub(super) fn finish(levels: &mut [Level], emit: &mut Emit<'_>) {
    let mut levels = levels;
    while let Some((level, inner)) = levels.split_first_mut() {
        if let Some(rest) = level.layer.finish() {
            level.room = rest;
            let mut key = Vec::new();
            hand_down(level, inner, &mut key, emit);
        }
        for (key, text) in std::mem::take(&mut level.pending) {
            text.lines(text.text.len(), |line| {
                peel(inner, line, &mut key.to_vec(), emit);
            });
        }
        levels = inner;
    }
}
