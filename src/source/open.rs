//! Opens an input, and whatever is nested in it.

use super::ahead;
use super::archive;
use super::decompress::Codec;
use super::decompress::Decompress;
use super::directory;
use super::http::Address;
use super::limits::Limits;
use super::limits::Meter;
use super::limits::Metered;
use super::salvage::Note;
use super::salvage::Salvage;
use super::sniff::Container;
use super::sniff::HEAD;
use super::sniff::UTF8_MARK;
use super::stream::Stream;
use super::utf16::Utf16;
use super::window::Window;
use crate::error::Error;
use crate::error::Result;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::Cursor;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

/// An input as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file, pipe or directory; the file may be compressed or an archive.
    Path(PathBuf),
    /// Standard input: `-`, or no input at all.
    Stdin,
    /// A process that runs; see [`open_answer`].
    Url(Address),
}

/// One of the inputs that a target holds.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The path, `archive.tgz!member/path`, or `stdin`. It may hold any character: a name in an
    /// archive is never trusted, only shown.
    pub name: &'a str,
    /// The user asked for this very input. False if it was found in a directory or an archive:
    /// then it is skipped if it is no dump.
    pub explicit: bool,
}

/// What became of a target.
#[derive(Debug, Default)]
pub struct Opened {
    /// Members that were visited.
    pub members: u64,
    /// Files in a directory or an archive that were left out: hidden ones, links, devices.
    pub skipped: u64,
    /// Files in a directory or an archive that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// A file in a directory or an archive that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its name, as in [`Member::name`].
    pub name: String,
    /// Why it cannot be read.
    pub reason: Error,
}

/// Calls `visit` for each input that `target` holds, in the same order each time.
///
/// An error of `visit` ends the work and is returned. So is an input that was asked for and cannot
/// be read, and one over [`Limits::max_bytes`]. Everything else is in [`Opened`].
pub fn open(
    target: &Target,
    limits: &Limits,
    visit: &mut dyn FnMut(Member<'_>, &mut Stream<'_>) -> Result<()>,
) -> Result<Opened> {
    match target {
        Target::Stdin => open_reader("stdin", io::stdin(), limits, visit),
        Target::Url(address) => Err(Error::Fetch {
            url: address.to_string(),
            what: "this is no file".to_owned(),
            remedy: "fetch it first".to_owned(),
        }),
        Target::Path(path) => {
            let mut opener = Opener::new(*limits, visit);
            let is_directory = path.metadata().is_ok_and(|metadata| metadata.is_dir());
            let done = if is_directory {
                directory::walk(&mut opener, path)
            } else {
                opener.file(path, true)
            };
            done.map_err(Failure::into_error)?;
            Ok(opener.opened)
        }
    }
}

/// As [`open_reader`], for what comes over a connection: if that breaks after some bytes, they are kept
/// and [`Stream::truncated`] says so.
pub fn open_answer(
    name: &str,
    mut reader: impl Read + Send,
    limits: &Limits,
    visit: &mut dyn FnMut(Member<'_>, &mut Stream<'_>) -> Result<()>,
) -> Result<Opened> {
    let mut opener = Opener::new(*limits, visit);
    let nested = Nested::new(name.to_owned(), true, &opener.limits);
    let mut head = vec![0; HEAD];
    let len = reader.read(&mut head).map_err(|error| nested.failed(error).into_error())?;
    head.truncate(len);
    let rest = Salvage::new(reader, "", None, &nested.meter, &nested.note);
    opener.first(nested, Cursor::new(head).chain(rest), None).map_err(Failure::into_error)?;
    Ok(opener.opened)
}

/// Calls `visit` for each input in what `reader` yields, which the user knows as `name`; see
/// [`open()`].
pub fn open_reader(
    name: &str,
    reader: impl Read + Send,
    limits: &Limits,
    visit: &mut dyn FnMut(Member<'_>, &mut Stream<'_>) -> Result<()>,
) -> Result<Opened> {
    let mut opener = Opener::new(*limits, visit);
    let nested = Nested::new(name.to_owned(), true, &opener.limits);
    opener.first(nested, reader, None).map_err(Failure::into_error)?;
    Ok(opener.opened)
}

/// Why the work on an input ended.
pub(super) enum Failure {
    /// The input cannot be read; others may.
    Input(Error),
    /// All work ends.
    Fatal(Error),
}

/// Result with [`Failure`].
pub(super) type Done = std::result::Result<(), Failure>;

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Input(error) | Self::Fatal(error) => error,
        }
    }
}

/// What is known of an input when it is opened.
pub(super) struct Nested {
    /// Its name for the user.
    pub(super) name: String,
    /// The user asked for it.
    pub(super) explicit: bool,
    /// How many containers it is in.
    pub(super) depth: u8,
    /// Counts the bytes of the file that it is in.
    pub(super) meter: Meter,
    /// Where its decompressors say that it ended too early.
    pub(super) note: Note,
}

impl Nested {
    fn new(name: String, explicit: bool, limits: &Limits) -> Self {
        Self { name, explicit, depth: 0, meter: Meter::new(*limits), note: Note::default() }
    }

    /// Counts a container around what follows.
    fn enter(&mut self, limits: &Limits) -> Done {
        if self.depth >= limits.max_depth {
            return Err(Failure::Input(limits.too_deep(&self.name)));
        }
        self.depth += 1;
        Ok(())
    }

    /// Fails if nothing of a compressed input can be read.
    fn expect_bytes(&self, window: &mut Window<'_>, codec: Codec) -> Done {
        let is_empty = window.peek(1).map_err(|error| self.failed(error))?.is_empty();
        match self.note.get().filter(|_| is_empty) {
            Some(detail) => Err(self.damaged(codec.name(), detail.to_owned())),
            None => Ok(()),
        }
    }

