//! Dumps of services with planted faults, and of healthy ones: `testdata/scenarios/truth.json` says what
//! finding 1 has to be about.
//!
//! ```text
//! GDUMP_SCENARIOS=1 cargo test --test tests scenarios -- --nocapture          # the first finding of each
//! GDUMP_SCENARIOS=relock cargo test --test tests scenarios -- --nocapture     # all findings of one
//! ```
//!
//! What the analyses get wrong stands in `known_wrong`: the format, and which finding they put first. The
//! test fails when that changes, also for the better, so that the list stays true.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gdump::diagnose::facts::Config;
use gdump::diagnose::graph::Chain;
use gdump::diagnose::{Category, Facts, Finding, Known, Severity, Sight};
use gdump::model::Dump;
use gdump::parse::{Options, parse};
use gdump::source::{Limits, Target, open};
use gdump::view::summary::Look;
use regex::Regex;
use serde::Deserialize;

use crate::support::root;
use crate::support::worded::Worded;

const FORMATS: [&str; 2] = ["debug2", "debug1"];
const VERSIONS: [&str; 2] = ["go1.27", "go1.21"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    /// What the functions are called that are fine in every scenario.
    background: String,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    /// The fault in words.
    what: String,
    /// Categories that finding 1 may have; none if nothing is wrong.
    #[serde(default)]
    categories: Vec<String>,
    /// What finding 1 has to name: a pattern for functions.
    #[serde(default)]
    names: Option<String>,
    /// Patterns for functions, each of which has to be in the tree of finding 1 that shows who waits for
    /// whom.
    #[serde(default)]
    chain: Vec<String>,
    /// The worst severity that a finding may have.
    worst: String,
    /// Go versions on which it was made, if not on all: what it needs is not in all of them.
    #[serde(default)]
    versions: Vec<String>,
    /// Format → severity, category and kind of the finding that is first instead, or `nothing`.
    #[serde(default)]
    known_wrong: BTreeMap<String, String>,
}

