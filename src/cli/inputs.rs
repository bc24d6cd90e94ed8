//! Reads all inputs. One that cannot be read is named on standard error and does not stop the others.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use super::args::command_names;
use super::bundles::Bundles;
use super::complain;
use super::connect::Live;
use super::options::Options;
use super::progress::Progress;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::parse;
use crate::source::http::Address;
use crate::source::{self, Limits, Opened, Target};

/// The dumps of all inputs.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// In the order of the arguments.
    pub(super) dumps: Vec<Dump>,
    /// For each when its file was last written, in nanoseconds since 1970, if it is alone in a file.
    pub(super) modified: Vec<Option<i64>>,
    /// Something could not be read.
    pub(super) failed: bool,
    /// Dumps of which nothing was read.
    pub(super) unread: Vec<Dump>,
}

/// Reads what `options` name.
pub(super) fn read(options: &Options) -> Inputs {
    let mut inputs = Inputs::default();
    let (dumps, times) = (&mut inputs.dumps, &mut inputs.modified);
    let rest = each(options, &mut |dump, modified| {
        dumps.push(dump);
        times.push(modified);
    });
    (inputs.failed, inputs.unread) = (rest.failed, rest.unread);
    inputs
}

/// What became of inputs that were not read, or not wholly.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Something could not be read.
    pub(super) failed: bool,
    /// Dumps of which nothing was read.
    pub(super) unread: Vec<Dump>,
}

/// Reads what `options` name and calls `visit` with each dump, and with when its file was last written if
/// it is alone in a file.
///
/// Several inputs are read at the same time, on as many threads as the machine has cores; dumps and
/// complaints come in the order of the arguments nevertheless.
pub(super) fn each(options: &Options, visit: &mut dyn FnMut(Dump, Option<i64>)) -> Rest {
    let progress = Progress::start(options.progress);
    let say = |error: &Error| progress.interrupt(|| complain(error));
    let reader = Reader {
        limits: &options.limits,
        live: &options.live,
        words: options.judges,
        counter: progress.counter(),
    };
    let mut rest = Rest::default();
    if let [target] = &options.targets[..] {
        let unread = &mut rest.unread;
        let mut sink = Sink { visit, say: &mut |error| say(&error), unread };
        rest.failed = !reader.read(target, &mut sink);
        return rest;
    }
    in_order(
        &options.targets,
        |target| {
            let mut read = Read::default();
            let (dumps, complaints) = (&mut read.dumps, &mut read.complaints);
            let mut sink = Sink {
                visit: &mut |dump, modified| dumps.push((dump, modified)),
                say: &mut |error| complaints.push(error),
                unread: &mut read.unread,
            };
            read.whole = reader.read(target, &mut sink);
            read
        },
        |read| {
            read.complaints.iter().for_each(&say);
            read.dumps.into_iter().for_each(|(dump, modified)| visit(dump, modified));
            rest.unread.extend(read.unread);
            rest.failed |= !read.whole;
        },
    );
    rest
}

/// Calls `work` with each of `items` on as many threads as there are cores, and `done` on this one with
/// the results, in the order of `items`.
fn in_order<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync, mut done: impl FnMut(R)) {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let (sender, results) = channel();
    thread::scope(|scope| {
        for _ in 0..cores.min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut at = 0;
        for (index, result) in results {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&at) {
                done(result);
                at += 1;
            }
        }
    });
}

/// What was read of one input among several.
#[derive(Default)]
struct Read {
    dumps: Vec<(Dump, Option<i64>)>,
    complaints: Vec<Error>,
    unread: Vec<Dump>,
    whole: bool,
}

/// Where what is read of one input goes.
struct Sink<'s> {
    visit: &'s mut dyn FnMut(Dump, Option<i64>),
    say: &'s mut dyn FnMut(Error),
    unread: &'s mut Vec<Dump>,
}

/// How inputs are read.
struct Reader<'o> {
    limits: &'o Limits,
    #[cfg_attr(not(feature = "live"), allow(dead_code, reason = "without the client nobody asks"))]
    live: &'o Live,
    words: bool,
    /// Where bytes are counted.
    counter: Arc<AtomicU64>,
}

