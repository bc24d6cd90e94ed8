//! `gdump convert --to FORMAT`: dumps for other programs.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::Path;
use std::slice;

use clap::ValueEnum;

use super::with_dumps;
use crate::cli::args::{Format, Shared};
use crate::cli::environment::Environment;
use crate::cli::{Exit, fail, note};
use crate::diagnose::Sight;
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::render::Limit;
use crate::render::convert::{Conversion, Edges, Extra, How, Tag, Target};
use crate::transform::anonymize::{Key, anonymize as nameless};
use crate::view::summary::Look;
use crate::view::{Filter, Selection};

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The format to write; without it the ending of -o FILE says it
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Conversion")]
    to: Option<To>,
    /// Of several dumps in the inputs only this one, counted from 1
    #[arg(long, value_name = "N", help_heading = "Conversion")]
    dump: Option<usize>,
    /// Add a frame below the root of folded stacks: state, wait, created-by, input, label:KEY
    #[arg(long, value_name = "WHAT", value_parser = tag, value_delimiter = ',', help_heading = "Conversion")]
    tagroot: Vec<Tag>,
    /// Add a frame above the leaf of folded stacks
    #[arg(long, value_name = "WHAT", value_parser = tag, value_delimiter = ',', help_heading = "Conversion")]
    tagleaf: Vec<Tag>,
    /// Draw only these edges of a graph
    #[arg(long, value_enum, value_name = "EDGES", help_heading = "Conversion")]
    edges: Option<Edge>,
    /// Replace what the program's authors named: packages, types, functions, files, labels, addresses,
    /// and what a panic says. The standard library and well-known modules stay, and so does the structure
    #[arg(long, help_heading = "Conversion")]
    anonymize: bool,
    /// The same KEY replaces a name by the same word in every dump; without it a random one is used
    #[arg(long, value_name = "KEY", requires = "anonymize", help_heading = "Conversion")]
    key: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

/// Edges of a graph.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Edge {
    /// Who created whom
    Created,
    /// Who waits for whom
    Waits,
}

/// Formats by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum To {
    /// Traceback text as Go 1.27 writes it, one goroutine after the other
    #[value(alias = "text")]
    Debug2,
    /// JSON with everything that was read, see grammar/dump.schema.json
    Json,
    /// A JSON object for each goroutine, one a line
    #[value(alias = "jsonl")]
    Ndjson,
    /// A row for each goroutine, for spreadsheets and databases
    Csv,
    /// A pprof profile, for go tool pprof and others; --ids all keeps every goroutine apart
    #[value(alias = "proto")]
    Pprof,
    /// Folded stacks, for flame graph tools
    #[value(alias = "collapsed")]
    Folded,
    /// JSON for the viewer speedscope
    Speedscope,
    /// A flame graph: one file for a browser, with zoom and search
    #[value(alias = "flamegraph")]
    Svg,
    /// A graph for Graphviz: who created whom, who waits for whom
    Dot,
}

impl To {
    pub(super) fn target(self) -> Target {
        match self {
            Self::Debug2 => Target::Debug2,
            Self::Json => Target::Json,
            Self::Ndjson => Target::Ndjson,
            Self::Csv => Target::Csv,
            Self::Pprof => Target::Pprof,
            Self::Folded => Target::Folded,
            Self::Speedscope => Target::Speedscope,
            Self::Svg => Target::Svg,
            Self::Dot => Target::Dot,
        }
    }

    /// What the name of the output says.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let endings = [
            (".ndjson", Self::Ndjson),
            (".jsonl", Self::Ndjson),
            (".speedscope.json", Self::Speedscope),
            (".json", Self::Json),
            (".svg", Self::Svg),
            (".dot", Self::Dot),
            (".gv", Self::Dot),
            (".csv", Self::Csv),
            (".pb.gz", Self::Pprof),
            (".pprof", Self::Pprof),
            (".folded", Self::Folded),
            (".collapsed", Self::Folded),
        ];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, to)| to)
    }
}

fn tag(text: &str) -> std::result::Result<Tag, String> {
    match text {
        "state" => Ok(Tag::State),
        "wait" => Ok(Tag::Wait),
        "created-by" => Ok(Tag::CreatedBy),
        "input" => Ok(Tag::Input),
        _ => match text.strip_prefix("label:") {
            Some(key) => Ok(Tag::Label(key.to_owned())),
            None => Err("expected state, wait, created-by, input or label:KEY".to_owned()),
        },
    }
}

