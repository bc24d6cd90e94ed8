//! The scores of a dump and their sums.

use gdump::diagnose::Severity;

use super::look::Look;
use super::truth::{Truth, Variant};

/// What is counted, with the share in percent that is wanted.
pub(super) const CRITERIA: [(&str, u32); 6] = [
    // Expected functions that the first three findings name.
    ("expected in top 3", 95),
    // Cases in which finding 1 names what it must.
    ("finding 1 names", 90),
    // Cases in which finding 1 has the right category.
    ("category", 90),
    // Cases without a fault that have no high finding.
    ("no high if none", 100),
    // Services without a fault that have no leak of medium severity or more.
    ("no leak if healthy", 100),
    // Leaks that a series shows to grow.
    ("growing", 100),
];

/// How many of how many, by criterion.
#[derive(Clone, Default)]
pub(super) struct Score {
    good: [usize; CRITERIA.len()],
    of: [usize; CRITERIA.len()],
    /// Cases with fewer points than the main dump has.
    pub(super) lost: Vec<String>,
    /// Cases without a fault where one is found.
    pub(super) harmless: Vec<String>,
}

impl Score {
    /// The scores of one dump.
    pub(super) fn of(case: &Truth, variant: &Variant, look: &Look) -> Self {
        let mut score = Self::default();
        let top = look.findings.get(..3).unwrap_or(&look.findings);
        let first = look.findings.first();
        for expected in &case.expected {
            let name = expected.function(case, variant);
            let present = look.present.iter().any(|(function, state, inferred)| {
                name.is_match(function) && (*inferred || expected.state.is_match(state))
            });
            if present {
                score.count(0, top.iter().any(|said| said.names(name)));
            }
        }
        let in_dump = |pattern: &&regex::Regex| {
            look.present.iter().any(|(function, ..)| pattern.is_match(function))
        };
        let wanted: Vec<_> = case.must_name.iter().filter(in_dump).collect();
        if !wanted.is_empty() {
            let all = first.is_some_and(|said| wanted.iter().all(|pattern| said.places(pattern)));
            score.count(1, all);
        }
        let at_least = |least: Severity| look.findings.iter().any(|said| said.severity >= least);
        let categories = case.categories();
        if categories.is_empty() {
            score.count(2, !at_least(Severity::Medium));
            score.count(3, !at_least(Severity::High));
            if at_least(Severity::Medium) {
                let worst = first.map_or("", |said| said.title.as_str());
                score.harmless.push(format!("{} {} ({worst})", case.id, variant.label));
            }
        } else if !look.present.is_empty() {
            score.count(2, first.is_some_and(|said| categories.contains(&said.category)));
        }
        if matches!(case.id.as_str(), "svc-healthy" | "svc-subscribers") {
            let leak = look
                .findings
                .iter()
                .any(|said| said.category == "leak" && said.severity >= Severity::Medium);
            score.count(4, !leak);
        }
        if variant.label.starts_with("t1-t3") && case.category == "leak" {
            let grows = top.iter().any(|said| {
                let text = format!("{} {} {}", said.kind, said.title, said.evidence).to_lowercase();
                ["grow", "grew", "more each"].iter().any(|word| text.contains(word))
            });
            score.count(5, grows);
        }
        score
    }

    fn count(&mut self, criterion: usize, good: bool) {
        self.good[criterion] += usize::from(good);
        self.of[criterion] += 1;
    }

    /// Adds the scores of another dump.
    pub(super) fn add(&mut self, other: &Self) {
        for at in 0..CRITERIA.len() {
            self.good[at] += other.good[at];
            self.of[at] += other.of[at];
        }
        self.harmless.extend(other.harmless.iter().cloned());
    }

    /// Notes where `score` has missed more than the main dump's.
    pub(super) fn lose(&mut self, main: &Self, score: &Self, case: &Truth) {
        let worse: Vec<&str> = (0..3)
            .filter(|at| score.of[*at] - score.good[*at] > main.of[*at] - main.good[*at])
            .map(|at| CRITERIA[at].0)
            .collect();
        if !worse.is_empty() {
            self.lost.push(format!("{} ({})", case.id, worse.join(", ")));
        }
    }

    /// Shares in percent; 100 where there is nothing to count.
    pub(super) fn shares(&self) -> Vec<f64> {
        let share = |(good, of): (&usize, &usize)| {
            if *of == 0 { 100.0 } else { 100.0 * f64::from(*good as u32) / f64::from(*of as u32) }
        };
        self.good.iter().zip(&self.of).map(share).collect()
    }

    /// The cells of a row of the totals.
    pub(super) fn cells(&self) -> String {
        let cell = |((good, of), share): ((&usize, &usize), f64)| {
            let text = if *of == 0 { "–".into() } else { format!("{good}/{of} {share:.0} %") };
            format!("{text:>18}")
        };
        self.good.iter().zip(&self.of).zip(self.shares()).map(cell).collect()
    }

    /// One line about a dump.
    pub(super) fn line(&self, case: &Truth, variant: &Variant, look: &Look) -> String {
        let first = look.findings.first();
        let got = first.map_or("–", |said| said.category);
        let points = |at: usize| match self.of[at] {
            0 => "–".to_owned(),
            of => format!("{}/{of}", self.good[at]),
        };
        let high = look.findings.iter().filter(|said| said.severity == Severity::High).count();
        let title = first.map_or(String::new(), |said| {
            format!("{} ({}, {})", said.title, said.kind, said.count)
        });
        format!(
            "{} {:22} {:12} wanted {:22} got {got:12} top3 {:4} names {:4} high {high} findings {:2} | {title}",
            if (0..3).all(|at| self.good[at] == self.of[at]) { ' ' } else { '!' },
            case.id,
            variant.label,
            case.category,
            points(0),
            points(1),
            look.findings.len(),
        )
    }
}
