//! Opens the members of tar and zip archives.

use super::limits::Metered;
use super::open::Done;
use super::open::Failure;
use super::open::Nested;
use super::open::Opener;
use super::window::Window;
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Cursor;
use std::io::Read;
use std::io::Seek;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::read::read_zipfile_from_stream;

/// Most bytes of names, extended headers and maps of holes before one member of a tar archive. Paths have
/// a few thousand at most.
const TAR_HEADERS: u64 = 1 << 20;
/// Bytes of a block in a tar archive.
const TAR_BLOCK: u64 = 512;

/// Opens the members of a tar archive.
pub(super) fn tar(opener: &mut Opener<'_>, nested: &Nested, window: Window<'_>) -> Done {
    let bound = Bound { at: Cell::new(0), end: Cell::new(TAR_HEADERS) };
    let mut archive = tar::Archive::new(Bounded { window, bound: &bound });
    let entries = archive.entries().map_err(|error| nested.failed(error))?;
    for (index, entry) in entries.enumerate() {
        let entry = match entry.and_then(|entry| nested.meter.count_member().map(|()| entry)) {
            Ok(entry) => entry,
            Err(error) => return broken(opener, nested, "tar archive", index > 0, error),
        };
        bound.pass(stored_size(&entry));
        tar_member(opener, nested, entry)?;
    }
    // The compressed archive ends between two members, which looks like its proper end.
    match nested.note.get() {
        Some(reason) => broken(opener, nested, "tar archive", true, io::Error::other(reason)),
        None => Ok(()),
    }
}

fn tar_member<R: Read>(opener: &mut Opener<'_>, nested: &Nested, entry: tar::Entry<'_, R>) -> Done {
    let name = entry.path_bytes().into_owned();
    let kind = entry.header().entry_type();
    if kind.is_dir() || kind.is_pax_global_extensions() {
        return Ok(());
    }
    let is_file = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
    if !is_file || is_hidden(&name) {
        opener.opened.skipped += 1;
        return Ok(());
    }
    let size = entry.size();
    opener.member(nested, &name, entry, size)
}

/// Bytes that `entry` takes in the archive: a file with holes has more than it takes.
fn stored_size<R: Read>(entry: &tar::Entry<'_, R>) -> u64 {
    if entry.header().entry_type().is_gnu_sparse() {
        entry.header().entry_size().unwrap_or(0)
    } else {
        entry.size()
    }
}

/// How far a tar archive may be read before its next member is found.
struct Bound {
    at: Cell<u64>,
    end: Cell<u64>,
}

impl Bound {
    /// Lets a member of `size` bytes pass, which starts here, and the headers of the one behind it.
    fn pass(&self, size: u64) {
        let member = size.div_ceil(TAR_BLOCK).saturating_mul(TAR_BLOCK);
        self.end.set(self.at.get().saturating_add(member).saturating_add(TAR_HEADERS));
    }
}

/// A reader that fails behind the bound: the tar crate reads headers into memory, whatever their size.
struct Bounded<'a, 'b> {
    window: Window<'a>,
    bound: &'b Bound,
}

impl Read for Bounded<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bound.end.get() - self.bound.at.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other(
                "the name or the extended header of a member is over 1 MiB",
            ));
        }
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.window.read(buffer.get_mut(..length).unwrap_or_default())?;
        self.bound.at.set(self.bound.at.get() + count as u64);
        Ok(count)
    }
}

/// Opens the members of a zip archive: from `file` if there is one, else from `window` by way of
/// memory, because the list of members is at the end.
pub(super) fn zip(
    opener: &mut Opener<'_>,
    nested: &Nested,
    window: Window<'_>,
    file: Option<&File>,
) -> Done {
    if let Some(file) = file {
        return zip_members(opener, nested, BufReader::new(file));
    }
    let mut bytes = Vec::new();
    let limit = opener.limits.spool();
    let read = window.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| nested.failed(error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::Input(opener.limits.too_large_for_memory(&nested.name)));
    }
    zip_members(opener, nested, Cursor::new(bytes.as_slice()))
}

fn zip_members(opener: &mut Opener<'_>, nested: &Nested, mut reader: impl Read + Seek) -> Done {
    let mut archive = match ZipArchive::new(&mut reader) {
        Ok(archive) => archive,
        Err(error) => {
            reader.rewind().map_err(|error| nested.failed(error))?;
            return zip_without_list(opener, nested, reader, error.into());
        }
    };
    for index in 0..archive.len() {
        nested.meter.count_member().map_err(|error| nested.failed(error))?;
        match archive.by_index(index) {
            Ok(member) => zip_member(opener, nested, member)?,
            Err(error) => {
                let name = format!("{}!member {}", nested.name, index + 1);
                opener.note_failure(name, Err(nested.damaged("zip archive", error.to_string())))?;
            }
        }
    }
    Ok(())
}

/// Opens the members of a zip archive whose list is missing, because its end is, one after the
/// other. `error` is what is wrong with the list.
fn zip_without_list(
    opener: &mut Opener<'_>,
    nested: &Nested,
    reader: impl Read,
    error: io::Error,
) -> Done {
    let mut reader = Metered::new(reader, &nested.meter, nested.depth - 1);
    let mut members = 0;
    while let Ok(Some(member)) = read_zipfile_from_stream(&mut reader) {
        members += 1;
        nested.meter.count_member().map_err(|error| nested.failed(error))?;
        zip_member(opener, nested, member)?;
    }
    broken(opener, nested, "zip archive", members > 0, error)
}

fn zip_member<R: Read>(opener: &mut Opener<'_>, nested: &Nested, member: ZipFile<'_, R>) -> Done {
    if member.is_dir() {
        return Ok(());
    }
    let name = member.name_raw().to_vec();
    if !member.is_file() || member.is_symlink() || is_hidden(&name) {
        opener.opened.skipped += 1;
        return Ok(());
    }
    let size = member.size();
    opener.member(nested, &name, member, size)
}

/// The archive cannot be read further. That is noted if it had members before.
fn broken(
    opener: &mut Opener<'_>,
    nested: &Nested,
    container: &'static str,
    had_members: bool,
    error: io::Error,
) -> Done {
    if nested.meter.is_exceeded() {
        return Err(nested.failed(error));
    }
    let failure = nested.damaged(container, error.to_string());
    if had_members {
        return opener.note_failure(nested.name.clone(), Err(failure));
    }
    Err(failure)
}

/// Whether a member's name starts with a dot, as of the `._dump.txt` that macOS puts beside files.
fn is_hidden(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| *byte == b'/' || *byte == b'\\').next();
    last.is_some_and(|last| last.starts_with(b"."))
}
