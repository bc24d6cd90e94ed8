//! `gdump collect URL`: takes of a process what is needed and no more, and keeps it in a bundle.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::connect::{Ask, Common};
use crate::cli::{Exit, complain, fail, live, note, output};
use crate::error::{Error, Result};
use crate::live::bundle::{self, Manifest};
use crate::live::take::{self, Piece};
use crate::render::words::{counted, size};
use crate::source::http::Address;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump collect http://localhost:6060             a .tar.gz in the current folder
  gdump collect http://localhost:6060 -o incident a folder
  gdump collect http://10.0.0.7:6060 --full       debug=2 too, though it stops the process for long
  gdump leaks goroutines-localhost_6060-*.tar.gz  a bundle is an input of every command

debug=0 is always taken: it costs little. debug=2 has ids, ages and creators, but the process stands
still meanwhile: some milliseconds with a thousand goroutines, 2 to 10 seconds with a hundred thousand.";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[arg(
        value_name = "URL",
        help = "The process: http://HOST:PORT, https://…, unix:///PATH.sock"
    )]
    url: String,
    /// Where to keep it: a new .tar.gz file, or a folder (a new one is made, into an old one a .tar.gz
    /// is put); without it a .tar.gz in the current folder
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Take the profile goroutineleak too (Go 1.27): the process runs a garbage collection for it
    #[arg(long)]
    leaks: bool,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    common: Common,
}

/// Takes and keeps.
pub(super) fn run(args: &Args) -> Exit {
    match collect(args) {
        Ok(exit) => exit,
        Err(error) => fail(&error),
    }
}

fn collect(args: &Args) -> Result<Exit> {
    let live = args.common.live(args.ask);
    let address = live::address(&args.url)?;
    let client = live::client(&live)?;
    possible(args.output.as_deref())?;
    let policy = take::Policy { leaks: args.leaks, ..live::policy(&live) };
    let taken =
        take::take(&client, &address, policy, &live.limits, &mut |event| live::tell(event, &live))?;
    let goroutines = taken.counts.goroutine_count();
    taken.failures.iter().for_each(complain);
    let mut manifest = Manifest::new(&live::process(&address), goroutines, &taken.pieces, None);
    manifest.failures = taken.failures.iter().map(live::what).collect();
    let written = write(args.output.as_deref(), &address, &manifest, &taken.pieces)?;
    if !live.quiet {
        for piece in &taken.pieces {
            note(&format!(
                "{} debug={}: {} in {}{}",
                piece.profile,
                piece.debug,
                size(piece.bytes.len() as u64),
                live::time(piece.took),
                if piece.broken.is_some() { ", not whole" } else { "" }
            ));
        }
        note(&format!(
            "{} of {}; next: gdump {}",
            counted(goroutines, "goroutine"),
            live::process(&address),
            written
        ));
    }
    Ok(if taken.failures.is_empty() { Exit::Done } else { Exit::Trouble })
}

/// Whether it can be kept there, before the process stands still for it.
fn possible(output: Option<&Path>) -> Result<()> {
    let Some(path) = output.filter(|path| path.as_os_str() != "-") else { return Ok(()) };
    let (what, remedy) = match path.parent() {
        _ if !is_archive(path) && path.exists() && !path.is_dir() => (
            "it is there already, and no folder".to_owned(),
            "name a new file (.tar.gz) or a folder".to_owned(),
        ),
        Some(folder) if is_archive(path) && !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let folder = folder.display();
            (format!("there is no folder {folder}"), format!("make it first: mkdir -p {folder}"))
        }
        _ => return Ok(()),
    };
    Err(Error::Usage(format!("-o {}: {what}\n  {remedy}", path.display())))
}

/// Keeps it where the user wants it, and returns where that is.
fn write(
    output: Option<&Path>,
    address: &Address,
    manifest: &Manifest,
    pieces: &[Piece],
) -> Result<String> {
    let at = pieces.first().map_or_else(jiff::Timestamp::now, |piece| piece.asked_at);
    let stem = bundle::stem(&address.place(), at);
    let file = format!("{stem}.tar.gz");
    let path = match output {
        None => PathBuf::from(file),
        Some(path) if path.as_os_str() == "-" || is_archive(path) => path.to_owned(),
        Some(path) if path.is_dir() => path.join(file),
        Some(path) => {
            let named = |source| Error::Io { path: path.to_owned(), source };
            bundle::folder(manifest, pieces, path).map_err(named)?;
            return Ok(path.display().to_string());
        }
    };
    let archive = |out: &mut dyn Write| {
        bundle::archive(manifest, pieces, &stem, out).map_err(Error::Output).map(|()| Exit::Done)
    };
    output::with(Some(&path), archive)?;
    Ok(path.display().to_string())
}

fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar.gz", ".tgz"].iter().any(|ending| name.ends_with(ending))
}
