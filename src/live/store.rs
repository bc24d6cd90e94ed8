//! A folder of dumps that is written again and again: whole files or none, and the oldest go when there
//! is no more room for them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What files of a folder's own are called while they are written.
const TEMPORARY: &str = ".gdump-record-";

/// Endings of the files that are this program's to remove.
const OWN: [&str; 2] = [".debug0.pb.gz", ".bundle.tar.gz"];

/// A folder of dumps, and how much of it is kept.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    /// Older ones are removed.
    pub keep: Option<Duration>,
    /// When all together are larger, the oldest are removed.
    pub max_size: Option<u64>,
}

impl Store {
    /// The folder `path`, which is made if it is not there. What a crash left half written is removed.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { folder: path.to_owned(), keep: None, max_size: None })
    }

    /// Writes the file `name` by `write`: it is there whole, or not at all.
    pub fn save(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let temporary = self.folder.join(format!("{TEMPORARY}{}.tmp", std::process::id()));
        let saved = (|| {
            let mut file = fs::File::create(&temporary)?;
            write(&mut file)?;
            // Else a crash of the machine may leave an empty file of that name.
            file.sync_all()?;
            fs::rename(&temporary, self.folder.join(name))
        })();
        if saved.is_err() {
            // A full disk: what is half there takes room from the next.
            let _ = fs::remove_file(&temporary);
        }
        saved
    }

    /// Adds a line to the file `name`.
    pub fn note(&self, name: &str, line: &str) -> io::Result<()> {
        let mut file =
            fs::File::options().create(true).append(true).open(self.folder.join(name))?;
        // One write: a line is there whole, or cut only by the end of the disk.
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Removes what is too old at `now` and what there is no room for; the newest always stays.
    /// Returns how many files went.
    pub fn rotate(&self, now: SystemTime) -> io::Result<usize> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let metadata = entry.metadata()?;
            if metadata.is_file() && OWN.iter().any(|ending| name.ends_with(ending)) {
                files.push((name, metadata.len(), metadata.modified()?));
            }
        }
        // Names begin with the time.
        files.sort();
        let newest = files.pop().map_or(0, |(_, size, _)| size);
        let mut room = self.max_size.unwrap_or(u64::MAX).saturating_sub(newest);
        let mut full = false;
        let mut gone = 0;
        for (name, size, modified) in files.iter().rev() {
            full |= *size > room;
            room = room.saturating_sub(*size);
            let age = now.duration_since(*modified).unwrap_or_default();
            if full || self.keep.is_some_and(|keep| age > keep) {
                fs::remove_file(self.folder.join(name))?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".gdump-record-1.tmp"), "half").unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.save("1.debug0.pb.gz", |out| out.write_all(b"one")).unwrap();
        let full = store.save("2.debug0.pb.gz", |out| {
            out.write_all(b"ha")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(names(folder.path()), ["1.debug0.pb.gz"]);
    }

    #[test]
    fn the_oldest_go_first_and_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
        for name in ["1", "2", "3", "4"] {
            store.save(&format!("{name}.debug0.pb.gz"), |out| out.write_all(&[0; 100])).unwrap();
        }
        store.max_size = Some(350);
        assert_eq!(store.rotate(SystemTime::now()).unwrap(), 1);
        assert_eq!(
            names(folder.path()),
            ["2.debug0.pb.gz", "3.debug0.pb.gz", "4.debug0.pb.gz", "notes.txt"]
        );
        store.max_size = None;
        store.keep = Some(Duration::from_secs(60));
        assert_eq!(store.rotate(SystemTime::now()).unwrap(), 0);
        let later = SystemTime::now() + Duration::from_secs(3600);
        assert_eq!(store.rotate(later).unwrap(), 2);
        assert_eq!(names(folder.path()), ["4.debug0.pb.gz", "notes.txt"]);
        store.max_size = Some(1);
        assert_eq!(store.rotate(later).unwrap(), 0);
    }
}
