//! Learns from the lines around a header how a text is wrapped.
//!
//! A sample of lines is peeled layer by layer. What a line may be told by (the words of its prefix, the
//! fields of its record) is then compared with which lines of a stack may follow which: words that differ
//! within one stack are free; words by which the lines fall into sequences that are each in order tell
//! processes apart; all others have been the same so far.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Wrapper;
use super::clean::Clean;
use super::clean::Line;
use super::csv::Cells;
use super::detect;
use super::layer::Layer;
use super::level::Level;
use super::markup;
use super::order::Kind;
use super::order::Order;
use super::rule::Rule;
use super::strings::Strings;
use crate::parse::scan::find_header;

/// Most layers that are peeled off a line.
const MAX_LAYERS: usize = 6;
/// Lines of a sample before and behind its header, and its bytes.
const BEFORE: usize = 48;
const BEHIND: usize = 192;
const MAX_BYTES: usize = 256 << 10;
/// Most values of a word that tells processes apart, in a sample.
const MAX_PROCESSES: usize = 48;
/// Most words and fields that are looked at.
const MAX_WORDS: usize = 64;

/// What was learned of a text.
pub(in crate::parse) enum Learned {
    /// How it is wrapped; of records, also which of their fields tell processes apart.
    Wrapped(Wrapper, Vec<usize>),
    /// Nothing: the header is no header, or a plain one.
    Plain,
    /// The sample is too short to say.
    More,
}

/// A line of the sample as far as it was peeled.
#[derive(Clone, Debug)]
struct Row {
    text: Vec<u8>,
    /// The words and fields of all layers so far: layer, index, value.
    words: Vec<(usize, usize, Vec<u8>)>,
    /// It holds the header.
    header: bool,
}

/// Learns how the lines of `text` are wrapped, of which one holds at byte `at` the start of a goroutine
/// header (`goroutine 7 [`) or of a profile header; `eof` if nothing follows it.
pub(in crate::parse) fn learn(text: &[u8], at: usize, eof: bool) -> Learned {
    let Some((rows, column)) = sample(text, at, eof) else { return Learned::More };
    let line = text.get(at..).unwrap_or_default().split(|byte| *byte == b'\n').next();
    let crlf = line.is_some_and(|line| line.ends_with(b"\r"));
    match learn_layers(rows, column, Vec::new()) {
        Some((mut levels, rows)) => {
            if levels.is_empty() && crlf {
                levels.push(Level::new(Layer::Crlf, Vec::new()));
            }
            match settle(levels, &rows) {
                Some(wrapper) if !wrapper.levels.is_empty() || wrapper.newest_first => {
                    Learned::Wrapped(wrapper, Vec::new())
                }
                Some(_) | None => Learned::Plain,
            }
        }
        None => Learned::Plain,
    }
}

/// Records of a document, to learn from.
#[derive(Debug, Default)]
pub(in crate::parse) struct Records {
    rows: Vec<Row>,
    fields: usize,
}

