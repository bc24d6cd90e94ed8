//! What the diagnosis says of one goroutine.

use super::diagnosis::Sight;
use super::facts::Facts;
use super::find::Why;
use super::finding::Finding;
use super::rating::Category;
use crate::model::Goroutine;
use crate::view::kind::{Kind, Kinds};

/// What the diagnosis says of a goroutine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is part of these findings: indices in [`Sight::findings`].
    Found(Vec<usize>),
    /// It was looked at and is fine, and why.
    Fine(Why),
    /// Nothing speaks for or against it.
    Plain,
    /// It is the runtime's own.
    System,
    /// It wrote the dump.
    Writer,
}

/// What the diagnosis says of `goroutine`, one of the dump that `sight` is of.
pub fn standing(sight: &Sight<'_>, goroutine: Goroutine<'_>) -> Standing {
    let facts = &sight.facts;
    let kinds = Kinds::new(facts.dump(), &facts.summary.stacks);
    match kinds.kind(&goroutine.row()) {
        Kind::System => return Standing::System,
        Kind::Writer => return Standing::Writer,
        Kind::User => {}
    }
    let all = sight.findings.iter().enumerate();
    let named = all.filter(|(_, finding)| {
        is_root(finding, goroutine)
            || finding.groups.iter().any(|group| is_in(facts, *group, goroutine))
    });
    let found: Vec<usize> = named.map(|(index, _)| index).collect();
    if !found.is_empty() {
        return Standing::Found(found);
    }
    let fine = sight.fine.iter().find(|fine| is_in(facts, fine.group, goroutine));
    fine.map_or(Standing::Plain, |fine| Standing::Fine(fine.why.clone()))
}

fn is_root(finding: &Finding, goroutine: Goroutine<'_>) -> bool {
    let is_named = |goids: &[u64]| goroutine.goid().is_some_and(|goid| goids.contains(&goid));
    finding.root.as_ref().is_some_and(|root| is_named(&root.goids) || root.row == row(goroutine))
}

fn is_in(facts: &Facts<'_>, group: usize, goroutine: Goroutine<'_>) -> bool {
    facts.summary.grouping.rows(group).binary_search(&row(goroutine)).is_ok()
}

fn row(goroutine: Goroutine<'_>) -> u32 {
    u32::try_from(goroutine.index()).unwrap_or(u32::MAX)
}

/// What a goroutine is where some wait for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the others wait for.
    Root,
    /// One of the others.
    Victim,
}

/// The part of `goroutine` in `finding`; `None` if that is not about who waits for whom, or has no root.
pub fn part(goroutine: Goroutine<'_>, finding: &Finding) -> Option<Part> {
    let waits = matches!(finding.category, Category::Deadlock | Category::Contention);
    let known = waits && finding.root.is_some();
    known.then(|| if is_root(finding, goroutine) { Part::Root } else { Part::Victim })
}
