//! Memory that goroutines access without being synchronised: what the race detector reports.
//!
//! Why it matters: what a racing read yields is not defined by the order of the program's lines, and two
//! words of a map, slice, string or interface that do not belong together corrupt memory (the Go memory
//! model, "Incorrect synchronization").
//!
//! What it cannot know: which of the two is wrong. The detector reports only races that happened, and
//! those really happened: it has no false alarms. The numbers by which it calls goroutines are its own.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnose::data::{Address, Goid};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::Finding;
use crate::diagnose::race::{Accessed, RaceSide};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::Step;
use crate::diagnose::title::Title;
use crate::model::{Access, Format, Frame, Operation, Race, SourceLocation, StackId};

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
        last.evidence.push(Evidence::MoreRaces { more });
    }
    findings
}

/// Who read or wrote; where the memory was allocated is no access.
fn accesses(race: &Race) -> impl Iterator<Item = &Access> {
    race.accesses.iter().filter(|access| access.operation != Operation::Allocation)
}

fn tell(facts: &Facts<'_>, race: &Race, times: i64) -> Finding {
    let mut finding = Finding::new(KIND, Category::Crash);
    let sides = accesses(race).take(2).map(|access| RaceSide {
        writes: access.operation != Operation::Read,
        function: site(facts, access.stack).map(|at| at.function),
    });
    finding.title = Title::DataRace { sides: sides.collect() };
    finding.severity = Severity::High;
    finding.confidence = Confidence::Proven;
    finding.count = i64::try_from(accesses(race).count()).unwrap_or(0);
    #[allow(clippy::cast_precision_loss, reason = "an order needs few digits")]
    let weight = times as f64;
    finding.weight = weight;
    finding.groups = groups(facts, race);
    let told = race.accesses.iter().take(TOLD);
    finding.evidence =
        told.map(|access| Evidence::Accessed { access: accessed(facts, access) }).collect();
    if times > 1 {
        finding.evidence.push(Evidence::RaceRepeated { times });
    }
    if race.accesses.iter().any(|access| access.goid != Accessed::MAIN) {
        finding.evidence.push(Fact::RaceNumbers.into());
    }
    let mut places: Vec<SourceLocation> =
        accesses(race).take(TOLD).filter_map(|it| site(facts, it.stack)).collect();
    places.dedup();
    finding.next = vec![Step::Synchronise { places }];
    finding.next.extend(allocated(facts, race).map(|at| Step::KnowRaced { at }));
    finding
}

fn accessed(facts: &Facts<'_>, access: &Access) -> Accessed {
    Accessed {
        operation: access.operation,
        previous: access.previous,
        address: access.address.map(Address),
        goid: Goid(access.goid),
        state: facts.dump().str(access.state).to_owned(),
        at: site(facts, access.stack),
        started: site(facts, access.created),
    }
}

/// The innermost call of the program, else the innermost one.
fn site(facts: &Facts<'_>, stack: StackId) -> Option<SourceLocation> {
    let dump = facts.dump();
    let first = || dump.stack(stack).first().copied();
    match dump.frame(facts.summary.stacks.user(stack).or_else(first)?) {
        Frame::Call { function, file, line, .. } => {
            Some(SourceLocation::new(dump.str(function), dump.str(file), line))
        }
        Frame::Address(_) | Frame::Elided(_) => None,
    }
}

/// Where the memory came from, which tells what it is.
fn allocated(facts: &Facts<'_>, race: &Race) -> Option<SourceLocation> {
    let allocation = race.accesses.iter().find(|it| it.operation == Operation::Allocation)?;
    site(facts, allocation.stack)
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