#[test]
fn planted_faults_are_found() {
    let text = std::fs::read_to_string(folder().join("truth.json")).unwrap();
    let truth: Truth = serde_json::from_str(&text).unwrap();
    let background = Regex::new(&truth.background).unwrap();
    let switch = std::env::var("GDUMP_SCENARIOS").unwrap_or_default();
    let mut failed = Vec::new();
    for scenario in &truth.scenarios {
        for format in FORMATS {
            let is_made = |version: &str| {
                scenario.versions.is_empty() || scenario.versions.iter().any(|v| v == version)
            };
            for version in VERSIONS.into_iter().filter(|version| is_made(version)) {
                let label = format!("{}.{format}.{version}", scenario.name);
                let dumps = vec![read(&label)];
                let known = Known::built_in();
                let sights = Sight::all(&dumps, &Look::default(), &Config::default(), &known);
                let sight = &sights[0];
                let said = sight.findings.first().map_or("nothing".to_owned(), line);
                let wrong = judge(scenario, &background, sight);
                print(&switch, scenario, &label, wrong.as_deref(), sight);
                match (wrong, scenario.known_wrong.get(format)) {
                    (Some(why), None) => failed.push(format!("{label}: {why}")),
                    (None, Some(_)) => failed.push(format!("{label} is right now ({said})")),
                    (Some(why), Some(known)) if *known != said => {
                        failed.push(format!("{label}: {why}; wrong in another way: {said}"));
                    }
                    (None, None) | (Some(_), Some(_)) => {}
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} dumps:\n{}", failed.len(), failed.join("\n"));
}

/// Why what was found is wrong, if it is.
fn judge(scenario: &Scenario, background: &Regex, sight: &Sight<'_>) -> Option<String> {
    let worst = severity(&scenario.worst);
    for finding in &sight.findings {
        if finding.severity > worst {
            return Some(format!("more than {}: {}", scenario.worst, finding.title()));
        }
        let is_grave = finding.severity >= Severity::Medium;
        if is_grave && background.is_match(&finding.title()) {
            return Some(format!("about what is fine: {}", finding.title()));
        }
        if scenario.categories.is_empty() && is_grave && finding.category == Category::Leak {
            return Some(format!("no leak: {}", finding.title()));
        }
        let moves = !scenario.categories.iter().any(|name| name == "deadlock" || name == "leak");
        if moves && finding.category == Category::Deadlock {
            return Some(format!("no deadlock: {}", finding.title()));
        }
    }
    if scenario.categories.is_empty() {
        return None;
    }
    let Some(first) = sight.findings.first() else { return Some("nothing found".to_owned()) };
    if !scenario.categories.iter().any(|category| category == first.category.name()) {
        return Some(format!("category {}: {}", first.category.name(), first.title()));
    }
    let names = Regex::new(scenario.names.as_ref().unwrap()).unwrap();
    if !places(first, &sight.facts).iter().any(|place| names.is_match(place)) {
        return Some(format!("names another: {}", first.title()));
    }
    let chain: Vec<&str> =
        first.chain.iter().flat_map(|chain| members(chain, &sight.facts)).collect();
    let missing = scenario.chain.iter().find(|pattern| {
        let pattern = Regex::new(pattern).unwrap();
        !chain.iter().any(|function| pattern.is_match(function))
    });
    missing.map(|pattern| format!("{pattern} is not in the chain: {}", first.title()))
}

/// The functions of all that are in a tree of who waits for whom.
fn members<'d>(chain: &Chain, facts: &Facts<'d>) -> Vec<&'d str> {
    let below = chain.victims.iter().flat_map(|victim| members(victim, facts));
    facts.functions(chain.link.stack).chain(below).collect()
}

/// The title, and the functions of the root and of the groups.
fn places(finding: &Finding, facts: &Facts<'_>) -> Vec<String> {
    let groups = finding.groups.iter().filter_map(|group| facts.groups.get(*group));
    let stacks = finding.root.iter().map(|root| root.stack).chain(groups.map(|group| group.stack));
    let functions = stacks.flat_map(|stack| facts.functions(stack)).map(str::to_owned);
    std::iter::once(finding.title()).chain(functions).collect()
}

fn line(finding: &Finding) -> String {
    format!("{} {} {}", finding.severity.name(), finding.category.name(), finding.kind)
}

fn print(switch: &str, scenario: &Scenario, label: &str, wrong: Option<&str>, sight: &Sight<'_>) {
    if switch != "1" && (switch.is_empty() || !scenario.name.contains(switch)) {
        return;
    }
    let mark = if wrong.is_some() { "WRONG" } else { "right" };
    println!("{mark} {label} ({}) {}", scenario.what, wrong.unwrap_or_default());
    for finding in sight.findings.iter().take(if switch == "1" { 1 } else { usize::MAX }) {
        println!("    {}, {}: {}", line(finding), finding.confidence.name(), finding.title());
        for sentence in finding.evidence().iter().filter(|_| switch != "1") {
            println!("        · {sentence}");
        }
    }
    for group in sight.fine.iter().filter(|_| switch != "1") {
        println!("    fine: {group:?}");
    }
}

fn severity(name: &str) -> Severity {
    let all = [Severity::Info, Severity::Low, Severity::Medium, Severity::High];
    all.into_iter().find(|severity| severity.name() == name).unwrap()
}

fn folder() -> PathBuf {
    root().join("testdata/scenarios")
}

fn read(label: &str) -> Dump {
    let plain = folder().join(format!("{label}.txt"));
    let path = if plain.exists() { plain } else { folder().join(format!("{label}.txt.gz")) };
    let limits = Limits::default();
    let mut dumps = Vec::new();
    open(&Target::Path(path), &limits, &mut |member, stream| {
        dumps.extend(parse(stream, member.name, &Options::from(&limits))?);
        Ok(())
    })
    .unwrap();
    assert_eq!(dumps.len(), 1, "{label}");
    dumps.remove(0)
}
