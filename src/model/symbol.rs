//! The parts of a Go function name.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memrchr};

/// A function name taken apart; borrowed from the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    name: &'a str,
    /// Byte index of the dot after the package path; `None` if there is no package.
    dot: Option<usize>,
}

impl<'a> Symbol<'a> {
    /// Takes `name` apart: `net/http.(*conn).serve` is package `net/http`, and `(*conn).serve` in it.
    ///
    /// Names of C and assembly functions have no package.
    pub fn new(name: &'a str) -> Self {
        // A slash inside generic brackets does not end the path: `main.F[a/b.T]`. Neither does one
        // after the parenthesis of a receiver.
        let bytes = name.as_bytes();
        let path = memchr2(b'[', b'(', bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes);
        let last = memrchr(b'/', path).map_or(0, |slash| slash + 1);
        let dot = bytes.get(last..).and_then(|rest| memchr(b'.', rest)).map(|at| last + at);
        Self { name, dot }
    }

    /// The whole name.
    pub fn name(self) -> &'a str {
        self.name
    }

    /// The package's import path as Go escapes it (`gopkg.in/yaml%2ev2`); empty if there is none.
    pub fn package(self) -> &'a str {
        self.dot.and_then(|dot| self.name.get(..dot)).unwrap_or("")
    }

    /// The name inside its package: `(*conn).serve`.
    pub fn local(self) -> &'a str {
        self.dot.and_then(|dot| self.name.get(dot + 1..)).unwrap_or(self.name)
    }

    /// The receiver's type of a method, without `*` and parentheses: `conn`; `None` for functions
    /// (and for methods with a value receiver that read like closures, such as `T.func1`).
    pub fn receiver(self) -> Option<&'a str> {
        let local = self.local();
        if let Some(rest) = local.strip_prefix("(*") {
            return rest.split_once(')').map(|(receiver, _)| receiver);
        }
        let (receiver, method) = split_at_dot(local)?;
        let is_closure = method.starts_with(|c: char| c.is_ascii_digit())
            || ["func", "gowrap", "deferwrap"].iter().any(|prefix| {
                let rest = method.strip_prefix(prefix).unwrap_or_default();
                rest.starts_with(|c: char| c.is_ascii_digit())
            });
        (!is_closure && !matches!(receiver, "" | "init" | "glob")).then_some(receiver)
    }

    /// The functions that this one may be a closure of, outermost first: `main.run` of
    /// `main.run.func1.2`, and `main.run.func1`. What stands before other dots is yielded too; a closure
    /// deeper than [`Self::ENCLOSING`] knows the nearest of them.
    pub fn enclosing(self) -> impl Iterator<Item = &'a str> {
        let dots = self.name.rmatch_indices('.').take(Self::ENCLOSING);
        let mut ends: Vec<usize> = dots.map(|(at, _)| at).collect();
        ends.reverse();
        ends.into_iter().filter_map(move |end| self.name.get(..end))
    }

    /// Functions around a closure that are looked at. A name may have any number of dots, and to look at
    /// what stands before each would take time in proportion to its square.
    pub const ENCLOSING: usize = 16;

    /// Whether the function belongs to the runtime: package `runtime` or below `internal/runtime`
    /// (Go 1.24 and later), the latter as pprof hides them.
    pub fn is_runtime(self) -> bool {
        let package = self.package();
        package == "runtime" || package.starts_with("internal/runtime/")
    }

    /// Whether the package is part of the standard library: its first path element has no dot, and
    /// it is no `main` package. Modules with an undotted name look the same and are told apart by
    /// the list of the library's own first elements.
    pub fn is_std(self) -> bool {
        let package = self.package();
        let first = package.split('/').next().unwrap_or("");
        STD_ROOTS.binary_search(&first).is_ok()
            || package == "_cgo_gotypes"
            || (package.is_empty() && !self.name.is_empty())
    }
}

/// `name` split at its first dot that is not inside brackets: `T[...].M` is `T[...]` and `M`.
fn split_at_dot(name: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    let dot = name.bytes().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b'.' && depth == 0
    })?;
    Some((name.get(..dot)?, name.get(dot + 1..)?))
}

/// First path elements of the standard library's packages (Go 1.27), sorted.
const STD_ROOTS: &[&str] = &[
    "archive",
    "arena",
    "bufio",
    "builtin",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "type",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
];

