//! Profiles: `go tool pprof` takes them and counts the same, and gdump reads back what it wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use gdump::model::{Dump, Goroutine};
use gdump::render::convert::{Conversion, How, Target};
use gdump::view::{Filter, Selection};

use super::each;
use crate::support::{bytes, command, gos, parse, root};

fn profile(dump: &Dump, ids: bool) -> Vec<u8> {
    let selections = vec![Selection::new(dump, &Filter::default())];
    let mut out = Vec::new();
    let (to, how) = (Target::Pprof, How { ids, ..How::default() });
    Conversion { to, selections, sights: Vec::new(), how }.write(&mut out).unwrap();
    out
}

fn unpacked(profile: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(profile);
    std::io::Read::read_to_end(&mut decoder, &mut message).unwrap();
    message
}

/// All that a profile can hold of a goroutine.
fn described(dump: &Dump, goroutine: Goroutine<'_>, ids: bool) -> String {
    let head = goroutine.head();
    let mut labels: Vec<_> = goroutine.labels().collect();
    labels.sort_unstable();
    let creator = goroutine.creator().map(|c| (dump.str(c.function), dump.str(c.file), c.line));
    let frames: Vec<_> = goroutine
        .frames()
        .map(|frame| match frame {
            gdump::model::Frame::Call { function, file, line, .. } => {
                format!("{} {}:{line}", dump.str(function), dump.str(file))
            }
            gdump::model::Frame::Address(_) => "address".to_owned(),
            gdump::model::Frame::Elided(count) => format!("elided {count:?}"),
        })
        .collect();
    let one = ids.then(|| (goroutine.goid(), goroutine.creator_goid()));
    let flags = (head.leaked, head.scan, head.durable, head.locked, head.inferred, head.cut);
    format!(
        "{one:?} {} {:?} {flags:?} {:?} {labels:?} {creator:?} {frames:?}",
        goroutine.state(),
        head.minutes,
        head.bubble
    )
}

fn counts(dump: &Dump, ids: bool) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for goroutine in dump.goroutines() {
        *counts.entry(described(dump, goroutine, ids)).or_default() += goroutine.count();
    }
    counts
}

/// States, waits, flags, labels, creators and with `--ids all` the ids of goroutines come back.
#[test]
fn what_was_written_is_read() {
    each(|name, dump| {
        if !dump.profile.starts_with("goroutine") {
            return Ok(());
        }
        for ids in [false, true] {
            let again = parse(&unpacked(&profile(dump, ids)), name);
            let again = again.map_err(|error| error.to_string())?;
            // Of an aggregated format the ids are not known.
            let ids = ids && !dump.is_aggregated();
            let (want, got) = (counts(dump, ids), counts(&again[0], ids));
            let differs = want.iter().find(|(key, count)| got.get(*key) != Some(count));
            if let Some((key, count)) = differs {
                let other = got.keys().find(|other| !want.contains_key(*other));
                return Err(format!("{count}× {key}\n became {other:?}"));
            }
        }
        Ok(())
    });
}

/// Equal goroutines are one sample unless ids are asked for.
#[test]
fn equal_goroutines_are_one_sample() {
    let path = root().join("testdata/debug2/leaky-service.go1.27.txt");
    let dumps = parse(&bytes(&path), "leaky").unwrap();
    let samples = |ids| parse(&unpacked(&profile(&dumps[0], ids)), "p").unwrap().remove(0);
    assert!(samples(false).len() < 60, "{} samples", samples(false).len());
    assert!(samples(false).is_aggregated() && samples(false).has_ages());
    assert_eq!(samples(true).len(), dumps[0].len());
    assert!(!samples(true).is_aggregated());
}

