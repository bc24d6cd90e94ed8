//! Findings about crowds: their roots, who started them, since when they wait, what to do.

use super::crowd::{Crowd, Site};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::said::{Gone, Starters};
use crate::diagnose::step::{Advice, SecondDump, Step};
use crate::model::{SourceLocation, Symbol};
use crate::view::canon::Shown;
use crate::view::group::CreatorCount;

/// A finding of `kind` about `crowds`, the first of which is to blame, without a title.
pub(super) fn finding(kind: &'static str, facts: &Index<'_>, crowds: &[&Crowd<'_>]) -> Finding {
    let mut finding = Finding::new(kind, Category::Leak);
    let count = crowds.iter().fold(0i64, |sum, crowd| sum.saturating_add(crowd.count));
    finding.count = count;
    finding.groups = crowds.iter().flat_map(|crowd| crowd.groups.iter().copied()).collect();
    finding.root = crowds.first().and_then(|crowd| root(facts, crowd));
    finding.weight = weight(count);
    finding
}

/// Goroutines explained; counts are far apart, so plain numbers would hide all else.
#[expect(clippy::cast_precision_loss, reason = "a rank, not a count")]
fn weight(count: i64) -> f64 {
    count as f64
}

fn root(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<Root> {
    let first = *crowd.groups.first()?;
    let member = facts.members(first).next()?;
    let stack = member.stack();
    let named = |frame: Shown<'_>| matches!(frame, Shown::Call { function, .. } if function == crowd.site.function);
    Some(Root {
        goids: facts.groups.get(first)?.goids.clone(),
        row: u32::try_from(member.index()).ok()?,
        stack,
        role: Some(Role::Stuck(crowd.kind, crowd.count)),
        blocking: facts.frames(stack).position(named),
    })
}

/// Who started `crowd`.
pub(super) fn started(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<Evidence> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    let creator = group.creators.first()?;
    let by = SourceLocation::new(creator.function, creator.file, creator.line);
    let (origin, distinct) = (&crowd.origin, crowd.origin.creators.len());
    let starters = origin.is_known().then(|| {
        let gone = match () {
            () if !origin.is_gone() => Gone::No,
            () if origin.gone == 0 => Gone::RequestsOver,
            () if distinct == 1 => Gone::One,
            () => {
                let over = origin.gone.saturating_add(origin.left);
                Gone::Many(Some(over).filter(|over| *over != origin.known))
            }
        };
        Starters { distinct, per_call: origin.is_one_per_call(), gone }
    });
    Some(Evidence::StartedBy { goroutines: crowd.count, by, starters, pool: false })
}

/// Since when `crowd` waits, if that is known.
pub(super) fn since(crowd: &Crowd<'_>) -> Option<Evidence> {
    let known = crowd.wait.max.is_some() && crowd.wait.median.is_some();
    known.then_some(Evidence::Since { goroutines: crowd.count, waits: crowd.wait })
}

/// The `go` statement that started `crowd`, if that is the program's own.
fn starter(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<SourceLocation> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    // What a library starts is not changed there.
    let own = |creator: &&CreatorCount<'_>| {
        let site = Site {
            function: creator.function,
            file: creator.file,
            line: creator.line,
            std: Symbol::new(creator.function).is_std(),
        };
        creator.line > 0 && !site.is_dependency()
    };
    let creator = group.creators.first().filter(own)?;
    Some(SourceLocation::new(creator.function, creator.file, creator.line))
}

/// What to do where `crowd` was started, or else where it waits.
pub(super) fn at_start(facts: &Index<'_>, crowd: &Crowd<'_>, advice: Advice) -> Step {
    match starter(facts, crowd) {
        Some(at) => Step::DoOnLine { at, advice },
        None => Step::at(crowd.site.location(), advice),
    }
}

/// What to do about `crowd`, a second dump left out.
pub(super) fn steps(facts: &Index<'_>, crowd: &Crowd<'_>, severity: Severity) -> Vec<Step> {
    let mut steps = Vec::new();
    if severity > Severity::Low {
        steps.push(if crowd.site.is_dependency() {
            Step::CloseCalls { package: crowd.site.package().to_owned() }
        } else {
            Step::EndWait { at: crowd.site.location(), waits_for: crowd.kind }
        });
    }
    steps.extend(starter(facts, crowd).map(|at| {
        if crowd.origin.is_one_per_call() && crowd.origin.is_gone() {
            Step::EndWithCall { at }
        } else {
            Step::SeeWhoEnds { at }
        }
    }));
    steps
}

/// What to do about `crowd`.
pub(super) fn next(facts: &Index<'_>, crowd: &Crowd<'_>, severity: Severity) -> Vec<Step> {
    let mut steps = steps(facts, crowd, severity);
    let why = if severity == Severity::High { SecondDump::Speed } else { SecondDump::Growth };
    steps.push(Step::SecondDump { why });
    steps
}
