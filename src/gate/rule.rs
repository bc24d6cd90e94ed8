//! What can be asked of a dump: which findings, and how many goroutines of a kind, are not accepted.

use super::Baseline;
use crate::model::SourceLocation;
use crate::view::Summary;
use crate::view::canon::Shown;
use crate::view::filter::{CreatorTest, StateTest, WaitLimit};
use crate::view::group::Group;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// At most so many.
    pub max: Vec<Max>,
    /// Longest wait.
    pub max_wait: Option<WaitLimit>,
    /// Most growth since the first dump, and over the baseline.
    pub max_growth: Option<Growth>,
    /// Accepted groups.
    pub baseline: Option<Baseline>,
    /// Which findings are not accepted.
    pub findings: Findings,
    /// A dump that is not whole, or not understood, trips the gate.
    pub strict: bool,
    /// The user said who is meant, so that known idle goroutines among them count, too.
    pub scoped: bool,
}

/// Which findings are not accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Findings {
    /// All are.
    #[default]
    Accepted,
    /// Those are not that nobody wants, as the user asked for nothing at all.
    Default,
    /// Those that the user named, as typed.
    Named(Vec<String>),
}

/// At most so many of something.
#[derive(Clone, Debug)]
pub struct Max {
    /// As typed: `state:chan send=100`.
    pub text: String,
    /// What is counted.
    pub measure: Measure,
    /// How many are allowed.
    pub limit: i64,
}

/// What is counted.
#[derive(Clone, Debug)]
pub enum Measure {
    /// All goroutines.
    Goroutines,
    /// Those that Go marks as leaked.
    Leaked,
    /// Groups by stack and state.
    Groups,
    /// Those in a state.
    State(StateTest),
    /// Those with a function in their stack.
    Function(CreatorTest),
    /// Those that a function started.
    CreatedBy(CreatorTest),
    /// Those with one value of a label: a certain one, or whichever has most.
    Label(String, Option<String>),
}

impl Max {
    /// A threshold from what the user typed; the error says what is possible.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (what, limit) =
            text.rsplit_once('=').ok_or("expected WHAT=N, such as goroutines=10000")?;
        let limit = limit.trim().replace(['_', ','], "").parse();
        let limit = limit.map_err(|_| format!("{text}: expected a number behind the last ="))?;
        let measure = match what.split_once(':') {
            None if what == "goroutines" => Measure::Goroutines,
            None if what == "leaked" => Measure::Leaked,
            None if what == "groups" => Measure::Groups,
            Some(("state", state)) => Measure::State(StateTest::new(state)),
            Some(("group", function)) => Measure::Function(CreatorTest::new(function)),
            Some(("created-by", function)) => Measure::CreatedBy(CreatorTest::new(function)),
            Some(("label", label)) => match label.split_once('=') {
                Some((key, value)) => Measure::Label(key.to_owned(), Some(value.to_owned())),
                None => Measure::Label(label.to_owned(), None),
            },
            _ => {
                return Err(format!(
                    "{what} cannot be counted; use goroutines, leaked, groups, state:STATE, \
                     group:FUNCTION, created-by:FUNCTION, label:KEY or label:KEY=VALUE"
                ));
            }
        };
        Ok(Self { text: text.to_owned(), measure, limit })
    }

    /// How many there are in `groups`, what they are called, and the largest group among them.
    pub(super) fn measure<'g, 'd>(
        &self,
        summary: &Summary<'d>,
        groups: &'g [Group<'d>],
    ) -> Measured<'g, 'd> {
        let named = |words: &str| words.to_owned();
        match &self.measure {
            Measure::Goroutines => Measured::of(groups.iter(), |g| g.count, named("goroutines")),
            Measure::Leaked => Measured::of(
                groups.iter(),
                |g| g.leaked,
                named("goroutines that Go marks as leaked"),
            ),
            Measure::Groups => {
                Measured::of(groups.iter(), |_| 1, named("groups of goroutines by stack and state"))
            }
            Measure::State(test) => {
                let states = groups.iter().filter(|group| test.matches(group.state()));
                let what = self.words("state:");
                Measured::of(states, |g| g.count, format!("goroutines in {what}"))
            }
            Measure::Function(test) => {
                let has = |group: &&Group<'d>| {
                    summary.stacks.functions(group.stack).any(|name| test.matches(name))
                };
                let what = self.words("group:");
                Measured::of(
                    groups.iter().filter(has),
                    |g| g.count,
                    format!("goroutines with {what} in their stack"),
                )
            }
            Measure::CreatedBy(test) => {
                let by = |g: &Group<'d>| {
                    let creators = g.creators.iter().filter(|c| test.matches(c.function));
                    creators.fold(0i64, |sum, creator| sum.saturating_add(creator.count))
                };
                let what = self.words("created-by:");
                Measured::of(groups.iter(), by, format!("goroutines created by {what}"))
            }
            Measure::Label(key, value) => labelled(groups, key, value.as_deref()),
        }
    }

    /// The threshold without its kind and number.
    fn words(&self, kind: &str) -> &str {
        let what = self.text.rsplit_once('=').map_or(&*self.text, |(what, _)| what);
        what.strip_prefix(kind).unwrap_or(what)
    }
}

