//! The lines of a text as cells of a table: exports of log services.

use csv_core::ReadRecordResult;
use csv_core::Reader;
use csv_core::ReaderBuilder;

use super::clean::Clean;
use super::clean::Line;
use super::escape::push_logged;

/// Longest record, in bytes: a stray quote must not swallow the rest of a file.
const MAX_RECORD: usize = 16 << 20;
/// Most cells of a record that are looked at.
const MAX_CELLS: usize = 256;

/// A table, one of whose columns holds the text.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    /// The index of the column with the text.
    column: usize,
    record: Record,
    /// Where the lines of the record start, and the number of the first.
    starts: Vec<u64>,
    number: u64,
    /// A record was longer than [`MAX_RECORD`]: lines are records from now on.
    broken: bool,
}

/// A record as far as it was read.
#[derive(Clone, Debug)]
struct Record {
    reader: Box<Reader>,
    text: Vec<u8>,
    written: usize,
    /// Where in the text cells end.
    ends: Vec<usize>,
    cells: usize,
    ended: bool,
}

impl Record {
    fn new(delimiter: u8) -> Self {
        let reader = Box::new(ReaderBuilder::new().delimiter(delimiter).build());
        Self {
            reader,
            text: Vec::new(),
            written: 0,
            ends: vec![0; MAX_CELLS],
            cells: 0,
            ended: false,
        }
    }

    /// Reads on in `bytes`; whether the record has ended with them.
    fn feed(&mut self, bytes: &[u8]) -> bool {
        self.text.resize(self.written + bytes.len() + 1, 0);
        let text = self.text.get_mut(self.written..).unwrap_or_default();
        let ends = self.ends.get_mut(self.cells..).unwrap_or_default();
        let (result, _, written, cells) = self.reader.read_record(bytes, text, ends);
        self.written += written;
        self.cells += cells;
        // There are no more cells than that in a record.
        self.ended = matches!(result, ReadRecordResult::Record | ReadRecordResult::OutputEndsFull);
        self.ended
    }

    /// Reads `line` and its newline; whether the record has ended with them.
    fn feed_line(&mut self, line: &[u8]) -> bool {
        // No bytes at all would be the end of the table.
        (!line.is_empty() && self.feed(line)) || self.feed(b"\n")
    }

    /// Makes ready for the next record.
    fn clear(&mut self) {
        (self.written, self.cells, self.ended) = (0, 0, false);
        self.reader.reset();
    }

    /// The cells, an open one at the end too.
    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        let ends = self.ends.iter().take(self.cells).copied();
        let open = (!self.ended && self.cells < MAX_CELLS).then_some(self.written);
        ends.chain(open).map(move |end| {
            let cell = self.text.get(start..end).unwrap_or_default();
            start = end;
            cell
        })
    }
}

impl Cells {
    /// The table that `line` is a record of, with its header at `at`; and the values of its other cells.
    /// `None` if it is none.
    pub(super) fn learn(line: &[u8], at: usize) -> Option<(Self, Vec<Vec<u8>>)> {
        let before = line.get(..at)?;
        let (before, quoted) = match before.strip_suffix(b"\"") {
            Some(before) => (before, true),
            None => (before, false),
        };
        let delimiter = match before.last() {
            Some(delimiter @ (b',' | b';')) => *delimiter,
            // Without quotes the tab before a file would be the next cell.
            Some(b'\t') if quoted => b'\t',
            // The first column.
            None if quoted => {
                *b",;\t".iter().find(|byte| memchr::memchr(**byte, line).is_some())?
            }
            _ => return None,
        };
        let mut record = Record::new(delimiter);
        let whole = record.feed_line(line);
        if !whole && !quoted {
            return None;
        }
        let column = record.cells().position(|cell| cell.starts_with(b"goroutine"))?;
        let mut values: Vec<Vec<u8>> = record.cells().map(<[u8]>::to_vec).collect();
        if let Some(text) = values.get_mut(column) {
            text.clear();
        }
        record.clear();
        Some((Self { column, record, starts: Vec::new(), number: 0, broken: false }, values))
    }

