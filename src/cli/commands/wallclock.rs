//! `gdump wallclock URL`: where goroutines spend their time, running and waiting, by counting them
//! again and again.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::convert::To;
use crate::cli::connect::{Ask, Common, Live};
use crate::cli::{Exit, complain, fail, live, note, output, values};
use crate::error::{Error, Result};
use crate::live::pace::Pace;
use crate::live::take;
use crate::model::{Dump, StackId};
use crate::render::Limit;
use crate::render::convert::{Conversion, Extra, How, Tag};
use crate::render::escape::visible;
use crate::render::words::{counted, number};
use crate::source::http::{Address, Poll, Stop};
use crate::transform::merge::Samples;
use crate::view::canon::{Shown, Stacks};
use crate::view::filter::Filter;
use crate::view::summary::Look;
use crate::view::{Selection, Summary};

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  gdump wallclock http://localhost:6060                      a table
  gdump wallclock http://localhost:6060 --for 60s -o w.folded  folded stacks, for flame graph tools
  gdump wallclock http://localhost:6060 --states -o w.svg     a flame graph, with running, sleep … below the root
  gdump wallclock http://localhost:6060 -o w.pb.gz            for go tool pprof

Every goroutine counts the same, whether it runs or waits. A CPU profile shows only those that run.";

// What can be typed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[arg(
        value_name = "URL",
        help = "The process: http://HOST:PORT, https://…, unix:///PATH.sock"
    )]
    url: String,
    /// Samples in a second; fewer are taken if they cost too much
    #[arg(long, value_name = "N", value_parser = hertz, default_value = "10")]
    hz: f64,
    /// How long
    #[arg(long = "for", value_name = "DURATION", value_parser = values::time, default_value = "30s")]
    during: Duration,
    /// Most that sampling may cost the process: the share of the time in which it answers
    #[arg(long, value_name = "PERCENT", value_parser = values::percent, default_value = "1%")]
    max_cost: f64,
    /// The format to write; without it the ending of -o FILE says it, else a table is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Option<To>,
    /// Put the state (running, chan receive, sleep …) below the root of each stack
    #[arg(long)]
    states: bool,
    /// Rows of the table
    #[arg(long, value_name = "N|all", value_parser = values::limit, default_value = "20")]
    top: Limit,
    /// Write to FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

fn hertz(text: &str) -> std::result::Result<f64, String> {
    let hz = text.parse().ok().filter(|hz| (0.001..=1000.0).contains(hz));
    hz.ok_or_else(|| "expected a number from 0.001 to 1000".to_owned())
}

/// Samples and writes.
pub(super) fn run(args: &Args) -> Exit {
    match profile(args) {
        Ok(exit) => exit,
        Err(error) => fail(&error),
    }
}

fn profile(args: &Args) -> Result<Exit> {
    let live = args.common.live(Ask::default());
    let address = live::address(&args.url)?;
    let to = args.to.or_else(|| args.output.as_deref().and_then(To::of_file));
    let stop = live::stop_on_ctrl_c()?;
    let mut pace = Pace::new(Duration::from_secs_f64(1.0 / args.hz), args.max_cost);
    let (samples, failed, time) = sample(args, &live, &address, &stop, &mut pace)?;
    let count = samples.samples;
    if count == 0 {
        return Err(Error::Fetch {
            url: address.to_string(),
            what: "there is not one sample".to_owned(),
            remedy: "give it longer: --for".to_owned(),
        });
    }
    let dump = samples.finish();
    let about = about(&dump, count, time, &pace);
    if !live.quiet {
        if failed > 0 {
            note(&format!("{} failed", counted(failed, "sample")));
        }
        if let Some(text) = pace.slowed() {
            note(&text);
        }
        if to.is_some() {
            note(&about);
        }
    }
    output::with(args.output.as_deref(), |out| {
        if let Some(to) = to {
            return convert(&dump, to, args.states, out);
        }
        table(&dump, count, &about, args.top.get(), out).map_err(Error::Output)?;
        Ok(Exit::Done)
    })
}

/// Time that an answer may take whatever it may cost: a connection takes some of it.
const LEAST: Duration = Duration::from_secs(2);

/// Why there is no sample: the first one took all the time that all of them may take.
fn dear(address: &Address, budget: Duration) -> Error {
    Error::Fetch {
        url: address.to_string(),
        what: format!("one sample took longer than the {} that all may take", live::time(budget)),
        remedy: "allow more: --max-cost is the share of --for in which the process may answer; or look at one dump: gdump collect".to_owned(),
    }
}

