//! What was said already: which findings speak of which groups, so that the same fault is not told
//! twice in other words.

use std::collections::BTreeMap;

use super::{crash, growth, suspect};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::rating::{Category, Severity};

/// Which findings speak of each group.
#[derive(Default)]
pub(super) struct Told(BTreeMap<usize, Vec<usize>>);

impl Told {
    /// Notes that `finding`, the one at `number`, speaks of its groups.
    pub(super) fn add(&mut self, number: usize, finding: &Finding) {
        for group in &finding.groups {
            self.0.entry(*group).or_default().push(number);
        }
    }

    /// Whether `earlier` findings of other kinds explain most of `finding`'s goroutines: four of five,
    /// as a few may be caught on their way.
    pub(super) fn explains(
        &self,
        case: &Case<'_, '_>,
        earlier: &[Finding],
        finding: &Finding,
    ) -> bool {
        let suspected = finding.kind == suspect::KIND || finding.kind == growth::KIND;
        let explains = |other: &Finding| {
            let knows_why = other.category != Category::Leak && other.severity >= Severity::Medium;
            // A consumer that is seen at work is why its senders wait.
            let knows_why = knows_why
                || (other.category == Category::Backpressure && finding.kind == suspect::KIND);
            // What ended the program explains nothing of the others.
            let ended = other.kind == crash::ASLEEP || other.kind == crash::TIMEOUT;
            other.kind != finding.kind
                && !ended
                && (other.severity >= finding.severity || (suspected && knows_why))
        };
        let is_told = |group: &&usize| {
            let numbers = self.0.get(*group).map_or(&[][..], Vec::as_slice);
            numbers.iter().filter_map(|number| earlier.get(*number)).any(explains)
        };
        let count = |group: &usize| case.now.groups.get(*group).map_or(0, |group| group.count);
        let all: i64 = finding.groups.iter().map(count).sum();
        let told: i64 = finding.groups.iter().filter(is_told).map(count).sum();
        all > 0 && told.saturating_mul(5) >= all.saturating_mul(4)
    }
}
