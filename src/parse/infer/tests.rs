use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::Dump;
use crate::parse::debug1::Debug1;
use crate::parse::place::Text;
use crate::parse::proto;

/// Goroutines by state.
type States = BTreeMap<String, i64>;

fn read(path: &Path) -> Vec<u8> {
    let raw = fs::read(path).unwrap();
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return raw;
    }
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(&raw[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

fn inferred(path: &Path) -> Dump {
    let bytes = read(path);
    if proto::sniff(&bytes) {
        return proto::parse(&bytes, "test", None).unwrap();
    }
    let mut parser = Debug1::new("test");
    parser.feed(&Text { bytes: &bytes, offset: 0, line: 1, pieces: None, eof: true });
    parser.finish(bytes.len() as u64, bytes.len() as u64)
}

fn states(dump: &Dump) -> States {
    let mut states = States::new();
    for goroutine in dump.goroutines() {
        *states.entry(goroutine.state().to_owned()).or_default() += goroutine.count();
    }
    states
}

/// States as debug=2 prints them, flags taken off.
fn printed(path: &Path) -> States {
    let mut states = States::new();
    let text = read(path);
    for line in String::from_utf8_lossy(&text).lines() {
        let Some(inside) = line.strip_prefix("goroutine ").and_then(|l| l.split_once(" [")) else {
            continue;
        };
        let state = inside.1.split(']').next().unwrap().split(", ").next().unwrap();
        let state = state.split(" labels:").next().unwrap();
        let state = state.trim_end_matches(" (leaked)").trim_end_matches(" (scan)");
        *states.entry(state.to_owned()).or_default() += 1;
    }
    states
}

/// Files of the same moment: debug=2 and one to infer from.
fn pairs(root: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut pairs = Vec::new();
    let mut folders = vec![root.join("formats"), root.join("cases")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(stem) = name.strip_suffix("lookup.debug2.txt") {
                for other in ["lookup.debug0.pb.gz", "lookup.debug1.txt"] {
                    pairs.push((path.clone(), path.with_file_name(format!("{stem}{other}"))));
                }
            } else if let Some(stem) = name.strip_suffix(".d2.txt") {
                for other in ["d0.pb.gz", "d1.txt"] {
                    pairs.push((path.clone(), path.with_file_name(format!("{stem}.{other}"))));
                }
            }
        }
    }
    pairs.retain(|(_, other)| other.exists());
    pairs.sort();
    pairs
}

/// What is inferred is what debug=2 of the same moment prints; nothing is said rather than wrong.
#[test]
fn inferred_states_agree_with_printed_ones() {
    let Some(root) = std::env::var_os("GDUMP_CORPUS") else { return };
    let (mut all, mut right, mut wrong) = ([0; 2], [0; 2], [0; 2]);
    for (debug2, other) in pairs(Path::new(&root)) {
        let (printed, dump) = (printed(&debug2), inferred(&other));
        let states = states(&dump);
        let which = usize::from(other.to_string_lossy().ends_with(".txt"));
        let total: i64 = printed.values().sum();
        let agree: i64 = states.iter().map(|(s, n)| *printed.get(s).unwrap_or(&0).min(n)).sum();
        let unknown = states.get("").copied().unwrap_or(0);
        let excess = dump.goroutine_count() - unknown - agree;
        all[which] += total;
        right[which] += agree;
        wrong[which] += excess;
        let name = other.strip_prefix(&root).unwrap().display();
        let differ: Vec<_> = states
            .iter()
            .filter(|(s, n)| printed.get(*s) != Some(n))
            .map(|(s, n)| format!("{s:?}: {n} for {}", printed.get(s).unwrap_or(&0)))
            .collect();
        println!("{name}: {agree} of {total}, {unknown} unknown, {excess} wrong; {differ:?}");
    }
    for (which, name) in ["proto", "debug1"].iter().enumerate() {
        println!("{name}: {} right and {} wrong of {}", right[which], wrong[which], all[which]);
    }
    // The files of a case are not of exactly the same moment.
    assert!(wrong[0] * 500 <= all[0] && wrong[1] * 500 <= all[1]);
    assert!(right[0] * 100 >= all[0] * 99 && right[1] * 100 >= all[1] * 80);
}
