//! Groups of small dumps.

use super::*;
use crate::model::{CallKind, Creator, DumpBuilder, Format, Frame, Head, LabelsId, Row, StackId};

struct Maker(DumpBuilder);

impl Maker {
    fn stack(&mut self, functions: &[(&str, u32)]) -> StackId {
        let frame = |(name, line): &(&str, u32)| {
            let function = self.0.function(name.as_bytes());
            let file = self.0.string(b"/src/f.go");
            self.0.frame(Frame::Call { function, file, line: *line, kind: CallKind::default() })
        };
        let frames: Vec<_> = functions.iter().map(frame).collect();
        self.0.stack(&frames)
    }

    fn add(&mut self, goid: u64, stack: StackId, state: &str, minutes: Option<u32>) {
        self.add_labelled(goid, stack, state, minutes, LabelsId::default());
    }

    fn add_labelled(
        &mut self,
        goid: u64,
        stack: StackId,
        state: &str,
        minutes: Option<u32>,
        labels: LabelsId,
    ) {
        let state = self.0.string(state.as_bytes());
        let head = self.0.head(Head { state, minutes, ..Head::default() });
        let function = self.0.string(b"main.start");
        let creator = self.0.creator(Creator { function, file: function, line: 7 });
        self.0.push(Row { goid, creator_goid: goid % 2 + 1, stack, head, creator, labels });
    }
}

fn dump() -> Dump {
    let mut maker = Maker(DumpBuilder::new("test", Format::Debug2));
    let send = maker.stack(&[("main.send", 5), ("main.run", 6)]);
    let read =
        maker.stack(&[("net.(*conn).Read", 1), ("example.com/a/b.read", 9), ("main.run", 6)]);
    let a = {
        let (key, value) = (maker.0.string(b"tenant"), maker.0.string(b"a"));
        maker.0.labels(&[(key, value)])
    };
    maker.add(10, read, "IO wait", Some(90));
    maker.add(11, send, "chan send", None);
    maker.add(12, send, "chan send", Some(3));
    maker.add_labelled(13, send, "chan send", Some(200), a);
    maker.add(14, send, "select", Some(2));
    maker.0.finish()
}

fn groups<'d>(dump: &'d Dump, stacks: &Stacks<'d>, by: &By) -> Vec<Group<'d>> {
    let grouping = Grouping::new(dump, stacks, by, |_| true);
    (0..grouping.len()).filter_map(|index| grouping.group(stacks, index, 2)).collect()
}

#[test]
fn by_stack_and_state_ordered_by_count_then_wait() {
    let dump = dump();
    let stacks = Stacks::new(&dump);
    let groups = groups(&dump, &stacks, &By::Stack);
    let shape: Vec<_> = groups.iter().map(|g| (g.count, g.states[0].state, g.wait.max)).collect();
    assert_eq!(
        shape,
        [(3, "chan send", Some(200)), (1, "IO wait", Some(90)), (1, "select", Some(2))]
    );
    let first = &groups[0];
    assert_eq!((first.goids.as_slice(), first.goid_count), (&[11, 12][..], 3));
    assert_eq!(first.creators.len(), 1);
    assert_eq!((first.creators[0].count, first.creators[0].goroutines), (3, Some(2)));
    assert_eq!(first.labels[0].values, [("a", 1)]);
    assert_eq!((first.wait.known, first.wait.unknown, first.wait.min), (2, 1, Some(3)));
}

#[test]
fn by_every_other_key() {
    let dump = dump();
    let stacks = Stacks::new(&dump);
    for (by, wanted) in [
        ("user", vec![("main.send", 4), ("example.com/a/b.read", 1)]),
        ("curloc", vec![("main.send", 4), ("net.(*conn).Read", 1)]),
        ("start", vec![("main.run", 5)]),
        ("package", vec![("main", 4), ("example.com/a/b", 1)]),
        ("state", vec![("chan send", 3), ("IO wait", 1), ("select", 1)]),
        ("goloc", vec![("main.start", 5)]),
        ("label:tenant", vec![("(no such label)", 4), ("a", 1)]),
        ("wait", vec![("1m–5m", 2), ("1h–6h", 2), ("under a minute or unknown", 1)]),
    ] {
        let groups = groups(&dump, &stacks, &By::parse(by).unwrap());
        let mut found: Vec<_> =
            groups.iter().map(|g| (g.title.as_deref().unwrap(), g.count)).collect();
        let mut wanted = wanted;
        if by == "wait" {
            found.sort_unstable();
            wanted.sort_unstable();
        }
        assert_eq!(found, wanted, "{by}");
    }
    assert_eq!(By::parse("label:"), None);
}

#[test]
fn fingerprints_forget_lines_and_build_ids_do_not() {
    let id = |line: u32| {
        let mut maker = Maker(DumpBuilder::new("test", Format::Debug2));
        let stack = maker.stack(&[("main.send", line), ("main.run", 6)]);
        maker.add(1, stack, "chan send", None);
        let dump = maker.0.finish();
        let stacks = Stacks::new(&dump);
        let group = groups(&dump, &stacks, &By::Stack).remove(0);
        (group.id, group.build_id)
    };
    assert_eq!(id(5).0, id(7).0);
    assert_ne!(id(5).1, id(7).1);
}
