//! Names of functions in gccgo's tracebacks, as Go's own compiler would write them. The text itself is read
//! by [`debug2`](super::debug2).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while_m_n, take_while1};
use nom::character::complete::digit1;
use nom::combinator::{all_consuming, map_opt, opt, peek};
use nom::multi::{fold_many1, many0};
use nom::sequence::{preceded, terminated};

use super::expect::{PResult, fail};
use super::lexical::number;

/// `name` of a function as Go's own compiler writes it, as far as that can be known.
pub(super) fn go_name(name: &[u8]) -> Vec<u8> {
    // `g.` marks names of the debug information that are encoded.
    let bare = name.strip_prefix(b"g.").filter(|rest| rest.contains(&b'.')).unwrap_or(name);
    gccgo_name(bare).map_or_else(|_| name.to_vec(), |(_, go)| go)
}

/// A name of GCC's, in the Go form.
///
/// ```abnf
/// gccgo-name      = old-method / new-name
/// ```
fn gccgo_name(input: &[u8]) -> PResult<'_, Vec<u8>> {
    all_consuming(alt((old_method, new_name))).parse(input)
}

/// A method of GCC 7 and before: its package and name, then its receiver's type.
///
/// ```abnf
/// old-method      = package-name "." identifier "." [ %s"p" ] %s"N" number "_" package-name "." identifier
/// ```
fn old_method(input: &[u8]) -> PResult<'_, Vec<u8>> {
    let dot = || tag(&b"."[..]);
    let plain =
        || take_while1(|byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
    let (rest, method) = preceded((plain(), dot()), plain()).parse(input)?;
    let (rest, pointer) = preceded(dot(), opt(tag(&b"p"[..]))).parse(rest)?;
    let (rest, length) =
        terminated(preceded(tag(&b"N"[..]), number), tag(&b"_"[..])).parse(rest)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length != rest.len() {
        return fail(rest, "the type of a method's receiver");
    }
    let Some(split) = memchr::memrchr(b'.', rest) else { return fail(rest, "a type's name") };
    let (package, name) = rest.split_at(split);
    let name = name.get(1..).unwrap_or_default();
    Ok((b"", joined(package, name, method, pointer.is_some())))
}

/// A name of GCC 8 and later.
///
/// ```abnf
/// new-name        = package-name 1*( "." identifier ) *( nested )
/// ```
fn new_name(input: &[u8]) -> PResult<'_, Vec<u8>> {
    let part = preceded(tag(&b"."[..]), identifier);
    let (rest, (package, parts)) = (package_name, many0(part)).parse(input)?;
    let (rest, nested) = many0(nested).parse(rest)?;
    let nested = nested.concat();
    let name = match parts.as_slice() {
        [] if nested.is_empty() => return fail(rest, "a function behind the package"),
        [] => package,
        [function] => [package.as_slice(), b".", function].concat(),
        [receiver, method] => {
            let pointer = is_pointer(&package, receiver);
            joined(&package, receiver, method, pointer)
        }
        parts => [&[package][..], parts].concat().join(&b'.'),
    };
    Ok((rest, [name, nested].concat()))
}

/// `package.(*name).method`, or without the pointer.
fn joined(package: &[u8], name: &[u8], method: &[u8], pointer: bool) -> Vec<u8> {
    let (open, close): (&[u8], &[u8]) = if pointer { (b".(*", b").") } else { (b".", b".") };
    [package, open, name, close, method].concat()
}

/// ```abnf
/// package-name    = 1*( ALPHA / DIGIT / "/" / "-" / encoded )
/// ```
fn package_name(input: &[u8]) -> PResult<'_, Vec<u8>> {
    let plain = take_while1(|byte: u8| {
        byte.is_ascii_alphanumeric() || b"/-~%".contains(&byte) || byte >= 0x80
    });
    let text = alt((plain.map(<[u8]>::to_vec), encoded));
    fold_many1(text, Vec::new, |all, part| [all, part].concat()).parse(input)
}

/// ```abnf
/// identifier      = 1*( ALPHA / DIGIT / encoded )
/// ```
fn identifier(input: &[u8]) -> PResult<'_, Vec<u8>> {
    let plain = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80);
    let text = alt((plain.map(<[u8]>::to_vec), encoded));
    fold_many1(text, Vec::new, |all, part| [all, part].concat()).parse(input)
}

/// ```abnf
/// nested          = %s"..func" number / %s"..go" / %s"..init" number / %s"..r"
/// ```
fn nested(input: &[u8]) -> PResult<'_, Vec<u8>> {
    let numbered = |name: &'static [u8]| preceded(tag(&b".."[..]), (tag(name), digit1));
    let func = numbered(b"func").map(|(_, n): (&[u8], &[u8])| [&b".func"[..], n].concat());
    let init = numbered(b"init").map(|(_, n): (&[u8], &[u8])| [&b".init."[..], n].concat());
    // Go's own compiler calls a function at the top level `glob.` or `init`, by its version.
    let top = tag(&b"..go"[..]).map(|_: &[u8]| b".glob.".to_vec());
    let recovers = terminated(tag(&b"..r"[..]), peek(end)).map(|_: &[u8]| Vec::new());
    alt((func, init, top, recovers)).parse(input)
}

fn end(input: &[u8]) -> PResult<'_, ()> {
    if input.is_empty() { Ok((input, ())) } else { fail(input, "the end of the name") }
}

