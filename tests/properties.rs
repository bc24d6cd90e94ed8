//! Properties of reading that hold for every text: nothing is lost, and nothing depends on how the
//! bytes arrive or on what is remembered.

use std::fs;
use std::io::Read;
use std::path::Path;

use gdump::model::Dump;
use gdump::parse::Hot;
use gdump::parse::Options;
use gdump::parse::parse;
use gdump::source::Stream;
use proptest::prelude::*;
use proptest::sample::Index;

/// Yields `bytes` in pieces of the given sizes, round and round.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: &'a [usize],
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()].max(1);
        self.next += 1;
        let len = size.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.bytes = later;
        Ok(len)
    }
}

fn read(bytes: &[u8], hot: Hot, block: usize, sizes: &[usize]) -> Vec<Dump> {
    let mut stream = Stream::new(Pieces { bytes, sizes, next: 0 });
    let options = Options { hot, block, ..Options::default() };
    parse(&mut stream, "test", &options).unwrap_or_default()
}

fn whole(bytes: &[u8]) -> Vec<Dump> {
    read(bytes, Hot::Stacks, Options::default().block, &[usize::MAX])
}

/// Every small dump in traceback text of testdata/, one a time.
fn samples() -> Vec<Vec<u8>> {
    samples_of("debug2")
}

/// The same of one folder.
fn samples_of(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(folder);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().filter(|path| path.extension().is_some_and(|ext| ext == "txt"));
    let samples: Vec<_> =
        texts.map(|path| fs::read(path).unwrap()).filter(|text| text.len() < 40_000).collect();
    assert!(samples.len() > 5, "testdata/debug2 is empty");
    samples
}

/// A change to a text.
#[derive(Clone, Debug)]
enum Edit {
    Delete(Index, u8),
    Insert(Index, Vec<u8>),
    Flip(Index, u8),
    Cut(Index),
    RepeatLine(Index),
    DropLine(Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let noise = prop::sample::select(vec![
        b"\n".to_vec(),
        b"\r\n".to_vec(),
        b"goroutine 5 [".to_vec(),
        b"\n\ngoroutine 77 [select, 3 minutes]:\n".to_vec(),
        b"created by ".to_vec(),
        b"\n2026/11/23 09:18:35 a line of a log\n".to_vec(),
        b"\npanic: boom\n\n".to_vec(),
        b"...5 frames elided...\n".to_vec(),
        b"(".to_vec(),
        b")\n".to_vec(),
        b"\n-----\n".to_vec(),
        b"==================\nWARNING: DATA RACE\n".to_vec(),
        b"\n  Goroutine 5 - User: /x.go:1 main.f (0x1) [select]\n".to_vec(),
        b"\n0  0x000000000043e1ae in main.f\n   at /x.go:1\n".to_vec(),
        b"(dlv) ".to_vec(),
        b"goroutine profile: total 5\n".to_vec(),
        b"\"\\".to_vec(),
        vec![0xff, 0],
    ]);
    let edit = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, len)| Edit::Delete(at, len)),
        (any::<Index>(), noise).prop_map(|(at, text)| Edit::Insert(at, text)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Flip(at, byte)),
        any::<Index>().prop_map(Edit::Cut),
        any::<Index>().prop_map(Edit::RepeatLine),
        any::<Index>().prop_map(Edit::DropLine),
    ];
    prop::collection::vec(edit, 0..6)
}

fn line_around(text: &[u8], at: usize) -> std::ops::Range<usize> {
    let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |n| at + n + 1);
    start..end
}

fn edited(mut text: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        if text.is_empty() {
            break;
        }
        match edit {
            Edit::Delete(at, len) => {
                let at = at.index(text.len());
                text.drain(at..(at + *len as usize).min(text.len()));
            }
            Edit::Insert(at, more) => {
                let at = at.index(text.len());
                text.splice(at..at, more.iter().copied());
            }
            Edit::Flip(at, byte) => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Edit::Cut(at) => text.truncate(at.index(text.len())),
            Edit::RepeatLine(at) => {
                let line = line_around(&text, at.index(text.len()));
                let copy = text[line.clone()].to_vec();
                text.splice(line.end..line.end, copy);
            }
            Edit::DropLine(at) => {
                let line = line_around(&text, at.index(text.len()));
                text.drain(line);
            }
        }
    }
    text
}

