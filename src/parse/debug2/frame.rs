//! Productions of the lines of a stack: calls, their files, elided frames, creators, ancestors.

use memchr::memchr;
use memchr::memrchr;

use crate::parse::expect::PResult;
use crate::parse::expect::fail;
use crate::parse::expect::literal;
use crate::parse::lexical::function;
use crate::parse::lexical::hex;
use crate::parse::lexical::number;
use crate::parse::lexical::path;

/// `name(args)`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionLine<'i> {
    pub(crate) function: &'i [u8],
    /// What stands between the parentheses.
    pub(crate) arguments: &'i [u8],
}

/// `\tpath:line +0x1d`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileLine<'i> {
    pub(crate) path: &'i [u8],
    pub(crate) line: u32,
    /// The text up to and without the offset: the same wherever the same line of code is.
    pub(crate) text: &'i [u8],
}

/// A call, without its newline. The arguments' parenthesis is the last one, since arguments hold
/// none and names do: `net/http.(*conn).serve(0xc0001, {0x1, 0x2})`.
///
/// ```abnf
/// function-line   = [ frame-pointer ] function "(" [ arguments ] ")"
/// ```
pub(crate) fn function_line(input: &[u8]) -> PResult<'_, FunctionLine<'_>> {
    let start = if input.starts_with(b"[fp=") { frame_pointer(input)?.0 } else { input };
    let Some(text) = start.strip_suffix(b")") else {
        return fail(input, "a call `function(args)`");
    };
    let Some(open) = memrchr(b'(', text) else { return fail(input, "a call `function(args)`") };
    let (name, arguments) = text.split_at(open);
    let arguments = arguments.get(1..).unwrap_or_default();
    match function(name) {
        Ok((b"", function)) if memchr(b')', arguments).is_none() => {
            Ok((b"", FunctionLine { function, arguments }))
        }
        _ => fail(input, "a call `function(args)`"),
    }
}

/// The frame pointer before the name, which is not kept. Only in Go 1.1 at traceback level 2:
/// `[fp=0x7f5b1c4fef88] runtime.park(0x0, 0x0, 0x4)`.
///
/// ```abnf
/// frame-pointer   = %s"[fp=" hex %s"] "
/// ```
pub(crate) fn frame_pointer(input: &[u8]) -> PResult<'_, ()> {
    let (rest, ()) = literal(b"[fp=", "`[fp=`")(input)?;
    let (rest, _) = hex(rest)?;
    literal(b"] ", "`] ` after a frame pointer")(rest)
}

/// A word of a call's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) value: u64,
    /// False if Go marked it `?`: it may be stale (1.18 and later).
    pub(crate) exact: bool,
}

/// Gives each word of an argument list to `each` with its position, braces ignored. The list is the
/// first `len` bytes of `input`: what follows is there so that a word at the end is read as quickly.
///
/// ```abnf
/// arguments       = argument *( %s", " argument )
/// ```
#[inline]
pub(crate) fn arguments(
    input: &[u8],
    len: usize,
    mut each: impl FnMut(u8, Word),
) -> PResult<'_, ()> {
    let after = input.len().saturating_sub(len);
    let mut rest = input;
    let mut position = 0u8;
    while rest.len() > after {
        let (behind, word) = argument(rest)?;
        if let Some(word) = word {
            each(position, word);
        }
        position = position.saturating_add(u8::from(!matches!(rest.first(), Some(b'{' | b'}'))));
        rest = behind.strip_prefix(b", ").unwrap_or(behind);
    }
    Ok((rest, ()))
}

/// One word, or a brace of an aggregate, or a sign that something was left out (`...`, `_`).
///
/// ```abnf
/// argument        = hex [ "?" ] / "{" [ argument *( %s", " argument ) ] "}" / %s"..." / "_"
/// ```
#[inline]
pub(crate) fn argument(input: &[u8]) -> PResult<'_, Option<Word>> {
    if input.first() != Some(&b'0') {
        for skipped in [&b"{"[..], b"}", b"...", b"_"] {
            if let Some(rest) = input.strip_prefix(skipped) {
                return Ok((rest, None));
            }
        }
    }
    let (rest, value) = hex(input)?;
    match rest.strip_prefix(b"?") {
        Some(rest) => Ok((rest, Some(Word { value, exact: false }))),
        None => Ok((rest, Some(Word { value, exact: true }))),
    }
}

