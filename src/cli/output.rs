//! Where output goes: standard output, or a file that is replaced only when all is written.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Exit;
use crate::error::{Error, Result};

/// Calls `write` with the output. A reader that has seen enough and closes its pipe is no error.
pub(super) fn with(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<Exit>,
) -> Result<Exit> {
    match path.filter(|path| path.as_os_str() != "-") {
        None => {
            let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
            let done = write(&mut out).and_then(|exit| flush(&mut out).map(|()| exit));
            // What is left in the buffer is not written again when it is dropped.
            let _ = out.into_parts();
            match done {
                Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
                    Ok(Exit::Done)
                }
                done => done,
            }
        }
        Some(path) => to_file(path, write),
    }
}

fn flush(out: &mut dyn Write) -> Result<()> {
    out.flush().map_err(Error::Output)
}

fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<Exit>) -> Result<Exit> {
    let named = |source| Error::Io { path: path.to_owned(), source };
    // A link stays one: its target is replaced. Pipes and devices are written to as they are.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_special = fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file());
    let temporary = if is_special { None } else { beside(&target) };
    let destination = temporary.as_deref().unwrap_or(&target);
    let file = if is_special {
        File::options().write(true).open(destination).map_err(named)?
    } else {
        File::create(destination).map_err(named)?
    };
    let mut out = BufWriter::with_capacity(64 << 10, file);
    let done = write(&mut out).and_then(|exit| flush(&mut out).map(|()| exit));
    let done = done.map_err(|error| match error {
        Error::Output(source) => named(source),
        other => other,
    });
    if let Some(temporary) = &temporary {
        let kept = done.is_ok();
        let moved = if kept { fs::rename(temporary, &target) } else { fs::remove_file(temporary) };
        if kept {
            moved.map_err(named)?;
        }
    }
    done
}

/// The name of a temporary file beside `path`.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    Some(path.with_file_name(format!(".{name}.{}.tmp", std::process::id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_by_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        let text = |text: &'static str| {
            move |out: &mut dyn Write| {
                out.write_all(text.as_bytes()).map_err(Error::Output).map(|()| Exit::Done)
            }
        };
        with(Some(&path), text("one")).unwrap();
        let failed = with(Some(&path), |_| Err(Error::Output(ErrorKind::StorageFull.into())));
        assert!(failed.unwrap_err().to_string().contains("out.txt"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(with(Some(&folder.path().join("no/out.txt")), text("x")).is_err());
    }
}
