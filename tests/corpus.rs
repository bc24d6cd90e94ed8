//! Real dumps of many Go versions that are not part of the project: nothing in them may be lost. Set
//! `GDUMP_CORPUS` to their folder; without it these tests say so and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gdump::error::Error;
use gdump::model::{Dump, Frame, Goroutine, Symbol, TruncationReason, WaitKind};

use crate::support::{bytes, corpus, files, parse, relative, scan};

/// Up to Go 1.22 a panic value of several lines is printed raw; these programs put lines that look
/// like a goroutine's header into it. File's end, and headers that are none.
const FAKE_HEADERS: &[(&str, usize)] = &[
    ("go1.15.15/crash/panicStringer.txt", 1),
    ("go1.19.8/crash/panicStringer.txt", 1),
    ("go1.21.13/crash/panicStringer.txt", 1),
    ("go1.22.10/crash/panicStringer.txt", 1),
];

/// Files in which something is truly not to be understood, with the reason.
const PROBLEMS: &[(&str, &str)] = &[
    ("cases/issue-etcd18739.txt", "some of its records"),
    ("cases/issue-go22773.txt", "some of its records"),
];

/// A part of a profile that was cut out without its header.
const EITHER: &[&str] = &["issue-speedtest165."];

/// What a file is, told by means that share nothing with the parsers.
#[derive(Debug)]
enum Kind {
    /// So many headers of goroutines.
    Text(usize),
    Debug1(scan::Debug1),
    Proto(scan::Proto),
    Records(usize),
    /// Lines wrapped in JSON.
    Wrapped,
    Foreign,
    Either,
}

fn kind(name: &str, text: &[u8]) -> Kind {
    let headers = scan::headers(text).len();
    if EITHER.iter().any(|part| name.contains(part)) {
        Kind::Either
    } else if name.contains("test2json") {
        Kind::Wrapped
    } else if headers > 0 {
        let fake = FAKE_HEADERS.iter().find(|(end, _)| name.ends_with(end)).map_or(0, |(_, n)| *n);
        Kind::Text(headers - fake)
    } else if ["other.threadcreate.", "other.custom."].iter().any(|part| name.contains(part)) {
        // They have the format of a goroutine dump, but hold threads or a program's own things.
        Kind::Foreign
    } else if let Some(totals) = scan::debug1(text) {
        Kind::Debug1(totals)
    } else if let Some(totals) = scan::proto(text) {
        if totals.kind.starts_with("goroutine") { Kind::Proto(totals) } else { Kind::Foreign }
    } else if text.trim_ascii_start().starts_with(b"[") && find(text, b"\"Stack0\"") {
        Kind::Records(text.windows(8).filter(|bytes| bytes == b"\"Stack0\"").count())
    } else if let Some(count) = scan::tools(text).and_then(|count| usize::try_from(count).ok()) {
        Kind::Records(count)
    } else {
        Kind::Foreign
    }
}

fn find(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|bytes| bytes == part)
}

/// The states of a text without flags, each goroutine once, by the scanner.
fn states(headers: &[scan::Header]) -> BTreeMap<String, usize> {
    let mut seen = BTreeSet::new();
    let first = headers.iter().filter(|header| seen.insert(header.goid));
    scan::tally(first.map(|header| bare(&header.state)))
}

/// `state` without the flags that follow it between the brackets.
fn bare(state: &str) -> String {
    [" (durable)", " (scan)", " (leaked)"]
        .iter()
        .fold(state, |state, flag| state.strip_suffix(flag).unwrap_or(state))
        .to_owned()
}

fn accounted(dumps: &[Dump]) -> i64 {
    let accounts = dumps.iter().map(|dump| dump.account);
    accounts
        .map(|a| a.whole + (a.cut_off + a.partial + a.not_understood + a.repeated).cast_signed())
        .sum()
}

