//! What an input is that is no goroutine dump, and what to fetch instead.

mod profile;
mod tracebacks;

pub use profile::other_profile;
pub use tracebacks::other_tracebacks;

use crate::error::Error;
use memchr::memmem;

/// An input that is no goroutine dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// One line: what it is.
    pub what: &'static str,
    /// One line: what to do instead.
    pub remedy: &'static str,
}

impl Foreign {
    /// The error for the input `name`.
    pub fn error(self, name: &str) -> Error {
        Error::NotADump {
            input: name.to_owned(),
            what: self.what.to_owned(),
            remedy: self.remedy.to_owned(),
        }
    }
}

const FETCH: &str =
    "take a dump with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'";
const FETCH_OR_KILL: &str = "take a dump from the running process with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2', or send it SIGQUIT and keep what it writes to stderr";
const FIND_HANDLER: &str = "find out where the program serves net/http/pprof (often another port or prefix), then: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'";
const LOG_IN: &str =
    "fetch it with the right credentials, or through: kubectl port-forward POD 6060";
const CORE: &str = "read it with: dlv core PROGRAM CORE, then: goroutines -t; or make the program write a dump with SIGQUIT";
const UNPACK: &str = "unpack it first; gdump reads gzip, zstd, bzip2, xz, tar and zip by itself";

const HEAP: Foreign = Foreign {
    what: "this is a heap profile (inuse_space, alloc_space …), not a goroutine profile",
    remedy: FETCH,
};
const BLOCK: Foreign = Foreign {
    what: "this is a block profile (past waits that have ended), not a goroutine profile",
    remedy: FETCH,
};
const MUTEX: Foreign = Foreign {
    what: "this is a mutex profile (who held contended locks), not a goroutine profile",
    remedy: FETCH,
};
const CPU: Foreign =
    Foreign { what: "this is a CPU profile, not a goroutine profile", remedy: FETCH };
const CONTENTION: Foreign =
    Foreign { what: "this is a block or mutex profile, not a goroutine profile", remedy: FETCH };
const THREADS: Foreign = Foreign {
    what: "this is a threadcreate profile (operating system threads), not a goroutine profile",
    remedy: FETCH,
};
const OTHER_PROFILE: Foreign =
    Foreign { what: "this is a profile of another kind, not a goroutine profile", remedy: FETCH };
const EMPTY: Foreign = Foreign {
    what: "the input is empty",
    remedy: "check that the dump was written (a full disk, a failed curl); then take it again",
};
const ZEROS: Foreign = Foreign {
    what: "there is nothing in it but zeros: a tar archive without files, or a file that was never written",
    remedy: "check that the dump was written (a full disk, a failed curl); then take it again",
};
const PROGRAM: Foreign =
    Foreign { what: "this is a program, not a dump of one", remedy: FETCH_OR_KILL };
const COMPRESSED: Foreign =
    Foreign { what: "this is an archive of a kind that gdump does not read", remedy: UNPACK };
const IMAGE: Foreign = Foreign {
    what: "this is an image or document, not a goroutine dump",
    remedy: "gdump needs the text of the dump, not a picture of it",
};
const REFUSED: Foreign =
    Foreign { what: "the server refused access instead of sending a dump", remedy: LOG_IN };
const NOT_FOUND: Foreign = Foreign {
    what: "this is the body of a 404 response: nothing is served at that address",
    remedy: FIND_HANDLER,
};
const FAILED: Foreign = Foreign {
    what: "this is an error of a server or proxy, not a goroutine dump",
    remedy: "ask the program itself, not what is in front of it: kubectl port-forward POD 6060",
};

