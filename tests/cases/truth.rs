//! Reads `truth.json`: what is known of each case, and the dumps that there are of it.

use std::fs;
use std::path::{Path, PathBuf};

use gdump::model::Dump;
use regex::Regex;
use serde_json::Value;

use crate::support::{bytes, parse};

/// What is known of a case.
pub(super) struct Truth {
    pub(super) id: String,
    pub(super) category: String,
    /// Functions and states that must be found.
    pub(super) expected: Vec<Expected>,
    /// What finding 1 must name.
    pub(super) must_name: Vec<Regex>,
    pub(super) variants: Vec<Variant>,
}

/// `function(… [state]` of `expected_leak_regex`, taken apart.
pub(super) struct Expected {
    /// The function in Go's ports of the kernels (`gort`).
    port: Regex,
    /// The function in the kernels themselves: without the suffix `_cockroach584`, and closures of
    /// the test in the place of those of the port's main function, which has one more around it.
    kernel: Regex,
    pub(super) state: Regex,
}

impl Expected {
    /// The pattern for the functions in the dumps of a variant.
    pub(super) fn function(&self, case: &Truth, variant: &Variant) -> &Regex {
        let is_port = variant.files.iter().any(|file| {
            file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("gort-"))
        });
        if is_port || !case.has_harness() { &self.port } else { &self.kernel }
    }
}

/// Dumps of a case that are looked at together.
pub(super) struct Variant {
    /// As in the case's `files`; `t1-t3` for a series.
    pub(super) label: String,
    /// Row of the totals.
    pub(super) class: &'static str,
    /// The dumps, oldest first.
    pub(super) files: Vec<PathBuf>,
}

impl Truth {
    /// Categories that finding 1 may have; none if nothing is wrong.
    pub(super) fn categories(&self) -> &'static [&'static str] {
        match self.category.as_str() {
            "none" => &[],
            "pattern" if self.expected.is_empty() => &[],
            "pattern" | "Communication Deadlock" | "Mixed Deadlock" => &["leak", "deadlock"],
            "leak" => &["leak"],
            "deadlock" | "Resource Deadlock" => &["deadlock"],
            "contention" => &["contention"],
            "crash" => &["crash"],
            other => panic!("{}: category {other} is not known to the scorer", self.id),
        }
    }

    /// Whether goroutines of the test harness may be in its dumps.
    pub(super) fn has_harness(&self) -> bool {
        self.id.starts_with("goker-")
    }
}

/// All cases, in the order of the file.
pub(super) fn read(folder: &Path) -> Vec<Truth> {
    let text = fs::read_to_string(folder.join("truth.json")).unwrap();
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    list.iter().map(|value| truth(folder, value)).collect()
}

fn truth(folder: &Path, value: &Value) -> Truth {
    let texts = |key: &str| -> Vec<String> {
        let list = value[key].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    Truth {
        id: value["id"].as_str().unwrap().to_owned(),
        category: value["category"].as_str().unwrap().to_owned(),
        expected: texts("expected_leak_regex").iter().map(|text| expected(text)).collect(),
        must_name: texts("must_name_regex").iter().map(|t| Regex::new(t).unwrap()).collect(),
        variants: variants(folder, value),
    }
}

fn expected(text: &str) -> Expected {
    let (function, state) = text.split_once(r".* \[").unwrap();
    // `f\(` is exactly f: the name must end there, but for a sentence's punctuation.
    let name = function.strip_suffix(r"\(").unwrap_or(function);
    let end = r"(?:$|\.$|\.\s|[^\w.])";
    let suffix = Regex::new("_[a-z]+[0-9]+").unwrap();
    let closure = Regex::new(r"^([A-Z][a-z]+[0-9]+)(\\\.func.*)$").unwrap();
    let kernel = suffix.replace(name, "");
    let kernel = closure.replace(&kernel, r"Test$1(?:\.func[0-9]+(?:\.[0-9]+)*)?");
    let state = state.trim_end_matches(r"\]");
    Expected {
        port: Regex::new(&format!("{name}{end}")).unwrap(),
        kernel: Regex::new(&format!("{kernel}{end}")).unwrap(),
        state: Regex::new(&format!("^(?:{state})$")).unwrap(),
    }
}

fn variants(folder: &Path, value: &Value) -> Vec<Variant> {
    let mut files: Vec<(&str, PathBuf)> = value["files"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(label, file)| (label.as_str(), folder.join(file.as_str().unwrap())))
        .collect();
    let rank = |label: &str| {
        ["t3.d2.txt", "d2.txt", "dump", "txt", "gort_leak2", "leak2.txt"]
            .iter()
            .position(|main| *main == label)
            .unwrap_or(usize::MAX)
    };
    files.sort_by_key(|(label, _)| (rank(label), *label));
    let mut list: Vec<Variant> = files
        .iter()
        .enumerate()
        .map(|(at, (label, path))| Variant {
            label: (*label).to_owned(),
            class: if at == 0 { "main" } else { class(label) },
            files: vec![path.clone()],
        })
        .collect();
    let find =
        |wanted: &str| files.iter().find(|(label, _)| *label == wanted).map(|(_, p)| p.clone());
    for (name, class, labels) in [
        ("t1-t3", "series", ["t1.d2.txt", "t2.d2.txt", "t3.d2.txt"].as_slice()),
        ("t1-t3.d1", "series.d1", &["t1.d1.txt", "t2.d1.txt", "t3.d1.txt"]),
        ("later", "series", &["dump", "later"]),
    ] {
        if let Some(files) = labels.iter().map(|label| find(label)).collect() {
            list.push(Variant { label: name.to_owned(), class, files });
        }
    }
    list
}

fn class(label: &str) -> &'static str {
    let has = |part: &str| label.contains(part);
    match label {
        _ if has("gort") => "gort",
        _ if has("leak2") => "leak=2",
        _ if has("leak1") => "leak=1",
        _ if has("leak0") => "leak=0",
        _ if has("sigquit") => "sigquit",
        _ if has("t1.") || has("t2.") => "earlier",
        _ if has("d1") => "debug=1",
        _ if has("d0") || has("pb") => "debug=0",
        _ => "other",
    }
}

/// The dump in the file at `path`, if there is one.
pub(super) fn dump(path: &Path) -> Option<Dump> {
    let name = path.to_string_lossy();
    parse(&bytes(path), &name).ok()?.into_iter().next()
}
