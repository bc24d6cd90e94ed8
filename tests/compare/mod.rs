//! `diff`, `trend` and `check` as a user runs them, on dumps of a made-up service.

mod check;
mod corpus;
mod made;

use std::path::Path;
use std::process::Output;

use made::{Crowd, crowd, debug1, debug2, service, write};
use serde_json::Value;

use crate::support::{assert_keeps, command, report_schema};

/// A folder with the dumps that all cases use.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for step in 0..4u32 {
        let minutes = 10 * u64::from(step);
        write(path, &format!("t{step}.txt"), &debug2(&service(step)), minutes);
        write(path, &format!("t{step}.d1.txt"), &debug1(&service(step)), minutes);
    }
    let moved: Vec<Crowd> =
        service(1).into_iter().map(|c| Crowd { line: c.line + 7, ..c }).collect();
    write(path, "next-build.txt", &debug2(&moved), 10);
    let again: Vec<Crowd> = service(0)
        .into_iter()
        .map(|c| Crowd { ids: c.ids.start / 4 + 1..c.ids.end / 4 + 1, minutes: 0, ..c })
        .collect();
    write(path, "restarted.txt", &debug2(&again), 40);
    write(path, "hostile.txt", &debug2(&hostile()), 10);
    let updated = run(path, &["check", "--update", "baseline.txt", "t0.txt", "-q"]);
    assert_eq!(updated.status.code(), Some(0), "{updated:?}");
    let whole = debug2(&service(1));
    write(path, "cut.txt", &whole[..whole.len() / 2], 10);
    write(path, "log.txt", &format!("{}\n{}", debug1(&service(0)), debug1(&service(1))), 10);
    folder
}

/// Names that mean something to a terminal, a browser, a spreadsheet, GitHub, XML and Prometheus.
fn hostile() -> Vec<Crowd> {
    let names = [
        "main.<script>alert`1`</script>",
        "main.=cmd|calc",
        "main.r\u{202e}ed",
        "main.]]>&\"quoted\"\\",
        "main.::error::pwned%0A%",
    ];
    let one = |(index, name): (u64, &'static str)| Crowd {
        labels: r#""te\nnant": "a\"\\\n\u001b[31m{b}""#,
        ..crowd(100 + 20 * index..112 + 20 * index, "chan\u{1b}[31m <b>send\"", 0, name)
    };
    (0..).zip(names).map(one).collect()
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command::run(folder, args, b"")
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{args:?}: {e} {}", String::from_utf8_lossy(&output.stderr)))
}