/// What starts with which bytes.
const MAGIC: &[(&[u8], Foreign)] = &[
    // allocs has the same first line as heap: `heap profile: 1: 2 [3: 4] @ heap/1048576`
    (b"heap profile:", HEAP),
    (b"--- contention:", BLOCK),
    (b"--- mutex:", MUTEX),
    (b"threadcreate profile:", THREADS),
    (b"--- threadz", OTHER_PROFILE),
    (b"--- heapz", OTHER_PROFILE),
    (b"--- contentionz", OTHER_PROFILE),
    (
        b"num_symbols:",
        Foreign { what: "this is what /debug/pprof/symbol says, not a dump", remedy: FETCH },
    ),
    (b"404 ", NOT_FOUND),
    (b"Not Found", NOT_FOUND),
    (
        b"Unknown profile",
        Foreign {
            what: "the server knows no profile of that name",
            remedy: "spell it goroutine (or goroutineleak, from Go 1.26 with GOEXPERIMENT=goroutineleakprofile): /debug/pprof/goroutine?debug=2",
        },
    ),
    (
        b"seconds and debug params are incompatible",
        Foreign {
            what: "the server refused: a delta profile (seconds=) has no text form (debug=)",
            remedy: "leave one out: /debug/pprof/goroutine?debug=2, or /debug/pprof/goroutine?seconds=10",
        },
    ),
    (
        b"Could not enable",
        Foreign {
            what: "the server refused: CPU profiling or tracing is in use already",
            remedy: FETCH,
        },
    ),
    (b"403", REFUSED),
    (b"401", REFUSED),
    (b"Forbidden", REFUSED),
    (b"forbidden", REFUSED),
    (b"Unauthorized", REFUSED),
    (b"Access denied", REFUSED),
    (b"error: You must be logged in", REFUSED),
    (b"Error from server", FAILED),
    (b"500 ", FAILED),
    (b"502 ", FAILED),
    (b"503 ", FAILED),
    (b"504 ", FAILED),
    (b"Internal Server Error", FAILED),
    (b"Bad Gateway", FAILED),
    (b"upstream ", FAILED),
    (b"no healthy upstream", FAILED),
    (b"curl: (", FAILED),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"MZ", PROGRAM),
    (b"MDMP", Foreign { what: "this is a Windows minidump, not a goroutine dump", remedy: CORE }),
    (b"\x89PNG", IMAGE),
    (b"\xff\xd8\xff", IMAGE),
    (b"GIF8", IMAGE),
    (b"%PDF-", IMAGE),
    (
        b"SQLite format 3\0",
        Foreign { what: "this is a database (SQLite), not a goroutine dump", remedy: FETCH },
    ),
    (b"7z\xbc\xaf\x27\x1c", COMPRESSED),
    (b"Rar!", COMPRESSED),
    (b"\x04\x22\x4d\x18", COMPRESSED),
    (b"\x1f\x9d", COMPRESSED),
];

/// What the input is that starts with `head`; None if it may be a goroutine dump.
///
/// It knows nothing of binary formats that gdump reads (`profile.proto`), nor of JSON ones: to be
/// asked when no parser wants the input. `head` should be some kilobytes, or all of the input if it has fewer.
pub fn describe_foreign(head: &[u8], has_header: bool) -> Option<Foreign> {
    // Editors on Windows put a byte order mark before text.
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = head.trim_ascii_start();
    if text.is_empty() {
        return Some(EMPTY);
    }
    if text.iter().all(|byte| *byte == 0) {
        return Some(ZEROS);
    }
    if let Some(core) = core_dump(head) {
        return Some(core);
    }
    // Binary magic stands at the very start, but a log may begin with an empty line.
    if let Some((_, foreign)) = MAGIC.iter().find(|(magic, _)| text.starts_with(magic)) {
        return Some(*foreign);
    }
    if let Some(foreign) = of_go(text) {
        return Some(foreign);
    }
    if has_header {
        return None;
    }
    other_tracebacks(text)
        .or_else(|| html(text))
        .or_else(|| json(text))
        .or_else(|| source(text))
        .or_else(|| Some(rest(head)))
}

/// An ELF file of type 4 is a core dump.
fn core_dump(head: &[u8]) -> Option<Foreign> {
    let elf = head.starts_with(b"\x7fELF");
    let core = matches!(head.get(16..18), Some([4, 0] | [0, 4]));
    (elf && core).then_some(Foreign { what: "this is a core dump of a process", remedy: CORE })
}

