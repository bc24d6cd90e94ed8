//! Memory that goroutines access without being synchronised: what the race detector reports.
//!
//! Why it matters: what a racing read yields is not defined by the order of the program's lines, and two
//! words of a map, slice, string or interface that do not belong together corrupt memory (the Go memory
//! model, "Incorrect synchronization").
//!
//! What it cannot know: which of the two is wrong. The detector reports only races that happened, and
//! those really happened: it has no false alarms. The numbers by which it calls goroutines are its own.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::facts::{Case, Facts};
use crate::analysis::finding::{Category, Confidence, Finding, Severity};
use crate::model::{Access, Format, Frame, Operation, Race, StackId};

/// The kind of these findings.
pub(super) const KIND: &str = "data-race";

/// Most races that are told one by one.
const MOST: usize = 20;
/// Most accesses of one race that are told: Go's detector reports two, and who allocated the memory.
const TOLD: usize = 8;

/// Tells each race, those between the same lines together.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let mut index: FxHashMap<Vec<(Operation, StackId)>, usize> = FxHashMap::default();
    let mut distinct: Vec<(&Race, i64)> = Vec::new();
    for race in facts.dump().races() {
        let mut key: Vec<_> = accesses(race).map(|it| (it.operation, it.stack)).collect();
        key.sort_unstable_by_key(|(operation, stack)| (operation.name(), stack.index()));
        let at = *index.entry(key).or_insert(distinct.len());
        match distinct.get_mut(at) {
            Some((_, times)) => *times += 1,
            None => distinct.push((race, 1)),
        }
    }
    let more = distinct.len().saturating_sub(MOST);
    let mut findings: Vec<Finding> =
        distinct.iter().take(MOST).map(|(race, times)| tell(facts, race, *times)).collect();
    if let (1.., Some(last)) = (more, findings.last_mut()) {
        last.evidence.push(format!("{more} more races between other lines are in the text"));
    }
    findings
}

/// Who read or wrote; where the memory was allocated is no access.
fn accesses(race: &Race) -> impl Iterator<Item = &Access> {
    race.accesses.iter().filter(|access| access.operation != Operation::Allocation)
}

fn tell(facts: &Facts<'_>, race: &Race, times: i64) -> Finding {
    let mut finding = Finding::new(KIND, Category::Crash, title(facts, race));
    finding.severity = Severity::High;
    finding.confidence = Confidence::Proven;
    finding.count = i64::try_from(accesses(race).count()).unwrap_or(0);
    #[allow(clippy::cast_precision_loss, reason = "an order needs few digits")]
    let weight = times as f64;
    finding.weight = weight;
    finding.groups = groups(facts, race);
    finding.evidence =
        race.accesses.iter().take(TOLD).map(|access| evidence(facts, access)).collect();
    if times > 1 {
        finding.evidence.push(format!("reported {times} times with these stacks"));
    }
    if race.accesses.iter().any(|access| access.goid != MAIN) {
        finding.evidence.push(
            "the numbers of goroutines are the race detector's own, not those of goroutine dumps"
                .to_owned(),
        );
    }
    let mut places: Vec<String> =
        accesses(race).take(TOLD).filter_map(|it| site(facts, it.stack)).collect();
    places.dedup();
    finding.next = vec![format!(
        "{}: guard the memory with one mutex in all these places, or hand it over by a channel; \
         sync/atomic does for a single number or pointer",
        places.join(" and ")
    )];
    finding.next.extend(allocated(facts, race));
    finding
}

/// The number of the main goroutine.
const MAIN: u64 = 1;

fn title(facts: &Facts<'_>, race: &Race) -> String {
    let mut said = accesses(race).map(|access| (verb(access), name(facts, access.stack)));
    match (said.next(), said.next()) {
        (Some((first, one)), Some((second, other))) if one == other => {
            let do_what = if first == second { plural(first) } else { "read and write" };
            format!(
                "data race: goroutines {do_what} the same memory in {one}, and nothing synchronises them"
            )
        }
        (Some((first, one)), Some((second, other))) => format!(
            "data race: {one} {first} memory that {other} {second}, and nothing synchronises the two"
        ),
        (Some((first, one)), None) => {
            format!("data race: {one} {first} memory that another goroutine accesses")
        }
        (None, _) => "data race".to_owned(),
    }
}

fn verb(access: &Access) -> &'static str {
    if access.operation == Operation::Read { "reads" } else { "writes" }
}

fn plural(verb: &str) -> &str {
    verb.strip_suffix('s').unwrap_or(verb)
}

/// The access in a sentence: what, by whom, where, and who started it.
fn evidence(facts: &Facts<'_>, access: &Access) -> String {
    let what = match (access.operation, access.previous) {
        (Operation::Read, false) => "read",
        (Operation::Write, false) => "write",
        (Operation::Read, true) => "earlier read",
        (Operation::Write, true) => "earlier write",
        (Operation::Allocation, _) => "the memory was allocated",
    };
    let at = access.address.map_or_else(String::new, |address| format!(" at {address:#x}"));
    let state = facts.dump().str(access.state);
    let state = if state.is_empty() { String::new() } else { format!(" ({state})") };
    let by = match access.goid {
        MAIN => "the main goroutine".to_owned(),
        goid => format!("goroutine {goid}{state}"),
    };
    let place = site(facts, access.stack).map_or_else(
        || ", whose stack the detector had no more".to_owned(),
        |at| format!(" in {at}"),
    );
    let started = site(facts, access.created)
        .map_or_else(String::new, |place| format!("; started by {place}"));
    format!("{what}{at} by {by}{place}{started}")
}

/// The innermost call of the program, else the innermost one.
fn call<'d>(facts: &Facts<'d>, stack: StackId) -> Option<(&'d str, &'d str, u32)> {
    let dump = facts.dump();
    let first = || dump.stack(stack).first().copied();
    match dump.frame(facts.summary.stacks.user(stack).or_else(first)?) {
        Frame::Call { function, file, line, .. } => {
            Some((dump.str(function), dump.str(file), line))
        }
        Frame::Address(_) | Frame::Elided(_) => None,
    }
}

fn name<'d>(facts: &Facts<'d>, stack: StackId) -> &'d str {
    call(facts, stack).map_or("a function that is not known", |(function, _, _)| function)
}

/// `main.writer (main.go:132)`
fn site(facts: &Facts<'_>, stack: StackId) -> Option<String> {
    let (function, file, line) = call(facts, stack)?;
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    Some(format!("{function} ({file}:{line})"))
}

/// Where the memory came from, which tells what it is.
fn allocated(facts: &Facts<'_>, race: &Race) -> Option<String> {
    let allocation = race.accesses.iter().find(|it| it.operation == Operation::Allocation)?;
    let place = site(facts, allocation.stack)?;
    Some(format!("{place}: what is allocated here is raced on"))
}

/// The groups of the goroutines of the report, where the dump is nothing but reports.
fn groups(facts: &Facts<'_>, race: &Race) -> Vec<usize> {
    let stacks = &facts.summary.stacks;
    let known: FxHashSet<_> =
        race.accesses.iter().map(|access| stacks.canonical(access.stack)).collect();
    let is_of = |index: &usize| {
        facts.groups.get(*index).is_some_and(|group| known.contains(&stacks.canonical(group.stack)))
    };
    let reports_alone = facts.dump().format == Format::Race;
    (0..facts.groups.len()).filter(|_| reports_alone).filter(is_of).collect()
}
