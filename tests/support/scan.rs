//! A second opinion: counts what is in a dump with a few lines of its own, which share nothing with
//! the parsers.

use std::collections::BTreeMap;

/// The header of a goroutine at debug=2, as far as it can be told without a parser.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Header {
    pub(crate) goid: u64,
    /// The text between the brackets up to the first comma or closing bracket.
    pub(crate) state: String,
    /// Byte offset of the header's line.
    pub(crate) at: usize,
}

/// Every line that begins like a goroutine's header: `goroutine `, digits, perhaps ` gp=… m=…`, ` [`.
pub(crate) fn headers(text: &[u8]) -> Vec<Header> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some((goid, rest)) = header(line) {
            let end = rest.iter().position(|byte| matches!(byte, b',' | b']' | b'\n'));
            let state = String::from_utf8_lossy(&rest[..end.unwrap_or(rest.len())]);
            let state = state.split(" labels:{").next().unwrap_or("").to_owned();
            found.push(Header { goid, state, at });
        }
        at += line.len();
    }
    found
}

fn header(line: &[u8]) -> Option<(u64, &[u8])> {
    let line = line.strip_prefix(b"goroutine ")?;
    let digits = line.iter().position(|byte| !byte.is_ascii_digit())?;
    let goid = std::str::from_utf8(&line[..digits]).ok()?.parse().ok()?;
    let rest = &line[digits..];
    if let Some(rest) = rest.strip_prefix(b" [") {
        return Some((goid, rest));
    }
    let bracket = rest.windows(2).position(|pair| pair == b" [")?;
    rest.starts_with(b" gp=").then(|| (goid, &rest[bracket + 2..]))
}

/// Totals of a debug=1 text: what its header says, the sum of the records' counts, and the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Debug1 {
    pub(crate) stated: i64,
    pub(crate) counted: i64,
    pub(crate) records: usize,
    /// Goroutines of records without a program counter: Go's leak profile counts what is none.
    pub(crate) empty: i64,
}

/// Totals of `text` if it begins as debug=1 does.
pub(crate) fn debug1(text: &[u8]) -> Option<Debug1> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    let (name, stated) = lines.next()?.split_once(" profile: total ")?;
    let stated = stated.trim_end().parse().ok().filter(|_| !name.is_empty())?;
    let records: Vec<(i64, bool)> = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" @"))
        .filter_map(|(count, pcs)| Some((count.parse().ok()?, pcs.trim().is_empty())))
        .collect();
    let sum = |only_empty: bool| {
        records.iter().filter(|(_, empty)| *empty || !only_empty).map(|(count, _)| count).sum()
    };
    Some(Debug1 { stated, counted: sum(false), records: records.len(), empty: sum(true) })
}

/// Sums of an unpacked `profile.proto`: the type of its samples, their values, and their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proto {
    pub(crate) kind: String,
    pub(crate) total: i64,
    pub(crate) samples: usize,
}

/// Walks the message with nothing but the wire format; `None` if it is no whole profile.
pub(crate) fn proto(message: &[u8]) -> Option<Proto> {
    let mut strings = Vec::new();
    let mut kinds = Vec::new();
    let mut values = Vec::new();
    for (field, wire) in fields(message)? {
        match (field, wire) {
            (1, Wire::Bytes(kind)) => {
                let found = fields(kind)?.into_iter().find_map(|(field, wire)| match wire {
                    Wire::Number(index) if field == 1 => Some(index),
                    _ => None,
                });
                kinds.push(found.unwrap_or(0));
            }
            (2, Wire::Bytes(sample)) => values.push(sample_value(sample)?),
            (6, Wire::Bytes(text)) => strings.push(String::from_utf8_lossy(text).into_owned()),
            _ => {}
        }
    }
    let kind = strings.get(usize::try_from(*kinds.first()?).ok()?)?.clone();
    Some(Proto { kind, total: values.iter().sum(), samples: values.len() })
}

fn sample_value(sample: &[u8]) -> Option<i64> {
    let mut sum = 0;
    for (field, wire) in fields(sample)? {
        match (field, wire) {
            (2, Wire::Number(value)) => sum += value.cast_signed(),
            (2, Wire::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    sum += varint(&mut packed)?.cast_signed();
                }
            }
            _ => {}
        }
    }
    Some(sum)
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

fn fields(mut message: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let wire = match key & 7 {
            0 => Wire::Number(varint(&mut message)?),
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                let (head, rest) = message.split_at_checked(length)?;
                message = rest;
                Wire::Bytes(head)
            }
            kind @ (1 | 5) => {
                message = message.get(if kind == 1 { 8 } else { 4 }..)?;
                Wire::Fixed
            }
            _ => return None,
        };
        found.push((key >> 3, wire));
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in 0..10 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << (7 * shift);
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// How often each item occurs.
pub(crate) fn tally<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

#[test]
fn headers_are_told_from_what_looks_like_them() {
    let text = b"goroutine 1 [running]:\n goroutine 2 [select]:\ngoroutine 3 gp=0x1 m=nil [IO wait, 2 minutes]:\n\
        goroutine profile: total 4\ngoroutine 5 running]:\ngoroutine 6 [chan rec";
    let found: Vec<_> =
        headers(text).into_iter().map(|header| (header.goid, header.state)).collect();
    assert_eq!(found, [(1, "running".into()), (3, "IO wait".into()), (6, "chan rec".into())]);
}

/// The goroutines in the text of another tool than Go's runtime, and `None` for what is none: for each tool
/// by the words that stand before each of them.
pub(crate) fn tools(text: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(text);
    let lines = || text.lines().map(|line| line.trim_start_matches(['>', ' ', '\t', '*']));
    let int = |count: usize| Some(i64::try_from(count).unwrap());
    if lines().any(|line| line.starts_with("PeriodType: goroutine")) {
        let samples = text.split_once("Samples:")?.1.split("Locations").next()?;
        let counts = samples.lines().filter_map(|line| {
            let (count, rest) = line.trim_start().split_once(": ")?;
            let ids = rest.split_whitespace().all(|id| id.parse::<u64>().is_ok());
            count.parse::<i64>().ok().filter(|_| ids)
        });
        return Some(counts.sum());
    }
    if lines().any(|line| line.starts_with("Type: goroutine")) {
        let count = |line: &str| line.trim_start().split_once("   ")?.0.parse::<i64>().ok();
        return Some(text.lines().filter_map(count).sum());
    }
    if text.contains("WARNING: DATA RACE") {
        let is_header = headers(text.as_bytes());
        if is_header.is_empty() {
            let accesses =
                text.matches(" by goroutine ").count() + text.matches(" by main goroutine").count();
            return int(accesses);
        }
        return int(is_header.len());
    }
    let delve = |line: &&str| {
        line.trim_start_matches("(dlv) ").trim_start_matches(['*', ' ']).starts_with("Goroutine ")
    };
    let mut all: Vec<_> =
        lines().filter(delve).map(|line| line.split_once("Goroutine ").unwrap().1).collect();
    if all.is_empty() {
        // Stacks alone, each of another goroutine.
        let first = |line: &&str| line.starts_with("0  0x");
        return int(lines().filter(first).count()).filter(|count| *count > 0);
    }
    // One that is printed again is counted each time, also where only its stack was asked for.
    all.retain(|line| {
        line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("(unreadable")
    });
    let asked = lines()
        .zip(lines().skip(1))
        .filter(|(before, line)| before.starts_with("(dlv) ") && line.starts_with("0  0x"));
    int(all.len() + asked.count())
}