/// Everything that is in the dumps, as text.
fn described(dumps: &[Dump]) -> String {
    let mut out = String::new();
    for dump in dumps {
        out += &format!("{:?} {:?} {:?}\n", dump.account, dump.truncation, dump.preamble);
        out += &format!("{:?} {}\n", dump.problems, dump.more_problems);
        for goroutine in dump.goroutines() {
            let labels: Vec<_> = goroutine.labels().collect();
            let creator =
                goroutine.creator().map(|c| (dump.str(c.function), dump.str(c.file), c.line));
            let (goid, head, by) = (goroutine.goid(), goroutine.head(), goroutine.creator_goid());
            out +=
                &format!("{goid:?} {} {head:?} {labels:?} {creator:?} {by:?}\n", goroutine.state());
            out += &format!("  {:?} {:?}\n", goroutine.args(), goroutine.ancestors());
            for frame in goroutine.frames() {
                match frame {
                    gdump::model::Frame::Call { function, file, line, kind } => {
                        out += &format!(
                            "  {} {}:{line} {kind:?}\n",
                            dump.str(function),
                            dump.str(file)
                        );
                    }
                    other => out += &format!("  {other:?}\n"),
                }
            }
        }
    }
    out
}

/// A dump of goroutines of `text`, chosen by `choice`, so that most texts come more than once, in new
/// order and with new ids. None of them runs: a second one that does begins a new dump.
fn crowd(text: &[u8], choice: &[Index]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).replace("[running", "[runnable");
    let all: Vec<&str> =
        text.split("\n\n").filter(|block| block.starts_with("goroutine ")).collect();
    let mut out = String::from("goroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x1\n\n");
    for (goid, index) in (2..).zip(choice).filter(|_| !all.is_empty()) {
        let block = index.get(&all).trim_end_matches('\n');
        let rest = block["goroutine ".len()..].trim_start_matches(|c: char| c.is_ascii_digit());
        out += &format!("goroutine {goid}{rest}\n\n");
    }
    out.into_bytes()
}

fn lines(text: &[u8]) -> u64 {
    let newlines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    newlines + u64::from(!text.is_empty() && !text.ends_with(b"\n"))
}

/// Lines that the account of the dumps knows of.
fn accounted(dumps: &[Dump]) -> u64 {
    dumps
        .iter()
        .map(|dump| dump.account)
        .map(|a| a.understood_lines + a.skipped_lines + a.ignored_lines + a.problem_lines)
        .sum()
}