impl Records {
    /// Adds the lines of a record with these fields; `header`: one of them is the header to learn from.
    pub(in crate::parse) fn push(
        &mut self,
        text: &Clean,
        fields: &[(usize, Cow<'_, [u8]>)],
        header: bool,
    ) {
        let words: Vec<_> = fields.iter().map(|(at, value)| (0, *at, value.to_vec())).collect();
        self.fields = self.fields.max(fields.iter().map(|(at, _)| at + 1).max().unwrap_or(0));
        let mut header = header;
        text.lines(text.text.len(), |line| {
            let is_header = header && find_header(line.bytes, 0).is_some();
            header &= !is_header;
            if self.rows.len() < 8 * (BEFORE + BEHIND) {
                let text = line.bytes.to_vec();
                self.rows.push(Row { text, words: words.clone(), header: is_header });
            }
        });
    }
}

/// Learns which fields of the records tell processes apart, and how their lines are wrapped.
pub(in crate::parse) fn learn_records(records: Records) -> Learned {
    let header = records.rows.iter().find(|row| row.header);
    let Some(column) = header.and_then(|row| find_header(&row.text, 0)) else {
        return Learned::Plain;
    };
    // The fields are those of a layer of its own.
    let rules = vec![Rule::Equal(Vec::new()); records.fields.min(MAX_WORDS)];
    let fields = Level::new(Layer::Record, rules);
    let Some((levels, rows)) = learn_layers(records.rows, column, vec![fields]) else {
        return Learned::Plain;
    };
    let Some(mut wrapper) = settle(levels, &rows) else { return Learned::Plain };
    let fields = wrapper.levels.remove(0);
    let rules = fields.rules.iter().enumerate();
    let keys = rules.filter(|(_, rule)| **rule == Rule::Key).map(|(index, _)| index).collect();
    Learned::Wrapped(wrapper, keys)
}

/// Finds the layers around the header, which stands at `column` of its row, below the `levels` that are
/// known; with what is inside the rows. None if the header is none.
fn learn_layers(
    mut rows: Vec<Row>,
    mut column: usize,
    mut levels: Vec<Level>,
) -> Option<(Vec<Level>, Vec<Row>)> {
    while levels.len() < MAX_LAYERS {
        column = prefer_plain_header(&mut rows, column);
        let header = rows.iter().find(|row| row.header)?;
        let Some((layer, rules)) = next_layer(&rows, &header.text, column, &levels) else { break };
        let mut level = Level::new(layer, rules);
        rows = peel(&mut level, levels.len(), &rows);
        levels.push(level);
        let header = rows.iter().find(|row| row.header);
        column = header.and_then(|row| find_header(&row.text, 0)).unwrap_or(0);
    }
    if is_spaced(&rows) {
        let spaced = || Level::new(Layer::Spaced { dropped: true }, Vec::new());
        rows = peel(&mut spaced(), levels.len(), &rows);
        levels.push(spaced());
    }
    Some((levels, rows))
}

/// The column of the header to learn from. One that is only indented may be a line of a panic's value: if
/// another stands at the start of its line, that is taken instead.
fn prefer_plain_header(rows: &mut [Row], column: usize) -> usize {
    let header = rows.iter().position(|row| row.header);
    let is_indented = header
        .and_then(|at| rows.get(at)?.text.get(..column))
        .is_some_and(|before| !before.is_empty() && before.trim_ascii().is_empty());
    let is_plain =
        |row: &Row| Kind::of(&row.text) == Kind::Header && find_header(&row.text, 0) == Some(0);
    let Some(plain) = rows.iter().position(is_plain).filter(|_| is_indented) else { return column };
    for (index, row) in rows.iter_mut().enumerate() {
        row.header = index == plain;
    }
    0
}

/// The lines around the header at `at`, and its column; `None` if more must be read.
fn sample(text: &[u8], at: usize, eof: bool) -> Option<(Vec<Row>, usize)> {
    let start = memchr::memrchr(b'\n', text.get(..at)?).map_or(0, |newline| newline + 1);
    let row = |line: &[u8], header| Row {
        text: line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
        words: Vec::new(),
        header,
    };
    let before = text.get(start.saturating_sub(MAX_BYTES / 4)..start)?;
    let mut rows: Vec<Row> = Vec::new();
    let lines = before.split_inclusive(|byte| *byte == b'\n').rev().take(BEFORE);
    rows.extend(lines.map(|line| row(line.strip_suffix(b"\n").unwrap_or(line), false)));
    rows.reverse();
    let behind = text.get(start..)?;
    let mut read = 0;
    for (lines, line) in behind.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let enough = lines >= BEHIND || (lines > 0 && read > MAX_BYTES);
        if enough {
            return Some((rows, at - start));
        }
        if !line.ends_with(b"\n") && !eof {
            return None;
        }
        rows.push(row(line.strip_suffix(b"\n").unwrap_or(line), lines == 0));
        read += line.len();
    }
    eof.then_some((rows, at - start))
}

/// The next layer around the header at `column` of `line`, one of `rows`.
fn next_layer(
    rows: &[Row],
    line: &[u8],
    column: usize,
    levels: &[Level],
) -> Option<(Layer, Vec<Rule>)> {
    let has = |layer: fn(&Layer) -> bool| levels.iter().any(|level| layer(&level.layer));
    let near = || rows.iter().skip_while(|row| !row.header).take(16);
    if !has(|layer| matches!(layer, Layer::Control))
        && near().any(|row| markup::has_control(&row.text))
    {
        return Some((Layer::Control, Vec::new()));
    }
    let others = near().map(|row| row.text.as_slice());
    if !has(|layer| matches!(layer, Layer::Csv(_)))
        && let Some((cells, values)) = Cells::among(line, column, others)
    {
        return Some((Layer::Csv(cells), detect::equal(values)));
    }
    if let Some(found) = detect::layer(line, column) {
        // What a page puts into lines is undone first, but for strings, in which it was put last.
        let is_outside = matches!(
            found.0,
            Layer::Prefix(_) | Layer::Csv(_) | Layer::Quoted(_) | Layer::Escaped { json: false }
        );
        let string = Strings::around(line, column).map_or(line.len(), |value| value.range.start);
        let before = line.get(..string).unwrap_or_default();
        if !(is_outside && markup::has_markup(before)) {
            return Some(found);
        }
    }
    let has_markup = !has(|layer| matches!(layer, Layer::Markup))
        && near().any(|row| markup::has_markup(&row.text));
    if has_markup {
        return Some((Layer::Markup, Vec::new()));
    }
    detect::layer(line, column)
}

/// What is inside the `rows` that `level` wraps.
fn peel(level: &mut Level, depth: usize, rows: &[Row]) -> Vec<Row> {
    let mut peeled: Vec<Row> = Vec::new();
    let mut clean = Clean::default();
    let mut has_header = false;
    let mut words = Vec::new();
    for row in rows {
        has_header |= row.header;
        let mut found: Vec<(usize, usize, Vec<u8>)> = Vec::new();
        let line = Line { bytes: &row.text, offset: 0, number: 1 };
        let taken = level.layer.read(line, &mut clean, &mut |index, value| {
            if found.len() < MAX_WORDS {
                found.push((depth, index, value.to_vec()));
            }
        });
        if !taken {
            continue;
        }
        if words.is_empty() {
            words.clone_from(&row.words);
            words.extend(found);
        }
        if !clean.text.ends_with(b"\n") {
            continue;
        }
        clean.lines(clean.text.len().min(MAX_BYTES), |line| {
            let header = has_header && find_header(line.bytes, 0).is_some();
            has_header &= !header;
            peeled.push(Row { text: line.bytes.to_vec(), words: words.clone(), header });
        });
        clean.clear();
        words.clear();
        if has_header {
            // The layer swallowed it: there is none then.
            has_header = row.header;
        }
        if peeled.len() > 4 * (BEFORE + BEHIND) {
            break;
        }
    }
    peeled
}

/// Whether a blank line stands behind each line from the header on.
fn is_spaced(rows: &[Row]) -> bool {
    let mut lines = rows.iter().skip_while(|row| !row.header).map(|row| row.text.as_slice());
    let mut seen = 0;
    while let Some(line) = lines.next() {
        if !Kind::of(line).is_structure() {
            break;
        }
        match lines.next() {
            Some(blank) if blank.trim_ascii().is_empty() => seen += 1,
            Some(_) => return false,
            None => break,
        }
    }
    // A header alone, with a blank line behind it, is one that lost its frames.
    seen > 2
}

/// Settles what is known of words and fields; whether there is a dump at all.
fn settle(mut levels: Vec<Level>, rows: &[Row]) -> Option<Wrapper> {
    let kinds: Vec<Kind> = rows.iter().map(|row| Kind::of(&row.text)).collect();
    if !rows.iter().zip(&kinds).any(|(row, kind)| row.header && *kind != Kind::Other) {
        return None;
    }
    let together = Order::of(kinds.iter().copied());
    let everything = vec![Kind::Header; rows.len()];
    let mut varying: Vec<(usize, usize)> = Vec::new();
    for (depth, level) in levels.iter().enumerate() {
        for (index, rule) in level.rules.iter().enumerate() {
            // Of a record all fields are known from the start; of a log, the next line may tell more.
            let kinds = if level.layer.is_record() { &everything } else { &kinds };
            if *rule != Rule::Free && values(rows, kinds, (depth, index)).len() > 1 {
                varying.push((depth, index));
            }
        }
    }
    let keys = processes(rows, &kinds, &varying, together);
    for word in varying {
        let rule = if keys.contains(&word) { Rule::Key } else { Rule::Free };
        if let Some(known) = levels.get_mut(word.0).and_then(|level| level.rules.get_mut(word.1)) {
            *known = rule;
        }
    }
    let newest_first = keys.is_empty() && Order::is_backwards(&kinds);
    Some(Wrapper { levels, newest_first })
}

/// The values of a word in the rows that are lines of stacks or records.
fn values<'r>(rows: &'r [Row], kinds: &[Kind], word: (usize, usize)) -> HashSet<&'r [u8]> {
    let lines = rows.iter().zip(kinds).filter(|(_, kind)| kind.is_structure());
    lines.map(|(row, _)| value(row, word)).collect()
}

