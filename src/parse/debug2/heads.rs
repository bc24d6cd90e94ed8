//! From a header line to the model's ids, by memory where its text was seen before.

use super::header::Header;
use super::header::Label;
use super::header::goroutine_header;
use super::header::header_start;
use super::header::labels_after;
use super::header::plain_inside;
use super::known;
use crate::model::DumpBuilder;
use crate::model::Head;
use crate::model::HeadId;
use crate::model::LabelsId;
use crate::parse::expect::Expected;
use crate::parse::expect::whole;

/// A header whose parts are interned.
pub(super) struct Known {
    pub(super) goid: u64,
    pub(super) head: HeadId,
    pub(super) labels: LabelsId,
    /// The status is `running`.
    pub(super) running: bool,
}

/// Reads the header `line`; what stands between its brackets is remembered, its labels are not.
pub(super) fn header<'i>(
    builder: &mut DumpBuilder,
    known: &mut known::Known,
    line: &'i [u8],
) -> Result<Known, Expected<'i>> {
    match remembered(builder, known, line) {
        Some(header) => Ok(header),
        None => Ok(new(builder, known, line, &whole(line, goroutine_header)?)),
    }
}

fn remembered(builder: &mut DumpBuilder, known: &known::Known, line: &[u8]) -> Option<Known> {
    let (rest, goid) = header_start(line).ok()?;
    let inside = plain_inside(rest)?;
    let head = known.head(inside)?;
    let running = inside.starts_with(b"running");
    let rest = rest.get(inside.len() + 1..)?;
    if rest == b":" {
        return Some(Known { goid, head, labels: LabelsId::default(), running });
    }
    let Ok((b":", list)) = labels_after(rest) else { return None };
    Some(Known { goid, head, labels: labels(builder, &list), running })
}

fn new(
    builder: &mut DumpBuilder,
    known: &mut known::Known,
    line: &[u8],
    header: &Header<'_>,
) -> Known {
    let inside = &header.inside;
    let head = Head {
        state: builder.string(inside.state),
        minutes: inside.minutes,
        leaked: inside.leaked,
        scan: inside.scan,
        durable: inside.durable,
        locked: inside.locked,
        bubble: inside.bubble,
        inferred: false,
        cut: false,
    };
    let head = builder.head(head);
    if let Some(text) = header_start(line).ok().and_then(|(rest, _)| plain_inside(rest)) {
        known.remember_head(text, head);
    }
    let labels = labels(builder, &header.labels);
    Known { goid: header.goid, head, labels, running: inside.state.starts_with(b"running") }
}

fn labels(builder: &mut DumpBuilder, labels: &[Label<'_>]) -> LabelsId {
    let labels: Vec<_> =
        labels.iter().map(|(key, value)| (builder.string(key), builder.string(value))).collect();
    builder.labels(&labels)
}