/// A call's file and line, without its newline. Read from the right: paths hold blanks, colons,
/// parentheses and ` +0x1f`. Transport may have turned the tab into blanks.
///
/// ```abnf
/// file-line       = HTAB path ":" number [ offset ] [ pointers ]
/// ```
pub(crate) fn file_line(input: &[u8]) -> PResult<'_, FileLine<'_>> {
    let blanks = input.iter().position(|byte| !matches!(byte, b'\t' | b' ')).unwrap_or(0);
    if blanks == 0 {
        return fail(input, FILE_LINE);
    }
    let (rest, file) = place(input.get(blanks..).unwrap_or_default())?;
    let text = input.get(..blanks + file.text.len()).unwrap_or_default();
    Ok((rest, FileLine { text, ..file }))
}

const FILE_LINE: &str = "the call's file line `\tpath:line`";

/// A file line without the blanks before the path.
pub(super) fn place(input: &[u8]) -> PResult<'_, FileLine<'_>> {
    let text = input.get(..input.len() - tail_len(input)).unwrap_or_default();
    let Some(colon) = memrchr(b':', text) else { return fail(input, FILE_LINE) };
    let (file, line) = text.split_at(colon);
    let line = line.get(1..).unwrap_or_default();
    match (path(file), number(line)) {
        (Ok((_, path)), Ok((b"", line))) => match u32::try_from(line) {
            Ok(line) => Ok((b"", FileLine { path, line, text })),
            Err(_) => fail(input, "a line number below 2^32"),
        },
        _ => fail(input, FILE_LINE),
    }
}

/// Length of the offset and the pointers at the end of a file line. A path can look like it holds
/// them, so that they must stand behind the digits of the line.
pub(crate) fn tail_len(line: &[u8]) -> usize {
    let mut end = line.len();
    let mut seen = 0;
    // At most ` +0x1d fp=0x1 sp=0x2 pc=0x3`.
    while seen < 4 {
        let text = line.get(..end).unwrap_or_default();
        let Some(blank) = memrchr(b' ', text) else { break };
        let word = text.get(blank..).unwrap_or_default();
        let is_tail = if seen == 0 || !word.starts_with(b" +") {
            matches!(offset(word), Ok((b"", ()))) || matches!(pointers(word), Ok((b"", ())))
        } else {
            matches!(offset(word), Ok((b"", ())))
        };
        if !is_tail {
            break;
        }
        end = blank;
        seen += 1;
        if word.starts_with(b" +") {
            break;
        }
    }
    let before = line.get(..end).unwrap_or_default();
    if before.last().is_some_and(u8::is_ascii_digit) { line.len() - end } else { 0 }
}

/// The offset of the call in its function, which is not kept.
///
/// ```abnf
/// offset          = %s" +" hex
/// ```
pub(crate) fn offset(input: &[u8]) -> PResult<'_, ()> {
    let (rest, ()) = literal(b" +", "` +0x…`")(input)?;
    let (rest, _) = hex(rest)?;
    Ok((rest, ()))
}

/// Frame pointer, stack pointer and program counter, which are not kept: fp since Go 1.2, sp since
/// 1.3, pc since 1.9, at traceback level 2. One call reads one of them.
///
/// ```abnf
/// pointers        = %s" fp=" hex [ %s" sp=" hex [ %s" pc=" hex ] ]
/// ```
pub(crate) fn pointers(input: &[u8]) -> PResult<'_, ()> {
    for name in [&b" fp="[..], b" sp=", b" pc="] {
        if let Some(rest) = input.strip_prefix(name) {
            return hex(rest).map(|(rest, _)| (rest, ()));
        }
    }
    fail(input, "` fp=`, ` sp=` or ` pc=`")
}

