//! What is read of pprof's texts: the same as of the profile that they were made from.

use crate::model::{Dump, Format, Frame};
use crate::parse::Options;
use crate::source::Stream;

const TRACES: &str = "\
File: labels
Build ID: 396af16a3a9d28dda8982a35ab199f147e0c9b79
Type: goroutine
Time: 2026-11-24 03:06:05 UTC
-----------+-------------------------------------------------------
    tenant:  acme
   handler:  two
lines
         3   runtime.gopark
             runtime.chanrecv
             main.wait (inline)
             main.run
-----------+-------------------------------------------------------
        -1   time.Sleep
             main.idle
-----------+-------------------------------------------------------
";

fn dumps(text: &str) -> Vec<Dump> {
    let mut stream = Stream::new(text.as_bytes());
    crate::parse::parse(&mut stream, "test", &Options::default()).unwrap_or_default()
}

fn one(text: &str) -> Dump {
    let mut dumps = dumps(text);
    assert_eq!(dumps.len(), 1, "{text}");
    dumps.remove(0)
}

#[test]
fn traces() {
    let dump = one(&format!("(pprof) traces\n{TRACES}(pprof) quit\n"));
    assert_eq!((dump.format, dump.len(), dump.goroutine_count()), (Format::PprofTraces, 2, 2));
    assert!(dump.is_clean() && dump.is_aggregated(), "{:?}", dump.problems);
    assert_eq!(dump.taken_at_nanos, Some(1_795_489_565_000_000_000));
    let first = dump.goroutine(0).unwrap();
    assert_eq!((first.count(), first.state(), first.frames().len()), (3, "chan receive", 4));
    assert_eq!(first.labels().collect::<Vec<_>>(), [("tenant", "acme"), ("handler", "two\nlines")]);
    assert!(first.head().inferred);
    let a = dump.account;
    assert_eq!(a.understood_lines + a.ignored_lines, 18);
}

#[test]
fn traces_that_are_cut_or_name_no_functions() {
    let dump = one(TRACES.split_once("main.idle").unwrap().0);
    assert_eq!((dump.account.cut_off, dump.truncation.is_some()), (1, true));
    let files = TRACES.replace("time.Sleep", "time/sleep.go").replace("main.idle", "main.go");
    let dump = one(&files);
    assert_eq!((dump.len(), dump.account.not_understood, dump.problems.len()), (1, 1, 1));
    // Without its head it may be a profile of anything.
    assert!(dumps(&TRACES.replace("Type: goroutine", "Type: cpu")).is_empty());
}

const RAW: &str = "\
PeriodType: goroutine count
Period: 1
Time: 2026-11-24 04:06:05.513122364 +0100 CET
Samples:
goroutine/count
          3: 1 2 3 \n                handler:[check out] tenant:[acme]
          1: 1 4 \nLocations
     1: 0x47db89 M=1 runtime.gopark runtime/proc.go:474:0 s=457
     2: 0x4151ed M=1 runtime.chanrecv runtime/chan.go:667:0 s=524
             runtime.chanrecv1 runtime/chan.go:509:0 s=508
     3: 0x4e7e5b M=1 main.F[go.shape.struct { a int }] /a b/main.go:19:0 s=19
     4: 0x414d31 M=1 \nMappings
1: 0x400000/0x4e9000/0x0 /tmp/labels 396af16a [FN]
";

#[test]
fn raw() {
    let text = format!("log\n{RAW}\nmore\n");
    let dump = one(&text);
    assert_eq!((dump.format, dump.len(), dump.goroutine_count()), (Format::PprofRaw, 2, 4));
    assert!(dump.is_clean() && dump.is_aggregated(), "{:?}", dump.problems);
    assert_eq!(dump.taken_at_nanos, Some(1_795_489_565_513_122_364));
    let first = dump.goroutine(0).unwrap();
    assert_eq!((first.count(), first.state(), first.frames().len()), (3, "chan receive", 4));
    assert_eq!(first.labels().collect::<Vec<_>>(), [("handler", "check out"), ("tenant", "acme")]);
    let frames: Vec<_> = first.frames().collect();
    let Frame::Call { function, file, line, .. } = frames[3] else { panic!("{frames:?}") };
    assert_eq!((dump.str(function), dump.str(file), line), ("main.F[...]", "/a b/main.go", 19));
    let last = dump.goroutine(1).unwrap().frames().last();
    assert_eq!(last, Some(Frame::Address(0x41_4d31)));
    let a = dump.account;
    assert_eq!(a.understood_lines + a.ignored_lines, text.lines().count() as u64);
}

#[test]
fn raw_that_is_cut_or_of_another_kind() {
    let dump = one(RAW.split_once("     3: 0x").unwrap().0);
    assert!(dump.truncation.is_some() && !dump.problems.is_empty());
    assert_eq!(dump.goroutine_count(), 4);
    let damaged = RAW.replace("     2: 0x4151ed", "     2: 4151ed");
    assert!(!one(&damaged).problems.is_empty());
    let cpu = RAW.replace("goroutine", "cpu");
    let mut stream = Stream::new(cpu.as_bytes());
    let error = crate::parse::parse(&mut stream, "test", &Options::default()).unwrap_err();
    assert!(error.to_string().contains("CPU profile"), "{error}");
}
