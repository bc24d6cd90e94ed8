//! A crowd: all goroutines that wait in the same function for the same kind of thing, whatever line
//! and whatever callers. It is what one line of a report speaks of, where groups by stack would give
//! the same fault once for every path that leads to it.

use std::collections::BTreeMap;

use super::origin::Origin;
use crate::diagnose::index::Index;
use crate::model::{HeadId, SourceLocation, StackId, Symbol, WaitKind};
use crate::view::canon::Shown;
use crate::view::wait::WaitStats;

/// Goroutines that wait in one function for one kind of thing.
pub(super) struct Crowd<'d> {
    /// Indices of its groups, largest first: ascending.
    pub groups: Vec<usize>,
    /// Goroutines.
    pub count: i64,
    /// Where they wait.
    pub site: Site<'d>,
    /// What for.
    pub kind: WaitKind,
    /// Since when.
    pub wait: WaitStats,
    /// Those that Go marks as leaked.
    pub leaked: i64,
    /// Who started them.
    pub origin: Origin,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site<'d> {
    /// The function.
    pub function: &'d str,
    /// Its file as Go printed it.
    pub file: &'d str,
    /// The line; 0 if not known.
    pub line: u32,
    /// It belongs to the standard library: no frame of the stack is the user's.
    pub std: bool,
}

impl Site<'_> {
    /// The place, to be kept.
    pub(super) fn location(&self) -> SourceLocation {
        SourceLocation::new(self.function, self.file, self.line)
    }

    /// Whether the code is a dependency: Go keeps those under `module@version` or `vendor`.
    pub(super) fn is_dependency(&self) -> bool {
        self.std || self.file.contains("@v") || self.file.contains("/vendor/")
    }

    /// The package of the function.
    pub(super) fn package(&self) -> &str {
        Symbol::new(self.function).package()
    }
}

/// The place that a stack is to be named by: the innermost frame of the program's own code. Where
/// there is none, it is a dependency's goroutine, named by the innermost frame in the package that it
/// started in, or the standard library's, named by the function that it started in.
pub(super) fn site<'d>(facts: &Index<'d>, stack: StackId) -> Option<Site<'d>> {
    let calls = facts.frames(stack).filter_map(|frame| match frame {
        Shown::Call { function, file, line, std, .. } => Some(Site { function, file, line, std }),
        Shown::Address(_) | Shown::Elided(_) => None,
    });
    let (mut library, mut start) = (Vec::new(), None);
    for site in calls {
        if !site.is_dependency() {
            return Some(site);
        }
        if !site.std {
            library.push(site);
        }
        if !Symbol::new(site.function).is_runtime() {
            start = Some(site);
        }
    }
    let outermost = library.last().map_or("", |site| Symbol::new(site.function).package());
    library.into_iter().find(|site| Symbol::new(site.function).package() == outermost).or(start)
}

/// The crowds among the groups that `keep` accepts, largest first; groups without a name are in none.
pub(super) fn crowds<'d>(
    facts: &Index<'d>,
    mut keep: impl FnMut(usize, WaitKind) -> bool,
) -> Vec<Crowd<'d>> {
    let mut by_site: BTreeMap<(&str, WaitKind), Vec<usize>> = BTreeMap::new();
    for (index, group) in facts.groups.iter().enumerate() {
        let kind = facts.kind(index).class();
        if let Some(site) = site(facts, group.stack).filter(|_| keep(index, kind)) {
            by_site.entry((site.function, kind)).or_default().push(index);
        }
    }
    let groups: Vec<&[usize]> = by_site.values().map(Vec::as_slice).collect();
    let origins = Origin::of_all(facts, &groups);
    let mut crowds: Vec<_> = by_site
        .into_iter()
        .zip(origins)
        .filter_map(|(((_, kind), groups), origin)| Crowd::new(facts, groups, kind, origin))
        .collect();
    crowds.sort_by_key(|crowd| std::cmp::Reverse(crowd.count));
    crowds
}

impl<'d> Crowd<'d> {
    /// The crowd of `groups`, the largest of which comes first.
    fn new(facts: &Index<'d>, groups: Vec<usize>, kind: WaitKind, origin: Origin) -> Option<Self> {
        let first = facts.groups.get(*groups.first()?)?;
        let all = || groups.iter().filter_map(|index| facts.groups.get(*index));
        let count = all().fold(0i64, |sum, group| sum.saturating_add(group.count));
        let signatures = groups.iter().flat_map(|index| facts.summary.grouping.signatures(*index));
        let minutes = |head: HeadId| facts.dump().head(head).minutes;
        let waits =
            signatures.map(|(id, count)| (minutes(facts.dump().signature(*id).head), *count));
        Some(Self {
            count,
            site: site(facts, first.stack)?,
            kind,
            wait: WaitStats::of(waits),
            leaked: all().fold(0i64, |sum, group| sum.saturating_add(group.leaked)),
            origin,
            groups,
        })
    }
}