/// Where headers that are whole stand, and the goroutine ids in them, found without the parser.
fn headers(text: &[u8]) -> Vec<(usize, u64)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(rest) = line.strip_prefix(b"goroutine ") {
            let digits: String =
                rest.iter().take_while(|b| b.is_ascii_digit()).map(|b| *b as char).collect();
            let after = &rest[digits.len()..];
            if after.starts_with(b" [") && line.ends_with(b":\n") {
                found.extend(digits.parse().ok().map(|goid| (at, goid)));
            }
        }
        at += line.len();
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// However the bytes arrive, and whether known texts are recognised or parsed, the dumps are the
    /// same; and every line is in the account.
    #[test]
    fn reading_depends_on_the_text_alone(
        sample in any::<Index>(),
        edits in edits(),
        sizes in prop::collection::vec(1usize..3000, 1..5),
        block in 64usize..5000,
    ) {
        let text = edited(sample.get(&samples()).clone(), &edits);
        let dumps = whole(&text);
        let want = described(&dumps);
        for hot in [Hot::Nothing, Hot::Lines] {
            let dumps = read(&text, hot, Options::default().block, &[usize::MAX]);
            prop_assert_eq!(&described(&dumps), &want);
        }
        for hot in [Hot::Lines, Hot::Stacks] {
            prop_assert_eq!(&described(&read(&text, hot, block, &sizes)), &want);
        }
        let wrapped = dumps.iter().any(|dump| dump.wrapping.is_some());
        if !dumps.is_empty() && !wrapped {
            prop_assert_eq!(accounted(&dumps), lines(&text), "{}\n{}", String::from_utf8_lossy(&text), want);
        }
    }

    /// The same of the texts of other tools. What is peeled out of log lines is left out: where a dump of
    /// debug=1 ends in them depends on how much was peeled.
    #[test]
    fn texts_of_other_tools_are_read_alike(
        sample in any::<Index>(),
        edits in edits(),
        sizes in prop::collection::vec(1usize..3000, 1..5),
        block in 64usize..5000,
    ) {
        let text = edited(sample.get(&samples_of("foreign-tracebacks")).clone(), &edits);
        let dumps = whole(&text);
        let wrapped = dumps.iter().any(|dump| dump.wrapping.is_some());
        let pieces = read(&text, Hot::Stacks, block, &sizes);
        if !wrapped {
            prop_assert_eq!(described(&pieces), described(&dumps), "{}", String::from_utf8_lossy(&text));
        }
        if !dumps.is_empty() && !wrapped {
            prop_assert_eq!(accounted(&dumps), lines(&text));
        }
    }

    /// The same where most goroutines are recognised, and some of them differ a little.
    #[test]
    fn what_is_recognised_is_read_alike(
        sample in any::<Index>(),
        choice in prop::collection::vec(any::<Index>(), 1..60),
        edits in edits(),
        block in 64usize..5000,
    ) {
        let samples = samples();
        let sample: &Vec<u8> = sample.get(&samples);
        let text = edited(crowd(sample, &choice), &edits);
        let want = described(&read(&text, Hot::Nothing, Options::default().block, &[usize::MAX]));
        prop_assert_eq!(&described(&whole(&text)), &want);
        prop_assert_eq!(&described(&read(&text, Hot::Lines, block, &[777])), &want);
        prop_assert_eq!(&described(&read(&text, Hot::Stacks, block, &[777])), &want);
    }

    /// Any bytes at all are read without a panic.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = whole(&bytes);
        let _ = whole(&[b"goroutine 1 [running]:\n", bytes.as_slice()].concat());
    }
}

/// Of each prefix of a dump every goroutine that is whole in it is read.
#[test]
fn every_prefix_keeps_its_whole_goroutines() {
    for text in samples() {
        let headers = headers(&text);
        let all: Vec<u64> = whole(&text)
            .iter()
            .flat_map(Dump::goroutines)
            .filter_map(gdump::model::Goroutine::goid)
            .collect();
        let step = (text.len() / 300).max(1);
        for end in (0..text.len()).step_by(step) {
            let dumps = whole(&text[..end]);
            let goids: Vec<u64> = dumps
                .iter()
                .flat_map(Dump::goroutines)
                .filter_map(gdump::model::Goroutine::goid)
                .collect();
            // A header is known to be whole in the prefix if the next one has started.
            let starts: Vec<_> = headers.iter().take_while(|(at, _)| *at < end).collect();
            for (_, goid) in starts.iter().take(starts.len().saturating_sub(1)) {
                assert!(goids.contains(goid) || !all.contains(goid), "{goid} is lost at {end}");
            }
        }
    }
}

/// Of each real dump: with and without recognition the same is read.
#[test]
fn real_dumps_are_read_alike() {
    let Some(base) = super::support::corpus() else { return };
    for path in super::support::files(&base) {
        let name = super::support::relative(&path, &base);
        // Compressed, a million goroutines have 47 MB; they are not compared here.
        if path.metadata().unwrap().len() > 20 << 20 {
            println!("skipped: {name} is too large");
            continue;
        }
        let text = super::support::bytes(&path);
        let pieces = [usize::MAX];
        let hot = read(&text, Hot::Stacks, Options::default().block, &pieces);
        let cold = read(&text, Hot::Nothing, Options::default().block, &pieces);
        assert_eq!(hot.len(), cold.len(), "{name}");
        for (hot, cold) in hot.iter().zip(&cold) {
            assert!(different(hot, cold).is_none(), "{name}: {:?}", different(hot, cold));
        }
    }
}

