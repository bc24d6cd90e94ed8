//! What the program is to do: arguments and environment resolved.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{Color, Format, Shared};
use super::connect::Live;
use super::environment::Environment;
use super::values::{FailOn, Pattern};
use crate::diagnose::Finding;
use crate::diagnose::facts::Config;
use crate::diagnose::known::Known;
use crate::error::{Error, Result};
use crate::render::{OutputFormat, Style, View};
use crate::source::http::Address;
use crate::source::{Limits, Target};
use crate::view::filter::{PprofFilter, WaitLimit};
use crate::view::summary::Look;
use crate::view::{By, Filter};

/// Columns if nobody says: output that goes to a file or another program.
const WIDTH: usize = 100;

/// Everything that was decided before the first byte is read.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) targets: Vec<Target>,
    pub(super) limits: Limits,
    /// How processes are asked.
    #[cfg_attr(not(feature = "live"), allow(dead_code, reason = "without the client nobody asks"))]
    pub(super) live: Live,
    pub(super) look: Look,
    pub(super) view: View,
    pub(super) output: Option<PathBuf>,
    pub(super) strict: bool,
    /// Tell on standard error how far a long read is.
    pub(super) progress: bool,
    pub(super) config: Config,
    /// Findings are made: else neither words of arguments nor known goroutines are looked at.
    pub(super) judges: bool,
    pub(super) known: Known,
    fail_on: Vec<FailOn>,
}

impl Options {
    /// Decides for the command named `command`; `None` if there is nothing to read.
    pub(super) fn resolve(command: &str, args: Shared, env: &Environment) -> Result<Option<Self>> {
        if args.inputs.is_empty() && env.stdin_is_terminal {
            return Ok(None);
        }
        check_format(command, args.format)?;
        check_by(command, &args.by)?;
        check_waits(args.min_wait.as_ref(), args.max_wait.as_ref())?;
        let judged = matches!(command, "leaks" | "blocked");
        let minutes =
            |wait: &WaitLimit| u32::try_from(wait.seconds.div_ceil(60)).unwrap_or(u32::MAX);
        let config = Config {
            min_wait: args.min_wait.as_ref().filter(|_| judged).map(minutes),
            min_count: args.min_count,
        };
        let filter = filter(&args, judged)?;
        let format = match args.format {
            Format::Text => OutputFormat::Text,
            Format::Json => OutputFormat::Json,
            Format::Markdown => OutputFormat::Markdown,
            Format::Ndjson => OutputFormat::Ndjson,
            Format::Csv => OutputFormat::Csv,
            Format::Sarif => OutputFormat::Sarif,
            Format::Junit => OutputFormat::Junit,
            Format::Github => OutputFormat::Github,
            Format::Prometheus => OutputFormat::Prometheus,
            Format::Html => OutputFormat::Html,
        };
        let judges = format == OutputFormat::Html
            || !matches!(command, "groups" | "list" | "tree" | "diff" | "trend");
        let colored = is_colored(args.color, args.output.is_some(), env);
        let columns = env.columns.filter(|columns| *columns > 0);
        let terminal = env.terminal_width.filter(|_| env.stdout_is_terminal);
        let limits = Limits {
            max_bytes: args.max_bytes.unwrap_or(Limits::default().max_bytes),
            max_line: usize::try_from(args.max_line).unwrap_or(usize::MAX),
            max_depth: args.max_depth,
            max_members: args.max_members,
        };
        Ok(Some(Self {
            targets: targets(args.inputs)?,
            limits,
            live: Live {
                connect: args.connect,
                ask: args.ask,
                limits: Limits { max_bytes: args.max_bytes.unwrap_or(Live::MAX_BYTES), ..limits },
                quiet: args.quiet,
            },
            look: Look { filter, by: args.by, system: args.system },
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
            progress: env.stderr_is_terminal && !args.quiet && !env.dumb,
            config,
            judges,
            known: if judges || !args.known.is_empty() {
                known(&args.known)?
            } else {
                Known::default()
            },
            fail_on: args.fail_on,
        }))
    }

    /// Whether the user wants status 1 for `finding`.
    pub(super) fn fails_on(&self, finding: &Finding) -> bool {
        self.fail_on.iter().any(|what| what.is(finding))
    }
}

/// A file of this name in the current folder says what to set aside.
const IGNORE: &str = ".gdumpignore";

/// gdump's own known goroutines, those of the tables that the user names, and those to ignore.
fn known(tables: &[PathBuf]) -> Result<Known> {
    let mut known = Known::built_in();
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })
    };
    for path in tables {
        known.add_table(&read(path)?, &path.display().to_string())?;
    }
    let ignore = Path::new(IGNORE);
    if ignore.is_file() {
        known.add_ignored(&read(ignore)?, IGNORE)?;
    }
    Ok(known)
}

