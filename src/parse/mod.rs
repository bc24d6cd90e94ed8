//! From bytes to dumps. [`parse`] is the only door: it finds out the format and reads.

mod debug1;
mod debug2;
mod delve;
mod documents;
mod expect;
mod gccgo;
mod infer;
mod json;
mod lexical;
mod outside;
mod place;
mod pprof_text;
mod proto;
mod race;
mod records;
mod scan;
mod scanner;
mod streams;
mod text;
mod tool_line;
mod tools;
mod unread;
mod unwrap;

use std::io::ErrorKind;
use std::io::Read;

use crate::error::Error;
use crate::error::Result;
use crate::model::Dump;
use crate::source::Limits;
use crate::source::Stream;
use crate::source::foreign::{describe_foreign, other_tracebacks};
pub use unread::{Unread, require_read};

/// How a dump is read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Longest line, and longest goroutine, in bytes; `--max-line`.
    pub max_line: usize,
    /// What is recognised instead of parsed. The dump is the same.
    pub hot: Hot,
    /// Bytes that are read at a time. The dump is the same.
    pub block: usize,
    /// Whether words of arguments are kept, for who looks for locks and channels.
    pub words: bool,
}

/// What is recognised instead of parsed when its text was seen before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hot {
    /// Nothing: every line goes through the grammar.
    Nothing,
    /// Lines, and which comes next.
    Lines,
    /// Whole stacks too.
    #[default]
    Stacks,
}

impl Default for Options {
    fn default() -> Self {
        // A block and the tables fit into the second-level cache; larger blocks are slower.
        let max_line = Limits::default().max_line;
        Self { max_line, hot: Hot::default(), block: 64 << 10, words: true }
    }
}

impl From<&Limits> for Options {
    fn from(limits: &Limits) -> Self {
        Self { max_line: limits.max_line, ..Self::default() }
    }
}

/// Reads every dump in `stream`, the input `name`.
///
/// Fails only if there is no goroutine dump in the input at all, if its container is damaged so that
/// nothing in it can be used, or if a limit is reached; everything else becomes a problem in a dump. So
/// nothing may have been read of it: [`require_read`] finds that out.
pub fn parse(stream: &mut Stream<'_>, name: &str, options: &Options) -> Result<Vec<Dump>> {
    let head = read_head(stream, name, options.block)?;
    if !is_text(&head) && proto::sniff(&head) {
        let message = read_all(stream, name, head)?;
        return Ok(vec![proto::parse(&message, name, stream.truncated())?]);
    }
    if records::sniff(&head) {
        let text = read_all(stream, name, head)?;
        return Ok(vec![records::parse(&text, name)?]);
    }
    // Enough to say what the input is if it is no dump.
    let start = head.get(..head.len().min(4096)).unwrap_or_default().to_vec();
    let whole = head.len() < options.block;
    let mut dumps = Vec::new();
    let mut head = head;
    if let Some(kind) = documents::sniff(&head, whole) {
        head = read_all(stream, name, head)?;
        dumps = documents::parse(&head, kind, name, options, text::end_reason(stream));
    }
    if dumps.is_empty() {
        dumps = text::Driver::new(stream, name, options, head).run()?;
    }
    if dumps.is_empty() {
        return Err(not_a_dump(&start, name));
    }
    unread::settle(dumps, name)
}

/// Whether `head` can be text: a profile's first bytes are tags and lengths, some of them control
/// characters that no text has.
fn is_text(head: &[u8]) -> bool {
    let start = head.get(..head.len().min(512)).unwrap_or_default();
    let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    !start.iter().any(control)
}

/// The error for an input that starts with `head` and holds no goroutine.
fn not_a_dump(head: &[u8], name: &str) -> Error {
    if let Some(foreign) = other_tracebacks(head) {
        return foreign.error(name);
    }
    if debug2::is_crash(head) {
        return Error::NotADump {
            input: name.to_owned(),
            what: "this is a Go crash report without goroutines".to_owned(),
            remedy: "run the program with GOTRACEBACK=all in its environment".to_owned(),
        };
    }
    match describe_foreign(head, scan::find_header(head, 0).is_some()) {
        Some(foreign) => foreign.error(name),
        None => Error::NotADump {
            input: name.to_owned(),
            what: "there is no goroutine dump in this input".to_owned(),
            remedy: TAKE_ONE.to_owned(),
        },
    }
}

/// How to get what gdump reads.
const TAKE_ONE: &str =
    "take one with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'";

/// The first `bytes` bytes, or all there are.
fn read_head(stream: &mut Stream<'_>, name: &str, bytes: usize) -> Result<Vec<u8>> {
    let mut head = vec![0; bytes];
    let len = read_full(stream, &mut head, name)?;
    head.truncate(len);
    Ok(head)
}

/// All that is left of the stream, behind `head`.
fn read_all(stream: &mut Stream<'_>, name: &str, head: Vec<u8>) -> Result<Vec<u8>> {
    let mut all = head;
    stream.read_to_end(&mut all).map_err(|error| Stream::error(name, error))?;
    Ok(all)
}

/// Fills `room`; less only at the end.
fn read_full(stream: &mut Stream<'_>, room: &mut [u8], name: &str) -> Result<usize> {
    let mut len = 0;
    while let Some(left) = room.get_mut(len..).filter(|left| !left.is_empty()) {
        match stream.read(left) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Stream::error(name, error)),
        }
    }
    Ok(len)
}
