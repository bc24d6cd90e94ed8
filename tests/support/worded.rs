//! What findings say, in words.

use gdump::diagnose::{Finding, Sight};
use gdump::render::wording;

/// Something that says something.
pub(crate) trait Worded {
    /// What it says first.
    fn title(&self) -> String;
    /// What speaks for it.
    fn evidence(&self) -> Vec<String>;
    /// What to do next.
    fn steps(&self) -> Vec<String>;
}

impl Worded for Finding {
    fn title(&self) -> String {
        wording::title(&self.title)
    }

    fn evidence(&self) -> Vec<String> {
        wording::all_evidence(self)
    }

    fn steps(&self) -> Vec<String> {
        wording::all_steps(self)
    }
}

/// What is to be known of `sight` beside its findings.
pub(crate) fn notes(sight: &Sight<'_>) -> Vec<String> {
    wording::notes(sight).collect()
}
