//! Files do not import each other in circles.
//!
//! What a module imports of its own children, and they of it, is no circle. Paths are resolved to the file
//! that defines what they name, through `pub use`.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{files, relative, root};

/// Circles that are known, by their files: lists that may only become shorter.
const KNOWN: &[&[&str]] = &[
    &[
        "cli/args.rs",
        "cli/commands/check.rs",
        "cli/commands/completions.rs",
        "cli/commands/convert.rs",
        "cli/commands/diff.rs",
        "cli/commands/groups.rs",
        "cli/commands/list.rs",
        "cli/commands/man.rs",
        "cli/commands/mod.rs",
        "cli/commands/record.rs",
        "cli/commands/screen.rs",
        "cli/commands/serve.rs",
        "cli/commands/show.rs",
        "cli/commands/tree.rs",
        "cli/commands/trend.rs",
        "cli/commands/wallclock.rs",
        "cli/commands/watch.rs",
        "cli/follow.rs",
        "cli/inputs.rs",
        "cli/options.rs",
    ],
    &["model/dump.rs", "model/goroutine.rs"],
    &["render/html/data.rs", "render/html/findings.rs", "render/html/groups.rs"],
    &["serve/analyst.rs", "serve/store.rs"],
    &["source/archive.rs", "source/directory.rs", "source/open.rs"],
    &["source/http/address.rs", "source/http/netrc.rs", "source/http/settings.rs"],
    &["tui/pump.rs", "tui/work.rs"],
];

/// The path of a module: `["view", "filter"]`.
type Module = Vec<String>;

/// The modules of the crate: their files and the code of these, without comments and tests.
struct Modules(BTreeMap<Module, (String, String)>);

impl Modules {
    fn read() -> Self {
        let src = root().join("src");
        let mut modules = BTreeMap::new();
        for path in files(&src) {
            let file = relative(&path, &src);
            let Some(name) = file.strip_suffix(".rs").filter(|name| *name != "main") else {
                continue;
            };
            let mut module: Module = name.split('/').map(str::to_owned).collect();
            module.pop_if(|last| matches!(&**last, "mod" | "lib"));
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            modules.insert(module, (file, code.collect::<Vec<_>>().join("\n")));
        }
        Self(modules)
    }

    fn has(&self, module: &[String], child: &str) -> bool {
        self.0.contains_key(&[module, &[child.to_owned()]].concat())
    }

    fn code(&self, module: &[String]) -> &str {
        self.0.get(module).map_or("", |(_, code)| code)
    }

    /// The module that defines what `path`, written in the module `from`, names.
    fn resolve(&self, from: &[String], path: &str, depth: usize) -> Option<Module> {
        let mut names = path.split("::").peekable();
        let mut at = from.to_vec();
        match *names.peek()? {
            "crate" => {
                at.clear();
                names.next();
            }
            "self" => drop(names.next()),
            "super" => {
                while names.next_if_eq(&"super").is_some() {
                    at.pop();
                }
            }
            child if self.has(from, child) => {}
            _ => return None,
        }
        while let Some(child) = names.next_if(|name| self.has(&at, name)) {
            at.push(child.to_owned());
        }
        let Some(item) = names.next().filter(|_| depth < 8) else { return Some(at) };
        let exported = uses(self.code(&at), "pub").into_iter();
        let mut exported = exported.filter(|path| path.rsplit("::").next() == Some(item));
        exported.find_map(|path| self.resolve(&at, &path, depth + 1)).or(Some(at))
    }

    /// The modules that `module` imports, its own ancestors left out.
    fn imports(&self, module: &[String]) -> BTreeSet<Module> {
        let code = self.code(module);
        let mut paths = uses(code, "");
        paths.extend(inline(code));
        let found = paths.iter().filter_map(|path| self.resolve(module, path, 0));
        found.filter(|other| !module.starts_with(other)).collect()
    }
}

/// The paths of the `use` declarations in `code` behind `visibility`, lists taken apart.
fn uses(code: &str, visibility: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let (before, after) = rest.split_at(at);
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let (tree, end) = after.split_once(';').unwrap_or((after, ""));
        if line.starts_with(visibility) && (line.is_empty() || line.starts_with("pub")) {
            let tree: String = tree.trim_start_matches("use ").split_whitespace().collect();
            expand("", &tree, &mut found);
            rest = end;
        } else {
            rest = after.get(4..).unwrap_or_default();
        }
    }
    found
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some((head, list)) = tree.split_once('{') else {
        // `a as b`, without its blanks, names a.
        found.push(format!("{prefix}{tree}"));
        return;
    };
    let list = list.strip_suffix('}').unwrap_or(list);
    let (mut depth, mut start) = (0, 0);
    for (at, c) in list.char_indices().chain([(list.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let one = &list[start..at];
                if !one.is_empty() {
                    expand(&format!("{prefix}{head}"), one, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// All paths of more than one name in `code`.
fn inline(code: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_name(c));
    words.filter(|word| word.contains("::")).map(str::to_owned).collect()
}

/// Sets of modules that reach each other by `imports`.
fn circles(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reached = |from: &Module| -> BTreeSet<Module> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for next in imports.get(module).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let all: BTreeMap<&Module, BTreeSet<Module>> =
        imports.keys().map(|module| (module, reached(module))).collect();
    let mut found: Vec<BTreeSet<Module>> = Vec::new();
    for (module, reached) in &all {
        let back = |other: &&Module| all.get(other).is_some_and(|far| far.contains(*module));
        let circle: BTreeSet<Module> = reached.iter().filter(back).cloned().collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

#[test]
fn files_import_each_other_in_no_circle() {
    let modules = Modules::read();
    let imports = modules.0.keys().map(|module| (module.clone(), modules.imports(module)));
    let circles = circles(&imports.collect());
    let file = |module: &Module| modules.0[module].0.clone();
    let found: Vec<BTreeSet<String>> =
        circles.iter().map(|circle| circle.iter().map(file).collect()).collect();
    let known: Vec<BTreeSet<String>> =
        KNOWN.iter().map(|files| files.iter().map(|file| (*file).to_owned()).collect()).collect();
    let new: Vec<_> = found.iter().filter(|circle| !known.contains(circle)).collect();
    assert!(new.is_empty(), "these files import each other: {new:#?}");
    let gone: Vec<_> = known.iter().filter(|circle| !found.contains(circle)).collect();
    assert!(gone.is_empty(), "broken or smaller, so that the list can be: {gone:#?}");
}

#[test]
fn paths_are_found_in_code() {
    let code = "pub use a::{b, c::{d, e}};\n    use super::f;\nfn g() { x::y(); because }";
    assert_eq!(uses(code, ""), ["a::b", "a::c::d", "a::c::e", "super::f"]);
    assert_eq!(uses(code, "pub"), ["a::b", "a::c::d", "a::c::e"]);
    assert!(inline(code).contains(&"x::y".to_owned()));
}
