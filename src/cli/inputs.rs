//! Reads all inputs. One that cannot be read is named on standard error and does not stop the others.

use std::io::ErrorKind;
use std::path::Path;

use super::args::command_names;
use super::complain;
use super::options::Options;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::parse;
use crate::source::{self, Limits, Target};

/// The dumps of all inputs.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// In the order of the arguments.
    pub(super) dumps: Vec<Dump>,
    /// For each when its file was last written, in nanoseconds since 1970, if it is alone in a file.
    pub(super) modified: Vec<Option<i64>>,
    /// Something could not be read.
    pub(super) failed: bool,
}

/// Reads what `options` name.
pub(super) fn read(options: &Options) -> Inputs {
    let mut inputs = Inputs::default();
    let (dumps, times) = (&mut inputs.dumps, &mut inputs.modified);
    inputs.failed = !each(options, &mut |dump, modified| {
        dumps.push(dump);
        times.push(modified);
    });
    inputs
}

/// Reads what `options` name and calls `visit` with each dump, and with when its file was last written if
/// it is alone in a file. `false` if something could not be read.
pub(super) fn each(options: &Options, visit: &mut dyn FnMut(Dump, Option<i64>)) -> bool {
    let mut all_read = true;
    for target in &options.targets {
        match read_target(target, &options.limits, visit) {
            Ok(whole) => all_read &= whole,
            Err(error) => {
                complain(&explain(target, error));
                all_read = false;
            }
        }
    }
    all_read
}

fn read_target(
    target: &Target,
    limits: &Limits,
    visit: &mut dyn FnMut(Dump, Option<i64>),
) -> Result<bool> {
    let mut count = 0;
    let opened = source::open(target, limits, &mut |member, stream| {
        match parse::parse(stream, member.name, &parse::Options::from(limits)) {
            Ok(dumps) => {
                count += dumps.len();
                let modified = modified(member.name).filter(|_| dumps.len() == 1);
                for dump in dumps {
                    visit(dump, modified);
                }
            }
            // In a directory or an archive there are other things.
            Err(Error::NotADump { .. }) if !member.explicit => {}
            Err(error) => return Err(error),
        }
        Ok(())
    })?;
    let whole = opened.unreadable.is_empty();
    for unreadable in opened.unreadable {
        complain(&unreadable.reason);
    }
    if count == 0 && opened.members > 0 {
        return Err(Error::NotADump {
            input: name(target),
            what: format!("no goroutine dump in any of its {} files", opened.members),
            remedy:
                "take one with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'"
                    .to_owned(),
        });
    }
    Ok(whole)
}

/// When the file `name` was last written, in nanoseconds since 1970; `None` for what is no file.
fn modified(name: &str) -> Option<i64> {
    let metadata = std::fs::metadata(name).ok().filter(std::fs::Metadata::is_file)?;
    let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok()
}

fn name(target: &Target) -> String {
    match target {
        Target::Stdin => "stdin".to_owned(),
        Target::Path(path) => path.display().to_string(),
    }
}

/// A word that is no file may have been meant as a command.
fn explain(target: &Target, error: Error) -> Error {
    let Target::Path(path) = target else { return error };
    let missing =
        matches!(&error, Error::Io { source, .. } if source.kind() == ErrorKind::NotFound);
    let Some(word) = path.to_str().filter(|_| missing && is_word(path)) else { return error };
    let commands = command_names();
    let near = commands.iter().map(|command| (distance(word, command), command)).min();
    let hint = match near {
        Some((distance, command)) if distance <= 2.max(word.len() / 3) => {
            format!("did you mean the command {command}?")
        }
        _ => format!("commands: {}; all options: gdump --help", commands.join(", ")),
    };
    Error::Usage(format!("{word}: neither a file nor a command\n  {hint}"))
}

fn is_word(path: &Path) -> bool {
    let word = path.to_str().unwrap_or("");
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Letters to change, add or leave out to get from `a` to `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (above, y) in row.windows(2).zip(b.chars()) {
            if let [diagonal, above] = above {
                left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("sumarize", "summarize"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
