//! Traceback text as Go 1.27 writes it, so that every tool for dumps can read what was selected.
//!
//! What the model does not hold is left out: offsets and program counters, and arguments but for the
//! words that were kept; an argument that is not known is `_`, as Go writes one that it cannot find.
//! gdump reads the same dump in this text again. The records of the aggregated formats are written once
//! for each goroutine that they stand for, with ids that are made up, which a first line says.

use std::io::{self, Write};

use crate::model::{
    ArgWord, Args, Bubble, CallKind, CreatorId, Dump, Format, Frame, FrameId, Goroutine,
};
use crate::render::escape::is_hidden;
use crate::view::Selection;

/// Writes the goroutines of `selection`.
pub(super) fn write(selection: &Selection<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer::new(selection.dump);
    writer.before(out)?;
    for goroutine in selection.goroutines() {
        writer.goroutine(goroutine, out)?;
    }
    Ok(())
}

/// Most goroutines that are written from counts: a count is a few bytes, and may say anything.
const MAX_COUNTED: i64 = 16 << 20;

/// Refuses what would have no end.
pub(super) fn check(selection: &Selection<'_>) -> Result<(), String> {
    let counts = selection.goroutines().map(|goroutine| goroutine.count().max(0));
    let count = counts.fold(0i64, i64::saturating_add);
    if selection.dump.is_aggregated() && count > MAX_COUNTED {
        return Err(format!(
            "{count} goroutines are too many to be written one by one; write records with --to ndjson \
             or csv, or fewer of them with a filter"
        ));
    }
    Ok(())
}

/// Whether goroutines have no ids, or none that could be compared with those of another dump.
fn makes_ids(dump: &Dump) -> bool {
    !dump.has_goids() || dump.format == Format::Race
}

/// What this format cannot hold of `selection`.
pub(super) fn losses(selection: &Selection<'_>) -> Vec<String> {
    let dump = selection.dump;
    let mut losses = Vec::new();
    if makes_ids(dump) {
        losses.push(format!(
            "{} is written as one goroutine for each that it counts; ids are made up, and there are no \
             ages and creators",
            dump.format.name()
        ));
    }
    if !dump.races().is_empty() {
        losses.push(format!("{} reports of data races are left out", dump.races().len()));
    }
    let negative = selection.goroutines().filter(|goroutine| goroutine.count() < 0).count();
    if negative > 0 {
        losses.push(format!(
            "{negative} records with a negative count (fewer goroutines than before) are left out; \
             --to pprof, csv and ndjson keep them"
        ));
    }
    let cut = selection.goroutines().filter(|goroutine| goroutine.head().cut).count();
    if cut > 0 {
        losses.push(format!("{cut} goroutines were cut off; they are written as far as they go"));
    }
    losses
}

struct Writer<'d> {
    dump: &'d Dump,
    /// The text of each frame.
    frames: Vec<Lines>,
    /// A goroutine was written.
    begun: bool,
    /// A running goroutine with frames was written: the next one belongs to another thread.
    ran: bool,
    /// The id of the next goroutine of a format without ids.
    next_goid: u64,
}

/// A frame as text: what stands before its arguments, and behind them.
struct Lines {
    before: String,
    after: String,
    /// What stands between if no argument is known; `None` for what is no call.
    args: Option<&'static str>,
}

impl<'d> Writer<'d> {
    fn new(dump: &'d Dump) -> Self {
        let frames = (0..dump.frame_count())
            .map(|index| lines(dump, FrameId::from(u32::try_from(index).unwrap_or(u32::MAX))))
            .collect();
        let next_goid = if dump.format == Format::Delve { dump.max_goid() + 1 } else { 1 };
        Self { dump, frames, begun: false, ran: false, next_goid }
    }

    /// What stands before the first goroutine.
    fn before(&self, out: &mut dyn Write) -> io::Result<()> {
        let name = self.dump.format.name();
        if makes_ids(self.dump) {
            writeln!(
                out,
                "# made by gdump from {name}: ids are made up, states are inferred where the format \
                 has none\n"
            )?;
        } else if self.dump.format != Format::Debug2 {
            writeln!(out, "# made by gdump from {name}\n")?;
        }
        if let Some(preamble) = &self.dump.preamble {
            encoded(preamble, |c| is_hidden(c) && !matches!(c, '\n' | '\t'), out)?;
            // A line of a log stands directly above the goroutine that panicked.
            let logged = preamble.contains("panic") && !preamble.starts_with("panic: ");
            let one_line = !preamble.contains('\n');
            writeln!(out, "{}", if logged && one_line { "" } else { "\n" })?;
        }
        for stack in self.dump.runtime_stacks() {
            writeln!(out, "runtime stack:")?;
            self.frames(self.dump.stack(*stack), Args::default(), out)?;
            writeln!(out)?;
        }
        Ok(())
    }

