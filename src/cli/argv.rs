//! The command line made ready for clap: long options with one dash, as Go users type them, and the
//! command in front of its options.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// `argv` with `-top 5` and `-top=5` as `--top`, and `-v summarize x` as `summarize -v x`.
///
/// `command` is the whole program. What options its commands have is found out only for an `argv` that
/// this makes a difference for: to build all commands takes longer than to read a small dump.
pub(super) fn prepare(command: &clap::Command, argv: Vec<OsString>) -> Vec<OsString> {
    if is_ready(command, &argv) { argv } else { rewrite(command, argv) }
}

fn rewrite(command: &clap::Command, argv: Vec<OsString>) -> Vec<OsString> {
    let options = Options::of(command.clone());
    let mut out: Vec<OsString> = Vec::with_capacity(argv.len());
    let mut argv = argv.into_iter();
    out.extend(argv.next());
    let mut first_word = true;
    while let Some(arg) = argv.next() {
        let text = arg.to_str().unwrap_or("");
        if text == "--" {
            out.push(arg);
            break;
        }
        if text.len() < 2 || !text.starts_with('-') {
            let is_command = first_word && command.find_subcommand(text).is_some();
            first_word = false;
            let at = if is_command { 1 } else { out.len() };
            out.insert(at.min(out.len()), arg);
            continue;
        }
        let (arg, takes_value) = options.read(text);
        out.push(arg.map_or_else(|| text.into(), OsString::from));
        if takes_value {
            out.extend(argv.next());
        }
    }
    out.extend(argv);
    out
}

/// Whether nothing in `argv` can be meant otherwise than clap takes it: no option has several letters
/// behind one dash, and no command may stand behind options.
fn is_ready(command: &clap::Command, argv: &[OsString]) -> bool {
    let is_option = |text: &str| text.len() > 1 && text.starts_with('-');
    let is_whole = |text: &str| {
        let body = text.trim_start_matches('-');
        match text.len() - body.len() {
            0 => true,
            1 => text.len() <= 2,
            dashes => dashes == 2,
        }
    };
    let words = || argv.iter().skip(1).map(|arg| arg.to_str().unwrap_or(""));
    let first = words().next().unwrap_or("");
    words().all(is_whole)
        && (!is_option(first) || words().all(|word| command.find_subcommand(word).is_none()))
}

/// The options that there are, and whether they take a value.
struct Options {
    long: BTreeMap<String, bool>,
    short: BTreeMap<char, bool>,
}

impl Options {
    fn of(mut command: clap::Command) -> Self {
        command.build();
        let command = &command;
        let mut long = BTreeMap::from([("help".to_owned(), false), ("version".to_owned(), false)]);
        let mut short = BTreeMap::new();
        let subcommands = command.get_subcommands();
        for arg in
            std::iter::once(command).chain(subcommands).flat_map(clap::Command::get_arguments)
        {
            let takes_value = arg.get_action().takes_values();
            let names = arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default());
            long.extend(names.map(|name| (name.to_owned(), takes_value)));
            short.extend(arg.get_short().map(|name| (name, takes_value)));
        }
        Self { long, short }
    }

    /// The option as clap wants it if it is to be written otherwise, and whether the next argument is
    /// its value.
    fn read(&self, text: &str) -> (Option<String>, bool) {
        let body = text.trim_start_matches('-');
        let name = body.split('=').next().unwrap_or("");
        let has_value = body.contains('=');
        if let (Some(takes_value), true) = (self.long.get(name), name.len() > 1) {
            return (Some(format!("--{body}")), *takes_value && !has_value);
        }
        // `-vo FILE`: only the last of several letters can have its value in the next argument.
        let letters: Vec<char> =
            if text.starts_with("--") { Vec::new() } else { body.chars().collect() };
        let valued = letters.iter().position(|c| self.short.get(c).copied().unwrap_or(false));
        (None, valued.is_some_and(|at| at + 1 == letters.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Args;
    use clap::CommandFactory;

    #[test]
    fn one_dash_is_enough() {
        for (typed, meant) in [
            ("-top 5 f", "--top 5 f"),
            ("-top=5 f", "--top=5 f"),
            ("-format=json -", "--format=json -"),
            ("-v -q f", "-v -q f"),
            ("-vo out f", "-vo out f"),
            ("-o -top f", "-o -top f"),
            ("-v summarize f", "summarize -v f"),
            ("-o summarize f", "-o summarize f"),
            ("f summarize", "f summarize"),
            ("-- -top", "-- -top"),
            ("-group-by goloc", "--group-by goloc"),
            ("-help", "--help"),
        ] {
            let argv = format!("gdump {typed}");
            let argv = argv.split(' ').map(OsString::from).collect();
            let out = prepare(&Args::command(), argv);
            let out: Vec<_> = out.iter().skip(1).map(|arg| arg.to_str().unwrap()).collect();
            assert_eq!(out.join(" "), meant, "{typed}");
        }
    }

    #[test]
    fn what_is_ready_would_not_be_rewritten() {
        let program = Args::command();
        let words =
            ["f", "-", "--", "-v", "-o", "-vo", "-top", "--top", "--top=5", "---top", "leaks"];
        let mut ready = 0;
        for first in words {
            for second in words {
                for third in words {
                    let argv: Vec<_> = ["gdump", first, second, third].map(OsString::from).into();
                    if is_ready(&program, &argv) {
                        ready += 1;
                        assert_eq!(rewrite(&program, argv.clone()), argv);
                    }
                }
            }
        }
        assert!(ready > 100, "{ready}");
    }

    #[test]
    fn clap_agrees_with_itself() {
        Args::command().debug_assert();
        let (before, mut after) = (Args::command(), Args::command());
        after.build();
        for command in before.get_subcommands() {
            let built = after.find_subcommand(command.get_name()).unwrap();
            let about = |command: &clap::Command| command.get_about().map(ToString::to_string);
            assert_eq!(about(built), about(command), "{}", command.get_name());
            assert!(built.get_arguments().count() > 1);
        }
    }
}