/// `name` with every type list in brackets replaced by `[...]`, as Go's text formats print it.
///
/// The protobuf of Go 1.21 and later holds full shapes
/// (`main.gen[go.shape.interface { Error() string }].func1`) where text and debug=1 print
/// `main.gen[...].func1`.
pub fn normalize_generics(name: &str) -> Cow<'_, str> {
    if !name.contains('[') || (name.matches('[').count() == name.matches("[...]").count()) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    let mut depth = 0usize;
    for c in name.chars() {
        match c {
            '[' => {
                if depth == 0 {
                    out.push_str("[...]");
                }
                depth += 1;
            }
            ']' if depth > 0 => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    Cow::Owned(out)
}

/// `name` with its receiver as Go prints it: pages and chats take the star for an emphasis, so that
/// `sync.(*Mutex).Lock` comes as `sync.(_Mutex).Lock`, `sync.(\*Mutex).Lock` or `sync.(Mutex).Lock`. Go prints
/// no other receiver in parentheses than a pointer.
pub fn normalize_receiver(name: &str) -> Cow<'_, str> {
    let Some((before, rest)) = name.split_once('(') else { return Cow::Borrowed(name) };
    if rest.starts_with('*') || !rest.contains(").") {
        return Cow::Borrowed(name);
    }
    let receiver = rest.strip_prefix('_').or_else(|| rest.strip_prefix("\\*")).unwrap_or(rest);
    Cow::Owned(format!("{before}(*{receiver}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_get_their_star_back() {
        for (name, want) in [
            ("sync.(*Mutex).Lock", "sync.(*Mutex).Lock"),
            ("sync.(_Mutex).Lock", "sync.(*Mutex).Lock"),
            ("sync.(\\*Mutex).Lock", "sync.(*Mutex).Lock"),
            ("sync.(Mutex).Lock.func1", "sync.(*Mutex).Lock.func1"),
            ("main.f", "main.f"),
            ("std::f(int)", "std::f(int)"),
        ] {
            assert_eq!(normalize_receiver(name), want);
        }
    }

    #[test]
    fn parts_of_names() {
        for (name, package, local, receiver) in [
            ("net/http.(*conn).serve", "net/http", "(*conn).serve", Some("conn")),
            ("main.main", "main", "main", None),
            ("main.start.func35.1", "main", "start.func35.1", None),
            ("main.T.Value-fm", "main", "T.Value-fm", Some("T")),
            ("gopkg.in/yaml%2ev2.Unmarshal", "gopkg.in/yaml%2ev2", "Unmarshal", None),
            (
                "example.com/dump.gen/v2/yaml%2ev2.(*Node).Wait",
                "example.com/dump.gen/v2/yaml%2ev2",
                "(*Node).Wait",
                Some("Node"),
            ),
            ("main.(*ΔΣ).ждать", "main", "(*ΔΣ).ждать", Some("ΔΣ")),
            ("crosscall2", "", "crosscall2", None),
            ("main.F[a/b.T].func1", "main", "F[a/b.T].func1", None),
            ("main.T[...].M", "main", "T[...].M", Some("T[...]")),
        ] {
            let symbol = Symbol::new(name);
            assert_eq!(symbol.package(), package, "{name}");
            assert_eq!(symbol.local(), local, "{name}");
            assert_eq!(symbol.receiver(), receiver, "{name}");
        }
        assert!(Symbol::new("crosscall2").is_std() && Symbol::new("net/http.Get").is_std());
        assert!(!Symbol::new("main.main").is_std() && !Symbol::new("example.com/a.F").is_std());
    }

    #[test]
    fn functions_around_a_closure() {
        let of = |name| Symbol::new(name).enclosing().collect::<Vec<_>>();
        assert_eq!(of("main.run.func1.2"), ["main", "main.run", "main.run.func1"]);
        assert_eq!(of("crosscall2"), [""; 0]);
        // The nearest of many.
        let deep = format!("main.run{}", ".1".repeat(100_000));
        let nearest = of(&deep);
        assert_eq!(nearest.len(), Symbol::ENCLOSING);
        assert_eq!(nearest.last().map(|name| name.len()), Some(deep.len() - 2));
    }

    #[test]
    fn shapes_become_dots() {
        let shape = "main.gen2[go.shape.string,go.shape.interface { Error() [4]string }].func1";
        assert_eq!(normalize_generics(shape), "main.gen2[...].func1");
        assert_eq!(normalize_generics("main.F[...].m[...]"), "main.F[...].m[...]");
        assert_eq!(normalize_generics("main.main"), "main.main");
    }
}
