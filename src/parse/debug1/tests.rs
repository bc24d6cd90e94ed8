use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::model::{Completeness, Frame};

fn text(bytes: &[u8], eof: bool) -> Text<'_> {
    Text { bytes, offset: 0, line: 1, pieces: None, eof }
}

/// The dump in `bytes`, and how many of them are its text.
fn parse_part(bytes: &[u8]) -> (Dump, usize) {
    let mut parser = Debug1::new("test");
    let fed = parser.feed(&text(bytes, true));
    (parser.finish(bytes.len() as u64, bytes.len() as u64), fed.consumed)
}

fn parse(bytes: &[u8]) -> Dump {
    let (dump, consumed) = parse_part(bytes);
    assert_eq!(consumed, bytes.len());
    dump
}

/// As the driver does it: blocks end at `cuts`, and what is left is given again with more behind it.
fn parse_blocks(bytes: &[u8], cuts: &[usize]) -> Dump {
    let mut parser = Debug1::new("test");
    let (mut from, mut line) = (0, 1);
    for to in cuts.iter().copied().chain([bytes.len()]) {
        let block = &bytes[from..to.max(from)];
        let eof = to == bytes.len();
        let part = Text { bytes: block, offset: from as u64, line, pieces: None, eof };
        let fed = parser.feed(&part);
        line += memchr::memchr_iter(b'\n', &block[..fed.consumed]).count() as u64;
        from += fed.consumed;
        if fed.done {
            break;
        }
    }
    parser.finish(bytes.len() as u64, bytes.len() as u64)
}

fn lines_of(dump: &Dump) -> u64 {
    let account = dump.account;
    let counted = account.understood_lines + account.problem_lines;
    counted + account.skipped_lines + account.ignored_lines
}

/// Everything that a dump says, to compare.
fn told(dump: &Dump) -> String {
    let rows: Vec<_> = dump
        .goroutines()
        .map(|g| {
            let frames: Vec<_> = g.frames().collect();
            (g.count(), g.head(), frames, g.labels().collect::<Vec<_>>())
        })
        .collect();
    format!("{rows:?} Account {:?} {:?} {:?}", dump.account, dump.problems, dump.truncation)
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(root) = std::env::var_os("GDUMP_CORPUS") else { return Vec::new() };
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(&root).join("formats"), PathBuf::from(root).join("cases")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "txt") {
                let bytes = std::fs::read(&path).unwrap();
                let first = bytes.split(|b| *b == b'\n').next().unwrap();
                if Debug1::sniff(first) && !bytes.contains(&b'\r') {
                    files.push((path, bytes));
                }
            }
        }
    }
    files.sort();
    files
}

const DUMP: &str = "goroutine profile: total 6\n\
    3 @ 0x10 0x20 0x41 0x99\n\
    #\t0x40\tmain.b+0x5\t/m/b.go:3\n\
    \n\
    2 @ 0x10 0x20 0x31 0x41 0x99\n\
    # labels: {\"a\":\"b, \\\"c\\\"\", \"k\":\"\"}\n\
    #\t0x30\tmain.a+0x5\t/m/a.go:1\n\
    #\t0x40\tmain.long[...].func1+0x5\t\t/m/b.go:22\n\
    \n\
    1 @ 0x51\n\
    #\t0x50\n\
    \n";

#[test]
fn reads_records() {
    let dump = parse(DUMP.as_bytes());
    assert_eq!((dump.goroutine_count(), dump.stated_total), (6, Some(6)));
    assert_eq!((dump.problems.len(), dump.truncation), (0, None));
    assert_eq!(dump.account.whole, 6);
    assert_eq!(lines_of(&dump), 12);
    let first = dump.goroutine(1).unwrap();
    assert_eq!(first.labels().collect::<Vec<_>>(), [("a", "b, \"c\""), ("k", "")]);
    let outer = first.frames().last().unwrap();
    let Frame::Call { function, file, line, .. } = outer else { panic!("{outer:?}") };
    assert_eq!((dump.str(function), dump.str(file), line), ("main.long[...].func1", "/m/b.go", 22));
    let last = dump.goroutine(2).unwrap().frames().next();
    assert_eq!(last, Some(Frame::Address(0x50)));
}

