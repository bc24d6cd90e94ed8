use std::io::Read;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::model::{CallKind, Frame};
use crate::pprof::{Function, Label, Line, Location, Sample, ValueType};

/// A profile of one goroutine in `main.g[...]` inlined in `main.f`, which holds two labels.
fn profile() -> Profile {
    let strings =
        ["", "goroutine", "count", "main.g[go.shape.int,go.shape.[]uint8]", "main.f", "/a.go"];
    let function = |id, name| Function { id, name, filename: 5, ..Function::default() };
    let line = |function_id, line| Line { function_id, line, column: 0 };
    Profile {
        sample_type: vec![ValueType { r#type: 1, unit: 2 }],
        period_type: Some(ValueType { r#type: 1, unit: 2 }),
        period: 1,
        sample: vec![Sample {
            location_id: vec![7],
            value: vec![3],
            label: vec![
                Label { key: 4, str: 5, ..Label::default() },
                // Go writes no index for the empty string.
                Label::default(),
            ],
        }],
        location: vec![Location {
            id: 7,
            address: 0x10,
            line: vec![line(1, 11), line(2, 22)],
            ..Location::default()
        }],
        function: vec![function(1, 3), function(2, 4)],
        string_table: strings.iter().map(|s| s.as_bytes().to_vec()).collect(),
        time_nanos: 5,
        ..Profile::default()
    }
}

fn lower(profile: &Profile) -> Result<Dump> {
    parse(&profile.encode_to_vec(), "test", None)
}

fn frames(dump: &Dump, index: usize) -> Vec<(String, String, u32, CallKind)> {
    let frames = dump.goroutine(index).unwrap().frames();
    frames
        .map(|frame| match frame {
            Frame::Call { function, file, line, kind } => {
                (dump.str(function).to_owned(), dump.str(file).to_owned(), line, kind)
            }
            Frame::Address(pc) => (format!("{pc:#x}"), String::new(), 0, CallKind::Plain),
            Frame::Elided(_) => unreachable!(),
        })
        .collect()
}

#[test]
fn lowers_a_profile() {
    let dump = lower(&profile()).unwrap();
    let f = |name: &str, line, kind| (name.to_owned(), "/a.go".to_owned(), line, kind);
    let expected = [f("main.g[...]", 11, CallKind::Inlined), f("main.f", 22, CallKind::Plain)];
    assert_eq!(frames(&dump, 0), expected);
    let goroutine = dump.goroutine(0).unwrap();
    assert_eq!(goroutine.labels().collect::<Vec<_>>(), [("main.f", "/a.go"), ("", "")]);
    assert_eq!((goroutine.count(), dump.account.whole), (3, 3));
    assert_eq!((dump.taken_at_nanos, dump.duration_nanos), (Some(5), None));
    assert_eq!((dump.problems.len(), dump.truncation), (0, None));
}

/// `?seconds=N`; Go 1.27 writes samples without locations then.
#[test]
fn delta_profile() {
    let mut profile = profile();
    profile.duration_nanos = 2_000_000_000;
    profile.sample.push(Sample { value: vec![-5], ..Sample::default() });
    let dump = lower(&profile).unwrap();
    assert_eq!((dump.goroutine_count(), dump.duration_nanos), (-2, Some(2_000_000_000)));
    assert_eq!(frames(&dump, 1), []);
}

/// Go 1.8.
#[test]
fn addresses_only() {
    let mut profile = profile();
    profile.function.clear();
    profile.location[0].line.clear();
    assert_eq!(frames(&lower(&profile).unwrap(), 0)[0].0, "0x10");
}

#[test]
fn references_that_lead_nowhere() {
    let mut profile = profile();
    profile.sample[0].location_id = vec![7, 8, u64::MAX];
    profile.sample[0].label[0].str = i64::MIN;
    profile.function[0].name = 99;
    profile.location[0].line[1].function_id = 77;
    profile.sample.push(Sample::default());
    let dump = lower(&profile).unwrap();
    assert_eq!(frames(&dump, 0)[0].0, "0x10");
    assert_eq!(dump.problems.len(), 4, "{:?}", dump.problems);
    assert_eq!((dump.len(), dump.account.not_understood), (1, 1));
}

/// Counts that no process has are problems where they stand, and never goroutines.
#[test]
fn impossible_counts() {
    const MAX: i64 = Dump::MAX_GOROUTINES;
    for (values, seconds, whole, problems) in [
        (&[3, -1][..], 0, 3, 1),
        (&[-1], 0, 0, 1),
        (&[i64::MIN, 2], 0, 2, 1),
        (&[i64::MAX, i64::MAX, i64::MAX], 0, 0, 3),
        (&[MAX, 1], 0, MAX, 1),
        (&[MAX + 1, 1], 0, 1, 1),
        (&[3, -5], 2, -2, 0),
        (&[i64::MIN, -MAX, -1, 5], 2, 5 - MAX, 2),
        (&[0, 7], 0, 7, 0),
    ] {
        let mut profile = profile();
        profile.duration_nanos = seconds * 1_000_000_000;
        let sample = profile.sample[0].clone();
        let of = |value: &i64| Sample { value: vec![*value], ..sample.clone() };
        profile.sample = values.iter().map(of).collect();
        let dump = lower(&profile).unwrap();
        let account = dump.account;
        assert_eq!((dump.goroutine_count(), account.whole), (whole, whole), "{values:?}");
        assert_eq!((dump.problems.len(), account.not_understood), (problems, problems as u64));
        let message = profile.encode_to_vec();
        for problem in &dump.problems {
            let at = usize::try_from(problem.offset).unwrap();
            let length = usize::try_from(problem.length).unwrap();
            let there = Sample::decode(&message[at..at + length]).unwrap();
            assert!(problem.message.starts_with(&there.value[0].to_string()), "{problem:?}");
        }
    }
}

/// A small message whose stacks would be huge.
#[test]
fn stacks_are_bounded() {
    let mut profile = profile();
    profile.location[0].line = vec![Line { function_id: 1, line: 1, column: 0 }; 10_000];
    profile.sample[0].location_id = vec![7; 100_000];
    let dump = lower(&profile).unwrap();
    assert_eq!((dump.len(), dump.account.not_understood), (0, 1));
}

/// A profile counts goroutines if its samples, its period or its labels say so, and nothing else does.
#[test]
fn what_is_counted() {
    let refused = |part| Err::<&str, &str>(part);
    for (samples, period, told) in [
        (&[("goroutine", "count")][..], None, Ok("goroutine")),
        (&[("goroutines", "count")], None, Ok("goroutine")),
        (&[("goroutineleak", "count")], Some("goroutineleak"), Ok("goroutineleak")),
        (&[("x", "count"), ("goroutine", "count")], None, Ok("goroutine")),
        (&[("samples", "count")], Some("goroutine"), Ok("goroutine")),
        (&[("samples", "count")], Some("cpu"), refused("a CPU profile")),
        (&[("samples", "count")], None, refused("a profile of samples over time")),
        (&[("samples", "count"), ("cpu", "nanoseconds")], None, refused("a CPU profile")),
        (&[("contentions", "count")], Some("contentions"), refused("a block or mutex profile")),
        (&[("threadcreate", "count")], Some("threadcreate"), refused("thread creation")),
        (&[("alloc_space", "bytes"), ("inuse_space", "bytes")], Some("space"), refused("a heap")),
        (&[("samples", "count"), ("time", "ns")], Some("wallclock"), refused("a wall-clock")),
        (
            &[("example.com/conns", "count")],
            Some("example.com/conns"),
            refused("example.com/conns"),
        ),
        (&[("a", "b"), ("c", "d")], None, refused("a profile of another kind")),
        (&[], None, refused("it does not say what it counts")),
    ] {
        let mut profile = profile();
        let mut index = |text: &str| {
            profile.string_table.push(text.as_bytes().to_vec());
            i64::try_from(profile.string_table.len() - 1).unwrap()
        };
        let types =
            samples.iter().map(|(name, unit)| ValueType { r#type: index(name), unit: index(unit) });
        let types: Vec<_> = types.collect();
        let period = period.map(|name| ValueType { r#type: index(name), unit: index("count") });
        (profile.sample_type, profile.period_type) = (types, period);
        match (lower(&profile), told) {
            (Ok(dump), Ok(name)) => assert_eq!(dump.profile, name),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (done, _) => panic!("{samples:?} {period:?}: {done:?}"),
        }
    }
    // CockroachDB's debug=3.
    let mut labelled = profile();
    labelled.string_table[1] = b"samples".to_vec();
    labelled.string_table.push(b"go::goroutine".to_vec());
    labelled.sample[0].label.push(Label { key: 6, num: 17, ..Label::default() });
    assert!(lower(&labelled).is_ok());
}

#[test]
fn cut_profile() {
    // Go writes the period's type first.
    let mut rest = profile();
    let period_type = rest.period_type.take();
    let mut bytes = Profile { period_type, ..Profile::default() }.encode_to_vec();
    bytes.extend(rest.encode_to_vec());
    for end in 0..bytes.len() {
        let part = parse(&bytes[..end], "test", Some("unexpected end of file"));
        if let Ok(dump) = part {
            assert_eq!(dump.truncation.unwrap().reason, TruncationReason::Compressed);
            assert_eq!((dump.goroutine_count(), dump.problems.is_empty()), (3, false));
        } else {
            // The types and the only sample come first.
            assert!(end < 60, "{end}");
        }
    }
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(root) = std::env::var_os("GDUMP_CORPUS") else { return Vec::new() };
    let mut files = Vec::new();
    let mut folders: Vec<_> =
        ["formats", "cases", "large"].map(|name| PathBuf::from(&root).join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".pb.gz") && !name.contains("/cut") {
                let raw = std::fs::read(&path).unwrap();
                let mut bytes = Vec::new();
                let mut decoder = flate2::read::MultiGzDecoder::new(&raw[..]);
                if decoder.read_to_end(&mut bytes).is_ok() {
                    files.push((path, bytes));
                }
            }
        }
    }
    files.sort();
    files
}

/// Every goroutine profile is read without a problem and adds up to its own samples; every other
/// profile is said to be one.
#[test]
fn real_profiles() {
    for (path, bytes) in corpus() {
        let shown = path.display().to_string();
        assert!(sniff(&bytes[..bytes.len().min(64)]), "{shown}");
        let other = ["heap", "allocs", "block", "mutex", "threadcreate"]
            .iter()
            .any(|kind| shown.contains(&format!("other.{kind}.")));
        match parse(&bytes, &shown, None) {
            Ok(dump) => {
                let sum: i64 =
                    Profile::decode(&bytes[..]).unwrap().sample.iter().map(|s| s.value[0]).sum();
                assert_eq!((dump.goroutine_count(), dump.account.whole), (sum, sum), "{shown}");
                assert!(dump.problems.is_empty() && !other, "{shown}: {:?}", dump.problems);
            }
            Err(error) => assert!(other, "{error}"),
        }
    }
}

/// The names come last, so a cut file has counts and addresses.
#[test]
fn real_cut_profile() {
    let Some(root) = std::env::var_os("GDUMP_CORPUS") else { return };
    let path = PathBuf::from(root).join("formats/derived/cut4000.debug0.pb.gz");
    let raw = std::fs::read(path).unwrap();
    let mut bytes = Vec::new();
    let error = flate2::read::MultiGzDecoder::new(&raw[..]).read_to_end(&mut bytes).unwrap_err();
    let dump = parse(&bytes, "test", Some(&error.to_string())).unwrap();
    assert!(dump.goroutine_count() > 20 && !dump.problems.is_empty());
    assert_eq!(dump.truncation.unwrap().reason, TruncationReason::Compressed);
    let address = |frame| matches!(frame, Frame::Address(pc) if pc > 0);
    let known =
        dump.goroutines().flat_map(crate::model::Goroutine::frames).filter(|f| address(*f)).count();
    assert!(known > 20, "{known}");
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        sniff(&bytes);
        let _ = parse(&bytes, "test", None);
        let _ = parse(&bytes, "test", Some("cut"));
    }

    #[test]
    fn changed_bytes(changes: Vec<(prop::sample::Index, u8)>) {
        let mut bytes = profile().encode_to_vec();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        sniff(&bytes);
        let _ = parse(&bytes, "test", None);
    }
}
