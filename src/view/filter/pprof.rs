//! The filters of `go tool pprof`, with its meaning (google/pprof: `profile/filter.go`,
//! `internal/driver/driver_focus.go`). They look at every frame that is in the dump, also at those of the
//! runtime that gdump does not show. A profile's mapping files are not known here and match nothing.

use regex::Regex;

use crate::model::{Dump, Frame, FrameId, LabelsId, StackId};

/// What was given; all must hold. The default lets everything through.
#[derive(Clone, Debug, Default)]
pub struct PprofFilter {
    /// Keeps stacks with a frame that matches.
    pub focus: Option<Regex>,
    /// Drops stacks with a frame that matches.
    pub ignore: Option<Regex>,
    /// Deletes frames that match; a stack without frames is dropped.
    pub hide: Option<Regex>,
    /// Deletes frames that do not match.
    pub show: Option<Regex>,
    /// Deletes the frames that call the outermost one that matches, and drops stacks without one.
    pub show_from: Option<Regex>,
    /// Keeps goroutines with such labels.
    pub tagfocus: Option<TagTest>,
    /// Drops goroutines with such labels.
    pub tagignore: Option<TagTest>,
}

/// Which stacks pass, and what is left of them.
pub struct Edit<'f> {
    filter: &'f PprofFilter,
    focus: Vec<bool>,
    ignore: Vec<bool>,
    hide: Vec<bool>,
    show: Vec<bool>,
    show_from: Vec<bool>,
}

impl PprofFilter {
    /// Whether everything passes as it is.
    pub fn is_empty(&self) -> bool {
        !self.has_stack_tests() && self.tagfocus.is_none() && self.tagignore.is_none()
    }

    /// Whether frames may be deleted.
    pub fn edits(&self) -> bool {
        self.hide.is_some() || self.show.is_some() || self.show_from.is_some()
    }

    /// Whether stacks may be dropped.
    pub(super) fn has_stack_tests(&self) -> bool {
        self.edits() || self.focus.is_some() || self.ignore.is_some()
    }

    /// The filters of stacks for `dump`: every frame is matched once.
    pub fn edit(&self, dump: &Dump) -> Edit<'_> {
        let hits = |regex: &Option<Regex>| {
            let Some(regex) = regex else { return Vec::new() };
            let ids = 0..u32::try_from(dump.frame_count()).unwrap_or(u32::MAX);
            ids.map(|id| match dump.frame(FrameId::from(id)) {
                Frame::Call { function, file, .. } => {
                    regex.is_match(dump.str(function)) || regex.is_match(dump.str(file))
                }
                Frame::Address(_) | Frame::Elided(_) => false,
            })
            .collect()
        };
        Edit {
            filter: self,
            focus: hits(&self.focus),
            ignore: hits(&self.ignore),
            hide: hits(&self.hide),
            show: hits(&self.show),
            show_from: hits(&self.show_from),
        }
    }

    /// Whether the labels behind `id` pass.
    pub(super) fn labels_pass(&self, dump: &Dump, id: LabelsId) -> bool {
        self.tagfocus.as_ref().is_none_or(|test| test.holds(dump, id))
            && self.tagignore.as_ref().is_none_or(|test| !test.holds(dump, id))
    }
}

impl Edit<'_> {
    /// Whether focus, ignore, hide, show and show-from match any frame at all.
    pub(super) fn matched(&self) -> [bool; 5] {
        let all = [&self.focus, &self.ignore, &self.hide, &self.show, &self.show_from];
        all.map(|hits| hits.contains(&true))
    }

    /// What is left of `stack`; `None` if goroutines with it are dropped.
    pub fn left(&self, dump: &Dump, stack: StackId) -> Option<Vec<FrameId>> {
        let frames = dump.stack(stack);
        let hit = |list: &[bool], id: &FrameId| list.get(id.index()).copied().unwrap_or(false);
        let is_frame = |id: &FrameId| !matches!(dump.frame(*id), Frame::Elided(_));
        let filter = self.filter;
        let by_name = [&filter.focus, &filter.ignore, &filter.hide, &filter.show];
        if by_name.iter().any(|regex| regex.is_some()) {
            let focused = match &filter.focus {
                Some(_) => frames.iter().any(|id| hit(&self.focus, id)),
                None => frames.iter().any(is_frame),
            };
            if !focused || frames.iter().any(|id| hit(&self.ignore, id)) {
                return None;
            }
        }
        let kept =
            |id: &&FrameId| !hit(&self.hide, id) && (filter.show.is_none() || hit(&self.show, id));
        let mut left: Vec<FrameId> = frames.iter().filter(kept).copied().collect();
        if (filter.hide.is_some() || filter.show.is_some()) && !left.iter().any(is_frame) {
            return None;
        }
        if filter.show_from.is_some() {
            let outermost = left.iter().rposition(|id| hit(&self.show_from, id))?;
            left.truncate(outermost + 1);
        }
        Some(left)
    }
}