/// A C function without a symbolizer: one line, no file line (Go 1.7 and later).
///
/// ```abnf
/// non-go-frame    = %s"non-Go function at pc=" hex LF / function LF cgo-file-line LF
/// ```
pub(crate) fn non_go_frame(input: &[u8]) -> PResult<'_, u64> {
    let (rest, ()) = literal(b"non-Go function at pc=", "`non-Go function at pc=`")(input)?;
    hex(rest)
}

/// The second line of a C function that a cgo symbolizer named: the first is its bare name.
///
/// ```abnf
/// cgo-file-line   = HTAB [ path ":" number SP ] %s"pc=" hex
/// ```
pub(crate) fn cgo_file_line(input: &[u8]) -> PResult<'_, FileLine<'_>> {
    let what = "a C function's line `\t[path:line ]pc=0x…`";
    let blanks = input.iter().position(|byte| !matches!(byte, b'\t' | b' ')).unwrap_or(0);
    let place = input.get(blanks..).unwrap_or_default();
    let start = memrchr(b' ', place).map_or(0, |blank| blank + 1);
    let (before, last) = place.split_at(start);
    let pc = last.strip_prefix(b"pc=").and_then(|pc| hex(pc).ok());
    if blanks == 0 || !matches!(pc, Some((b"", _))) {
        return fail(input, what);
    }
    if before.is_empty() {
        return Ok((b"", FileLine { path: b"", line: 0, text: b"" }));
    }
    match file_line(input.get(..blanks + before.len() - 1).unwrap_or_default()) {
        // `\t/x.go:12 +0x427 fp=0x1 sp=0x2 pc=0x3` is a Go function's.
        Ok((rest, found)) if found.text.len() + 1 == blanks + before.len() => Ok((rest, found)),
        Ok(_) | Err(_) => fail(input, what),
    }
}

/// Frames that were left out; `None` if Go does not say how many.
///
/// ```abnf
/// elided          = %s"..." number %s" frames elided..." / %s"...additional frames elided..."
/// ```
pub(crate) fn elided(input: &[u8]) -> PResult<'_, Option<u32>> {
    if let Some(rest) = input.strip_prefix(b"...additional frames elided...") {
        return Ok((rest, None));
    }
    let (rest, ()) = literal(b"...", "`...`")(input)?;
    let (rest, count) = number(rest)?;
    let (rest, ()) = literal(b" frames elided...", "` frames elided...`")(rest)?;
    Ok((rest, Some(u32::try_from(count).unwrap_or(u32::MAX))))
}

/// The first line of a creator: function and, since Go 1.21, the goroutine's id, which may be missing
/// in later versions too (`created by time.goFunc`).
///
/// ```abnf
/// created-by      = %s"created by " function [ %s" in goroutine " number ] LF file-line LF
/// ```
pub(crate) fn created_by(input: &[u8]) -> PResult<'_, (&[u8], Option<u64>)> {
    let (rest, ()) = literal(b"created by ", "`created by `")(input)?;
    let (rest, function) = function(rest)?;
    if rest.is_empty() {
        return Ok((rest, (function, None)));
    }
    let (rest, ()) = literal(b" in goroutine ", "` in goroutine `")(rest)?;
    let (rest, goid) = number(rest)?;
    Ok((rest, (function, Some(goid))))
}

/// The line before an ancestor's stack: `[originating from goroutine 7]:`.
///
/// ```abnf
/// ancestor        = %s"[originating from goroutine " number %s"]:" LF *( ancestor-frame ) [ elided LF ] [ created-by ]
/// ```
pub(crate) fn ancestor(input: &[u8]) -> PResult<'_, u64> {
    let (rest, ()) =
        literal(b"[originating from goroutine ", "`[originating from goroutine `")(input)?;
    let (rest, goid) = number(rest)?;
    let (rest, ()) = literal(b"]:", "`]:`")(rest)?;
    Ok((rest, goid))
}

/// The first line of an ancestor's frame; always `(...)`, though it need not be inlined.
///
/// ```abnf
/// ancestor-frame  = function %s"(...)" LF file-line LF
/// ```
pub(crate) fn ancestor_frame(input: &[u8]) -> PResult<'_, &[u8]> {
    let (rest, function) = function(input)?;
    let (rest, ()) = literal(b"(...)", "`(...)`")(rest)?;
    Ok((rest, function))
}

