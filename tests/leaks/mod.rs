//! What the leak analyses say of made-up dumps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

mod calls;
mod text;

use crate::support::whole;
use crate::support::worded::Worded;
use gdump::diagnose::facts::{Case, Config};
use gdump::diagnose::find::{self, Fine};
use gdump::diagnose::history::History;
use gdump::diagnose::{Category, Confidence, Facts, Finding, Known, Severity};
use gdump::model::Dump;
use gdump::parse::{Options, parse};
use gdump::render::wording;
use gdump::source::Stream;

use text::Text;

/// All that is said of a case.
struct Report {
    findings: Vec<Finding>,
    notes: Vec<String>,
    fine: Vec<Fine>,
}

impl Report {
    fn first(&self) -> (&'static str, Severity, Confidence, String) {
        let first = self.findings.first().expect("there is a finding");
        (first.kind, first.severity, first.confidence, first.title())
    }

    fn worst(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info)
    }

    fn evidence(&self) -> String {
        self.findings.first().map(|first| first.evidence().join("\n")).unwrap_or_default()
    }
}

fn read(text: &str) -> Dump {
    let text = whole(text);
    let mut stream = Stream::new(text.as_bytes());
    parse(&mut stream, "test", &Options::default()).unwrap().remove(0)
}

fn report_with(texts: &[&str], config: &Config) -> Report {
    let dumps: Vec<Dump> = texts.iter().map(|text| read(text)).collect();
    let mut before: Vec<Facts<'_>> = dumps.iter().map(Facts::new).collect();
    let now = before.pop().unwrap();
    let known = Known::built_in();
    let history = History::of_last(before.iter().chain([&now]).map(Facts::index));
    let case = Case::new(&now, history, config, &known);
    let findings = find::run(&case);
    let (notes, fine) = (find::notes(&case, &findings), find::fine(&case, &findings));
    Report { findings, notes: notes.iter().map(wording::note).collect(), fine }
}

fn report(texts: &[&Text]) -> Report {
    let texts: Vec<&str> = texts.iter().map(|text| text.0.as_str()).collect();
    report_with(&texts, &Config::default())
}

const SEND: &[(&str, u32)] = &[("main.lookup.func1", 88)];
const SELECT: &[(&str, u32)] = &[("main.subscriber", 50)];

#[test]
fn senders_that_outlive_their_callers() {
    let mut text = Text::service();
    text.abandoned(100, 29, "chan send", SEND);
    text.abandoned(200, 1, "chan send, 47 minutes", SEND);
    let report = report(&[&text]);
    assert_eq!(
        report.first(),
        (
            "suspected-leak",
            Severity::High,
            Confidence::Likely,
            "30 goroutines are stuck sending on a channel in main.lookup.func1 (main.go:88): nobody receives".to_owned()
        )
    );
    let evidence = report.evidence();
    assert!(
        evidence.contains("started by main.serve (main.go:40), each by a goroutine of its own")
    );
    assert!(evidence.contains("47 min"), "{evidence}");
    assert!(report.findings[0].steps()[0].starts_with("main.go:88: "));
    // The pool and the accept loop were looked at.
    assert_eq!(report.fine.len(), 2);
}

#[test]
fn tickers_are_young_and_leak_nevertheless() {
    let tickers = |n: u64, newer: &str| {
        let mut text = Text::service();
        // Each by a call of its own, which had the id before.
        for id in (100..100 + 2 * n).step_by(2) {
            let by = Some(("main.serve", 40, id));
            text.add(id + 1, "chan receive", &[("main.(*session).keepalive", 30)], by);
        }
        text.add(120 + 2 * n, newer, &[("main.(*conn).read", 9)], Some(("main.serve", 3, 1)));
        report(&[&text]).worst()
    };
    assert_eq!(tickers(160, "IO wait"), Severity::High);
    // As many as a pool may have could be sessions that are still in use. One that was started after
    // them and is five minutes old says that they are older: they only look young.
    assert_eq!(tickers(60, "IO wait, 5 minutes"), Severity::Medium);
    assert_eq!(tickers(60, "IO wait"), Severity::Low);
}

#[test]
fn a_slow_rise_of_what_never_goes_is_no_chance() {
    let moment = |first: u64, n: u64| {
        let mut text = Text::service();
        text.abandoned(first, n, "chan receive", &[("main.(*session).keepalive", 30)]);
        text
    };
    let rise = |second: &Text| report(&[&moment(100, 150), second]);
    let stays = rise(&moment(100, 160));
    assert_eq!(stays.worst(), Severity::High);
    assert!(
        stays.evidence().starts_with("it rises, and those of before do not go: 150 → 160"),
        "{}",
        stays.evidence()
    );
    // Others each time: what is in flight varies.
    assert_ne!(rise(&moment(1_000, 160)).worst(), Severity::High);
}