/// Takes samples until the time is over; also how many failed, and how long it took.
fn sample(
    args: &Args,
    live: &Live,
    address: &Address,
    stop: &Stop,
    pace: &mut Pace,
) -> Result<(Samples, u64, Duration)> {
    let client = live::client(live)?;
    let limit = client.settings().timeout;
    let mut samples = Samples::new(&address.profile("goroutine", 0).to_string());
    let (mut failed, mut first) = (0u64, None);
    // What it costs is not known before the first answer, so that may take no more than all together.
    let budget = args.during.mul_f64(args.max_cost).max(LEAST);
    let begun = Instant::now();
    Poll { every: pace.interval(), during: Some(args.during) }.run(stop, || {
        // A program that does something at even intervals would be seen at the same point each time.
        if stop.wait(pace.jitter()) {
            return ControlFlow::Break(());
        }
        let is_first = samples.samples == 0;
        let limit = if is_first { limit.min(budget) } else { limit };
        let asked = Instant::now();
        let piece = take::ask(&client, address, ("goroutine", 0), limit, &live.limits);
        let taken = piece.and_then(|piece| Ok((take::read(&piece, &live.limits)?, piece.took)));
        match taken {
            Ok((dump, took)) => {
                samples.add(&dump);
                ControlFlow::Continue(pace.answered(took))
            }
            Err(error) if samples.samples == 0 => {
                let is_dear = limit == budget && asked.elapsed() >= budget;
                first = Some(if is_dear { dear(address, budget) } else { error });
                ControlFlow::Break(())
            }
            Err(error) => {
                if failed == 0 {
                    complain(&error);
                }
                failed += 1;
                if failed >= 10 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(Duration::from_secs(1))
                }
            }
        }
    });
    match first {
        Some(error) => Err(error),
        None => Ok((samples, failed, begun.elapsed())),
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn about(dump: &Dump, samples: u64, time: Duration, pace: &Pace) -> String {
    let seconds = time.as_secs_f64().max(0.001);
    format!(
        "{} in {seconds:.1} s ({:.1} a second) of {:.0} goroutines on average; the process answered for {:.2} % of the time ({} each)",
        counted(samples, "sample"),
        samples as f64 / seconds,
        dump.goroutine_count() as f64 / samples.max(1) as f64,
        pace.cost(time) * 100.0,
        live::time(pace.mean()),
    )
}

fn convert(dump: &Dump, to: To, states: bool, out: &mut dyn Write) -> Result<Exit> {
    let root = if states { vec![Tag::State] } else { Vec::new() };
    let conversion = Conversion {
        to: to.target(),
        selections: vec![Selection::new(dump, &Filter::default())],
        sights: Vec::new(),
        how: How { extra: Extra { root, leaf: Vec::new() }, ..How::default() },
    };
    conversion.check().map_err(Error::Usage)?;
    conversion.write(out).map_err(Error::Output)?;
    Ok(Exit::Done)
}

/// Shares of the time of all goroutines, by state and by stack.
#[allow(clippy::cast_precision_loss, reason = "for people")]
fn table(
    dump: &Dump,
    samples: u64,
    about: &str,
    top: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let summary = Summary::new(dump, &Look::default());
    let total = summary.shown.max(1) as f64;
    let average = |count: i64| format!("{:.1}", count as f64 / samples.max(1) as f64);
    let share = |count: i64| format!("{:.1} %", count as f64 / total * 100.0);
    writeln!(out, "{}\n  {about}\n", visible(&dump.name))?;
    writeln!(out, "{:>7}  {:>10}  State", "Time", "Goroutines")?;
    for row in &summary.states {
        writeln!(
            out,
            "{:>7}  {:>10}  {}",
            share(row.count),
            average(row.count),
            visible(row.state)
        )?;
    }
    writeln!(out, "\n{:>7}  {:>10}  {:<16}  Where", "Time", "Goroutines", "State")?;
    let groups = summary.grouping.len();
    for index in 0..groups.min(top) {
        let Some(group) = summary.grouping.group(&summary.stacks, index, 0) else { continue };
        let state = group.states.first().map_or("", |state| state.state);
        let place = place(&summary.stacks, group.stack);
        writeln!(
            out,
            "{:>7}  {:>10}  {:<16}  {}",
            share(group.count),
            average(group.count),
            visible(state),
            visible(&place)
        )?;
    }
    if groups > top {
        writeln!(out, "… {} more stacks, --top all", number((groups - top) as u64))?;
    }
    Ok(())
}

/// The program's own innermost function with its place, and who called it; of a stack without one the
/// innermost function.
fn place(stacks: &Stacks<'_>, stack: StackId) -> String {
    const CALLERS: usize = 2;
    let user: Vec<_> = stacks.visible(stack).filter(|id| stacks.is_user(*id)).collect();
    let frames = if user.is_empty() { stacks.visible(stack).take(1).collect() } else { user };
    let mut text = String::new();
    for id in frames.into_iter().take(1 + CALLERS) {
        let Shown::Call { function, file, line, .. } = stacks.shown(id) else { continue };
        if text.is_empty() {
            let short = file.rsplit('/').next().unwrap_or(file);
            text = format!("{function}  {short}:{line}");
        } else {
            text.push_str(" ← ");
            text.push_str(function);
        }
    }
    // Of a goroutine that has not run yet Go tells no frames.
    if text.is_empty() { "(no stack)".to_owned() } else { text }
}
