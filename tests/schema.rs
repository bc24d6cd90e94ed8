//! JSON reports keep to grammar/report.schema.json, and their numbers add up.

use std::path::PathBuf;

use gdump::diagnose::Sight;
use gdump::diagnose::facts::Config;
use gdump::diagnose::known::Known;
use gdump::model::Dump;
use gdump::render::{Body, Limit, OutputFormat, Report, Style, View};
use gdump::view::Summary;
use gdump::view::group::By;
use gdump::view::inspect::{Ids, Inspection};
use gdump::view::listing::{Listing, Order};
use gdump::view::summary::Look;
use gdump::view::tree::{Extent, Tree};
use serde_json::Value;

use crate::support::{assert_keeps, bytes, files, parse, relative, report_schema, root};

/// `report` as JSON with every id.
fn written(report: &Report<'_>) -> Value {
    let view = View {
        format: OutputFormat::Json,
        top: None,
        ids: Limit::All,
        width: 80,
        style: Style::plain(),
        verbose: false,
        quiet: false,
    };
    let mut out = Vec::new();
    report.write(&view, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn report(dumps: &[Dump], look: &Look) -> Value {
    let known = Known::built_in();
    let sights: Vec<_> = dumps
        .iter()
        .map(std::slice::from_ref)
        .flat_map(|dump| Sight::all(dump, look, &Config::default(), &known))
        .collect();
    written(&Report { command: "summarize", body: Body::Sights(sights) })
}

/// Every dump that the project made itself; what cannot be read is the business of other tests.
fn dumps() -> Vec<Dump> {
    let testdata = root().join("testdata");
    let folders = ["debug1", "debug2", "foreign-tracebacks", "mixed", "proto", "records"];
    let paths = folders.iter().flat_map(|folder| files(&testdata.join(folder)));
    let read = |path: PathBuf| parse(&bytes(&path), &relative(&path, &testdata)).ok();
    let dumps: Vec<Dump> = paths.filter_map(read).flatten().collect();
    assert!(dumps.len() > 20, "only {} dumps", dumps.len());
    dumps
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn sum(list: &Value) -> i64 {
    list.as_array().unwrap().iter().map(|entry| int(&entry["count"])).sum()
}

#[test]
fn every_report_keeps_to_the_schema() {
    let schema = report_schema();
    let dumps = dumps();
    for by in ["stack", "user", "created-by", "wait", "label:tenant"] {
        let look = Look { by: By::parse(by).unwrap(), ..Look::default() };
        let report = report(&dumps, &look);
        assert_keeps(&schema, &report, by);
    }
}

#[test]
fn counts_add_up() {
    for dump in dumps() {
        let name = dump.name.clone();
        let in_dump = dump.goroutine_count();
        for system in [false, true] {
            let look = Look { system, ..Look::default() };
            let report = report(std::slice::from_ref(&dump), &look);
            let apart = &report["set_apart"];
            let apart = int(&apart["system"]) + int(&apart["writers"]) + int(&apart["filtered"]);
            assert_eq!(sum(&report["states"]) + apart, in_dump, "{name}");
            assert_eq!(sum(&report["groups"]) + apart, in_dump, "{name}");
            assert!(!system || apart == 0, "{name}");
            let account = &report["account"];
            let parts =
                ["whole", "partial", "cut_off", "not_understood"].map(|part| int(&account[part]));
            assert_eq!(int(&account["goroutines"]), parts.iter().sum::<i64>(), "{name}");
        }
    }
}

#[test]
fn the_same_dump_in_another_format_has_the_same_groups() {
    let text = |state: &str| {
        format!(
            "goroutine 7 [{state}]:\nmain.f(0x1)\n\t/a/f.go:5 +0x1\ncreated by main.main in goroutine 1\n\t/a/f.go:9 +0x2\n"
        )
    };
    let id = |text: &str| {
        let report = report(&parse(text.as_bytes(), "test").unwrap(), &Look::default());
        report["groups"][0]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(&text("select")), id(&text("select, 5 minutes")));
    assert_eq!(id(&text("select")), id(&text("select").replace("0x1)", "0x2, 0x3)")));
    assert_eq!(id(&text("select")), id(&text("select").replace(":5 ", ":6 ")));
    assert_ne!(id(&text("select")), id(&text("chan send")));
}

/// `groups`, `list`, `show` and `tree` keep to the schema, too, and every goroutine is in a tree once.
#[test]
fn who_looks_around_keeps_to_the_schema() {
    let schema = report_schema();
    let look = Look { system: true, ..Look::default() };
    for dump in &dumps() {
        let one = std::slice::from_ref(dump);
        let sights = Sight::all(one, &look, &Config::default(), &Known::built_in());
        let ids = Ids::new(dump);
        let goids = dump.goroutines().filter_map(gdump::model::Goroutine::goid).take(20);
        let shown = goids
            .filter_map(|goid| Inspection::new(&sights[0].facts.summary, &ids, goid))
            .collect();
        let list = Listing::new(dump, &look, Order::Wait, 0, 50);
        let mut reports = vec![
            Report { command: "groups", body: Body::Groups(vec![Summary::new(dump, &look)], 0) },
            Report { command: "list", body: Body::List(vec![list]) },
            Report { command: "show", body: Body::Shown(sights, vec![shown]) },
        ];
        let extent = Extent { depth: usize::MAX, top: usize::MAX };
        if let Some(tree) = Tree::new(dump, &look, extent) {
            let counted = tree.nodes.iter().filter(|node| !node.ghost).map(|node| node.count);
            assert_eq!(counted.sum::<u64>(), dump.len() as u64, "{}", dump.name);
            reports.push(Report { command: "tree", body: Body::Trees(vec![tree]) });
        }
        for report in reports {
            let name = format!("{} {}", report.command, dump.name);
            assert_keeps(&schema, &written(&report), &name);
        }
    }
}
