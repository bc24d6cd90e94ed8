//! Walks a directory.

use super::open::Done;
use super::open::Failure;
use super::open::Opener;
use crate::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// Opens the files in the directory `path` and below, in the order of their names.
///
/// Links to directories are not followed: they may lead in circles.
pub(super) fn walk(opener: &mut Opener<'_>, path: &Path) -> Done {
    let failed = |source| Failure::Input(Error::Io { path: path.to_owned(), source });
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries = entries.map_err(failed)?;
    entries.sort();
    for path in entries {
        if is_hidden(&path) {
            opener.opened.skipped += 1;
            continue;
        }
        let done = entry(opener, &path);
        opener.note_failure(path.display().to_string(), done)?;
    }
    Ok(())
}

fn entry(opener: &mut Opener<'_>, path: &Path) -> Done {
    let failed = |source| Failure::Input(Error::Io { path: path.to_owned(), source });
    let is_directory = path.symlink_metadata().map_err(failed)?.is_dir();
    if is_directory {
        return walk(opener, path);
    }
    // A pipe or socket that nobody writes to would be waited for.
    if !path.metadata().map_err(failed)?.is_file() {
        opener.opened.skipped += 1;
        return Ok(());
    }
    opener.file(path, false)
}

/// Whether the file's name starts with a dot.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
