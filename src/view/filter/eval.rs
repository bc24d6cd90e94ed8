//! An expression applied to a dump. What depends on the state, the stack, the creator or the labels alone
//! is decided once for each distinct one; only the rest is asked of every goroutine.
//!
//! # What a dump does not say
//!
//! A test of a field that the dump's format lacks (ages and creators at debug=1, ids of aggregated
//! formats) is neither true nor false, and `&&`, `||` and `!` keep it so unless the other side decides. A
//! goroutine of which the whole expression is neither passes: a filter hides nothing that it cannot
//! judge, as `--min-wait` does not, and a note says so. Where the format has the field every goroutine has
//! a value: no minutes in a header are 0 minutes (Go prints them from 1 on), no label is the empty text,
//! no creator is the empty text and id 0.

use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::syntax::{Expr, Field, Test, Type};
use crate::model::{CreatorId, Dump, Head, HeadId, LabelsId, Row, StackId, Symbol};
use crate::view::canon::{Shown, Stacks};
use crate::view::filter::{label_set_count, notes};

/// What a test says; `None` if the dump does not say.
pub(super) type Verdict = Option<bool>;

/// What an expression depends on, one bit each.
const HEAD: u8 = 1;
const STACK: u8 = 2;
const CREATOR: u8 = 4;
const LABELS: u8 = 8;
const ROW: u8 = 16;

/// An expression with the tables that it was made of.
pub(super) enum Program {
    Known(Verdict),
    Heads(Vec<Verdict>),
    Stacks(Vec<Verdict>),
    Creators(Vec<Verdict>),
    Labels(Vec<Verdict>),
    /// Of stack and creator together.
    Traces(FxHashMap<(StackId, CreatorId), Verdict>),
    /// Of the goroutine's own id, or its creator's.
    Row(Test),
    Any(Vec<Program>),
    All(Vec<Program>),
    Not(Box<Program>),
}

impl Program {
    /// Whether it asks for ids.
    pub(super) fn asks_for_ids(&self) -> bool {
        match self {
            Self::Row(_) => true,
            Self::Any(list) | Self::All(list) => list.iter().any(Self::asks_for_ids),
            Self::Not(one) => one.asks_for_ids(),
            _ => false,
        }
    }

    /// What the expression says of the goroutine in `row`.
    pub(super) fn verdict(&self, row: &Row) -> Verdict {
        let at = |list: &[Verdict], index: usize| list.get(index).copied().flatten();
        match self {
            Self::Known(verdict) => *verdict,
            Self::Heads(list) => at(list, row.head.index()),
            Self::Stacks(list) => at(list, row.stack.index()),
            Self::Creators(list) => at(list, row.creator.index()),
            Self::Labels(list) => at(list, row.labels.index()),
            Self::Traces(map) => map.get(&(row.stack, row.creator)).copied().flatten(),
            Self::Row(test) => Some(row_test(test, row)),
            Self::Any(list) => any(list.iter().map(|one| one.verdict(row))),
            Self::All(list) => all(list.iter().map(|one| one.verdict(row))),
            Self::Not(one) => one.verdict(row).map(|held| !held),
        }
    }
}

/// True if one is, false if all are.
pub(super) fn any(list: impl Iterator<Item = Verdict>) -> Verdict {
    let mut sum = Some(false);
    for verdict in list {
        match verdict {
            Some(true) => return verdict,
            Some(false) => {}
            None => sum = None,
        }
    }
    sum
}

/// True if all are, false if one is.
pub(super) fn all(list: impl Iterator<Item = Verdict>) -> Verdict {
    any(list.map(|verdict| verdict.map(|held| !held))).map(|held| !held)
}

fn judge(expr: &Expr, test: &mut dyn FnMut(usize) -> Verdict) -> Verdict {
    match expr {
        Expr::Test(index) => test(*index),
        Expr::Not(inner) => judge(inner, test).map(|held| !held),
        Expr::Any(list) => any(list.iter().map(|one| judge(one, test))),
        Expr::All(list) => all(list.iter().map(|one| judge(one, test))),
    }
}

