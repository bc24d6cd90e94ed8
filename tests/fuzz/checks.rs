//! What the fuzzer checks of an input, one function for each target. The targets call them with new inputs,
//! and `tests/replay.rs` with those in `regressions`.

use std::io::Cursor;
use std::io::ErrorKind;

use gdump::diagnose::facts::Config;
use gdump::diagnose::{Known, Sight};
use gdump::gate::{Findings, Gate, Max, Rules};
use gdump::model::{Dump, Goroutine};
use gdump::parse::{Hot, Options, parse, require_read};
use gdump::render::convert::{Conversion, Edges, How, Target};
use gdump::render::{Body, OutputFormat, Report, View};
use gdump::series::{Diff, SeriesBuilder, Taken};
use gdump::source::{Limits, Stream, open_reader};
use gdump::view::filter::{CreatorTest, StateTest, Where};
use gdump::view::inspect::{Ids, Inspection};
use gdump::view::listing::{Listing, Order};
use gdump::view::summary::Look;
use gdump::view::tree::{Extent, Tree};
use gdump::view::{By, Filter, Selection, Summary};

/// Checks one input; panics if something is wrong.
pub(crate) type Check = fn(&[u8]);

/// All targets by name.
pub(crate) const ALL: [(&str, Check); 5] = [
    ("dump", dump),
    ("containers", containers),
    ("analyses", analyses),
    ("filter", filter),
    ("proto", proto),
];

/// Limits that keep one input cheap.
const LIMITS: Limits =
    Limits { max_bytes: 1 << 24, max_line: 1 << 20, max_depth: 3, max_members: 1000 };

/// Dumps of one input that are analyzed.
const MAX_DUMPS: usize = 4;

/// Formats that every report can be written in; those behind them are of gates alone.
const FORMATS: [OutputFormat; 10] = [
    OutputFormat::Text,
    OutputFormat::Json,
    OutputFormat::Markdown,
    OutputFormat::Ndjson,
    OutputFormat::Csv,
    OutputFormat::Html,
    OutputFormat::Sarif,
    OutputFormat::Junit,
    OutputFormat::Github,
    OutputFormat::Prometheus,
];

const TARGETS: [Target; 9] = [
    Target::Debug2,
    Target::Json,
    Target::Ndjson,
    Target::Csv,
    Target::Pprof,
    Target::Folded,
    Target::Speedscope,
    Target::Svg,
    Target::Dot,
];

fn read(bytes: &[u8], hot: Hot) -> Option<Vec<Dump>> {
    let options = Options { hot, ..Options::from(&LIMITS) };
    parse(&mut Stream::new(Cursor::new(bytes)), "fuzz", &options).ok()
}

/// Reading never panics, and the fast way to read and the plain way give the same goroutines.
pub(crate) fn dump(bytes: &[u8]) {
    let Some(dumps) = read(bytes, Hot::Stacks) else { return };
    let plain = read(bytes, Hot::Nothing).expect("only the fast way finds a dump");
    assert_eq!(dumps.len(), plain.len());
    for (dump, plain) in dumps.iter().zip(&plain) {
        assert_eq!(dump.account, plain.account);
        assert_eq!(dump.problems, plain.problems);
        assert_eq!(dump.len(), plain.len());
        for (goroutine, plain) in dump.goroutines().zip(plain.goroutines()) {
            assert_eq!(goroutine.goid(), plain.goid());
            assert_eq!(goroutine.state(), plain.state());
            assert_eq!(goroutine.frames().len(), plain.frames().len());
        }
    }
}

/// Archives, compression and wrapped lines keep to the limits, through the door that the program uses.
pub(crate) fn containers(bytes: &[u8]) {
    let mut visited = 0;
    let opened = open_reader("fuzz", Cursor::new(bytes), &LIMITS, &mut |member, stream| {
        visited += 1;
        let Ok(dumps) = parse(stream, member.name, &Options::from(&LIMITS)) else { return Ok(()) };
        if let Ok(dumps) = require_read(dumps, member.name) {
            assert!(dumps.iter().all(|dump| dump.bytes <= LIMITS.max_bytes));
        }
        Ok(())
    });
    assert!(visited <= LIMITS.max_members + 1, "{visited} members");
    if let Err(error) = opened {
        assert!(!error.to_string().is_empty());
    }
}

/// Every command writes its report of any dump in all formats that it has, and nothing invisible in them.
pub(crate) fn analyses(bytes: &[u8]) {
    let Some(mut dumps) = read(bytes, Hot::Stacks) else { return };
    dumps.truncate(MAX_DUMPS);
    let (look, config, known) = (Look::default(), Config::default(), Known::built_in());
    let sights = || Sight::all(&dumps, &look, &config, &known);
    for command in ["summarize", "leaks", "blocked"] {
        write(command, Body::Sights(sights()));
    }
    write("groups", Body::Groups(dumps.iter().map(|dump| Summary::new(dump, &look)).collect(), 0));
    let list = |dump| Listing::new(dump, &look, Order::default(), 0, 100);
    write("list", Body::List(dumps.iter().map(list).collect()));
    let extent = Extent { depth: 10, top: 20 };
    let trees = dumps.iter().filter_map(|dump| Tree::new(dump, &look, extent)).collect();
    write("tree", Body::Trees(trees));
    let shown = sights();
    let inspected = shown.iter().map(inspect).collect();
    write("show", Body::Shown(shown, inspected));
    if let [first, .., last] | [first @ last] = &dumps[..] {
        let diff = Diff::new((first, None), (last, None), &look);
        write("diff", Body::Diff(Box::new(diff)));
    }
    let mut builder = SeriesBuilder::new(Look::default(), false);
    for dump in &dumps {
        builder.add(dump, None);
    }
    let series = builder.finish();
    let summaries = series.dumps.iter().map(Taken::summary).collect();
    write("trend", Body::Series(&series, summaries));
    let rules = Rules { findings: Findings::Default, strict: true, ..Rules::default() };
    write("check", Body::Gate(Box::new(Gate::new(sights(), &rules, |_| true))));
    convert(&dumps, &sights);
}