    /// The error for an input of which nothing can be used.
    pub(super) fn damaged(&self, container: &'static str, detail: String) -> Failure {
        Failure::Input(Error::Damaged { input: self.name.clone(), container, detail })
    }

    /// The failure that a failed read of this input is.
    pub(super) fn failed(&self, error: io::Error) -> Failure {
        if self.meter.is_exceeded() {
            return Failure::Fatal(Stream::error(&self.name, self.meter.error()));
        }
        Failure::Input(Stream::error(&self.name, error))
    }
}

/// The work on one target.
pub(super) struct Opener<'v> {
    pub(super) limits: Limits,
    visit: &'v mut dyn FnMut(Member<'_>, &mut Stream<'_>) -> Result<()>,
    pub(super) opened: Opened,
}

impl<'v> Opener<'v> {
    fn new(
        limits: Limits,
        visit: &'v mut dyn FnMut(Member<'_>, &mut Stream<'_>) -> Result<()>,
    ) -> Self {
        Self { limits, visit, opened: Opened::default() }
    }

    /// Opens the file, pipe or device at `path`.
    pub(super) fn file(&mut self, path: &Path, explicit: bool) -> Done {
        let failed = |source| Failure::Input(Error::Io { path: path.to_owned(), source });
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let nested = Nested::new(path.display().to_string(), explicit, &self.limits);
        self.first(nested, &file, Some(&file).filter(|_| metadata.is_file()))
    }

    /// Opens what `source` yields; if that is compressed, it is decompressed on a thread of its own.
    fn first(
        &mut self,
        mut nested: Nested,
        mut source: impl Read + Send,
        file: Option<&File>,
    ) -> Done {
        let mut head = Vec::new();
        let read = (&mut source).take(HEAD as u64).read_to_end(&mut head);
        read.map_err(|error| nested.failed(error))?;
        let container = Container::sniff(&head).filter(|_| ahead::pays());
        let whole = Cursor::new(head).chain(source);
        let Some(Container::Compressed(codec)) = container else {
            let reader = Metered::new(whole, &nested.meter, 0);
            return self.input(nested, Window::new(reader), file);
        };
        nested.enter(&self.limits)?;
        let (depth, meter, note) = (nested.depth, nested.meter.clone(), nested.note.clone());
        let open = move || {
            let window = Window::new(Metered::new(whole, &meter, 0));
            let reader = Decompress::new(codec, window, &meter)?;
            let reader = Salvage::new(reader, codec.name(), None, &meter, &note);
            Ok(Metered::new(reader, &meter, depth))
        };
        ahead::read(open, |reader| {
            let mut window = Window::new(reader);
            nested.expect_bytes(&mut window, codec)?;
            self.input(nested, window, None)
        })
    }

    /// Opens a member of an archive. If it cannot be read, that is noted.
    pub(super) fn member(
        &mut self,
        archive: &Nested,
        name: &[u8],
        reader: impl Read,
        size: u64,
    ) -> Done {
        let nested = Nested {
            name: member_name(archive, name),
            explicit: false,
            depth: archive.depth,
            meter: archive.meter.clone(),
            note: Note::default(),
        };
        let reader = Salvage::new(reader, "archived", Some(size), &nested.meter, &nested.note);
        let reader = Metered::new(reader, &nested.meter, nested.depth);
        let name = nested.name.clone();
        let done = self.input(nested, Window::new(reader), None);
        self.note_failure(name, done)
    }

    /// Notes an input that cannot be read; only fatal failures are left.
    pub(super) fn note_failure(&mut self, name: String, done: Done) -> Done {
        match done {
            Err(Failure::Input(reason)) => {
                self.opened.unreadable.push(Unreadable { name, reason });
                Ok(())
            }
            done => done,
        }
    }

    /// Peels the containers off `window`. If it is a `file`, zip archives are read from it.
    fn input(&mut self, mut nested: Nested, mut window: Window<'_>, file: Option<&File>) -> Done {
        let mut file = file;
        loop {
            let head = window.peek(HEAD).map_err(|error| nested.failed(error))?;
            let Some(container) = Container::sniff(head) else { break };
            nested.enter(&self.limits)?;
            let codec = match container {
                Container::Tar => return archive::tar(self, &nested, window),
                Container::Zip => return archive::zip(self, &nested, window, file),
                Container::Compressed(codec) => codec,
                Container::Utf16(order) => {
                    let reader = Utf16::new(order, window);
                    window = Window::new(Metered::new(reader, &nested.meter, nested.depth));
                    file = None;
                    continue;
                }
            };
            file = None;
            let reader = Decompress::new(codec, window, &nested.meter);
            let reader = reader.map_err(|error| nested.failed(error))?;
            let reader = Salvage::new(reader, codec.name(), None, &nested.meter, &nested.note);
            window = Window::new(Metered::new(reader, &nested.meter, nested.depth));
            nested.expect_bytes(&mut window, codec)?;
        }
        if window.peek(UTF8_MARK.len()).map_err(|error| nested.failed(error))? == UTF8_MARK {
            window.consume(UTF8_MARK.len());
        }
        let member = Member { name: &nested.name, explicit: nested.explicit };
        let mut stream = Stream::noted(Box::new(window), nested.note.clone());
        self.opened.members += 1;
        (self.visit)(member, &mut stream).map_err(Failure::Fatal)
    }
}

/// `archive.tgz!member/path`.
fn member_name(archive: &Nested, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name).replace('\0', "");
    format!("{}!{name}", archive.name)
}

#[cfg(test)]
mod tests;
