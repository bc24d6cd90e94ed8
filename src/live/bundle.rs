//! What was taken of a process, kept in one place: the answers as they came, and a manifest that says
//! what was asked for, when, and what it cost. A bundle is an input of every command.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::take::Piece;

/// The manifest's name in a bundle.
pub const MANIFEST: &str = "gdump-bundle.json";

/// What the manifest of this version says of itself.
const SCHEMA: &str = "gdump-bundle/1";

/// What a bundle holds. New fields may appear, none changes its meaning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// `gdump-bundle/1`.
    pub schema: String,
    /// What wrote it.
    pub tool: String,
    /// When the first answer was asked for, RFC 3339.
    pub taken_at: String,
    /// The process, without secrets.
    pub process: String,
    /// Goroutines by debug=0.
    pub goroutines: i64,
    /// Why it was taken, if something tripped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its files.
    pub files: Vec<File>,
    /// Why something that was to be taken is missing or not whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

/// A file of a bundle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct File {
    /// Its name, beside the manifest.
    pub name: String,
    /// What was asked for, without secrets.
    pub url: String,
    /// The profile: `goroutine`, `goroutineleak`.
    pub profile: String,
    /// The level: 0 is protobuf, 2 the whole text.
    pub debug: u8,
    /// When it was asked for, RFC 3339.
    pub asked_at: String,
    /// Time to the first byte.
    pub waited_ms: u64,
    /// Time to the last byte.
    pub took_ms: u64,
    /// Its size.
    pub bytes: u64,
    /// Why it is not whole, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

impl Manifest {
    /// The manifest of `pieces` of the process that is shown as `process`.
    pub fn new(process: &str, goroutines: i64, pieces: &[Piece], reason: Option<String>) -> Self {
        let time = |at: Timestamp| format!("{at:.3}");
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let file = |piece: &Piece| File {
            name: name(piece),
            url: piece.url.clone(),
            profile: piece.profile.to_owned(),
            debug: piece.debug,
            asked_at: time(piece.asked_at),
            waited_ms: millis(piece.waited),
            took_ms: millis(piece.took),
            bytes: piece.bytes.len() as u64,
            broken: piece.broken.as_ref().map(ToString::to_string),
        };
        Self {
            schema: SCHEMA.to_owned(),
            tool: concat!("gdump ", env!("CARGO_PKG_VERSION")).to_owned(),
            taken_at: time(pieces.first().map_or_else(Timestamp::now, |piece| piece.asked_at)),
            process: process.to_owned(),
            goroutines,
            reason,
            files: pieces.iter().map(file).collect(),
            failures: Vec::new(),
        }
    }

    /// Reads a manifest; `None` if it is none of a version that is known.
    pub fn read(reader: impl Read) -> Option<Self> {
        const MOST: u64 = 1 << 20;
        let manifest: Self = serde_json::from_reader(reader.take(MOST)).ok()?;
        (manifest.schema == SCHEMA).then_some(manifest)
    }

    /// The files with debug=2 and with debug=0 of the goroutines, if both are there.
    pub fn pair(&self) -> Option<(&str, &str)> {
        let find = |debug| {
            let found = self.files.iter().find(|f| f.profile == "goroutine" && f.debug == debug);
            found.map(|file| file.name.as_str())
        };
        Some((find(2)?, find(0)?))
    }

    fn json(&self) -> io::Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }
}

/// `goroutine.debug0.pb.gz`, `goroutine.debug2.txt`. Its content is as it came, so the text may be
/// compressed if a proxy did that.
fn name(piece: &Piece) -> String {
    let ending = if piece.debug == 0 { "pb.gz" } else { "txt" };
    format!("{}.debug{}.{ending}", piece.profile, piece.debug)
}

/// Writes the bundle as a tar archive, compressed by gzip, with all files in `folder`.
pub fn archive(
    manifest: &Manifest,
    pieces: &[Piece],
    folder: &str,
    out: impl Write,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::fast()));
    let time = pieces.first().map_or(0, |piece| piece.asked_at.as_second());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(u64::try_from(time).unwrap_or(0));
        tar.append_data(&mut header, format!("{folder}/{name}"), bytes)
    };
    add(MANIFEST, &manifest.json()?)?;
    for piece in pieces {
        add(&name(piece), &piece.bytes)?;
    }
    tar.into_inner()?.finish()?.flush()
}

/// Writes the bundle as files into the folder `path`, which must not be there yet.
pub fn folder(manifest: &Manifest, pieces: &[Piece], path: &std::path::Path) -> io::Result<()> {
    // Renamed when all is in it: nobody sees half a bundle.
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = (|| {
        std::fs::create_dir_all(&temporary)?;
        std::fs::write(temporary.join(MANIFEST), manifest.json()?)?;
        for piece in pieces {
            std::fs::write(temporary.join(self::name(piece)), &piece.bytes)?;
        }
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // The reason is told; that this fails too would only hide it.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    written
}

/// `goroutines-127.0.0.1_6060-20261125T080000Z`: what a bundle of the process at `place` is called.
pub fn stem(place: &str, at: Timestamp) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
    let place: String = place.trim_matches(['[', ']', '.']).chars().map(safe).collect();
    format!("goroutines-{place}-{}", at.strftime("%Y%m%dT%H%M%SZ"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn pieces() -> Vec<Piece> {
        let piece = |debug, bytes: &[u8]| Piece {
            profile: "goroutine",
            debug,
            url: format!("http://h/debug/pprof/goroutine?debug={debug}"),
            asked_at: Timestamp::from_second(1_700_000_000).unwrap(),
            waited: Duration::from_millis(3),
            took: Duration::from_millis(7),
            bytes: bytes.to_vec(),
            broken: None,
        };
        vec![piece(0, b"zero"), piece(2, b"two")]
    }

    #[test]
    fn an_archive_keeps_the_bytes_and_its_manifest_can_be_read() {
        let manifest = Manifest::new("http://h", 5, &pieces(), None);
        assert_eq!(manifest.pair(), Some(("goroutine.debug2.txt", "goroutine.debug0.pb.gz")));
        let mut out = Vec::new();
        archive(&manifest, &pieces(), "b", &mut out).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(out.as_slice()));
        let mut found = Vec::new();
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            found.push((name, bytes));
        }
        let read = Manifest::read(found[0].1.as_slice()).unwrap();
        assert_eq!((read.taken_at.as_str(), read.files.len()), ("2023-11-14T22:13:20.000Z", 2));
        assert_eq!(found[1], ("b/goroutine.debug0.pb.gz".to_owned(), b"zero".to_vec()));
        assert_eq!(found[2], ("b/goroutine.debug2.txt".to_owned(), b"two".to_vec()));
        assert!(Manifest::read(&b"{\"schema\": \"other/1\"}"[..]).is_none());
    }

    #[test]
    fn names_are_safe() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(stem("[::1]:6060", at), "goroutines-__1__6060-20231114T221320Z");
        assert_eq!(stem("../../etc", at), "goroutines-_.._etc-20231114T221320Z");
    }
}
