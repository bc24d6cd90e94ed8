//! What can be typed. Nothing here looks at the terminal or at files.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::Exit;
use super::argv::prepare;
#[cfg(feature = "serve")]
use super::commands::serve;
#[cfg(feature = "tui")]
use super::commands::watch;
use super::commands::{
    check, completions, convert, diff, explain, groups, list, man, show, tree, trend,
};
#[cfg(feature = "live")]
use super::commands::{collect, record, wallclock};
use super::connect::{Ask, Connect};
use super::values::{self, FailOn};
use crate::render::Limit;
use crate::source::Limits;
use crate::view::By;
use crate::view::filter::{CreatorTest, LabelTest, StateTest, TagTest, WaitLimit};

const EXAMPLES: &str = "\
Examples:
  curl -s 'http://localhost:6060/debug/pprof/goroutine?debug=2' | gdump
  gdump goroutines.txt.gz                    one screen: states and the largest groups
  gdump --by created-by --top 20 dump.txt    which go statements have the most goroutines
  gdump --state 'chan*' --min-wait 10m d.txt who has been stuck on a channel for long
  gdump --format json --ids all *.txt        everything, for other programs
  kubectl logs POD --previous | gdump        the dump in a crash log
  gdump leaks dump.txt; gdump blocked d.txt  what is wrong, with the evidence

Exit status: 0 done; 1 --fail-on or --strict tripped; 2 it could not be done.";

const LEAKS: &str = "\
Examples:
  curl -s 'http://localhost:6060/debug/pprof/goroutine?debug=2' | gdump leaks
  gdump leaks --min-wait 10m goroutines.txt  only what has been stuck for long
  gdump leaks monday.txt tuesday.txt         what grew from the first to the last
  gdump leaks --fail-on leak:medium d.txt    for scripts: status 1 if there is one";

const BLOCKED: &str = "\
Examples:
  curl -s 'http://localhost:6060/debug/pprof/goroutine?debug=2' | gdump blocked
  gdump blocked --fail-on deadlock d.txt     for scripts: status 1 if there is one
  kill -QUIT PID                             a hung program writes its goroutines to stderr";

const CONVERT: &str = "\
Examples:
  gdump convert --to debug2 --state 'chan*' --min-wait 10m d.txt   only what is stuck, as Go writes it
  gdump convert -o goroutines.csv dump.txt                         a row for each goroutine
  gdump convert --to ndjson dump.txt | jq .state                   one object a line
  gdump convert -o goroutines.pb.gz dump.txt                       for go tool pprof
  gdump convert --to dot dump.txt | dot -Tsvg -o graph.svg         who created whom, who waits
  gdump convert --to debug2 --anonymize dump.txt                   to show it to others
  gdump convert -o goroutines.svg --tagleaf state dump.txt         a flame graph for a browser

All goroutines that pass the filters are written, the runtime's own too.";

const COLOR_HELP: &str = "Use colours; auto minds the terminal, NO_COLOR and CLICOLOR_FORCE";

/// Reads Go goroutine dumps and says what leaks and what is blocked.
///
/// Any format (debug=2, debug=1, debug=0, panics, SIGQUIT), any version of Go, compressed, in an
/// archive or in the middle of a log. Long options may have one dash, as in Go.
#[derive(Debug, Parser)]
#[command(name = "gdump", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) shared: Shared,
}

