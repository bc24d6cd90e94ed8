//! What is read of reports, whole and damaged.

use std::fmt::Write;

use crate::model::{Dump, Format, Frame, Operation};
use crate::parse::Options;
use crate::source::Stream;

const REPORT: &str = "==================
WARNING: DATA RACE
Read at 0x00c000014100 by goroutine 8:
  main.reader()
      /src/main.go:137 +0x3a

Previous write at 0x00c000014100 by goroutine 7:
  main.writer()
      /src/main.go:132 +0x41
  main.work()
      /src/main.go:99 +0x41

Goroutine 8 (running) created at:
  main.start()
      /src/main.go:54 +0x6c8
  main.main()
      /src/main.go:50 +0x6c8

Goroutine 7 (finished) created at:
  main.main()
      /src/main.go:54 +0x6c8
==================
";

fn dumps(text: &str) -> Vec<Dump> {
    let mut stream = Stream::new(text.as_bytes());
    crate::parse::parse(&mut stream, "test", &Options::default()).unwrap_or_default()
}

/// Whether nothing was lost of what is there.
fn is_understood(dump: &Dump) -> bool {
    dump.problems.is_empty() && dump.lost() == 0
}

fn one(text: &str) -> Dump {
    let mut dumps = dumps(text);
    assert_eq!(dumps.len(), 1, "{text}");
    dumps.remove(0)
}

/// The races with their texts.
fn told(dump: &Dump) -> String {
    let mut out = String::new();
    for access in dump.races().iter().flat_map(|race| &race.accesses) {
        let _ = write!(
            out,
            "{:?} {} {:?} {}",
            access.operation,
            access.goid,
            access.address,
            dump.str(access.state)
        );
        for frame in dump.stack(access.stack).iter().chain(dump.stack(access.created)) {
            if let Frame::Call { function, file, line, .. } = dump.frame(*frame) {
                let _ = write!(out, " {} {}:{line}", dump.str(function), dump.str(file));
            }
        }
        out += "\n";
    }
    out
}

fn lines(dump: &Dump) -> u64 {
    let a = dump.account;
    a.understood_lines + a.skipped_lines + a.ignored_lines + a.problem_lines
}

#[test]
fn a_report_is_its_accesses() {
    let dump = one(&format!("a log\n{REPORT}Found 1 data race(s)\nexit status 66\n"));
    assert_eq!((dump.format, dump.len(), dump.account.whole), (Format::Race, 2, 2));
    assert!(is_understood(&dump) && dump.has_goids());
    assert_eq!(lines(&dump), 22 + 3);
    let [race] = dump.races() else { panic!("{:?}", dump.races()) };
    let [read, write] = race.accesses[..] else { panic!("{race:?}") };
    assert_eq!((read.operation, read.previous, read.goid), (Operation::Read, false, 8));
    assert_eq!((write.operation, write.previous, write.goid), (Operation::Write, true, 7));
    assert_eq!(read.address, Some(0xc0_0001_4100));
    assert_eq!((dump.stack(write.stack).len(), dump.stack(read.created).len()), (2, 2));
    assert_eq!((dump.str(read.state), dump.str(write.state)), ("running", "finished"));
    let reader = dump.goroutine(0).unwrap();
    assert_eq!((reader.goid(), reader.state()), (Some(8), "running"));
    assert_eq!(reader.creator().map(|it| dump.str(it.function)), Some("main.start"));
}

#[test]
fn a_goroutine_is_in_several_reports() {
    let dump = one(&REPORT.repeat(3));
    assert_eq!((dump.len(), dump.races().len(), dump.account.repeated), (2, 3, 4));
    // The number was given again.
    let other = REPORT.replace("main.start", "main.begin");
    let dump = one(&[REPORT, &other].concat());
    assert_eq!((dump.len(), dump.account.repeated), (3, 1));
}

#[test]
fn indentation_and_line_ends_say_nothing() {
    let want = told(&one(REPORT));
    let bare: String = REPORT.lines().map(|line| line.trim().to_owned() + "\r\n").collect();
    let deep: String = REPORT.lines().map(|line| "    ".to_owned() + line + "\n").collect();
    let tabs = REPORT.replace("  ", "\t");
    for text in [bare, deep, tabs] {
        let dump = one(&text);
        assert_eq!(told(&dump), want, "{text}");
        assert!(is_understood(&dump), "{:?}", dump.problems);
    }
}

#[test]
fn lines_between_are_passed_over_and_broken_ones_joined() {
    let between = REPORT.replace("main.writer()\n", "main.writer()\na line of the program\n");
    let dump = one(&between);
    assert_eq!((told(&dump), dump.account.ignored_lines), (told(&one(REPORT)), 1));
    assert!(is_understood(&dump), "{:?}", dump.problems);
    let broken = REPORT.replace("/src/main.go:132", "/src/ma\nin.go:132");
    let dump = one(&broken);
    assert_eq!(told(&dump), told(&one(REPORT)));
    assert!(is_understood(&dump), "{:?}", dump.problems);
}

#[test]
fn what_is_lost_is_told() {
    let without = REPORT.replace("      /src/main.go:132 +0x41\n", "");
    let dump = one(&without);
    assert_eq!((dump.problems.len(), dump.problems[0].line), (1, 9));
    assert_eq!(dump.races()[0].accesses.len(), 2);
    let without = REPORT.replace("  main.reader()\n      /src/main.go:137 +0x3a\n", "");
    let dump = one(&without);
    assert_eq!((dump.account.whole, dump.account.cut_off), (1, 1));
    assert_eq!(dump.problems.len(), 1);
    // At each byte the goroutines whose line was read are counted.
    for cut in 0..REPORT.len() {
        let text = REPORT.split_at(cut).0;
        let named =
            text.lines().filter(|line| line.ends_with(':') && line.contains(" by ")).count();
        let counted: u64 = dumps(text)
            .iter()
            .map(|dump| dump.account.whole.unsigned_abs() + dump.account.cut_off)
            .sum();
        assert_eq!(counted, named as u64, "{text}");
        if (1..).contains(&named) && !text.contains("Goroutine 8 (r") {
            assert!(!is_understood(&dumps(text)[0]), "{text}");
        }
    }
}

#[test]
fn reports_belong_to_the_dump_beside_them() {
    let own = "goroutine 1 [select]:\nmain.main()\n\t/src/main.go:9 +0x1d\n\n";
    let other = REPORT.replace("main.reader", "main.other");
    for text in [
        format!("{REPORT}{own}"),
        format!("{own}{REPORT}"),
        format!(
            "{REPORT}\nsome log\n\n{own}{other}goroutine 2 [select]:\nmain.f()\n\t/x.go:1 +0x1\n"
        ),
    ] {
        let dump = one(&text);
        assert_eq!((dump.format, dump.name.as_str()), (Format::Debug2, "test"));
        assert_eq!(dump.races().len(), text.matches("DATA RACE").count(), "{text}");
        let access = dump.races()[0].accesses[0];
        let frame = dump.frame(dump.stack(access.stack)[0]);
        let Frame::Call { function, .. } = frame else { panic!("{frame:?}") };
        assert_eq!(dump.str(function), "main.reader");
        assert_eq!(lines(&dump), text.lines().count() as u64, "{text}");
    }
}
