//! The command as a user runs it: what it prints on both streams, and how it ends. Each case is one
//! line of a shell in the folder testdata/, its snapshot lies in tests/cli/.

use std::process::{Command, Output, Stdio};

use crate::support::{command, root};

/// Name of the snapshot, arguments, and what comes on standard input.
const CASES: &[(&str, &[&str], Input)] = &[
    (
        "where",
        &[
            "--where",
            "state =~ '^chan' and func contains \"main.\" && !locked",
            "--top",
            "2",
            "--width",
            "80",
            "debug2/states.go1.27.txt",
        ],
        Input::None,
    ),
    ("where-wrong", &["--where", "state > 3", "debug2/states.go1.27.txt"], Input::None),
    (
        "where-without-ages",
        &["--where", "wait > 10m", "--top", "1", "--width", "80", "triple/nine.debug1.txt"],
        Input::None,
    ),
    ("explain-where", &["explain", "where"], Input::None),
    (
        "pprof-filters",
        &[
            "-focus=main",
            "-hide",
            "^(runtime|sync)",
            "-show_from=main",
            "--top",
            "2",
            "--width",
            "80",
            "debug2/states.go1.27.txt",
        ],
        Input::None,
    ),
    (
        "groups",
        &[
            "groups",
            "--similarity",
            "function",
            "--sort",
            "name",
            "--skip",
            "1",
            "--top",
            "3",
            "--width",
            "80",
            "debug2/leaky-service.go1.27.txt",
        ],
        Input::None,
    ),
    (
        "list-80",
        &["list", "--top", "5", "--sort", "depth", "--width", "80", "debug2/labels.go1.27.txt"],
        Input::None,
    ),
    (
        "list-200",
        &["list", "--top", "5", "--skip", "1", "--width", "200", "debug2/labels.go1.27.txt"],
        Input::None,
    ),
    ("list-csv", &["list", "--format", "csv", "-"], Input::Text(HOSTILE)),
    ("list-hostile", &["list", "--width", "80", "-"], Input::Text(HOSTILE)),
    ("show-80", &["show", "1", "--width", "80", "debug2/deadlock.go1.27.txt"], Input::None),
    ("show-200", &["show", "1", "--width", "200", "debug2/leaky-service.go1.27.txt"], Input::None),
    (
        "show-root",
        &["show", "37", "31", "--width", "80", "debug2/leaky-service.go1.27.txt"],
        Input::None,
    ),
    ("show-hostile", &["show", "1", "-"], Input::Text(HOSTILE)),
    ("show-unknown", &["show", "4242", "debug2/deadlock.go1.27.txt"], Input::None),
    ("show-aggregated", &["show", "1", "triple/nine.debug1.txt"], Input::None),
    ("tree-80", &["tree", "--width", "80", "debug2/leaky-service.go1.27.txt"], Input::None),
    ("tree-200", &["tree", "--width", "200", "debug2/states.go1.27.txt"], Input::None),
    ("tree-spawned", &["tree", "--width", "80", "-"], Input::Text(SPAWNED)),
    (
        "groups-spawned",
        &["groups", "--by", "created-by", "--width", "80", "-"],
        Input::Text(SPAWNED),
    ),
    ("start-spawned", &["groups", "--by", "start", "--width", "80", "-"], Input::Text(SPAWNED)),
    ("tree-hostile", &["tree", "-"], Input::Text(HOSTILE_CREATOR)),
    ("tree-aggregated", &["tree", "triple/nine.debug1.txt"], Input::None),
    ("leaky-80", &["summarize", "debug2/leaky-service.go1.27.txt", "--width", "80"], Input::None),
    (
        "leaky-200",
        &["debug2/leaky-service.go1.27.txt", "--width", "200", "--top", "all"],
        Input::None,
    ),
    (
        "leaky-color",
        &["debug2/leaky-service.go1.27.txt", "-top=1", "--color", "always"],
        Input::None,
    ),
    ("states", &["debug2/states.go1.27.txt", "--width", "100", "--top", "5"], Input::None),
    ("by-user", &["debug2/states.go1.27.txt", "--by", "user", "--top", "4"], Input::None),
    (
        "by-state",
        &["debug2/states.go1.27.txt", "--by=state", "--top", "4", "--ids", "all"],
        Input::None,
    ),
    ("by-label", &["debug2/labels.go1.27.txt", "--by", "label:tenant"], Input::None),
    (
        "filters",
        &["debug2/leaky-service.go1.27.txt", "--state", "chan*", "--min-wait", "2m"],
        Input::None,
    ),
    ("created-by", &["debug2/leaky-service.go1.27.txt", "--created-by", "newPool"], Input::None),
    (
        "min-wait-without-ages",
        &["debug1/states.go1.27.txt", "--min-wait", "10m", "--top", "2"],
        Input::None,
    ),
    ("triple-debug1", &["triple/nine.debug1.txt"], Input::None),
    ("triple-debug0", &["triple/nine.debug0.pb.gz"], Input::None),
    ("records", &["records"], Input::None),
    ("deadlock", &["debug2/deadlock.go1.27.txt"], Input::None),
    ("cut", &["debug2/cut-mid-line.go1.27.txt", "--top", "1"], Input::None),
    ("cut-strict", &["debug2/cut-mid-line.go1.27.txt", "--top", "1", "--strict"], Input::None),
    ("problems", &["debug2/header-without-bracket.bad.txt", "-v"], Input::None),
    ("race", &["leaks", "foreign-tracebacks/race.go1.27.txt"], Input::None),
    ("race-beside-a-dump", &["foreign-tracebacks/made-race.beside-a-dump.txt"], Input::None),
    ("delve", &["blocked", "foreign-tracebacks/delve.stacks.go1.21.txt"], Input::None),
    ("delve-groups", &["foreign-tracebacks/delve.groups-short.go1.21.txt"], Input::None),
    ("gccgo", &["foreign-tracebacks/gccgo.deadlock.gcc12.txt"], Input::None),
    (
        "pprof-traces",
        &["foreign-tracebacks/pprof.states.traces-lines.go1.27.txt", "--top", "3"],
        Input::None,
    ),
    ("pprof-of-another-kind", &["foreign/pprof-cpu-raw.go1.27.txt"], Input::None),
    ("panicparse", &["foreign/panicparse.txt"], Input::None),
    ("stdin", &["summarize"], Input::File("debug2/deadlock.go1.27.txt")),
    ("stdin-dash", &["-", "--format", "json"], Input::File("debug2/deadlock.go1.27.txt")),
    ("empty", &[], Input::Text("")),
    ("binary", &["-"], Input::Text("\u{1}\u{2}\u{0}\u{3}nothing")),
    (
        "log-without-dump",
        &["-"],
        Input::Text("2026/11/23 10:00:00 started\n2026/11/23 10:00:01 done\n"),
    ),
    ("no-goroutines", &["-"], Input::Text("panic: boom\n\nexit status 2\n")),
    ("hostile", &["-"], Input::Text(HOSTILE)),
    ("foreign", &["foreign"], Input::None),
    ("missing", &["no-such-file.txt"], Input::None),
    ("near-command", &["sumarize"], Input::None),
    ("bad-option", &["--tpo", "5", "debug2/deadlock.go1.27.txt"], Input::None),
    ("bad-duration", &["--min-wait", "soon", "debug2/deadlock.go1.27.txt"], Input::None),
    ("bad-by", &["--by", "colour", "debug2/deadlock.go1.27.txt"], Input::None),
    ("one-of-two", &["no-such-file.txt", "debug2/deadlock.go1.27.txt"], Input::None),
    (
        "convert-debug2",
        &["convert", "--to", "debug2", "--label", "tenant=acme", "debug2/labels.go1.27.txt"],
        Input::None,
    ),
    ("convert-counts", &["convert", "--to", "debug2", "triple/nine.debug1.txt"], Input::None),
    (
        "convert-folded",
        &["convert", "-to=folded", "--tagleaf", "state", "debug2/states.go1.27.txt"],
        Input::None,
    ),
    ("convert-csv", &["convert", "--to", "csv", "debug2/deadlock.go1.27.txt"], Input::None),
    ("convert-ndjson", &["convert", "--to", "ndjson", "debug2/deadlock.go1.27.txt"], Input::None),
    (
        "convert-json",
        &["convert", "--to", "json", "debug2/panic-ancestors.go1.27.txt"],
        Input::None,
    ),
    ("convert-two", &["convert", "--to", "debug2", "mixed/two-dumps.go1.27.txt"], Input::None),
    ("convert-what", &["convert", "debug2/deadlock.go1.27.txt"], Input::None),
    ("convert-format", &["convert", "--format", "json", "debug2/deadlock.go1.27.txt"], Input::None),
    ("help", &["--help"], Input::None),
    ("markdown", &["debug2/leaky-service.go1.27.txt", "--format", "markdown"], Input::None),
    ("markdown-hostile", &["-", "--format", "markdown"], Input::Text(HOSTILE_MARKUP)),
    (
        "groups-markdown",
        &["groups", "--top", "2", "--format", "markdown", "debug2/leaky-service.go1.27.txt"],
        Input::None,
    ),
    (
        "list-markdown",
        &["list", "--top", "3", "--format", "markdown", "debug2/labels.go1.27.txt"],
        Input::None,
    ),
    (
        "show-markdown",
        &["show", "1", "--format", "markdown", "debug2/deadlock.go1.27.txt"],
        Input::None,
    ),
    ("tree-markdown", &["tree", "--format", "markdown", "-"], Input::Text(SPAWNED)),
    (
        "where-nobody",
        &["leaks", "--where", "id == 4242", "debug2/leaky-service.go1.27.txt"],
        Input::None,
    ),
    (
        "groups-csv",
        &["groups", "--format", "csv", "--ids", "2", "debug2/deadlock.go1.27.txt"],
        Input::None,
    ),
    (
        "groups-ndjson",
        &["groups", "--format", "ndjson", "--top", "1", "--ids", "2", "debug2/deadlock.go1.27.txt"],
        Input::None,
    ),
    ("explain-list", &["explain"], Input::None),
    ("explain-finding", &["explain", "lock-pileup"], Input::None),
    ("man-explain", &["man", "explain"], Input::None),
    ("man-unknown", &["man", "nope"], Input::None),
];