/// The commands. The options of each are built only when it was typed: to build all takes longer than to
/// read a small dump. What is built last counts, so that a doc comment on the options of a command would
/// take the place of the line about it here: they have comments of the other kind.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// One screen: what the dump is, states with waits, the largest groups (the default)
    #[command(after_help = EXAMPLES)]
    Summarize(Box<Shared>),
    /// Which goroutines leak or probably leak, ranked, with the evidence and what to do
    #[command(after_help = LEAKS)]
    Leaks(Box<Shared>),
    /// Who waits for whom: locks and their holders, deadlocks, wait chains, root first
    #[command(after_help = BLOCKED)]
    Blocked(Box<Shared>),
    /// Goroutines that are alike, by stack or something else, sorted and paged
    #[command(after_help = groups::EXAMPLES)]
    Groups(Box<groups::Args>),
    /// One line for each goroutine, sorted and paged
    #[command(after_help = list::EXAMPLES)]
    List(Box<list::Args>),
    /// Goroutines whole: stack, creators, children, who is like them, and the verdict
    #[command(after_help = show::EXAMPLES)]
    Show(Box<show::Args>),
    /// Who created whom; equal subtrees are one
    #[command(after_help = tree::EXAMPLES)]
    Tree(Box<tree::Args>),
    /// What changed from one dump to another: groups that grew, goroutines that stayed
    #[command(after_help = diff::EXAMPLES)]
    Diff(Box<diff::Args>),
    /// What grows, stays or falls over a series of dumps, and who is stuck all the time
    #[command(after_help = trend::EXAMPLES)]
    Trend(Box<trend::Args>),
    /// A gate for scripts and alerts: thresholds, findings, a baseline; status 1 if it is red
    #[command(after_help = check::EXAMPLES)]
    Check(Box<check::Args>),
    /// A dump in another format: for pprof, flame graphs, spreadsheets, databases, other dump tools
    #[command(after_help = CONVERT)]
    Convert(Box<convert::Args>),
    /// Take dumps of a process, as much as it can bear, and keep them in a bundle
    #[cfg(feature = "live")]
    #[command(after_help = collect::EXAMPLES)]
    Collect(Box<collect::Args>),
    /// Take a cheap dump of a process again and again, and the whole text when something trips
    #[cfg(feature = "live")]
    #[command(after_help = record::EXAMPLES)]
    Record(Box<record::Args>),
    /// Where the goroutines of a process spend their time, running and waiting
    #[cfg(feature = "live")]
    #[command(after_help = wallclock::EXAMPLES)]
    Wallclock(Box<wallclock::Args>),
    /// What a wait reason, a status, a known goroutine or a kind of finding means
    Explain(explain::Args),
    /// The report as a local web application
    #[cfg(feature = "serve")]
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<serve::Args>),
    /// A screen that follows processes, or steps through a series of dumps
    #[cfg(feature = "tui")]
    #[command(after_help = watch::EXAMPLES)]
    Watch(Box<watch::Args>),
    /// Completions for a shell
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Args),
    /// The manual page of gdump, or of a command
    #[command(after_help = man::EXAMPLES)]
    Man(man::Args),
}

// Options that all commands have.
#[derive(Debug, clap::Args)]
pub(super) struct Shared {
    /// Files, directories, archives, - for standard input, or a process: http://HOST:PORT
    #[arg(value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,

    /// Group by: stack, user, top, created-by, start, state, package, wait, label:KEY (Delve's
    /// userloc, curloc, goloc, startloc work too)
    #[arg(long, value_name = "KEY", value_parser = values::by, alias = "group-by", default_value = "stack")]
    pub(super) by: By,
    /// Show N groups, or all; the default is 6, and 1000 in JSON
    #[arg(long, value_name = "N|all", value_parser = values::limit)]
    pub(super) top: Option<Limit>,
    /// Show N goroutine ids of each group, or all
    #[arg(long, value_name = "N|all", value_parser = values::limit, default_value = "5")]
    pub(super) ids: Limit,
    /// Show the runtime's goroutines, and the one that wrote the dump, among the others
    #[arg(long)]
    pub(super) system: bool,

    /// Only goroutines for which this holds, such as "state == 'select' && wait > 1h && func =~
    /// 'Handler'"; gdump explain where has the fields and operators; may be repeated
    #[arg(long = "where", value_name = "EXPR", help_heading = "Filters")]
    pub(super) wheres: Vec<String>,
    /// Only this state; without regard to case, * stands for any text; may be repeated
    #[arg(long, value_name = "STATE", value_parser = values::state, help_heading = "Filters")]
    pub(super) state: Vec<StateTest>,
    /// Only goroutines that have waited so long: 90s, 10m, 1h30m, 2d
    #[arg(long, value_name = "DURATION", value_parser = values::wait, help_heading = "Filters")]
    pub(super) min_wait: Option<WaitLimit>,
    /// Only goroutines that have waited no longer
    #[arg(long, value_name = "DURATION", value_parser = values::wait, help_heading = "Filters")]
    pub(super) max_wait: Option<WaitLimit>,
    /// Only goroutines started by this function: part of its name, or a regular expression
    #[arg(long, value_name = "FUNCTION", value_parser = values::creator, help_heading = "Filters")]
    pub(super) created_by: Option<CreatorTest>,
    /// Only goroutines with this label: KEY, KEY=VALUE or KEY=~REGEX; all that are given must hold
    #[arg(long, value_name = "LABEL", value_parser = values::label, help_heading = "Filters")]
    pub(super) label: Vec<LabelTest>,

