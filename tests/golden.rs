//! The project's own dumps, and what gdump reads in them: a snapshot beside each.

use std::path::{Path, PathBuf};

use gdump::error::Result as Read;
use gdump::model::Dump;
use gdump::parse::Options;
use gdump::source::{Limits, open_reader};

use crate::support::{bytes, describe, files, relative, root, scan};

/// What is no goroutine dump lies here.
const FOREIGN: &str = "foreign/";
/// Panic values of Go up to 1.22 may hold lines that look like headers; they belong to the preamble.
const FAKE_HEADERS: &[(&str, usize)] = &[("debug2/panic-fake-header.go1.22.txt", 2)];

/// Every input: its name below testdata, and its path.
fn inputs() -> Vec<(String, PathBuf)> {
    let base = root().join("testdata");
    files(&base)
        .into_iter()
        .map(|path| (relative(&path, &base), path))
        .filter(|(name, path)| {
            let expectation = path.extension().is_some_and(|end| end == "snap" || end == "new");
            let elsewhere = name.starts_with("go/") || name.starts_with("scenarios/");
            name.contains('/') && !elsewhere && !expectation
        })
        .collect()
}

/// The dumps in the file as the program reads it. In a bundle, files that are no dump are passed over.
fn read(path: &Path, name: &str) -> Read<Vec<Dump>> {
    let mut dumps = Vec::new();
    let limits = Limits::default();
    let file = std::fs::File::open(path).unwrap();
    open_reader(name, file, &limits, &mut |member, stream| {
        match gdump::parse::parse(stream, member.name, &Options::from(&limits)) {
            Ok(found) => dumps.extend(found),
            Err(error) if member.explicit => return Err(error),
            Err(_) => {}
        }
        Ok(())
    })?;
    Ok(dumps)
}

/// Runs `check` on each input and fails with the names of all that failed.
fn each(mut check: impl FnMut(&str, &Path) -> Result<(), String>) {
    let failed: Vec<_> = inputs()
        .iter()
        .filter_map(|(name, path)| check(name, path).err().map(|why| format!("{name}: {why}")))
        .collect();
    assert!(failed.is_empty(), "{} inputs:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn snapshots() {
    each(|name, path| {
        let text = match read(path, name) {
            Ok(dumps) => describe::dumps(&dumps),
            Err(error) => format!("{error}\n"),
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!(file, text));
        }));
        compared.map_err(|_| "differs from its snapshot".to_owned())
    });
}

#[test]
fn only_bad_files_have_problems() {
    each(|name, path| match read(path, name) {
        Err(error) if name.starts_with(FOREIGN) => {
            let _ = error;
            Ok(())
        }
        Err(error) => Err(error.to_string()),
        Ok(_) if name.starts_with(FOREIGN) => Err("this is no goroutine dump".to_owned()),
        Ok(dumps) => {
            let problems: Vec<_> = dumps.iter().flat_map(|dump| &dump.problems).collect();
            match (name.contains(".bad."), problems.is_empty()) {
                (true, true) => Err("no problem was reported".to_owned()),
                (false, false) => Err(format!("{problems:#?}")),
                _ => Ok(()),
            }
        }
    });
}

#[test]
fn nothing_is_lost() {
    each(|name, path| {
        if name.starts_with(FOREIGN) || name.starts_with("mixed/") {
            return Ok(()); // wrapped: their headers are not at the beginning of lines
        }
        let text = bytes(path);
        let dumps = read(path, name).map_err(|error| error.to_string())?;
        let accounted: i64 = dumps
            .iter()
            .map(|dump| dump.account)
            .map(|a| {
                a.whole + (a.cut_off + a.partial + a.not_understood + a.repeated).cast_signed()
            })
            .sum();
        let expected = if let Some(totals) = scan::debug1(&text) {
            totals.counted
        } else if let Some(totals) = scan::proto(&text) {
            totals.total
        } else if name.starts_with("records/") {
            i64::try_from(text.windows(8).filter(|bytes| bytes == b"\"Stack0\"").count()).unwrap()
        } else if let Some(count) = scan::tools(&text) {
            count
        } else {
            let fake = FAKE_HEADERS.iter().find(|(file, _)| *file == name).map_or(0, |(_, n)| *n);
            i64::try_from(scan::headers(&text).len() - fake).unwrap()
        };
        let bad = name.contains(".bad.") || name.contains("cut-compressed");
        if accounted == expected || bad {
            Ok(())
        } else {
            Err(format!("{accounted} goroutines are accounted for, {expected} are in the file"))
        }
    });
}

#[test]
fn nine_goroutines_in_three_formats() {
    let triple = root().join("testdata/triple");
    for folder in [triple.clone(), triple.join("go1.21")] {
        for name in ["nine.debug2.txt", "nine.debug1.txt", "nine.debug0.pb.gz"] {
            let path = folder.join(name);
            let dumps = read(&path, name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(dumps.len(), 1, "{}", path.display());
            assert_eq!(dumps[0].goroutine_count(), 9, "{}", path.display());
        }
    }
}
