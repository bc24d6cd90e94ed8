//! Frame lines that were read before, and which came next.
//!
//! Most lines of a profile are repeated many times, in the same order: the line that is likely to come is
//! compared, so that neither its end is looked for nor its text hashed.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::FrameId;

/// Lines that are remembered: a large program has some ten thousand lines of code in its stacks.
const MAX_LINES: usize = 1 << 16;

/// Lines that came after a line, of which is known: as many as the ways on from a call mostly are.
const NEXT: usize = 2;

/// The place of a line in [`Known`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(u32);

/// What a frame line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) frame: FrameId,
    pub(super) pc: u64,
}

/// Frame lines by their text.
#[derive(Debug)]
pub(super) struct Known {
    /// The first is no line, but what comes before the first line of a record.
    lines: Vec<Seen>,
    /// By the hash of the text. Of two lines with one hash the second is not remembered.
    index: FxHashMap<u64, u32>,
}

#[derive(Debug)]
struct Seen {
    text: Box<[u8]>,
    said: Said,
    /// The lines that came next, the last one first; 0 for none.
    next: [u32; NEXT],
}

impl Known {
    pub(super) fn new() -> Self {
        let said = Said { frame: FrameId::default(), pc: 0 };
        let start = Seen { text: Box::default(), said, next: [0; NEXT] };
        Self { lines: vec![start], index: FxHashMap::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.len() == 1
    }

    /// The line that `rest` starts with, if it came after the line at `before` and is whole: its place,
    /// what it says, and its length with the newline.
    pub(super) fn predicted(&self, before: Place, rest: &[u8]) -> Option<(Place, Said, usize)> {
        let next = self.lines.get(before.0 as usize)?.next;
        next.into_iter().filter(|at| *at != 0).find_map(|at| {
            let line = self.lines.get(at as usize)?;
            let after = rest.strip_prefix(&*line.text)?;
            (after.first() == Some(&b'\n')).then_some((Place(at), line.said, line.text.len() + 1))
        })
    }

    /// The line with the text `text`, without its newline, which came after the line at `before`.
    pub(super) fn get(&mut self, before: Place, text: &[u8]) -> Option<(Place, Said)> {
        let at = *self.index.get(&FxBuildHasher.hash_one(text))?;
        let said = self.lines.get(at as usize).filter(|line| *line.text == *text)?.said;
        self.follow(before, at);
        Some((Place(at), said))
    }

    /// Remembers the line with the text `text`, which is not known yet; its place.
    pub(super) fn insert(&mut self, before: Place, text: &[u8], said: Said) -> Place {
        let hash = FxBuildHasher.hash_one(text);
        let Ok(at) = u32::try_from(self.lines.len()) else { return Place::default() };
        if self.lines.len() > MAX_LINES || self.index.contains_key(&hash) {
            return Place::default();
        }
        self.lines.push(Seen { text: text.into(), said, next: [0; NEXT] });
        self.index.insert(hash, at);
        self.follow(before, at);
        Place(at)
    }

    /// Notes that the line at `at` came after the one at `before`.
    fn follow(&mut self, before: Place, at: u32) {
        if let Some(line) = self.lines.get_mut(before.0 as usize) {
            let [first, _] = line.next;
            if first != at {
                line.next = [at, first];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_ways_on_are_predicted() {
        let mut known = Known::new();
        let said = |pc| Said { frame: FrameId::default(), pc };
        let start = Place::default();
        let a = known.insert(start, b"#\ta", said(1));
        let b = known.insert(a, b"#\tb", said(2));
        let c = known.insert(a, b"#\tc", said(3));
        assert_eq!(known.predicted(start, b"#\ta\n#\tb\n"), Some((a, said(1), 4)));
        assert_eq!(known.predicted(a, b"#\tb\n"), Some((b, said(2), 4)));
        assert_eq!(known.predicted(a, b"#\tc\n"), Some((c, said(3), 4)));
        // It may go on, or be another one.
        for rest in [&b"#\tb"[..], b"#\tbb\n", b"", b"#\ta\n"] {
            assert_eq!(known.predicted(a, rest), None, "{rest:?}");
        }
        assert_eq!(known.get(a, b"#\ta"), Some((a, said(1))));
        assert_eq!(known.predicted(a, b"#\ta\n"), Some((a, said(1), 4)));
        assert_eq!(known.predicted(a, b"#\tb\n"), None);
        assert_eq!(known.get(a, b"#\td"), None);
    }
}