/// Go 1.27's goroutineleak with main in `select {}`.
#[test]
fn phantom_record() {
    let dump = "goroutineleak profile: total 3\n2 @ 0x1 0x3\n#\t0x2\tmain.f+0x1\t/a.go:1\n\n1 @\n#\t0x0\n\n";
    let dump = parse(dump.as_bytes());
    assert_eq!((dump.goroutine_count(), dump.stated_total), (2, Some(2)));
    assert_eq!((dump.account.skipped_lines, dump.truncation), (3, None));
    assert!(dump.goroutines().all(|g| g.head().leaked));
    // In threadcreate they are the threads that nobody knows the origin of.
    let dump = parse(b"threadcreate profile: total 9\n9 @\n#\t0x0\n\n");
    assert_eq!((dump.goroutine_count(), dump.profile.as_str()), (9, "threadcreate"));
}

/// Go 1.7 and before at debug=0.
#[test]
fn addresses_only() {
    let dump = parse(b"goroutine profile: total 3\n2 @ 0x10 0x20\n1 @ 0x30\n");
    assert_eq!((dump.goroutine_count(), dump.truncation), (3, None));
    let frames: Vec<_> = dump.goroutine(0).unwrap().frames().collect();
    assert_eq!(frames, [Frame::Address(0x10), Frame::Address(0x20)]);
}

#[test]
fn damaged_record() {
    for (bad, column, lost, problems) in [
        ("2 @ 0x10 0x20\n#\t0x1f\tmain.b\n", 6, 2, 1),
        ("2 @ 0x10 zzz\n#\t0x1f\tmain.b+0x1\t/b.go:1\n", 5, 2, 1),
        ("2 @ 0x10 0x20\n# labels: {\"a\"}\n", 12, 2, 1),
        // What it stands for is not known, and so the total is not reached.
        ("x\n#\t0x1f\tmain.b+0x1\t/b.go:1\n", 1, 1, 2),
        ("-2 @ 0x10\n#\t0x1f\tmain.b+0x1\t/b.go:1\n", 1, 1, 2),
        ("0 @ 0x10\n#\t0x1f\tmain.b+0x1\t/b.go:1\n", 1, 1, 2),
        ("99999999999999999 @ 0x10\n#\t0x1f\tmain.b+0x1\t/b.go:1\n", 1, 1, 2),
    ] {
        let dump =
            format!("goroutine profile: total 3\n{bad}\n1 @ 0x2\n#\t0x1\tmain.a+0x1\t/a.go:1\n\n");
        let dump = parse(dump.as_bytes());
        assert_eq!((dump.goroutine_count(), dump.account.not_understood), (1, lost), "{bad}");
        assert_eq!((dump.problems.len(), dump.truncation), (problems, None), "{bad}");
        let last = dump.problems.last().unwrap();
        assert!(last.line == 2 || last.line == 3, "{last:?}");
        assert!(last.column >= column, "{last:?}");
        assert_eq!(lines_of(&dump), 5 + bad.lines().count() as u64);
        assert_eq!(dump.completeness(), Completeness::Damaged);
    }
}

/// Some loggers drop blank lines; a bad record then ends at the next one.
#[test]
fn damaged_record_without_blank_lines() {
    let dump = DUMP.replace("\n\n", "\n").replace("main.a+0x5", "main.a");
    let dump = parse(dump.as_bytes());
    assert_eq!((dump.goroutine_count(), dump.account.not_understood), (4, 2));
    assert_eq!((dump.account.problem_lines, dump.bytes), (4, 227));
}

#[test]
fn other_text() {
    // After the last record the dump is done.
    let (dump, consumed) = parse_part(format!("{DUMP}exit status 2\n").as_bytes());
    assert_eq!((consumed, dump.goroutine_count()), (DUMP.len(), 6));
    let (_, consumed) = parse_part(format!("{DUMP}{DUMP}").as_bytes());
    assert_eq!(consumed, DUMP.len());
    // Between records it is passed over.
    let noisy = DUMP.replace("\n2 @", "\n2026/11/23 09:18:35 a log line\n2 @");
    let dump = parse(noisy.as_bytes());
    assert_eq!((dump.goroutine_count(), dump.account.ignored_lines), (6, 1));
}

