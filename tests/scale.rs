//! Analyses take linear time: dumps that would take hours if anything were done for each pair of groups,
//! locks or goroutines.

use std::time::{Duration, Instant};

use gdump::diagnose::facts::Config;
use gdump::diagnose::{Known, Sight};
use gdump::view::summary::Look;

use crate::support::parse;

/// What the slowest takes on a machine that is busy with other work is a tenth of it; in squares each
/// would take many times as long.
const LONG: Duration = Duration::from_secs(120);

/// A goroutine that waits in `state`; `calls` are in file `/app/main.go`, each with its line.
fn goroutine(goid: usize, state: &str, calls: &[(String, usize)], by: &str) -> String {
    let frames = calls.iter().map(|(call, line)| format!("{call}\n\t/app/main.go:{line} +0x1d\n"));
    let frames: String = frames.collect();
    format!(
        "goroutine {goid} [{state}, 5 minutes]:\n{frames}created by {by}\n\t/app/main.go:9 +0x1d\n\n"
    )
}

fn address(n: usize) -> usize {
    0x2cf8_0000_0000 + n * 64
}

/// Locks with two who wait for each and one in a method of the same object.
fn locks(count: usize) -> String {
    let waits = |n: usize, goid: usize| {
        let slow = (format!("internal/sync.(*Mutex).lockSlow({:#x})", address(n) + 8), 1);
        let lock = ("sync.(*Mutex).Lock(...)".to_owned(), 2);
        let method = (format!("main.(*account).Debit({:#x})", address(n)), 3);
        goroutine(goid, "sync.Mutex.Lock", &[slow, lock, method], "main.main in goroutine 1")
    };
    let each = |n: usize| {
        let audit = (format!("main.(*account).Audit({:#x})", address(n)), 4);
        let holder = goroutine(3 * n + 12, "chan receive", &[audit], "main.main in goroutine 1");
        waits(n, 3 * n + 10) + &waits(n, 3 * n + 11) + &holder
    };
    (0..count).map(each).collect()
}

/// Five goroutines in each of `count` types and functions, with what `by` says of their creator.
fn crowds(
    count: usize,
    state: &str,
    top: Option<&str>,
    by: impl Fn(usize, usize) -> String,
) -> String {
    let each = |goid: usize| {
        let n = goid / 5;
        let mut calls: Vec<_> =
            top.map(|top| (format!("{top}({:#x})", address(n)), 1)).into_iter().collect();
        calls.push((format!("main.(*feed{n}).step({:#x})", address(n)), 1 + n % 1000));
        calls.push((format!("main.run{}(0x1)", n % 100), 2));
        goroutine(goid + 10, state, &calls, &by(n, goid))
    };
    (0..5 * count).map(each).collect()
}

#[test]
fn the_worst_dumps_are_judged_in_linear_time() {
    let own = |n: usize, goid: usize| format!("main.start{n} in goroutine {}", goid / 3 + 1);
    let gone = |_: usize, goid: usize| format!("main.main in goroutine {}", goid + 10_000_000);
    let main = |_: usize, _: usize| "main.main in goroutine 1".to_owned();
    let unknown = |n: usize, _: usize| format!("main.start{n}");
    let wait = Some("sync.(*WaitGroup).Wait");
    let dumps = [
        ("locks", locks(20_000)),
        ("senders", crowds(20_000, "chan send", None, own)),
        ("senders whose starters are gone", crowds(20_000, "chan send", None, gone)),
        ("senders of one starter", crowds(20_000, "chan send", None, main)),
        ("waits for children", crowds(20_000, "sync.WaitGroup.Wait", wait, main)),
        ("waits without ids", crowds(20_000, "sync.WaitGroup.Wait", wait, unknown)),
        ("selects", crowds(20_000, "select", None, gone)),
        ("connections", crowds(20_000, "IO wait", Some("net.(*netFD).Read"), own)),
        ("conditions", crowds(20_000, "sync.Cond.Wait", Some("sync.(*Cond).Wait"), main)),
        ("sleeps", crowds(20_000, "sleep", Some("time.Sleep"), main)),
    ];
    let known = Known::built_in();
    for (name, text) in dumps {
        let dumps = parse(text.as_bytes(), name).unwrap();
        let start = Instant::now();
        let sights = Sight::all(&dumps, &Look::default(), &Config::default(), &known);
        assert_eq!(sights.len(), 1, "{name}");
        assert!(start.elapsed() < LONG, "{name}: {:?}", start.elapsed());
    }
}
