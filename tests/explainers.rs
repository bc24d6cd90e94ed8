//! What the analyses of libraries and crashes say of made-up dumps: what is wrong is found, and what
//! looks like it and is fine is not.

use std::fmt::Write;

use crate::support::whole;
use crate::support::worded::Worded;
use gdump::diagnose::facts::{Case, Config};
use gdump::diagnose::find;
use gdump::diagnose::history::History;
use gdump::diagnose::{Category, Facts, Finding, Known, Severity};
use gdump::model::Dump;
use gdump::parse::{Options, parse};
use gdump::source::Stream;

fn read(text: &str) -> Dump {
    let text = whole(text);
    let mut stream = Stream::new(text.as_bytes());
    parse(&mut stream, "test", &Options::default()).unwrap().remove(0)
}

fn findings(texts: &[&str]) -> Vec<Finding> {
    let dumps: Vec<Dump> = texts.iter().map(|text| read(text)).collect();
    let mut before: Vec<Facts<'_>> = dumps.iter().map(Facts::new).collect();
    let now = before.pop().unwrap();
    let (config, known) = (Config::default(), Known::built_in());
    let history = History::of_last(before.iter().chain([&now]).map(Facts::index));
    let case = Case::new(&now, history, &config, &known);
    find::run(&case)
}

/// `n` goroutines with ids from `first`.
fn many(first: u64, n: u64, state: &str, frames: &[&str]) -> String {
    let mut text = String::new();
    for id in first..first + n {
        writeln!(text, "goroutine {id} [{state}]:").unwrap();
        for (frame, line) in frames.iter().zip(10..) {
            match frame.strip_prefix("by ") {
                Some(creator) => {
                    writeln!(
                        text,
                        "created by {creator} in goroutine 1\n\t/src/main.go:{line} +0x1"
                    )
                }
                None => writeln!(text, "{frame}(0x1)\n\t/src/main.go:{line} +0x1"),
            }
            .unwrap();
        }
        text.push('\n');
    }
    text
}

fn kinds(findings: &[Finding]) -> Vec<(&str, Severity)> {
    findings.iter().map(|finding| (finding.kind, finding.severity)).collect()
}

/// The first finding, which must be of `kind`.
fn first(findings: &[Finding], kind: &str) -> Finding {
    let first = findings.first().unwrap_or_else(|| panic!("nothing was found, not {kind}"));
    assert_eq!(first.kind, kind, "{}", first.title());
    first.clone()
}

const READ_LOOP: &[&str] =
    &["net/http.(*persistConn).readLoop", "by net/http.(*Transport).dialConn"];
const WRITE_LOOP: &[&str] =
    &["net/http.(*persistConn).writeLoop", "by net/http.(*Transport).dialConn"];
const IDLE_LOOP: &[&str] = &[
    "internal/poll.runtime_pollWait",
    "net.(*conn).Read",
    "bufio.(*Reader).Peek",
    "net/http.(*persistConn).readLoop",
    "by net/http.(*Transport).dialConn",
];
const ROUND_TRIP: &[&str] =
    &["net/http.(*persistConn).roundTrip", "net/http.(*Client).do", "main.fetch", "by main.serve"];

#[test]
fn open_bodies_leak_and_idle_connections_do_not() {
    let leak = many(100, 30, "select", READ_LOOP) + &many(200, 30, "select", WRITE_LOOP);
    let found = first(&findings(&[&leak]), "http-body-not-closed");
    assert_eq!((found.category, found.severity), (Category::Leak, Severity::High));
    assert!(
        found.title().starts_with("30 HTTP response bodies were never closed"),
        "{}",
        found.title()
    );

    let idle = many(100, 300, "IO wait", IDLE_LOOP) + &many(500, 300, "select", WRITE_LOOP);
    assert_eq!(kinds(&findings(&[&idle])), []);
}

