//! Dumps in the formats of other programs: what was read comes back, totals agree, and hostile names do
//! no harm.

mod anonymous;
mod fixed_point;
mod graphs;
mod hostile;
mod pictures;
mod pprof;
mod totals;

use std::path::PathBuf;

use gdump::diagnose::Sight;
use gdump::diagnose::facts::Config;
use gdump::diagnose::known::Known;
use gdump::model::Dump;
use gdump::render::convert::{Conversion, Extra, How, Target};
use gdump::view::summary::Look;
use gdump::view::{Filter, Selection};

use crate::support::{bytes, corpus, files, parse, relative, root};

/// `dumps` in the format `to`, all goroutines of them.
fn convert(dumps: &[Dump], to: Target) -> Vec<u8> {
    convert_with(dumps, to, Extra::default())
}

fn convert_with(dumps: &[Dump], to: Target, extra: Extra) -> Vec<u8> {
    let selections = dumps.iter().map(|dump| Selection::new(dump, &Filter::default())).collect();
    let sight = |dump| {
        let known = Known::built_in();
        Sight::all(std::slice::from_ref(dump), &Look::default(), &Config::default(), &known)
    };
    let sights =
        if to == Target::Dot { dumps.iter().flat_map(sight).collect() } else { Vec::new() };
    let how = How { extra, ..How::default() };
    let mut out = Vec::new();
    Conversion { to, selections, sights, how }.write(&mut out).unwrap();
    out
}

/// The project's own dumps, and with `GDUMP_CORPUS` the real ones of formats/ and cases/.
fn inputs() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let testdata = root().join("testdata");
    for folder in [
        "debug1",
        "debug2",
        "foreign-tracebacks",
        "mixed",
        "proto",
        "records",
        "triple",
        "scenarios",
    ] {
        let all = files(&testdata.join(folder));
        let dumps = all.into_iter().filter(|path| {
            path.extension()
                .is_some_and(|end| ["txt", "gz", "pb", "json"].iter().any(|e| end == *e))
        });
        found.extend(dumps.map(|path| (relative(&path, &testdata), path)));
    }
    assert!(found.len() > 100, "only {} dumps in testdata", found.len());
    if let Some(base) = corpus() {
        for folder in ["formats", "cases"] {
            let all = files(&base.join(folder)).into_iter();
            found.extend(all.map(|path| (relative(&path, &base), path)));
        }
    }
    found
}

/// Calls `check` with each dump of all inputs, and fails with the names of those for which it failed.
fn each(mut check: impl FnMut(&str, &Dump) -> Result<(), String>) {
    let mut failed = Vec::new();
    let mut checked = 0;
    for (name, path) in inputs() {
        let Ok(dumps) = parse(&bytes(&path), &name) else { continue };
        for dump in &dumps {
            checked += 1;
            failed.extend(check(&dump.name, dump).err().map(|why| format!("{name}: {why}")));
        }
    }
    println!("{checked} dumps");
    assert!(failed.is_empty(), "{} of {checked} dumps:\n{}", failed.len(), failed.join("\n"));
}
