//! Which goroutines are looked at: the tests of single options, the filter language of `--where`, and the
//! filters of pprof. All must hold.

mod check;
mod eval;
mod grammar;
mod notes;
mod pprof;
mod simple;
mod syntax;
mod values;

pub use pprof::Edit;
pub use pprof::{PprofFilter, TagTest};
pub use simple::{CreatorTest, LabelTest, StateTest, WaitLimit};
pub use syntax::WhereError;

use crate::model::{CreatorId, Dump, Head, HeadId, LabelsId, Row, StackId};
use eval::Program;

/// The fields and operators of the filter language, with examples, for people.
pub const HELP: &str = include_str!("help.txt");

/// Which goroutines are looked at. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// States of which one must fit.
    pub states: Vec<StateTest>,
    /// Shortest wait.
    pub min_wait: Option<WaitLimit>,
    /// Longest wait.
    pub max_wait: Option<WaitLimit>,
    /// What the creator's function must fit.
    pub created_by: Option<CreatorTest>,
    /// Labels that must all be there.
    pub labels: Vec<LabelTest>,
    /// Expressions that must all hold.
    pub wheres: Vec<Where>,
    /// What pprof's options say.
    pub pprof: PprofFilter,
}

/// An expression of the filter language; grammar/filter.abnf.
#[derive(Clone, Debug)]
pub struct Where {
    expr: syntax::Expr,
    tests: Vec<syntax::Test>,
}

impl Where {
    /// Reads an expression and checks its types; the error shows where it is wrong.
    pub fn new(text: &str) -> Result<Self, WhereError> {
        let syntax = grammar::read(text)?;
        let (expr, tests) = check::check(text, &syntax)?;
        Ok(Self { expr, tests })
    }
}

/// A filter applied to one dump: every head, stack, creator and label set was judged once.
pub struct Matcher {
    heads: Vec<bool>,
    stacks: Vec<bool>,
    creators: Vec<bool>,
    labels: Vec<bool>,
    programs: Vec<Program>,
}

impl Matcher {
    /// Whether it asks for ids, so that it may tell goroutines apart that have all else in common.
    pub fn asks_for_ids(&self) -> bool {
        self.programs.iter().any(Program::asks_for_ids)
    }

    /// Whether the goroutine in `row` is to be looked at.
    pub fn matches(&self, row: &Row) -> bool {
        let holds = |list: &[bool], index: usize| {
            list.is_empty() || list.get(index).copied().unwrap_or(false)
        };
        holds(&self.heads, row.head.index())
            && holds(&self.stacks, row.stack.index())
            && holds(&self.creators, row.creator.index())
            && holds(&self.labels, row.labels.index())
            && self.programs.iter().all(|program| program.verdict(row) != Some(false))
    }
}

impl Filter {
    /// This filter, and the expression `text` must hold as well; the error shows where it is wrong.
    pub fn and_where(mut self, text: &str) -> Result<Self, WhereError> {
        if !text.trim().is_empty() {
            self.wheres.push(Where::new(text)?);
        }
        Ok(self)
    }

    /// Whether every goroutine passes as it is.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
            && self.min_wait.is_none()
            && self.max_wait.is_none()
            && self.created_by.is_none()
            && self.labels.is_empty()
            && self.wheres.is_empty()
            && self.pprof.is_empty()
    }

    /// The filter for `dump`. Tests that its format cannot answer are left out; [`Filter::notes`]
    /// says which.
    pub fn for_dump(&self, dump: &Dump) -> Matcher {
        let head = |id| self.head_passes(dump, dump.head(HeadId::from(id)));
        let heads = self.states.is_empty() && self.min_wait.is_none() && self.max_wait.is_none();
        let ids = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
        let heads = if heads { Vec::new() } else { ids(dump.head_count()).map(head).collect() };
        let creators = match &self.created_by {
            Some(test) if dump.has_creators() => std::iter::once(false)
                .chain(
                    (1..)
                        .map_while(|id| dump.creator(CreatorId::from(id)))
                        .map(|creator| test.matches(dump.str(creator.function))),
                )
                .collect(),
            _ => Vec::new(),
        };
        let stacks = if self.pprof.has_stack_tests() {
            let edit = self.pprof.edit(dump);
            let left = |id| edit.left(dump, StackId::from(id)).is_some();
            ids(dump.stack_count()).map(left).collect()
        } else {
            Vec::new()
        };
        let compile = |one: &Where| eval::compile(dump, &one.expr, &one.tests);
        let programs = self.wheres.iter().map(compile).collect();
        Matcher { heads, stacks, creators, labels: self.label_table(dump), programs }
    }

    fn label_table(&self, dump: &Dump) -> Vec<bool> {
        if self.labels.is_empty() && self.pprof.tagfocus.is_none() && self.pprof.tagignore.is_none()
        {
            return Vec::new();
        }
        let passes = |id: LabelsId| {
            self.labels.iter().all(|test| test.matches(dump.labels(id)))
                && self.pprof.labels_pass(dump, id)
        };
        (0..label_set_count(dump)).map(LabelsId::from).map(passes).collect()
    }

    fn head_passes(&self, dump: &Dump, head: Head) -> bool {
        let state = dump.str(head.state);
        let seconds = head.minutes.map_or(0, |minutes| u64::from(minutes) * 60);
        let ages = dump.has_ages();
        (self.states.is_empty() || self.states.iter().any(|test| test.matches(state)))
            && (!ages || self.min_wait.as_ref().is_none_or(|min| min.seconds <= seconds))
            && (!ages || self.max_wait.as_ref().is_none_or(|max| seconds <= max.seconds))
    }
}

/// Number of distinct label sets of `dump`, the empty one included.
pub(super) fn label_set_count(dump: &Dump) -> u32 {
    // Only id 0 is empty, and ids are dense.
    (1..u32::MAX).find(|id| dump.labels(LabelsId::from(*id)).len() == 0).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