    fn goroutine(&mut self, goroutine: Goroutine<'_>, out: &mut dyn Write) -> io::Result<()> {
        // The race detector's numbers are its own, and come again in each report.
        match goroutine.goid().filter(|_| self.dump.format != Format::Race) {
            Some(goid) => self.one(goroutine, goid, out),
            None => (0..goroutine.count().max(0)).try_for_each(|_| {
                let goid = self.next_goid;
                self.next_goid += 1;
                self.one(goroutine, goid, out)
            }),
        }
    }

    fn one(&mut self, goroutine: Goroutine<'_>, goid: u64, out: &mut dyn Write) -> io::Result<()> {
        let dump = self.dump;
        let row = goroutine.row();
        if std::mem::replace(&mut self.begun, true) {
            writeln!(out)?;
        }
        let running = goroutine.state() == "running";
        if running && !dump.stack(row.stack).is_empty() && std::mem::replace(&mut self.ran, true) {
            // As GOTRACEBACK=crash parts threads: only one goroutine of a dump runs otherwise.
            writeln!(out, "-----\n")?;
        }
        write!(out, "goroutine {goid} ")?;
        head(goroutine, out)?;
        labels(goroutine, out)?;
        writeln!(out, ":")?;
        if running && dump.stack(row.stack).is_empty() {
            writeln!(out, "\tgoroutine running on other thread; stack unavailable")?;
        }
        self.frames(dump.stack(row.stack), goroutine.args(), out)?;
        self.creator(row.creator, goroutine.creator_goid(), out)?;
        for ancestor in goroutine.ancestors() {
            writeln!(out, "[originating from goroutine {}]:", ancestor.goid)?;
            self.frames(dump.stack(ancestor.stack), Args::default(), out)?;
            self.creator(ancestor.creator, None, out)?;
        }
        Ok(())
    }

    fn frames(&self, stack: &[FrameId], args: Args<'_>, out: &mut dyn Write) -> io::Result<()> {
        for (index, id) in stack.iter().enumerate() {
            let Some(lines) = self.frames.get(id.index()) else { continue };
            out.write_all(lines.before.as_bytes())?;
            if let Some(unknown) = lines.args {
                let known = args.iter().filter(|word| usize::from(word.frame) == index);
                arguments(known, unknown, out)?;
            }
            out.write_all(lines.after.as_bytes())?;
        }
        Ok(())
    }

    fn creator(&self, id: CreatorId, goid: Option<u64>, out: &mut dyn Write) -> io::Result<()> {
        let Some(creator) = self.dump.creator(id) else { return Ok(()) };
        write!(out, "created by {}", symbol(self.dump.str(creator.function)))?;
        if let Some(goid) = goid {
            write!(out, " in goroutine {goid}")?;
        }
        writeln!(out, "\n\t{}:{}", path(self.dump.str(creator.file)), creator.line)
    }
}

/// What stands between the brackets, with them.
fn head(goroutine: Goroutine<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = goroutine.head();
    let state = goroutine.state();
    write!(out, "[")?;
    if state.is_empty() {
        // As Go writes a status that it does not know.
        write!(out, "???")?;
    } else {
        encoded(state, |c| matches!(c, ',' | '[' | ']' | '{') || is_hidden(c), out)?;
    }
    for (is_set, flag) in [
        (head.leaked, " (leaked)"),
        (head.scan, " (scan)"),
        (head.durable && !state.ends_with(" (durable)"), " (durable)"),
    ] {
        if is_set {
            write!(out, "{flag}")?;
        }
    }
    if let Some(minutes) = head.minutes {
        write!(out, ", {minutes} minutes")?;
    }
    if head.locked {
        write!(out, ", locked to thread")?;
    }
    match head.bubble {
        Some(Bubble::Group(id)) => write!(out, ", synctest group {id}")?,
        Some(Bubble::Bubble(id)) => write!(out, ", synctest bubble {id}")?,
        None => {}
    }
    write!(out, "]")
}

/// Labels as Go 1.27 writes them.
fn labels(goroutine: Goroutine<'_>, out: &mut dyn Write) -> io::Result<()> {
    let labels = goroutine.labels();
    if labels.len() == 0 {
        return Ok(());
    }
    for (index, (key, value)) in labels.enumerate() {
        write!(out, "{}", if index == 0 { " {" } else { ", " })?;
        quoted(key, out)?;
        write!(out, ": ")?;
        quoted(value, out)?;
    }
    write!(out, "}}")
}

