//! `gdump record`: what trips it, what it keeps, and a disk that is full.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::go::{self, Program};
use super::{Run, gdump};

/// Records what `program` does for so long.
fn record(program: &Program, folder: &Path, during: &str, args: &[&str]) -> Run {
    let url = format!("http://{}", program.place);
    let folder = folder.to_str().unwrap();
    let usual = ["record", &url, "-o", folder, "--every", "200ms", "--for", during];
    gdump(&[&usual[..], args].concat())
}

/// The events of the index, one a line.
fn index(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("gdump-record.ndjson")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn bundles(folder: &Path) -> Vec<PathBuf> {
    let mut found = crate::support::files(folder);
    found.retain(|path| path.to_string_lossy().ends_with(".bundle.tar.gz"));
    found
}

#[test]
fn it_trips_when_goroutines_double_and_on_a_new_finding() {
    let Some((_, binary)) = go::built().pop() else { return };
    for (args, says) in
        [(&["--doubling"][..], "twice as many"), (&["--on-finding", "leak:info"], "main.leak")]
    {
        let program = go::start(&binary, &["-growth", "20", "-waiters", "0"]);
        let folder = tempfile::tempdir().unwrap();
        let run = record(&program, folder.path(), "4s", args);
        run.says(0, &["tripped", says]);
        let events = index(folder.path());
        let full: Vec<_> = events.iter().filter(|event| event["full"] == true).collect();
        assert_eq!(full.len(), 1, "once in --full-every: {events:?}");
        assert!(full[0]["tripped"].as_str().unwrap().contains(says), "{full:?}");
        let bundle = bundles(folder.path());
        gdump(&[bundle[0].to_str().unwrap()]).says(0, &[]).shows(&["debug=2", "main.leak"]);
    }
}

/// What is there when the recording begins is no news, unless the user asks for it.
#[test]
fn the_first_dump_says_what_is_known() {
    let Some((_, binary)) = go::built().pop() else { return };
    let program = go::start(&binary, &["-waiters", "200"]);
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    let run = record(&program, &first, "2s", &["--on-finding", "leak:info"]);
    run.says(0, &["there from the start", "--from-start", "main.wait", "0 of them with debug=2"]);
    let second = folder.path().join("second");
    let args = ["--on-finding", "leak:info", "--from-start"];
    record(&program, &second, "2s", &args).says(0, &["tripped", "main.wait", "1 of them with"]);
}

/// Only growth tells a leak of a few goroutines in each dump from a pool.
#[test]
fn growth_is_a_finding_beside_the_dumps_before() {
    let Some((_, binary)) = go::built().pop() else { return };
    let program = go::start(&binary, &["-growth", "5", "-waiters", "0"]);
    let folder = tempfile::tempdir().unwrap();
    let run = record(&program, folder.path(), "6s", &["--on-finding", "leak:high"]);
    run.says(0, &["tripped", "main.leak"]);
}

/// What trips soon after another is not forgotten.
#[test]
fn what_trips_too_early_is_taken_when_it_is_time() {
    let Some((_, binary)) = go::built().pop() else { return };
    let program = go::start(&binary, &["-growth", "10", "-waiters", "0"]);
    let folder = tempfile::tempdir().unwrap();
    let args = ["--over", "40", "--max", "goroutines=100", "--full-every", "3s"];
    let run = record(&program, folder.path(), "7s", &args);
    run.says(0, &["than 40", "more than the 100 allowed", "if it lasts (--full-every)"]);
    run.says(0, &["2 of them with debug=2"]);
}

#[test]
fn a_baseline_trips_on_what_is_not_in_it() {
    for (version, binary) in go::built() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let calm = go::start(&binary, &["-waiters", "30"]);
        let dump = format!("http://{}/debug/pprof/goroutine?debug=0", calm.place);
        // Several dumps, as those that serve the requests come and go.
        let update = ["check", "--update", &path("baseline"), &dump, &dump, &dump, &dump];
        gdump(&update).says(0, &["groups accepted"]);
        let args = ["--baseline", &path("baseline")];
        let run = record(&calm, &folder.path().join("calm"), "2s", &args);
        run.says(0, &[" 0 of them with debug=2"]);
        drop(calm);
        let grown = go::start(&binary, &["-waiters", "31", "-sleepers", "2"]);
        let run = record(&grown, &folder.path().join("grown"), "2s", &args);
        run.says(0, &["tripped", "30 accepted"]);
        eprintln!("{version}: baseline");
    }
    let wrong = gdump(&["record", "http://127.0.0.1:1", "-o", "/nowhere", "--baseline", "/none"]);
    wrong.says(2, &["/none"]);
}

#[test]
fn old_dumps_go_by_size_and_by_age() {
    let Some((_, binary)) = go::built().pop() else { return };
    let program = go::start(&binary, &[]);
    for args in [["--max-size", "8K"], ["--keep", "1s"]] {
        let folder = tempfile::tempdir().unwrap();
        record(&program, folder.path(), "4s", &args).says(0, &[]);
        let written = index(folder.path()).len();
        let mut kept = crate::support::files(folder.path());
        kept.retain(|path| path.to_string_lossy().ends_with(".debug0.pb.gz"));
        assert!(!kept.is_empty() && kept.len() < written, "{args:?}: {written} {kept:?}");
        let size: u64 = kept.iter().map(|path| path.metadata().unwrap().len()).sum();
        assert!(args[0] != "--max-size" || size <= 8 << 10, "{size}");
        assert!(args[0] != "--keep" || kept.len() <= 8, "{kept:?}");
        gdump(&["leaks", folder.path().to_str().unwrap()]).says(0, &[]);
    }
}

/// A disk of one's own; none without root.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        let option = format!("size={size}");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "none"])
            .arg(disk.0.path())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(disk);
        }
        println!("skipped: a full disk: no tmpfs can be mounted here");
        None
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing_half() {
    let Some((_, binary)) = go::built().pop() else { return };
    let Some(disk) = Disk::new("48k") else { return };
    let program = go::start(&binary, &["-waiters", "200"]);
    let folder = disk.0.path().join("dumps");
    let run = record(&program, &folder, "6s", &[]);
    run.says(0, &["No space left on device", "it goes on"]);
    let files = crate::support::files(&folder);
    assert!(files.iter().all(|path| !path.to_string_lossy().ends_with(".tmp")), "{files:?}");
    // What is there can be read; a folder that rotates goes on.
    gdump(&["summarize", folder.to_str().unwrap()]).says(0, &[]).shows(&["main.wait"]);
    let run = record(&program, &folder, "3s", &["--max-size", "8K"]);
    run.says(0, &["next: gdump leaks"]);
}
