//! Frames as gccgo prints them: a name without parentheses, and a place without an offset.

use super::frame::cgo_file_line;
use super::frame::file_line;
use super::frame::tail_len;
use crate::parse::expect::PResult;
use crate::parse::expect::fail;

/// A name that a place of `second` follows, which has no offset: with one it is that of a call that has lost
/// its parentheses.
pub(super) fn is_frame(first: &[u8], second: &[u8]) -> bool {
    second.starts_with(b"\t")
        && matches!(gccgo_symbol(first), Ok((b"", ())))
        && tail_len(second) == 0
        && file_line(second).is_ok()
}

/// Whether the lines are a frame of gccgo's beyond doubt: the place is that of a file.
pub(super) fn is_sure_frame(first: &[u8], second: &[u8]) -> bool {
    let is_file = |path: &[u8]| path.contains(&b'.') || path == b"?";
    is_frame(first, second) && file_line(second).is_ok_and(|(_, file)| is_file(file.path))
}

/// A function's name as the linker has it, or C's.
///
/// ```abnf
/// gccgo-symbol    = c-symbol [ *( ALPHA / DIGIT / "_" / "/" / "-" ) "." 1*( ALPHA / DIGIT / "_" / "." / "$" / "/" / "-" / %x80-D7FF ) ]
/// ```
pub(super) fn gccgo_symbol(input: &[u8]) -> PResult<'_, ()> {
    let (rest, ()) = c_symbol(input)?;
    // A package's path ends before the first dot, too.
    let is_char =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$/-".contains(byte) || *byte >= 0x80;
    let length = rest.iter().take_while(|byte| is_char(byte)).count();
    let (name, after) = rest.split_at(length);
    match (name.is_empty(), name.contains(&b'.')) {
        (true, _) | (_, true) => Ok((after, ())),
        (false, false) => fail(rest, "the end of the name"),
    }
}

/// ```abnf
/// c-symbol        = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" )
/// ```
fn c_symbol(input: &[u8]) -> PResult<'_, ()> {
    let is_char = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = input.iter().take_while(|byte| is_char(byte)).count();
    let (name, rest) = input.split_at(length);
    match name.first() {
        Some(first) if !first.is_ascii_digit() => Ok((rest, ())),
        _ => fail(input, "a name"),
    }
}

/// Whether the lines are a frame without parentheses: of gccgo, or of C.
pub(super) fn is_named(first: &[u8], second: &[u8]) -> bool {
    cgo_file_line(second).is_ok() || is_frame(first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_among_calls_are_damaged() {
        let stack = "main.f(0x1)\n\t/x.go:1 +0x1\n";
        let damaged = "created\n\t/x.go:18\n";
        for (text, problems) in [
            (format!("goroutine 7 [select]:\n{stack}{damaged}"), 1),
            (format!("goroutine 7 [select]:\n{stack}\ngoroutine 8 [select]:\n{damaged}{stack}"), 1),
            (format!("goroutine 7 [select]:\nmain.f\n\t/x.go:1\n{damaged}"), 0),
        ] {
            let mut stream = crate::source::Stream::new(text.as_bytes());
            let dumps = crate::parse::parse(&mut stream, "test", &crate::parse::Options::default());
            let dump = dumps.unwrap().remove(0);
            assert_eq!(dump.problems.len(), problems, "{text}");
            assert_eq!(dump.format == crate::model::Format::Gccgo, problems == 0, "{text}");
        }
    }

    #[test]
    fn names_with_places() {
        let place = b"\t../../../src/libgo/go/sync/mutex.go:81";
        for name in [
            "main.main",
            "main.$nested0",
            "main.main..func1",
            "runtime_mstart",
            "runtime/pprof.writeGoroutine",
            "sync.Lock.pN10_sync.Mutex",
        ] {
            assert!(is_sure_frame(name.as_bytes(), place), "{name}");
        }
        for other in ["exit status 2", "", "/src/main.go", "see main.main", "5.main", "PC=0x1 m=0"]
        {
            assert!(!is_frame(other.as_bytes(), place), "{other}");
        }
        for other in ["\tmain.go:81 +0x1f", "main.go:81", "\tport:80", "\tmain.go"] {
            assert!(!is_sure_frame(b"main.main", other.as_bytes()), "{other}");
        }
    }
}