fn row_test(test: &Test, row: &Row) -> bool {
    let id = if test.field == Field::Id { row.goid } else { row.creator_goid };
    test.predicate.of_number(i128::from(id) * 1000)
}

/// Makes the program of `expr` for `dump`.
pub(super) fn compile(dump: &Dump, expr: &Expr, tests: &[Test]) -> Program {
    Compiler::new(dump, tests).program(expr)
}

/// One of many.
type Make<T> = fn(Vec<T>) -> T;

struct Compiler<'d, 't> {
    dump: &'d Dump,
    tests: &'t [Test],
    /// Whether the dump says anything of the field of each test.
    says: Vec<bool>,
    stacks: Stacks<'d>,
    /// Goroutines with each canonical stack, if a test asks.
    counts: Vec<i64>,
    /// For each test of frames what it says of every frame.
    frames: Vec<Vec<bool>>,
}

impl<'d, 't> Compiler<'d, 't> {
    fn new(dump: &'d Dump, tests: &'t [Test]) -> Self {
        let stacks = Stacks::new(dump);
        let mut counts = vec![0i64; stacks.len()];
        if tests.iter().any(|test| test.field == Field::Count) {
            for goroutine in dump.goroutines() {
                let number = stacks.canonical(goroutine.row().stack) as usize;
                if let Some(count) = counts.get_mut(number) {
                    *count = count.saturating_add(goroutine.count());
                }
            }
        }
        let frames = tests.iter().map(|test| frame_hits(dump, &stacks, test)).collect();
        let says = tests.iter().map(|test| notes::says(dump, &test.field)).collect();
        Self { dump, tests, says, stacks, counts, frames }
    }

    fn depends(&self, expr: &Expr) -> u8 {
        match expr {
            Expr::Test(index) => match self.tests.get(*index).map(|test| &test.field) {
                _ if !self.says.get(*index).copied().unwrap_or(false) => 0,
                None => 0,
                Some(Field::Id | Field::CreatorId) => ROW,
                Some(
                    Field::State | Field::Wait | Field::Locked | Field::Leaked | Field::Inferred,
                ) => HEAD,
                Some(Field::CreatedBy) => CREATOR,
                Some(Field::Label(_)) => LABELS,
                Some(Field::Trace) if self.dump.has_creators() => STACK | CREATOR,
                Some(_) => STACK,
            },
            Expr::Not(inner) => self.depends(inner),
            Expr::Any(list) | Expr::All(list) => {
                list.iter().fold(0, |bits, one| bits | self.depends(one))
            }
        }
    }

    fn program(&self, expr: &Expr) -> Program {
        let ids = |count: usize| 0..u32::try_from(count).unwrap_or(u32::MAX);
        match self.depends(expr) {
            0 => Program::Known(judge(expr, &mut |_| None)),
            HEAD => Program::Heads(
                ids(self.dump.head_count())
                    .map(|id| self.dump.head(HeadId::from(id)))
                    .map(|head| judge(expr, &mut |test| self.of_head(test, head)))
                    .collect(),
            ),
            STACK => {
                let of = |number| judge(expr, &mut |test| self.of_stack(test, number, None));
                let canonical: Vec<Verdict> = ids(self.stacks.len()).map(of).collect();
                let number = |id| self.stacks.canonical(StackId::from(id)) as usize;
                let all = ids(self.dump.stack_count());
                let verdict = |id| canonical.get(number(id)).copied().flatten();
                Program::Stacks(all.map(verdict).collect())
            }
            CREATOR => {
                let known =
                    (1..).take_while(|id| self.dump.creator(CreatorId::from(*id)).is_some());
                let all = std::iter::once(0).chain(known).map(CreatorId::from);
                let of = |id| judge(expr, &mut |test| self.of_creator(test, id));
                Program::Creators(all.map(of).collect())
            }
            LABELS => {
                let all = (0..label_set_count(self.dump)).map(LabelsId::from);
                let of = |id| judge(expr, &mut |test| self.of_labels(test, id));
                Program::Labels(all.map(of).collect())
            }
            bits if bits == STACK | CREATOR && !self.can_split(expr) => self.traces(expr),
            _ => self.split(expr),
        }
    }