/// The first goroutine that differs; `usize::MAX` if something else does.
fn different(a: &Dump, b: &Dump) -> Option<usize> {
    let whole = |dump: &Dump| {
        format!("{:?} {:?} {:?} {:?}", dump.account, dump.truncation, dump.preamble, dump.problems)
    };
    if whole(a) != whole(b) || a.len() != b.len() || a.stack_count() != b.stack_count() {
        return Some(usize::MAX);
    }
    // Stacks come in the same order, so that they have the same ids.
    (0..a.len()).find(|index| match (a.goroutine(*index), b.goroutine(*index)) {
        (Some(x), Some(y)) => {
            x.row() != y.row()
                || x.args() != y.args()
                || !x.labels().eq(y.labels())
                || !a.stack(x.row().stack).iter().eq(b.stack(y.row().stack))
        }
        _ => true,
    })
}

/// What stands between the stacks of `pprof -traces`.
const SEPARATOR: &str = "-----------+-------------------------------------------------------";

/// Texts that would take long if anything were done for each pair of their parts, or again for each read.
/// Each is some hundred thousand lines or megabytes: in squares that would be hours.
#[test]
fn the_worst_texts_take_linear_time() {
    let stack = "\n\t/src/main.go:9 +0x1\n";
    let each = |line: &dyn Fn(usize) -> String| (0..100_000).map(line).collect::<String>();
    let goroutine = |n: usize, body: &str| format!("goroutine {n} [select]:\n{body}\n");
    let texts = [
        each(&|n| format!("goroutine {n} [state {n}, {n} minutes]:\nmain.main(){stack}\n")),
        each(&|n| {
            goroutine(n, &format!("main.f(){stack}created by main.g{n} in goroutine 1{stack}"))
        }),
        each(&|n| goroutine(n, &format!("main.f{n}(0x1, 0x2){stack}"))),
        each(&|n| goroutine(n, &format!("main.f(0x1)\n\t/src/main.go:{n} +0x1\n"))),
        each(&|n| goroutine(n, "\tgoroutine running on other thread; stack unavailable\n")),
        each(&|n| goroutine(n, &format!("main.f\n\t/src/main.go:{n} +0x1\n"))),
        each(&|n| format!("goroutine {n} [select\nmain.f(){stack}\n")),
        goroutine(1, &each(&|n| format!("main.f{n}(){stack}"))),
        goroutine(1, &each(&|_| format!("main.f{stack}"))),
        goroutine(1, &format!("main.f({}){stack}", "(".repeat(4_000_000))),
        goroutine(1, &format!("main.f{}", "().".repeat(1_000_000))),
        goroutine(1, &format!("main.f({}", "0x1, ".repeat(1_000_000))),
        format!("goroutine 1 [select] {{{}", "a: b, ".repeat(1_000_000)),
        each(&|n| format!("  Goroutine {n} - User: /x.go:{n} main.f{n} (0x1) [select {n}]\n")),
        each(&|n| format!("{n}  0x000000000043e1ae in main.f\n   at /x.go:{n}\n")),
        format!("  Goroutine 1 - User: {}", "x:1 [".repeat(1_000_000)),
        format!("0  0x000000000043e1ae in main.f\n{}", "more\n".repeat(100_000)),
        format!(
            "WARNING: DATA RACE\n{}{}",
            each(&|n| format!("Read at 0x1 by goroutine {n}:\n  main.f()\n      /x.go:{n} +0x1\n")),
            each(&|n| format!("Goroutine {n} (running) created at:\n  main.g()\n      /x.go:1\n"))
        ),
        each(&|_| "==================\nWARNING: DATA RACE\nWrite by main goroutine:\n".to_owned()),
        format!("Type: goroutine\n{}", each(&|n| format!("{SEPARATOR}\n{n}   main.f{n}\n"))),
        format!("Type: goroutine\n{SEPARATOR}\n{}", each(&|n| format!("a:  {n}\n"))),
        format!(
            "PeriodType: goroutine count\nSamples:\ngoroutine/count\n{}{}",
            each(&|n| format!(" 1: {n}\n                a:[{}\n", "] a".repeat(n % 20))),
            format!(" 1: 1\n                {}", "a:[] ] ".repeat(8_000)).repeat(10)
        ),
    ];
    for text in &texts {
        let wrapped = text.lines().map(|line| format!("2026/11/23 09:18:35 {line}\n"));
        let wrapped: String = wrapped.take(100_000).collect();
        for text in [text, &wrapped] {
            read(text.as_bytes(), Hot::Stacks, 4096, &[4096]);
        }
    }
}