#[test]
fn pools_and_subscribers_are_no_leak() {
    let mut text = Text::service();
    text.of_main(100, 64, "chan receive, 300 minutes", &[("main.(*jobs).worker", 31)]);
    text.of_main(200, 120, "select, 300 minutes", SELECT);
    let one = report(&[&text]);
    assert_eq!(one.worst(), Severity::Low);
    assert!(one.findings[0].steps().iter().any(|step| step.contains("second dump")));
    let series = report(&[&text, &text, &text]);
    assert_eq!(series.worst(), Severity::Info);
    assert!(series.evidence().contains("120 → 120 → 120"));
}

#[test]
fn who_stands_beside_a_reader_serves_a_connection() {
    let mut text = Text::service();
    for id in 0..50 {
        let gone = Some(("main.serveWs", 70, 9_000 + id));
        let read = [("net.(*netFD).Read", 1), ("main.(*client).readPump", 60)];
        text.add(1_000 + id, "IO wait, 90 minutes", &read, gone);
        text.add(2_000 + id, "select, 90 minutes", &[("main.(*client).writePump", 80)], gone);
    }
    assert!(report(&[&text]).worst() <= Severity::Low);
}

#[test]
fn streams_of_events_select_until_the_client_goes() {
    let mut text = Text::service();
    let frames = [("main.events", 50), ("net/http.(*conn).serve", 1)];
    text.abandoned(100, 300, "select, 90 minutes", &frames);
    assert!(report(&[&text]).worst() <= Severity::Low);
}

#[test]
fn a_channel_that_limits_is_no_leak() {
    let mut text = Text::service();
    text.of_main(100, 40, "chan send, 20 minutes", &[("main.fetch.func1", 30)]);
    text.of_main(200, 4, "sleep", &[("time.Sleep", 1), ("main.fetch.func1", 33)]);
    let report = report(&[&text]);
    let first = &report.findings[0];
    assert_ne!(first.category, Category::Leak, "{}", first.title());
    assert!(
        report.findings.iter().all(|f| f.category != Category::Leak || f.severity <= Severity::Low)
    );
}

#[test]
fn for_ever_by_construction() {
    let mut text = Text::default();
    text.add(1, "select (no cases)", &[("main.main", 20)], None);
    text.add(3, "select (no cases)", &[("main.park", 20)], Some(("main.main", 9, 1)));
    text.abandoned(100, 3, "chan receive (nil chan), 5 minutes", &[("main.(*batch).shard", 64)]);
    let report = report(&[&text]);
    let (kind, severity, confidence, title) = report.first();
    assert_eq!(
        (kind, severity, confidence),
        ("blocked-forever", Severity::High, Confidence::Proven)
    );
    assert!(title.contains("receiving from a nil channel in main.(*batch).shard (main.go:64)"));
    // What was started once and parks is harmless, and main is never blamed.
    let park = report.findings.iter().find(|f| f.title().contains("main.park")).unwrap();
    assert_eq!(park.severity, Severity::Low);
    assert!(!report.findings.iter().any(|finding| finding.title().contains("main.main")));
}

#[test]
fn what_go_has_proven() {
    let mut text = Text::service();
    text.abandoned(100, 56, "chan send (leaked)", SEND);
    text.abandoned(200, 44, "chan send", SEND);
    text.abandoned(300, 2, "sync.Mutex.Lock (leaked)", &[("main.(*store).Put", 7)]);
    let report = report(&[&text]);
    let proven: Vec<_> = report.findings.iter().filter(|f| f.kind == "proven-leak").collect();
    assert_eq!(proven.len(), 2);
    assert!(
        proven[0]
            .title()
            .starts_with("56 goroutines are leaked, sending on a channel in main.lookup")
    );
    assert!(
        proven[0]
            .evidence()
            .iter()
            .any(|e| e.starts_with("44 more are at the same place unmarked"))
    );
    assert_eq!(proven[1].category, Category::Deadlock);
    assert!(report.findings.iter().all(|f| f.kind == "proven-leak"), "said once");
}

#[test]
fn none_proven_is_not_no_leak() {
    let none = report_with(&["goroutineleak profile: total 0\n"], &Config::default());
    assert!(none.findings.is_empty());
    assert!(none.notes[0].contains("none proven, not no leak"), "{:?}", none.notes);
}

#[test]
fn where_nothing_else_can_happen_one_goroutine_counts() {
    let mut text = Text::default();
    text.add(1, "select (no cases)", &[("main.main", 20)], None);
    text.add(
        7,
        "chan send, 2 minutes",
        &[("main.(*Compactor).Start", 12)],
        Some(("main.main", 9, 1)),
    );
    let stuck = report(&[&text]);
    assert_eq!(stuck.first().1, Severity::Medium);
    // In a service that lives the same goroutine is one of many that come and go.
    let mut text = Text::service();
    text.of_main(100, 1, "chan send", &[("main.(*Compactor).Start", 12)]);
    assert_eq!(report(&[&text]).worst(), Severity::Info);
}