/// A character that stands for another.
///
/// ```abnf
/// encoded         = "__" / "_" ( DIGIT / %s"a" / %s"b" / %s"c" ) / %s"_x" 2HEXDIG / %s"_u" 4HEXDIG / %s"_U" 8HEXDIG
/// ```
fn encoded(input: &[u8]) -> PResult<'_, Vec<u8>> {
    const SHORT: &[(u8, u8)] = &[
        (b'_', b'_'),
        (b'0', b'.'),
        (b'1', b'/'),
        (b'2', b'*'),
        (b'3', b','),
        (b'4', b'{'),
        (b'5', b'}'),
        (b'6', b'['),
        (b'7', b']'),
        (b'8', b'('),
        (b'9', b')'),
        (b'a', b'"'),
        (b'b', b' '),
        (b'c', b';'),
    ];
    let short = map_opt(take(1usize), |code: &[u8]| {
        let found = SHORT.iter().find(|(letter, _)| code == [*letter]);
        found.map(|(_, byte)| vec![*byte])
    });
    let long = |letter: &'static [u8], digits: usize| {
        let code = take_while_m_n(digits, digits, |byte: u8| byte.is_ascii_hexdigit());
        map_opt(preceded(tag(letter), code), |code: &[u8]| {
            let code = u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?;
            Some(char::from_u32(code)?.to_string().into_bytes())
        })
    };
    let codes = alt((short, long(b"x", 2), long(b"u", 4), long(b"U", 8)));
    preceded(tag(&b"_"[..]), codes).parse(input)
}

/// Whether methods of this type have a pointer for a receiver (the sources of Go 1.18, on which GCC 12 and
/// 13 are; those of packages sync and internal/poll all have).
fn is_pointer(package: &[u8], name: &[u8]) -> bool {
    const TYPES: &[(&[u8], &[&[u8]])] = &[
        (b"bufio", &[b"Reader", b"Scanner", b"Writer"]),
        (b"bytes", &[b"Buffer", b"Reader"]),
        (b"crypto/tls", &[b"Conn"]),
        (b"database/sql", &[b"Conn", b"DB", b"Row", b"Rows", b"Stmt", b"Tx", b"driverConn"]),
        (b"io", &[b"PipeReader", b"PipeWriter", b"multiWriter", b"pipe", b"teeReader"]),
        (b"log", &[b"Logger"]),
        (
            b"net",
            &[
                b"Dialer",
                b"Resolver",
                b"TCPConn",
                b"TCPListener",
                b"UDPConn",
                b"UnixConn",
                b"UnixListener",
                b"conn",
                b"netFD",
                b"sysDialer",
            ],
        ),
        (
            b"net/http",
            &[
                b"Client",
                b"ServeMux",
                b"Server",
                b"Transport",
                b"body",
                b"bodyEOFSignal",
                b"conn",
                b"connReader",
                b"http2ClientConn",
                b"http2Transport",
                b"http2clientConnReadLoop",
                b"http2serverConn",
                b"persistConn",
                b"response",
            ],
        ),
        (b"net/http/httptest", &[b"Server"]),
        (b"os", &[b"File", b"Process"]),
        (b"os/exec", &[b"Cmd"]),
        (b"runtime/pprof", &[b"Profile"]),
        (b"strings", &[b"Builder", b"Reader"]),
        (b"testing", &[b"B", b"F", b"M", b"T", b"common"]),
        (b"text/template", &[b"Template"]),
        (b"time", &[b"Ticker", b"Timer"]),
    ];
    matches!(package, b"sync" | b"internal/poll")
        || TYPES.iter().any(|(known, names)| *known == package && names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_go_form() {
        for (gcc, go) in [
            ("main.main", "main.main"),
            ("sync.Lock.pN10_sync.Mutex", "sync.(*Mutex).Lock"),
            ("main.take.pN10_main.shelf", "main.(*shelf).take"),
            ("main.count.N8_main.box", "main.box.count"),
            ("sync.Mutex.lockSlow", "sync.(*Mutex).lockSlow"),
            ("main.shelf.take", "main.shelf.take"),
            ("sync.runtime__SemacquireMutex", "sync.runtime_SemacquireMutex"),
            ("internal_1poll.runtime__pollWait", "internal/poll.runtime_pollWait"),
            ("internal_1poll.FD.Accept", "internal/poll.(*FD).Accept"),
            ("net_1http.serverHandler.ServeHTTP", "net/http.serverHandler.ServeHTTP"),
            ("net_1http_1httptest.Server.goServe", "net/http/httptest.(*Server).goServe"),
            (
                "net/http/httptest.Server.goServe..func1",
                "net/http/httptest.(*Server).goServe.func1",
            ),
            ("runtime/pprof.writeGoroutine", "runtime/pprof.writeGoroutine"),
            ("main.main..func12", "main.main.func12"),
            ("main..go..func1", "main.glob..func1"),
            ("main.main..init0..func1", "main.main.init.0.func1"),
            ("main..init0", "main.init.0"),
            ("main.f..r", "main.f"),
            ("main._u7bb1._u0436_u0434_u0430__1", "main.箱.жда_1"),
            ("g.main.do__it", "main.do_it"),
            ("example_0com_1my_x2dpkg_1v2.Get", "example.com/my-pkg/v2.Get"),
            // These are left as they are.
            ("main.$nested0", "main.$nested0"),
            ("runtime_mstart", "runtime_mstart"),
            ("syscall", "syscall"),
            ("main.x_", "main.x_"),
        ] {
            assert_eq!(String::from_utf8(go_name(gcc.as_bytes())).unwrap(), go, "{gcc}");
        }
    }
}
