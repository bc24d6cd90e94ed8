//! Whole commands: the program is run on a file, and beside it the newlines of the same file are
//! counted in the same reads.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use super::{median, newlines, timed};

/// Commands that are measured.
const COMMANDS: &[&[&str]] = &[
    &["summarize"],
    &["groups"],
    &["leaks"],
    &["blocked"],
    &["summarize", "--by", "top", "--top", "all"],
    &["summarize", "--format", "json"],
];

/// Longest time for one command, and fewest and most rounds.
const TIME: Duration = Duration::from_secs(2);
const ROUNDS: std::ops::Range<usize> = 3..30;

/// The heading of the table.
pub(crate) fn heading() {
    println!(
        "\n{:<16}{:<32}{:>9}{:>12}{:>16}{:>8}{:>10}",
        "input", "command", "MB", "whole MB/s", "newlines MB/s", "share", "peak MiB"
    );
}

/// Measures all commands on `input`, which is written to a file in the folder for temporary files.
pub(crate) fn run(name: &str, input: &[u8]) {
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.bench", name.replace(' ', "-")));
    std::fs::write(&path, input).unwrap();
    for command in COMMANDS {
        let (mut runs, mut counts) = (Vec::new(), Vec::new());
        let (mut bytes, start) = (0, Instant::now());
        while runs.len() < ROUNDS.start || (runs.len() < ROUNDS.end && start.elapsed() < TIME) {
            counts.push(timed(|| bytes = count(&path)));
            runs.push(timed(|| gdump(command, &path)));
        }
        let megabytes = bytes as f64 / 1e6;
        let (run, count) = (megabytes / median(runs), megabytes / median(counts));
        println!(
            "{name:<16}{:<32}{megabytes:>9.1}{run:>12.0}{count:>16.0}{:>7.0}%{:>10}",
            command.join(" "),
            100.0 * run / count,
            peak(command, &path)
                .map_or_else(|| "-".to_owned(), |kib| format!("{:.0}", kib as f64 / 1024.0)),
        );
    }
    std::fs::remove_file(&path).unwrap();
}

fn program(command: &[&str], path: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gdump"));
    program.args(command).arg(path).stdin(Stdio::null()).stdout(Stdio::null());
    program
}

fn gdump(command: &[&str], path: &Path) {
    assert!(program(command, path).status().unwrap().success());
}

/// Counts the newlines of a file, after decompression; the number of bytes.
fn count(path: &Path) -> usize {
    newlines(File::open(path).unwrap())
}

/// The most memory that the program had in use, in KiB, where the system tells: it is asked for again and
/// again, so that the last moments may be missing.
fn peak(command: &[&str], path: &Path) -> Option<u64> {
    let mut child = program(command, path).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    while child.try_wait().unwrap().is_none() {
        let mut text = String::new();
        let read = File::open(&status).and_then(|mut file| file.read_to_string(&mut text));
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(kib.filter(|_| read.is_ok()));
        std::thread::sleep(Duration::from_millis(1));
    }
    most
}