#[test]
fn a_body_that_is_read_is_not_leaked() {
    let reader = ["net/http.(*bodyEOFSignal).Read", "io.ReadAll", "main.fetch", "by main.serve"];
    let text = many(100, 30, "select", READ_LOOP)
        + &many(200, 30, "select", WRITE_LOOP)
        + &many(300, 30, "IO wait", &reader);
    let found = findings(&[&text]);
    assert!(found.iter().all(|finding| finding.kind != "http-body-not-closed"), "{found:?}");
}

#[test]
fn slow_upstreams_are_slow_and_name_the_caller() {
    let text = many(100, 40, "select, 3 minutes", ROUND_TRIP)
        + &many(200, 40, "IO wait", IDLE_LOOP)
        + &many(300, 40, "select", WRITE_LOOP);
    let found = first(&findings(&[&text]), "slow-upstream");
    assert_eq!((found.category, found.severity), (Category::Slow, Severity::High));
    assert!(found.title().ends_with("in main.fetch"), "{}", found.title());
    let few = many(100, 3, "select", ROUND_TRIP) + &many(200, 3, "IO wait", IDLE_LOOP);
    assert_eq!(kinds(&findings(&[&few])), []);
}

#[test]
fn clients_that_do_not_read_block_the_handler() {
    let write = [
        "internal/poll.runtime_pollWait",
        "internal/poll.(*FD).Write",
        "net.(*netFD).Write",
        "net.(*conn).Write",
        "net/http.checkConnErrorWriter.Write",
        "bufio.(*Writer).Flush",
        "main.download",
        "net/http.(*conn).serve",
        "by net/http.(*Server).Serve",
    ];
    let found =
        first(&findings(&[&many(100, 12, "IO wait, 7 minutes", &write)]), "client-does-not-read");
    assert!(found.title().contains("main.download"), "{}", found.title());
}

const WAITS: &[&str] = &[
    "database/sql.(*DB).conn",
    "database/sql.(*DB).QueryContext",
    "main.queryUser",
    "by main.serve",
];

#[test]
fn a_pool_whose_rows_are_not_closed_is_a_leak() {
    let rows = ["database/sql.(*Rows).awaitDone", "by database/sql.(*Rows).initContextClose"];
    let text = many(100, 50, "select", WAITS) + &many(300, 5, "select", &rows);
    let found = first(&findings(&[&text]), "sql-pool-exhausted");
    assert_eq!((found.category, found.severity), (Category::Leak, Severity::High));
    assert!(
        found.title().starts_with("main.queryUser waits for a database connection"),
        "{}",
        found.title()
    );
}

#[test]
fn a_pool_at_work_is_contention() {
    let rows = ["database/sql.(*Rows).awaitDone", "by database/sql.(*Rows).initContextClose"];
    let work = [
        "internal/poll.runtime_pollWait",
        "net.(*conn).Read",
        "database/sql.(*Rows).Next",
        "main.report",
        "by main.serve",
    ];
    let text = many(100, 50, "select", WAITS)
        + &many(300, 5, "select", &rows)
        + &many(400, 5, "IO wait", &work);
    assert_eq!(first(&findings(&[&text]), "sql-pool-exhausted").category, Category::Contention);
}

#[test]
fn a_few_databases_are_fine_and_dozens_are_not() {
    let opener = ["database/sql.(*DB).connectionOpener", "by database/sql.OpenDB"];
    assert_eq!(kinds(&findings(&[&many(100, 5, "select", &opener)])), []);
    let found = first(&findings(&[&many(100, 30, "select", &opener)]), "sql-db-not-closed");
    assert_eq!(found.severity, Severity::High);
}

