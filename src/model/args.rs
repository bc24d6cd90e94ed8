//! Argument words, eight bytes each: of a large dump there are as many as goroutines.

use std::ops::Range;

use super::stack::ArgWord;

/// Records whose words are looked through for those of one: as many as four bits number.
const BLOCK: u32 = 16;

/// Argument words by record and frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// From the lowest bit: 48 of the value, 6 of the frame, 5 of the position, whether it is exact, 4 of
    /// the record. Of those that do not fit the frame is [`WIDE`] and the value an index in `wide`.
    packed: Vec<u64>,
    wide: Vec<ArgWord>,
    /// Where in `packed` those of each [`BLOCK`] of records start, as far as any follow.
    starts: Vec<u32>,
}

const VALUE: u32 = 48;
const FRAME: u32 = 6;
const POSITION: u32 = 5;
const WIDE: u64 = mask(FRAME);

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

impl Words {
    pub(super) fn len(&self) -> usize {
        self.packed.len()
    }

    /// Adds a word of the record that the last ones are of, or of one behind it.
    #[inline]
    pub(super) fn push(&mut self, word: ArgWord) {
        let block = (word.row / BLOCK) as usize;
        debug_assert!(self.starts.len() <= block + 1, "record {} comes too late", word.row);
        if self.starts.len() <= block {
            let at = u32::try_from(self.packed.len()).unwrap_or(u32::MAX);
            self.starts.resize(block + 1, at);
        }
        let (frame, position) = (u64::from(word.frame), u64::from(word.position));
        let rest = u64::from(word.row % BLOCK) << 1 | u64::from(word.exact);
        if word.value <= mask(VALUE) && frame < WIDE && position <= mask(POSITION) {
            let rest = (rest << POSITION | position) << FRAME | frame;
            self.packed.push(rest << VALUE | word.value);
        } else {
            let at = self.wide.len() as u64;
            self.wide.push(word);
            self.packed.push((rest << POSITION << FRAME | WIDE) << VALUE | at);
        }
    }

    /// Gives back room that is not used.
    pub(super) fn shrink(&mut self) {
        self.packed.shrink_to_fit();
        self.wide.shrink_to_fit();
        self.starts.shrink_to_fit();
    }

    /// The words of one record.
    #[inline]
    pub(super) fn of(&self, row: u32) -> Args<'_> {
        self.records(row / BLOCK).find(|args| args.row == row).unwrap_or_default()
    }

    /// All words.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = ArgWord> {
        self.blocks().flat_map(move |block| {
            let words = self.block(block).iter();
            words.map(move |packed| unpack(*packed, &self.wide, block * BLOCK + row_of(*packed)))
        })
    }

    /// The words of each record that has any.
    #[inline]
    pub(super) fn by_record(&self) -> impl Iterator<Item = Args<'_>> {
        self.blocks().flat_map(|block| self.records(block))
    }

    /// The words of each record in a block that has any.
    #[inline]
    fn records(&self, block: u32) -> impl Iterator<Item = Args<'_>> {
        let records = self.block(block).chunk_by(|a, b| row_of(*a) == row_of(*b));
        records.map(move |packed| {
            let row = packed.first().map_or(0, |packed| row_of(*packed));
            Args { packed, wide: &self.wide, row: block * BLOCK + row }
        })
    }

    fn blocks(&self) -> Range<u32> {
        0..u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    fn block(&self, block: u32) -> &[u64] {
        let starts = self.starts.get(block as usize..).unwrap_or(&[]);
        let bound = |at: usize| starts.get(at).map_or(self.packed.len(), |start| *start as usize);
        self.packed.get(bound(0)..bound(1)).unwrap_or(&[])
    }
}

/// The number of the record in its block.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "four bits are left")]
fn row_of(packed: u64) -> u32 {
    (packed >> (VALUE + FRAME + POSITION + 1)) as u32
}

/// The word of the record `row`.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "fewer bits are left")]
fn unpack(packed: u64, wide: &[ArgWord], row: u32) -> ArgWord {
    let (value, rest) = (packed & mask(VALUE), packed >> VALUE);
    let frame = rest & mask(FRAME);
    if frame == WIDE {
        let wide = usize::try_from(value).ok().and_then(|at| wide.get(at));
        return ArgWord { row, ..wide.copied().unwrap_or_default() };
    }
    let rest = rest >> FRAME;
    ArgWord {
        row,
        frame: frame as u16,
        position: (rest & mask(POSITION)) as u8,
        exact: rest >> POSITION & 1 != 0,
        value,
    }
}

/// The argument words that were kept of one record, by frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Args<'d> {
    packed: &'d [u64],
    wide: &'d [ArgWord],
    row: u32,
}

impl<'d> Args<'d> {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.packed.is_empty()
    }

    /// Index of the record; 0 where there is no word.
    pub fn row(self) -> u32 {
        self.row
    }

    /// The words, by frame.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = ArgWord> + use<'d> {
        self.packed.iter().map(move |packed| unpack(*packed, self.wide, self.row))
    }
}

impl PartialEq for Args<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_width() {
        let values = [0x1000, (1 << 48) - 1, 1 << 48, u64::MAX];
        let mut all = Vec::new();
        for row in [0, 3, 15, 16, 100, 4000] {
            for (frame, position) in [(0, 0), (62, 31), (63, 0), (5, 32), (u16::MAX, u8::MAX)] {
                let words = values.iter().zip([true, false].into_iter().cycle());
                all.extend(words.map(|(value, exact)| ArgWord {
                    row,
                    frame,
                    position,
                    exact,
                    value: *value,
                }));
            }
        }
        let mut words = Words::default();
        for word in &all {
            words.push(*word);
        }
        assert_eq!(words.iter().collect::<Vec<_>>(), all);
        assert_eq!(words.by_record().flat_map(Args::iter).collect::<Vec<_>>(), all);
        for row in 0..4100 {
            let own: Vec<_> = all.iter().copied().filter(|word| word.row == row).collect();
            assert_eq!(words.of(row).iter().collect::<Vec<_>>(), own);
            assert_eq!(words.of(row).is_empty(), own.is_empty());
        }
    }
}
