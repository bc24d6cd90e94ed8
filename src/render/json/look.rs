//! What `list`, `show`, `tree` and `groups` say beside what all commands say.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::view::{FrameView, GroupView};
use crate::diagnose::Sight;
use crate::diagnose::standing::{Standing, standing};
use crate::render::convert::rows::{Row, Rows};
use crate::render::wording;
use crate::view::Summary;
use crate::view::inspect::Inspection;
use crate::view::listing::Listing;
use crate::view::tree::{Node, Place, Tree};

/// Some groups of each dump.
pub(super) struct Groups<'a, 'd> {
    pub(super) summaries: &'a [Summary<'d>],
    pub(super) skip: usize,
    pub(super) top: usize,
    pub(super) ids: usize,
}

impl Groups<'_, '_> {
    /// Gives each group to `put`; they are made one by one.
    pub(super) fn each<E>(
        &self,
        mut put: impl FnMut(&GroupView<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for summary in self.summaries {
            let end = self.skip.saturating_add(self.top).min(summary.grouping.len());
            for index in self.skip..end {
                if let Some(group) = summary.grouping.group(&summary.stacks, index, self.ids) {
                    put(&GroupView::new(summary, &group))?;
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Groups<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.each(|group| list.serialize_element(group))?;
        list.end()
    }
}

/// Fields of `list`.
#[derive(serde::Serialize)]
pub(super) struct ListBody<'a, 'd> {
    goroutines: Listed<'a, 'd>,
    page: Page,
}

#[derive(serde::Serialize)]
struct Page {
    skipped: usize,
    rest: usize,
}

impl<'a, 'd> ListBody<'a, 'd> {
    pub(super) fn new(lists: &'a [Listing<'d>]) -> Self {
        let page = Page {
            skipped: lists.iter().map(|list| list.skipped).sum(),
            rest: lists.iter().map(|list| list.rest).sum(),
        };
        Self { goroutines: Listed(lists), page }
    }
}

struct Listed<'a, 'd>(&'a [Listing<'d>]);

impl Serialize for Listed<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for list in self.0 {
            let rows = Rows::new(&list.page);
            for goroutine in list.page.goroutines() {
                seq.serialize_element(&rows.row(goroutine))?;
            }
        }
        seq.end()
    }
}

/// Fields of `tree`.
#[derive(serde::Serialize)]
pub(super) struct TreeBody<'a> {
    tree: Vec<TreeView<'a>>,
}

#[derive(serde::Serialize)]
struct TreeView<'a> {
    input: &'a str,
    by_function: bool,
    left_out: u64,
    nodes: Vec<NodeView<'a>>,
}

#[derive(serde::Serialize)]
struct NodeView<'a> {
    parent: Option<usize>,
    depth: usize,
    count: u64,
    below: u64,
    ghost: bool,
    context: bool,
    goids: &'a [u64],
    function: &'a str,
    file: &'a str,
    line: u32,
    created_by: Option<PlaceView<'a>>,
    states: Vec<StateView<'a>>,
    hidden: u64,
}

#[derive(serde::Serialize)]
struct StateView<'a> {
    state: &'a str,
    count: u64,
}

#[derive(serde::Serialize)]
struct PlaceView<'a> {
    function: &'a str,
    file: &'a str,
    line: u32,
    via: Option<&'a str>,
}

impl<'a> From<Place<'a>> for PlaceView<'a> {
    fn from(Place { function, file, line, via }: Place<'a>) -> Self {
        Self { function, file, line, via }
    }
}

impl<'a> TreeBody<'a> {
    pub(super) fn new(trees: &'a [Tree<'_>]) -> Self {
        let node = |node: &'a Node<'_>| NodeView {
            parent: node.parent,
            depth: node.depth,
            count: node.count,
            below: node.below,
            ghost: node.ghost,
            context: node.context,
            goids: &node.goids,
            function: node.function,
            file: node.file,
            line: node.line,
            created_by: node.created_by.map(Into::into),
            states: node
                .states
                .iter()
                .map(|(state, count)| StateView { state, count: *count })
                .collect(),
            hidden: node.hidden,
        };
        let one = |tree: &'a Tree<'_>| TreeView {
            input: &tree.summary.dump.name,
            by_function: tree.by_function,
            left_out: tree.left_out,
            nodes: tree.nodes.iter().map(node).collect(),
        };
        Self { tree: trees.iter().map(one).collect() }
    }
}

