//! Dumps of a made-up service, written as Go writes them.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Goroutines that are alike.
#[derive(Clone)]
pub(super) struct Crowd {
    pub(super) ids: std::ops::Range<u64>,
    pub(super) state: &'static str,
    /// What the header says of the wait: `3 minutes`; 0 for nothing.
    pub(super) minutes: u32,
    pub(super) function: &'static str,
    pub(super) line: u32,
    pub(super) creator: &'static str,
    /// pprof labels as Go 1.27 prints them; empty for none.
    pub(super) labels: &'static str,
}

pub(super) fn crowd(
    ids: std::ops::Range<u64>,
    state: &'static str,
    minutes: u32,
    function: &'static str,
) -> Crowd {
    Crowd { ids, state, minutes, function, line: 40, creator: "main.main", labels: "" }
}

/// The text of a dump at debug=2.
pub(super) fn debug2(crowds: &[Crowd]) -> String {
    let mut text = String::new();
    for crowd in crowds {
        for id in crowd.ids.clone() {
            let wait = match crowd.minutes {
                0 => String::new(),
                n => format!(", {n} minutes"),
            };
            let labels = match crowd.labels {
                "" => String::new(),
                labels => format!(" {{{labels}}}"),
            };
            writeln!(
                text,
                "goroutine {id} [{}{wait}]{labels}:\n{}(0xc000012340)\n\t/src/shop/shop.go:{} +0x1d\n\
                 created by {} in goroutine 1\n\t/src/shop/main.go:12 +0x85\n",
                crowd.state, crowd.function, crowd.line, crowd.creator,
            )
            .unwrap();
        }
    }
    text
}

/// The text of the same dump at debug=1.
pub(super) fn debug1(crowds: &[Crowd]) -> String {
    let total: u64 = crowds.iter().map(|crowd| crowd.ids.end - crowd.ids.start).sum();
    let mut text = format!("goroutine profile: total {total}\n");
    for crowd in crowds {
        writeln!(
            text,
            "{} @ 0x100 0x200\n#\t0x1ff\t{}+0x1d\t/src/shop/shop.go:{}\n",
            crowd.ids.end - crowd.ids.start,
            crowd.function,
            crowd.line,
        )
        .unwrap();
    }
    text
}

/// The service `step` dumps later: `late` leaks twenty for each step, `drained` shrinks, the workers stay.
pub(super) fn service(step: u32) -> Vec<Crowd> {
    let n = u64::from(step);
    let mut crowds = vec![
        crowd(1..2, "chan receive", 5 + 10 * step, "main.serve"),
        crowd(20..28, "select", 4 + 10 * step, "main.(*pool).worker"),
        Crowd {
            creator: "main.(*api).Report",
            ..crowd(100..120 + 20 * n, "chan send", 0, "main.late.func1")
        },
        crowd(5000 + 200 * n..5003 + 200 * n, "IO wait", 0, "main.(*conn).read"),
    ];
    if step < 3 {
        crowds.push(crowd(1000 + 30 * n..1100, "chan receive", 0, "main.(*queue).drained"));
    }
    if step > 0 {
        crowds.push(crowd(4000..4001, "sleep", 0, "main.retry"));
    }
    crowds
}

/// Writes a file that was last written `minutes` after the first moment of all tests.
pub(super) fn write(folder: &Path, name: &str, text: &str, minutes: u64) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_000_000);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(start + Duration::from_secs(60 * minutes)).unwrap();
}
