//! What the tests share: where the dumps are, and how to read them without the code under test.

pub(crate) mod command;
pub(crate) mod describe;
pub(crate) mod scan;
pub(crate) mod sentence;
pub(crate) mod worded;

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use gdump::error::Result;
use gdump::model::Dump;
use gdump::parse::Options;
use gdump::source::{Limits, Stream};

/// The folder of this package.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of real dumps that are not part of the project, from the environment variable
/// `GDUMP_CORPUS`. Without it a test that needs the corpus says so and returns.
pub(crate) fn corpus() -> Option<PathBuf> {
    let found = std::env::var_os("GDUMP_CORPUS").filter(|path| !path.is_empty());
    if found.is_none() {
        eprintln!("skipped: GDUMP_CORPUS is not set");
    }
    let path = PathBuf::from(found?);
    assert!(path.join("formats").is_dir(), "GDUMP_CORPUS={} is no corpus", path.display());
    Some(path)
}

/// Every file below `folder`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// `path` relative to `base`, with slashes.
pub(crate) fn relative(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The bytes of the file, unpacked if they are packed by gzip or zstd; of a damaged stream what
/// comes before the damage.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    let raw = std::fs::read(path).unwrap();
    let mut out = Vec::new();
    if raw.starts_with(&[0x1f, 0x8b]) {
        let _ = flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut out);
    } else if raw.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let _ = zstd::Decoder::new(raw.as_slice()).unwrap().read_to_end(&mut out);
    } else {
        return raw;
    }
    out
}

/// The Go installations that tests may use: those that `GDUMP_GO` names (folders with a Go in them,
/// separated like `PATH`), else that in the path. Without any a test that needs one says so and returns.
pub(crate) fn gos() -> Vec<PathBuf> {
    let listed = std::env::var_os("GDUMP_GO").unwrap_or_default();
    // Splitting nothing gives one empty path.
    let roots = std::env::split_paths(&listed).filter(|root| !root.as_os_str().is_empty());
    let found: Vec<PathBuf> = roots.map(|root| root.join("bin/go")).collect();
    if !found.is_empty() {
        for go in &found {
            assert!(go.is_file(), "GDUMP_GO: no {}", go.display());
        }
        return found;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("go")).find(|go| go.is_file());
    if found.is_none() {
        eprintln!("skipped: no Go; name one by GDUMP_GO=GOROOT or PATH");
    }
    found.into_iter().collect()
}

/// What JSON reports must keep to.
pub(crate) fn report_schema() -> jsonschema::Validator {
    let text = std::fs::read(root().join("grammar/report.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap()
}

/// Fails if `report` does not keep to `schema`.
pub(crate) fn assert_keeps(schema: &jsonschema::Validator, report: &serde_json::Value, name: &str) {
    let errors: Vec<_> = schema.iter_errors(report).take(5).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

/// The dumps in `text`, through the door that the program uses.
pub(crate) fn parse(text: &[u8], name: &str) -> Result<Vec<Dump>> {
    gdump::parse::parse(
        &mut Stream::new(Cursor::new(text)),
        name,
        &Options::from(&Limits::default()),
    )
}

/// `text`, which is one dump, with what makes it no excerpt: goroutine 1, and one that writes it.
pub(crate) fn whole(text: &str) -> String {
    let has = |part: &str| text.starts_with(part) || text.contains(&format!("\n{part}"));
    let is_cut = !text.ends_with('\n');
    if is_cut || !text.starts_with("goroutine ") || text.starts_with("goroutine profile") {
        return text.to_owned();
    }
    let written = text.lines().any(|line| line.contains(" [running"));
    let ids = text.lines().filter_map(|line| line.strip_prefix("goroutine ")?.split(' ').next());
    let last = ids.filter_map(|id| id.parse().ok()).max().unwrap_or(0_u64);
    let id = if has("goroutine 1 [") { last + 1 } else { 1 };
    if written && id != 1 {
        return text.to_owned();
    }
    format!(
        "{}\n\ngoroutine {id} [running]:\nruntime/pprof.writeGoroutineStacks({{0x1, 0x2}})\n\t/usr/local/go/src/runtime/pprof/pprof.go:703 +0x6b\nmain.main()\n\t/src/main.go:1 +0x1\n",
        text.trim_end()
    )
}

/// Whether all of the text of `dump` was understood, also if that is an excerpt.
pub(crate) fn is_understood(dump: &Dump) -> bool {
    dump.problems.is_empty() && dump.lost() == 0 && dump.truncation.is_none()
}

/// The cells of a CSV text, read by the rules of RFC 4180.
pub(crate) fn csv_rows(text: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(text).unwrap();
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'), "a line ends with CRLF");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && row.is_empty(), "the last line has no end");
    rows
}
