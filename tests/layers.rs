//! Stages only look down, and files stay readable.

use std::collections::BTreeSet;

use crate::support::{files, relative, root};

/// What the code of a folder of src may use of the crate: itself, and what stands above it here. What is
/// not listed may use nothing; lib.rs and main.rs may use all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("pprof", &[]),
    ("model", &["model"]),
    ("source", &["source", "error"]),
    ("parse", &["parse", "source", "model", "pprof", "error"]),
    ("view", &["view", "model", "error"]),
    ("series", &["series", "view", "model"]),
    ("transform", &["transform", "view", "model"]),
    ("diagnose", &["diagnose", "series", "view", "model", "error"]),
    ("gate", &["gate", "diagnose", "series", "view", "model", "error"]),
    ("render", &["render", "gate", "diagnose", "series", "view", "model", "pprof"]),
    ("serve", &["serve", "render", "diagnose", "view", "parse", "source", "model", "error"]),
    ("tui", &["tui", "render", "diagnose", "view", "parse", "source", "model", "error"]),
    (
        "live",
        &[
            "live",
            "gate",
            "diagnose",
            "transform",
            "series",
            "view",
            "parse",
            "source",
            "model",
            "error",
        ],
    ),
    (
        "cli",
        &[
            "cli",
            "live",
            "tui",
            "serve",
            "render",
            "gate",
            "diagnose",
            "transform",
            "series",
            "view",
            "parse",
            "source",
            "model",
            "error",
        ],
    ),
];

/// Longest file, without its test module.
const LINES: usize = 400;

fn sources() -> Vec<(String, String)> {
    files(&root().join("src"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (relative(&path, &root().join("src")), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

/// The modules of the crate that `source` names after `crate::`, in code, not in comments; `{` for a
/// list of them.
fn uses(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .map(code_of)
        .flat_map(|code| code.split("crate::").skip(1))
        .map(|path| {
            let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let name = end.and_then(|end| path.get(..end)).unwrap_or(path);
            if name.is_empty() { path.chars().take(1).collect() } else { name.to_owned() }
        })
        .collect()
}

#[test]
fn stages_only_look_down() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        let stage = file.split('/').next().unwrap_or("").trim_end_matches(".rs");
        if matches!(stage, "lib" | "main") {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(name, _)| *name == stage).map_or(&[][..], |(_, to)| to);
        for used in uses(&source) {
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("src/{file} uses crate::{used}; {stage} may use {allowed:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn folders_use_only_what_stands_above_them() {
    for (at, (folder, allowed)) in ALLOWED.iter().enumerate() {
        for used in *allowed {
            let above = ALLOWED.iter().take(at).any(|(other, _)| other == used);
            assert!(above || used == folder, "{folder} uses {used}, which may use {folder}");
        }
    }
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        let generated = file.ends_with("generated.rs");
        let tests = file.ends_with("tests.rs") || file.contains("/tests/");
        if !source.starts_with("//!") && !generated && !tests {
            wrong.push(format!("src/{file} does not begin with `//!`"));
        }
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(&source);
        let lines = code.lines().count();
        if lines > LINES && !generated && !tests {
            wrong.push(format!(
                "src/{file} has {lines} lines without its tests; {LINES} are allowed"
            ));
        }
        if file == "main.rs" && lines > 40 {
            wrong.push(format!("src/main.rs has {lines} lines; 40 are allowed"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that may have the text of a state: it is no state there.
const NO_STATES: &[(&str, &str)] = &[
    ("diagnose/rating.rs", "syscall"),
    ("diagnose/find/syscall.rs", "syscall"),
    ("render/wording/phrase.rs", "running"),
    ("render/wording/phrase.rs", "sleep"),
    ("render/wording/phrase.rs", "waiting"),
];

#[test]
fn states_of_goroutines_are_told_apart_in_the_model_alone() {
    use gdump::model::wait::states;
    // The model has them, the parser infers and marks them, and two files write dumps.
    let exempt = |file: &str| {
        ["model/", "parse/"].iter().any(|folder| file.starts_with(folder))
            || file.ends_with("tests.rs")
            || ["render/fixture.rs", "render/convert/debug2.rs"].contains(&file)
    };
    // `leaked` is a flag, too.
    let names: BTreeSet<&str> =
        states().iter().map(|state| state.name).filter(|name| *name != "leaked").collect();
    let parts = ["(durable)", "(synctest)", "(nil chan)", "nil chan", "no cases", "chan "];
    let mut wrong = Vec::new();
    for (file, source) in sources().iter().filter(|(file, _)| !exempt(file)) {
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
        for text in code.lines().map(code_of).flat_map(|line| line.split('"').skip(1).step_by(2)) {
            let is_state = names.contains(text) || parts.contains(&text.trim());
            let is_prefix = ["chan ", "sync.Mutex", "sync.RWMutex"].contains(&text);
            if (is_state || is_prefix) && !NO_STATES.contains(&(file.as_str(), text)) {
                wrong.push(format!("src/{file} compares with {text:?}, not with a WaitKind"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of the diagnosis whose texts are not for a reader of findings: Go's own messages, which are read,
/// and what is wrong with a file of known goroutines.
const TEXTS: &[&str] = &["diagnose/find/crash.rs", "diagnose/known/table.rs"];

#[test]
fn the_diagnosis_finds_no_words() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        let has_texts = file.ends_with("tests.rs") || TEXTS.contains(&file.as_str());
        if !file.starts_with("diagnose/") || has_texts {
            continue;
        }
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(&source);
        for line in code.lines().map(code_of).filter(|line| !line.contains("reason = ")) {
            let texts = line.split('"').skip(1).step_by(2);
            if line.contains("format!") || texts.into_iter().any(|text| text.contains(' ')) {
                wrong.push(format!("src/{file} has words, which belong to src/render: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line without its comment.
fn code_of(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

#[test]
fn uses_are_found() {
    let source = "use crate::model::Dump; // crate::cli\n//! crate::tui\nfn f() { crate::parse::x(); crate::{a, b} }";
    assert_eq!(uses(source).into_iter().collect::<Vec<_>>(), ["model", "parse", "{"]);
}
