//! The README shows what the program does: every `$ gdump …` in it is run, and must print what stands
//! there. A block that ends with a line `…` shows only the beginning. `UPDATE=1` writes the output anew.

use std::fmt::Write;
use std::process::Command;

use crate::support::root;

/// A command of the README and the lines below it.
struct Example {
    command: String,
    /// Range of the lines of the output in the file.
    start: usize,
    end: usize,
    /// The output goes on.
    is_cut: bool,
}

/// The commands in the console blocks of `lines` that are gdump's alone: what reads from a pipe, writes
/// to a file or asks a server cannot be shown with its output.
fn examples(lines: &[&str]) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    let mut open = false;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("```") {
            inside = *line == "```console";
            open = false;
        } else if inside && line.starts_with("$ ") {
            let command = line.trim_start_matches("$ ");
            open = command.starts_with("gdump ") && !command.contains(['|', '>', '<', '#']);
            if open {
                let command = command.to_owned();
                examples.push(Example { command, start: at + 1, end: at + 1, is_cut: false });
            }
        } else if let (true, Some(example)) = (open, examples.last_mut()) {
            example.is_cut = *line == "…";
            example.end = at + 1;
        }
    }
    // A command without output is shown as something to type.
    examples.retain(|example| example.end > example.start);
    examples
}

/// What the command prints, in the folder of the project.
fn run(command: &str) -> String {
    let words = words(command);
    let output = Command::new(env!("CARGO_BIN_EXE_gdump"))
        .args(&words[1..])
        .current_dir(root())
        .env_clear()
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    text
}

/// The words of a command as a shell takes it apart, with single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in command.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// What the README should show of `output`.
fn shown(example: &Example, output: &str) -> Vec<String> {
    let lines = output.lines().map(|line| line.trim_end().to_owned());
    if !example.is_cut {
        return lines.collect();
    }
    let kept = example.end - example.start - 1;
    lines.take(kept).chain(["…".to_owned()]).collect()
}

#[test]
fn the_readme_shows_what_is_printed() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap().replace('\r', "");
    let lines: Vec<&str> = text.lines().collect();
    let examples = examples(&lines);
    assert!(examples.len() >= 5, "the README shows what the program does");
    let mut fresh: Vec<String> = Vec::new();
    let mut from = 0;
    let mut wrong = String::new();
    for example in &examples {
        let output = shown(example, &run(&example.command));
        let stored = &lines[example.start..example.end];
        if stored != output.as_slice() {
            writeln!(wrong, "$ {}\n{}\n", example.command, output.join("\n")).unwrap();
        }
        fresh.extend(lines[from..example.start].iter().map(ToString::to_string));
        fresh.extend(output);
        from = example.end;
    }
    fresh.extend(lines[from..].iter().map(ToString::to_string));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, fresh.join("\n") + "\n").unwrap();
    } else {
        assert!(
            wrong.is_empty(),
            "README.md is out of date, run with UPDATE=1; printed was:\n{wrong}"
        );
    }
}

/// Every command of the program is in the README.
#[test]
fn the_readme_names_all_commands() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let help = run("gdump --help");
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    let commands = rest.lines().take_while(|line| !line.is_empty());
    let names = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let missing: Vec<&str> = names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help" && !readme.contains(&format!("gdump {name}")))
        .collect();
    assert!(missing.is_empty(), "the README says nothing of {missing:?}");
}
