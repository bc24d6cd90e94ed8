//! Finds where a dump may start in gigabytes of log.

use memchr::memmem;

/// Bytes that are searched for one kind of header before the other kind gets its turn: a file with
/// many headers of one kind is then not searched to its end for the other at each of them.
const WINDOW: usize = 8 << 10;
/// Longest name of a profile that is looked for.
const MAX_NAME: usize = 128;

/// Offset in `bytes` of the next candidate for a header at or after `from`: `goroutine 7 [`,
/// `goroutine 7 gp=`, or `goroutine profile: total 5` with any name of a profile.
///
/// The candidate may stand anywhere in a line, also behind `\n` as two characters.
pub fn find_header(bytes: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    while from < bytes.len() {
        // Whatever starts in the window ends in the overlap behind it.
        let end = bytes.len().min(from + WINDOW);
        let overlap = bytes.len().min(end + 2 * MAX_NAME);
        let goroutine = goroutine_header(bytes.get(..overlap)?, from);
        let profile = profile_header(bytes.get(..goroutine.unwrap_or(overlap))?, from);
        match (goroutine, profile) {
            (None, None) => from = end,
            (found, None) | (None, found) => return found,
            (Some(goroutine), Some(profile)) => return Some(goroutine.min(profile)),
        }
    }
    None
}

/// The next `goroutine 7 [` or `goroutine 7 gp=`.
fn goroutine_header(bytes: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let at = from + memmem::find(bytes.get(from..)?, b"goroutine ")?;
        from = at + b"goroutine ".len();
        let rest = bytes.get(from..)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = rest.get(digits..)?;
        // Go 1.23 and later: `goroutine 1 gp=0xc000002380 m=0 mp=0x5f1c20 [running]:`
        let header = after.starts_with(b" [") || after.starts_with(b" gp=");
        if digits > 0 && digits <= 20 && header && starts_word(bytes, at) {
            return Some(at);
        }
    }
}

/// The next `goroutine profile: total 5`, with any name.
fn profile_header(bytes: &[u8], from: usize) -> Option<usize> {
    const MIDDLE: &[u8] = b" profile: total ";
    let mut search = from;
    loop {
        let middle = search + memmem::find(bytes.get(search..)?, MIDDLE)?;
        search = middle + MIDDLE.len();
        if !bytes.get(search)?.is_ascii_digit() {
            continue;
        }
        let before = bytes.get(middle.saturating_sub(MAX_NAME)..middle)?;
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-/".contains(byte);
        let mut name = before.iter().rev().take_while(is_name).count();
        // `\ngoroutine profile: total 5` in a JSON string: the `n` is the escape's.
        if name > 1 && before.len() > name && before.get(before.len() - name - 1) == Some(&b'\\') {
            name -= 1;
        }
        if name > 0 && middle - name >= from {
            return Some(middle - name);
        }
    }
}

/// Whether a word starts at `at`: no letter is before it, or one that is an escape's (`\n`, `\t`).
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let byte = |back: usize| at.checked_sub(back).and_then(|index| bytes.get(index));
    match byte(1) {
        Some(b'n' | b't' | b'r') => byte(2) == Some(&b'\\'),
        // rsyslog's `#012` is a newline.
        Some(b'0'..=b'7') => byte(4) == Some(&b'#'),
        Some(before) => !before.is_ascii_alphanumeric() && *before != b'_',
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::find_header;
    use proptest::prelude::*;

    #[test]
    fn finds_each_kind_of_header() {
        for (text, at) in [
            ("goroutine 7 [running]:", Some(0)),
            ("web-1 | goroutine 7 [running]:", Some(8)),
            ("x\ngoroutine 1 gp=0xc000002380 m=0 mp=0x5f1c20 [running]:", Some(2)),
            ("goroutine profile: total 5", Some(0)),
            ("goroutineleak profile: total 5", Some(0)),
            ("{\"log\":\"x\\ngoroutine 7 [running]:", Some(11)),
            ("{\"log\":\"x\\ngoroutine profile: total 7", Some(11)),
            ("host app: x#012goroutine 7 [running]:", Some(15)),
            ("created by main.main in goroutine 1", None),
            ("[originating from goroutine 5]:", None),
            ("\tgoroutine running on other thread; stack unavailable", None),
            ("mygoroutine 7 [running]:", None),
            ("goroutine 7", None),
            ("", None),
        ] {
            assert_eq!(find_header(text.as_bytes(), 0), at, "{text}");
        }
    }

    #[test]
    fn finds_the_next_one() {
        let text = b"goroutine 7 [running]:\n\ngoroutine profile: total 5";
        assert_eq!(find_header(text, 1), Some(24));
        assert_eq!(find_header(text, 25), None);
        assert_eq!(find_header(text, 1000), None);
    }

    #[test]
    fn a_header_across_windows_is_found() {
        for before in super::WINDOW - 30..super::WINDOW + 30 {
            for header in ["goroutine 12345 [running]:", "goroutine profile: total 77"] {
                let text = format!("{}\n{header}", "x".repeat(before));
                assert_eq!(find_header(text.as_bytes(), 0), Some(before + 1), "{before}");
            }
        }
    }

    proptest! {
        #[test]
        fn never_goes_back(bytes in "(goroutine |profile: total | |\\[|[0-9]|\\n|x){0,60}", from in 0..200_usize) {
            if let Some(at) = find_header(bytes.as_bytes(), from) {
                prop_assert!(at >= from);
            }
        }
    }
}