#[test]
fn requests_with_their_helpers_are_one_finding() {
    let mut text = Text::service();
    for id in 0..25 {
        let by = Some(("main.accept", 5, 9_000 + id));
        text.add(1_000 + id, "chan receive, 12 minutes", &[("main.handle", 44)], by);
        for helper in [2_000, 3_000] {
            let by = Some(("main.handle", 41, 1_000 + id));
            text.add(helper + id, "chan send, 12 minutes", &[("main.handle.func1", 42)], by);
        }
    }
    let report = report(&[&text]);
    let leaks: Vec<_> = report.findings.iter().filter(|f| f.severity > Severity::Low).collect();
    assert_eq!(leaks.len(), 1);
    assert_eq!(leaks[0].count, 75);
    assert!(leaks[0].title().starts_with("25 instances of a 3-goroutine cluster are stuck"));
}

#[test]
fn a_series_raises_lowers_and_acquits() {
    let crowd = |from: u64, n: u64| {
        let mut text = Text::service();
        text.of_main(from, n, "chan receive", &[("main.watch", 30)]);
        text
    };
    // It grows, and those that were there stay.
    let grows = report(&[&crowd(100, 30), &crowd(100, 90), &crowd(100, 190)]);
    assert_eq!(grows.first().1, Severity::High);
    assert!(grows.evidence().contains("30 → 90 → 190 (+80 per dump)"));
    assert!(grows.evidence().contains("90 of the 90 that were there in the dump before still are"));
    // It falls. Whatever takes the last dump is newer than what was there before.
    let mut last = crowd(100, 206);
    last.add(900, "runnable", &[("main.dump", 30)], Some(("main.start", 9, 1)));
    let falls = report(&[&crowd(100, 198), &crowd(100, 563), &last]);
    assert!(falls.findings.is_empty());
    // Others each time.
    let moves = report(&[&crowd(100, 100), &crowd(1_000, 102)]);
    assert!(moves.findings.is_empty());
    // Of another process.
    let mut other = Text::default();
    other.of_main(5_000, 100, "chan receive", &[("main.watch", 30)]);
    let restarted = report(&[&other, &crowd(100, 100)]);
    assert!(restarted.notes.iter().any(|note| note.contains("from another process")));
}

#[test]
fn nothing_is_compared_over_a_restart() {
    let moment = |n: u64, parent: u64| {
        let mut text = Text::default();
        for id in 100..100 + n {
            text.add(id, "chan receive", &[("main.watch", 30)], Some(("main.start", 9, parent)));
        }
        text
    };
    // The same ids in the same place, started by another goroutine.
    let restarted = report(&[&moment(30, 7), &moment(190, 8)]);
    assert_eq!(restarted.first(), report(&[&moment(190, 8)]).first());
    assert!(!restarted.evidence().contains("30 →"), "{}", restarted.evidence());
    let reason = "of 30 ids in both, 30 are of goroutines started elsewhere";
    assert!(restarted.notes.iter().any(|note| note.contains(reason)), "{:?}", restarted.notes);
    // What came after the restart is compared.
    let after = report(&[&moment(30, 7), &moment(30, 8), &moment(190, 8)]);
    assert_eq!(after.worst(), Severity::High);
    assert!(after.evidence().contains("it grows: 30 → 190"), "{}", after.evidence());
}

const DEBUG1: &str = "goroutine profile: total 250
200 @ 0x43a1f6 0x40c5f3 0x40c1b8 0x6b30a5 0x46a5e1
#\t0x6b30a4\tmain.(*session).keepalive+0x64\t/src/main.go:300

50 @ 0x43a1f6 0x40c5f3 0x40c1b8 0x6b1e74 0x46a5e1
#\t0x6b1e73\tmain.(*pool).worker+0x33\t/src/main.go:31
";

#[test]
fn without_ages_min_wait_is_answered_all_the_same() {
    let config = Config { min_wait: Some(10), min_count: Some(100) };
    let report = report_with(&[DEBUG1], &config);
    assert_eq!(report.findings.len(), 1);
    let first = &report.findings[0];
    assert!(first.title().contains("main.(*session).keepalive"), "{}", first.title());
    assert!(first.confidence < Confidence::Proven);
    assert!(report.notes[0].contains("--min-wait 10m cannot be applied"), "{:?}", report.notes);
    assert!(report.notes[0].contains("goroutine?debug=2"));
    // Without the option the format's limits are said once, not for each finding.
    let report = report_with(&[DEBUG1], &Config::default());
    assert!(report.findings.len() > 1);
    assert!(report.notes[0].contains("debug=2 tells since when"), "{:?}", report.notes);
    assert!(report.findings.iter().all(|f| f.evidence().iter().all(|e| !e.contains("debug=2"))));
}