fn labelled<'g, 'd>(groups: &'g [Group<'d>], key: &str, value: Option<&str>) -> Measured<'g, 'd> {
    let mut sums: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
    let of_key = |group: &'g Group<'d>| group.labels.iter().filter(|label| label.key == key);
    for (name, count) in groups.iter().flat_map(of_key).flat_map(|label| &label.values) {
        if value.is_none_or(|wanted| wanted == *name) {
            let sum = sums.entry(name).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    let most = sums.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name)));
    let Some((name, _)) = most else {
        let what = value.map_or_else(|| key.to_owned(), |value| format!("{key}={value}"));
        return Measured { value: 0, what: format!("goroutines with label {what}"), largest: None };
    };
    let with = |group: &Group<'d>| {
        let labels = group.labels.iter().filter(|label| label.key == key);
        let values = labels.flat_map(|label| &label.values).filter(|(other, _)| *other == name);
        values.fold(0i64, |sum, (_, count)| sum.saturating_add(*count))
    };
    Measured::of(groups.iter(), with, format!("goroutines with label {key}={name}"))
}

/// What was counted.
pub(super) struct Measured<'g, 'd> {
    pub(super) value: i64,
    pub(super) what: String,
    /// The group with most of them.
    pub(super) largest: Option<&'g Group<'d>>,
}

impl<'g, 'd> Measured<'g, 'd> {
    fn of(
        groups: impl Iterator<Item = &'g Group<'d>>,
        count: impl Fn(&Group<'d>) -> i64,
        what: String,
    ) -> Self
    where
        'd: 'g,
    {
        let (mut value, mut largest) = (0i64, None);
        let mut most = 0;
        for group in groups {
            let n = count(group);
            value = value.saturating_add(n);
            if n > most {
                (most, largest) = (n, Some(group));
            }
        }
        Self { value, what, largest }
    }
}

/// How much growth is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// So many more.
    Count(i64),
    /// So much of what was there, in percent.
    Percent(f64),
}

impl Growth {
    /// From what the user typed: `100`, `10%`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || "expected a number of goroutines or a percentage: 100, 10%".to_owned();
        match text.strip_suffix('%') {
            None => text.parse().map(Self::Count).map_err(|_| wanted()),
            Some(number) => match number.trim().parse::<f64>() {
                Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(Self::Percent(percent)),
                _ => Err(wanted()),
            },
        }
    }

    /// The most that may be there if there were `before`.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a float that is too large becomes the largest number"
    )]
    pub fn allowed(self, before: i64) -> i64 {
        match self {
            Self::Count(count) => before.saturating_add(count),
            Self::Percent(percent) => {
                before.saturating_add((before.max(0) as f64 * percent / 100.0).floor() as i64)
            }
        }
    }
}

impl std::fmt::Display for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// The functions that tell who a group is, innermost first: the program's own; of a stack of the library
/// alone the outermost ones.
pub(super) fn telling<'d>(summary: &Summary<'d>, group: &Group<'d>) -> Vec<&'d str> {
    /// Outermost functions of the library that are named.
    const OUTERMOST: usize = 2;
    let stacks = &summary.stacks;
    let own = stacks.visible(group.stack).filter(|id| stacks.is_user(*id));
    let own: Vec<&str> = own.filter_map(|id| stacks.shown(id).function()).collect();
    if !own.is_empty() {
        return own;
    }
    let all: Vec<&str> = stacks.functions(group.stack).collect();
    all.get(all.len().saturating_sub(OUTERMOST)..).unwrap_or(&[]).to_vec()
}

/// Where in the program a group is: the innermost frame that is not of the library, else the outermost.
pub(super) fn place(summary: &Summary<'_>, group: &Group<'_>) -> Option<SourceLocation> {
    let stacks = &summary.stacks;
    let frame = stacks.user(group.stack).or_else(|| stacks.visible(group.stack).next_back())?;
    match stacks.shown(frame) {
        Shown::Call { function, file, line, .. } => {
            Some(SourceLocation { function: function.to_owned(), file: file.to_owned(), line })
        }
        Shown::Address(_) | Shown::Elided(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_and_growth() {
        assert_eq!(Max::parse("goroutines=10,000").unwrap().limit, 10_000);
        let max = Max::parse("label:tenant=a=b=3").unwrap();
        let Measure::Label(key, value) = max.measure else { panic!("no label") };
        assert_eq!((&*key, value.as_deref(), max.limit), ("tenant", Some("a=b"), 3));
        assert!(Max::parse("goroutines").is_err() && Max::parse("colour:red=1").is_err());
        assert!(Max::parse("goroutines=many").is_err());
        assert_eq!(Growth::parse("10%").unwrap().allowed(205), 225);
        assert_eq!(Growth::parse("100").unwrap().allowed(205), 305);
        assert!(Growth::parse("-5%").is_err() && Growth::parse("NaN%").is_err());
    }
}