/// Fields of `show`.
#[derive(serde::Serialize)]
pub(super) struct ShowBody<'a> {
    shown: Vec<Goroutine<'a>>,
}

#[derive(serde::Serialize)]
struct Goroutine<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// Every frame, also those of the runtime.
    frames: Vec<FrameView<'a>>,
    arguments: Vec<Argument>,
    creators: Vec<Creator<'a>>,
    more_creators: bool,
    children: Vec<Child<'a>>,
    alike: i64,
    standing: &'static str,
    why: Option<String>,
    findings: Vec<String>,
}

#[derive(serde::Serialize)]
struct Argument {
    frame: u16,
    position: u8,
    value: String,
    exact: bool,
}

#[derive(serde::Serialize)]
struct Creator<'a> {
    goid: Option<u64>,
    alive: bool,
    state: Option<&'a str>,
    function: &'a str,
    created_by: Option<PlaceView<'a>>,
}

#[derive(serde::Serialize)]
struct Child<'a> {
    count: u64,
    state: &'a str,
    function: &'a str,
    file: &'a str,
    line: u32,
    goids: &'a [u64],
}

impl<'a> ShowBody<'a> {
    pub(super) fn new<'d>(
        sights: &'a [Sight<'d>],
        rows: &'a [Rows<'d>],
        shown: &'a [Vec<Inspection<'d>>],
    ) -> Self {
        let all = sights.iter().zip(rows).zip(shown);
        let each = all.flat_map(|((sight, rows), list)| {
            list.iter().map(move |one| goroutine(sight, rows, one))
        });
        Self { shown: each.collect() }
    }
}

fn goroutine<'a, 'd>(
    sight: &'a Sight<'d>,
    rows: &'a Rows<'d>,
    one: &'a Inspection<'d>,
) -> Goroutine<'a> {
    let dump = sight.facts.dump();
    let stacks = &sight.facts.summary.stacks;
    let of_diagnosis = standing(sight, one.goroutine);
    let (standing, why, found): (_, _, &[usize]) = match &of_diagnosis {
        Standing::Found(found) => ("finding", None, found),
        Standing::Fine(why) => ("fine", Some(wording::fine(why)), &[]),
        Standing::Plain => ("unremarkable", None, &[]),
        Standing::System => ("system", None, &[]),
        Standing::Writer => ("writer", None, &[]),
    };
    let found = found.iter().filter_map(|index| sight.findings.get(*index));
    let argument = |word: crate::model::ArgWord| Argument {
        frame: word.frame,
        position: word.position,
        value: format!("{:#x}", word.value),
        exact: word.exact,
    };
    Goroutine {
        row: rows.row(one.goroutine),
        frames: dump
            .stack(one.goroutine.stack())
            .iter()
            .map(|id| stacks.shown(*id).into())
            .collect(),
        arguments: one.goroutine.args().iter().map(argument).collect(),
        creators: one
            .creators
            .iter()
            .map(|link| Creator {
                goid: link.goid,
                alive: link.alive,
                state: Some(link.state).filter(|state| !state.is_empty()),
                function: link.function,
                created_by: link.created_by.map(Into::into),
            })
            .collect(),
        more_creators: one.more_creators,
        children: one
            .children
            .iter()
            .map(|kin| Child {
                count: kin.count,
                state: kin.state,
                function: kin.function,
                file: kin.file,
                line: kin.line,
                goids: &kin.goids,
            })
            .collect(),
        alike: one.alike,
        standing,
        why,
        findings: found.map(|finding| format!("{:016x}", sight.id(finding))).collect(),
    }
}
