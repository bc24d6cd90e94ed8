//! Points in time.

use jiff::Timestamp;

/// Nanoseconds since 1970 as RFC 3339 in UTC, to the second.
pub fn rfc3339(nanos: i64) -> Option<String> {
    let time = Timestamp::from_nanosecond(i128::from(nanos)).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