    /// Only goroutines with a frame whose function or file matches, as in pprof
    #[arg(long, value_name = "REGEX", value_parser = values::regex, help_heading = "Filters as in pprof")]
    pub(super) focus: Option<values::Pattern>,
    /// Only goroutines without such a frame
    #[arg(long, value_name = "REGEX", value_parser = values::regex, help_heading = "Filters as in pprof")]
    pub(super) ignore: Option<values::Pattern>,
    /// Leave frames out that match
    #[arg(long, value_name = "REGEX", value_parser = values::regex, help_heading = "Filters as in pprof")]
    pub(super) hide: Option<values::Pattern>,
    /// Leave frames out that do not match
    #[arg(long, value_name = "REGEX", value_parser = values::regex, help_heading = "Filters as in pprof")]
    pub(super) show: Option<values::Pattern>,
    /// Leave frames out that call the outermost one that matches
    #[arg(long, alias = "show_from", value_name = "REGEX", value_parser = values::regex, help_heading = "Filters as in pprof")]
    pub(super) show_from: Option<values::Pattern>,
    /// Only goroutines with such labels: KEY=REGEX,REGEX or REGEX,REGEX or KEY=5:10
    #[arg(long, value_name = "LABELS", value_parser = values::tags, help_heading = "Filters as in pprof")]
    pub(super) tagfocus: Option<TagTest>,
    /// Only goroutines without such labels
    #[arg(long, value_name = "LABELS", value_parser = values::tags, help_heading = "Filters as in pprof")]
    pub(super) tagignore: Option<TagTest>,

    /// Judge only groups of at least N goroutines
    #[arg(long, value_name = "N", help_heading = "Findings")]
    pub(super) min_count: Option<i64>,
    /// More known goroutines: a table like gdump's own (pattern, place, library, meaning, class)
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub(super) known: Vec<PathBuf>,
    /// End with status 1 if such a finding is made: categories or kinds, each with a least severity
    /// if it is not medium, such as leak,deadlock:low or any:high
    #[arg(long, value_name = "WHAT[:SEVERITY]", value_parser = values::fail_on, value_delimiter = ',', help_heading = "Findings")]
    pub(super) fail_on: Vec<FailOn>,

    /// What to write
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(super) format: Format,
    /// Write to FILE
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Use colours
    #[arg(long, value_enum, help = COLOR_HELP, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(super) color: Color,
    /// Columns of the screen
    #[arg(long, value_name = "COLUMNS", value_parser = values::width, help_heading = "Output")]
    pub(super) width: Option<usize>,
    /// No notes and hints
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,
    /// Whole stacks, and every problem with its place
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,
    /// End with status 1 if a dump is cut off or an excerpt, or something in it was not understood
    #[arg(long, help_heading = "Output")]
    pub(super) strict: bool,

    #[command(flatten)]
    pub(super) ask: Ask,
    #[command(flatten)]
    pub(super) connect: Connect,

    /// Most bytes that an input may have after decompression: 512M, 4G; the default is 16G, and 1G
    /// for a process
    #[arg(long, value_name = "SIZE", value_parser = values::size, help_heading = "Limits")]
    pub(super) max_bytes: Option<u64>,
    /// Longest line
    #[arg(long, value_name = "SIZE", value_parser = values::size, default_value = "64M", help_heading = "Limits")]
    pub(super) max_line: u64,
    /// How deep archives and compression may be nested
    #[arg(long, value_name = "N", default_value_t = 8, help_heading = "Limits")]
    pub(super) max_depth: u8,
    /// Most files in archives, and most streams in compressed files, that an input may have
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_members, help_heading = "Limits")]
    pub(super) max_members: u64,
}

/// Output formats by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A screen for people
    Text,
    /// JSON, see grammar/report.schema.json
    Json,
    /// One JSON object a row, one a line (groups, list, diff, trend)
    Ndjson,
    /// For spreadsheets and databases (groups, list, diff, trend)
    Csv,
    /// For an incident channel or an issue: short, nothing in it is a mention or a link
    Markdown,
    /// For code hosts that show findings beside lines (check)
    Sarif,
    /// For whatever shows results of tests (check)
    Junit,
    /// Annotations of GitHub Actions (check)
    Github,
    /// For a text file collector or push gateway (check)
    Prometheus,
    /// One file for a browser, with everything in it and no network: -o report.html
    Html,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Reads the command line; help and mistakes are written, and how to end is returned.
pub(super) fn parse(argv: impl Iterator<Item = OsString>) -> Result<Args, Exit> {
    let mut program = Args::command();
    let argv = prepare(&program, argv.collect());
    let parsed = program.try_get_matches_from_mut(argv).and_then(|mut matches| {
        let args = Args::from_arg_matches_mut(&mut matches);
        args.map_err(|error| error.format(&mut program))
    });
    parsed.map_err(|error| {
        let text = error.render().to_string();
        if error.use_stderr() {
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            let _ = write!(std::io::stderr(), "gdump: {text}");
            Exit::Trouble
        } else {
            let _ = write!(std::io::stdout(), "{text}");
            Exit::Done
        }
    })
}

/// For someone who typed nothing.
pub(super) fn short_help() -> Exit {
    let text = "gdump: no input\n\n  \
        gdump goroutines.txt\n  \
        curl -s 'http://localhost:6060/debug/pprof/goroutine?debug=2' | gdump\n\n\
        All commands and options: gdump --help\n";
    let _ = write!(std::io::stderr(), "{text}");
    Exit::Trouble
}

/// Names of the commands.
pub(super) fn command_names() -> Vec<String> {
    Args::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}
