//! Writes what is shown to a file.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use ratatui::crossterm::event::KeyCode;

use super::feed::Raw;
use crate::diagnose::Sight;
use crate::error::{Error, Result};
use crate::render::{Body, Limit, OutputFormat, Report, View};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The report in a format.
    Report(OutputFormat),
    /// What came, as it came.
    Raw,
}

/// Keys of the menu, and what they write.
pub(super) const MENU: &[(char, &str, Kind)] = &[
    ('t', "text", Kind::Report(OutputFormat::Text)),
    ('m', "Markdown", Kind::Report(OutputFormat::Markdown)),
    ('h', "HTML", Kind::Report(OutputFormat::Html)),
    ('j', "JSON", Kind::Report(OutputFormat::Json)),
    ('r', "raw dump", Kind::Raw),
];

/// What `key` chooses from the menu.
pub(super) fn chosen(key: KeyCode) -> Option<Kind> {
    MENU.iter().find(|(letter, ..)| key == KeyCode::Char(*letter)).map(|(.., kind)| *kind)
}

/// Writes the report of `sight` in `format` to a new file whose name begins with `stem`.
pub(super) fn report(sight: Sight<'_>, format: OutputFormat, stem: &Path) -> Result<PathBuf> {
    let ending = match format {
        OutputFormat::Markdown => ".md",
        OutputFormat::Html => ".html",
        OutputFormat::Json => ".json",
        _ => ".txt",
    };
    let ids = if format == OutputFormat::Json { Limit::All } else { Limit::Most(5) };
    let view = View { ids, ..View::plain(format, 100) };
    let report = Report { command: "watch", body: Body::Sights(vec![sight]) };
    save(stem, ending, &|out| report.write(&view, out))
}

/// Writes what came to a new file whose name begins with `stem`.
pub(super) fn raw(raw: &Raw, stem: &Path) -> Result<PathBuf> {
    save(stem, raw.ending, &raw.write)
}

/// Writes a file that was not there before: `STEM.txt`, else `STEM-2.txt` and so on. What cannot be
/// written whole is removed.
fn save(
    stem: &Path,
    ending: &str,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<PathBuf> {
    let name = stem.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 1;
    let (path, file) = loop {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = stem.with_file_name(format!("{name}{suffix}{ending}"));
        match File::create_new(&path) {
            Ok(file) => break (path, file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 1000 => number += 1,
            Err(source) => return Err(Error::Io { path, source }),
        }
    };
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| out.flush());
    if let Err(source) = written {
        // A full disk: what is half there is of no use.
        let _ = std::fs::remove_file(&path);
        return Err(Error::Io { path, source });
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left_half() {
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join("goroutines-h-20261125T080000Z");
        let one = save(&stem, ".txt", &|out| out.write_all(b"one")).unwrap();
        let two = save(&stem, ".txt", &|out| out.write_all(b"two")).unwrap();
        assert_eq!(std::fs::read(&one).unwrap(), b"one");
        assert!(two.ends_with("goroutines-h-20261125T080000Z-2.txt"), "{}", two.display());
        let full = save(&stem, ".txt", &|_| Err(ErrorKind::StorageFull.into()));
        assert!(full.unwrap_err().to_string().contains("-3.txt"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
