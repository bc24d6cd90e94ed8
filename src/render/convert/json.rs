//! JSON with everything that was read, as grammar/dump.schema.json describes it: tables of stacks and
//! goroutines that refer to them, so that its size follows the number of goroutines and of stacks.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::rows::{Labels, Place};
use crate::model::{
    Access, Account, Ancestor, ArgWord, Bubble, CallKind, CreatorId, Dump, Frame, Goroutine, Race,
    StackId,
};
use crate::render::harmless::to_line;
use crate::view::Selection;

pub(super) fn write(selections: &[Selection<'_>], out: &mut dyn Write) -> io::Result<()> {
    to_line(
        &Document { schema: "gdump-dump/1", dumps: Seq(|| selections.iter().map(DumpView)) },
        out,
    )
}

/// A list that is made while it is written.
struct Seq<F>(F);

impl<F, I> Serialize for Seq<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for element in (self.0)() {
            list.serialize_element(&element)?;
        }
        list.end()
    }
}

#[derive(Serialize)]
struct Document<D> {
    schema: &'static str,
    dumps: D,
}

/// A dump with its selected goroutines.
struct DumpView<'a, 'd>(&'a Selection<'d>);

#[derive(Serialize)]
struct DumpFields<'a, R, S, G> {
    name: &'a str,
    format: &'static str,
    profile: &'a str,
    bytes: u64,
    taken_at_nanos: Option<i64>,
    duration_nanos: Option<i64>,
    preamble: Option<&'a str>,
    wrapping: Option<&'a str>,
    stated_total: Option<i64>,
    truncation: Option<TruncationView>,
    account: AccountView,
    problems: Vec<ProblemView<'a>>,
    more_problems: u64,
    runtime_stacks: R,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    races: Vec<RaceView<'a>>,
    stacks: S,
    goroutines: G,
}

#[derive(Serialize)]
struct TruncationView {
    reason: &'static str,
    at_byte: u64,
}

#[derive(Serialize)]
struct ProblemView<'a> {
    message: &'a str,
    offset: u64,
    length: u64,
    line: u64,
    column: u64,
    excerpt: &'a str,
}

#[derive(Serialize)]
struct AccountView {
    whole: i64,
    cut_off: u64,
    partial: u64,
    not_understood: u64,
    repeated: u64,
    ignored_lines: u64,
    skipped_lines: u64,
    understood_lines: u64,
    problem_lines: u64,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            whole: account.whole,
            cut_off: account.cut_off,
            partial: account.partial,
            not_understood: account.not_understood,
            repeated: account.repeated,
            ignored_lines: account.ignored_lines,
            skipped_lines: account.skipped_lines,
            understood_lines: account.understood_lines,
            problem_lines: account.problem_lines,
        }
    }
}

impl Serialize for DumpView<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let selection = self.0;
        let dump = selection.dump;
        let used = used_stacks(selection);
        let number = |id: StackId| used.get(id.index()).copied().unwrap_or(0);
        let stacks = || {
            let ids = (0u32..).map(StackId::from).take(dump.stack_count());
            let ids = ids.filter(|id| *id == StackId::default() || number(*id) > 0);
            ids.map(move |id| {
                Seq(move || dump.stack(id).iter().map(move |f| frame(dump, dump.frame(*f))))
            })
        };
        DumpFields {
            name: &dump.name,
            format: dump.format.name(),
            profile: &dump.profile,
            bytes: dump.bytes,
            taken_at_nanos: dump.taken_at_nanos,
            duration_nanos: dump.duration_nanos,
            preamble: dump.preamble.as_deref(),
            wrapping: dump.wrapping.as_deref(),
            stated_total: dump.stated_total,
            truncation: dump
                .truncation
                .map(|t| TruncationView { reason: t.reason.name(), at_byte: t.at_byte }),
            account: dump.account.into(),
            problems: dump
                .problems
                .iter()
                .map(|p| ProblemView {
                    message: &p.message,
                    offset: p.offset,
                    length: p.length,
                    line: p.line,
                    column: p.column,
                    excerpt: &p.excerpt,
                })
                .collect(),
            more_problems: dump.more_problems,
            runtime_stacks: Seq(|| dump.runtime_stacks().iter().map(|id| number(*id))),
            races: dump.races().iter().map(|race| RaceView::new(dump, race, number)).collect(),
            stacks: Seq(stacks),
            goroutines: Seq(|| selection.goroutines().map(|g| GoroutineView::new(dump, g, &used))),
        }
        .serialize(serializer)
    }
}

