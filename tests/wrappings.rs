//! Whatever logs, consoles, pages and exports put around a dump: it gives the goroutines of the bare dump,
//! or gdump says that something is missing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gdump::model::{Dump, Frame};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{bytes, files, parse, root};

/// A way to wrap a text; the number varies what it does.
type Wrap = fn(&str, usize) -> String;

/// What is done to each line.
const LINES: &[(&str, Wrap)] = &[
    ("CRLF", |text, _| each(text, |_, line| format!("{line}\r"))),
    ("a constant prefix", |text, n| {
        let prefix =
            ["web-1  | ", "[pod/web-7d9f/app] ", "stderr: ", "> ", "app[123]: ", "# "][n % 6];
        each(text, |_, line| format!("{prefix}{line}"))
    }),
    ("a time stamp", |text, n| {
        each(text, |i, line| {
            let (second, milli) = (i / 1000 % 60, i % 1000);
            match n % 4 {
                0 => format!("2026/11/30 10:00:{second:02}.{milli:03} {line}"),
                1 => format!("Nov 30 10:00:{second:02} host app[77]: {line}"),
                2 => format!("2026-11-30T10:00:{second:02}.{milli:03}Z {line}"),
                _ => format!("I1130 10:00:{second:02}.{milli:06}       1 main.go:12] {line}"),
            }
        })
    }),
    ("an elapsed time", |text, _| {
        each(text, |i, line| format!("+{}.{:02}s {line}", i * 137 / 100, i * 137 % 100))
    }),
    ("a counter", |text, n| {
        let start = [1, 95, 995][n % 3];
        each(text, |i, line| match n / 3 % 3 {
            0 => format!("{}:{line}", start + i),
            1 => format!("{:>6}\t{line}", start + i),
            _ => format!("{:>4}  {line}", start + i),
        })
    }),
    ("a thread", |text, n| {
        each(text, |i, line| format!("[{:08x}] {line}", (i % 7) * 0x25 + 1000 + n))
    }),
    ("colors", |text, n| {
        each(text, |_, line| match n % 3 {
            0 => format!("\u{1b}[36mweb | \u{1b}[0m{line}"),
            1 => format!("{line}\u{1b}[K"),
            _ => line.replace("goroutine ", "\u{1b}[01;31m\u{1b}[Kgoroutine \u{1b}[m\u{1b}[K"),
        })
    }),
    ("tabs that became blanks", |text, n| {
        let blanks = ["        ", " ", "\u{a0}\u{a0}", "&nbsp;&nbsp;", ""][n % 5];
        each(text, |_, line| line.replacen('\t', blanks, usize::from(line.starts_with('\t'))))
    }),
    ("indentation", |text, n| {
        let blanks = " ".repeat(1 + n % 8);
        each(text, |_, line| format!("{blanks}{line}").trim_end().to_owned())
    }),
    ("indented bodies", |text, _| {
        each(text, |_, line| match line {
            "" => String::new(),
            line if line.starts_with("goroutine ") => line.to_owned(),
            line => format!("    {line}"),
        })
    }),
    ("double spacing", |text, _| each(text, |_, line| format!("{line}\n"))),
    ("stars that became underscores", |text, _| text.replace("(*", "(_")),
    ("boxes", |text, _| each(text, |_, line| format!("\u{2502} {line:<80} \u{2502}"))),
    ("wrapped lines", |text, n| {
        let width = 50 + n % 80;
        each(text, |_, line| {
            let characters: Vec<char> = line.chars().collect();
            let pieces: Vec<String> =
                characters.chunks(width).map(|c| c.iter().collect()).collect();
            pieces.join("\n")
        })
    }),
    ("frames on one line", |text, _| text.replace("\n\t", "   ")),
    ("HTML", |text, n| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match n % 3 {
            0 => format!("<pre>{text}</pre>\n"),
            1 => each(&text, |_, line| format!("{}<br>", line.replace('\t', "&nbsp;&nbsp;"))),
            _ => format!("<p>{}</p>\n", text.trim_end().replace('\n', "<br/>")),
        }
    }),
    ("docker", |text, _| {
        each(text, |i, line| {
            let line = quote(&format!("{line}\n"));
            format!(
                "{{\"log\":{line},\"stream\":\"stderr\",\"time\":\"2026-11-30T10:00:00.{i:09}Z\"}}"
            )
        })
    }),
    ("Kubernetes", |text, _| {
        each(text, |i, line| format!("2026-11-30T10:00:00.{i:09}Z stderr F {line}"))
    }),
    ("JSON lines", |text, _| {
        each(text, |i, line| format!("{{\"level\":\"error\",\"n\":{i},\"msg\":{}}}", quote(line)))
    }),
    ("logfmt", |text, _| {
        each(text, |i, line| {
            format!("time=\"10:00:{:02}\" level=error msg={} app=web", i % 60, quote(line))
        })
    }),
    ("CSV", |text, _| {
        let cell = |line: &str| {
            if line.contains([',', '"']) {
                format!("\"{}\"", line.replace('"', "\"\""))
            } else {
                line.to_owned()
            }
        };
        let rows = each(text, |i, line| format!("10:00:{:02},{}", i % 60, cell(line)));
        format!("@timestamp,@message\n{rows}")
    }),
    ("rsyslog", |text, _| {
        each(text, |_, line| {
            format!("Nov 30 10:00:00 host app[77]: {}", line.replace('\t', "#011"))
        })
    }),
    ("the newest line first", |text, _| {
        let stamped = |(i, line): (usize, &str)| {
            format!("2026-11-30T10:{:02}:{:02}Z {line}", i / 60 % 60, i % 60)
        };
        let mut lines: Vec<String> = text.lines().enumerate().map(stamped).collect();
        lines.reverse();
        lines.join("\n") + "\n"
    }),
    ("lines of a log between", |text, n| {
        each(text, |i, line| match i % (5 + n % 7) {
            3 => format!("{line}\n2026/11/30 10:00:00 GET /health 200"),
            _ => line.to_owned(),
        })
    }),
    ("another process between", |text, _| {
        each(text, |i, line| match i % 3 {
            0 => format!("web-1 | {line}\ndb-1  | 10:00:00 checkpoint {i}"),
            _ => format!("web-1 | {line}"),
        })
    }),
];

