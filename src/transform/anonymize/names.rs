//! Names of functions and files without what the program's authors chose.

use super::Key;
use crate::model::Symbol;

/// Elements of import paths and of files that say how code is laid out, not what it is for.
const LAYOUT: &[&str] = &["internal", "vendor", "cmd", "pkg", "src", "mod", "main", "go", "test"];

/// Where everyone's code is: keeping these names no one.
const HOSTS: &[&str] = &["github.com", "gitlab.com", "bitbucket.org", "gopkg.in"];

/// Words in names of functions that say what a goroutine does, in lower case: a diagnosis reads them, and
/// they are in every program.
const WORDS: &[&str] = &["acquire", "release", "lock", "unlock", "write", "read", "close", "wait"];

/// Public modules beside those in known.tsv: the Go project's, and others that analyses tell apart.
const PUBLIC: &[&str] = &[
    "golang.org/x",
    "google.golang.org",
    "go.uber.org",
    "github.com/sirupsen/logrus",
    "github.com/rs/zerolog",
    "github.com/go-kit",
    "github.com/golang/glog",
    "github.com/natefinch/lumberjack",
    "github.com/inconshreveable/log15",
    "github.com/apex/log",
    "github.com/phuslu/log",
    "github.com/valyala/fasthttp",
];

/// Replaces names.
pub(super) struct Names<'k> {
    key: &'k Key,
    /// The paths of modules whose names are kept, sorted.
    public: Vec<&'static str>,
}

impl<'k> Names<'k> {
    pub(super) fn new(key: &'k Key) -> Self {
        let table = include_str!("../../diagnose/known.tsv").lines();
        let patterns = table.filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (pattern, _) = line.split_once('\t')?;
            module(Symbol::new(pattern.trim_start_matches('*')).package())
        });
        let mut public: Vec<&str> = patterns.chain(PUBLIC.iter().copied()).collect();
        public.sort_unstable();
        public.dedup();
        Self { key, public }
    }

    /// Whether the names of `function` and of its package are kept.
    pub(super) fn keeps(&self, function: &str) -> bool {
        let symbol = Symbol::new(function);
        let package = symbol.package();
        if package.is_empty() {
            return is_runtimes(function);
        }
        (symbol.is_std() && package != "_cgo_gotypes") || self.public_root(package).is_some()
    }

    /// The module in `package` whose names are kept.
    fn public_root<'p>(&self, package: &'p str) -> Option<&'p str> {
        let ends = package.match_indices('/').map(|(at, _)| at).chain([package.len()]);
        let mut roots = ends.filter_map(|end| package.get(..end));
        roots.find(|root| self.public.binary_search(root).is_ok())
    }

    /// `function` with its names replaced.
    pub(super) fn function(&self, function: &str) -> String {
        if self.keeps(function) {
            return function.to_owned();
        }
        let symbol = Symbol::new(function);
        let package = symbol.package();
        if package.is_empty() {
            return self.local(symbol.local());
        }
        let elements: Vec<String> = package
            .split('/')
            .enumerate()
            .map(|(index, element)| self.element(element, index == 0))
            .collect();
        format!("{}.{}", elements.join("/"), self.local(symbol.local()))
    }

    /// An element of an import path.
    fn element(&self, element: &str, first: bool) -> String {
        let is_version = element.strip_prefix('v').is_some_and(is_number);
        if LAYOUT.contains(&element) || is_version || (first && HOSTS.contains(&element)) {
            return element.to_owned();
        }
        if element == "_cgo_gotypes" {
            return element.to_owned();
        }
        let (stem, end) = match element.strip_suffix("_test") {
            Some(stem) => (stem, "_test"),
            None => (element, ""),
        };
        // A host is told by its dot; no host can have this name.
        let end = if first && element.contains('.') { ".invalid" } else { end };
        format!("{}{end}", self.key.word("path", stem))
    }

    /// A name inside its package: words are replaced, and what stands between them is kept.
    fn local(&self, local: &str) -> String {
        let mut out = String::with_capacity(local.len());
        let mut rest = local;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            out.push_str(&self.word(word, word.len() == local.len()));
            let next = behind.find(is_letter).unwrap_or(behind.len());
            let (between, behind) = behind.split_at_checked(next).unwrap_or((behind, ""));
            out.extend(between.chars().filter(|c| "().*[]-·,%".contains(*c)));
            rest = behind;
        }
        out
    }

    /// A word of a name; `alone` if it is the whole name.
    fn word(&self, word: &str, alone: bool) -> String {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = stem.len() < word.len();
        let is_go = match stem {
            "func" | "gowrap" | "deferwrap" | "range" | "dwrap" => numbered,
            "" => true,
            "init" | "glob" | "fm" => !numbered,
            "main" | "TestMain" => alone && !numbered,
            _ => false,
        };
        if is_go || WORDS.contains(&word.to_lowercase().as_str()) {
            return word.to_owned();
        }
        for prefix in ["_Cfunc_", "_C2func_", "_cgoexp_"] {
            if let Some(rest) = word.strip_prefix(prefix) {
                return format!("{prefix}{}", self.key.word("name", rest));
            }
        }
        // Tests and what holds a lock are told by their names.
        let start = ["Test", "Benchmark", "Fuzz"].into_iter().find(|start| word.starts_with(start));
        let end = if word.ends_with("Locked") { "Locked" } else { "" };
        let new = self.key.word("name", word);
        match start {
            Some(start) => format!("{start}{new}{end}"),
            None if word.starts_with(char::is_uppercase) => {
                format!("X{}{end}", &new.get(1..).unwrap_or(""))
            }
            None => format!("{new}{end}"),
        }
    }

    /// A file; `kept` if it is of code whose names are kept, so that only where it was built is hidden.
    pub(super) fn file(&self, file: &str, kept: bool) -> String {
        if matches!(file, "<autogenerated>" | "?" | "??" | "_cgo_gotypes.go" | "_testmain.go") {
            return file.to_owned();
        }
        if kept {
            return self.kept_file(file);
        }
        let elements: Vec<String> =
            file.split('/').map(|element| self.file_element(element)).collect();
        elements.join("/")
    }

    fn kept_file(&self, file: &str) -> String {
        // `/home/alice/go/pkg/mod/golang.org/x/net@v0.1.0/http2/server.go`
        let module = |mark: &str| file.rfind(mark).and_then(|at| file.get(at + mark.len()..));
        if let Some(path) = module("/pkg/mod/") {
            return format!("/go/pkg/mod/{path}");
        }
        if let Some(path) = module("/vendor/") {
            return format!("/src/vendor/{path}");
        }
        if let Some(path) = module("/src/") {
            // The version of Go is often in the path.
            let start = file.get(..file.len() - path.len()).unwrap_or_default();
            let version = start.split('/').rev().find(|part| {
                part.strip_prefix("go1.")
                    .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
            });
            return match version {
                Some(version) => format!("/{version}/src/{path}"),
                None => format!("/go/src/{path}"),
            };
        }
        // With -trimpath there is nothing in front.
        let trimmed = !file.starts_with(['/', '\\', '.']) && !file.contains(':');
        if trimmed { file.to_owned() } else { self.file(file, false) }
    }

    fn file_element(&self, element: &str) -> String {
        if matches!(element, "" | "." | "..") || LAYOUT.contains(&element) {
            return element.to_owned();
        }
        // A module of another is told from the program by its version.
        let (name, version) = match element.split_once("@v") {
            Some((name, _)) => (name, "@v0"),
            None => (element, ""),
        };
        let (stem, end) = match name.rsplit_once('.') {
            Some((stem, end @ ("go" | "s" | "c" | "h" | "cc" | "cpp"))) => (stem, end),
            _ => (name, ""),
        };
        let (stem, test) = match stem.strip_suffix("_test") {
            Some(stem) => (stem, "_test"),
            None => (stem, ""),
        };
        let word = if stem == "main" { "main".to_owned() } else { self.key.word("path", stem) };
        let dot = if end.is_empty() { "" } else { "." };
        format!("{word}{test}{dot}{end}{version}")
    }
}