#[test]
fn a_held_pipe_names_who_ran_the_command() {
    let wait =
        ["os/exec.(*Cmd).awaitGoroutines", "os/exec.(*Cmd).Wait", "main.runHook", "by main.serve"];
    let copy = [
        "internal/poll.runtime_pollWait",
        "os.(*File).Read",
        "io.copyBuffer",
        "os/exec.(*Cmd).writerDescriptor.func1",
        "os/exec.(*Cmd).Start.func2",
        "by os/exec.(*Cmd).Start",
    ];
    let text = many(100, 4, "chan receive", &wait) + &many(200, 4, "IO wait", &copy);
    let found = first(&findings(&[&text]), "exec-pipe-held");
    assert!(
        found.title().starts_with("main.runHook waits for the output of 4 commands"),
        "{}",
        found.title()
    );
    // A child that still runs.
    let child =
        ["syscall.Syscall6", "os.(*Process).blockUntilWaitable", "os/exec.(*Cmd).Wait", "main.run"];
    let text = many(100, 4, "syscall", &child) + &many(200, 4, "IO wait", &copy);
    assert_eq!(kinds(&findings(&[&text])), []);
}

#[test]
fn contexts_that_are_never_cancelled() {
    let link =
        ["context.(*cancelCtx).propagateCancel.func2", "by context.(*cancelCtx).propagateCancel"];
    let found = first(&findings(&[&many(100, 60, "select", &link)]), "context-not-cancelled");
    assert_eq!((found.category, found.severity), (Category::Leak, Severity::High));
    // One for each request that is being served.
    let serve =
        ["internal/poll.runtime_pollWait", "net.(*conn).Read", "main.handle", "by main.serve"];
    let text = many(100, 60, "select", &link) + &many(300, 60, "IO wait", &serve);
    let worst = findings(&[&text]).iter().map(|finding| finding.severity).max();
    assert!(worst <= Some(Severity::Low), "{worst:?}");
}

#[test]
fn a_log_that_takes_no_more() {
    let wait = [
        "sync.(*Mutex).lockSlow",
        "sync.(*Mutex).Lock",
        "log.(*Logger).output",
        "log.Printf",
        "main.handle",
    ];
    let write = [
        "internal/poll.runtime_pollWait",
        "internal/poll.(*FD).Write",
        "os.(*File).Write",
        "log.(*Logger).output",
        "main.audit",
    ];
    let text = many(100, 40, "sync.Mutex.Lock", &wait) + &many(7, 1, "IO wait", &write);
    let found = first(&findings(&[&text]), "log-sink-blocked");
    assert!(
        found.title().contains("main.handle") && found.title().contains("main.audit"),
        "{}",
        found.title()
    );
    assert_eq!(found.root.map(|root| root.goids), Some(vec![7]));
}

#[test]
fn system_calls_that_do_not_return() {
    let open = [
        "syscall.Syscall6",
        "syscall.openat",
        "syscall.Open",
        "os.OpenFile",
        "main.readFifo",
        "by main.serve",
    ];
    let found = first(&findings(&[&many(100, 12, "syscall, 9 minutes", &open)]), "stuck-syscall");
    assert_eq!((found.category, found.severity), (Category::Syscall, Severity::High));
    assert!(found.title().contains("syscall.openat in main.readFifo"), "{}", found.title());
    let signals = ["os/signal.signal_recv", "os/signal.loop", "by os/signal.Notify.func1.1"];
    assert_eq!(kinds(&findings(&[&many(5, 1, "syscall, 900 minutes", &signals)])), []);
}

#[test]
fn grpc_streams_that_nobody_reads() {
    let watch = [
        "google.golang.org/grpc.newClientStreamWithParams.func4",
        "by google.golang.org/grpc.newClientStreamWithParams",
    ];
    let read = ["google.golang.org/grpc.(*clientStream).RecvMsg", "main.follow", "by main.serve"];
    let found = findings(&[&many(100, 200, "select", &watch)]);
    assert_eq!(first(&found, "grpc-stream-not-finished").severity, Severity::High);
    let text = many(100, 50, "select", &watch) + &many(300, 50, "select", &read);
    let found = findings(&[&text]);
    assert!(found.iter().all(|finding| finding.kind != "grpc-stream-not-finished"), "{found:?}");
}