/// Name of the snapshot, and arguments.
const CASES: &[(&str, &[&str])] = &[
    ("diff-80", &["diff", "t0.txt", "t2.txt", "--width", "80"]),
    ("diff-200", &["diff", "t0.txt", "t2.txt", "--width", "200"]),
    ("diff-verbose", &["diff", "t0.txt", "next-build.txt", "-v"]),
    ("diff-formats", &["diff", "t0.d1.txt", "t2.txt"]),
    ("diff-no-ids", &["diff", "t0.d1.txt", "t2.d1.txt"]),
    ("diff-restarted", &["diff", "t3.txt", "restarted.txt"]),
    ("diff-cut", &["diff", "t0.txt", "cut.txt", "--top", "2"]),
    ("diff-log", &["diff", "log.txt", "--by", "start", "-q"]),
    ("diff-filter", &["diff", "t0.txt", "t2.txt", "--state", "chan*"]),
    ("diff-one", &["diff", "t0.txt"]),
    ("diff-many", &["diff", "t0.txt", "t1.txt", "t2.txt"]),
    ("diff-hostile", &["diff", "t0.txt", "hostile.txt", "--top", "all"]),
    ("trend-80", &["trend", "t0.txt", "t1.txt", "t2.txt", "t3.txt", "--width", "80"]),
    ("trend-200", &["trend", "t0.txt", "t1.txt", "t2.txt", "t3.txt", "--width", "200"]),
    ("trend-sorted", &["trend", "t3.txt", "t0.txt", "t2.txt", "--sort-time", "--top", "1"]),
    ("trend-formats", &["trend", "t0.d1.txt", "t1.txt", "t2.d1.txt"]),
    ("trend-restarted", &["trend", "t0.txt", "t3.txt", "restarted.txt", "restarted.txt"]),
    ("trend-log", &["trend", "log.txt", "-q"]),
    ("trend-hostile", &["trend", "t0.txt", "hostile.txt", "hostile.txt"]),
    ("trend-one", &["trend", "t0.txt"]),
    ("check-green", &["check", "t0.txt", "--max", "goroutines=1000"]),
    ("check-quiet", &["check", "t0.txt", "-q"]),
    (
        "check-red-80",
        &[
            "check",
            "--max",
            "goroutines=100",
            "--max",
            "state:chan*=5",
            "--max",
            "group:late=5",
            "--max",
            "created-by:Report=70",
            "--max",
            "label:tenant=1",
            "--max-growth",
            "10%",
            "--max-wait",
            "30m",
            "--width",
            "80",
            "t2.txt",
            "t3.txt",
            "t0.txt",
        ],
    ),
    ("check-max-wait", &["check", "--max-wait", "30m", "--state", "select", "t3.txt"]),
    ("check-no-ages", &["check", "--max-wait", "30m", "t3.d1.txt"]),
    ("check-cut", &["check", "--max", "goroutines=1000", "cut.txt"]),
    ("check-cut-strict", &["check", "--max", "goroutines=1000", "cut.txt", "--strict", "-q"]),
    ("check-scoped", &["check", "--max", "goroutines=10", "--state", "select", "t3.txt"]),
    ("check-baseline", &["check", "--baseline", "baseline.txt", "t2.txt"]),
    (
        "check-tolerance",
        &["check", "--baseline", "baseline.txt", "--max-growth", "50", "t2.txt", "-q"],
    ),
    ("check-no-baseline", &["check", "--baseline", "t0.txt", "t2.txt"]),
    ("check-growth-of-one", &["check", "--max-growth", "5", "t2.txt"]),
    ("check-bad-max", &["check", "--max", "colour=5", "t2.txt"]),
    ("check-bad-format", &["check", "--format", "csv", "t2.txt"]),
    (
        "check-hostile",
        &["check", "--max", "goroutines=1", "--baseline", "baseline.txt", "hostile.txt"],
    ),
    ("check-sarif", &["check", "--max", "goroutines=1", "t0.txt", "--format", "sarif"]),
    (
        "check-junit",
        &["check", "--max", "goroutines=1", "--max", "leaked=0", "t0.txt", "--format", "junit"],
    ),
    (
        "check-github",
        &[
            "check",
            "--max",
            "goroutines=1",
            "--baseline",
            "baseline.txt",
            "hostile.txt",
            "--format",
            "github",
        ],
    ),
    ("check-prometheus", &["check", "hostile.txt", "--format", "prometheus"]),
    (
        "check-markdown",
        &[
            "check",
            "--max",
            "goroutines=100",
            "--max-wait",
            "30m",
            "t3.txt",
            "--format",
            "markdown",
        ],
    ),
    ("diff-markdown", &["diff", "t0.txt", "t2.txt", "--format", "markdown", "--top", "4"]),
    ("trend-markdown", &["trend", "t0.txt", "t1.txt", "t3.txt", "--format", "markdown"]),
    ("diff-csv", &["diff", "t0.txt", "t2.txt", "--format", "csv"]),
    ("trend-csv", &["trend", "t0.txt", "t1.txt", "t3.txt", "--format", "csv"]),
    ("diff-ndjson", &["diff", "t0.txt", "t2.txt", "--format", "ndjson", "--top", "2"]),
    ("trend-ndjson", &["trend", "t0.txt", "t3.txt", "--format", "ndjson", "--top", "2"]),
];

#[test]
fn what_a_user_sees() {
    let folder = folder();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for (name, args) in CASES {
        let output = run(folder.path(), args);
        let text = command::transcript(args, &output);
        insta::assert_snapshot!(*name, text);
    }
}

#[test]
fn json_keeps_to_the_schema() {
    let schema = report_schema();
    let folder = folder();
    for (name, args) in CASES {
        let output = run(folder.path(), &[*args, &["--format", "json"]].concat());
        if output.status.code() == Some(2) || args.contains(&"--format") {
            continue;
        }
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_keeps(&schema, &report, name);
    }
}

/// What is before, what came and what went add up to what is after.
#[test]
fn a_diff_adds_up() {
    let folder = folder();
    for pair in [
        ["t0.txt", "t1.txt"],
        ["t1.txt", "t3.txt"],
        ["t3.txt", "t0.txt"],
        ["t0.txt", "hostile.txt"],
    ] {
        let report = json(folder.path(), &["diff", pair[0], pair[1], "--top", "all"]);
        let diff = &report["diff"];
        let int = |value: &Value| value.as_i64().unwrap();
        let groups = diff["groups"].as_array().unwrap();
        let sum = |field: &str| groups.iter().map(|group| int(&group[field])).sum::<i64>();
        assert_eq!(sum("before"), int(&diff["goroutines_before"]), "{pair:?}");
        assert_eq!(sum("after"), int(&diff["goroutines_after"]), "{pair:?}");
        assert_eq!(groups.len(), report["groups"].as_array().unwrap().len(), "{pair:?}");
        for group in groups.iter().filter(|group| !group["flow"].is_null()) {
            let flow = |field: &str| int(&group["flow"][field]);
            let same = flow("stayed") + flow("renewed");
            assert_eq!(int(&group["before"]), same + flow("moved_out") + flow("gone"), "{group}");
            assert_eq!(int(&group["after"]), same + flow("moved_in") + flow("new"), "{group}");
        }
    }
}