/// Lines between those of a record are told as ignored, and the record goes on behind them.
#[test]
fn other_text_inside_a_record() {
    let frame = "#\t0x40\tmain.long[...].func1+0x5\t\t/m/b.go:22\n";
    for (noise, whole, lost) in [
        ("... business code\n", 6, 0),
        ("a log line\n# of two lines\n", 6, 0),
        // Damaged frames are no other text.
        ("a log line\n#\t0x20\tmain.c+0x\n", 4, 2),
        ("# what has the mark of a frame\n", 4, 2),
    ] {
        let dump = parse(DUMP.replace(frame, &format!("{noise}{frame}")).as_bytes());
        let lines = noise.lines().count() as u64;
        let account = dump.account;
        assert_eq!((account.whole, account.not_understood), (whole, lost), "{noise}");
        assert_eq!(lines_of(&dump), 12 + lines);
        if lost == 0 {
            assert_eq!((account.ignored_lines, dump.problems.len()), (lines, 0), "{noise}");
            assert_eq!(dump.goroutine(1).unwrap().frames().len(), 2);
        }
    }
    // Not behind the blank line, and not the lines of another record.
    let after = DUMP.replace("\n\n2 @", "\n... code\n\n2 @");
    let dump = parse(after.as_bytes());
    assert_eq!((dump.account.whole, dump.account.ignored_lines), (6, 2));
}

/// Tabs become runs of blanks, one blank or a no-break space, the mark may be lost with its tab or with what
/// renders Markdown, and blank lines go.
#[test]
fn mangled_blanks() {
    let expected = told(&parse(DUMP.as_bytes()));
    let expected = expected.split(" Account ").next().unwrap();
    for (tab, lines) in [("    ", "\n\n"), (" ", "\n"), ("\u{a0}", "\n\n"), (" \u{a0} ", "\n")] {
        let text = DUMP.replace("\n\n", lines).replace('\t', tab);
        for text in [&text, &text.replace(&format!("#{tab}0x"), "#0x")] {
            let dump = parse(text.as_bytes());
            assert!(told(&dump).starts_with(expected), "{text}");
            assert!(dump.is_clean(), "{text}: {:?}", dump.problems);
        }
    }
    let bare = DUMP.replace("#\t0x30", "0x30").replace("#\t0x40", "\t0x40");
    let dump = parse(bare.as_bytes());
    assert!(told(&dump).starts_with(expected) && dump.is_clean(), "{:?}", dump.problems);
    // An address alone may be anything.
    let (dump, _) = parse_part(DUMP.replace("#\t0x50", "0x50").as_bytes());
    assert_eq!(dump.goroutine(2).unwrap().frames().next(), None);
}

#[test]
fn a_total_that_the_records_do_not_add_up_to() {
    for (total, status, reason) in [
        (7, "truncated", "missing-records"),
        (5, "excerpt", "over-total"),
        (0, "excerpt", "over-total"),
    ] {
        let dump = parse(DUMP.replace("total 6", &format!("total {total}")).as_bytes());
        let completeness = dump.completeness();
        assert_eq!((completeness.status(), completeness.reason()), (status, Some(reason)));
        let [problem] = dump.problems.as_slice() else { panic!("{:?}", dump.problems) };
        let goroutines = if total == 1 { "goroutine" } else { "goroutines" };
        let expected =
            format!("the header states {total} {goroutines}, and the records add up to 6");
        assert_eq!((problem.message.as_str(), problem.line), (expected.as_str(), 1));
        assert_eq!(dump.goroutine_count(), 6);
    }
}

#[test]
fn a_header_behind_a_prefix() {
    for (name, profile) in [
        ("goroutine", "goroutine"),
        ("web-1 | goroutine", "goroutine"),
        ("INFOgoroutine", "goroutine"),
        ("2026-11-23T09:18:35Z goroutineleak", "goroutineleak"),
        ("my/package.goroutine", "my/package.goroutine"),
        ("open files", "open files"),
    ] {
        let dump = parse(DUMP.replacen("goroutine", name, 1).as_bytes());
        assert_eq!((dump.profile.as_str(), dump.goroutine_count()), (profile, 6));
    }
}

/// A part that somebody cut out, without the header: the records are read, and that it is missing is told.
#[test]
fn records_without_a_header() {
    let part = DUMP.split_once('\n').unwrap().1;
    let prose = part.replace("\n2 @", "\nand these, too:\n\n2 @");
    for (text, ignored) in [(part, 0), (&prose, 2)] {
        let dump = parse(text.as_bytes());
        assert_eq!((dump.goroutine_count(), dump.stated_total), (6, None));
        assert_eq!(dump.account.ignored_lines, ignored);
        let [problem] = dump.problems.as_slice() else { panic!("{:?}", dump.problems) };
        assert!(problem.message.contains("expected the header"), "{problem:?}");
        assert_eq!(dump.completeness().reason(), Some("no-total"));
    }
}