/// What is wrong with the reading of one file.
fn check(name: &str, text: &[u8]) -> Result<(), String> {
    let dumps = match (kind(name, text), parse(text, name)) {
        (Kind::Either, _) | (Kind::Foreign, Err(Error::NotADump { .. })) => return Ok(()),
        (Kind::Foreign, Err(error)) => return Err(format!("another error: {error}")),
        (Kind::Foreign, Ok(_)) => return Err("it is no goroutine dump".to_owned()),
        (kind, Err(error)) => return Err(format!("{kind:?}: {error}")),
        (kind, Ok(dumps)) => {
            let expected = match &kind {
                Kind::Text(headers) => Some(*headers),
                Kind::Records(records) => Some(*records),
                Kind::Debug1(totals) => {
                    let cut = dumps.iter().any(|dump| dump.truncation.is_some());
                    if totals.stated != totals.counted && !cut {
                        return Err(format!(
                            "records are missing, and nothing says so: {totals:?}"
                        ));
                    }
                    usize::try_from(totals.counted - totals.empty).ok()
                }
                _ => None,
            };
            let expected = match kind {
                Kind::Proto(totals) => Some(totals.total),
                _ => expected.and_then(|n| i64::try_from(n).ok()),
            };
            if expected.is_some_and(|expected| accounted(&dumps) != expected) {
                let accounts: Vec<_> = dumps.iter().map(|dump| dump.account).collect();
                return Err(format!("{expected:?} expected, {accounts:?}"));
            }
            dumps
        }
    };
    // Goroutines of two dumps in one file may have the same id; of a cut header the state is not known.
    let one = dumps.len() == 1 && dumps[0].truncation.is_none();
    if let (Kind::Text(count), true) = (kind(name, text), one) {
        let headers = scan::headers(text);
        let read = scan::tally(dumps[0].goroutines().map(|goroutine| bare(goroutine.state())));
        let expected = states(&headers);
        if headers.len() == count && read != expected {
            return Err(format!("states {read:?}, expected {expected:?}"));
        }
    }
    let problems: Vec<_> = dumps.iter().flat_map(|dump| &dump.problems).collect();
    let known = PROBLEMS.iter().any(|(end, _)| name.ends_with(end));
    if problems.is_empty() || known {
        Ok(())
    } else {
        Err(format!("{} problems, the first: {:?}", problems.len(), problems[0]))
    }
}

