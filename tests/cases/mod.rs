//! The scorer: runs the analyses on every case with a known cause and counts what they find.
//!
//! ```text
//! GDUMP_CORPUS=…/corpus cargo test --test tests cases -- --nocapture                 # totals
//! GDUMP_CORPUS=…/corpus GDUMP_SCORES=1 cargo test --test tests cases -- --nocapture  # each dump
//! GDUMP_CORPUS=…/corpus GDUMP_SCORES=svc-abba …                           # cases with that name
//! ```
//!
//! A finding *names* a function if the function stands in its title, its evidence, the stack of its
//! root or a stack of its groups. What finding 1 must name has to stand in its title, root or groups.
//!
//! Categories: `pattern` (reduced leaks of Go's own tests) and goker's `Communication Deadlock` and
//! `Mixed Deadlock` may be called leak or deadlock: goroutines that wait for each other over channels
//! are both. `Resource Deadlock` (locks alone) must be called deadlock. In a case of category `none`,
//! and in a pattern in which nothing is expected, the category is right if there is no finding of
//! medium severity or more.
//!
//! A function counts only for the dumps that it stands in: a `goroutineleak` profile may lack it, and
//! kernels with a race do not end the same way each time. Findings about the test harness alone are
//! left out before the scores are taken.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::format_collect,
    reason = "a test: what is wrong with the corpus ends it"
)]

mod look;
mod score;
mod truth;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use gdump::diagnose::Facts;
use gdump::model::Dump;

use look::{Look, look};
use score::{CRITERIA, Score};
use truth::{Truth, Variant};

/// Shares in percent that are reached now, by kind of dump and criterion; they may only be raised.
/// The criteria are those of [`CRITERIA`], which has the targets.
const REACHED: &[(&str, [u32; 6])] = &[
    ("main", [100, 96, 98, 100, 100, 100]),
    ("gort", [100, 100, 100, 100, 100, 100]),
    ("debug=1", [100, 91, 100, 100, 100, 100]),
    ("debug=0", [100, 92, 100, 100, 100, 100]),
    ("leak=2", [100, 100, 100, 100, 100, 100]),
    ("leak=1", [100, 100, 100, 100, 100, 100]),
    ("leak=0", [100, 100, 100, 100, 100, 100]),
    ("sigquit", [100, 100, 100, 100, 100, 100]),
    ("earlier", [100, 95, 100, 100, 100, 100]),
    ("series", [100, 100, 100, 100, 100, 100]),
    ("series.d1", [100, 91, 100, 100, 100, 100]),
];

#[test]
fn cases_with_a_known_cause() {
    let Some(corpus) = env::var_os("GDUMP_CORPUS") else {
        println!("skipped: GDUMP_CORPUS is not set");
        return;
    };
    let switch = env::var("GDUMP_SCORES").unwrap_or_default();
    let mut totals: BTreeMap<&str, Score> = BTreeMap::new();
    let mut unread = Vec::new();
    for case in truth::read(&Path::new(&corpus).join("cases")) {
        let mut main = None;
        for variant in &case.variants {
            let Some(looked) = judge(&case, variant) else {
                unread.push(format!("{} {}", case.id, variant.label));
                continue;
            };
            let score = Score::of(&case, variant, &looked);
            if switch == "1" || (!switch.is_empty() && case.id.contains(&switch)) {
                println!("{}", score.line(&case, variant, &looked));
                if switch != "1" {
                    looked.print();
                }
            }
            if variant.class == "main" {
                main = Some(score.clone());
            } else if let Some(main) = &main {
                totals.entry(variant.class).or_default().lose(main, &score, &case);
            }
            totals.entry(variant.class).or_default().add(&score);
        }
    }
    print_totals(&totals, &unread);
    check(&totals);
}

/// What the analyses say of a variant of a case; `None` if its input is no dump.
fn judge(case: &Truth, variant: &Variant) -> Option<Look> {
    let dumps: Vec<Dump> =
        variant.files.iter().map(|path| truth::dump(path)).collect::<Option<_>>()?;
    let mut facts: Vec<Facts<'_>> = dumps.iter().map(Facts::new).collect();
    let now = facts.pop()?;
    Some(look(&now, &facts, case))
}

fn print_totals(totals: &BTreeMap<&str, Score>, unread: &[String]) {
    let names: Vec<&str> = CRITERIA.iter().map(|(name, _)| *name).collect();
    println!("{:10} {}", "", names.iter().map(|name| format!("{name:>18}")).collect::<String>());
    for (class, score) in totals {
        println!("{class:10} {}", score.cells());
    }
    let targets: String =
        CRITERIA.iter().map(|(_, t)| format!("{:>18}", format!("{t} %"))).collect();
    println!("{:10} {targets}", "target");
    for (class, score) in totals {
        if !score.lost.is_empty() {
            println!("lost in {class}, found in the main dump: {}", score.lost.join(", "));
        }
        if !score.harmless.is_empty() {
            println!("raised in {class} where nothing is wrong: {}", score.harmless.join(", "));
        }
    }
    println!("no dump, left out: {}", unread.join(", "));
}

fn check(totals: &BTreeMap<&str, Score>) {
    for (class, reached) in REACHED {
        let Some(score) = totals.get(class) else { panic!("no dump of kind {class}") };
        for ((name, _), (share, floor)) in
            CRITERIA.iter().zip(score.shares().into_iter().zip(reached))
        {
            assert!(
                share >= f64::from(*floor),
                "{class}, {name}: {share:.1} % are less than the {floor} % that were reached before",
            );
        }
    }
}
