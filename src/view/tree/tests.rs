use super::*;
use crate::model::{CallKind, Creator, DumpBuilder, Format, Frame, LabelsId, Row};

/// Goroutines as (id, id of the creator, function); each is created by `main.spawn`.
fn dump(goroutines: impl IntoIterator<Item = (u64, u64, &'static str)>) -> Dump {
    let mut builder = DumpBuilder::new("test", Format::Debug2);
    let function = builder.function(b"main.spawn");
    let file = builder.string(b"main.go");
    let creator = builder.creator(Creator { function, file, line: 7 });
    let state = builder.string(b"select");
    let head = builder.head(crate::model::Head { state, ..Default::default() });
    for (goid, creator_goid, name) in goroutines {
        let frames: Vec<_> = name
            .split(' ')
            .map(|name| {
                let function = builder.function(name.as_bytes());
                builder.frame(Frame::Call { function, file, line: 3, kind: CallKind::Plain })
            })
            .collect();
        let stack = builder.stack(&frames);
        let labels = LabelsId::default();
        builder.push(Row { goid, creator_goid, stack, head, creator, labels });
    }
    builder.finish()
}

fn told(tree: &Tree<'_>) -> Vec<String> {
    let one = |node: &Node<'_>| {
        let ghost = if node.ghost { " gone" } else { "" };
        let indent = " ".repeat(node.depth);
        format!("{indent}{}×{}{ghost} +{} {:?}", node.count, node.function, node.below, node.goids)
    };
    tree.nodes.iter().map(one).collect()
}

const ALL: Extent = Extent { depth: usize::MAX, top: usize::MAX };

#[test]
fn equal_subtrees_are_one_and_creators_that_are_gone_are_ghosts() {
    let dump = dump([
        (1, 0, "main.main"),
        (2, 1, "main.serve"),
        (3, 1, "main.serve"),
        (4, 2, "main.work"),
        (5, 3, "main.work"),
        (6, 1, "main.serve"),
        (7, 99, "main.lost"),
        (8, 98, "main.lost"),
    ]);
    let tree = Tree::new(&dump, &Look::default(), ALL).unwrap();
    assert_eq!(
        told(&tree),
        [
            "1×main.main +5 [1]",
            " 2×main.serve +2 [2, 3]",
            "  2×main.work +0 [4, 5]",
            " 1×main.serve +0 [6]",
            "2×main.spawn gone +2 [99, 98]",
            " 2×main.lost +0 [7, 8]",
        ]
    );
    let shallow = Tree::new(&dump, &Look::default(), Extent { depth: 2, top: 1 }).unwrap();
    assert_eq!(told(&shallow).len(), 2);
    // The workers below, the third server, and the second root with its two.
    assert_eq!(shallow.left_out, 2 + 1 + 2);
}

#[test]
fn a_chain_of_a_million_and_a_circle() {
    let chain = (1..=1_000_000u64).map(|goid| (goid, goid - 1, "main.next"));
    let dump_of_chain = dump(chain);
    let tree = Tree::new(&dump_of_chain, &Look::default(), ALL).unwrap();
    assert_eq!(tree.nodes.len(), 1_000_000);
    assert_eq!(tree.nodes.last().map(|node| node.depth), Some(999_999));
    let circle = dump([(1, 3, "main.a"), (2, 1, "main.b"), (3, 2, "main.c"), (4, 4, "main.d")]);
    let tree = Tree::new(&circle, &Look::default(), ALL).unwrap();
    let counted: u64 = tree.nodes.iter().filter(|node| !node.ghost).map(|node| node.count).sum();
    assert_eq!(counted, 4);
}

#[test]
fn helpers_are_looked_through() {
    let mut builder = DumpBuilder::new("test", Format::Debug2);
    let file = builder.string(b"main.go");
    let mut frame = |name: &str, line| {
        let function = builder.function(name.as_bytes());
        builder.frame(Frame::Call { function, file, line, kind: CallKind::Plain })
    };
    let frames = [frame("main.run.func1", 12), frame("sync.(*WaitGroup).Go.func1", 239)];
    let stack = builder.stack(&frames);
    let function = builder.function(b"sync.(*WaitGroup).Go");
    let creator = builder.creator(Creator { function, file, line: 237 });
    builder.push(Row { goid: 5, creator_goid: 1, stack, creator, ..Row::default() });
    let dump = builder.finish();
    let tree = Tree::new(&dump, &Look::default(), ALL).unwrap();
    let node = tree.nodes.last().unwrap();
    assert_eq!((node.function, node.line), ("main.run.func1", 12));
    let place = node.created_by.unwrap();
    assert_eq!((place.function, place.via), ("main.run", Some("sync.(*WaitGroup).Go")));
}

#[test]
fn without_ids_of_creators_functions_stand_in_for_them() {
    let dump = dump([(1, 0, "main.spawn"), (2, 0, "main.work"), (3, 0, "main.work")]);
    let tree = Tree::new(&dump, &Look::default(), ALL).unwrap();
    assert!(tree.by_function);
    assert_eq!(
        told(&tree),
        ["1×main.spawn gone +3 []", " 2×main.work +0 [2, 3]", " 1×main.spawn +0 [1]"]
    );
}