/// The first goroutines of a dump in full, as `show` tells them.
fn inspect<'d>(sight: &Sight<'d>) -> Vec<Inspection<'d>> {
    let dump = sight.facts.dump();
    let ids = Ids::new(dump);
    let goids = dump.goroutines().filter_map(Goroutine::goid).take(3);
    goids.filter_map(|goid| Inspection::new(&sight.facts.summary, &ids, goid)).collect()
}

/// Writes a report in all formats.
fn write(command: &'static str, body: Body<'_>) {
    let report = Report { command, body };
    for format in FORMATS {
        for verbose in [false, true] {
            let view = View { verbose, ..View::plain(format, 80) };
            let mut out = Vec::new();
            match report.write(&view, &mut out) {
                Ok(()) => assert_harmless(command, format, &out),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{command}"),
            }
        }
    }
}

/// Fails if `out` is not UTF-8, or has a character in it that a terminal obeys.
fn assert_harmless(command: &str, format: OutputFormat, out: &[u8]) {
    let text = std::str::from_utf8(out).expect("a report is UTF-8");
    let is_allowed = |c: char| c == '\n' || (c == '\r' && format == OutputFormat::Csv);
    let found = text.chars().find(|c| c.is_control() && !is_allowed(*c));
    assert_eq!(found, None, "{command} in {format:?}");
}

/// Converts dumps to all formats.
fn convert<'d>(dumps: &'d [Dump], sights: &dyn Fn() -> Vec<Sight<'d>>) {
    let everything = Filter::default();
    for to in TARGETS {
        let selections = dumps.iter().map(|dump| Selection::new(dump, &everything)).collect();
        let sights = if to == Target::Dot { sights() } else { Vec::new() };
        let how = How { edges: Edges { created: true, waits: true }, ..How::default() };
        let conversion = Conversion { to, selections, sights, how };
        if conversion.check().is_ok() {
            conversion.losses();
            conversion.write(&mut Vec::new()).expect("a vector takes all bytes");
        }
    }
}

/// Any text is an expression of the filter language, or an error that points into it. What it says of a dump
/// is said of all goroutines in it.
pub(crate) fn filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = By::parse(text);
    let _ = Max::parse(text);
    let creator = CreatorTest::new(text);
    let mut filters = vec![
        Filter { states: vec![StateTest::new(text)], ..Filter::default() },
        Filter { created_by: Some(creator), ..Filter::default() },
    ];
    match Where::new(text) {
        Ok(expression) => filters.push(Filter { wheres: vec![expression], ..Filter::default() }),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let dump = read(SAMPLE, Hot::Stacks).and_then(|mut dumps| dumps.pop()).expect("a dump");
    let all = Summary::new(&dump, &Look::default()).shown;
    for filter in filters {
        let summary = Summary::new(&dump, &Look { filter, ..Look::default() });
        assert_eq!(summary.shown + summary.filtered, all);
    }
}

/// What the filter language is tried on: goroutines with labels, ages and creators.
const SAMPLE: &[u8] = b"goroutine 1 [chan receive, 5 minutes]:\nmain.main()\n\t/app/main.go:9 +0x45\n\n\
    goroutine 7 [select] {\"tenant\": \"a\"}:\nmain.work({0xc000012345, 0x2})\n\t/app/main.go:21 +0x45\n\
    created by main.main in goroutine 1\n\t/app/main.go:8 +0x33\n\n\
    goroutine 8 [sync.Mutex.Lock, 2 minutes, locked to thread]:\nsync.(*Mutex).Lock(0xc000012340)\n\
    \t/go/src/sync/mutex.go:46 +0x45\nmain.work({0xc000012346, 0x2})\n\t/app/main.go:22 +0x45\n\
    created by main.main in goroutine 1\n\t/app/main.go:8 +0x33\n";

/// A profile is read or refused; what was read of it is written as a profile that can be read.
pub(crate) fn proto(bytes: &[u8]) {
    let Some(dumps) = read(bytes, Hot::Stacks) else { return };
    let everything = Filter::default();
    for dump in dumps.iter().filter(|dump| dump.goroutine_count() > 0).take(MAX_DUMPS) {
        let mut out = Vec::new();
        let conversion = Conversion {
            to: Target::Pprof,
            selections: vec![Selection::new(dump, &everything)],
            sights: Vec::new(),
            how: How::default(),
        };
        conversion.write(&mut out).expect("a vector takes all bytes");
        let mut again = 0;
        let opened =
            open_reader("again", Cursor::new(&out), &Limits::default(), &mut |_, stream| {
                again += parse(stream, "again", &Options::default())?.len();
                Ok(())
            });
        opened.expect("what gdump writes can be read");
        assert_eq!(again, 1);
    }
}