/// For each stack of the dump its number among those that the selection uses; 0 is the empty stack.
fn used_stacks(selection: &Selection<'_>) -> Vec<u32> {
    let dump = selection.dump;
    let mut numbers = vec![0; dump.stack_count()];
    let mut mark = |id: StackId| numbers.get_mut(id.index()).into_iter().for_each(|n| *n = 1);
    dump.runtime_stacks().iter().for_each(|id| mark(*id));
    for access in dump.races().iter().flat_map(|race| &race.accesses) {
        mark(access.stack);
        mark(access.created);
    }
    for goroutine in selection.goroutines() {
        mark(goroutine.row().stack);
        goroutine.ancestors().iter().for_each(|ancestor| mark(ancestor.stack));
    }
    let mut next = 0;
    for number in numbers.iter_mut().skip(1).filter(|number| **number > 0) {
        next += 1;
        *number = next;
    }
    numbers.first_mut().into_iter().for_each(|empty| *empty = 0);
    numbers
}

/// A report of the race detector.
#[derive(Serialize)]
struct RaceView<'a> {
    accesses: Vec<AccessView<'a>>,
}

#[derive(Serialize)]
struct AccessView<'a> {
    operation: &'static str,
    previous: bool,
    address: Option<String>,
    goroutine: u64,
    state: Option<&'a str>,
    stack: u32,
    created_stack: u32,
}

impl<'a> RaceView<'a> {
    fn new(dump: &'a Dump, race: &'a Race, number: impl Fn(StackId) -> u32) -> Self {
        let view = |access: &'a Access| AccessView {
            operation: access.operation.name(),
            previous: access.previous,
            address: access.address.map(|address| format!("{address:#x}")),
            goroutine: access.goid,
            state: Some(dump.str(access.state)).filter(|state| !state.is_empty()),
            stack: number(access.stack),
            created_stack: number(access.created),
        };
        Self { accesses: race.accesses.iter().map(view).collect() }
    }
}

/// A frame as it was read.
#[derive(Serialize)]
#[serde(untagged)]
enum FrameView<'a> {
    Call { function: &'a str, file: &'a str, line: u32, kind: &'static str },
    Address { address: String },
    Elided { elided: Option<u32> },
}

fn frame(dump: &Dump, frame: Frame) -> FrameView<'_> {
    match frame {
        Frame::Call { function, file, line, kind } => {
            let kind = match kind {
                CallKind::Plain => "call",
                CallKind::Inlined => "inlined",
                CallKind::NonGo => "non-go",
            };
            FrameView::Call { function: dump.str(function), file: dump.str(file), line, kind }
        }
        Frame::Address(address) => FrameView::Address { address: format!("{address:#x}") },
        Frame::Elided(elided) => FrameView::Elided { elided },
    }
}

#[derive(Serialize)]
struct GoroutineView<'a> {
    goid: Option<u64>,
    count: i64,
    state: Option<&'a str>,
    inferred: bool,
    wait_minutes: Option<u32>,
    leaked: bool,
    scan: bool,
    durable: bool,
    locked: bool,
    cut: bool,
    bubble: Option<BubbleView>,
    labels: Labels<'a>,
    created_by: Option<Place<'a>>,
    creator_goid: Option<u64>,
    stack: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    args: Vec<ArgView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ancestors: Vec<AncestorView<'a>>,
}

#[derive(Serialize)]
struct BubbleView {
    kind: &'static str,
    id: u64,
}

#[derive(Serialize)]
struct ArgView {
    frame: u16,
    position: u8,
    value: String,
    exact: bool,
}

#[derive(Serialize)]
struct AncestorView<'a> {
    goid: u64,
    stack: u32,
    created_by: Option<Place<'a>>,
}

impl<'a> GoroutineView<'a> {
    fn new(dump: &'a Dump, goroutine: Goroutine<'a>, used: &[u32]) -> Self {
        let head = goroutine.head();
        let number = |id: StackId| used.get(id.index()).copied().unwrap_or(0);
        let arg = |word: ArgWord| ArgView {
            frame: word.frame,
            position: word.position,
            value: format!("{:#x}", word.value),
            exact: word.exact,
        };
        let ancestor = |ancestor: &Ancestor| AncestorView {
            goid: ancestor.goid,
            stack: number(ancestor.stack),
            created_by: creator(dump, ancestor.creator),
        };
        Self {
            goid: goroutine.goid(),
            count: goroutine.count(),
            state: Some(goroutine.state()).filter(|state| !state.is_empty()),
            inferred: head.inferred,
            wait_minutes: head.minutes,
            leaked: head.leaked,
            scan: head.scan,
            durable: head.durable,
            locked: head.locked,
            cut: head.cut,
            bubble: head.bubble.map(|bubble| match bubble {
                Bubble::Group(id) => BubbleView { kind: "group", id },
                Bubble::Bubble(id) => BubbleView { kind: "bubble", id },
            }),
            labels: Labels(goroutine),
            created_by: creator(dump, goroutine.row().creator),
            creator_goid: goroutine.creator_goid(),
            stack: number(goroutine.row().stack),
            args: goroutine.args().iter().map(arg).collect(),
            ancestors: goroutine.ancestors().iter().map(ancestor).collect(),
        }
    }
}

fn creator(dump: &Dump, id: CreatorId) -> Option<Place<'_>> {
    dump.creator(id).map(|creator| Place {
        function: dump.str(creator.function),
        file: dump.str(creator.file),
        line: creator.line,
    })
}
