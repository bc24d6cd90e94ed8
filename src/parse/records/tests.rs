use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

const LIST: &str =
    "[{\"Stack0\":[4487249,4270446,0,0]},\n {\"Stack0\" : [ 1 , 2 , 3 ]},{\"Stack0\":[]}]\n";

fn stacks(dump: &Dump) -> Vec<Vec<Frame>> {
    dump.goroutines().map(|g| g.frames().collect()).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.to_string_lossy().contains("GoroutineProfile.") {
            found.push(path);
        }
    }
}

#[test]
fn reads_a_list() {
    let dump = parse(LIST.as_bytes(), "test").unwrap();
    let address = |list: &[u64]| list.iter().copied().map(Frame::Address).collect::<Vec<_>>();
    assert_eq!(stacks(&dump), [address(&[4_487_249, 4_270_446]), address(&[1, 2, 3]), vec![]]);
    assert_eq!((dump.account.whole, dump.truncation), (3, None));
    assert_eq!((dump.account.understood_lines, dump.account.ignored_lines), (2, 0));
    assert!(dump.goroutines().all(|g| g.goid().is_none() && g.count() == 1));
    let log = format!("{LIST}bye\n");
    let dump = parse(log.as_bytes(), "test").unwrap();
    assert_eq!((dump.account.understood_lines, dump.account.ignored_lines), (2, 1));
}

#[test]
fn cut_list() {
    for end in 12..LIST.len() - 1 {
        let dump = parse(&LIST.as_bytes()[..end], "test").unwrap();
        assert_eq!(
            dump.truncation.map(|t| t.reason),
            Some(TruncationReason::MidGoroutine),
            "{end}"
        );
        assert_eq!(dump.len(), LIST.get(..end).unwrap().matches("]}").count(), "{end}");
        assert_eq!(dump.problems, []);
    }
}

#[test]
fn what_is_no_record() {
    let dump = parse(b"[{\"Stack0\":[1]},{\"Stack0\":[-1]},{\"Stack0\":[2]}]", "test").unwrap();
    assert_eq!((dump.len(), dump.account.not_understood, dump.problems.len()), (1, 1, 1));
    let dump = parse(b"[{\"Id\":7,\"Stack0\":[1],\"More\":{\"a\":[]}}]", "test").unwrap();
    assert_eq!((dump.len(), dump.is_clean()), (1, true), "further keys say nothing");
    assert!(!sniff(b"[{\"a\":1}]") && !sniff(b"[1]") && !sniff(b""));
}

#[test]
fn real_lists() {
    let Some(root) = std::env::var_os("GDUMP_CORPUS") else { return };
    let mut found = Vec::new();
    files(&PathBuf::from(root).join("formats"), &mut found);
    assert!(!found.is_empty());
    for path in found {
        let bytes = std::fs::read(&path).unwrap();
        let dump = parse(&bytes, "test").unwrap();
        let records = memchr::memmem::find_iter(&bytes, b"Stack0").count();
        // The indented ones of the corpus hold the first three records and are cut.
        let whole = dump.len() + usize::try_from(dump.account.cut_off).unwrap();
        assert_eq!(whole, records, "{}", path.display());
        assert!(dump.problems.is_empty(), "{}: {:?}", path.display(), dump.problems);
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        let _ = parse(&bytes, "test");
        let _ = parse(&[b"[{\"Stack0\":", &bytes[..]].concat(), "test");
    }

    #[test]
    fn nearly_a_list(text in "([\\[\\]{},: \n]|\"Stack0\"|[0-9]{1,21}){0,30}") {
        let text = format!("[{{\"Stack0\":[1,2]}},{text}");
        if let Ok(dump) = parse(text.as_bytes(), "test") {
            let account = dump.account;
            let lines = account.understood_lines + account.problem_lines + account.ignored_lines;
            let newlines = text.matches('\n').count() as u64 + u64::from(!text.ends_with('\n'));
            prop_assert_eq!(lines, newlines);
        }
    }
}
