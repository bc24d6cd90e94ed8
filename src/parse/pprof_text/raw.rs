//! `go tool pprof -raw`: all of a profile, from which the message is made again that it was.

use prost::Message;
use rustc_hash::FxHashMap;

use super::grammar;
use super::grammar::Raw as Said;
use super::{nanos, seconds};
use crate::model::{Dump, DumpBuilder, Format, Truncation, TruncationReason};
use crate::parse::proto;
use crate::parse::tool_line::{Line, Reader};
use crate::pprof::{Function, Label, Line as Call, Location, Profile, Sample, ValueType};

/// Longest text of a sample's labels, in bytes.
const MAX_LABELS: usize = 64 << 10;

/// The reader of one text.
pub(in crate::parse) struct Raw {
    builder: DumpBuilder,
    profile: Profile,
    strings: FxHashMap<Vec<u8>, i64>,
    functions: FxHashMap<(i64, i64, u64), u64>,
    part: Part,
    /// The text behind a sample, which are its labels.
    labels: Vec<u8>,
    begun: bool,
    mid_line: bool,
}

/// What part of the text is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Head,
    Types,
    Samples,
    Locations,
    Mappings,
}

impl Raw {
    /// A reader of the input `name`.
    pub(in crate::parse) fn new(name: &str) -> Self {
        let mut raw = Self {
            builder: DumpBuilder::new(name, Format::PprofRaw),
            profile: Profile::default(),
            strings: FxHashMap::default(),
            functions: FxHashMap::default(),
            part: Part::Head,
            labels: Vec::new(),
            begun: false,
            mid_line: false,
        };
        raw.string(b"");
        raw
    }

    fn string(&mut self, text: &[u8]) -> i64 {
        if let Some(index) = self.strings.get(text) {
            return *index;
        }
        let index = i64::try_from(self.profile.string_table.len()).unwrap_or(i64::MAX);
        self.profile.string_table.push(text.to_vec());
        self.strings.insert(text.to_vec(), index);
        index
    }

    fn head(&mut self, (key, value): grammar::Told<'_>) {
        match key {
            b"Time" => self.profile.time_nanos = nanos(value).unwrap_or(0),
            b"Duration" => self.profile.duration_nanos = seconds(value).unwrap_or(0),
            _ => {}
        }
    }

