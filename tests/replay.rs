//! Replays what the fuzzer found before, and small seeds, through the checks of its targets: each file in
//! `tests/fuzz/regressions/TARGET`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "fuzz/checks.rs"]
mod checks;

/// Time budget of an input: that of the fuzzer, in `.ci/run`.
const BUDGET: Duration = Duration::from_secs(10);

#[test]
fn every_regression_passes_within_its_time_budget() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions");
    let mut failed = Vec::new();
    for (target, check) in checks::ALL {
        let files = fs::read_dir(folder.join(target)).unwrap();
        let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{target}: no regressions");
        for path in paths {
            let bytes = fs::read(&path).unwrap();
            let start = Instant::now();
            let passes = std::panic::catch_unwind(|| check(&bytes)).is_ok();
            let elapsed = start.elapsed();
            if !passes || elapsed > BUDGET {
                failed.push(format!("{}: passes: {passes}, {elapsed:.1?}", path.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
