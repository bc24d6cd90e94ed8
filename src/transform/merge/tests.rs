use super::*;
use crate::model::{CallKind, Truncation, TruncationReason};

/// A dump of records: function at the top of the stack, label value, count.
fn dump(format: Format, records: &[(&str, &str, i64)]) -> Dump {
    let mut builder = DumpBuilder::new("x", format);
    for (function, label, count) in records {
        let function = builder.string(function.as_bytes());
        let file = builder.string(b"/x.go");
        let frame = builder.frame(Frame::Call { function, file, line: 1, kind: CallKind::Plain });
        let stack = builder.stack(&[frame]);
        let pair = (builder.string(b"tenant"), builder.string(label.as_bytes()));
        let labels = if label.is_empty() { LabelsId::default() } else { builder.labels(&[pair]) };
        let state = builder.string(b"chan send");
        let head = builder.head(Head { state, ..Head::default() });
        let row = Row { stack, head, labels, ..Row::default() };
        if format == Format::Debug2 {
            for _ in 0..*count {
                let goid = builder.dump().len() as u64 + 10;
                builder.push(Row { goid, ..row });
            }
        } else {
            builder.push_counted(row, *count);
        }
        builder.account().whole += count;
    }
    builder.finish()
}

fn labels(dump: &Dump) -> Vec<String> {
    dump.goroutines().map(|g| g.labels().map(|(_, value)| value).collect()).collect()
}

#[test]
fn labels_come_from_the_counts_where_they_are_certain() {
    let text = dump(Format::Debug2, &[("main.a", "", 2), ("main.b", "", 2), ("main.c", "", 1)]);
    let counts = dump(
        Format::Proto,
        &[("main.a", "t1", 2), ("main.b", "t1", 1), ("main.b", "t2", 1), ("main.d", "t9", 7)],
    );
    let joined = join(text, &counts);
    assert_eq!((joined.by_text, joined.by_counts), (5, 11));
    assert_eq!((joined.labelled, joined.ambiguous, joined.filled), (2, 2, 0));
    assert_eq!(labels(&joined.dump), ["t1", "t1", "", "", ""]);
    assert!(joined.dump.has_goids());
    assert!(joined.words().contains("2 have their labels from debug=0"), "{}", joined.words());
}

#[test]
fn labels_of_the_text_stay() {
    let text = dump(Format::Debug2, &[("main.a", "mine", 1), ("main.b", "", 1)]);
    let joined =
        join(text, &dump(Format::Proto, &[("main.a", "other", 1), ("main.b", "other", 1)]));
    assert_eq!(labels(&joined.dump), ["mine", ""]);
}

#[test]
fn what_a_cut_text_lacks_comes_from_the_counts() {
    let text = dump(Format::Debug2, &[("main.a", "", 3), ("main.b", "", 1)]);
    let mut cut = DumpBuilder::of(text);
    cut.set_truncation(Truncation { reason: TruncationReason::Pprof64Mib, at_byte: 64 << 20 });
    let counts = dump(
        Format::Proto,
        &[("main.a", "t1", 60), ("main.a", "t2", 40), ("main.b", "", 1), ("main.c", "", 5)],
    );
    let joined = join(cut.finish(), &counts);
    assert_eq!((joined.by_text, joined.by_counts, joined.filled), (4, 106, 102));
    assert_eq!(joined.dump.goroutine_count(), 106);
    assert_eq!(joined.dump.account.whole, 106);
    assert_eq!(joined.dump.stated_total, Some(106));
    assert!(joined.dump.truncation.is_some());
    let ids = joined.dump.goroutines().filter(|g| g.goid().is_some()).count();
    assert_eq!(ids, 4);
    let of_c: i64 = joined.dump.goroutines().skip(4).map(Goroutine::count).sum();
    assert_eq!(of_c, 102);
}

#[test]
fn samples_add_up() {
    let mut samples = Samples::new("x");
    samples.add(&dump(Format::Proto, &[("main.a", "t1", 3), ("main.b", "", 1)]));
    samples
        .add(&dump(Format::Proto, &[("main.b", "", 2), ("main.a", "t1", 1), ("main.a", "t2", 1)]));
    assert_eq!(samples.samples, 2);
    let sum = samples.finish();
    let counts: Vec<i64> = sum.goroutines().map(Goroutine::count).collect();
    assert_eq!(counts, [4, 3, 1]);
    assert_eq!(sum.account.whole, 8);
}