    fn types(&mut self, text: &[u8]) -> bool {
        let Ok((b"", types)) = grammar::raw_types(text.trim_ascii()) else { return false };
        for (name, unit) in types {
            let (r#type, unit) = (self.string(name), self.string(unit));
            self.profile.sample_type.push(ValueType { r#type, unit });
        }
        self.part = Part::Samples;
        true
    }

    /// Gives the last sample its labels.
    fn end_labels(&mut self) {
        let text = std::mem::take(&mut self.labels);
        let Ok((_, labels)) = grammar::raw_labels(&text) else { return };
        let labels: Vec<Label> = labels
            .into_iter()
            .map(|(key, value)| {
                let is_number = key.starts_with(b"go::");
                let number = std::str::from_utf8(value).ok().filter(|_| is_number);
                let key = self.string(key);
                match number.and_then(|number| number.parse().ok()) {
                    Some(num) => Label { key, num, ..Label::default() },
                    None => Label { key, str: self.string(value), ..Label::default() },
                }
            })
            .collect();
        if let Some(sample) = self.profile.sample.last_mut() {
            sample.label = labels;
        }
    }

    fn call(&mut self, call: grammar::Call<'_>) -> Call {
        let (name, filename) = (self.string(call.function), self.string(call.file));
        let next = self.functions.len() as u64 + 1;
        let key = (name, filename, call.start_line);
        let id = *self.functions.entry(key).or_insert(next);
        if id == next {
            self.profile.function.push(Function {
                id,
                name,
                system_name: name,
                filename,
                start_line: i64::try_from(call.start_line).unwrap_or(0),
            });
        }
        Call { function_id: id, line: i64::from(call.line), ..Call::default() }
    }

    /// Takes in what a line says. False if it does not belong where it stands.
    fn said(&mut self, said: Said<'_>) -> bool {
        match (self.part, said) {
            (Part::Head, Said::Told(told)) => self.head(told),
            (Part::Head, Said::Samples) => self.part = Part::Types,
            (Part::Samples, Said::Sample(value, location_id)) => {
                self.end_labels();
                self.profile.sample.push(Sample { location_id, value, ..Sample::default() });
            }
            (Part::Samples, Said::Locations) => {
                self.end_labels();
                self.part = Part::Locations;
            }
            (Part::Locations, Said::Location(id, address, call)) => {
                let line = call.map(|call| self.call(call)).into_iter().collect();
                let location = Location { id, address, line, ..Location::default() };
                self.profile.location.push(location);
            }
            (Part::Locations, Said::Call(call)) => {
                let call = self.call(call);
                let Some(location) = self.profile.location.last_mut() else { return false };
                location.line.push(call);
            }
            (Part::Locations, Said::Mappings) => self.part = Part::Mappings,
            (Part::Locations | Part::Mappings, Said::Mapping) => {}
            _ => return false,
        }
        true
    }

    /// A line that does not belong where it stands. False if the text ends before it.
    fn other(&mut self, line: &Line<'_>) -> bool {
        match self.part {
            Part::Samples if !self.profile.sample.is_empty() => {
                if self.labels.len() + line.bytes.len() > MAX_LABELS {
                    return false;
                }
                if !self.labels.is_empty() {
                    self.labels.push(b'\n');
                }
                self.labels.extend_from_slice(line.bytes);
                self.builder.account().understood_lines += 1;
            }
            Part::Locations if !line.trimmed().is_empty() => {
                let what = "expected a location `N: 0x… function file:line:column s=line`";
                self.builder.push_problem(line.problem(what));
                self.builder.account().problem_lines += 1;
            }
            Part::Head => self.builder.account().ignored_lines += 1,
            _ => return false,
        }
        true
    }
}

impl Reader for Raw {
    fn builder(&mut self) -> &mut DumpBuilder {
        &mut self.builder
    }

    fn line(&mut self, line: &Line<'_>) -> bool {
        let text = line.bytes;
        let known = match (self.part, grammar::pprof_raw(text)) {
            (Part::Types, _) => self.types(text),
            (_, Ok((_, said))) => self.said(said),
            (_, Err(_)) => false,
        };
        if known {
            self.builder.account().understood_lines += 1;
        } else if !self.other(line) {
            return false;
        }
        (self.begun, self.mid_line) = (true, !line.whole);
        true
    }

    fn finish(mut self: Box<Self>, bytes: u64, end: u64, _: bool) -> Option<Dump> {
        self.end_labels();
        let cut = self.part < Part::Mappings;
        if self.profile.sample.is_empty() {
            return None;
        }
        let own = self.builder.finish();
        let dump = proto::parse(&self.profile.encode_to_vec(), &own.name, None).ok()?;
        let mut builder = DumpBuilder::of(dump);
        builder.set_format(Format::PprofRaw);
        builder.set_bytes(bytes);
        if let Some(truncation) = own.truncation {
            builder.set_truncation(truncation);
        }
        if let Some(wrapping) = own.wrapping {
            builder.set_wrapping(wrapping);
        }
        if cut {
            let reason = if self.mid_line {
                TruncationReason::MidLine
            } else {
                TruncationReason::MidGoroutine
            };
            builder.set_truncation(Truncation { reason, at_byte: end });
        }
        let account = builder.account();
        account.understood_lines += own.account.understood_lines;
        account.ignored_lines += own.account.ignored_lines;
        account.problem_lines += own.account.problem_lines;
        builder.count_problems(own.more_problems);
        for problem in own.problems {
            builder.push_problem(problem);
        }
        Some(builder.finish())
    }
}
