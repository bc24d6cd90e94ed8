//! A readable rendering of the model, for snapshots. It shows everything that a parser can get wrong.

use std::collections::BTreeMap;
use std::fmt::Write;

use gdump::model::{Bubble, CallKind, CreatorId, Dump, Frame, Goroutine};

/// Goroutines that are shown in full; of the rest only the states are.
const SHOWN: usize = 40;
/// Frames that are shown of a stack.
const FRAMES: usize = 24;

/// `dumps` as text.
pub(crate) fn dumps(dumps: &[Dump]) -> String {
    let mut out = String::new();
    for dump in dumps {
        if !out.is_empty() {
            out.push_str("\n--------\n\n");
        }
        head(&mut out, dump).unwrap();
        states(&mut out, dump).unwrap();
        races(&mut out, dump).unwrap();
        for goroutine in dump.goroutines().take(SHOWN) {
            record(&mut out, dump, goroutine).unwrap();
        }
        if dump.len() > SHOWN {
            writeln!(out, "\n… {} more records", dump.len() - SHOWN).unwrap();
        }
    }
    out
}

fn races(out: &mut String, dump: &Dump) -> std::fmt::Result {
    for race in dump.races() {
        writeln!(out, "race:")?;
        for access in &race.accesses {
            let previous = if access.previous { "previous " } else { "" };
            let at = access.address.map_or_else(String::new, |at| format!(" at {at:#x}"));
            write!(out, "    {previous}{}{at} by {}", access.operation.name(), access.goid)?;
            for (word, stack) in [(" in", access.stack), ("; created by", access.created)] {
                let functions = dump.stack(stack).iter().filter_map(|id| match dump.frame(*id) {
                    Frame::Call { function, .. } => Some(dump.str(function)),
                    Frame::Address(_) | Frame::Elided(_) => None,
                });
                write!(out, "{word} {}", functions.collect::<Vec<_>>().join(" < "))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn head(out: &mut String, dump: &Dump) -> std::fmt::Result {
    writeln!(out, "{}: {} {}, {} bytes", dump.name, dump.format.name(), dump.profile, dump.bytes)?;
    let account = dump.account;
    writeln!(
        out,
        "goroutines: {}, whole {}, cut off {}, not understood {}, repeated {}",
        dump.goroutine_count(),
        account.whole,
        account.cut_off,
        account.not_understood,
        account.repeated
    )?;
    if account.partial > 0 {
        writeln!(out, "of these, in part: {}", account.partial)?;
    }
    writeln!(
        out,
        "lines: understood {}, skipped {}, ignored {}, problems {}",
        account.understood_lines,
        account.skipped_lines,
        account.ignored_lines,
        account.problem_lines
    )?;
    for (name, value) in [
        ("stated total", dump.stated_total),
        ("taken at", dump.taken_at_nanos),
        ("duration", dump.duration_nanos),
    ] {
        if let Some(value) = value {
            writeln!(out, "{name}: {value}")?;
        }
    }
    if let Some(wrapping) = &dump.wrapping {
        writeln!(out, "wrapping: {wrapping}")?;
    }
    if let Some(preamble) = &dump.preamble {
        writeln!(out, "preamble: {preamble:?}")?;
    }
    if let Some(truncation) = dump.truncation {
        writeln!(out, "truncated: {} at {}", truncation.reason.name(), truncation.at_byte)?;
    }
    for problem in &dump.problems {
        writeln!(
            out,
            "problem at {}:{} (bytes {}+{}): {}\n  | {}",
            problem.line,
            problem.column,
            problem.offset,
            problem.length,
            problem.message,
            problem.excerpt
        )?;
    }
    if dump.more_problems > 0 {
        writeln!(out, "more problems: {}", dump.more_problems)?;
    }
    for stack in dump.runtime_stacks() {
        writeln!(out, "runtime stack:")?;
        for frame in dump.stack(*stack) {
            writeln!(out, "    {}", self::frame(dump, dump.frame(*frame)))?;
        }
    }
    Ok(())
}

fn states(out: &mut String, dump: &Dump) -> std::fmt::Result {
    let mut totals: BTreeMap<String, i64> = BTreeMap::new();
    for goroutine in dump.goroutines() {
        *totals.entry(title(goroutine)).or_default() += goroutine.count();
    }
    writeln!(out, "states:")?;
    totals.iter().try_for_each(|(state, count)| writeln!(out, "{count:7}  {state}"))
}

/// The state with everything else that the head says.
fn title(goroutine: Goroutine<'_>) -> String {
    let head = goroutine.head();
    let mut title = if goroutine.state().is_empty() { "?" } else { goroutine.state() }.to_owned();
    for (flag, text) in [
        (head.inferred, "inferred"),
        (head.leaked, "leaked"),
        (head.scan, "scan"),
        (head.durable, "durable"),
        (head.locked, "locked"),
        (head.cut, "cut"),
    ] {
        if flag {
            title = format!("{title}, {text}");
        }
    }
    if let Some(minutes) = head.minutes {
        title = format!("{title}, {minutes} min");
    }
    match head.bubble {
        Some(Bubble::Group(id)) => format!("{title}, group {id}"),
        Some(Bubble::Bubble(id)) => format!("{title}, bubble {id}"),
        None => title,
    }
}

fn record(out: &mut String, dump: &Dump, goroutine: Goroutine<'_>) -> std::fmt::Result {
    match goroutine.goid() {
        Some(goid) => write!(out, "\n{goid}")?,
        None => write!(out, "\n{}×", goroutine.count())?,
    }
    writeln!(out, " [{}]", title(goroutine))?;
    let labels: Vec<_> =
        goroutine.labels().map(|(key, value)| format!("{key:?}: {value:?}")).collect();
    if !labels.is_empty() {
        writeln!(out, "    {{{}}}", labels.join(", "))?;
    }
    let frames = goroutine.frames();
    let left_out = frames.len().saturating_sub(FRAMES);
    for (index, frame) in frames.take(FRAMES).enumerate() {
        write!(out, "    {}", self::frame(dump, frame))?;
        for word in goroutine.args().iter().filter(|word| usize::from(word.frame) == index) {
            let mark = if word.exact { "" } else { "?" };
            // The words themselves are addresses: only that they are there can be reviewed.
            write!(
                out,
                " {}:{}{mark}",
                word.position,
                if word.value == 0 { "nil" } else { "word" }
            )?;
        }
        out.push('\n');
    }
    if left_out > 0 {
        writeln!(out, "    … {left_out} more frames")?;
    }
    creator(out, dump, goroutine.row().creator, goroutine.creator_goid())?;
    for ancestor in goroutine.ancestors() {
        writeln!(out, "    ancestor {}", ancestor.goid)?;
        for frame in dump.stack(ancestor.stack) {
            writeln!(out, "        {}", self::frame(dump, dump.frame(*frame)))?;
        }
        creator(out, dump, ancestor.creator, None)?;
    }
    Ok(())
}

fn creator(out: &mut String, dump: &Dump, id: CreatorId, goid: Option<u64>) -> std::fmt::Result {
    let Some(creator) = dump.creator(id) else { return Ok(()) };
    write!(
        out,
        "    by {} {}:{}",
        dump.str(creator.function),
        dump.str(creator.file),
        creator.line
    )?;
    if let Some(goid) = goid {
        write!(out, " in {goid}")?;
    }
    writeln!(out)
}

fn frame(dump: &Dump, frame: Frame) -> String {
    match frame {
        Frame::Address(address) => format!("{address:#x}"),
        Frame::Elided(count) => {
            format!("… elided {}", count.map_or("some".into(), |n| n.to_string()))
        }
        Frame::Call { function, file, line, kind } => {
            let kind = match kind {
                CallKind::Plain => "",
                CallKind::Inlined => " inlined",
                CallKind::NonGo => " not Go",
            };
            format!("{} {}:{line}{kind}", dump.str(function), dump.str(file))
        }
    }
}