#[test]
fn records_are_found_in_a_text() {
    let record = "48 @ 0x43cd76 0x44dcfe\n#\t0x44dcfd\tmain.f+0x24\t/m/f.go:62\n";
    let labels = "3 @ 0x1\n# labels: {\"a\":\"b\"}\n";
    let bare = "3 @ 0x44dcfe\n0x44dcfd main.f+0x24 /m/f.go:62\n";
    for found in [record, labels, bare] {
        for before in ["", "\n", "48 goroutines hang here, ask me@example.com:\n\n", "1 @ 0x1\n"] {
            let text = format!("{before}{found}");
            assert_eq!(Debug1::find_record(text.as_bytes(), 0), Some(before.len()), "{text}");
            let next = format!("{text}\n{found}");
            let second = Debug1::find_record(next.as_bytes(), before.len() + 1);
            assert_eq!(second, Some(text.len() + 1), "{next}");
        }
    }
    for none in [
        "",
        "@",
        "48 @ 0x43cd76",
        "48 @ 0x43cd76\n",
        "48 @ 0x43cd76\n\n",
        "48 @ 0x43cd76\nmain.f\n",
        "x48 @ 0x43cd76 0x44dcfe\n#\t0x44dcfd\tmain.f+0x24\t/m/f.go:62\n",
        "0 @ 0x43cd76 0x44dcfe\n#\t0x44dcfd\tmain.f+0x24\t/m/f.go:62\n",
        "123456789012345678901 @ 0x43cd76\n#\t0x44dcfd\tmain.f+0x24\t/m/f.go:62\n",
        "heap profile: 1: 2 [3: 4] @ heap/1048576\n1: 2 [3: 4] @ 0x1\n#\t0x1\tmain.f+0x2\t/a.go:1\n",
    ] {
        assert_eq!(Debug1::find_record(none.as_bytes(), 0), None, "{none}");
    }
}

#[test]
fn trimmed_and_cut_ends() {
    for trimmed in [DUMP.trim_end(), DUMP.strip_suffix('\n').unwrap()] {
        let dump = parse(trimmed.as_bytes());
        assert_eq!((dump.account.whole, dump.truncation), (6, None));
    }
    for (end, whole, cut_off, rows, reason) in [
        ("main.b+", 0, 3, 1, TruncationReason::MidLine),
        ("a.go:1\n", 3, 2, 2, TruncationReason::MidGoroutine),
        ("main.long[...].func1+0x5\t\t/m/b.go", 3, 2, 2, TruncationReason::MidLine),
        ("2 @ 0x", 3, 2, 1, TruncationReason::MidLine),
        ("\n\n2", 3, 1, 1, TruncationReason::MidLine),
        ("b.go:22", 3, 2, 2, TruncationReason::MidLine),
    ] {
        let at = DUMP.find(end).unwrap() + end.len();
        let dump = parse(&DUMP.as_bytes()[..at]);
        let account = dump.account;
        assert_eq!((account.whole, account.cut_off, dump.len()), (whole, cut_off, rows), "{end:?}");
        assert_eq!(dump.truncation.unwrap().reason, reason, "{end:?}");
        assert_eq!(dump.truncation.unwrap().at_byte, at as u64);
    }
}

/// In what somebody shortened by hand, the addresses are not those of the frame lines.
#[test]
fn edited_records_are_no_cut_ones() {
    let text = "goroutine profile: total 9\n3 @ 0x10 0x20\n#\t0x1f\tmain.b+0x1\t/b.go:1\n...\n\
                #\t0x7f\tmain.a+0x1\t/a.go:1\n";
    for text in [text, &format!("{text}\n")] {
        let dump = parse(text.as_bytes());
        assert_eq!((dump.account.whole, dump.account.ignored_lines), (3, 1));
        assert_eq!(dump.completeness().reason(), Some("missing-records"));
        assert_eq!(dump.problems.len(), 1);
    }
}

/// Every real file adds up to its header, is understood wholly, and every prefix holds the records that
/// are whole in it.
#[test]
fn real_dumps() {
    for (path, bytes) in corpus() {
        let (dump, consumed) = parse_part(&bytes);
        let shown = path.display();
        let excerpt = shown.to_string().contains("issue-");
        if !excerpt {
            assert_eq!(dump.problems, [], "{shown}");
            assert_eq!(dump.stated_total, Some(dump.goroutine_count()), "{shown}");
            assert_eq!(dump.truncation, None, "{shown}");
        }
        assert_eq!(lines_of(&dump), count_lines(&bytes[..consumed]), "{shown}");
        let step = bytes.len() / 50 + 1;
        for end in (1..bytes.len()).step_by(step) {
            let prefix = &bytes[..end];
            let part = parse_part(prefix).0;
            let whole = memchr::memmem::find_iter(prefix, b"\n\n").count();
            let held = part.goroutines().filter(|g| !g.head().cut).count();
            let phantom = usize::from(part.account.skipped_lines > 0);
            assert!(excerpt || held + phantom >= whole, "{shown} {end}: {held} of {whole}");
        }
    }
}

