//! Goroutine profiles as `go tool pprof` writes them in text: `-traces`, which is for people, and `-raw`,
//! which has all of the profile.

mod grammar;
mod raw;
mod traces;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

pub(super) use raw::Raw;
pub(super) use traces::Traces;

/// The line between the stacks of `-traces`.
pub(super) const SEPARATOR: &[u8] =
    b"-----------+-------------------------------------------------------";

/// Lines that may stand above the first stack of `-traces`: comments of the profile too.
const HEAD: usize = 16;

/// Where the text starts whose first separator is at `line`, the start of a line, behind `before`; `None`
/// if its head does not say that it is of a goroutine profile.
pub(super) fn starts_traces(before: &[u8], line: usize) -> Option<usize> {
    let mut end = line;
    let mut start = None;
    let mut goroutines = false;
    for _ in 0..HEAD {
        let text = before.get(..end.checked_sub(1)?)?;
        let at = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
        let said = text.get(at..)?.trim_ascii();
        if said.is_empty() {
            break;
        }
        if let Ok((_, (key, value))) = grammar::profile_line(said) {
            start = Some(at);
            goroutines |= key == b"Type" && value.starts_with(b"goroutine");
        }
        end = at;
        if at == 0 {
            break;
        }
    }
    start.filter(|_| goroutines)
}

/// Whether the line `text`, with `PeriodType` at `at`, is the head of `-raw` of a goroutine profile: then how
/// many bytes stand before it.
pub(super) fn starts_raw(text: &[u8], at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    let (_, (_, value)) = grammar::raw_line(rest).ok()?;
    let goroutines = value.starts_with(b"goroutine ") || value.starts_with(b"goroutineleak ");
    goroutines.then(|| if before.trim_ascii().is_empty() { 0 } else { at })
}

/// The time in nanoseconds since 1970 UTC of `2026-11-24 03:06:05 UTC` or
/// `2026-11-24 03:06:05.513122364 +0000 UTC`; `None` if the zone is only an abbreviation.
fn nanos(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split(' ');
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let moment: DateTime = format!("{date} {time}").parse().ok()?;
    let offset = match zone {
        "UTC" | "GMT" => Offset::UTC,
        zone => {
            let number: i32 = zone.parse().ok().filter(|_| zone.len() == 5)?;
            Offset::from_seconds((number / 100 * 60 + number % 100) * 60).ok()?
        }
    };
    let stamp: Timestamp = offset.to_timestamp(moment).ok()?;
    i64::try_from(stamp.as_nanosecond()).ok()
}

/// The length in nanoseconds of `3s` or, in seconds alone, `3.00`; `None` for others.
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let seconds: f64 = text.split(',').next()?.trim_end_matches('s').parse().ok()?;
    #[allow(clippy::cast_possible_truncation, reason = "a rounded length of seconds or hours")]
    (0.0..1e9).contains(&seconds).then_some((seconds * 1e9) as i64)
}

#[cfg(test)]
mod tests;
