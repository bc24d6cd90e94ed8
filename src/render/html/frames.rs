//! The frames of all dumps of a report, each once.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use crate::render::escape::visible;
use crate::render::words::number;
use crate::view::canon::Shown;

/// What a frame is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// Code outside of the standard library.
    User = 0,
    /// The standard library.
    Library = 1,
    /// No function: an address, or frames that Go left out.
    Other = 2,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Text<'d> {
    Name(&'d str),
    Address(u64),
    Elided(Option<u32>),
}

/// Distinct frames by number.
#[derive(Default)]
pub(super) struct Frames<'d>(IndexMap<(Text<'d>, &'d str, u32, Kind), (), FxBuildHasher>);

impl<'d> Frames<'d> {
    /// The number of `frame`.
    pub(super) fn number(&mut self, frame: Shown<'d>) -> usize {
        let key = match frame {
            Shown::Call { function, file, line, std, .. } => {
                let kind = if std { Kind::Library } else { Kind::User };
                (Text::Name(function), file, line, kind)
            }
            Shown::Address(address) => (Text::Address(address), "", 0, Kind::Other),
            Shown::Elided(n) => (Text::Elided(n), "", 0, Kind::Other),
        };
        self.0.insert_full(key, ()).0
    }

    /// The number of the place `file:line` in `function` of the program.
    pub(super) fn place(&mut self, function: &'d str, file: &'d str, line: u32) -> usize {
        self.0.insert_full((Text::Name(function), file, line, Kind::User), ()).0
    }
}

impl Serialize for Frames<'_> {
    /// A list of `[function, file, line, kind]`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (text, file, line, kind) in self.0.keys() {
            let name = match text {
                Text::Name(name) => visible(name),
                Text::Address(address) => format!("{address:#x}").into(),
                Text::Elided(Some(n)) => format!("… {} frames elided …", number(*n)).into(),
                Text::Elided(None) => "… additional frames elided …".into(),
            };
            list.serialize_element(&(name, visible(file), line, *kind as u8))?;
        }
        list.end()
    }
}