/// The module that holds a public package: host, owner and repository, or host and name.
fn module(package: &str) -> Option<&str> {
    let (host, _) = package.split_once('/')?;
    if !host.contains('.') {
        return None;
    }
    let elements = if HOSTS.contains(&host) && host != "gopkg.in" { 3 } else { 2 };
    let end = package.match_indices('/').nth(elements - 1).map_or(package.len(), |(at, _)| at);
    package.get(..end)
}

/// Functions of assembly and C that every program has.
fn is_runtimes(function: &str) -> bool {
    matches!(
        function,
        "non-Go function"
            | "panic"
            | "crosscall1"
            | "crosscall2"
            | "threadentry"
            | "clone"
            | "start_thread"
            | "goexit"
            | "_rt0_go"
    ) || ["_cgo_", "x_cgo_", "_rt0_", "runtime."].iter().any(|start| function.starts_with(start))
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_stays_and_names_go() {
        let key = Key::new("test");
        let names = Names::new(&key);
        for kept in [
            "main.main",
            "net/http.(*conn).serve",
            "google.golang.org/grpc.(*Server).Serve",
            "golang.org/x/sync/errgroup.(*Group).Go.func1",
            "runtime.gopark",
            "panic",
            "main.init.func16.1",
        ] {
            assert_eq!(names.function(kept), kept);
        }
        let word = |of, text| key.word(of, text);
        let (acme, cache, get) = (word("path", "acme"), word("name", "cache"), word("name", "get"));
        for (name, new) in [
            ("main.(*cache).get.func1", format!("main.(*{cache}).{get}.func1")),
            (
                "github.com/acme/internal/v2.get[...]",
                format!("github.com/{acme}/internal/v2.{get}[...]"),
            ),
            ("main.cache.get-fm", format!("main.{cache}.{get}-fm")),
            ("main.getLocked", format!("main.{}Locked", word("name", "getLocked"))),
            ("main.(*cache).Acquire", format!("main.(*{cache}).Acquire")),
        ] {
            assert_eq!(names.function(name), new, "{name}");
        }
        assert!(!names.function("secret_c_function").contains("secret"));
        assert!(!names.function("main._Cfunc_secret").contains("secret"));
        assert_eq!(
            names.file("/home/alice/sdk/go1.27.3/src/net/http/server.go", true),
            "/go1.27.3/src/net/http/server.go"
        );
        let user = names.file("/home/alice/acme@v1.2.3/secret_test.go", false);
        assert!(
            user.ends_with("_test.go") && user.contains("@v0/") && !user.contains("alice"),
            "{user}"
        );
    }
}