    /// The table whose cells hold lines with prefixes of their own: `line`, with its header at `at`, is a
    /// record of it, and one of `others` has quotes around that cell.
    pub(super) fn among<'r>(
        line: &[u8],
        at: usize,
        mut others: impl Iterator<Item = &'r [u8]>,
    ) -> Option<(Self, Vec<Vec<u8>>)> {
        let quote = |delimiter: u8| move |pair: &[u8]| *pair == [delimiter, b'"'];
        let other = others.find_map(|row| {
            let delimiter = b",;\t".iter().find(|byte| row.windows(2).any(quote(**byte)))?;
            row.ends_with(b"\"").then_some((row, *delimiter))
        });
        let (other, delimiter) = other?;
        let mut record = Record::new(delimiter);
        if !record.feed_line(other) {
            return None;
        }
        let cells = record.cells;
        record.clear();
        if cells < 2 || !record.feed_line(line) || record.cells != cells {
            return None;
        }
        let start = record.ends.get(cells.checked_sub(2)?).copied()? + cells - 1;
        let mut values: Vec<Vec<u8>> = record.cells().map(<[u8]>::to_vec).collect();
        let last = values.last_mut()?;
        // The delimiters before the last cell tell that nothing was quoted there.
        if start > at || !line.ends_with(last) {
            return None;
        }
        last.clear();
        record.clear();
        let column = cells - 1;
        Some((Self { column, record, starts: Vec::new(), number: 0, broken: false }, values))
    }

    /// Peels `line`: see [`super::layer::Layer::read`].
    pub(super) fn read(
        &mut self,
        line: Line<'_>,
        clean: &mut Clean,
        each: &mut dyn FnMut(usize, &[u8]),
    ) -> bool {
        if self.record.written == 0 && self.record.cells == 0 {
            self.starts.clear();
            self.number = line.number;
        }
        self.starts.push(line.offset);
        let whole = self.record.feed_line(line.bytes);
        if !whole && !self.broken && self.record.written < MAX_RECORD {
            return true;
        }
        self.broken |= !whole;
        let Some(text) = self.record.cells().nth(self.column) else {
            self.record.clear();
            return false;
        };
        for (index, cell) in self.record.cells().enumerate() {
            if index != self.column {
                each(index, cell);
            }
        }
        self.push(text, clean);
        self.record.clear();
        true
    }

    /// What is left of a record whose end never came.
    pub(super) fn finish(&mut self) -> Option<Clean> {
        let mut clean = Clean::default();
        let text = self.record.cells().nth(self.column);
        self.push(text.filter(|text| !text.is_empty())?, &mut clean);
        self.record.clear();
        Some(clean)
    }

    /// Appends the lines of a cell.
    fn push(&self, text: &[u8], clean: &mut Clean) {
        let before = self.record.cells().take(self.column);
        let first: usize = before.map(|cell| memchr::memchr_iter(b'\n', cell).count()).sum();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for (index, bytes) in text.split(|byte| *byte == b'\n').enumerate() {
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            let index = first + index;
            let offset = self.starts.get(index).or(self.starts.last()).copied().unwrap_or(0);
            push_logged(Line { bytes, offset, number: self.number + index as u64 }, clean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peel(lines: &[&str], header: usize) -> Option<(String, Vec<(usize, String)>)> {
        let at = lines[header].find("goroutine").unwrap();
        let (mut cells, _) = Cells::learn(lines[header].as_bytes(), at)?;
        let mut clean = Clean::default();
        let mut others = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let line = Line { bytes: line.as_bytes(), offset: 0, number: index as u64 + 1 };
            cells.read(line, &mut clean, &mut |index, cell| {
                others.push((index, String::from_utf8_lossy(cell).into_owned()));
            });
        }
        clean.append(&cells.finish().unwrap_or_default());
        Some((String::from_utf8_lossy(&clean.text).into_owned(), others))
    }

    #[test]
    fn cells_of_one_line() {
        let lines = [
            "10:00,\"goroutine 7 [select, 3 minutes]:\"",
            "10:01,main.f(0x1)",
            "10:02,\"main.g(0x1, {0x2})\"",
            "10:03,\t/src/main.go:5 +0x1",
            "10:04,",
        ];
        let (text, others) = peel(&lines, 0).unwrap();
        assert_eq!(
            text,
            "goroutine 7 [select, 3 minutes]:\nmain.f(0x1)\nmain.g(0x1, {0x2})\n\t/src/main.go:5 +0x1\n\n"
        );
        assert_eq!(others[1], (0, "10:01".to_owned()));
    }

    #[test]
    fn a_dump_in_a_cell() {
        let lines = ["1,\"goroutine 7 [select]:", "main.f(\"\"x\"\")", "\t/src/main.go:5\",web"];
        let (text, others) = peel(&lines, 0).unwrap();
        assert_eq!(text, "goroutine 7 [select]:\nmain.f(\"x\")\n\t/src/main.go:5\n");
        assert_eq!(others, [(0, "1".to_owned()), (2, "web".to_owned())]);
        assert!(
            peel(&["\"goroutine 7 [select]:", "main.f()"], 0).is_none(),
            "one column is no table"
        );
    }

    #[test]
    fn cells_with_prefixes() {
        let lines: [&[u8]; 2] =
            [b"10:00,app[7]: goroutine 7 [select]:", b"10:01,\"app[7]: main.g(0x1, 0x2)\""];
        let (cells, values) = Cells::among(lines[0], 14, lines.into_iter()).unwrap();
        assert_eq!((cells.column, values), (1, vec![b"10:00".to_vec(), Vec::new()]));
        let prose = [lines[0], b"10:01,app[7]: said \"x\""];
        assert!(Cells::among(lines[0], 14, prose.into_iter()).is_none());
    }

    #[test]
    fn no_tables() {
        assert!(peel(&["web, goroutine 7 [select]:"], 0).is_none());
        assert!(peel(&["say \"goroutine 7 [select]:\""], 0).is_none());
    }
}
