//! `gdump explain WORD`.

use std::io::{self, Write};

use crate::analysis::explain::{Explanation, explain, words};
use crate::cli::{Exit, fail};
use crate::error::Error;
use crate::render::words::wrap;

/// Columns of the text: it is read, not looked at.
const WIDTH: usize = 80;

/// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Such as 'chan receive', 'semacquire' or 'net/http.(*persistConn).readLoop'; without one all
    /// words are listed
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

/// Explains the words, or lists all that there are.
pub(super) fn run(args: &Args) -> Exit {
    let word = &args.words.join(" ");
    let mut out = io::stdout().lock();
    let written = if word.is_empty() {
        words().try_for_each(|word| writeln!(out, "{word}"))
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
    writeln!(out, "{}   {}", found.word, found.kind.name())?;
    for (title, text) in [("", &found.meaning), ("Leak? ", &found.leak), ("Next: ", &found.next)] {
        if text.is_empty() {
            continue;
        }
        writeln!(out)?;
        for line in wrap(&format!("{title}{text}"), WIDTH - 2) {
            writeln!(out, "  {line}")?;
        }
    }
    if !found.similar.is_empty() {
        writeln!(out, "\nSimilar: {}", found.similar.join(", "))?;
    }
    Ok(())
}