/// The filters; what is `judged` by its age is not left out before.
fn filter(args: &Shared, judged: bool) -> Result<Filter> {
    let pattern = |one: &Option<Pattern>| one.as_ref().and_then(|pattern| pattern.0.clone());
    let filter = Filter {
        states: args.state.clone(),
        min_wait: args.min_wait.clone().filter(|_| !judged),
        max_wait: args.max_wait.clone(),
        created_by: args.created_by.clone(),
        labels: args.label.clone(),
        wheres: Vec::new(),
        pprof: PprofFilter {
            focus: pattern(&args.focus),
            ignore: pattern(&args.ignore),
            hide: pattern(&args.hide),
            show: pattern(&args.show),
            show_from: pattern(&args.show_from),
            tagfocus: args.tagfocus.clone(),
            tagignore: args.tagignore.clone(),
        },
    };
    args.wheres.iter().try_fold(filter, |filter, text| {
        filter.and_where(text).map_err(|error| {
            let hint = "fields and operators: gdump explain where";
            Error::Usage(format!("--where: {error}\n  {hint}"))
        })
    })
}

/// The formats that a command can write.
fn formats(command: &str) -> &'static [Format] {
    match command {
        "check" => &[
            Format::Text,
            Format::Json,
            Format::Markdown,
            Format::Sarif,
            Format::Junit,
            Format::Github,
            Format::Prometheus,
        ],
        "summarize" | "leaks" | "blocked" => {
            &[Format::Text, Format::Json, Format::Markdown, Format::Html]
        }
        "groups" | "diff" | "trend" => &[
            Format::Text,
            Format::Json,
            Format::Markdown,
            Format::Html,
            Format::Ndjson,
            Format::Csv,
        ],
        "list" => &[Format::Text, Format::Json, Format::Markdown, Format::Ndjson, Format::Csv],
        "show" | "tree" => &[Format::Text, Format::Json, Format::Markdown],
        _ => &[Format::Text, Format::Json],
    }
}

/// A usage error that names what is possible if `command` cannot write `format`.
fn check_format(command: &str, format: Format) -> Result<()> {
    let possible = formats(command);
    if possible.contains(&format) {
        return Ok(());
    }
    let name = |format: &Format| {
        format.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
    };
    let names: Vec<String> = possible.iter().map(name).collect();
    let (format, names) = (name(&format), names.join(", "));
    Err(Error::Usage(format!("{command}: --format {format} is not possible; use one of {names}")))
}

/// Goroutines that are not grouped cannot be grouped by anything.
fn check_by(command: &str, by: &By) -> Result<()> {
    if *by == By::Stack || !matches!(command, "list" | "show" | "tree") {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{command}: --by is how groups are made, and there are none here\n  gdump groups --by KEY makes them"
    )))
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
    let target = |path: PathBuf| match path.to_str().filter(|text| Address::is_url(text)) {
        // What was typed may hold a password: it is not shown.
        Some(text) => Address::parse(text)
            .map(Target::Url)
            .map_err(|error| Error::Usage(format!("the URL among the inputs: {error}"))),
        None if is_stdin(&path) => Ok(Target::Stdin),
        None => Ok(Target::Path(path)),
    };
    inputs.into_iter().map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Args;
    use clap::Parser;

    fn resolve(line: &str, env: &Environment) -> Options {
        let args = Args::parse_from(std::iter::once("gdump").chain(line.split_whitespace()));
        Options::resolve("summarize", args.shared, env).unwrap().unwrap()
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
    fn a_format_that_a_command_cannot_write_is_named_with_those_it_can() {
        let shared = Args::parse_from(["gdump", "f", "--format", "csv"]).shared;
        let error = Options::resolve("tree", shared, &Environment::default()).unwrap_err();
        let text = "tree: --format csv is not possible; use one of text, json, markdown";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn what_is_not_grouped_takes_no_key() {
        for command in ["list", "show", "tree"] {
            let shared = Args::parse_from(["gdump", "f", "--by", "top"]).shared;
            let error = Options::resolve(command, shared, &Environment::default()).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{command}: --by ")), "{error}");
        }
        assert_eq!(resolve("f --by top", &Environment::default()).look.by, By::Top);
    }

    #[test]
    fn nothing_to_read_on_a_terminal() {
        let env = Environment { stdin_is_terminal: true, ..Environment::default() };
        let shared = Args::parse_from(["gdump"]).shared;
        assert!(Options::resolve("summarize", shared, &env).unwrap().is_none());
        assert_eq!(resolve("-", &env).targets, [Target::Stdin]);
    }
}
