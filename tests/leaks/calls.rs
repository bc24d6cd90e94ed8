//! What calls left behind: goroutines that outlive the request or the call that started them.

use crate::support::worded::{Worded, notes};
use gdump::diagnose::facts::Config;
use gdump::diagnose::{Confidence, Known, Severity, Sight};
use gdump::view::summary::Look;

use super::text::Text;
use super::{read, report};

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
    let crowd = |busy, step: u64, between: bool| {
        let mut text = Text::service();
        connection(&mut text, 50, busy);
        for id in (0..40).map(|n| 100 + n * step) {
            text.add(id, "chan receive", &[("main.watch", 30)], Some(("main.handle", 41, 50)));
            if between {
                text.add(id + 1, "sleep", &[("main.poll", 8)], Some(("main.handle", 43, 50)));
            }
        }
        // Started after most of them, so that these are older than they look.
        text.add(
            171,
            "IO wait, 2 minutes",
            &[("main.(*conn).read", 9)],
            Some(("main.serve", 3, 1)),
        );
        report(&[&text])
    };
    let left = crowd(false, 2, false);
    assert_eq!(left.worst(), Severity::Medium);
    assert!(left.evidence().contains("in requests that are over: they outlived them"));
    // Started in one go, as a pool is at the first request.
    assert_eq!(crowd(false, 1, false).worst(), Severity::Low);
    // The request may still wait for them: in one go, or one of each of two kinds in turn.
    assert_eq!(crowd(true, 1, false).worst(), Severity::Low);
    assert_eq!(crowd(true, 2, true).worst(), Severity::Low);
    // What was started between them is gone, as what net/http starts for each request is.
    assert_eq!(crowd(true, 2, false).worst(), Severity::Medium);
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
    assert!(stuck.findings[0].steps()[0].contains("main.go:40: where the reading stops"));
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

const PROVEN: &str = "goroutineleak profile: total 40
40 @ 0x43a1f6 0x40c5f3 0x40c1b8 0x6b30a5 0x46a5e1
#\t0x6b30a4\tmain.watch+0x64\t/src/main.go:30
";

#[test]
fn a_leak_profile_proves_what_is_suspected_beside_it() {
    let mut text = Text::service();
    text.of_main(100, 60, "chan receive", &[("main.watch", 30)]);
    let look = |texts: &[&str]| {
        let dumps: Vec<_> = texts.iter().map(|text| read(text)).collect();
        let known = Known::built_in();
        let sights = Sight::all(&dumps, &Look::default(), &Config::default(), &known);
        let last = sights.last().unwrap();
        let first = last.findings.first().cloned().unwrap();
        (last.facts.dump().profile.clone(), first, notes(last))
    };
    let (_, alone, _) = look(&[&text.0]);
    assert_eq!((alone.severity, alone.confidence), (Severity::Low, Confidence::Possible));
    // In whatever order they are given.
    for texts in [[text.0.as_str(), PROVEN], [PROVEN, text.0.as_str()]] {
        let (profile, first, notes) = look(&texts);
        assert_ne!(profile, "goroutineleak");
        assert_eq!((first.severity, first.confidence), (Severity::High, Confidence::Proven));
        assert!(first.evidence()[0].contains("proves that 40 goroutines are leaked here"));
        assert!(notes.iter().any(|note| note.contains("proves 40 leaks: 40 in main.watch")));
    }
}

#[test]
fn labels_of_one_each_tell_requests_apart() {
    let mut text = Text::service();
    text.abandoned(100, 30, "chan send", &[("main.answer", 30)]);
    let mut number = 0;
    let labelled: Vec<String> = text
        .0
        .lines()
        .map(|line| {
            number += 1;
            line.replace("[chan send]:", &format!("[chan send] {{request: r{number}}}:"))
        })
        .collect();
    let dump = read(&(labelled.join("\n") + "\n"));
    let known = Known::built_in();
    let dumps = [dump];
    let sights = Sight::all(&dumps, &Look::default(), &Config::default(), &known);
    let first = &sights[0].findings[0];
    let said = first.evidence().iter().any(|e| e.contains("its own for the label request"));
    assert!(said, "{:?}", first.evidence());
}

#[test]
fn what_to_do_names_the_users_own_lines() {
    let mut text = Text::service();
    text.abandoned(100, 30, "chan receive, 30 minutes", &[("main.follow", 30)]);
    let left = report(&[&text]);
    let next = left.findings[0].steps().join("\n");
    assert!(next.contains("main.go:30: "), "{next}");
    assert!(next.contains("main.go:40: main.serve starts them and nothing ends them"), "{next}");
    // Handlers are started by the server; nobody is to look there.
    let mut text = Text::service();
    for id in 100..130 {
        let by = Some(("net/http.(*Server).Serve", 5, 1));
        let frames = [("main.report", 50), ("net/http.(*conn).serve", 1)];
        text.add(id, "chan receive, 90 minutes", &frames, by);
    }
    let hang = report(&[&text]);
    let said = [hang.findings[0].evidence(), hang.findings[0].steps()].concat();
    assert!(said.iter().all(|line| !line.contains("Server).Serve")), "{said:?}");
}

#[test]
fn who_waits_in_a_cond_may_be_an_idle_worker() {
    let waiters = |function: &str, handler: bool| {
        let mut text = Text::service();
        for id in 100..140 {
            let state = if id % 2 == 0 { "sync.Cond.Wait, 7 minutes" } else { "sync.Cond.Wait" };
            let mut frames =
                vec![("sync.runtime_notifyListWait", 1), ("sync.(*Cond).Wait", 2), (function, 60)];
            frames.extend(handler.then_some(("net/http.(*conn).serve", 3)));
            text.add(id, state, &frames, Some(("main.start", 9, 1)));
        }
        report(&[&text])
    };
    // A worker of a queue that everybody has.
    let known = waiters("k8s.io/client-go/util/workqueue.(*Type).Get", false);
    assert!(known.findings.is_empty(), "{:?}", known.findings);
    // A queue of the program's own, seldom used or never signalled.
    assert_eq!(waiters("main.(*queue).pop", false).worst(), Severity::Medium);
    // No worker is below a handler.
    assert_eq!(waiters("main.(*queue).pop", true).worst(), Severity::High);
}