/// A side of a label, quoted if it has to be (Go 1.27 runtime/print.go, printquoted; traceback.go).
fn quoted(text: &str, out: &mut dyn Write) -> io::Result<()> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_')) {
        return out.write_all(text.as_bytes());
    }
    write!(out, "\"")?;
    for c in text.chars() {
        match c {
            '\n' => write!(out, "\\n")?,
            '\r' => write!(out, "\\r")?,
            '\t' => write!(out, "\\t")?,
            '\\' | '"' => write!(out, "\\{c}")?,
            '\0'..='\x1f' => write!(out, "\\x{:02x}", u32::from(c))?,
            ' '..='~' => write!(out, "{c}")?,
            '\x7f'..='\u{ffff}' => write!(out, "\\u{:04x}", u32::from(c))?,
            _ => write!(out, "\\U{:08x}", u32::from(c))?,
        }
    }
    write!(out, "\"")
}

/// The words that are known of a call, or `unknown`.
fn arguments(
    known: impl Iterator<Item = ArgWord>,
    unknown: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut position = 0u8;
    let mut first = true;
    let part = |first: &mut bool, out: &mut dyn Write| {
        write!(out, "{}", if std::mem::replace(first, false) { "" } else { ", " })
    };
    for word in known {
        while position < word.position {
            part(&mut first, out)?;
            write!(out, "_")?;
            position += 1;
        }
        part(&mut first, out)?;
        write!(out, "{:#x}{}", word.value, if word.exact { "" } else { "?" })?;
        position = position.saturating_add(1);
    }
    if first { write!(out, "{unknown}") } else { Ok(()) }
}

fn lines(dump: &Dump, id: FrameId) -> Lines {
    match dump.frame(id) {
        Frame::Call { function, file, line, kind: CallKind::NonGo } => {
            let (name, file) = (dump.str(function), dump.str(file));
            let text = if name == "non-Go function" && file.is_empty() {
                "non-Go function at pc=0x0\n".to_owned()
            } else if file.is_empty() {
                format!("{}\n\tpc=0x0\n", percent(name, is_hidden))
            } else {
                let name = percent(name, is_hidden);
                format!("{name}\n\t{}:{line} pc=0x0\n", path(file))
            };
            Lines { before: text, after: String::new(), args: None }
        }
        Frame::Call { function, file, line, kind } => Lines {
            before: format!("{}(", symbol(dump.str(function))),
            after: format!(")\n\t{}:{line}\n", path(dump.str(file))),
            args: Some(if kind == CallKind::Inlined { "..." } else { "_" }),
        },
        Frame::Address(address) => Lines {
            before: format!("{address:#x}("),
            after: ")\n\t?:0\n".to_owned(),
            args: Some("_"),
        },
        Frame::Elided(count) => Lines {
            before: match count {
                Some(count) => format!("...{count} frames elided...\n"),
                None => "...additional frames elided...\n".to_owned(),
            },
            after: String::new(),
            args: None,
        },
    }
}

/// A function's name that ends where its arguments begin: what cannot be in a name is written as Go
/// writes odd bytes of an import path, `%20`.
fn symbol(name: &str) -> String {
    if name.is_empty() {
        return "?".to_owned();
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    // A receiver's parentheses belong to the name if a dot follows them: `main.(*T).M`.
    while let Some((before, after)) = rest.split_once('(') {
        out.push_str(&percent(before, is_odd));
        match after.split_once(").") {
            Some((inside, behind)) if !inside.is_empty() && !inside.contains(is_odd) => {
                out.push('(');
                out.push_str(inside);
                out.push_str(").");
                rest = behind;
            }
            _ => {
                out.push_str("%28");
                rest = after;
            }
        }
    }
    out.push_str(&percent(rest, is_odd));
    out
}

/// Whether `c` cannot stand in a symbol.
fn is_odd(c: char) -> bool {
    matches!(c, ' ' | '(' | ')') || is_hidden(c)
}

fn path(path: &str) -> String {
    let blank = path.trim_start_matches([' ', '\t']);
    if blank.is_empty() { "?".to_owned() } else { percent(blank, is_hidden) }
}

/// `text` with the bytes of each character for which `is` holds as `%xx`.
fn percent(text: &str, is: impl Fn(char) -> bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let written = encoded(text, is, &mut out);
    debug_assert!(written.is_ok(), "a vector takes everything");
    String::from_utf8_lossy(&out).into_owned()
}

fn encoded(text: &str, is: impl Fn(char) -> bool, out: &mut dyn Write) -> io::Result<()> {
    if !text.contains(&is) {
        return out.write_all(text.as_bytes());
    }
    let mut bytes = [0; 4];
    for c in text.chars() {
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        if is(c) {
            bytes.iter().try_for_each(|byte| write!(out, "%{byte:02x}"))?;
        } else {
            out.write_all(bytes)?;
        }
    }
    Ok(())
}