/// What is done to the whole text.
const WHOLE: &[(&str, Wrap)] = &[
    ("a JSON string", |text, _| format!("{{\"level\":\"error\",\"stack\":{}}}\n", quote(text))),
    ("a Go string", |text, _| format!("level=error stack={} n=1\n", quote(text))),
    ("an escaped line", |text, n| {
        let line = quote(text).trim_matches('"').replace("\\\"", "\"");
        match n % 3 {
            0 => format!("b'{}'\n", line.replace('\'', "\\'")),
            1 => format!("died: {line}\n"),
            _ => {
                // A backslash of the text itself is no escape.
                let line = line.replace("\\\\", "\u{1}");
                let line = line.replace("\\n", "\\012").replace("\\t", "\\011");
                format!("{}\n", line.replace('\u{1}', "\\\\"))
            }
        }
    }),
    ("an array of strings", |text, n| {
        let lines: Vec<String> = text.lines().map(quote).collect();
        if n % 2 == 0 {
            format!("[{}]", lines.join(", "))
        } else {
            format!("[\n  {}\n]\n", lines.join(",\n  "))
        }
    }),
    ("Elastic", |text, _| {
        let hit = |(i, line): (usize, &str)| {
            format!(
                "{{\"_id\":\"{i}\",\"_source\":{{\"@timestamp\":\"t{i}\",\"message\":{}}}}}",
                quote(line)
            )
        };
        let hits: Vec<String> = text.lines().enumerate().map(hit).collect();
        format!("{{\"took\":3,\"hits\":{{\"hits\":[{}]}}}}", hits.join(","))
    }),
    ("Loki", |text, _| {
        let value =
            |(i, line): (usize, &str)| format!("[\"{}\",{}]", 1_764_496_800_000 + i, quote(line));
        let values: Vec<String> = text.lines().enumerate().map(value).collect();
        format!(
            "{{\"data\":{{\"result\":[{{\"stream\":{{}},\"values\":[{}]}}]}}}}",
            values.join(",")
        )
    }),
    ("a record for each goroutine", |text, _| {
        let records: Vec<String> = text
            .trim_end()
            .split("\n\n")
            .map(|g| format!("{{\"message\":{}}}", quote(g)))
            .collect();
        format!("[{}]", records.join(","))
    }),
    ("XML", |text, n| {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match n % 3 {
            0 => format!(
                "<testsuite><testcase name=\"a\"><failure>{escaped}</failure></testcase></testsuite>"
            ),
            1 => {
                format!("<?xml version=\"1.0\"?><t><system-out><![CDATA[{text}]]></system-out></t>")
            }
            _ => format!(
                "<testcase><failure message=\"{}\"/></testcase>",
                escaped.replace('"', "&quot;").replace('\n', "&#xA;").replace('\t', "&#x9;")
            ),
        }
    }),
];

