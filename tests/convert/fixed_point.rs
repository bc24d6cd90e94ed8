//! debug2 → model → debug2: what gdump writes is read as the same dump.

use std::fmt::Write;

use gdump::model::{CallKind, CreatorId, Dump, Format, Frame, StackId};
use gdump::render::convert::Target;

use super::{convert, each};
use crate::support::{is_understood, parse};

/// Everything that the model holds of goroutines, as text.
fn described(dump: &Dump) -> String {
    let mut out = format!("{:?}\n", dump.preamble);
    for stack in dump.runtime_stacks() {
        out.push_str("runtime stack\n");
        frames(&mut out, dump, *stack);
    }
    for goroutine in dump.goroutines() {
        let head = goroutine.head();
        let flags = (head.minutes, head.leaked, head.scan, head.durable, head.locked, head.bubble);
        let labels: Vec<_> = goroutine.labels().collect();
        let goid = goroutine.goid();
        writeln!(out, "{goid:?} {:?} {flags:?} {labels:?}", goroutine.state()).unwrap();
        frames(&mut out, dump, goroutine.row().stack);
        for word in goroutine.args().iter() {
            let (frame, position, value, exact) =
                (word.frame, word.position, word.value, word.exact);
            writeln!(out, "  word {frame} {position} {value:#x} {exact}").unwrap();
        }
        creator(&mut out, dump, goroutine.row().creator);
        writeln!(out, "  in {:?}", goroutine.creator_goid()).unwrap();
        for ancestor in goroutine.ancestors() {
            writeln!(out, "  ancestor {}", ancestor.goid).unwrap();
            frames(&mut out, dump, ancestor.stack);
            creator(&mut out, dump, ancestor.creator);
        }
    }
    out
}

fn frames(out: &mut String, dump: &Dump, stack: StackId) {
    for id in dump.stack(stack) {
        match dump.frame(*id) {
            Frame::Call { function, file, line, kind } => {
                let (function, file) = (dump.str(function), dump.str(file));
                writeln!(out, "  {function} {file}:{line} {kind:?}").unwrap();
            }
            other => writeln!(out, "  {other:?}").unwrap(),
        }
    }
}

fn creator(out: &mut String, dump: &Dump, id: CreatorId) {
    if let Some(by) = dump.creator(id) {
        writeln!(out, "  by {} {}:{}", dump.str(by.function), dump.str(by.file), by.line).unwrap();
    }
}

/// Whether something in `dump` cannot be written: a call whose file line is missing in the text.
fn is_damaged(dump: &Dump) -> bool {
    (0u32..).take(dump.frame_count()).any(|id| match dump.frame(id.into()) {
        Frame::Call { file, kind, .. } => dump.str(file).is_empty() && kind != CallKind::NonGo,
        _ => false,
    })
}

fn first_difference(a: &str, b: &str) -> String {
    let differs = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    match differs {
        Some((a, b)) => format!("{a:?} became {b:?}"),
        None => format!("{} lines became {}", a.lines().count(), b.lines().count()),
    }
}

#[test]
fn what_was_read_is_written_and_read_again() {
    let mut texts = 0;
    each(|name, dump| {
        if dump.format != Format::Debug2 {
            return Ok(());
        }
        texts += 1;
        let text = convert(std::slice::from_ref(dump), Target::Debug2);
        let again = parse(&text, name).map_err(|error| error.to_string())?;
        let [again] = &again[..] else { return Err(format!("became {} dumps", again.len())) };
        let (want, got) = (described(dump), described(again));
        if want != got && !is_damaged(dump) {
            return Err(first_difference(&want, &got));
        }
        // A header that lost its stack is told each time.
        let bare = dump.goroutines().filter(|g| g.frames().len() == 0 && g.creator().is_none());
        let bare = bare.filter(|g| g.state() != "running").count() as u64;
        if !is_understood(again) && again.account.not_understood != bare {
            return Err(format!("{:?} {:?}", again.problems, again.account));
        }
        // Written once more, the text is the same.
        let twice = convert(std::slice::from_ref(again), Target::Debug2);
        if twice == text {
            return Ok(());
        }
        let (text, twice) = (String::from_utf8_lossy(&text), String::from_utf8_lossy(&twice));
        Err(first_difference(&text, &twice))
    });
    assert!(texts > 50, "only {texts} dumps in traceback text");
}

/// Aggregated formats become as many goroutines as they count, with the same states.
#[test]
fn counted_goroutines_are_written_one_by_one() {
    each(|name, dump| {
        if dump.format == Format::Debug2 || dump.goroutines().any(|g| g.count() < 0) {
            return Ok(());
        }
        let text = convert(std::slice::from_ref(dump), Target::Debug2);
        let again = match parse(&text, name) {
            Err(_) if dump.goroutine_count() == 0 => return Ok(()),
            again => again.map_err(|error| error.to_string())?,
        };
        let [again] = &again[..] else { return Err(format!("became {} dumps", again.len())) };
        let count = again.goroutine_count();
        if count != dump.goroutine_count() {
            return Err(format!("{} goroutines became {count}", dump.goroutine_count()));
        }
        let mut states: Vec<_> = again.goroutines().map(|g| g.state().to_owned()).collect();
        let counted = |g: gdump::model::Goroutine<'_>| {
            let state = if g.state().is_empty() { "???" } else { g.state() };
            vec![state.to_owned(); usize::try_from(g.count()).unwrap()]
        };
        let mut want: Vec<_> = dump.goroutines().flat_map(counted).collect();
        states.sort();
        want.sort();
        if states == want { Ok(()) } else { Err("other states".to_owned()) }
    });
}