fn value(row: &Row, (depth, index): (usize, usize)) -> &[u8] {
    let found = row.words.iter().find(|(d, i, _)| (*d, *i) == (depth, index));
    found.map_or(&[], |(_, _, value)| value)
}

/// Those of the `varying` words that tell processes apart: with the lines of each in a sequence of their
/// own, the sequences are in better order than all lines `together`.
fn processes(
    rows: &[Row],
    kinds: &[Kind],
    varying: &[(usize, usize)],
    together: Order,
) -> Vec<(usize, usize)> {
    if together.wrong == 0 {
        return Vec::new();
    }
    let candidates: Vec<(usize, usize)> = varying
        .iter()
        .copied()
        .filter(|word| values(rows, kinds, *word).len() <= MAX_PROCESSES)
        .collect();
    let mut best: Option<(Order, Vec<(usize, usize)>)> = None;
    let single = candidates.iter().map(|word| vec![*word]);
    let all = (candidates.len() > 1).then(|| candidates.clone());
    for words in single.chain(all) {
        let key = |row: &Row| -> Vec<Vec<u8>> {
            words.iter().map(|word| value(row, *word).to_vec()).collect()
        };
        let processes: HashSet<_> = rows.iter().map(key).collect();
        let order = Order::apart(rows.iter().map(key).zip(kinds.iter().copied()));
        let better = match &best {
            Some((known, _)) => order.wrong < known.wrong,
            None => order.is_better_than(together, processes.len()),
        };
        if better {
            best = Some((order, words));
        }
    }
    best.map(|(_, words)| words).unwrap_or_default()
}