impl Reader<'_> {
    /// Reads `target`; `false` if something in it could not be read, of which is told.
    fn read(&self, target: &Target, sink: &mut Sink<'_>) -> bool {
        let done = match target {
            Target::Url(address) => self.read_process(address, sink.visit).map(|()| true),
            target => self.read_target(target, sink),
        };
        match done {
            Ok(whole) => whole,
            Err(error) => {
                (sink.say)(explain(target, error));
                false
            }
        }
    }

    #[cfg(feature = "live")]
    fn read_process(
        &self,
        address: &Address,
        visit: &mut dyn FnMut(Dump, Option<i64>),
    ) -> Result<()> {
        super::live::read(address, self.live, &mut |dump| visit(dump, None))
    }

    #[cfg(not(feature = "live"))]
    #[allow(clippy::unused_self, reason = "the other one needs it")]
    fn read_process(&self, address: &Address, _: &mut dyn FnMut(Dump, Option<i64>)) -> Result<()> {
        Err(without_client(address))
    }

    fn read_target(&self, target: &Target, sink: &mut Sink<'_>) -> Result<bool> {
        let Sink { visit, say, unread } = sink;
        let mut any = false;
        let mut whole = true;
        let mut bundles = Bundles::default();
        let opened = source::open(target, self.limits, &mut |member, stream| {
            stream.count_in(Arc::clone(&self.counter));
            if bundles.is_manifest(member.name, stream) {
                return Ok(());
            }
            let how = parse::Options { words: self.words, ..parse::Options::from(self.limits) };
            let dumps = match parse::parse(stream, member.name, &how) {
                Ok(dumps) => dumps,
                // In a directory or an archive there are other things.
                Err(Error::NotADump { .. }) if !member.explicit => return Ok(()),
                Err(error) => return Err(error),
            };
            any = true;
            match parse::require_read(dumps, member.name) {
                Ok(dumps) => {
                    let modified = modified(member.name).filter(|_| dumps.len() == 1);
                    for dump in dumps {
                        bundles.pass(dump, &mut |dump| visit(dump, modified));
                    }
                }
                Err(nothing) => {
                    say(nothing.error);
                    unread.extend(nothing.dumps);
                    whole = false;
                }
            }
            Ok(())
        })?;
        bundles.end(&mut |dump| visit(dump, None));
        whole &= opened.unreadable.is_empty();
        let error = (!any).then(|| nothing_in(target, &opened)).flatten();
        opened.unreadable.into_iter().for_each(|unreadable| say(unreadable.reason));
        error.map_or(Ok(whole), Err)
    }
}

/// What is to be said of a directory or an archive in which no dump was found, unless that was said of its
/// files.
fn nothing_in(target: &Target, opened: &Opened) -> Option<Error> {
    let what = match (opened.members, opened.skipped) {
        (0, _) if !opened.unreadable.is_empty() => return None,
        (0, 0) => "there is no file in it".to_owned(),
        (0, skipped) => format!(
            "no file in it was looked at: hidden files, links and devices are left out, {skipped} here"
        ),
        (members, _) => format!("no goroutine dump in any of its {members} files"),
    };
    let remedy =
        "take one with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'";
    Some(Error::NotADump { input: name(target), what, remedy: remedy.to_owned() })
}

/// Why the process at `address` cannot be asked.
#[cfg(not(feature = "live"))]
pub(super) fn without_client(address: &Address) -> Error {
    Error::Fetch {
        url: address.to_string(),
        what: "this gdump was built without the feature live".to_owned(),
        remedy: "fetch it with: curl -so goroutines.txt URL".to_owned(),
    }
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
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..50).collect();
        let mut results = Vec::new();
        let work = |item: &u64| {
            thread::sleep(std::time::Duration::from_micros(500 * (item % 3)));
            item * 2
        };
        in_order(&items, work, |result| results.push(result));
        assert_eq!(results, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        in_order(&[], work, |_| unreachable!("there are no items"));
    }

    #[test]
    fn distances() {
        assert_eq!(distance("sumarize", "summarize"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
