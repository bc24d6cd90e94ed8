//! What is read of Delve's answers.

use std::fmt::Write;

use crate::model::{Dump, Format, Frame, Goroutine};
use crate::parse::Options;
use crate::source::Stream;

const LIST: &str = "\
* Goroutine 1 - User: /src/shop/main.go:31 main.main (0x4b1a2e) [chan receive]
  Goroutine 18 - User: /src/shop/stock/shelf.go:71 example.com/shop/stock.(*Shelf).Take (0x4b3c11) [sync.Mutex.Lock 183402193848]
  Goroutine 19 - User: /src/shop/main.go:40 main.spin (0x4b3c11) (thread 4191)
[3 goroutines]
";

const STACKS: &str = "\
* Goroutine 1 - User: /src/shop/main.go:31 main.main (0x4b1a2e) [chan receive]
\t0  0x000000000043e1ae in runtime.gopark
\t    at /usr/local/go/src/runtime/proc.go:435
\t1  0x00000000004078d9 in runtime.chanrecv
\t    at /usr/local/go/src/runtime/chan.go:583
\t2  0x00000000004b1a2e in main.main
\t    at /src/shop/main.go:31
\t3  0x000000000043e2f8 in runtime.main
\t    at /usr/local/go/src/runtime/proc.go:250
\t4  0x000000000046b701 in runtime.goexit
\t    at /usr/local/go/src/runtime/asm_amd64.s:1594
  Goroutine 18 - User: /src/shop/stock/shelf.go:71 example.com/shop/stock.(*Shelf).Take (0x4b3c11) [sync.Mutex.Lock 183402193848]
\t0  0x000000000043e1ae in runtime.gopark
\t    at /usr/local/go/src/runtime/proc.go:435
\t1  0x00000000004b3c11 in example.com/shop/stock.(*Shelf).Take
\t    at /src/shop/stock/shelf.go:71
\t(truncated)
[2 goroutines]
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

/// A goroutine in one line: id, state, and functions with lines.
fn said(goroutine: Goroutine<'_>) -> String {
    let dump = goroutine.dump();
    let mut out = format!("{:?} {}", goroutine.goid().unwrap_or(0), goroutine.state());
    for frame in goroutine.frames() {
        let _ = match frame {
            Frame::Call { function, line, .. } => write!(out, " {}:{line}", dump.str(function)),
            Frame::Address(address) => write!(out, " {address:#x}"),
            Frame::Elided(_) => write!(out, " …"),
        };
    }
    out
}

fn all(dump: &Dump) -> Vec<String> {
    dump.goroutines().map(said).collect()
}

#[test]
fn listings_tell_one_frame() {
    let dump = one(&format!("(dlv) goroutines\n{LIST}(dlv) q\n"));
    assert_eq!((dump.format, dump.account.whole), (Format::Delve, 3));
    assert!(is_understood(&dump) && dump.has_goids() && !dump.has_ages());
    assert_eq!(
        all(&dump),
        [
            "1 chan receive main.main:31 …",
            "18 sync.Mutex.Lock example.com/shop/stock.(*Shelf).Take:71 …",
            "19 running main.spin:40 …",
        ]
    );
    // The number behind the reason is a moment, not a length.
    assert!(dump.goroutines().all(|goroutine| goroutine.head().minutes.is_none()));
}

#[test]
fn stacks_are_read_whole_or_as_far_as_was_asked_for() {
    let dump = one(STACKS);
    assert!(is_understood(&dump), "{:?}", dump.problems);
    assert_eq!(
        all(&dump),
        [
            "1 chan receive runtime.gopark:435 runtime.chanrecv:583 main.main:31 runtime.main:250 runtime.goexit:1594",
            "18 sync.Mutex.Lock runtime.gopark:435 example.com/shop/stock.(*Shelf).Take:71 …",
        ]
    );
}

#[test]
fn what_is_printed_again_is_one_goroutine() {
    let dump = one(&format!("(dlv) grs\n{LIST}(dlv) goroutines -t\n{STACKS}"));
    assert_eq!((dump.len(), dump.account.repeated), (3, 2));
    assert_eq!(dump.goroutine(0).map(|it| it.frames().len()), Some(5));
    // The program went on in between.
    let later =
        LIST.replace("main.main (0x4b1a2e) [chan receive]", "main.main (0x4b1a2e) [select]");
    assert_eq!(dumps(&format!("{LIST}(dlv) c\n{LIST}")).len(), 2);
    assert_eq!(dumps(&format!("{LIST}{later}")).len(), 2);
    assert_eq!(dumps(&format!("{LIST}(dlv) p x\n5\n{LIST}")).len(), 1);
}

