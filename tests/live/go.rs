//! A Go program that runs. Go is found through `GDUMP_GO` (folders with a Go in them, separated like PATH)
//! or PATH; without it these tests say that they skip.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::gdump;
use crate::support::{gos, root};

/// A running testdata/go/live.
pub(super) struct Program {
    child: Child,
    pub(super) place: String,
    pub(super) folder: tempfile::TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program built by each Go that there is, with the name of its version.
pub(super) fn built() -> Vec<(String, PathBuf)> {
    gos().iter().map(|go| build(go)).collect()
}

/// Builds once for each Go; tests run at the same time.
fn build(go: &Path) -> (String, PathBuf) {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let version =
        Command::new(go).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    std::fs::create_dir_all(&target).unwrap();
    let program = target.join(format!("live-{version}-{}", std::process::id()));
    if !program.is_file() {
        let folder = root().join("testdata/go");
        let status = Command::new(go)
            .args(["build", "-trimpath", "-o"])
            .arg(&program)
            .arg("./live")
            .current_dir(folder)
            .envs([
                ("GOTOOLCHAIN", "local"),
                ("GOPROXY", "off"),
                ("GOFLAGS", "-mod=mod"),
                ("CGO_ENABLED", "0"),
            ])
            .env("GOCACHE", target.join("cache"))
            .status()
            .unwrap();
        assert!(status.success(), "{} does not build", go.display());
    }
    (version, program)
}

/// Starts `program` and waits until it listens.
pub(super) fn start(program: &Path, args: &[&str]) -> Program {
    let folder = tempfile::tempdir().unwrap();
    let announce = folder.path().join("address");
    let child = Command::new(program)
        .arg("-announce")
        .arg(&announce)
        .args(args)
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !announce.is_file() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the program does not start");
        sleep(Duration::from_millis(20));
    }
    let place = std::fs::read_to_string(announce).unwrap();
    Program { child, place, folder }
}

