//! A goroutine, or a record of equal ones, as a row: the same fields in NDJSON and in CSV.

use serde::Serialize;
use serde::ser::Serializer;

use crate::model::{Bubble, Dump, Goroutine, StackId};
use crate::render::json::view::FrameView;
use crate::view::Selection;
use crate::view::canon::{Shown, Stacks};
use crate::view::group::group_id;

/// What the rows of one dump have in common.
pub struct Rows<'d> {
    dump: &'d Dump,
    stacks: Stacks<'d>,
}

/// A row. Fields that the dump's format does not have are `null`.
#[derive(Serialize)]
pub struct Row<'a> {
    /// Name of the input.
    pub input: &'a str,
    /// Goroutine id.
    pub goid: Option<u64>,
    /// Goroutines that the row stands for.
    pub count: i64,
    /// The wait reason where there is one, else the status.
    pub state: Option<&'a str>,
    /// The state was inferred from the frames.
    pub inferred: bool,
    /// How long it has waited, as Go counts: from a garbage collection.
    pub wait_minutes: Option<u32>,
    /// Found by Go's leak detector.
    pub leaked: bool,
    /// Locked to its thread.
    pub locked: bool,
    /// The collector was scanning its stack.
    pub scan: bool,
    /// Durably blocked in a bubble.
    pub durable: bool,
    /// Its text is cut off.
    pub cut: bool,
    /// The `testing/synctest` bubble; in Go 1.24 the id of its root goroutine.
    pub bubble: Option<u64>,
    /// pprof labels.
    pub labels: Labels<'a>,
    /// The `go` statement.
    pub created_by: Option<Place<'a>>,
    /// Id of the goroutine that ran it.
    pub creator_goid: Option<u64>,
    /// Fingerprint of its group by stack and state, as in the reports: the same over builds and hosts.
    pub group: String,
    /// The innermost function that is not of the standard library, and where it is.
    pub user: Option<Place<'a>>,
    /// The frames, innermost first.
    pub stack: Frames<'a>,
}

/// A function with its place.
#[derive(Clone, Copy, Serialize)]
pub struct Place<'a> {
    /// The function's symbol.
    pub function: &'a str,
    /// Its file; empty if not known.
    pub file: &'a str,
    /// Line; 0 if not known.
    pub line: u32,
}

impl<'d> Rows<'d> {
    /// Of the dump of `selection`.
    pub fn new(selection: &Selection<'d>) -> Self {
        Self { dump: selection.dump, stacks: selection.stacks() }
    }

    /// Of `dump`, with whole stacks.
    pub fn of(dump: &'d Dump) -> Self {
        Self { dump, stacks: Stacks::new(dump) }
    }

    /// The row of `goroutine`.
    pub fn row(&self, goroutine: Goroutine<'d>) -> Row<'_> {
        let head = goroutine.head();
        let stack = goroutine.row().stack;
        let place = |function, file, line| Place { function, file, line };
        let user = self.stacks.user(stack).map(|id| self.stacks.shown(id));
        Row {
            input: &self.dump.name,
            goid: goroutine.goid(),
            count: goroutine.count(),
            state: Some(goroutine.state()).filter(|state| !state.is_empty()),
            inferred: head.inferred,
            wait_minutes: head.minutes,
            leaked: head.leaked,
            locked: head.locked,
            scan: head.scan,
            durable: head.durable,
            cut: head.cut,
            bubble: head.bubble.map(|bubble| match bubble {
                Bubble::Group(id) | Bubble::Bubble(id) => id,
            }),
            labels: Labels(goroutine),
            created_by: goroutine
                .creator()
                .map(|c| place(self.dump.str(c.function), self.dump.str(c.file), c.line)),
            creator_goid: goroutine.creator_goid(),
            group: format!("{:016x}", group_id(&self.stacks, stack, goroutine.state())),
            user: user.and_then(|shown| match shown {
                Shown::Call { function, file, line, .. } => Some(place(function, file, line)),
                Shown::Address(_) | Shown::Elided(_) => None,
            }),
            stack: Frames { stacks: &self.stacks, stack },
        }
    }
}

/// Labels as an object.
#[derive(Clone, Copy)]
pub struct Labels<'a>(pub Goroutine<'a>);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.labels())
    }
}

/// The frames of a goroutine in their canonical form, innermost first.
pub struct Frames<'a> {
    stacks: &'a Stacks<'a>,
    stack: StackId,
}

impl Frames<'_> {
    /// The frames as they are shown.
    pub fn each(&self) -> impl DoubleEndedIterator<Item = Shown<'_>> {
        self.stacks.visible(self.stack).map(|id| self.stacks.shown(id))
    }
}

impl Serialize for Frames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.each().map(FrameView::from))
    }
}