/// Goroutines that helpers started for others.
const SPAWNED: &str = "\
goroutine 1 [sync.WaitGroup.Wait]:
sync.runtime_SemacquireWaitGroup(0x1?, 0x0?)
\t/usr/local/go/src/runtime/sema.go:114 +0x2e
sync.(*WaitGroup).Wait(0xc000012345)
\t/usr/local/go/src/sync/waitgroup.go:206 +0x85
main.main()
\t/app/main.go:20 +0x105

goroutine 18 [chan receive]:
main.fetch(...)
\t/app/main.go:30
main.main.func1()
\t/app/main.go:12 +0x1f
sync.(*WaitGroup).Go.func1()
\t/usr/local/go/src/sync/waitgroup.go:239 +0x4a
created by sync.(*WaitGroup).Go in goroutine 1
\t/usr/local/go/src/sync/waitgroup.go:237 +0x73

goroutine 19 [chan receive]:
main.fetch(...)
\t/app/main.go:30
main.main.func1()
\t/app/main.go:12 +0x1f
sync.(*WaitGroup).Go.func1()
\t/usr/local/go/src/sync/waitgroup.go:239 +0x4a
created by sync.(*WaitGroup).Go in goroutine 1
\t/usr/local/go/src/sync/waitgroup.go:237 +0x73

