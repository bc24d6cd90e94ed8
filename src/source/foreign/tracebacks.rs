//! Tracebacks of other languages, and of tools whose output has lost what gdump needs.

use memchr::memmem;

use super::Foreign;

const GO_DUMP: &str = "take one of a Go program with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2', or send it SIGQUIT and keep what it writes to stderr";
const ORIGINAL: &str =
    "give gdump the dump that was given to panicparse: it holds the ids and addresses";
const JVM: Foreign = Foreign { what: "this is a Java thread dump (jstack)", remedy: GO_DUMP };
const PYTHON: Foreign = Foreign { what: "this is a traceback of Python", remedy: GO_DUMP };
const NODE: Foreign = Foreign { what: "this is a report of Node.js", remedy: GO_DUMP };
const DOTNET: Foreign = Foreign { what: "this is a stack dump of .NET", remedy: GO_DUMP };
const PANICPARSE: Foreign =
    Foreign { what: "this is panicparse's summary of a dump", remedy: ORIGINAL };

/// Words that stand in the first kilobytes of an input, all of them, and what it is then.
const TRACEBACKS: &[(&[&[u8]], Foreign)] = &[
    // `1: running [Created by main.main @ main.go:12]`
    (&[b": ", b" [Created by ", b" @ "], PANICPARSE),
    (&[b"<title>PanicParse</title>"], PANICPARSE),
    (
        &[b"[tinygo: panic at "],
        Foreign {
            what: "this is a panic of a program that TinyGo compiled, which prints no goroutines",
            remedy: "build the program with the go command to get a dump of it, or look at it with: tinygo gdb",
        },
    ),
    (
        &[b"panic: runtime error at 0x"],
        Foreign {
            what: "this is a panic of a program that TinyGo compiled, which prints no goroutines",
            remedy: "build the program with the go command to get a dump of it, or look at it with: tinygo gdb",
        },
    ),
    (&[b"Full thread dump"], JVM),
    // `"main" #1 prio=5 os_prio=0 tid=0x00007f5c nid=0x1a03 runnable [0x00007f5c]`
    (&[b" prio=", b" tid=0x", b" nid=0x"], JVM),
    (&[b"java.lang.Thread.State: "], JVM),
    // faulthandler
    (&[b"hread 0x", b"(most recent call first):"], PYTHON),
    (&[b"Traceback (most recent call last):"], PYTHON),
    // py-spy dump: `Process 7: python app.py\nPython v3.11.2 (/usr/bin/python3)\n\nThread 7 (idle): "MainThread"`
    (&[b"Process ", b"\nPython v", b"\nThread "], PYTHON),
    (&[b"\"reportVersion\"", b"\"nodejsVersion\""], NODE),
    (&[b"\"header\"", b"\"javascriptStack\""], NODE),
    // dotnet-stack, and clrstack of dotnet-dump
    (&[b"Thread (0x", b"!System."], DOTNET),
    (&[b"[Native Frames]"], DOTNET),
    (&[b"OS Thread Id: 0x", b"Child SP"], DOTNET),
    (&[b"Unhandled exception. System."], DOTNET),
    (
        &[b"thread '", b"' panicked at "],
        Foreign { what: "this is a panic of a Rust program", remedy: GO_DUMP },
    ),
    // `thread apply all bt`
    (
        &[b"Thread ", b" (LWP ", b"\n#0 "],
        Foreign {
            what: "this is a backtrace by gdb, which knows threads and no goroutines",
            remedy: "attach with dlv instead, then: goroutines -t; or send the program SIGQUIT and keep what it writes to stderr",
        },
    ),
];

/// What the traceback in `text` is of, if it is none that gdump reads. To be asked when no parser wants it.
pub fn other_tracebacks(text: &[u8]) -> Option<Foreign> {
    let start = text.get(..text.len().min(4096)).unwrap_or(text);
    let all = |words: &[&[u8]]| words.iter().all(|word| memmem::find(start, word).is_some());
    TRACEBACKS.iter().find(|(words, _)| all(words)).map(|(_, foreign)| *foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_by_its_name() {
        for (text, what) in [
            (
                "1: running [Created by main.main @ main.go:12]\n    main  main.go:5  f()\n",
                "panicparse",
            ),
            ("<!DOCTYPE html><title>PanicParse</title>", "panicparse"),
            (
                "panic: runtime error at 0x0000000000205a8b: nil map\n[tinygo: panic at /x.go:5:3]\n",
                "TinyGo",
            ),
            (
                "2026-11-24 10:00:00\nFull thread dump OpenJDK 64-Bit Server VM (17.0.9+9):\n",
                "Java",
            ),
            (
                "\"main\" #1 prio=5 os_prio=0 cpu=85ms tid=0x00007f5c nid=0x1a03 runnable [0x0]\n",
                "Java",
            ),
            (
                "Current thread 0x00007f5c (most recent call first):\n  File \"a.py\", line 3 in f\n",
                "Python",
            ),
            (
                "Process 7: python app.py\nPython v3.11.2 (/usr/bin/python3)\n\nThread 7 (idle): \"MainThread\"\n",
                "Python",
            ),
            (
                "{\n  \"header\": {\n    \"reportVersion\": 3,\n    \"nodejsVersion\": \"v20.1.0\",\n",
                "Node.js",
            ),
            (
                "Thread (0x48839):\n  [Native Frames]\n  System.Private.CoreLib!System.Threading.Monitor.Wait\n",
                ".NET",
            ),
            ("thread 'main' panicked at src/main.rs:2:5:\n", "Rust"),
            ("Thread 1 (Thread 0x7f1 (LWP 12)):\n#0  0x1 in f ()\n", "gdb"),
        ] {
            let foreign = other_tracebacks(text.as_bytes());
            assert!(foreign.is_some_and(|foreign| foreign.what.contains(what)), "{text}");
        }
        assert_eq!(other_tracebacks(b"a log that tells of nothing\n"), None);
    }
}
