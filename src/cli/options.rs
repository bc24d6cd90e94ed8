//! What the program is to do: arguments and environment resolved.

use std::path::PathBuf;

use super::args::{Args, Color, Command, Format};
use super::environment::Environment;
use crate::analysis::Filter;
use crate::analysis::filter::WaitLimit;
use crate::analysis::summary::Look;
use crate::error::{Error, Result};
use crate::render::{OutputFormat, Style, View};
use crate::source::{Limits, Target};

/// Columns if nobody says: output that goes to a file or another program.
const WIDTH: usize = 100;

/// Everything that was decided before the first byte is read.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) command: &'static str,
    pub(super) targets: Vec<Target>,
    pub(super) limits: Limits,
    pub(super) look: Look,
    pub(super) view: View,
    pub(super) output: Option<PathBuf>,
    pub(super) strict: bool,
}

impl Options {
    /// Decides; `None` if there is nothing to read.
    pub(super) fn resolve(args: Args, env: &Environment) -> Result<Option<Self>> {
        let (command, args) = match args.command {
            Some(Command::Summarize(shared)) => ("summarize", *shared),
            None => ("summarize", args.shared),
        };
        if args.inputs.is_empty() && env.stdin_is_terminal {
            return Ok(None);
        }
        check_waits(args.min_wait.as_ref(), args.max_wait.as_ref())?;
        let format = match args.format {
            Format::Text => OutputFormat::Text,
            Format::Json => OutputFormat::Json,
        };
        let colored = is_colored(args.color, args.output.is_some(), env);
        let columns = env.columns.filter(|columns| *columns > 0);
        let terminal = env.terminal_width.filter(|_| env.stdout_is_terminal);
        Ok(Some(Self {
            command,
            targets: targets(args.inputs)?,
            limits: Limits {
                max_bytes: args.max_bytes,
                max_line: usize::try_from(args.max_line).unwrap_or(usize::MAX),
                max_depth: args.max_depth,
            },
            look: Look {
                filter: Filter {
                    states: args.state,
                    min_wait: args.min_wait,
                    max_wait: args.max_wait,
                    created_by: args.created_by,
                    labels: args.label,
                },
                by: args.by,
                system: args.system,
            },
            view: View {
                format,
                top: args.top,
                ids: args.ids,
                width: args.width.or(columns).or(terminal).unwrap_or(WIDTH).max(20),
                style: if colored { Style::colored() } else { Style::plain() },
                verbose: args.verbose,
                quiet: args.quiet,
            },
            output: args.output,
            strict: args.strict,
        }))
    }
}

fn check_waits(min: Option<&WaitLimit>, max: Option<&WaitLimit>) -> Result<()> {
    match (min, max) {
        (Some(min), Some(max)) if min.seconds > max.seconds => {
            let text = format!("--min-wait {} is more than --max-wait {}", min.text, max.text);
            Err(Error::Usage(text))
        }
        _ => Ok(()),
    }
}

fn is_colored(color: Color, to_file: bool, env: &Environment) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if env.no_color => false,
        Color::Auto if env.force_color => true,
        Color::Auto => env.stdout_is_terminal && !env.dumb && !to_file,
    }
}

fn targets(inputs: Vec<PathBuf>) -> Result<Vec<Target>> {
    if inputs.is_empty() {
        return Ok(vec![Target::Stdin]);
    }
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    if inputs.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Error::Usage("standard input (-) can be read only once".to_owned()));
    }
    let target = |path| if is_stdin(&path) { Target::Stdin } else { Target::Path(path) };
    Ok(inputs.into_iter().map(target).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn resolve(line: &str, env: &Environment) -> Options {
        let args = Args::parse_from(std::iter::once("gdump").chain(line.split_whitespace()));
        Options::resolve(args, env).unwrap().unwrap()
    }

    #[test]
    fn colours_follow_flag_then_environment_then_terminal() {
        let tty = Environment { stdout_is_terminal: true, ..Environment::default() };
        let pipe = Environment::default();
        for (line, env, colored) in [
            ("f", tty, true),
            ("f", pipe, false),
            ("f", Environment { no_color: true, ..tty }, false),
            ("f", Environment { dumb: true, ..tty }, false),
            ("f", Environment { force_color: true, ..pipe }, true),
            ("f --color always", pipe, true),
            ("f --color never", tty, false),
            ("f -o out", tty, false),
        ] {
            let style = if colored { Style::colored() } else { Style::plain() };
            assert_eq!(resolve(line, &env).view.style, style, "{line} {env:?}");
        }
    }

    #[test]
    fn width_follows_flag_then_columns_then_terminal() {
        let env = Environment {
            stdout_is_terminal: true,
            columns: Some(90),
            terminal_width: Some(120),
            ..Environment::default()
        };
        assert_eq!(resolve("f --width 60", &env).view.width, 60);
        assert_eq!(resolve("f", &env).view.width, 90);
        assert_eq!(resolve("f", &Environment { columns: None, ..env }).view.width, 120);
        assert_eq!(resolve("f", &Environment::default()).view.width, WIDTH);
    }

    #[test]
    fn nothing_to_read_on_a_terminal() {
        let env = Environment { stdin_is_terminal: true, ..Environment::default() };
        assert!(Options::resolve(Args::parse_from(["gdump"]), &env).unwrap().is_none());
        assert_eq!(resolve("-", &env).targets, [Target::Stdin]);
    }
}