    /// Whether `expr` has parts that depend on less.
    fn can_split(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Test(_) => false,
            Expr::Not(inner) => self.can_split(inner),
            Expr::Any(list) | Expr::All(list) => {
                list.iter().any(|one| self.depends(one).is_power_of_two())
            }
        }
    }

    /// Parts that depend on the same are put together.
    fn split(&self, expr: &Expr) -> Program {
        let (list, make, many): (_, Make<Expr>, Make<Program>) = match expr {
            Expr::Any(list) => (list, Expr::Any, Program::Any),
            Expr::All(list) => (list, Expr::All, Program::All),
            Expr::Not(inner) => return Program::Not(Box::new(self.program(inner))),
            Expr::Test(index) => {
                return self.tests.get(*index).cloned().map_or(Program::Known(None), Program::Row);
            }
        };
        let mut parts: Vec<(u8, Vec<Expr>)> = Vec::new();
        for one in list {
            let bits = self.depends(one);
            let alike = parts
                .iter_mut()
                .find(|(other, _)| *other == bits && bits != ROW && bits.count_ones() <= 1);
            match alike {
                Some((_, list)) => list.push(one.clone()),
                None => parts.push((bits, vec![one.clone()])),
            }
        }
        let mut programs = Vec::with_capacity(parts.len());
        for (_, mut part) in parts {
            let one = if part.len() == 1 { part.pop() } else { Some(make(part)) };
            programs.extend(one.map(|one| self.program(&one)));
        }
        many(programs)
    }

    /// Stacks and creators as they come together in the dump.
    fn traces(&self, expr: &Expr) -> Program {
        let mut map = FxHashMap::default();
        let mut canonical: FxHashMap<(u32, CreatorId), Verdict> = FxHashMap::default();
        let mut last = None;
        for goroutine in self.dump.goroutines() {
            let row = goroutine.row();
            let key = (row.stack, row.creator);
            if last == Some(key) {
                continue;
            }
            last = Some(key);
            map.entry(key).or_insert_with(|| {
                let number = self.stacks.canonical(row.stack);
                *canonical.entry((number, row.creator)).or_insert_with(|| {
                    judge(expr, &mut |test| match self.tests.get(test).map(|t| &t.field) {
                        Some(Field::CreatedBy) => self.of_creator(test, row.creator),
                        _ => self.of_stack(test, number, Some(row.creator)),
                    })
                })
            });
        }
        Program::Traces(map)
    }

    /// The test, if the dump says something of its field.
    fn said(&self, test: usize) -> Option<&'t Test> {
        self.says.get(test).copied().filter(|says| *says)?;
        self.tests.get(test)
    }

    fn of_head(&self, test: usize, head: Head) -> Verdict {
        let Test { field, predicate } = self.said(test)?;
        Some(match field {
            Field::State => predicate.of_text(self.dump.str(head.state)),
            Field::Wait => predicate.of_number(i128::from(head.minutes.unwrap_or(0)) * 60_000),
            Field::Locked => head.locked,
            Field::Leaked => head.leaked,
            _ => head.inferred,
        })
    }

    fn of_creator(&self, test: usize, id: CreatorId) -> Verdict {
        let test = self.said(test)?;
        let function = self.dump.creator(id).map_or("", |creator| self.dump.str(creator.function));
        Some(test.predicate.of_text(function))
    }

    fn of_labels(&self, test: usize, id: LabelsId) -> Verdict {
        let Test { field, predicate } = self.said(test)?;
        let Field::Label(key) = field else { return None };
        let value = self.dump.labels(id).find(|(name, _)| name == key);
        Some(predicate.of_text(value.map_or("", |(_, value)| value)))
    }

    fn of_stack(&self, index: usize, number: u32, creator: Option<CreatorId>) -> Verdict {
        let Test { field, predicate } = self.said(index)?;
        let stack = self.stacks.sample(number);
        let name = |id: Option<_>| id.map_or(String::new(), |id| function(self.stacks.shown(id)));
        Some(match field {
            Field::Count => {
                let count = self.counts.get(number as usize).copied().unwrap_or(0);
                predicate.of_number(i128::from(count) * 1000)
            }
            Field::Depth => predicate.of_number(i128::from(self.stacks.depth(stack)) * 1000),
            Field::Trace => predicate.of_text(&trace(self.dump, &self.stacks, stack, creator)),
            Field::Top => predicate.of_text(&name(self.stacks.visible(stack).next())),
            Field::User => predicate.of_text(&name(self.stacks.user(stack))),
            Field::Start => predicate.of_text(&name(self.stacks.visible(stack).next_back())),
            _ => {
                let hits = self.frames.get(index)?;
                let mut frames = self.stacks.visible(stack);
                frames.any(|id| hits.get(id.index()).copied().unwrap_or(false))
            }
        })
    }
}