#[test]
fn single_stacks_are_of_who_was_asked_for() {
    let stack = "0  0x000000000049dc02 in main.work\n   at ./main.go:12\n1  0x0000000000462b41 in runtime.goexit\n   at /go/asm_amd64.s:1373\n";
    for (before, id) in [
        ("(dlv) goroutine 7 bt\n", Some(7)),
        ("Switched from 1 to 9 (thread 5)\n(dlv) stack\n", Some(9)),
        ("(dlv) bt\n", None),
        ("Goroutine 4:\n\tRuntime: ./main.go:12 main.work (0x49dc02)\n(dlv) bt\n", Some(4)),
        ("", None),
    ] {
        let dump = one(&format!("{before}{stack}"));
        assert_eq!(dump.goroutine(0).and_then(Goroutine::goid), id, "{before}");
        assert_eq!((dump.len(), dump.has_goids()), (1, id.is_some()), "{before}");
        assert!(all(&dump)[0].ends_with("main.work:12 runtime.goexit:1373"), "{:?}", all(&dump));
    }
}

#[test]
fn broken_lines_are_joined() {
    let want = all(&one(STACKS));
    for width in [40, 60, 72, 80, 100, 120] {
        let mut text = String::new();
        for line in STACKS.lines() {
            let chars: Vec<char> = line.replace('\t', "        ").chars().collect();
            for part in chars.chunks(width) {
                text.extend(part);
                text.push('\n');
            }
        }
        let dump = one(&text);
        assert_eq!(all(&dump), want, "{width}\n{text}");
        assert!(is_understood(&dump), "{width}: {:?}", dump.problems);
    }
}

#[test]
fn waits_that_delve_misnames_are_corrected_by_frames() {
    // Delve 1.20.2 at a program of Go 1.21: its table ends before that of the program.
    let text = "\
  Goroutine 5 - User: runtime/proc.go:399 runtime.gopark (0x43890e) [debug call]
\t0  0x000000000043890e in runtime.gopark
\t   at runtime/proc.go:399
\t1  0x00000000004199c8 in runtime.gcBgMarkWorker
\t   at runtime/mgc.go:1295
\t(truncated)
  Goroutine 24 - User: runtime/sema.go:77 sync.runtime_SemacquireMutex (0x4625c5) [timer goroutine (idle) 4001611482048]
\t0  0x000000000043890e in runtime.gopark
\t   at runtime/proc.go:399
\t1  0x0000000000445f8f in runtime.semacquire1
\t   at runtime/sema.go:160
\t2  0x00000000004625c5 in sync.runtime_SemacquireMutex
\t   at runtime/sema.go:77
\t(truncated)
  Goroutine 25 - User: /x.go:1 main.f (0x4625c5) [sleep]
[3 goroutines]
";
    let dump = one(text);
    let states: Vec<_> = dump.goroutines().map(|it| (it.state(), it.head().inferred)).collect();
    assert_eq!(states, [("", true), ("sync.Mutex.Lock", true), ("sleep", false)]);
    // Alone it is believed.
    let dump = one(text.split_once("  Goroutine 24").unwrap().0);
    assert_eq!(dump.goroutine(0).map(Goroutine::state), Some("debug call"));
}

#[test]
fn what_is_lost_is_told() {
    let short = LIST.replace("[3 goroutines]", "[5 goroutines]");
    let dump = one(&short);
    assert_eq!((dump.stated_total, dump.problems.len()), (Some(5), 1));
    assert!(dump.truncation.is_some());
    let group = "main.go:9 in main.f\n\t  Goroutine 5 - User: /x.go:1 main.f (0x4625c5) [sleep]\n\tTotal: 9\n";
    let dump = one(group);
    assert_eq!((dump.len(), dump.stated_total), (1, Some(9)));
    let without = STACKS.replace("\t    at /src/shop/main.go:31\n", "");
    let dump = one(&without);
    assert_eq!((dump.len(), dump.problems.len(), dump.problems[0].line), (2, 1, 7));
    let unreadable = LIST.replace("[3", "  Goroutine (unreadable could not read g)\n[3");
    let dump = one(&unreadable);
    assert_eq!((dump.account.not_understood, dump.problems.len()), (1, 1));
    let damaged = LIST.replace("(0x4b3c11) [sync", "(0x4b3 [sync");
    let dump = one(&damaged);
    assert_eq!((dump.len(), dump.account.not_understood), (2, 1));
    // At each byte the goroutines whose line is whole are there.
    for cut in 0..STACKS.len() {
        let text = STACKS.split_at(cut).0;
        let whole = text
            .split_inclusive('\n')
            .filter(|line| line.contains(" - User: ") && line.ends_with('\n'));
        let count: usize = dumps(text).iter().map(Dump::len).sum();
        assert!(count >= whole.count(), "{text}");
    }
    let dump = one(STACKS.split_once("runtime.main").unwrap().0);
    assert_eq!((dump.account.cut_off, dump.truncation.is_some()), (1, true));
}

#[test]
fn prose_and_quotes_around_it() {
    let want = all(&one(STACKS));
    let deep = |line: &str| format!("    {line}\r");
    let quote = |line: &str| format!("> {line}");
    let bare = |line: &str| line.trim().to_owned();
    let all_lines =
        |change: &dyn Fn(&str) -> String| STACKS.lines().map(change).collect::<Vec<_>>().join("\n");
    for text in [all_lines(&deep), all_lines(&quote), all_lines(&bare)] {
        let dump = one(&format!("It hangs:\n\n{text}\n\nWhat is it?\n"));
        assert_eq!(all(&dump), want, "{text}");
        assert!(is_understood(&dump), "{text}: {:?}", dump.problems);
    }
}
