//! Numbers, sizes and waits in words, and names cut to the room there is.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::view::WaitStats;

/// `n` with thousands separators.
pub fn number(n: impl Into<i128>) -> String {
    let n: i128 = n.into();
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `n` with a noun: `1 goroutine`, `2,000 goroutines`.
pub fn counted(n: impl Into<i128>, noun: &str) -> String {
    let n: i128 = n.into();
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(n))
}

/// What a series of dumps with these names is called.
pub fn series_name(dumps: &[crate::model::Dump]) -> String {
    match dumps {
        [] => "no dump".to_owned(),
        [one] => one.name.clone(),
        [first, .., last] => format!("{} … {}", first.name, last.name),
    }
}

/// A size: `199 kB`, `67.1 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return counted(bytes, "byte");
    }
    let (mut unit, mut scale) = ("kB", 1000u64);
    for next in UNITS.into_iter().skip(1) {
        // One less than a thousand is still written in the smaller unit, unless it rounds up to it.
        if bytes < scale.saturating_mul(1000) - scale / 2 {
            break;
        }
        (unit, scale) = (next, scale.saturating_mul(1000));
    }
    let tenths = (u128::from(bytes) * 10 + u128::from(scale) / 2) / u128::from(scale);
    if tenths < 1000 && !tenths.is_multiple_of(10) {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5 * u128::from(tenths >= 1000)) / 10)
    }
}

/// A wait in minutes: `2m`, `3h12m`, `2d4h`.
pub fn wait(minutes: u32) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, m) => format!("{m}m"),
        (0, h, 0) => format!("{h}h"),
        (0, h, m) => format!("{h}h{m}m"),
        (d, 0, _) => format!("{d}d"),
        (d, h, _) => format!("{d}d{h}h"),
    }
}

/// The range of known waits: `2m–3h12m`; `None` if none is known.
pub fn range(stats: &WaitStats) -> Option<String> {
    let (min, max) = (stats.min?, stats.max?);
    Some(if min == max { wait(min) } else { format!("{}–{}", wait(min), wait(max)) })
}

/// Columns that `text` takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// `text` cut at its end to `width` columns, with `…`.
pub fn cut_end(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    let mut out: String = text.chars().take_while(fits).collect();
    if width > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// `text` cut at its start to `width` columns, with `…`.
pub fn cut_start(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    let kept: Vec<char> = text.chars().rev().take_while(fits).collect();
    let dots = if width > 0 { Some('…') } else { None };
    Cow::Owned(dots.into_iter().chain(kept.into_iter().rev()).collect())
}

/// A function's name in at most `width` columns: without the directories of its package if need be,
/// then, if it may be `cut`, without its start, since its end says most.
pub fn function(name: &str, width: usize, cut: bool) -> Cow<'_, str> {
    if columns(name) <= width {
        return Cow::Borrowed(name);
    }
    let path_end = name.find(['[', '(']).unwrap_or(name.len());
    let path = name.get(..path_end).unwrap_or(name);
    let short = path.rfind('/').and_then(|slash| name.get(slash + 1..)).unwrap_or(name);
    if cut { cut_start(short, width) } else { Cow::Borrowed(short) }
}

/// `file:line` in at most `width` columns if the file's own name allows: directories are left out from
/// the left.
pub fn location(file: &str, line: u32, width: usize) -> String {
    if file.is_empty() {
        return String::new();
    }
    let tail = if line == 0 { String::new() } else { format!(":{line}") };
    let room = width.saturating_sub(columns(&tail));
    let mut shown = file;
    // Each part is measured once: a path may have any number of them.
    let mut taken = columns(shown);
    while taken > room {
        let Some((_, rest)) = shown.trim_start_matches(['/', '\\']).split_once(['/', '\\']) else {
            break;
        };
        let gone = shown.get(..shown.len() - rest.len()).unwrap_or_default();
        taken = taken.saturating_sub(columns(gone));
        shown = rest;
    }
    format!("{shown}{tail}")
}

/// `text` in lines of at most `width` columns, broken between words.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sizes_and_waits() {
        assert_eq!(number(1_365_346), "1,365,346");
        assert_eq!(number(-1000), "-1,000");
        assert_eq!(number(999), "999");
        assert_eq!(counted(1, "goroutine"), "1 goroutine");
        let sizes = [999, 1000, 199_400, 999_999, 67_108_864, 1_040_000_000].map(size);
        assert_eq!(sizes, ["999 bytes", "1 kB", "199 kB", "1 MB", "67.1 MB", "1 GB"]);
        assert_eq!([2, 192, 120, 3120, 1440].map(wait), ["2m", "3h12m", "2h", "2d4h", "1d"]);
    }

    #[test]
    fn names_keep_what_says_most() {
        let name = "github.com/prometheus/prometheus/scrape.(*scrapeLoop).run";
        assert_eq!(function(name, 80, true), name);
        assert_eq!(function(name, 30, true), "scrape.(*scrapeLoop).run");
        assert_eq!(function(name, 12, true), "…peLoop).run");
        assert_eq!(location("/home/a/src/svc/main.go", 189, 16), "svc/main.go:189");
        assert_eq!(location("/home/a/src/svc/main.go", 189, 3), "main.go:189");
        assert_eq!(location("C:/a/b/main.go", 1, 11), "b/main.go:1");
        assert_eq!(cut_end("日本語", 5), "日本…");
        assert_eq!(
            location(&format!("{}日本/main.go", "a/".repeat(200_000)), 1, 14),
            "日本/main.go:1"
        );
    }
}