/// What else Go's tools write.
fn of_go(text: &[u8]) -> Option<Foreign> {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // `go 1.22 trace\0\0\0`
    if line.starts_with(b"go 1.") && memmem::find(line.get(..16)?, b" trace\0").is_some() {
        return Some(Foreign { what: "this is an execution trace (go tool trace)", remedy: FETCH });
    }
    // `go1.7 heap dump`, by debug.WriteHeapDump
    if line.starts_with(b"go1.") && line.ends_with(b" heap dump") {
        return Some(Foreign { what: "this is a heap dump (debug.WriteHeapDump)", remedy: FETCH });
    }
    pprof_text(text)
}

/// The text that `go tool pprof` makes of a profile: `-raw` begins with the type of its period, others with
/// `File: app\nType: cpu\nTime: …`.
fn pprof_text(text: &[u8]) -> Option<Foreign> {
    let first = text.get(..text.len().min(2048)).unwrap_or(text);
    let mut lines = first.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    if let Some(kind) = lines.clone().find_map(|line| line.strip_prefix(b"PeriodType: ")) {
        let kind = kind.split(|byte| *byte == b' ').next().unwrap_or_default();
        let raw = memmem::find(first, b"\nPeriod: ").is_some();
        return raw.then(|| text_kind(if kind == b"space" { b"inuse_space" } else { kind }));
    }
    let head = text.starts_with(b"File: ") || text.starts_with(b"Type: ");
    lines.find_map(|line| line.strip_prefix(b"Type: ")).filter(|_| head).map(text_kind)
}

/// What a text of pprof is that is about samples of the type `kind`.
fn text_kind(kind: &[u8]) -> Foreign {
    match std::str::from_utf8(kind) {
        Ok("goroutine" | "goroutineleak") | Err(_) => Foreign {
            what: "this is a report of go tool pprof, not the profile that it was made from",
            remedy: "give gdump the profile itself (it is in ~/pprof), or what pprof -traces or -raw makes of it",
        },
        Ok("inuse_space" | "alloc_space" | "inuse_objects" | "alloc_objects") => HEAP,
        Ok("contentions" | "delay") => CONTENTION,
        Ok("threadcreate") => THREADS,
        Ok("cpu" | "samples") => CPU,
        Ok(_) => OTHER_PROFILE,
    }
}

fn html(text: &[u8]) -> Option<Foreign> {
    let start = text.get(..text.len().min(4096)).unwrap_or(text).to_ascii_lowercase();
    let has = |part: &[u8]| memmem::find(&start, part).is_some();
    let is_html = [&b"<!doctype html"[..], b"<html", b"<head", b"<body", b"<pre>"]
        .iter()
        .any(|tag| start.starts_with(tag));
    if !is_html {
        return None;
    }
    // The page of net/http/pprof: `<title>/debug/pprof/</title>`
    if has(b"/debug/pprof/</title>") {
        return Some(Foreign {
            what: "this is the index page of /debug/pprof/, not a profile",
            remedy: FETCH,
        });
    }
    if has(b"404") || has(b"not found") {
        return Some(NOT_FOUND);
    }
    if has(b"403") || has(b"401") || has(b"forbidden") || has(b"login") || has(b"sign in") {
        return Some(REFUSED);
    }
    Some(Foreign { what: "this is an HTML page, not a goroutine dump", remedy: FIND_HANDLER })
}

fn json(text: &[u8]) -> Option<Foreign> {
    // `[2026-11-23] started` is a line of a log.
    let first = text.get(1..)?.trim_ascii_start().first();
    match (text.first()?, first) {
        (b'{', None | Some(b'"' | b'}')) | (b'[', None | Some(b'"' | b'{' | b'[' | b']')) => {}
        _ => return None,
    }
    let has = |part: &[u8]| memmem::find(text, part).is_some();
    // `{"cmdline": ["/app"],\n"memstats": {"Alloc":…`
    if has(b"\"memstats\"") {
        return Some(Foreign { what: "this is what /debug/vars says, not a dump", remedy: FETCH });
    }
    // `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}`
    if has(b"\"Forbidden\"") || has(b"\"Unauthorized\"") {
        return Some(REFUSED);
    }
    Some(Foreign { what: "this is JSON without a goroutine dump in it", remedy: FETCH })
}

