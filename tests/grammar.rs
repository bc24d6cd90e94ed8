//! The grammars in grammar/ and the parsers say the same: every rule has a function of its name with
//! its text, and every sentence of a grammar is understood.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use crate::support::sentence::Grammar;
use crate::support::{files, parse, relative, root, scan};

/// Where the functions of a grammar are.
const HOMES: &[(&str, &str)] = &[
    ("lexical", "src/parse/lexical.rs"),
    ("debug2", "src/parse/debug2"),
    ("mangled", "src/parse/debug2/mangled.rs"),
    ("debug1", "src/parse/debug1"),
    ("delve", "src/parse/delve"),
    ("gccgo", "src/parse/gccgo"),
    ("pprof-text", "src/parse/pprof_text"),
    ("race", "src/parse/race"),
    ("filter", "src/view/filter"),
];

fn grammars() -> Vec<(String, String)> {
    files(&root().join("grammar"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "abnf"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn grammar_text(name: &str) -> Option<String> {
    std::fs::read_to_string(root().join(format!("grammar/{name}.abnf"))).ok()
}

/// Each rule of a text: its name, and its text with blanks made equal and comments left out.
fn rules(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.trim_start().starts_with(';')) {
        let line = line.split_once(" ;").map_or(line, |(rule, _)| rule);
        if let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with(' ')) {
            current = Some(name.trim().to_owned());
        }
        if let Some(name) = current.as_ref().filter(|_| !line.trim().is_empty()) {
            let rule = found.entry(name.clone()).or_default();
            for word in line.split_whitespace() {
                *rule += " ";
                *rule += word;
            }
        }
    }
    found
}

/// Functions with an ABNF block in their documentation: the rules in the block by function name.
fn documented(source: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut found = Vec::new();
    let mut block = None;
    let mut inside = false;
    for line in source.lines().map(str::trim_start) {
        if let Some(doc) = line.strip_prefix("///") {
            match doc.trim() {
                "```abnf" => (inside, block) = (true, Some(String::new())),
                "```" => inside = false,
                _ => {
                    if let Some(text) = block.as_mut().filter(|_| inside) {
                        *text += doc.strip_prefix(' ').unwrap_or(doc);
                        *text += "\n";
                    }
                }
            }
        } else if let Some((before, rest)) = line.split_once("fn ") {
            let function = before.is_empty() || before.starts_with("pub");
            if let Some(text) = block.take().filter(|_| function) {
                let name = rest.split(['(', '<']).next().unwrap_or(rest);
                found.push((name.to_owned(), rules(&text)));
            }
        }
    }
    found
}

#[test]
fn every_rule_has_one_function_with_its_text() {
    let mut wrong = Vec::new();
    for (grammar, text) in grammars() {
        let Some((_, home)) = HOMES.iter().find(|(name, _)| *name == grammar) else {
            wrong.push(format!("grammar/{grammar}.abnf has no home in HOMES"));
            continue;
        };
        let home = root().join(home);
        let sources: Vec<PathBuf> =
            if home.is_dir() { files(&home) } else { vec![home.with_extension("rs")] };
        let mut functions: Vec<(String, BTreeMap<String, String>)> = Vec::new();
        for source in sources.iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
            let Ok(source) = std::fs::read_to_string(source) else {
                wrong.push(format!("{grammar}: {} is missing", relative(source, &root())));
                continue;
            };
            functions.extend(documented(&source));
        }
        for (rule, text) in rules(&text) {
            let name = rule.replace('-', "_");
            let found: Vec<_> =
                functions.iter().filter(|(function, _)| *function == name).collect();
            match found.as_slice() {
                [(_, documented)] if documented.get(&rule) == Some(&text) => {}
                [(_, documented)] => wrong.push(format!(
                    "{grammar}: the documentation of fn {name} says\n{documented:?}\nthe grammar\n{text}"
                )),
                _ => wrong.push(format!(
                    "{grammar}: rule {rule} has {} functions {name} with an abnf block",
                    found.len()
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_name_is_defined() {
    let lexical = grammar_text("lexical").unwrap();
    for (name, text) in grammars() {
        // Mangled lines are made of what Go prints.
        let debug2 = grammar_text("debug2").filter(|_| name == "mangled");
        let mut texts = vec![lexical.as_str(), text.as_str()];
        texts.extend(debug2.as_deref());
        let missing = Grammar::new(&texts).undefined();
        assert!(missing.is_empty(), "grammar/{name}.abnf: not defined: {missing:?}");
    }
}

/// What a sentence of the grammar may be and Go never prints, since a rule cannot say it: each is
/// narrowed here with its reason.
const NARROWED_DEBUG2: &str = concat!(
    // A dump is of one compiler: among calls with parentheses a name without is a damaged call.
    "entry = frame / non-go-frame / elided LF\r\n",
    // A symbolizer's name with parentheses in it could not be told from a call; and a program counter
    // without a name stands alone on its line.
    "non-go-frame = %s\"non-Go function at pc=\" hex LF / c-name LF cgo-file-line LF\r\n",
    "c-name = 1*( ALPHA / \"_\" )\r\n",
    // A state that ends in a number and ` minutes`, or begins like a flag, would be read as one.
    "state = state-name *( SP state-name ) [ \" (\" state-name \")\" ]\r\n",
    "state-name = 2*( ALPHA / \".\" )\r\n",
    // An escape above the last code point is none.
    "escape = \"\\\" ( %s\"n\" / %s\"r\" / %s\"t\" / \"\\\" / DQUOTE / %s\"x\" 2HEXDIG / %s\"u00\" 2HEXDIG / %s\"U0001f60\" HEXDIG )\r\n",
    // Two dots and a slash are no name, and a call needs one.
    "function = ALPHA *( symbol-char / receiver / %s\"[...]\" ) ALPHA\r\n",
    "receiver = \"(*\" 1*( ALPHA / %xC0-D7FF ) \").\"\r\n",
    // Space at the ends of a path is lost in transport.
    "path = ( ALPHA / \"/\" ) *( %x20-7E / %x80-D7FF ) ALPHA\r\n",
    "symbol-char = ALPHA / DIGIT / \".\" / \"/\" / \"_\" / \"-\" / \"%\" / \"~\" / \"$\" / \"@\" / %xA1-D7FF\r\n",
);

const NARROWED_DEBUG1: &str = concat!(
    "go-char = %x20-21 / %x23-5B / %x5D-7E / %xA1-FF\r\n",
    "go-escape = \"\\\" ( %s\"a\" / %s\"b\" / %s\"f\" / %s\"n\" / %s\"r\" / %s\"t\" / %s\"v\" / \"\\\" / DQUOTE / %s\"x\" 2HEXDIG / %s\"u00\" 2HEXDIG / %s\"U0001f60\" HEXDIG )\r\n",
    // A record without a program counter may stand for no goroutine.
    "pc-list = 1*( SP hex )\r\n",
    "call-site = ALPHA *( ALPHA / DIGIT / \".\" / \"/\" / \"*\" / \"(\" / \")\" ) ALPHA\r\n",
    "source-line = \"/\" *( %x21-7E ) \":\" number\r\n",
);

#[test]
fn sentences_of_debug2_are_understood() {
    let lexical = grammar_text("lexical").unwrap();
    let debug2 = grammar_text("debug2").unwrap();
    let grammar = Grammar::new(&[&lexical, &debug2, NARROWED_DEBUG2]);
    proptest!(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() },
        |(choices in prop::collection::vec(any::<u16>(), 0..1500))| {
        let text = grammar.sentence("dump", &choices);
        let dumps = parse(text.as_bytes(), "sentence").map_err(|error| {
            TestCaseError::fail(format!("{error}\n{text}"))
        })?;
        let problems: Vec<_> = dumps.iter().flat_map(|dump| &dump.problems).collect();
        prop_assert!(problems.is_empty(), "{problems:#?}\n{text}");
        let accounts = dumps.iter().map(|dump| dump.account);
        let count: i64 = accounts.map(|a| a.whole + (a.cut_off + a.repeated).cast_signed()).sum();
        prop_assert_eq!(count, i64::try_from(scan::headers(text.as_bytes()).len()).unwrap(), "{}", text);
    });
}

#[test]
fn sentences_of_debug1_are_understood() {
    let Some(debug1) = grammar_text("debug1") else { return };
    let lexical = grammar_text("lexical").unwrap();
    let grammar = Grammar::new(&[&lexical, "digits = 1*DIGIT\n", &debug1, NARROWED_DEBUG1]);
    proptest!(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() },
        |(choices in prop::collection::vec(any::<u16>(), 0..800))| {
        let records: String = (0..3)
            .map(|n| grammar.sentence("record", &choices[choices.len() * n / 3..]))
            .collect();
        // The rules cannot say that the counts add up to the total.
        let total = scan::debug1(format!("x profile: total 0\n{records}").as_bytes()).unwrap();
        let text = format!("goroutine profile: total {}\n{records}", total.counted);
        let dumps = parse(text.as_bytes(), "sentence").map_err(|error| {
            TestCaseError::fail(format!("{error}\n{text}"))
        })?;
        let problems: Vec<_> = dumps.iter().flat_map(|dump| &dump.problems).collect();
        prop_assert!(problems.is_empty(), "{problems:#?}\n{text}");
        prop_assert_eq!(dumps[0].goroutine_count(), total.counted, "{}", text);
        prop_assert_eq!(dumps[0].len(), total.records, "{}", text);
    });
}

/// What is narrowed for the texts of other tools: names and paths that could be taken for something else,
/// and what a rule cannot say.
const NARROWED_TOOLS: &str = concat!(
    "path = \"/\" *( ALPHA / DIGIT / \".\" / \"-\" / \":\" ) ALPHA\r\n",
    "race-function = name\r\n",
    "delve-function = name\r\n",
    "node-function = name\r\n",
    "name = 1*ALPHA \".\" 1*ALPHA [ \"[\" 1*( ALPHA / SP ) \"]\" ]\r\n",
    // A number at the end is no part of a reason.
    "wait-reason = 1*ALPHA *( SP 1*ALPHA )\r\n",
    // A place of a node is its file alone if there is no number.
    "node-place = path \":\" number\r\n",
    "label-key = 1*ALPHA\r\n",
    // A type or a symbol begins with a letter; the wrapper of a function that recovers has nothing inside.
    "package-name = ALPHA *( ALPHA / DIGIT / \"/\" / encoded )\r\n",
    "identifier = ALPHA *( ALPHA / DIGIT / encoded )\r\n",
    "nested = %s\"..func\" number\r\n",
);

/// Checks with sentences of `rule` in `grammar`, each made to a text by `around`, that one dump of the
/// format `format` without problems is read, of as many goroutines as `count` says.
fn check_sentences(
    (grammar, rule): (&str, &str),
    format: &str,
    around: impl Fn(String) -> String,
    count: impl Fn(&str) -> i64,
) {
    let lexical = grammar_text("lexical").unwrap();
    let text = grammar_text(grammar).unwrap();
    let sentences = Grammar::new(&[&lexical, &text, NARROWED_TOOLS]);
    proptest!(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() },
        |(choices in prop::collection::vec(any::<u16>(), 0..400))| {
        let text = around(sentences.sentence(rule, &choices));
        let dumps = parse(text.as_bytes(), "sentence").map_err(|error| {
            TestCaseError::fail(format!("{error}\n{text}"))
        })?;
        prop_assert_eq!(dumps.len(), 1, "{}", text);
        prop_assert!(dumps[0].problems.is_empty(), "{:#?}\n{text}", dumps[0].problems);
        prop_assert_eq!(dumps[0].format.name(), format, "{}", text);
        let a = dumps[0].account;
        prop_assert_eq!(a.whole + a.repeated.cast_signed(), count(&text), "{}", text);
    });
}

#[test]
fn sentences_of_other_tools_are_understood() {
    check_sentences(("delve", "goroutine-line"), "delve", |line| line + "\n", |_| 1);
    check_sentences(
        ("delve", "at-line"),
        "delve",
        |line| format!("0  0x000000000043e1ae in main.f\n   {line}\n"),
        |_| 1,
    );
    check_sentences(
        ("race", "race-report"),
        "race",
        |report| report,
        |text| {
            let accessed = |line: &&str| line.contains(" by ") && line.ends_with(':');
            let accesses: Vec<&str> = text.lines().filter(accessed).collect();
            // Who is named by its creation alone is a goroutine too.
            let number = |line: &str| {
                let digits: String = line.chars().filter(char::is_ascii_digit).collect();
                digits.parse::<u64>().ok()
            };
            let who = |line: &&str| {
                let by = line.rsplit(" by ").next().unwrap();
                if by.starts_with("main") { Some(1) } else { number(by) }
            };
            let seen: std::collections::BTreeSet<_> = accesses.iter().map(who).collect();
            let created = text.lines().filter(|line| line.ends_with("created at:"));
            let alone = created.filter(|line| !seen.contains(&number(line))).count();
            i64::try_from(accesses.len() + alone).unwrap()
        },
    );
    let separator = format!("{}+{}\n", "-".repeat(11), "-".repeat(55));
    check_sentences(
        ("pprof-text", "trace"),
        "pprof-traces",
        |trace| format!("File: a\nType: goroutine\n{separator}{trace}{separator}"),
        |text| {
            let count = |line: &str| line.trim_start().split_once("   ")?.0.parse::<i64>().ok();
            let labels = |line: &&str| !line.contains(":  ");
            text.lines().filter(labels).find_map(count).unwrap()
        },
    );
    check_sentences(
        ("gccgo", "new-name"),
        "gccgo",
        |name| format!("goroutine 1 [select]:\n{name}\n\t/x.go:1\n"),
        |_| 1,
    );
}

#[test]
fn sentences_of_the_filter_language_are_read() {
    let grammar = Grammar::new(&[&grammar_text("filter").unwrap()]);
    let read = std::cell::Cell::new(0);
    proptest!(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() },
        |(choices in prop::collection::vec(any::<u16>(), 0..200))| {
        let text = grammar.sentence("filter", &choices);
        match gdump::view::filter::Where::new(&text) {
            Ok(_) => read.set(read.get() + 1),
            // The rules say nothing of types, of what is a regular expression, and of fields that are
            // compared with fields.
            Err(error) => prop_assert!(!error.is_syntax, "{text}\n{error}"),
        }
    });
    assert!(read.get() > 0, "no sentence had the right types");
}
