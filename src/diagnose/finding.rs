//! What an analysis says: what is wrong, how bad it is, how sure that is, and why.

use super::evidence::Evidence;
use super::graph::Chain;
use super::rating::{Category, Confidence, Severity};
use super::role::Role;
use super::step::Step;
use super::title::Title;
use crate::model::StackId;

/// The goroutine or goroutines where the trouble starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Their ids; empty if the format has none.
    pub goids: Vec<u64>,
    /// A record that is one of them.
    pub row: u32,
    /// Their stack.
    pub stack: StackId,
    /// What it does to the others, if that is known.
    pub role: Option<Role>,
    /// Frame in the stack, as it is shown, that is to blame: index into the canonical frames.
    pub blocking: Option<usize>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The analysis' kind in kebab case, such as `lock-pileup`.
    pub kind: &'static str,
    /// What kind of trouble it is.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it says first.
    pub title: Title,
    /// Goroutines concerned, victims included.
    pub count: i64,
    /// Indices of the groups concerned in [`Facts::groups`](super::Facts), the most telling first.
    pub groups: Vec<usize>,
    /// Where it starts, if that is one place.
    pub root: Option<Root>,
    /// Who waits for whom, root first, if that is known.
    pub chain: Option<Chain>,
    /// What speaks for it, the most convincing first.
    pub evidence: Vec<Evidence>,
    /// What to do next, in the user's own file and line where that is known.
    pub next: Vec<Step>,
    /// Orders findings of equal severity and confidence, highest first; roughly how many goroutines
    /// are explained, weighted by how telling the evidence is.
    pub weight: f64,
}

impl Finding {
    /// A finding of `kind` about the goroutines of `groups`, to be filled in further.
    pub fn new(kind: &'static str, category: Category) -> Self {
        Self {
            kind,
            category,
            severity: Severity::Medium,
            confidence: Confidence::Possible,
            title: Title::Untold,
            count: 0,
            groups: Vec::new(),
            root: None,
            chain: None,
            evidence: Vec::new(),
            next: Vec::new(),
            weight: 0.0,
        }
    }

    /// Gives back room that is not used.
    pub(super) fn shrink(&mut self) {
        self.groups.shrink_to_fit();
        self.evidence.shrink_to_fit();
        self.next.shrink_to_fit();
    }
}