/// A test of labels, as `-tagfocus` takes it.
#[derive(Clone, Debug)]
pub enum TagTest {
    /// `key=regex,regex`: one of them matches the value of the key.
    Value(String, Vec<Regex>),
    /// `regex,regex`: each matches some `key:value`.
    Pairs(Vec<Regex>),
    /// `[key=]10`, `[key=]5:`, `[key=]:5`, `[key=]5kb:10mb`: a number in a range.
    Number(Option<String>, Range),
}

/// A range of numbers with a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    unit: String,
    from: Option<f64>,
    to: Option<f64>,
}

impl TagTest {
    /// A test from what the user typed.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key.to_owned()), value),
            None => (None, text),
        };
        if let Some(range) = Range::new(value) {
            return Ok(Self::Number(key, range));
        }
        let all = value.split(',').map(Regex::new).collect::<Result<_, _>>()?;
        Ok(match key {
            Some(key) => Self::Value(key, all),
            None => Self::Pairs(all),
        })
    }

    fn holds(&self, dump: &Dump, id: LabelsId) -> bool {
        let mut labels = dump.labels(id);
        match self {
            Self::Value(wanted, all) => labels
                .any(|(key, value)| key == wanted && all.iter().any(|regex| regex.is_match(value))),
            Self::Pairs(all) => {
                let pairs: Vec<String> =
                    labels.map(|(key, value)| format!("{key}:{value}")).collect();
                all.iter().all(|regex| pairs.iter().any(|pair| regex.is_match(pair)))
            }
            Self::Number(wanted, range) => labels.any(|(key, value)| {
                wanted.as_ref().is_none_or(|wanted| wanted == key)
                    && number(value)
                        .is_some_and(|(n, unit, rest)| rest.is_empty() && range.holds(n, unit))
            }),
        }
    }
}

/// An integer at the start of `text`, the letters behind it, and what is left.
fn number(text: &str) -> Option<(i64, &str, &str)> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text.get(sign..)?.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(sign + digits)?;
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (unit, rest) = rest.split_at_checked(letters)?;
    Some((number.parse().ok()?, unit, rest))
}

#[allow(clippy::cast_precision_loss, reason = "pprof compares units as floats, too")]
impl Range {
    fn new(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix(':') {
            let (n, unit, "") = number(rest)? else { return None };
            let (to, unit) = scale(n, unit, unit);
            return Some(Self { unit, from: None, to: Some(to) });
        }
        let (n, unit, rest) = number(text)?;
        let (from, unit) = scale(n, unit, unit);
        match rest.strip_prefix(':') {
            None if rest.is_empty() => Some(Self { unit, from: Some(from), to: Some(from) }),
            None => None,
            Some("") => Some(Self { unit, from: Some(from), to: None }),
            Some(rest) => {
                let (n, unit_of_end, "") = number(rest)? else { return None };
                let (to, unit_of_end) = scale(n, unit_of_end, &unit);
                (unit == unit_of_end).then_some(Self { unit, from: Some(from), to: Some(to) })
            }
        }
    }

    fn holds(&self, n: i64, unit: &str) -> bool {
        let (n, unit) = scale(n, unit, &self.unit);
        unit == self.unit
            && self.from.is_none_or(|from| n >= from)
            && self.to.is_none_or(|to| n <= to)
    }
}

/// Families of units (google/pprof, internal/measurement): the name of each, its other names, and how
/// many of the family's smallest it is.
const UNITS: &[&[(&str, &[&str], f64)]] = &[
    &[
        ("B", &["b", "byte"], 1.0),
        ("kB", &["kb", "kbyte", "kilobyte"], 1024.0),
        ("MB", &["mb", "mbyte", "megabyte"], 1_048_576.0),
        ("GB", &["gb", "gbyte", "gigabyte"], 1_073_741_824.0),
        ("TB", &["tb", "tbyte", "terabyte"], 1_099_511_627_776.0),
        ("PB", &["pb", "pbyte", "petabyte"], 1_125_899_906_842_624.0),
    ],
    &[
        // The first of a family is what numbers without a counterpart are measured in.
        ("s", &["s", "sec", "second"], 1e9),
        ("ns", &["ns", "nanosecond"], 1.0),
        ("us", &["μs", "us", "microsecond"], 1e3),
        ("ms", &["ms", "millisecond"], 1e6),
        ("hrs", &["hour", "hr"], 3600e9),
    ],
    &[
        ("GCU", &["gcu"], 1.0),
        ("n*GCU", &["nanogcu"], 1e-9),
        ("u*GCU", &["microgcu"], 1e-6),
        ("m*GCU", &["milligcu"], 1e-3),
        ("k*GCU", &["kilogcu"], 1e3),
        ("M*GCU", &["megagcu"], 1e6),
        ("G*GCU", &["gigagcu"], 1e9),
        ("T*GCU", &["teragcu"], 1e12),
        ("P*GCU", &["petagcu"], 1e15),
    ],
];