goroutine 20 [select]:
main.serve.func2()
\t/app/serve.go:44 +0x1f
golang.org/x/sync/errgroup.(*Group).Go.func1()
\t/root/go/pkg/mod/golang.org/x/sync@v0.7.0/errgroup/errgroup.go:78 +0x4a
created by golang.org/x/sync/errgroup.(*Group).Go in goroutine 7
\t/root/go/pkg/mod/golang.org/x/sync@v0.7.0/errgroup/errgroup.go:75 +0x73

goroutine 21 [select]:
main.watch()
\t/app/watch.go:9 +0x1f
created by main.main in goroutine 1
\t/app/main.go:18 +0x73
";

const HOSTILE_CREATOR: &str = "goroutine 1 [\u{1b}[31mred]:\nmain.<b>()\n\t/x/a.go:1 +0x1\ncreated by main.\u{1b}]0;x\u{7}evil in goroutine 7\n\t/x/\u{202e}b.go:2 +0x1\n\n";

const HOSTILE: &str = "goroutine 1 [\u{1b}[31mred\u{202e}]:\nmain.<script>alert(1)()\n\t/x/\u{1b}]0;title\u{7}.go:1 +0x1\nmain.main()\n\t/x/b.go:2 +0x1\n\n";

const HOSTILE_MARKUP: &str = "panic: <!channel> ``` @here\n\ngoroutine 1 [select (no cases)]:\nmain.@here(...)\n\t/x/```/[a](http://evil.example).go:1 +0x1\nmain.<!channel>\u{1b}[2J**b**()\n\t/x/www.evil.example/main.go:1 +0x1\n\n";

#[derive(Clone, Copy)]
enum Input {
    None,
    File(&'static str),
    Text(&'static str),
}

fn run(args: &[&str], input: Input) -> Output {
    let folder = root().join("testdata");
    let bytes = match input {
        Input::None => Vec::new(),
        Input::File(name) => std::fs::read(folder.join(name)).unwrap(),
        Input::Text(text) => text.as_bytes().to_vec(),
    };
    command::run(&folder, args, &bytes)
}

#[test]
fn what_a_user_sees() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("cli");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for (name, args, input) in CASES {
        let output = run(args, *input);
        let text = command::transcript(args, &output);
        insta::assert_snapshot!(*name, text);
    }
}

/// `gdump … | head` ends quietly.
#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gdump"))
        .args(["testdata/debug2/leaky-service.go1.27.txt", "--top", "all", "--ids", "all"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