#[test]
fn a_url_is_an_input() {
    for (version, program) in built() {
        let program =
            start(&program, &["-waiters", "300", "-socket", "app.sock", "-tls", "cert.pem"]);
        let url = format!("http://{}", program.place);
        let whole = gdump(&[&url]);
        whole.says(0, &[]).shows(&["debug=2", "300  chan receive  main.wait", "all read"]);
        gdump(&[&url, "--full-below", "10"])
            .says(0, &["goroutines: debug=2 would stop the process", "--full"])
            .shows(&["debug=0", "300  chan receive", "main.wait"]);
        gdump(&["leaks", &format!("{url}/debug/pprof/goroutine?debug=1")])
            .says(0, &[])
            .shows(&["main.wait"]);
        gdump(&[&format!("{url}/moved")]).says(0, &[]).shows(&["debug=2", "main.wait"]);
        let socket = format!("unix://{}", program.folder.path().join("app.sock").display());
        gdump(&[&socket]).says(0, &[]).shows(&["main.wait"]);
        gdump(&[&format!("{socket}:/debug/pprof/goroutine?debug=1")])
            .says(0, &[])
            .shows(&["debug=1"]);
        gdump(&[&format!("{url}/debug/pprof/nothing")]).says(2, &["404", "no such profile"]);

        let file = program.folder.path().join("cert.pem");
        let certificate = file.to_str().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let tls = format!("https://{}", text.lines().next().unwrap());
        gdump(&[&tls, "--cacert", certificate]).says(0, &[]).shows(&["main.wait"]);
        gdump(&[&tls]).says(2, &["an authority that is not trusted here", "--cacert FILE"]);
        gdump(&[&tls.replace("127.0.0.1", "localhost"), "--cacert", certificate])
            .says(2, &["the server's certificate is for another name", "127.0.0.1"]);
        gdump(&[&tls, "--insecure"])
            .says(0, &["--insecure: the server's certificate is not checked"])
            .shows(&["main.wait"]);
        gdump(&[&tls.replace("https", "http")]).says(2, &["try https://"]);
        gdump(&[&url.replace("http", "https")]).says(2, &["does not speak TLS"]);
        eprintln!("{version}: URLs, socket and TLS");
    }
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn collect_keeps_what_every_command_reads() {
    for (version, program) in built() {
        let program = start(&program, &["-waiters", "30"]);
        let url = format!("http://me:pa55word@{}", program.place);
        let folder = tempfile::tempdir().unwrap();
        let archive = path(&folder, "b.tar.gz");
        let run = gdump(&["collect", &url, "-o", &archive]);
        run.says(0, &["goroutine debug=0", "goroutine debug=2", "next: gdump"]);
        assert!(!run.err.contains("pa55word"), "{}", run.err);
        // One picture of both: labels are there on every version, ids and creators too.
        let shown = gdump(&[&archive]);
        shown.says(0, &[]).shows(&[
            "30  chan receive",
            "job=guard",
            "created by",
            "joined: debug=2 had",
        ]);
        // Labels of debug=0 do not make it a later Go than it is.
        let is_old = version.starts_with("go1.2") && version.as_str() < "go1.26";
        assert!(!is_old || !shown.out.contains("Go 1.26"), "{version}: {}", shown.out);
        let json = gdump(&[&archive, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["inputs"].as_array().unwrap().len(), 1, "{version}");

        let nowhere = path(&folder, "nowhere/b.tar.gz");
        let run = gdump(&["collect", &url, "--full-below", "3", "-o", &nowhere]);
        run.says(2, &["there is no folder", "mkdir -p"]);
        assert!(!run.err.contains("note:"), "the process is not asked in vain: {}", run.err);

        let made = path(&folder, "folder");
        gdump(&["collect", &url, "-o", &made, "--full-below", "3"])
            .says(0, &["debug=2 would stop the process"]);
        let manifest =
            std::fs::read_to_string(folder.path().join("folder/gdump-bundle.json")).unwrap();
        assert!(
            manifest.contains("\"gdump-bundle/1\"") && !manifest.contains("pa55word"),
            "{manifest}"
        );
        assert!(!folder.path().join("folder/goroutine.debug2.txt").exists());
        gdump(&["leaks", &made]).says(0, &[]).shows(&["main.wait"]);
        gdump(&["collect", &url, "-o", &path(&folder, "full"), "--full-below", "3"]).says(0, &[]);
        gdump(&["collect", &url, "-o", &path(&folder, "all"), "--full"]).says(0, &["debug=2"]);

        let leaks = gdump(&["collect", &url, "-o", &path(&folder, "leaks"), "--leaks"]);
        if version.starts_with("go1.27") {
            leaks.says(0, &["garbage collection", "goroutineleak debug=0"]);
            gdump(&["leaks", &path(&folder, "leaks")]).says(0, &[]);
        } else {
            leaks.says(2, &["goroutineleak comes with Go 1.27"]);
        }
    }
}

#[test]
fn record_goes_on_through_a_restart_and_takes_all_when_something_trips() {
    // One thread each: most of the time they wait.
    let threads: Vec<_> = built()
        .into_iter()
        .map(|(version, binary)| std::thread::spawn(move || record_restart(&version, &binary)))
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn record_restart(version: &str, binary: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let dumps = path(&folder, "dumps");
    let first = start(binary, &["-growth", "20"]);
    let place = first.place.clone();
    let url = format!("http://{place}");
    let recorder = std::thread::spawn({
        let dumps = dumps.clone();
        let usual = ["--every", "300ms", "--for", "9s", "--over", "150", "--full-every", "1s"];
        move || gdump(&[&["record", &url, "-o", &dumps][..], &usual].concat())
    });
    sleep(Duration::from_secs(3));
    drop(first);
    sleep(Duration::from_secs(1));
    let _second = start(binary, &["-address", &place, "-growth", "20"]);
    let run = recorder.join().unwrap();
    run.says(0, &["tripped", "more than 150", "it goes on", "answers again", "next: gdump leaks"]);
    let names: Vec<String> = crate::support::files(Path::new(&dumps))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    // Before the restart and after it.
    let full = names.iter().filter(|name| name.ends_with(".bundle.tar.gz")).count();
    assert!(full >= 2, "{version}: {names:?}\n{}", run.err);
    assert!(names.iter().filter(|name| name.ends_with(".debug0.pb.gz")).count() >= 5, "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with(".tmp")), "{names:?}");
    let index = std::fs::read_to_string(Path::new(&dumps).join("gdump-record.ndjson")).unwrap();
    let events: Vec<serde_json::Value> =
        index.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let at = |event: &str| events.iter().position(|line| line["event"] == event);
    let (failed, restarted) = (at("failed"), at("restarted"));
    assert!(failed.is_some() && failed < restarted, "{version}: {index}");
    // One process went, and no dump of the first says that it is another.
    assert_eq!(events.iter().filter(|line| line["event"] == "restarted").count(), 1, "{index}");
    gdump(&["leaks", &dumps]).says(0, &[]).shows(&["main.leak"]);
    eprintln!("{version}: record through a restart");
}

#[test]
fn record_ends_cleanly_when_it_is_told() {
    let Some((_, binary)) = built().pop() else { return };
    let program = start(&binary, &[]);
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_gdump"))
        .args([
            "record",
            &format!("http://{}", program.place),
            "--every",
            "200ms",
            "--max",
            "goroutines=3",
            "-o",
            &path(&folder, "d"),
        ])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_secs(2));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.contains("next: gdump leaks"), "{err}");
    // What is over the threshold all the time trips once.
    assert_eq!(err.matches("more than the 3 allowed").count(), 1, "{err}");
}

/// 10 goroutines sleep all the time, 10 compute half of the time (if there is a processor for them) and
/// sleep the other half, 20 wait: the shares of the waiting and of the sleepers are known exactly, that of
/// the workers is theirs together.
#[test]
fn wallclock_shows_where_time_goes() {
    // One after the other: they compute.
    for (version, binary) in &built() {
        wallclock(version, binary);
    }
}

fn wallclock(version: &str, binary: &Path) {
    let program = start(binary, &["-sleepers", "10", "-workers", "10"]);
    let url = format!("http://{}", program.place);
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "w.folded");
    let run = gdump(&[
        "wallclock",
        &url,
        "--hz",
        "20",
        "--for",
        "6s",
        "--max-cost",
        "50%",
        "--states",
        "-o",
        &file,
    ]);
    run.says(0, &["samples in", "a second", "on average"]);
    let folded = std::fs::read_to_string(&file).unwrap();
    let sum = |test: &dyn Fn(&str) -> bool| -> f64 {
        let lines = folded
            .lines()
            .filter_map(|line| line.rsplit_once(' '))
            .filter(|(stack, _)| test(stack));
        lines.map(|(_, count)| count.parse::<f64>().unwrap()).sum()
    };
    let all =
        sum(&|stack| ["main.wait", "main.slumber", "main.work"].iter().any(|f| stack.contains(f)));
    let share = |function: &str| sum(&|stack| stack.contains(function)) / all;
    for (function, expected) in [("main.wait", 0.5), ("main.slumber", 0.25), ("main.work", 0.25)] {
        assert!(
            (share(function) - expected).abs() < 0.02,
            "{function} {}\n{folded}",
            share(function)
        );
    }
    // With too few processors a worker waits for one in place of computing, but it is not asleep.
    let computing = sum(&|stack| stack.contains("main.work") && !stack.starts_with("sleep")) / all;
    let sleeping = sum(&|stack| stack.contains("main.work") && stack.starts_with("sleep")) / all;
    assert!(computing > 0.08 && sleeping > 0.005, "{version}: {computing} {sleeping}\n{folded}");
    assert!(!folded.contains("runtime/pprof.writeGoroutine"), "{folded}");

    // A bound that no answer keeps to slows it down.
    let slow = gdump(&["wallclock", &url, "--hz", "50", "--for", "3s", "--max-cost", "0.5%"]);
    slow.says(0, &["to cost no more than 0.50 % (--max-cost)"]).shows(&[
        "main.slumber",
        "sleep",
        "chan receive",
    ]);
}

/// One goroutine computes 20 ms by the clock and then sleeps as long, again and again: each sample sees it
/// in one or the other by even chance, so that the share has the error of counting heads.
#[test]
fn wallclock_is_right_within_its_sampling_error() {
    let threads: Vec<_> = built()
        .into_iter()
        .map(|(version, binary)| std::thread::spawn(move || even_shares(&version, &binary)))
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn even_shares(version: &str, binary: &Path) {
    let program = start(binary, &["-waiters", "1", "-workers", "1"]);
    let url = format!("http://{}", program.place);
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "w.folded");
    let line = ["wallclock", &url, "--hz", "40", "--for", "8s", "--max-cost", "100%", "-o", &file];
    gdump(&line).says(0, &["samples in"]);
    let folded = std::fs::read_to_string(&file).unwrap();
    let count = |function: &str| -> f64 {
        let lines = folded.lines().filter(|line| line.contains(function));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
    };
    let (all, computing) = (count("main.work"), count("main.compute"));
    assert!(all > 50.0, "{version}: too few samples\n{folded}");
    // Four standard deviations, and a tenth for processors that are busy with other work.
    let error = 4.0 * (0.25 / all).sqrt() + 0.1;
    let share = computing / all;
    assert!(
        (share - 0.5).abs() < error,
        "{version}: {share} of {all}, not 0.5 ± {error}\n{folded}"
    );
    // Each goroutine is in each sample once.
    assert!((count("main.wait") - all).abs() < 0.5, "{version}\n{folded}");
    eprintln!("{version}: {share:.3} of {all} samples compute, 0.5 expected");
}