/// Writes the dumps in the format that was asked for.
pub(super) fn run(args: Args) -> Exit {
    let to = match format(&args) {
        Ok(to) => to.target(),
        Err(error) => return fail(&error),
    };
    let Args { dump, tagroot, tagleaf, edges, anonymize, key, shared, .. } = args;
    let edges = match edges {
        None => Edges::default(),
        Some(Edge::Created) => Edges { created: true, waits: false },
        Some(Edge::Waits) => Edges { created: false, waits: true },
    };
    let extra = Extra { root: tagroot, leaf: tagleaf };
    let quiet = shared.quiet;
    with_dumps("convert", shared, |options, dumps, out| {
        let dumps = chosen(dumps, dump)?;
        let mut selections = select(dumps, &options.look.filter);
        let anonymous: Vec<Dump>;
        if anonymize {
            let (key, hidden) = (secret(key), &options.look.filter.pprof);
            anonymous = dumps.iter().map(|dump| nameless(dump, &key, hidden)).collect();
            let pairs = selections.into_iter().zip(&anonymous);
            selections = pairs.map(|(selection, dump)| selection.anonymous(dump)).collect();
        }
        let mut sights = Vec::new();
        if to == Target::Dot && edges.waits {
            let mut sight = |dump| {
                let look = Look::default();
                sights.extend(Sight::all(
                    slice::from_ref(dump),
                    &look,
                    &options.config,
                    &options.known,
                ));
            };
            for selection in &selections {
                sight(selection.dump);
            }
        }
        let ids = options.view.ids == Limit::All;
        let how = How { ids, extra, edges, top: options.view.top };
        let conversion = Conversion { to, selections, sights, how };
        check(&conversion)?;
        if !quiet {
            let notes = conversion.selections.iter().flat_map(|s| s.notes.clone());
            notes.chain(conversion.losses()).for_each(|text| note(&text));
        }
        conversion.write(out).map_err(Error::Output)?;
        out.flush().map_err(Error::Output)?;
        let clean = dumps.iter().all(Dump::is_clean);
        Ok(if options.strict && !clean { Exit::Gate } else { Exit::Done })
    })
}

fn format(args: &Args) -> Result<To> {
    if !matches!(args.shared.format, Format::Text) {
        return Err(Error::Usage("convert: say --to FORMAT instead of --format".to_owned()));
    }
    let output = args.shared.output.as_deref();
    let to = args.to.or_else(|| output.and_then(To::of_file)).ok_or_else(|| {
        let names = To::value_variants().iter().filter_map(To::to_possible_value);
        let names: Vec<_> = names.map(|value| value.get_name().to_owned()).collect();
        Error::Usage(format!("convert: which format? say --to with one of {}", names.join(", ")))
    })?;
    let to_terminal = output.is_none() && Environment::read().stdout_is_terminal;
    if to.target().is_binary() && to_terminal {
        let text = "convert: this format is no text, and standard output is a terminal\n  \
                    name a file: -o goroutines.pb.gz";
        return Err(Error::Usage(text.to_owned()));
    }
    Ok(to)
}

/// The dumps that are meant.
fn chosen(dumps: &[Dump], number: Option<usize>) -> Result<&[Dump]> {
    let Some(number) = number else { return Ok(dumps) };
    let one = number.checked_sub(1).and_then(|at| dumps.get(at));
    one.map(slice::from_ref).ok_or_else(|| {
        let count = dumps.len();
        Error::Usage(format!("--dump {number}: the inputs hold {count}, counted from 1"))
    })
}

fn select<'d>(dumps: &'d [Dump], filter: &Filter) -> Vec<Selection<'d>> {
    dumps.iter().map(|dump| Selection::new(dump, filter)).collect()
}

/// The key that the user gave, or a random one, which is told so that it can be given again.
fn secret(key: Option<String>) -> Key {
    let key = key.unwrap_or_else(|| {
        // The standard library's maps are keyed by the system's random numbers.
        let random = RandomState::new();
        let key = format!("{:016x}{:016x}", random.hash_one(0u8), random.hash_one(1u8));
        note(&format!(
            "anonymized with a random key; --key {key} replaces names alike in other dumps"
        ));
        key
    });
    Key::new(&key)
}

/// What cannot be written at all.
fn check(conversion: &Conversion<'_>) -> Result<()> {
    let count = conversion.selections.len();
    if conversion.to.is_single() && count > 1 {
        return Err(Error::Usage(format!(
            "convert: this format holds one dump, and the inputs hold {count}\n  choose one: \
             --dump 1 to --dump {count}"
        )));
    }
    conversion.check().map_err(|text| Error::Usage(format!("convert: {text}")))
}