/// A sample a goroutine with numbers as `CockroachDB`'s debug=3 has them.
#[test]
fn debug3_is_read() {
    use gdump::pprof::{Label, Profile, Sample, ValueType};
    use prost::Message;
    let strings = [
        "",
        "goroutine",
        "count",
        "go::goroutine",
        "go::goroutine_state",
        "go::goroutine_wait_minutes",
        "go::goroutine_created_by",
        "select",
        "range",
        "r12",
    ];
    let number = |key, num| Label { key, num, ..Label::default() };
    let text = |key, str| Label { key, str, ..Label::default() };
    let label = vec![text(4, 7), number(3, 812), text(8, 9), number(5, 14), number(6, 44)];
    let profile = Profile {
        sample_type: vec![ValueType { r#type: 1, unit: 2 }],
        sample: vec![Sample { value: vec![1], label, ..Sample::default() }],
        string_table: strings.iter().map(|text| text.as_bytes().to_vec()).collect(),
        ..Profile::default()
    };
    let dumps = parse(&profile.encode_to_vec(), "debug3").unwrap();
    let goroutine = dumps[0].goroutine(0).unwrap();
    assert_eq!((goroutine.goid(), goroutine.creator_goid()), (Some(812), Some(44)));
    assert_eq!((goroutine.state(), goroutine.head().minutes), ("select", Some(14)));
    assert!(!goroutine.head().inferred);
    assert_eq!(goroutine.labels().collect::<Vec<_>>(), [("range", "r12")]);
}

/// `go tool pprof`, if there is a Go. It is built once.
fn go_pprof() -> Option<Command> {
    // Tests run at the same time.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    // The newest: what it prints has changed over time.
    let go = gos().pop()?;
    let env = Command::new(&go).args(["env", "GOROOT", "GOVERSION"]).output();
    let Ok(env) = env.map_err(|error| println!("skipped: no Go found: {error}")) else {
        return None;
    };
    let env = String::from_utf8_lossy(&env.stdout).into_owned();
    let mut lines = env.lines();
    let (goroot, version) = (lines.next()?.to_owned(), lines.next()?.to_owned());
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Released versions come without the tool since Go 1.25; it is in the sources.
    let tool = root().join("target/tmp").join(format!("pprof-{version}"));
    if !tool.is_file() {
        let build = Command::new(&go)
            .args(["build", "-o"])
            .arg(&tool)
            .arg("cmd/pprof")
            .current_dir(&goroot)
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off")
            .env("GOFLAGS", "-mod=mod")
            .output()
            .unwrap();
        if !build.status.success() {
            println!("skipped: pprof: {}", String::from_utf8_lossy(&build.stderr));
            return None;
        }
    }
    Some(Command::new(tool))
}

/// Runs pprof with `args` and returns what it prints.
fn pprof(args: &[&str], files: &[PathBuf]) -> Option<String> {
    let output = go_pprof()?.args(args).args(files).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("failed to fetch"), "{errors}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The values of all samples in `-raw`, added up.
fn raw_total(text: &str) -> i64 {
    let samples = text.split_once("Samples:\n").unwrap().1.split("\nLocations").next().unwrap();
    let values = samples.lines().skip(1).filter_map(|line| line.split_once(": "));
    values.filter_map(|(value, _)| value.trim().parse::<i64>().ok()).sum()
}

/// Profiles that pprof is given at a time: it adds them up.
const BATCH: usize = 60;

#[test]
fn go_tool_pprof_takes_every_profile() {
    if go_pprof().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut batches: BTreeMap<(String, bool), Vec<(PathBuf, i64)>> = BTreeMap::new();
    let mut number = 0;
    each(|_, dump| {
        // What has no sample at all is no profile to pprof.
        if dump.is_empty() {
            return Ok(());
        }
        number += 1;
        let ids = number % 4 == 0;
        let path = folder.path().join(format!("{number}.pb.gz"));
        std::fs::write(&path, profile(dump, ids)).unwrap();
        let delta = dump.goroutines().any(|g| g.count() < 0);
        let batch = batches.entry((dump.profile.clone(), delta)).or_default();
        batch.push((path, dump.goroutine_count()));
        Ok(())
    });
    let mut checked = 0;
    for ((kind, _), files) in &batches {
        for batch in files.chunks(BATCH) {
            let paths: Vec<_> = batch.iter().map(|(path, _)| path.clone()).collect();
            let total: i64 = batch.iter().map(|(_, total)| total).sum();
            let raw = pprof(&["-raw", "-symbolize=none"], &paths).unwrap();
            assert!(raw.contains(&format!("\n{kind}/count")), "{kind}: {raw:.300}");
            assert_eq!(raw_total(&raw), total, "{kind}: {paths:?}");
            checked += batch.len();
        }
    }
    println!("{checked} profiles");
    assert!(checked > 100, "{checked}");
}

#[test]
fn go_tool_pprof_answers() {
    if go_pprof().is_none() {
        return;
    }
    let path = root().join("testdata/debug2/leaky-service.go1.27.txt");
    let dumps = parse(&bytes(&path), "leaky").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leaky.pb.gz");
    std::fs::write(&file, profile(&dumps[0], false)).unwrap();
    let ask = |args: &[&str]| pprof(args, std::slice::from_ref(&file)).unwrap();
    assert!(ask(&["-top"]).contains("of 415 total"));
    let tags = ask(&["-tags"]);
    for key in ["go::goroutine_state: Total 415", "tenant: Total 363", "325 (78.31%): chan send"] {
        assert!(tags.contains(key), "{tags}");
    }
    let sends = ask(&["-top", "-tagfocus=go::goroutine_state=chan send"]);
    assert!(sends.contains("for 325, 78.31% of 415 total"), "{sends}");
    let old = ask(&["-top", "-tagfocus=go::goroutine_wait_minutes=3minutes:"]);
    assert!(old.contains("of 415 total") && !old.contains("for 415,"), "{old}");
}

/// How many goroutines `-top` shows, and how many have each function of package main in their stack: of
/// the library gdump shows what was called and not how that waits.
fn top(text: &str) -> (BTreeMap<String, i64>, i64) {
    let (head, rows) = text.split_once("cum%\n").unwrap();
    let shown = head.split_once("Showing nodes accounting for ").unwrap().1;
    let shown = shown.split(',').next().unwrap().parse().unwrap();
    let cells = rows.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let functions = cells.map(|row| (row[5..].join(" "), row[3].parse().unwrap()));
    let functions =
        functions.map(|(name, n): (String, i64)| (name.split(" (").next().unwrap().to_owned(), n));
    (functions.filter(|(name, _)| name.starts_with("main.")).collect(), shown)
}

/// The filters mean what they mean in pprof: the same goroutines are left, and the same frames.
#[test]
fn filters_agree_with_go_tool_pprof() {
    if go_pprof().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for (number, name) in
        ["debug2/leaky-service.go1.27.txt", "debug2/labels.go1.27.txt", "debug2/states.go1.27.txt"]
            .into_iter()
            .enumerate()
    {
        let dumps = parse(&bytes(&root().join("testdata").join(name)), name).unwrap();
        let file = folder.path().join(format!("{number}.pb.gz"));
        std::fs::write(&file, profile(&dumps[0], false)).unwrap();
        for filters in [
            &["-focus=ServeHTTP"][..],
            &["-focus=main", "-ignore=cache"],
            &["-ignore=^net/"],
            &["-hide=^(runtime|sync|internal|net)"],
            // What Go elided is a frame with a name to pprof.
            &["-hide=main|frames elided"],
            &["-show=main"],
            &["-show=net/http", "-hide=Read"],
            &["-show_from=main"],
            &["-show_from=http", "-focus=main"],
            &["-focus=http/server\\.go"],
            &["-tagfocus=tenant=acme"],
            &["-tagfocus=acme,glob"],
            &["-tagignore=tenant=acme"],
            &["-tagfocus=tenant=acme,hooli", "-tagignore=endpoint=/report", "-show=main"],
            &["-focus=nothing at all"],
        ] {
            let all = ["-top", "-nodefraction=0", "-edgefraction=0", "-nodecount=100000"];
            let args: Vec<&str> = all.into_iter().chain(filters.iter().copied()).collect();
            let output = go_pprof().unwrap().args(&args).arg(&file).output().unwrap();
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            let theirs = top(&stdout);
            let args = [&["convert", "-to=folded", "-q", name][..], filters].concat();
            let output = command::run(&root().join("testdata"), &args, b"");
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let mut ours: (BTreeMap<String, i64>, i64) = Default::default();
            for line in String::from_utf8(output.stdout).unwrap().lines() {
                let (stack, count) = line.rsplit_once(' ').unwrap();
                let count: i64 = count.parse().unwrap();
                let mut functions: Vec<&str> = stack.split(';').collect();
                functions.sort_unstable();
                functions.dedup();
                for name in functions.into_iter().filter(|name| name.starts_with("main.")) {
                    *ours.0.entry(name.to_owned()).or_default() += count;
                }
                ours.1 += count;
            }
            assert_eq!(ours, theirs, "{name} {filters:?}\n{stdout}");
            checked += usize::from(ours.1 > 0);
        }
    }
    assert!(checked > 20, "{checked}");
}