#[test]
fn thresholds_are_about_ages_where_there_are_some() {
    let mut text = Text::service();
    text.abandoned(100, 30, "chan send, 12 minutes", SEND);
    let with = |minutes| Config { min_wait: Some(minutes), min_count: None };
    assert_eq!(report_with(&[&text.0], &with(10)).findings.len(), 1);
    assert!(report_with(&[&text.0], &with(60)).findings.is_empty());
}

#[test]
fn idle_connections_are_known() {
    let mut text = Text::service();
    for id in 0..45 {
        let by = Some(("net/http.(*Transport).dialConn", 5, 9_000 + id));
        let read = [
            ("net.(*netFD).Read", 1),
            ("bufio.(*Reader).Peek", 2),
            ("net/http.(*persistConn).readLoop", 3),
        ];
        text.add(1_000 + id, "IO wait, 3 minutes", &read, by);
        text.add(2_000 + id, "select, 3 minutes", &[("net/http.(*persistConn).writeLoop", 4)], by);
    }
    // `http.DefaultTransport` keeps none of them for so long: worth a look, no more.
    let old = report(&[&text]);
    assert_eq!((old.first().0, old.first().1), ("idle-connections", Severity::Low));
    let young = report(&[&Text(text.0.replace(", 3 minutes", ""))]);
    assert!(young.findings.is_empty(), "{:?}", young.findings);
    assert!(young.fine.iter().any(|fine| wording::fine(&fine.why).contains("connection")));
}

#[test]
fn a_dump_that_is_cut_says_nobody_is_gone() {
    let mut text = Text::service();
    text.abandoned(100, 30, "select", SELECT);
    text.0.push_str("goroutine 999 [sele");
    let report = report(&[&text]);
    assert!(report.worst() <= Severity::Low);
    assert!(report.notes.iter().any(|note| note.contains("missing from this dump")));
}

#[test]
fn requests_that_hang() {
    let frames = [("main.report", 50), ("net/http.(*conn).serve", 1)];
    let mut text = Text::service();
    text.of_main(100, 30, "chan receive, 90 minutes", &frames);
    let old = report(&[&text]);
    assert_eq!((old.first().1, old.first().2), (Severity::Medium, Confidence::Likely));
    assert!(old.evidence().contains("handles a request"));
    // Without an age they may be on their way.
    let mut text = Text::service();
    text.of_main(100, 30, "chan receive", &frames);
    assert_eq!(report(&[&text]).worst(), Severity::Low);
}

#[test]
fn without_ids_equal_ages_hold_a_cluster_together() {
    let mut text = Text::service();
    for id in 0..20 {
        let state = |what: &str| format!("{what}, {} minutes", 15 + 50 * id);
        text.add(
            100 + id,
            &state("semacquire"),
            &[("sync.(*WaitGroup).Wait", 1), ("main.(*join).Close", 68)],
            None,
        );
        for worker in 0..4 {
            text.add(
                1_000 + 10 * id + worker,
                &state("select"),
                &[("main.(*worker).run", 39)],
                None,
            );
        }
    }
    let report = report(&[&text]);
    let first = &report.findings[0];
    assert_eq!((first.severity, first.count), (Severity::High, 100));
    assert!(
        first
            .title()
            .starts_with("20 instances of a 5-goroutine cluster are stuck: main.(*join).Close")
    );
}

#[test]
fn connections_of_a_library_outlive_the_call_that_opened_them() {
    let mut text = Text::service();
    text.abandoned(100, 40, "select, 30 minutes", &[("example.com/db@v1.2.0.(*conn).watch", 61)]);
    let path = text.0.replace("/src/lib.go", "/mod/example.com/db@v1.2.0/conn.go");
    let config = Config::default();
    assert!(report_with(&[&path], &config).worst() <= Severity::Low);
}

#[test]
fn senders_with_a_slow_consumer_are_no_leak() {
    let mut text = Text::service();
    text.of_main(100, 60, "chan send", &[("main.(*queue).Push", 20), ("main.handle", 4)]);
    let dead = report(&[&text]);
    assert_eq!(dead.findings[0].category, Category::Leak);
    text.of_main(300, 1, "sleep", &[("time.Sleep", 1), ("main.(*queue).drain", 31)]);
    let slow = report(&[&text]);
    assert_eq!(slow.findings[0].category, Category::Backpressure);
    let title = slow.findings[0].title();
    assert!(title.contains("main.(*queue).drain"), "{title}");
    assert!(slow.evidence().contains("main.(*queue).drain (main.go:31)"));
}
