//! JSON of `runtime.GoroutineProfile`: `[{"Stack0":[4487249,…,0,0]},…]`, addresses without names, one
//! element a goroutine. A stack ends at its first 0.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use crate::error::{Error, Result};
use crate::model::{Dump, DumpBuilder, Format, Frame, Row, Truncation, TruncationReason};
use crate::parse::place::Text;

/// Addresses of a record; longer stacks are cut by Go at 32 (`runtime.StackRecord`), and a hostile
/// record here.
const LONGEST: usize = 4096;

/// Bytes of the first record in which its key is looked for.
const HEAD: usize = 4096;

/// A record. Further keys, which later versions of Go may add, say nothing here.
#[derive(Deserialize)]
struct Record {
    #[serde(rename = "Stack0", deserialize_with = "addresses")]
    stack: Vec<u64>,
}

/// Whether `head`, the first bytes of an input, can be the start of such a list.
pub(crate) fn sniff(head: &[u8]) -> bool {
    fn inside<'t>(text: &'t [u8], bracket: &[u8]) -> Option<&'t [u8]> {
        text.trim_ascii_start().strip_prefix(bracket)
    }
    let record = inside(head, b"[").and_then(|list| inside(list, b"{")).unwrap_or_default();
    let record = record.get(..record.len().min(HEAD)).unwrap_or_default();
    let keys = record.split(|byte| *byte == b'}').next().unwrap_or_default();
    memchr::memmem::find(keys, b"\"Stack0\"").is_some()
}

/// The dump in `bytes`, the input `name`. What is whole of a list that is cut is kept.
pub(crate) fn parse(bytes: &[u8], name: &str) -> Result<Dump> {
    if !sniff(bytes) {
        return Err(Error::Damaged {
            input: name.to_owned(),
            container: "JSON",
            detail: "expected a list of records with Stack0".to_owned(),
        });
    }
    let mut reader = Reader { builder: DumpBuilder::new(name, Format::Records) };
    reader.builder.set_bytes(bytes.len() as u64);
    let text = Text { bytes, offset: 0, line: 1, pieces: None, eof: true };
    reader.list(&text);
    Ok(reader.builder.finish())
}

struct Reader {
    builder: DumpBuilder,
}

impl Reader {
    /// Reads record after record until the list or the text ends.
    fn list(&mut self, text: &Text<'_>) {
        let bytes = text.bytes;
        let mut rest = bytes.trim_ascii_start().get(1..).unwrap_or_default();
        let mut first = true;
        let end = loop {
            rest = rest.trim_ascii_start();
            rest = match (rest.first(), first) {
                (None, _) => {
                    self.cut(text, rest);
                    break bytes.len();
                }
                (Some(b']'), _) => break bytes.len() - rest.len() + 1,
                (Some(b','), false) => rest.get(1..).unwrap_or_default(),
                (Some(_), true) => rest,
                (Some(_), false) => break self.not_understood(text, rest),
            };
            first = false;
            let mut records = serde_json::Deserializer::from_slice(rest).into_iter::<Record>();
            match records.next() {
                Some(Ok(record)) => self.push(&record),
                Some(Err(error)) if !error.is_eof() => {
                    let at = place(rest, &error);
                    break self.not_understood(text, rest.get(at..).unwrap_or_default());
                }
                Some(Err(_)) | None => {
                    self.cut(text, rest);
                    break bytes.len();
                }
            }
            rest = rest.get(records.byte_offset()..).unwrap_or_default();
        };
        let (list, after) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        let lines = |text: &[u8]| {
            let open = !text.is_empty() && !text.ends_with(b"\n");
            memchr::memchr_iter(b'\n', text).count() as u64 + u64::from(open)
        };
        let all = lines(bytes);
        // The line on which the list ends is the list's.
        let ignored = lines(after).saturating_sub(u64::from(!list.ends_with(b"\n")));
        let account = self.builder.account();
        account.ignored_lines = ignored;
        account.understood_lines = all - ignored - account.problem_lines;
    }

    fn push(&mut self, record: &Record) {
        let frames: Vec<_> =
            record.stack.iter().map(|pc| self.builder.frame(Frame::Address(*pc))).collect();
        let stack = self.builder.stack(&frames);
        self.builder.push(Row { stack, ..Row::default() });
        self.builder.account().whole += 1;
    }

    /// The text ends in the record at `rest`, or where one is due.
    fn cut(&mut self, text: &Text<'_>, rest: &[u8]) {
        if !rest.trim_ascii_start().is_empty() {
            self.builder.account().cut_off += 1;
        }
        let at_byte = text.bytes.len() as u64;
        self.builder.set_truncation(Truncation { reason: TruncationReason::MidGoroutine, at_byte });
    }

    /// Reports that `rest`, the end of the text, is no record, and gives it up, from the returned place.
    fn not_understood(&mut self, text: &Text<'_>, rest: &[u8]) -> usize {
        let at = text.bytes.len() - rest.len();
        self.builder.problem(|| text.problem(at, rest.len(), "expected the numbers of a record"));
        let account = self.builder.account();
        account.not_understood += 1;
        account.problem_lines += 1;
        at
    }
}

/// Where in `text` the `error` is.
fn place(text: &[u8], error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    (before + error.column().saturating_sub(1)).min(text.len())
}

/// The numbers before the first 0.
fn addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<u64>, D::Error> {
    struct Addresses;

    impl<'de> Visitor<'de> for Addresses {
        type Value = Vec<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of addresses")
        }

        fn visit_seq<A: SeqAccess<'de>>(
            self,
            mut list: A,
        ) -> std::result::Result<Vec<u64>, A::Error> {
            let mut found = Vec::new();
            let mut ended = false;
            while let Some(address) = list.next_element::<u64>()? {
                ended |= address == 0 || found.len() >= LONGEST;
                if !ended {
                    found.push(address);
                }
            }
            Ok(found)
        }
    }

    deserializer.deserialize_seq(Addresses)
}
