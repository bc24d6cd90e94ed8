//! What calls left behind: goroutines that outlive the request or the call that started them.

use gdump::analysis::Severity;

use super::report;
use super::text::Text;

/// A connection that is kept alive, in a request or between two.
fn connection(text: &mut Text, id: u64, busy: bool) {
    let by = Some(("net/http.(*Server).Serve", 5, 1));
    let idle = [
        ("net.(*netFD).Read", 1),
        ("net/http.(*conn).readRequest", 2),
        ("net/http.(*conn).serve", 3),
    ];
    let handles = [("main.wait", 60), ("main.handle", 41), ("net/http.(*conn).serve", 3)];
    text.add(id, if busy { "select" } else { "IO wait" }, if busy { &handles } else { &idle }, by);
}

#[test]
fn what_requests_on_one_connection_left_behind() {
    let crowd = |busy, step: u64| {
        let mut text = Text::service();
        connection(&mut text, 50, busy);
        for id in (0..40).map(|n| 100 + n * step) {
            text.add(id, "chan receive", &[("main.watch", 30)], Some(("main.handle", 41, 50)));
        }
        report(&[&text])
    };
    let left = crowd(false, 2);
    assert_eq!(left.worst(), Severity::High);
    assert!(left.evidence().contains("in requests that are over: they outlived them"));
    // Started in one go, as a pool is at the first request.
    assert_eq!(crowd(false, 1).worst(), Severity::Low);
    // The request may still wait for them.
    assert_eq!(crowd(true, 2).worst(), Severity::Low);
}

#[test]
fn pipes_whose_reader_has_left() {
    let writers = |state: &str, n: u64| {
        let mut text = Text::service();
        let frames =
            [("io.(*pipe).write", 86), ("io.(*PipeWriter).Write", 165), ("main.encode", 12)];
        text.abandoned(100, n, state, &frames);
        text
    };
    let stuck = report(&[&writers("select", 25)]);
    assert_eq!((stuck.first().0, stuck.first().1), ("pipe-end-left", Severity::High));
    assert!(stuck.findings[0].next[0].contains("main.go:40: where the reading stops"));
    assert_eq!(report(&[&writers("select, 9 minutes", 4)]).worst(), Severity::Medium);
    // As many write to the network: they read from the pipes and send on what they read.
    let mut busy = writers("select", 25);
    for id in 0..25 {
        let frames = [("net.(*netFD).Write", 1), ("io.Copy", 2), ("main.upload", 30)];
        busy.add(9_000 + id, "IO wait", &frames, Some(("main.start", 9, 1)));
    }
    assert!(report(&[&busy]).findings.iter().all(|finding| finding.kind != "pipe-end-left"));
}

#[test]
fn who_sleeps_after_a_call_wakes_soon() {
    let sleepers = |state: &str| {
        let mut text = Text::service();
        text.abandoned(100, 60, state, &[("time.Sleep", 1), ("main.forget", 20)]);
        report(&[&text]).worst()
    };
    assert_eq!(sleepers("sleep"), Severity::Low);
    assert_eq!(sleepers("sleep, 25 minutes"), Severity::Medium);
}
