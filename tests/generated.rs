//! Generated code is what its source generates. `UPDATE=1` writes it anew.

use std::fs;
use std::path::Path;

use gdump::render::explain::{explain, kinds};
use prost_build::Config;

const PROTO: &str = "grammar/profile.proto";
const GENERATED: &str = "src/pprof/generated.rs";

/// Writes `fresh` if `UPDATE` is set, and fails if the file differs from it.
fn assert_is_fresh(path: &str, fresh: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, fresh).expect(path);
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored.replace('\r', "") == fresh, "{path} is out of date: run with UPDATE=1");
}

/// The page about what is looked for comes from the table of the analyses.
#[test]
fn the_map_of_analyses_comes_from_their_table() {
    let mut page = String::from(
        "# What gdump looks for\n\nIn this order: what an earlier analysis explains is not said again by a \
         later one in other words. `gdump explain KIND` prints the same.\n",
    );
    for (kind, _) in kinds() {
        let found = explain(kind).expect(kind);
        page.push_str(&format!("\n## {kind}\n\n{}\n\n", found.meaning));
        for (title, text) in &found.parts {
            page.push_str(&format!("- {title}: {text}\n"));
        }
        if !found.similar.is_empty() {
            page.push_str(&format!("- Its other kinds: `{}`\n", found.similar.join("`, `")));
        }
    }
    assert_is_fresh("src/render/ANALYSES.md", &page);
}

#[test]
fn protobuf_types_come_from_the_proto() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().expect("a temporary directory");
    let descriptors = protox::compile([root.join(PROTO)], [root.join("grammar")]).expect(PROTO);
    Config::new().out_dir(out.path()).compile_fds(descriptors).expect("types from the descriptors");
    let fresh = fs::read_to_string(out.path().join("profile.rs")).expect("the generated file");
    assert_is_fresh(GENERATED, &fresh);
}