#[test]
fn a_crash_is_the_first_goroutine_and_no_leak() {
    let crash =
        "panic: runtime error: invalid memory address or nil pointer dereference [recovered]\n\n"
            .to_owned()
            + &many(
                7,
                1,
                "running",
                &["testing.tRunner.func1.2", "panic", "main.(*service).set", "main.dial"],
            )
            + &many(100, 50, "chan send, 10 minutes", &["main.worker", "by main.start"]);
    let found = findings(&[&crash]);
    let crash = first(&found, "crash");
    assert_eq!(crash.category, Category::Crash);
    assert!(
        crash.title().starts_with("the program crashed in main.(*service).set:"),
        "{}",
        crash.title()
    );
    assert!(found.iter().skip(1).all(|finding| finding.severity <= Severity::Low), "{found:?}");
}

#[test]
fn a_signal_that_asks_for_a_dump_is_no_crash() {
    let text = "SIGQUIT: quit\nPC=0x48b73a m=5 sigcode=0\n\n".to_owned()
        + &many(
            1,
            1,
            "IO wait",
            &["internal/poll.runtime_pollWait", "net.(*netFD).accept", "main.main"],
        );
    assert_eq!(kinds(&findings(&[&text])), []);
}

#[test]
fn all_asleep_is_a_deadlock_and_a_timeout_names_the_test() {
    let text = "fatal error: all goroutines are asleep - deadlock!\n\n".to_owned()
        + &many(1, 1, "chan receive", &["main.collect", "main.main"]);
    let found = findings(&[&text]);
    assert_eq!(found.first().map(|finding| finding.category), Some(Category::Deadlock));
    assert!(
        found.iter().any(|f| f.title().contains("main.collect waits in chan receive")),
        "{found:?}"
    );

    let text = "panic: test timed out after 30s\n\trunning tests:\n\t\tTestHangs (29s)\n\n"
        .to_owned()
        + &many(17, 1, "running", &["testing.(*M).startAlarm.func1", "by time.goFunc"])
        + &many(1, 1, "chan receive", &["testing.(*T).Run", "testing.(*M).Run", "main.main"])
        + &many(
            8,
            1,
            "chan receive",
            &["example.com/a.TestHangs", "testing.tRunner", "by testing.(*T).Run"],
        );
    let found = first(&findings(&[&text]), "test-timeout");
    assert_eq!(
        found.title(),
        "the tests of the package did not end in 30s; TestHangs (29s) ran; example.com/a.TestHangs is in chan receive"
    );
}

#[test]
fn dumps_of_real_crashes_name_their_cause() {
    for (file, title) in [
        ("panic-nested.go1.27", "the program crashed in main.nested: first"),
        ("panic-repanicked.go1.27", "the program crashed in main.init.func9: again"),
        ("panic-string.go1.21", "the program crashed in main.glob..func1: something is wrong"),
        (
            "nil-dereference.go1.21",
            "the program crashed in main.dereference: runtime error: invalid memory address or nil pointer dereference",
        ),
        ("map-writes.go1.22", "fatal error in main.mapWrites.func1: concurrent map writes"),
        ("stack-overflow.go1.27", "fatal error in main.overflow: stack overflow"),
        ("unlock.go1.27", "fatal error in main.init.func20: sync: unlock of unlocked mutex"),
    ] {
        let text = std::fs::read_to_string(format!("testdata/debug2/{file}.txt")).unwrap();
        assert_eq!(first(&findings(&[&text]), "crash").title(), title, "{file}");
    }
}

#[test]
fn a_server_that_sleeps_in_its_loop_cannot_accept() {
    let sleeps = many(30, 1, "sleep", &["time.Sleep", "net/http.(*Server).Serve", "main.serve"]);
    let found = first(&findings(&[&sleeps]), "accept-fails");
    assert!(
        found.title().contains("main.serve sleeps after an Accept that failed"),
        "{}",
        found.title()
    );
    let waits = many(30, 1, "IO wait", &["net.(*TCPListener).Accept", "net/http.(*Server).Serve"]);
    assert_eq!(kinds(&findings(&[&waits])), []);
    let shuts = many(30, 1, "sleep", &["time.Sleep", "main.poll", "net/http.(*Server).Serve"]);
    assert_eq!(kinds(&findings(&[&shuts])), []);
}
