//! Generated code is what its source generates. `UPDATE=1` writes it anew.

use std::fs;
use std::path::Path;

use prost_build::Config;

const PROTO: &str = "grammar/profile.proto";
const GENERATED: &str = "src/pprof/generated.rs";

#[test]
fn protobuf_types_come_from_the_proto() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().expect("a temporary directory");
    let descriptors = protox::compile([root.join(PROTO)], [root.join("grammar")]).expect(PROTO);
    Config::new().out_dir(out.path()).compile_fds(descriptors).expect("types from the descriptors");
    let fresh = fs::read_to_string(out.path().join("profile.rs")).expect("the generated file");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root.join(GENERATED), &fresh).expect(GENERATED);
    }
    let stored = fs::read_to_string(root.join(GENERATED)).unwrap_or_default();
    assert!(stored.replace('\r', "") == fresh, "{GENERATED} is out of date: run with UPDATE=1");
}