fn source(text: &[u8]) -> Option<Foreign> {
    let starts = [&b"package "[..], b"#!/", b"#include", b"import ", b"module ", b"diff --git"];
    // A Go file often starts with its licence.
    let start = text.get(..text.len().min(8192)).unwrap_or(text);
    let package = start.starts_with(b"//") && memmem::find(start, b"\npackage ").is_some();
    (package || starts.iter().any(|word| text.starts_with(word)))
        .then_some(Foreign { what: "this is source code, not a dump", remedy: FETCH_OR_KILL })
}

fn rest(head: &[u8]) -> Foreign {
    let is_control = |byte: &&u8| **byte < b' ' && !b"\t\n\r\x0c\x1b".contains(byte);
    let controls = head.iter().filter(is_control).count();
    if controls * 50 > head.len() || head.contains(&0) {
        return Foreign { what: "this is binary data of an unknown kind", remedy: FETCH };
    }
    Foreign { what: "this is text without any goroutine in it", remedy: FETCH_OR_KILL }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(head: &[u8], part: &str) {
        let foreign = describe_foreign(head, false).expect("described");
        assert!(foreign.what.contains(part), "{}", foreign.what);
        assert!(!foreign.what.contains('\n') && !foreign.remedy.contains('\n'));
    }

    #[test]
    fn other_profiles() {
        check(b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", "heap profile");
        check(b"--- contention:\ncycles/second=1000\n", "block profile");
        check(b"--- mutex:\ncycles/second=1000\nsampling period=1\n", "mutex profile");
        check(b"threadcreate profile: total 9\n", "threadcreate");
        check(b"--- threadz 1 ---\n", "another kind");
        check(b"go 1.22 trace\0\0\0\x01\x02", "execution trace");
        check(b"go1.7 heap dump\n\x06\x01", "heap dump");
        check(b"File: app\nType: goroutine\nTime: Nov 23\n", "report of go tool pprof");
        check(b"File: app\nType: inuse_space\nTime: Nov 23\n", "heap profile");
        check(b"File: app\nBuild ID: 1\nType: cpu\nTime: Nov 23\n", "CPU profile");
        check(b"Type: delay\nTime: Nov 23\n", "block or mutex profile");
        check(b"PeriodType: cpu nanoseconds\nPeriod: 10000000\n", "CPU profile");
        check(b"Comment: x\nPeriodType: space bytes\nPeriod: 524288\n", "heap profile");
    }

    #[test]
    fn what_servers_say() {
        let index = b"<html>\n<head>\n<title>/debug/pprof/</title>\n";
        check(index, "index page");
        check(b"<!DOCTYPE html><html><title>Grafana</title>", "HTML page");
        check(b"<html>\r\n<head><title>403 Forbidden</title></head>", "refused");
        check(b"404 page not found\n", "404");
        check(b"Unknown profile\n", "no profile of that name");
        check(b"seconds and debug params are incompatible\n", "delta profile");
        check(b"Forbidden\n", "refused");
        check(b"{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403}", "refused");
        check(b"upstream connect error or disconnect/reset before headers", "proxy");
        check(b"{\"cmdline\": [\"/app\"],\n\"memstats\": {", "/debug/vars");
    }

    #[test]
    fn files_of_other_kinds() {
        check(b"", "empty");
        check(b" \r\n\n", "empty");
        check(&[0; 1024], "nothing in it but zeros");
        check(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0", "program");
        check(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0", "core dump");
        check(b"\xcf\xfa\xed\xfe\x07", "program");
        check(b"MZ\x90\0", "program");
        check(b"\x89PNG\r\n", "image");
        check(b"%PDF-1.7", "document");
        check(b"SQLite format 3\0", "database");
        check(b"[{\"a\":1}]", "JSON");
        check(b"// Copyright\n\npackage main\n", "source code");
        check(b"\0\x01\x02\x03\xff\xfe", "binary");
        check(b"[2026-11-23] started\nlistening\n", "text without");
    }

    #[test]
    fn what_may_be_a_dump() {
        assert_eq!(
            describe_foreign(b"{\"msg\":\"goroutine 7 [running]:\\nmain.main()\"}", true),
            None
        );
        assert!(
            describe_foreign(b"heap profile: 1: 2 [3: 4]\ngoroutine 7 [running]:", true).is_some()
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_described(head in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = describe_foreign(&head, false);
        }
    }
}
