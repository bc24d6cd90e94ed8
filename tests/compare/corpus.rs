//! The case services of the corpus, three dumps each: what grew is what was planted.

use serde_json::Value;

use super::json;
use crate::support::corpus;

/// The services with what is wrong with each.
pub(super) fn services() -> Option<(std::path::PathBuf, Vec<Value>)> {
    let folder = corpus()?.join("cases");
    let truth: Value =
        serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let all = truth.as_array().unwrap().iter();
    let services: Vec<Value> =
        all.filter(|case| case["id"].as_str().unwrap().starts_with("svc-")).cloned().collect();
    assert!(services.len() >= 10, "only {} services", services.len());
    Some((folder, services))
}

fn dump(case: &Value, which: &str) -> String {
    case["files"][which].as_str().unwrap().to_owned()
}

fn is_healthy(case: &Value) -> bool {
    case["category"] == "none"
}

/// Whether the truth names a function of the group with this fingerprint: one of its stack as Go writes
/// it, or the program's innermost one, which is that of the row, by its own name as a whole word
/// («Balance callers pile up»).
fn is_named(case: &Value, report: &Value, top: &Value) -> bool {
    let truth = case["truth"].as_str().unwrap();
    let id = top["id"].as_str().unwrap();
    let own = top["function"].as_str().unwrap().rsplit('.').next().unwrap();
    if truth.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == own) {
        return true;
    }
    let groups = report["groups"].as_array().unwrap();
    let group = groups.iter().find(|group| group["id"] == id).unwrap();
    let frames = group["stack"].as_array().unwrap().iter();
    frames.filter_map(|frame| frame["function"].as_str()).any(|function| {
        let local = function.rsplit('/').next().unwrap();
        let method = local.split_once('.').map_or(local, |(_, method)| method);
        truth.contains(local) || truth.contains(method)
    })
}

#[test]
fn the_planted_fault_is_the_top_growth() {
    let Some((folder, services)) = services() else { return };
    let mut wrong = Vec::new();
    for case in services.iter().filter(|case| !is_healthy(case)) {
        for [before, after] in [["t1.d2.txt", "t3.d2.txt"], ["t1.d1.txt", "t3.d2.txt"]] {
            let files = [before, after].map(|which| dump(case, which));
            let report = json(&folder, &["diff", &files[0], &files[1]]);
            let top = &report["diff"]["groups"][0];
            let grew = top["growth"].as_i64().unwrap() > 0;
            if !grew || !is_named(case, &report, top) {
                wrong.push(format!("{} {before} {after}: {}", case["id"], top["function"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trends_separate_what_grows_from_what_stays() {
    let Some((folder, services)) = services() else { return };
    let mut wrong = Vec::new();
    for case in &services {
        let files = ["t1.d2.txt", "t2.d2.txt", "t3.d2.txt"].map(|which| dump(case, which));
        let report = json(&folder, &["trend", &files[0], &files[1], &files[2]]);
        let groups = report["trend"]["groups"].as_array().unwrap();
        let growing: Vec<&Value> =
            groups.iter().filter(|group| group["trend"] == "growing").collect();
        let pool = groups
            .iter()
            .find(|group| group["function"] == "main.(*pool).worker")
            .unwrap_or_else(|| panic!("{}: no pool", case["id"]));
        if pool["trend"] != "flat" || pool["stuck"] != pool["last"] {
            wrong.push(format!("{}: the pool is {} and moves", case["id"], pool["trend"]));
        }
        if growing.is_empty() != is_healthy(case) {
            wrong.push(format!("{}: {} groups grow", case["id"], growing.len()));
        }
        if case["id"] == "svc-subscribers" {
            let most = groups.iter().max_by_key(|group| group["last"].as_i64()).unwrap();
            if most["trend"] != "flat" || most["last"] != 120 {
                wrong.push(format!("svc-subscribers: {} {}", most["trend"], most["last"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
