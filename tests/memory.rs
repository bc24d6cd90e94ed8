//! Memory follows the text: a dump in which nothing is like anything before takes some times its own size
//! beyond what is bounded, and thrice the text takes no more of it for each byte.

use std::fmt::Write;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Goroutines of the shorter dump: more than the analyses look at groups, so that what is bounded by a
/// number does not count as growth.
const COUNT: usize = 30_000;

/// Memory that does not grow with the text: tables, findings and groups that are looked at have limits.
const BOUNDED: f64 = 64.0 * 1024.0 * 1024.0;

/// Writes the goroutine with the number that is given.
type One = fn(&mut String, usize);

/// What is different in each goroutine, and most bytes of memory for each byte of text. The shortest that
/// Go could write are as bad as it gets: a row, a stack and a group of their own for some fifty bytes.
const DUMPS: &[(&str, f64, One)] = &[
    ("stacks", 10.0, |out, n| {
        write!(out, "goroutine {n} [select]:\na.f(0x1)\n\t/a.go:{n} +0x4\n\n").unwrap();
    }),
    ("groups", 4.0, |out, n| {
        write!(
            out,
            "goroutine {n} [chan receive, 5 minutes]:\nmain.task{n}({:#x})\n\t/app/main.go:{} +0x45\n\
             main.run{}(0x1)\n\t/app/main.go:7 +0x45\n\
             created by main.main in goroutine {}\n\t/app/main.go:99 +0x33\n\n",
            0x2cf8_0000_0000 + n * 64,
            n % 1000,
            n % 100,
            n / 4
        )
        .unwrap();
    }),
    ("states", 10.0, |out, n| {
        write!(out, "goroutine {n} [s{n}]:\na.f(0x1)\n\t/a.go:1 +0x4\n\n").unwrap();
    }),
    ("waits", 5.0, |out, n| {
        write!(out, "goroutine {n} [select, {n} minutes]:\na.f(0x1)\n\t/a.go:1 +0x4\n\n").unwrap();
    }),
    ("labels", 7.0, |out, n| {
        write!(out, "goroutine {n} [select] {{a: {n}}}:\na.f(0x1)\n\t/a.go:1 +0x4\n\n").unwrap();
    }),
    ("creators", 7.0, |out, n| {
        write!(
            out,
            "goroutine {n} [select]:\na.f(0x1)\n\t/a.go:1 +0x4\n\
             created by b.f{n} in goroutine {}\n\t/b.go:1 +0x1\n\n",
            n + 1_000_000
        )
        .unwrap();
    }),
    ("locks", 7.0, |out, n| {
        write!(
            out,
            "goroutine {n} [sync.Mutex.Lock]:\nsync.(*Mutex).lockSlow({:#x})\n\t/a.go:1 +0x4\n\
             a.f{n}()\n\t/a.go:1 +0x4\n\n",
            0x2cf8_0000_0000 + n * 64
        )
        .unwrap();
    }),
    ("words", 5.0, |out, n| {
        let words: Vec<String> = (0..20).map(|word| format!("{:#x}", 0x1000 + n + word)).collect();
        let words = words.join(", ");
        write!(out, "goroutine {n} [select]:\na.f{n}({words})\n\t/a.go:1 +0x4\n\n").unwrap();
    }),
    ("long names", 3.0, |out, n| {
        let name = "x".repeat(1000);
        write!(out, "goroutine {n} [select]:\na.{name}{n}(0x1)\n\t/a.go:1 +0x4\n\n").unwrap();
    }),
    ("damaged", 1.0, |out, n| {
        write!(out, "goroutine {n} [select]:\na.f{n}(0x1\n\t/a.go:1 +0x4\n\n").unwrap();
    }),
    ("a single line", 2.0, |out, n| {
        if n == 1 {
            out.push_str("goroutine 1 [select]:\n");
        }
        write!(out, "main.f{n}(0x{n:x}) ").unwrap();
    }),
];

/// Groups that every dump begins with: they make the output longer than [`PIPE`], so that the program is
/// still there, waiting for its reader, when the last look at its memory is taken.
const GROUPS: usize = 500;

/// What a pipe holds, in bytes (`pipe(7)`).
const PIPE: usize = 64 * 1024;

/// The most memory that the program had in use until it began to write, in bytes; `None` where the system
/// does not tell.
fn peak(input: &Path) -> Option<f64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gdump"))
        .args(["summarize", "--format", "json", "--top", "1000"])
        .arg(input)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let (begun, has_begun) = mpsc::channel();
    let (measured, is_measured) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        let _ = output.read(&mut [0]);
        begun.send(()).unwrap();
        let _ = is_measured.recv();
        output.read_to_end(&mut Vec::new()).unwrap()
    });
    let mut most: Option<f64> = None;
    loop {
        let waited = has_begun.recv_timeout(Duration::from_millis(1));
        if let Some(now) = kib(&child) {
            most = Some(most.map_or(now, |most| most.max(now)));
        }
        if waited.is_ok() {
            break;
        }
    }
    drop(measured);
    let length = reader.join().unwrap();
    assert!(
        length > PIPE,
        "{length} bytes of output: the program may have ended before it was looked at"
    );
    assert!(child.wait().unwrap().code() != Some(101));
    most
}

fn kib(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024.0 * line.trim().trim_end_matches(" kB").parse::<f64>().ok()?)
}

#[test]
fn memory_follows_the_text_whatever_stands_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let measure = |count: usize, one: One| {
        let mut text = String::new();
        for n in 1..=GROUPS {
            write!(
                text,
                "goroutine {} [select]:\ngroup.f{n}()\n\t/group.go:{n} +0x4\n\n",
                n + 10_000_000
            )
            .unwrap();
        }
        (1..=count).for_each(|n| one(&mut text, n));
        let path = folder.path().join("dump.txt");
        std::fs::write(&path, &text).unwrap();
        #[allow(clippy::cast_precision_loss, reason = "some megabytes")]
        peak(&path).map(|peak| (text.len() as f64, peak))
    };
    for (name, most, one) in DUMPS {
        let (Some((bytes, short)), Some((more, long))) =
            (measure(COUNT, *one), measure(3 * COUNT, *one))
        else {
            println!("{name}: skipped, the system does not tell how much memory is in use");
            continue;
        };
        let growth = (long - short) / (more - bytes);
        println!("{name}: {bytes} bytes {short}, {more} bytes {long}: {growth:.1} for each byte");
        assert!(growth <= *most, "{name}: {growth:.1} bytes of memory for each byte of text");
        assert!(long <= BOUNDED + most * more, "{name}: {long} bytes of memory");
    }
}
