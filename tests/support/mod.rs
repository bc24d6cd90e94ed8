//! What the tests share: where the dumps are, and how to read them without the code under test.

pub(crate) mod describe;
pub(crate) mod scan;
pub(crate) mod sentence;

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

/// The dumps in `text`, through the door that the program uses.
pub(crate) fn parse(text: &[u8], name: &str) -> Result<Vec<Dump>> {
    gdump::parse::parse(
        &mut Stream::new(Cursor::new(text)),
        name,
        &Options::from(&Limits::default()),
    )
}