/// A goroutine whose stack could not be printed (Go 1.2 and later).
///
/// ```abnf
/// unavailable     = HTAB ( %s"goroutine running on other thread" / %s"goroutine in C code" ) %s"; stack unavailable" LF
/// ```
pub(crate) fn unavailable(input: &[u8]) -> PResult<'_, ()> {
    let text = input.trim_ascii_start();
    if text.len() == input.len() {
        return fail(input, "a blank before `goroutine running on other thread`");
    }
    // What gccgo says of a goroutine in a system call.
    let in_c = text.strip_prefix(b"goroutine in C code");
    let rest = in_c.or_else(|| text.strip_prefix(b"goroutine running on other thread"));
    literal(b"; stack unavailable", "`goroutine running on other thread; stack unavailable`")(
        rest.unwrap_or(text),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls() {
        let line = function_line(b"net/http.(*conn).serve(0xc0001, {0x1?, _, ...})").unwrap().1;
        assert_eq!(line.function, b"net/http.(*conn).serve");
        let mut words = Vec::new();
        arguments(line.arguments, line.arguments.len(), |at, word| {
            words.push((at, word.value, word.exact));
        })
        .unwrap();
        assert_eq!(words, [(0, 0xc0001, true), (1, 1, false)]);
        assert_eq!(function_line(b"main.f(...)").unwrap().1.arguments, b"...");
        assert_eq!(
            function_line("main.F·dwrap·1()".as_bytes()).unwrap().1.function,
            "main.F·dwrap·1".as_bytes()
        );
        assert_eq!(
            function_line(b"[fp=0x7f5b] runtime.park(0x0)").unwrap().1.function,
            b"runtime.park"
        );
        for bad in ["exit status 2", "2026/11/23 log (x)", "main.main", "rax    0x0"] {
            assert!(function_line(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn files_are_read_from_the_right() {
        for (text, path, line) in [
            ("\t/a/b.go:12 +0x1f", "/a/b.go", 12),
            ("\t/a/b.go:12", "/a/b.go", 12),
            ("    /a/b.go:12 +0x1f", "/a/b.go", 12),
            ("\tC:/a b/c (d) +0x1f:7:12 +0x1", "C:/a b/c (d) +0x1f:7", 12),
            ("\t/x.go:3 +0x5 fp=0x1 sp=0x2 pc=0x3", "/x.go", 3),
            ("\t/x.go:3 fp=0x1", "/x.go", 3),
            (
                "\t/home/we ird (d) +0x1 [x], y:z/m.go:9 +0x1d",
                "/home/we ird (d) +0x1 [x], y:z/m.go",
                9,
            ),
            ("\t?:0", "?", 0),
        ] {
            let found = file_line(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e:?}")).1;
            assert_eq!((found.path, found.line), (path.as_bytes(), line), "{text}");
        }
        for bad in ["/a/b.go:12", "\t/a/b.go", "\t/a/b.go:", "\t:", "\t/a/b.go:1x"] {
            assert!(file_line(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_lines() {
        assert_eq!(elided(b"...51 frames elided...").unwrap().1, Some(51));
        assert_eq!(elided(b"...additional frames elided...").unwrap().1, None);
        let text = b"created by main.start.func1 in goroutine 18";
        assert_eq!(created_by(text).unwrap().1, (&b"main.start.func1"[..], Some(18)));
        assert_eq!(created_by(b"created by time.goFunc").unwrap().1, (&b"time.goFunc"[..], None));
        assert_eq!(created_by(b"created by main.(*T).Run").unwrap().1.0, b"main.(*T).Run");
        assert_eq!(ancestor(b"[originating from goroutine 7]:").unwrap().1, 7);
        assert_eq!(cgo_file_line(b"\t/a.c:5 pc=0x12").unwrap().1.line, 5);
        assert_eq!(cgo_file_line(b"\tpc=0x12").unwrap().1.path, b"");
        assert_eq!(non_go_frame(b"non-Go function at pc=0x7f").unwrap().1, 0x7f);
    }
}
