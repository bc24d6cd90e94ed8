//! What hostile files of the corpus may cost: a second of CPU, and 32 MiB of memory with ten times their size.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const COMMANDS: &[&[&str]] = &[
    &["summarize"],
    &["summarize", "-v", "--format", "markdown"],
    &["summarize", "--format", "json"],
    &["summarize", "--format", "html"],
    &["groups"],
    &["leaks"],
    &["blocked"],
    &["check"],
    &["list"],
    &["tree"],
    &["convert", "--to", "dot", "--edges", "waits"],
];

/// Most CPU in hundredths of a second.
const CPU: u64 = 100;
/// Memory in KiB for a file of any size.
const MEMORY: u64 = 32 << 10;
/// A program that still runs then is stopped.
const PATIENCE: Duration = Duration::from_secs(60);

/// CPU in hundredths of a second and peak memory in KiB of a program that is run until it ends; `None` where
/// the system does not tell.
fn cost(mut child: Child) -> Option<(u64, u64)> {
    let folder = format!("/proc/{}", child.id());
    let start = Instant::now();
    let mut peak = 0;
    let ended = loop {
        let status = std::fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let memory = memory.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(memory.unwrap_or(0));
        // Behind the name in parentheses: the state is the 1st field, utime the 12th, stime the 13th.
        let Ok(stat) = std::fs::read_to_string(format!("{folder}/stat")) else { break None };
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let time: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        if fields[0] == "Z" || start.elapsed() > PATIENCE {
            break Some((time, peak));
        }
        thread::sleep(Duration::from_millis(1));
    };
    let _ = child.kill();
    child.wait().unwrap();
    ended
}

#[test]
fn hostile_files_cost_little() {
    let Some(corpus) = std::env::var_os("GDUMP_CORPUS") else {
        println!("skipped: GDUMP_CORPUS is not set");
        return;
    };
    let mut failed = Vec::new();
    let mut looked_at = 0;
    for file in std::fs::read_dir(Path::new(&corpus).join("hostile")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "sh") {
            continue;
        }
        let size = path.metadata().unwrap().len() >> 10;
        for args in COMMANDS {
            let child = Command::new(env!("CARGO_BIN_EXE_gdump"))
                .args(*args)
                .arg(&path)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let Some((cpu, memory)) = cost(child) else {
                println!("skipped: the system does not tell what a program costs");
                return;
            };
            looked_at += 1;
            if cpu > CPU || memory > MEMORY + 10 * size {
                failed.push(format!("{args:?} {}: {cpu}/100 s, {memory} KiB", path.display()));
            }
        }
    }
    assert!(looked_at > 0, "no hostile file");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
