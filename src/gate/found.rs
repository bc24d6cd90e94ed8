//! What a gate looks at in a dump.

use std::collections::BTreeMap;

use super::{baseline, rule};
use crate::diagnose::{Finding, Sight};
use crate::model::SourceLocation;
use crate::view::Summary;
use crate::view::canon::Shown;
use crate::view::filter::WaitLimit;
use crate::view::group::Group;

/// What `check --update` writes of these dumps: the most of each group in any of them.
pub fn accepted(sights: &[Sight<'_>]) -> BTreeMap<u64, (i64, String)> {
    let mut all: BTreeMap<u64, (i64, String)> = BTreeMap::new();
    for sight in sights {
        let mut counts: BTreeMap<u64, i64> = BTreeMap::new();
        for group in groups(sight) {
            let sum = counts.entry(group.id).or_default();
            *sum = sum.saturating_add(group.count);
            let functions = rule::telling(sight.summary(), &group);
            let name = baseline::name(group.state(), functions.into_iter());
            all.entry(group.id).or_insert((0, name));
        }
        for (id, count) in counts {
            if let Some((most, _)) = all.get_mut(&id) {
                *most = (*most).max(count);
            }
        }
    }
    all
}

/// The groups of the user's view.
pub(super) fn groups<'d>(sight: &Sight<'d>) -> Vec<Group<'d>> {
    (0..sight.summary().grouping.len()).filter_map(|index| sight.group(index, 0)).collect()
}

pub(super) fn is_over(minutes: u32, limit: &WaitLimit) -> bool {
    u64::from(minutes) * 60 > limit.seconds
}

/// Where to look for a finding: the program's innermost frame of its root, or of its first group.
pub(super) fn place_of(sight: &Sight<'_>, finding: &Finding) -> Option<SourceLocation> {
    let facts = &sight.facts;
    let root = finding.root.as_ref().map(|root| root.stack);
    let first = finding.groups.first().and_then(|index| facts.groups.get(*index));
    let stacks = root.into_iter().chain(first.map(|group| group.stack));
    let mut places = stacks.flat_map(|stack| facts.frames(stack)).filter_map(|frame| match frame {
        Shown::Call { function, file, line, std: false, .. } if function != "panic" => {
            Some(SourceLocation { function: function.to_owned(), file: file.to_owned(), line })
        }
        _ => None,
    });
    places.next().or_else(|| rule::place(&facts.summary, first?))
}

/// Why there may be more than was judged.
pub(super) fn incomplete(summary: &Summary<'_>) -> Option<String> {
    let dump = summary.dump;
    if let Some(truncation) = dump.truncation {
        return Some(format!(
            "the dump is cut off at byte {} ({}): there are more goroutines than were judged",
            truncation.at_byte,
            truncation.reason.name()
        ));
    }
    let lost = dump.lost();
    if lost > 0 {
        let goroutines = if lost == 1 { "goroutine was" } else { "goroutines were" };
        return Some(format!("{lost} {goroutines} not read in full, and not judged"));
    }
    if dump.excerpt.is_some() {
        let why = "the dump is an excerpt: goroutines that are not in it were not judged";
        return Some(why.to_owned());
    }
    let problems = (dump.problems.len() as u64).saturating_add(dump.more_problems);
    (problems > 0)
        .then(|| format!("{problems} pieces of the dump were not understood: -v shows them"))
}
