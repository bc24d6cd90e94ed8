//! What a profile is that counts something else than goroutines: by the types of its samples, and by the
//! language of the program that it is of.

use crate::error::Error;

/// What profiles count. The first row with the name of a sample type, or of the period's type, tells.
const KINDS: &[(&[&str], &str)] = &[
    (
        &["inuse_space", "alloc_space", "inuse_objects", "alloc_objects", "space", "objects"],
        "a heap profile (heap or allocs)",
    ),
    (&["contentions", "delay", "lock_count", "lock_duration"], "a block or mutex profile"),
    (&["threadcreate"], "a profile of thread creation (threadcreate)"),
    (&["wallclock", "wall", "time", "itimer"], "a wall-clock profile"),
    (&["cpu"], "a CPU profile"),
    // Of a CPU profile the other type, or its name, may be lost.
    (&["samples", "sample"], "a profile of samples over time (CPU or wall clock)"),
];

/// What is said of a profile of none of these kinds.
const OTHER: &str = "a profile of another kind";

/// Programs in other languages: what their functions or files look like, the language, and what shows the
/// threads of such a program.
const LANGUAGES: &[(&[&str], &str, &str)] = &[
    (&[".py"], "Python", "py-spy dump --pid PID shows its threads"),
    (
        &[".java", ".kt", ".scala", "java.", "java/", "jdk.", "jdk/"],
        "Java",
        "jcmd PID Thread.print shows its threads",
    ),
    (&[".rb"], "Ruby", "rbspy snapshot --pid PID shows its threads"),
    (&[".js", ".mjs", ".ts", "node:"], "JavaScript", "node --inspect shows its stacks"),
    (&[".rs"], "Rust", "gdb -p PID -batch -ex 'thread apply all bt' shows its threads"),
    (&[".php"], "PHP", "phpspy -p PID shows its stack"),
    (&[".cs"], ".NET", "dotnet-stack report -p PID shows its threads"),
];

/// How to take what gdump reads.
const FETCH: &str = "go tool pprof reads it; take a goroutine dump with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'";

/// The error for the input `input`, a profile whose samples have the types `types`, and whose period has the
/// type `period`; `symbols` are the names and files of its functions, as far as they may tell the language.
pub fn other_profile<'s>(
    input: &str,
    types: &[&str],
    period: Option<&str>,
    symbols: impl IntoIterator<Item = &'s str>,
) -> Error {
    let names = |known: &[&str]| types.iter().chain(&period).any(|name| known.contains(name));
    let kind = KINDS.iter().find(|(known, _)| names(known)).map_or(OTHER, |(_, kind)| kind);
    let (of, remedy) = match language(symbols) {
        Some((language, remedy)) => (
            format!(" of a program in {language}"),
            format!("gdump reads dumps of Go programs; {remedy}"),
        ),
        None => (String::new(), FETCH.to_owned()),
    };
    let told: Vec<&str> = types.iter().copied().filter(|name| !name.is_empty()).collect();
    let told = match (told.join(", "), types.len()) {
        (told, _) if !told.is_empty() => format!("it counts {told}"),
        (_, 0) => "it does not say what it counts".to_owned(),
        (_, count) => format!("{count} values a sample"),
    };
    Error::NotADump {
        input: input.to_owned(),
        what: format!("this is {kind}{of}, not a goroutine profile: {told}"),
        remedy,
    }
}

/// The language of a program with these functions and files; `None` for Go, and where nothing tells.
fn language<'s>(
    symbols: impl IntoIterator<Item = &'s str>,
) -> Option<(&'static str, &'static str)> {
    let mut found = None;
    for symbol in symbols {
        // With C code, which other languages have too.
        if symbol.strip_suffix(".go").is_some() {
            return None;
        }
        let of = |(marks, _, _): &&(&[&str], _, _)| {
            marks.iter().any(|mark| {
                if mark.starts_with('.') {
                    symbol.ends_with(mark)
                } else {
                    symbol.starts_with(mark)
                }
            })
        };
        found = found.or_else(|| LANGUAGES.iter().find(of));
    }
    found.map(|(_, language, remedy)| (*language, *remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_told_by_what_they_count() {
        for (types, period, symbols, parts) in [
            (
                &["alloc_objects", "alloc_space", "inuse_objects"][..],
                None,
                &["main.go"][..],
                "heap",
            ),
            (&["in use"], Some("space"), &[], "heap"),
            (&["samples", "cpu"], Some("cpu"), &["main.go", "x.c"], "CPU"),
            // Each with one value alone, as converters leave them.
            (
                &["samples"],
                Some("cpu"),
                &[],
                "a CPU profile, not a goroutine profile: it counts samples",
            ),
            (&["samples"], None, &[], "samples over time"),
            (&["contentions"], None, &[], "block or mutex"),
            (&["contentions", "delay"], Some("contentions"), &[], "counts contentions, delay"),
            (&["samples", "time"], Some("wallclock"), &[], "wall-clock"),
            (&["threadcreate"], None, &[], "threadcreate"),
            (
                &["example.com/conns"],
                None,
                &[],
                "another kind, not a goroutine profile: it counts example",
            ),
            (&["", ""], None, &[], "2 values a sample"),
            (&[], None, &[], "does not say what it counts"),
            (&["samples"], None, &["/app/views.py"], "program in Python"),
            (&["cpu"], None, &["java.lang.Thread.run"], "CPU profile of a program in Java"),
            (&["wall"], None, &["libc.so", "/app/run.rb"], "program in Ruby"),
            // A Go program may call Python.
            (&["cpu"], None, &["/x/a.py", "/x/main.go"], "this is a CPU profile, not"),
        ] {
            let error = other_profile("in", types, period, symbols.iter().copied()).to_string();
            assert!(error.contains(parts), "{types:?}: {error}");
            assert_eq!(error.lines().count(), 2, "{error}");
        }
    }
}