fn each(text: &str, line: impl Fn(usize, &str) -> String) -> String {
    text.lines().enumerate().fold(String::new(), |mut all, (i, one)| {
        writeln!(all, "{}", line(i, one)).unwrap();
        all
    })
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Dumps of testdata/ that are whole: their texts.
fn samples() -> Vec<String> {
    let mut samples = Vec::new();
    for path in files(&root().join("testdata/debug2")) {
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = bytes(&path);
        let Ok(dumps) = parse(&text, "sample") else { continue };
        // A panic's value that looks like a dump is a dump if nothing but indentation tells it apart.
        let is_fake =
            |dump: &Dump| dump.preamble.as_ref().is_some_and(|text| text.contains("goroutine "));
        let is_whole =
            dumps.len() == 1 && dumps.iter().all(|dump| dump.is_clean() && !is_fake(dump));
        if let Some(text) =
            String::from_utf8(text).ok().filter(|text| is_whole && text.len() < 20_000)
        {
            samples.push(text);
        }
    }
    assert!(samples.len() > 20, "{} samples", samples.len());
    samples
}

/// What was read: each goroutine's id, state and stack.
fn goroutines(dumps: &[Dump]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for dump in dumps {
        for goroutine in dump.goroutines() {
            let head = goroutine.head();
            let mut text =
                format!("{:?} {} {:?}", goroutine.goid(), goroutine.state(), head.minutes);
            for frame in goroutine.frames() {
                match frame {
                    Frame::Call { function, file, line, .. } => {
                        write!(text, "\n  {} {}:{line}", dump.str(function), dump.str(file))
                            .unwrap();
                    }
                    other => write!(text, "\n  {other:?}").unwrap(),
                }
            }
            if let Some(creator) = goroutine.creator() {
                write!(
                    text,
                    "\n  by {} {}",
                    dump.str(creator.function),
                    goroutine.creator_goid().unwrap_or(0)
                )
                .unwrap();
            }
            *found.entry(text).or_default() += 1;
        }
    }
    found
}

/// What is wrong with what was read of `wrapped`; `None` if that is what the bare dump holds, or if it is
/// said that something is missing.
fn silent_loss(bare: &str, wrapped: &str) -> Option<String> {
    let want = goroutines(&parse(bare.as_bytes(), "bare").unwrap());
    // A refusal says enough.
    let dumps = parse(wrapped.as_bytes(), "wrapped").ok()?;
    let got = goroutines(&dumps);
    let is_said = dumps.iter().any(|dump| !dump.is_clean());
    if is_said || (got == want && dumps.len() == 1) {
        return None;
    }
    let lost: Vec<_> = want.iter().filter(|(text, _)| !got.contains_key(*text)).collect();
    let new: Vec<_> = got.iter().filter(|(text, _)| !want.contains_key(*text)).collect();
    Some(format!(
        "{} dumps, out of {:?}\nlost: {lost:#?}\nnew: {new:#?}",
        dumps.len(),
        dumps[0].wrapping
    ))
}

/// Each wrapping by itself is read whole, unless it says that lines were joined.
#[test]
fn each_wrapping_is_read() {
    let mut failed = Vec::new();
    let (mut read, mut told, mut lost) = (0, 0, BTreeMap::new());
    for bare in samples() {
        for (name, wrap) in LINES.iter().chain(WHOLE) {
            for n in 0..9 {
                let wrapped = wrap(&bare, n);
                let dumps = parse(wrapped.as_bytes(), "wrapped").unwrap_or_default();
                let want = goroutines(&parse(bare.as_bytes(), "bare").unwrap());
                if goroutines(&dumps) == want && dumps.len() == 1 {
                    read += 1;
                } else if *name == "wrapped lines" && silent_loss(&bare, &wrapped).is_none() {
                    told += 1;
                } else {
                    *lost.entry(*name).or_insert(0) += 1;
                    let shown: String = wrapped.chars().take(700).collect();
                    let problems: Vec<_> =
                        dumps.iter().flat_map(|dump| &dump.problems).take(2).collect();
                    failed.push(format!(
                        "{name} {n}: {} dumps, {problems:?} {:?}\n{shown}",
                        dumps.len(),
                        silent_loss(&bare, &wrapped)
                    ));
                }
            }
        }
    }
    println!("{read} read, {told} told, not as they should be: {lost:?}");
    // One of each kind.
    failed.dedup_by_key(|text| text.split(|c: char| c.is_ascii_digit()).next().unwrap().to_owned());
    let shown = failed.iter().take(30).cloned().collect::<Vec<_>>().join("\n");
    assert!(failed.is_empty(), "{} of {}:\n{shown}", failed.len(), read + told + failed.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// However wrappings are combined: nothing is lost in silence.
    #[test]
    fn nothing_is_lost_in_silence(
        sample in any::<Index>(),
        inner in prop::collection::vec((any::<Index>(), 0..9_usize), 0..3),
        whole in prop::option::of((any::<Index>(), 0..9_usize)),
        outer in prop::collection::vec((any::<Index>(), 0..9_usize), 0..2),
    ) {
        let bare = sample.get(&samples()).clone();
        let mut text = bare.clone();
        let mut names = Vec::new();
        let mut apply = |(index, n): &(Index, usize), from: &[(&'static str, Wrap)]| {
            let (name, wrap) = index.get(from);
            names.push(*name);
            text = wrap(&text, *n);
        };
        for one in &inner {
            apply(one, LINES);
        }
        if let Some(one) = &whole {
            apply(one, WHOLE);
        }
        for one in &outer {
            apply(one, LINES);
        }
        // Known: a line of a log between a call and its file is taken for the file when both are joined.
        let is_gap = |name: &&str| *name == "lines of a log between";
        let known = names.iter().any(is_gap) && names.contains(&"frames on one line");
        prop_assume!(!known);
        let loss = silent_loss(&bare, &text);
        prop_assert!(loss.is_none(), "{names:?}: {}\n{}", loss.unwrap_or_default(), text.chars().take(1500).collect::<String>());
    }
}
