//! What the wait reasons and statuses of Go mean.

/// Whether goroutines in a state can be a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// They belong to the runtime, or the state is over soon.
    Never,
    /// Only where a deadline is missing, or by their number.
    Seldom,
    /// It depends on who would wake them.
    Maybe,
    /// Most suspicious of all.
    Likely,
    /// By construction they never go on.
    Forever,
}

impl Leak {
    /// In a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Never => "No leak.",
            Self::Seldom => "Seldom a leak: only if a deadline is missing, or by their number.",
            Self::Maybe => "May be a leak: it depends on who would wake them.",
            Self::Likely => "Often a leak, if many or old ones stay in one function.",
            Self::Forever => {
                "They never go on, so each is a leak (but for a main goroutine that is meant to stay)."
            }
        }
    }
}

/// What is known of a state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) leak: Leak,
    pub(super) meaning: &'static str,
    pub(super) next: &'static str,
}

/// What is known of `word`.
pub(super) fn state(word: &str) -> State {
    STATES
        .lines()
        .filter_map(row)
        .find(|(name, _)| *name == word)
        .map_or(UNKNOWN, |(_, state)| state)
}

const UNKNOWN: State = State {
    leak: Leak::Maybe,
    meaning: "This version of gdump does not know it.",
    next: "Its innermost function.",
};

/// A word on each line.
const STATES: &str = include_str!("states.tsv");

fn row(line: &'static str) -> Option<(&'static str, State)> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let leak = match columns.next()? {
        "never" => Leak::Never,
        "seldom" => Leak::Seldom,
        "maybe" => Leak::Maybe,
        "likely" => Leak::Likely,
        "forever" => Leak::Forever,
        _ => return None,
    };
    Some((name, State { leak, meaning: columns.next()?, next: columns.next()? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::state::{STATUSES, WAIT_REASONS};

    #[test]
    fn the_table_has_every_state_and_no_other() {
        let lines = || STATES.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines().filter_map(row).count(), lines().count());
        let mut rows: Vec<_> = lines().filter_map(row).map(|(name, _)| name).collect();
        let mut all: Vec<_> = WAIT_REASONS.iter().chain(STATUSES).copied().collect();
        rows.sort_unstable();
        all.sort_unstable();
        // `preempted` is both.
        all.dedup();
        assert_eq!(rows, all);
    }
}