fn check_all(folder: &Path, base: &Path, skip: impl Fn(&str) -> bool) {
    let mut failed = Vec::new();
    for path in files(folder) {
        let name = relative(&path, base);
        if skip(&name) || name.contains("MANIFEST") || name.contains("truth.json") {
            continue;
        }
        if let Err(why) = check(&name, &bytes(&path)) {
            failed.push(format!("{name}: {why}"));
        }
    }
    assert!(failed.is_empty(), "{} files:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_file_of_every_version() {
    let Some(base) = corpus() else { return };
    check_all(&base.join("formats"), &base, |name| name.contains("/derived/"));
}

#[test]
fn every_case() {
    let Some(base) = corpus() else { return };
    check_all(&base.join("cases"), &base, |_| false);
}

#[test]
fn the_scanner_counts_as_others_did() {
    let Some(base) = corpus() else { return };
    let all = files(&base.join("formats"));
    assert_eq!(all.len(), 1780);
    let counts: Vec<_> = all
        .iter()
        .filter(|path| {
            !relative(path, &base).contains("/derived/") && !path.ends_with("MANIFEST.md")
        })
        .map(|path| scan::headers(&std::fs::read(path).unwrap()).len())
        .filter(|count| *count > 0)
        .collect();
    assert_eq!((counts.len(), counts.iter().sum()), (1025, 26_182));
}

#[test]
fn derived_texts_say_what_happened_to_them() {
    let Some(base) = corpus() else { return };
    let read = |name: &str| {
        let path = base.join("formats/derived").join(name);
        parse(&bytes(&path), name).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    for name in
        ["crlf.debug2.txt", "crlf.debug1.txt", "tabs-to-spaces.debug2.txt", "ungzipped.debug0.pb"]
    {
        let dumps = read(name);
        assert_eq!(dumps.len(), 1, "{name}");
        assert!(dumps[0].problems.is_empty(), "{name}: {:#?}", dumps[0].problems);
        assert!(dumps[0].goroutine_count() > 10, "{name}");
    }
    assert_eq!(read("two-dumps.debug2.txt").len(), 2);
    for name in ["syslog-prefix.panic.txt", "k8s-cri.mapfatal.txt", "docker-json.mapfatal.txt"] {
        let dumps = read(name);
        assert!(dumps[0].wrapping.is_some() && dumps[0].problems.is_empty(), "{name}");
    }
    for name in
        ["cut1000.debug2.txt", "cut1037.debug2.txt", "cut20000.debug2.txt", "cut40001.debug2.txt"]
    {
        let dumps = read(name);
        assert!(dumps[0].truncation.is_some() && dumps[0].problems.is_empty(), "{name}");
    }
}

#[test]
fn large_dumps() {
    let Some(base) = corpus() else { return };
    for (name, goroutines) in [("100k", 100_862), ("lab100k", 100_001), ("deep100k", 100_001)] {
        let path = base.join(format!("large/{name}.debug2.txt.zst"));
        let text = bytes(&path);
        assert_eq!(scan::headers(&text).len(), goroutines, "{name}");
        let dumps = parse(&text, name).unwrap();
        assert_eq!(dumps.len(), 1, "{name}");
        let dump = &dumps[0];
        assert!(
            dump.problems.is_empty() && dump.truncation.is_none(),
            "{name}: {:?}",
            dump.problems
        );
        assert_eq!(dump.goroutine_count(), i64::try_from(goroutines).unwrap(), "{name}");
        if name == "lab100k" {
            let labelled =
                dump.goroutines().filter(|goroutine| goroutine.labels().len() > 0).count();
            assert!(labelled >= goroutines - 1, "{labelled} goroutines have labels");
        }
    }
    let text = bytes(&base.join("large/cut-64mib.debug2.txt.zst"));
    assert_eq!(text.len(), 64 << 20);
    let dumps = parse(&text, "cut-64mib").unwrap();
    let truncation = dumps[0].truncation.expect("the cut is not seen");
    assert_eq!((truncation.reason, truncation.at_byte), (TruncationReason::Pprof64Mib, 64 << 20));
    let headers = i64::try_from(scan::headers(&text).len()).unwrap();
    let accounted = accounted(&dumps);
    // The cut may be inside a header, so that the scanner does not see it.
    assert!((headers..=headers + 1).contains(&accounted), "{accounted} of {headers}");
    assert!(dumps[0].problems.is_empty());
}

#[test]
fn large_aggregated_dumps() {
    let Some(base) = corpus() else { return };
    let large = files(&base.join("large"));
    let mut failed = Vec::new();
    for path in large.iter().filter(|path| path.extension().is_some_and(|end| end == "gz")) {
        let name = relative(path, &base);
        if let Err(why) = check(&name, &bytes(path)) {
            failed.push(format!("{name}: {why}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Dumps that are cut at every place: small ones at each byte, larger ones at a sample.
#[test]
fn every_prefix_keeps_what_is_whole() {
    let Some(base) = corpus() else { return };
    let mut failed = Vec::new();
    for name in [
        "formats/go1.27.3/short/lookup.debug2.txt",
        "formats/go1.26.6/opt/tracebacklabels1/lookup.debug2.txt",
        "formats/go1.27.3/crash/ancestors5.txt",
        "formats/go1.27.3/crash/nestedPanic.txt",
        "formats/go1.27.3/crash/sigquit.tb-crash.txt",
        "formats/go1.9.7/short/lookup.debug2.txt",
        "formats/go1.2.2/crash/sigquit.tb-2.txt",
        "formats/go1.21.13/cgo/callback.txt",
        "cases/svc-abba.t1.d2.txt",
    ] {
        let text = bytes(&base.join(name));
        let headers = scan::headers(&text);
        let step = if text.len() < 3000 { 1 } else { text.len() / 400 + 1 };
        for length in (1..text.len()).step_by(step) {
            let prefix = &text[..length];
            // The last header of the prefix may be cut, or be followed by nothing.
            let begun: Vec<_> = headers.iter().filter(|header| header.at < length).collect();
            let whole: BTreeSet<u64> = begun
                .iter()
                .take(begun.len().saturating_sub(1))
                .map(|header| header.goid)
                .collect();
            match parse(prefix, name) {
                Ok(dumps) => {
                    let read: BTreeSet<u64> = dumps
                        .iter()
                        .flat_map(Dump::goroutines)
                        .filter_map(Goroutine::goid)
                        .collect();
                    let lost: Vec<_> = whole.difference(&read).collect();
                    if !lost.is_empty() {
                        failed.push(format!("{name} cut at {length}: lost {lost:?}"));
                    }
                }
                Err(error) if !whole.is_empty() => {
                    failed.push(format!("{name} cut at {length}: {error}"));
                }
                Err(_) => {}
            }
        }
    }
    assert!(
        failed.is_empty(),
        "{} cuts:\n{}",
        failed.len(),
        failed[..failed.len().min(20)].join("\n")
    );
}

/// Innermost functions that are compared between formats: debug=1 and debug=0 keep 32 program
/// counters up to Go 1.22, hidden ones counted.
const COMPARED: usize = 16;

/// The groups of a dump as far as every format shows them: functions outside the runtime, innermost
/// first, with the number of goroutines.
///
/// Left out, with the reason: frames of the runtime (text hides all, debug=1 the leading ones, debug=0
/// none) and `panic` (text's name of runtime.gopanic); the goroutine that writes the profile (it is
/// in another function for each format); goroutines on a CPU (they move between two writes), which
/// are told by a stack that text prints with `running` or `runnable`, so that the caller removes them.
fn groups(dumps: &[Dump]) -> BTreeMap<Vec<String>, i64> {
    let mut groups = BTreeMap::new();
    for dump in dumps {
        for goroutine in dump.goroutines() {
            let mut names: Vec<String> = goroutine
                .frames()
                .filter_map(|frame| match frame {
                    Frame::Call { function, .. } => Some(dump.str(function).to_owned()),
                    _ => None,
                })
                .filter(|name| !Symbol::new(name).is_runtime() && name != "panic")
                .collect();
            if names
                .iter()
                .any(|name| name.starts_with("runtime/pprof.") || name == "main.writeProfile")
            {
                continue;
            }
            names.truncate(COMPARED);
            *groups.entry(names).or_default() += goroutine.count();
        }
    }
    groups
}

/// Functions of goroutines that are on a CPU in the text, outermost: they move.
fn moving(dumps: &[Dump]) -> BTreeSet<String> {
    let goroutines = dumps.iter().flat_map(|dump| dump.goroutines().map(move |g| (dump, g)));
    goroutines
        .filter(|(_, goroutine)| WaitKind::of_state(goroutine.state()) == WaitKind::OnCpu)
        .filter_map(|(dump, goroutine)| match goroutine.frames().next_back()? {
            Frame::Call { function, .. } => Some(dump.str(function).to_owned()),
            _ => None,
        })
        .collect()
}

/// Folders of dumps that were taken one after the other.
const SERIES: &[&str] = &["services/", "servers/", "field/"];

/// Moments whose three files were written while goroutines came, went or moved on, seen in the files
/// themselves, with the largest number of goroutines that may differ.
const MOVED: &[(&str, i64)] = &[];

fn moments(base: &Path) -> Vec<(String, PathBuf, PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for path in files(base) {
        let name = relative(&path, base);
        for (debug2, debug1, debug0) in [
            ("lookup.debug2.txt", "lookup.debug1.txt", "lookup.debug0.pb.gz"),
            (".d2.txt", ".d1.txt", ".d0.pb.gz"),
        ] {
            if let Some(stem) = path.to_string_lossy().strip_suffix(debug2) {
                let (one, zero) =
                    (PathBuf::from(format!("{stem}{debug1}")), format!("{stem}{debug0}"));
                let zero = PathBuf::from(zero);
                let is_moment = !name.contains("/derived/")
                    && !SERIES.iter().any(|folder| name.starts_with(folder));
                if one.exists() && zero.exists() && is_moment {
                    found.push((name.clone(), path.clone(), one, zero));
                }
            }
        }
    }
    found
}

#[test]
fn three_formats_of_a_moment_have_the_same_groups() {
    let Some(base) = corpus() else { return };
    let mut failed = Vec::new();
    let moments = moments(&base);
    assert!(moments.len() > 90, "{} moments", moments.len());
    for (name, debug2, debug1, debug0) in moments {
        // Up to 1.8 debug=0 has no functions.
        let read = |path: &Path| parse(&bytes(path), &relative(path, &base));
        let dumps = match (read(&debug2), read(&debug1), read(&debug0)) {
            (Ok(two), Ok(one), Ok(zero)) => [two, one, zero],
            (two, one, zero) => {
                let errors: Vec<_> = [two, one, zero]
                    .into_iter()
                    .filter_map(Result::err)
                    .map(|e| e.to_string())
                    .collect();
                failed.push(format!("{name}: {}", errors.join("; ")));
                continue;
            }
        };
        let moving = moving(&dumps[0]);
        let still = |dumps: &[Dump]| {
            let mut groups = groups(dumps);
            groups.retain(|names, _| !names.iter().any(|name| moving.contains(name)));
            groups
        };
        let [two, one, zero] = [still(&dumps[0]), still(&dumps[1]), still(&dumps[2])];
        let allowed = MOVED.iter().find(|(end, _)| name.ends_with(end)).map_or(0, |(_, n)| *n);
        for (format, other) in [("debug=1", &one), ("debug=0", &zero)] {
            let keys: BTreeSet<_> = two.keys().chain(other.keys()).collect();
            let differences: Vec<_> = keys
                .into_iter()
                .map(|key| (key, two.get(key).unwrap_or(&0), other.get(key).unwrap_or(&0)))
                .filter(|(_, two, other)| two != other)
                .collect();
            let sum: i64 = differences.iter().map(|(_, two, other)| (*two - *other).abs()).sum();
            if sum > allowed {
                failed.push(format!("{name} and {format}: {sum} differ: {:?}", &differences[..1]));
            }
        }
    }
    assert!(failed.is_empty(), "{} moments:\n{}", failed.len(), failed.join("\n"));
}