/// Blocks may end anywhere, also in real dumps.
#[test]
fn real_dumps_in_blocks() {
    for (path, bytes) in corpus() {
        let whole = told(&parse_part(&bytes).0);
        for size in [1 << 10, 4099] {
            let cuts: Vec<_> = (0..bytes.len()).step_by(size).collect();
            assert!(told(&parse_blocks(&bytes, &cuts)) == whole, "{}", path.display());
        }
    }
}

proptest! {
    #[test]
    fn blocks_make_no_difference(mut cuts: Vec<prop::sample::Index>, end: prop::sample::Index) {
        let noisy = format!("{}\n# x\nfoo\n\nlog\n3 @ 0x1\n#\t0x0\tf+0x1\t/a:1\n", DUMP.replace("l 6", "l 99"));
        let bytes = &noisy.as_bytes()[..=end.index(noisy.len())];
        let mut cuts: Vec<_> = cuts.drain(..).map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(told(&parse_blocks(bytes, &cuts)), told(&parse_part(bytes).0));
    }

    /// Whatever happens to lines of a profile: it is called complete only if as many goroutines were read as
    /// its header states, and what is not is told.
    #[test]
    fn complete_is_what_adds_up(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..5u8), 0..4)) {
        let mut lines: Vec<String> = DUMP.lines().map(str::to_owned).collect();
        for (index, edit) in edits {
            // The header is whole.
            let at = 1 + index.index(lines.len() - 1);
            match edit {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines.insert(at, "a line of somebody else".to_owned()),
                3 => lines[at] = lines[at].replacen("0x", "zz", 1),
                _ => lines[at] = lines[at].chars().rev().collect(),
            }
        }
        let dump = parse_part(format!("{}\n", lines.join("\n")).as_bytes()).0;
        let adds_up = dump.account.whole == 6 && dump.goroutine_count() == 6;
        prop_assert!(dump.completeness() != Completeness::Complete || adds_up, "{dump:?}");
        prop_assert!(adds_up || !dump.problems.is_empty() || dump.truncation.is_some(), "{dump:?}");
    }

    /// What is found is a record that the parser reads, and none is passed by.
    #[test]
    fn found_records_are_read(text in "(3 @ 0x1 0x2\n|#\t0x1\tf\\+0x1\t/a:1\n|[a@# ]{0,4}\n|12 @|@ 0x|\n){0,8}") {
        let mut from = 0;
        while let Some(at) = Debug1::find_record(text.as_bytes(), from) {
            prop_assert!(at >= from);
            let between = text.get(from..at).unwrap();
            let missed = between.lines().zip(between.lines().skip(1)).any(|(line, next)| {
                grammar::record_line(line.as_bytes()).is_ok() && grammar::frame_line(next.as_bytes()).is_ok()
            });
            prop_assert!(!missed, "{between:?}");
            let (dump, consumed) = parse_part(&text.as_bytes()[at..]);
            // What stands behind its first frame may be damaged.
            prop_assert!(dump.goroutines_in_text() >= 3);
            prop_assert!(consumed > 0);
            from = at + 1;
        }
    }

    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        Debug1::find_record(&bytes, 0);
        Debug1::sniff(&bytes);
        parse_part(&bytes);
        parse_part(&[b"a profile: total 9\n", &bytes[..]].concat());
    }

    #[test]
    fn nearly_records(text in "([0-9-]{1,3} @( 0x[0-9a-f]{1,17}){0,3}\n|#\t0x[0-9a-f]{1,3}(\t[a-z.]{1,4}\\+0x1\t/a:[0-9]{1,3})?\n|# labels: \\{(\"[a-z\\\\\"]{0,3}\":\"[a-z\\\\\"]{0,3}\")?\\}\n|\n|[a-z#]{0,3}\n){0,12}") {
        let text = format!("goroutine profile: total 1000\n{text}");
        let (dump, consumed) = parse_part(text.as_bytes());
        prop_assert_eq!(lines_of(&dump), count_lines(&text.as_bytes()[..consumed]));
    }
}