/// What `test` says of every frame of the dump; empty if it is no test of frames.
fn frame_hits(dump: &Dump, stacks: &Stacks<'_>, test: &Test) -> Vec<bool> {
    if !matches!(test.field, Field::Func | Field::Package | Field::File | Field::Line) {
        return Vec::new();
    }
    let ids = 0..u32::try_from(dump.frame_count()).unwrap_or(u32::MAX);
    ids.map(|id| frame_holds(test, stacks.shown(id.into()))).collect()
}

/// Whether `test`, which is one of frames, holds of `frame`.
pub(super) fn frame_holds(test: &Test, frame: Shown<'_>) -> bool {
    match (frame, &test.field) {
        (Shown::Elided(_), _) => false,
        (Shown::Call { line, .. }, Field::Line) => {
            test.predicate.of_number(i128::from(line) * 1000)
        }
        (Shown::Call { file, .. }, Field::File) => test.predicate.of_text(file),
        (Shown::Call { function, .. }, Field::Package) => {
            test.predicate.of_text(Symbol::new(function).package())
        }
        (_, Field::Func) => test.predicate.of_text(&function(frame)),
        (Shown::Address(_), field) => field.kind() == Type::Text && test.predicate.of_text(""),
        _ => false,
    }
}

/// The name of a function; of a program counter without a name its number.
pub(super) fn function(frame: Shown<'_>) -> String {
    match frame {
        Shown::Call { function, .. } => function.to_owned(),
        Shown::Address(address) => format!("{address:#x}"),
        Shown::Elided(_) => String::new(),
    }
}

/// The stack as Go prints it, without arguments, and the creator if it is asked for.
pub(super) fn trace(
    dump: &Dump,
    stacks: &Stacks<'_>,
    stack: StackId,
    creator: Option<CreatorId>,
) -> String {
    let mut out = String::new();
    for id in stacks.visible(stack) {
        let _ = match stacks.shown(id) {
            Shown::Call { function, file, line, .. } => {
                writeln!(out, "{function}\n\t{file}:{line}")
            }
            Shown::Address(address) => writeln!(out, "{address:#x}"),
            Shown::Elided(Some(n)) => writeln!(out, "...{n} frames elided..."),
            Shown::Elided(None) => writeln!(out, "...additional frames elided..."),
        };
    }
    if let Some(creator) = creator.and_then(|id| dump.creator(id)) {
        let (function, file) = (dump.str(creator.function), dump.str(creator.file));
        let _ = writeln!(out, "created by {function}\n\t{file}:{}", creator.line);
    }
    out
}
