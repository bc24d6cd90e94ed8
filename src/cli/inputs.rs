//! Reads all inputs. One that cannot be read is named on standard error and does not stop the others.

use std::io::ErrorKind;
use std::path::Path;

use super::args::command_names;
use super::bundles::Bundles;
use super::complain;
use super::options::Options;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::parse;
use crate::source::http::Address;
use crate::source::{self, Limits, Target};

/// The dumps of all inputs.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// In the order of the arguments.
    pub(super) dumps: Vec<Dump>,
    /// Something could not be read.
    pub(super) failed: bool,
}

/// Reads what `options` name.
pub(super) fn read(options: &Options) -> Inputs {
    let mut inputs = Inputs::default();
    for target in &options.targets {
        let done = match target {
            Target::Url(address) => read_process(address, options, &mut inputs),
            target => read_target(target, &options.limits, &mut inputs),
        };
        if let Err(error) = done {
            complain(&explain(target, error));
            inputs.failed = true;
        }
    }
    inputs
}

#[cfg(feature = "live")]
fn read_process(address: &Address, options: &Options, inputs: &mut Inputs) -> Result<()> {
    super::live::read(address, &options.live, inputs)
}

#[cfg(not(feature = "live"))]
fn read_process(address: &Address, _: &Options, _: &mut Inputs) -> Result<()> {
    Err(Error::Fetch {
        url: address.to_string(),
        what: "this gdump was built without the feature live".to_owned(),
        remedy: "fetch it with: curl -so goroutines.txt URL".to_owned(),
    })
}

fn read_target(target: &Target, limits: &Limits, inputs: &mut Inputs) -> Result<()> {
    let before = inputs.dumps.len();
    let mut bundles = Bundles::default();
    let opened = source::open(target, limits, &mut |member, stream| {
        if bundles.is_manifest(member.name, stream) {
            return Ok(());
        }
        match parse::parse(stream, member.name, &parse::Options::from(limits)) {
            Ok(dumps) => inputs.dumps.extend(dumps),
            // In a directory or an archive there are other things.
            Err(Error::NotADump { .. }) if !member.explicit => {}
            Err(error) => return Err(error),
        }
        Ok(())
    })?;
    bundles.join(&mut inputs.dumps);
    for unreadable in opened.unreadable {
        complain(&unreadable.reason);
        inputs.failed = true;
    }
    if inputs.dumps.len() == before && opened.members > 0 {
        return Err(Error::NotADump {
            input: name(target),
            what: format!("no goroutine dump in any of its {} files", opened.members),
            remedy:
                "take one with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'"
                    .to_owned(),
        });
    }
    Ok(())
}

fn name(target: &Target) -> String {
    match target {
        Target::Stdin => "stdin".to_owned(),
        Target::Path(path) => path.display().to_string(),
        Target::Url(address) => address.to_string(),
    }
}

/// A word that is no file may have been meant as a command.
fn explain(target: &Target, error: Error) -> Error {
    let Target::Path(path) = target else { return error };
    let missing =
        matches!(&error, Error::Io { source, .. } if source.kind() == ErrorKind::NotFound);
    if let Some(place) = path.to_str().filter(|text| missing && is_place(text)) {
        return Error::Usage(format!(
            "{place}: there is no such file\n  a process is a URL: http://{place}"
        ));
    }
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

/// Whether it looks like `localhost:6060` or `10.0.0.7:6060/debug/pprof`.
fn is_place(text: &str) -> bool {
    let place = text.split('/').next().unwrap_or("");
    let port = place.rsplit_once(':').map_or("", |(_, port)| port);
    port.parse::<u16>().is_ok() && !text.contains('@')
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
