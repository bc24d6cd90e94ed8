//! Names that mean something to a terminal, a browser, a chat, a spreadsheet or a log: every command in
//! every format that it has shows them as nothing but text.

use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::support::{command, csv_rows};

/// Two dumps of one program; every name in them is hostile, and some goroutines come and go.
fn write(folder: &Path) {
    let long = "x".repeat(20_000);
    let names = [
        "main.<script>alert</script>",
        "main.<!channel>```@here**b**[a]<http://evil.example>",
        "=cmd|'/c",
        "main.\u{1b}[2J\u{202e}red",
        "@SUM\t",
        "-main.x|y|",
        &long,
    ];
    for (file, count) in [("one.txt", 4u64), ("two.txt", 40)] {
        let mut text = String::new();
        for (index, name) in (0u64..).zip(names) {
            for goid in 0..count {
                let goid = 1 + index * 1000 + goid;
                text.push_str(&format!(
                    "goroutine {goid} [\u{1b}[31m<b>```, 3 minutes] {{\"=1+1\": \"@x\\u202e,\\\"\"}}:\n\
                     {name}(0xc000012345)\n\t/x/\u{1b}]0;title\u{7}www.evil.example.go:1 +0x1\n\
                     created by {name} in goroutine 7\n\t+1.go:5 +0x1\n\n"
                ));
            }
        }
        std::fs::write(folder.join(file), text).unwrap();
    }
}

const COMMANDS: &[&[&str]] = &[
    &["summarize", "two.txt"],
    &["leaks", "one.txt", "two.txt"],
    &["blocked", "two.txt"],
    &["groups", "two.txt", "--ids", "3"],
    &["groups", "--by", "label:=1+1", "two.txt"],
    &["groups", "--by", "created-by", "two.txt"],
    &["list", "two.txt"],
    &["show", "1", "1001", "2001", "two.txt"],
    &["tree", "two.txt"],
    &["diff", "one.txt", "two.txt"],
    &["trend", "one.txt", "two.txt", "two.txt"],
    &[
        "check",
        "--max",
        "goroutines=1",
        "--max",
        "label:=1+1=1",
        "--max-growth",
        "1",
        "one.txt",
        "two.txt",
    ],
];

const FORMATS: &[&str] = &[
    "text",
    "json",
    "ndjson",
    "csv",
    "markdown",
    "html",
    "sarif",
    "junit",
    "github",
    "prometheus",
];

/// What is wrong with `text`, if anything is.
fn wrong(format: &str, text: &str) -> Option<String> {
    let allowed = |c: char| c == '\n' || (format == "csv" && c == '\r');
    let control = |c: &char| (c.is_control() && !allowed(*c)) || *c == '\u{202e}';
    if let Some(c) = text.chars().find(control) {
        return Some(format!("{c:?} comes through"));
    }
    match format {
        "json" | "sarif" => serde_json::from_str::<Value>(text).err().map(|e| e.to_string()),
        "ndjson" => text
            .lines()
            .find_map(|line| serde_json::from_str::<Value>(line).err())
            .map(|e| e.to_string()),
        "csv" => {
            let rows = csv_rows(text.as_bytes());
            let even = rows.iter().all(|row| row.len() == rows[0].len());
            let mut cells = rows.iter().flatten();
            let formula = cells.find(|cell| {
                cell.parse::<f64>().is_err()
                    && cell.trim_start().starts_with(['=', '+', '-', '@', '\t'])
            });
            let uneven = (!even || rows.len() < 2).then(|| "rows of different lengths".to_owned());
            formula.map(|cell| format!("a formula: {cell:.80}")).or(uneven)
        }
        "markdown" => markup(text),
        "html" => text.contains("<script>alert").then(|| "a script".to_owned()),
        _ => None,
    }
}

/// Whether something in `markdown` is more than text, code, lists and what gdump itself writes bold.
fn markup(markdown: &str) -> Option<String> {
    if markdown.contains("<!") || markdown.contains("<@") {
        return Some("a mention in a chat's own format".to_owned());
    }
    let mut code = false;
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(text) if !code => {
                let bad =
                    ["@", "://", "www.", "<", "`"].into_iter().find(|mark| text.contains(*mark));
                if let Some(mark) = bad {
                    return Some(format!("{mark} in {text:.200}"));
                }
            }
            Event::Start(Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::Strong)
            | Event::End(_)
            | Event::Text(_)
            | Event::Code(_)
            | Event::SoftBreak => {}
            other => return Some(format!("{other:?}")),
        }
    }
    None
}

#[test]
fn nothing_hostile_comes_through_any_command_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let (mut failed, mut written) = (Vec::new(), 0);
    for args in COMMANDS {
        for format in FORMATS {
            let args = [*args, &["--format", format, "--top", "all"]].concat();
            let output = command::run(folder.path(), &args, b"");
            let text = command::transcript(&args, &output);
            if output.status.code() == Some(2) {
                let refused = text.contains("is not possible; use one of");
                failed.extend((!refused).then(|| format!("{args:?}: {text:.500}")));
                continue;
            }
            written += 1;
            let text = String::from_utf8(output.stdout).unwrap();
            let least = if ["csv", "ndjson"].contains(format) { 1 } else { 3 };
            assert!(text.lines().count() >= least, "{args:?}: {text}");
            failed.extend(wrong(format, &text).map(|why| format!("{args:?}: {why}")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(written >= 45, "{written}");
}
