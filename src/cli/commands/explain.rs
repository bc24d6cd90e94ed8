//! `gdump explain WORD`.

use std::io::{self, Write};

use crate::cli::{Exit, fail};
use crate::diagnose::known::Known;
use crate::error::Error;
use crate::render::explain::{Explanation, explain, kinds, statuses, wait_reasons};
use crate::render::words::{columns, counted, wrap};
use crate::view::filter;

/// Words for the filter language.
const WHERE: &[&str] = &["where", "filter", "filters"];

/// Columns of the text: it is read, not looked at.
const WIDTH: usize = 80;

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Such as 'chan receive', 'lock-pileup' or 'net/http.(*persistConn).readLoop'; without one all
    /// that can be explained is listed
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

/// Explains the words, or lists all that there are.
pub(super) fn run(args: &Args) -> Exit {
    let word = &args.words.join(" ");
    let mut out = io::stdout().lock();
    let written = if word.is_empty() {
        list(&mut out)
    } else if WHERE.contains(&word.trim_start_matches('-')) {
        out.write_all(filter::HELP.as_bytes())
    } else if let Some(found) = explain(word) {
        tell(&found, word, &mut out)
    } else {
        let hint = "gdump explain lists the words; a function's whole name works too";
        return fail(&Error::Usage(format!("explain: nothing is known of {word:?}\n  {hint}")));
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(&Error::Output(error)),
        _ => Exit::Done,
    }
}

fn tell(found: &Explanation, word: &str, out: &mut dyn Write) -> io::Result<()> {
    if found.word != word {
        writeln!(out, "Nothing is called {word:?}; this is the nearest:\n")?;
    }
    writeln!(out, "{}   {}\n", found.word, found.kind.name())?;
    paragraph(&found.meaning, out)?;
    for (title, text) in &found.parts {
        if text.is_empty() {
            continue;
        }
        let colon = if title.ends_with('?') { "" } else { ":" };
        writeln!(out)?;
        paragraph(&format!("{title}{colon} {text}"), out)?;
    }
    if !found.similar.is_empty() {
        writeln!(out, "\nSimilar: {}", found.similar.join(", "))?;
    }
    Ok(())
}

fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    wrap(text, WIDTH - 2).iter().try_for_each(|line| writeln!(out, "  {line}"))
}

/// Everything that can be asked for; the findings with what each is about.
fn list(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Findings, in the order in which they are looked for")?;
    let at = kinds().map(|(kind, _)| columns(kind)).max().unwrap_or(0);
    for (kind, finds) in kinds() {
        let mut name = kind;
        for line in wrap(finds, (WIDTH - 4).saturating_sub(at)) {
            writeln!(out, "  {name:at$}  {line}")?;
            name = "";
        }
    }
    for (title, words) in [
        ("Wait reasons, as Go writes them behind the id", wait_reasons()),
        ("Statuses, where there is no wait reason", statuses()),
    ] {
        writeln!(out, "\n{title}")?;
        paragraph(&words.join(", "), out)?;
    }
    let known = Known::built_in();
    let mut libraries: Vec<&str> = known.entries().iter().map(|entry| &*entry.library).collect();
    libraries.sort_unstable();
    libraries.dedup();
    let count = counted(known.entries().len() as u64, "function");
    writeln!(out, "\nKnown goroutines: {count} of these libraries, by function or library")?;
    paragraph(&libraries.join(", "), out)
}