/// `n` in the unit `to`, or in the first of its own family; a unit that is not known is taken for `to`.
#[allow(clippy::cast_precision_loss, reason = "pprof compares units as floats, too")]
fn scale(n: i64, unit: &str, to: &str) -> (f64, String) {
    for family in UNITS {
        let find = |name: &str| {
            let lower = name.to_lowercase();
            let one =
                if lower.len() > 2 { lower.strip_suffix('s').unwrap_or(&lower) } else { &lower };
            family.iter().find(|(_, names, _)| names.contains(&one))
        };
        if let Some((_, _, factor)) = find(unit) {
            let (name, _, of) = find(to).or(family.first()).copied().unwrap_or(("", &[], 1.0));
            return (n as f64 * factor / of, name.to_owned());
        }
    }
    let to = if matches!(to, "count" | "sample" | "unit" | "minimum" | "auto") { "" } else { to };
    (n as f64, to.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallKind, DumpBuilder, Format};

    fn regex(text: &str) -> Option<Regex> {
        (!text.is_empty()).then(|| Regex::new(text).unwrap())
    }

    #[test]
    fn stacks_pass_and_lose_frames_as_in_pprof() {
        let mut builder = DumpBuilder::new("test", Format::Debug2);
        let mut frame = |name: &str, file: &str| {
            let function = builder.function(name.as_bytes());
            let file = builder.string(file.as_bytes());
            builder.frame(Frame::Call { function, file, line: 1, kind: CallKind::Plain })
        };
        let frames = [
            frame("sync.(*Mutex).Lock", "mutex.go"),
            frame("main.get", "cache.go"),
            frame("main.handle", "main.go"),
            frame("net/http.serve", "server.go"),
        ];
        let stack = builder.stack(&frames);
        let empty = builder.stack(&[]);
        let dump = builder.finish();
        // focus, ignore, hide, show, show_from, and the frames that are left
        for (focus, ignore, hide, show, from, left) in [
            ("", "", "", "", "", Some("0123")),
            ("get", "", "", "", "", Some("0123")),
            ("cache.go", "", "", "", "", Some("0123")),
            ("nothing", "", "", "", "", None),
            ("get", "http", "", "", "", None),
            ("", "nothing", "", "", "", Some("0123")),
            ("", "", "^main", "", "", Some("03")),
            ("main", "", "^main", "", "", Some("03")),
            ("", "", ".", "", "", None),
            ("", "", "", "^main", "", Some("12")),
            ("", "", "get", "^main", "", Some("2")),
            ("", "", "", "nothing", "", None),
            ("", "", "", "", "^main", Some("012")),
            ("", "", "", "", "get", Some("01")),
            ("", "", "handle", "", "^main", Some("01")),
            ("", "", "", "", "nothing", None),
        ] {
            let filter = PprofFilter {
                focus: regex(focus),
                ignore: regex(ignore),
                hide: regex(hide),
                show: regex(show),
                show_from: regex(from),
                ..PprofFilter::default()
            };
            let edit = filter.edit(&dump);
            let wanted = left.map(|left| {
                left.bytes().map(|digit| frames[usize::from(digit - b'0')]).collect::<Vec<_>>()
            });
            let name = format!("{focus} {ignore} {hide} {show} {from}");
            assert_eq!(edit.left(&dump, stack), wanted, "{name}");
            let nothing = filter.is_empty().then(Vec::new);
            assert_eq!(edit.left(&dump, empty), nothing, "{name}");
        }
    }

    #[test]
    fn labels_as_in_pprof() {
        let mut builder = DumpBuilder::new("test", Format::Proto);
        let pairs = [("tenant", "acme"), ("path", "/api"), ("size", "5kb"), ("wait", "12")];
        let pairs =
            pairs.map(|(k, v)| (builder.string(k.as_bytes()), builder.string(v.as_bytes())));
        let id = builder.labels(&pairs);
        let dump = builder.finish();
        for (text, holds) in [
            ("tenant=ac", true),
            ("tenant=^zz,me$", true),
            ("tenant=zz", false),
            ("other=.", false),
            ("acme", true),
            ("tenant:acme", true),
            ("acme,api", true),
            ("acme,zz", false),
            ("wait=12", true),
            ("wait=10:", true),
            ("wait=:11", false),
            ("wait=10:12", true),
            ("10:12", true),
            ("size=5120b", true),
            ("size=1kb:6kb", true),
            ("size=1mb:", false),
            ("size=1s:", false),
            ("size=1kb:6s", false),
        ] {
            assert_eq!(TagTest::new(text).unwrap().holds(&dump, id), holds, "{text}");
        }
        assert!(TagTest::new("a=(").is_err());
    }
}
