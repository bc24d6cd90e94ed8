//! The gate: its exit status in scripts, its baseline file, and that each format keeps to its grammar
//! whatever a dump holds.

use std::path::Path;
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use super::corpus::services;
use super::{folder, run};

/// What a script makes of a service: the status, and the reasons.
const SCRIPT: &str = r#"
if reasons=$("$GDUMP" check -q "$@"); then echo green; else echo "red $?"; echo "$reasons"; fi
"#;

#[test]
fn a_script_tells_healthy_services_from_others() {
    let Some((folder, services)) = services() else { return };
    let mut wrong = Vec::new();
    for case in &services {
        let files = ["t1.d2.txt", "t2.d2.txt", "t3.d2.txt"];
        let files = files.map(|which| case["files"][which].as_str().unwrap());
        for files in [&files[2..], &files[..]] {
            let output = Command::new("sh")
                .args(["-c", SCRIPT, "sh"])
                .args(files)
                .env("GDUMP", env!("CARGO_BIN_EXE_gdump"))
                .current_dir(&folder)
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let healthy = case["category"] == "none";
            let lines: Vec<&str> = text.lines().collect();
            let right = match lines.as_slice() {
                ["green"] => healthy,
                ["red 1", first, ..] => !healthy && first.starts_with("red  "),
                _ => false,
            };
            if !right {
                wrong.push(format!("{} {files:?}: {text}", case["id"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A single dump without ages and creators: a crowd that receives may as well be a pool. Where the gate
/// stays green for that, it says so and what would tell.
#[test]
fn a_gate_says_what_a_format_cannot_show() {
    let Some((folder, services)) = services() else { return };
    let mut wrong = Vec::new();
    for case in &services {
        let file = case["files"]["t3.d1.txt"].as_str().unwrap();
        let output = run(&folder, &["check", file]);
        let text = String::from_utf8(output.stdout).unwrap();
        let unseen = text.lines().find(|line| line.starts_with("warning  not seen: "));
        let right = match output.status.code() {
            Some(0) if case["category"] == "none" => true,
            Some(0) => {
                let names = Regex::new(case["must_name_regex"][0].as_str().unwrap()).unwrap();
                unseen.is_some_and(|line| names.is_match(line) && line.contains("debug=2 tells"))
            }
            Some(1) => case["category"] != "none" && text.starts_with("red  "),
            _ => false,
        };
        if !right {
            wrong.push(format!("{}: {text}", case["id"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_update_accepts_what_there_is_and_keeps_what_people_wrote() {
    let folder = folder();
    let path = folder.path();
    let base = path.join("base.txt");
    let status = |args: &[&str]| run(path, args).status.code();
    assert_eq!(status(&["check", "--update", "base.txt", "t0.txt"]), Some(0));
    assert_eq!(status(&["check", "--baseline", "base.txt", "t0.txt"]), Some(0));
    assert_eq!(status(&["check", "--baseline", "base.txt", "t3.txt"]), Some(1));
    let text = std::fs::read_to_string(&base).unwrap();
    insta::with_settings!({prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("baseline", text);
    });
    let late = text.lines().find(|line| line.contains("main.late.func1")).unwrap();
    let edited = late.replacen("20 ", "90 ", 1) + "  # reports are slow on Mondays";
    std::fs::write(&base, text.replace(late, &edited)).unwrap();
    assert_eq!(status(&["check", "--update", "base.txt", "t3.txt"]), Some(0));
    let text = std::fs::read_to_string(&base).unwrap();
    assert!(text.contains("90  ") && text.contains("  # reports are slow on Mondays"), "{text}");
    assert!(text.contains("main.retry") && !text.contains("drained"), "{text}");
    assert_eq!(status(&["check", "--baseline", "base.txt", "t3.txt"]), Some(0));
    // What is no baseline is not written over.
    assert_eq!(status(&["check", "--update", "t1.txt", "t0.txt"]), Some(2));
    assert!(std::fs::read_to_string(path.join("t1.txt")).unwrap().starts_with("goroutine 1 "));
}

/// The report of what is wrong with `hostile.txt`, and with an ordinary dump, in `format`.
fn reports(format: &str) -> Vec<String> {
    let folder = folder();
    ["hostile.txt", "t0.txt", "cut.txt"]
        .map(|file| {
            let args = [
                "check",
                "--max",
                "goroutines=1",
                "--max",
                "label:te\nnant=1",
                "--baseline",
                "baseline.txt",
                "--fail-on",
                "any:info",
                file,
                "--format",
                format,
            ];
            let output = run(folder.path(), &args);
            assert_eq!(output.status.code(), Some(1), "{format} {file} {output:?}");
            let text = String::from_utf8(output.stdout).unwrap();
            let bad = text.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
            assert_eq!(bad, None, "{format} {file}");
            text
        })
        .to_vec()
}

#[test]
fn sarif_keeps_to_the_rules_of_its_schema() {
    let uri = Regex::new(r"^(file://)?([A-Za-z0-9._~/@+,-]|%[0-9A-F]{2})+$").unwrap();
    for text in reports("sarif") {
        let log: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["name"], "gdump");
        let rules = driver["rules"].as_array().unwrap();
        for rule in rules {
            assert!(rule["id"].is_string() && !rule["help"]["text"].as_str().unwrap().is_empty());
            assert!(rule["shortDescription"]["text"].is_string(), "{rule}");
        }
        let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "a rule twice");
        let results = run["results"].as_array().unwrap();
        assert!(!results.is_empty());
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            let level = result["level"].as_str().unwrap();
            assert!(["error", "warning", "note", "none"].contains(&level));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let place = &result["locations"][0]["physicalLocation"];
            let file = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_match(file), "{file}");
            let line = &place["region"]["startLine"];
            assert!(line.is_null() || line.as_u64().unwrap() >= 1, "{line}");
        }
        for note in run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap() {
            assert!(note["message"]["text"].is_string());
        }
    }
}

/// Elements are closed in order, attributes are quoted, and text holds neither `<` nor a bare `&`.
fn assert_well_formed(xml: &str) {
    let token =
        Regex::new(r#"^(?:<\?xml [^?]*\?>|<(/?)([a-z-]+)((?: [a-z]+="[^<"]*")*)(/?)>|([^<]+))"#)
            .unwrap();
    let entity = Regex::new(r"&(amp|lt|gt|quot|apos);").unwrap();
    let (mut rest, mut open) = (xml, Vec::new());
    while !rest.is_empty() {
        let found = token.captures(rest).unwrap_or_else(|| panic!("no XML: {rest:.200}"));
        let whole = found.get(0).unwrap().as_str();
        assert!(!entity.replace_all(whole, "").contains('&'), "{whole}");
        if let Some(name) = found.get(2) {
            if &found[1] == "/" {
                assert_eq!(open.pop(), Some(name.as_str()));
            } else if &found[4] != "/" {
                open.push(name.as_str());
            }
        } else if let Some(text) = found.get(5) {
            assert!(!text.as_str().contains("]]>"), "{whole}");
        }
        rest = &rest[whole.len()..];
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn junit_is_well_formed() {
    let told = Regex::new(r#"tests="(\d+)" failures="(\d+)""#).unwrap();
    for text in reports("junit") {
        assert_well_formed(&text);
        let count = |what: &str| text.matches(what).count();
        assert!(count("<failure ") > 0 && count("<failure ") == count("</failure>"));
        let told = told.captures(&text).unwrap();
        assert_eq!(told[1].parse(), Ok(count("<testcase ")));
        assert_eq!(told[2].parse(), Ok(count("<failure ")));
    }
}

#[test]
fn github_reads_one_annotation_a_line() {
    let line = Regex::new(
        r"^::(error|warning|notice) ((file|line|title)=[^:,]*(,|$))*(file|line|title)=[^:,]*::.+$",
    )
    .unwrap();
    let code = Regex::new("%(25|0D|0A|3A|2C)").unwrap();
    for text in reports("github") {
        assert!(text.lines().count() > 1);
        for one in text.lines() {
            assert!(line.is_match(one), "{one}");
            assert!(!code.replace_all(one, "").contains('%'), "{one}");
        }
    }
}

#[test]
fn prometheus_reads_every_line() {
    let sample = Regex::new(
        r#"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\\\|\\"|\\n)*",?)+\})? -?\d+$"#,
    )
    .unwrap();
    for text in reports("prometheus") {
        let mut seen = std::collections::BTreeSet::new();
        let mut family = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("# TYPE ") {
                family = name.split(' ').next().unwrap().to_owned();
                assert!(name.ends_with(" gauge"), "{line}");
            } else if !line.starts_with("# HELP ") {
                assert!(sample.is_match(line), "{line}");
                assert!(line.starts_with(&family), "{line} is not of {family}");
                let series = line.rsplit_once(' ').unwrap().0;
                assert!(seen.insert(series.to_owned()), "{series} twice");
            }
        }
    }
}

/// Files below the folder that gdump is started in are told as code hosts want them.
#[test]
fn files_are_relative_to_the_folder() {
    let folder = folder();
    let root = folder.path().canonicalize().unwrap();
    let text = std::fs::read_to_string(root.join("t0.txt")).unwrap();
    let inside = text.replace("/src/shop/", &format!("{}/api/", root.display()));
    std::fs::write(root.join("inside.txt"), inside).unwrap();
    let output = run(
        Path::new(&root),
        &["check", "--max", "goroutines=1", "inside.txt", "--format", "github"],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("::error file=api/shop.go,line=40,title="), "{text}");
}
