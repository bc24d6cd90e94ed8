//! Durations as Go writes them, with days added: `90s`, `10m`, `1h30m`, `2d`.

use std::time::Duration;

/// The seconds of `text`, rounded up; `None` if it is no duration.
///
/// Units are `d`, `h`, `m`, `s`, `ms`, `us`, `µs` and `ns`; numbers may have a fraction (`1.5h`).
pub fn parse_seconds(text: &str) -> Option<u64> {
    u64::try_from(nanos(text)?.div_ceil(1_000_000_000)).ok()
}

/// The duration `text`; `None` if it is none, or longer than some centuries.
pub fn parse(text: &str) -> Option<Duration> {
    u64::try_from(nanos(text)?).ok().map(Duration::from_nanos)
}

fn nanos(text: &str) -> Option<u128> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut nanos = 0u128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters)?;
        nanos = nanos.checked_add(part(number, unit)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(nanos)
}

/// Nanoseconds of a number with its unit.
fn part(number: &str, unit: &str) -> Option<u128> {
    let unit: u128 = match unit {
        "d" => 86_400_000_000_000,
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" | "µs" | "μs" => 1_000,
        "ns" => 1,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.checked_mul(unit)?.checked_add(fraction.checked_mul(unit)? / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_in_go_and_days() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h30m", Some(5400)),
            ("2d", Some(172_800)),
            ("1.5h", Some(5400)),
            ("300ms", Some(1)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("", None),
            ("10", None),
            ("m", None),
            ("5 m", None),
            ("-5m", None),
            ("1.2.3s", None),
            ("99999999999999999999999999999999999999999s", None),
        ] {
            assert_eq!(parse_seconds(text), seconds, "{text}");
        }
    }
}
