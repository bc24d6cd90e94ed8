//! Commands that follow processes: which of the inputs are processes, and what their options mean.

#[cfg(feature = "live")]
use std::sync::Arc;
use std::time::Duration;

use super::options::Options;
#[cfg(feature = "live")]
use super::{live, values};
use crate::error::Result;
#[cfg(feature = "live")]
use crate::live::follow::{Follower, Moment};
#[cfg(feature = "live")]
use crate::live::take::Piece;
#[cfg(feature = "live")]
use crate::model::Dump;
use crate::source::Target;
use crate::source::http::Address;

// How processes are followed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Pace {
    /// Time from one dump of a process to the next; the default is 5s for watch, 10s for serve
    #[arg(long, value_name = "DURATION", value_parser = values::time, help_heading = "Processes")]
    every: Option<Duration>,
    /// Most that asking may cost a process: the share of the time in which it answers; it is asked less
    /// often if its answers take longer
    #[arg(long, value_name = "PERCENT", value_parser = values::percent, default_value = "10%", help_heading = "Processes")]
    max_cost: f64,
}

/// Takes the processes out of what is to be read; files remain.
pub(super) fn processes(options: &mut Options, pace: Pace) -> Result<Vec<Address>> {
    let mut addresses = Vec::new();
    let file = |target| match target {
        Target::Url(address) => {
            addresses.push(address);
            None
        }
        file => Some(file),
    };
    options.targets = std::mem::take(&mut options.targets).into_iter().filter_map(file).collect();
    check(&addresses, pace)?;
    Ok(addresses)
}

#[cfg(feature = "live")]
fn check(addresses: &[Address], pace: Pace) -> Result<()> {
    if addresses.is_empty() && pace.every.is_some() {
        let hint = "--every is for processes, and there is none among the inputs\n  write one as http://HOST:PORT";
        return Err(crate::error::Error::Usage(hint.to_owned()));
    }
    Ok(())
}

#[cfg(not(feature = "live"))]
fn check(addresses: &[Address], pace: Pace) -> Result<()> {
    let _ = (pace.every, pace.max_cost);
    match addresses.first() {
        None => Ok(()),
        Some(address) => Err(super::inputs::without_client(address)),
    }
}

/// What is shown one beside the other: the processes at `addresses`, ready to be asked, and `files`, which
/// are the past of a process if there is just one, else a series of their own. `usual` is the time
/// between two dumps of a process if the user does not say.
#[cfg(feature = "live")]
pub(super) fn shown(
    files: Vec<Dump>,
    addresses: Vec<Address>,
    options: &Options,
    pace: Pace,
    usual: Duration,
) -> Result<Vec<(Option<Follower>, Vec<Dump>)>> {
    let mut shown = Vec::new();
    if !addresses.is_empty() {
        let client = Arc::new(live::client(&options.live)?);
        let how = (live::policy(&options.live), options.live.limits);
        let every = pace.every.unwrap_or(usual);
        shown.extend(addresses.into_iter().map(|address| {
            let client = Arc::clone(&client);
            (Some(Follower::new(client, address, how, every, pace.max_cost)), Vec::new())
        }));
    }
    if let [(_, past)] = shown.as_mut_slice() {
        *past = files;
    } else if !files.is_empty() {
        shown.insert(0, (None, files));
    }
    Ok(shown)
}

/// What is to be said of `moment`, and of how `follower` asks: what it cost, and what was left out.
#[cfg(feature = "live")]
pub(super) fn words(follower: &Follower, moment: &Moment) -> (String, String) {
    let piece = |piece: &Piece| format!("debug={} in {}", piece.debug, live::time(piece.took));
    let pieces: Vec<String> = moment.pieces.iter().map(piece).collect();
    let every = follower.slowed().unwrap_or(follower.every());
    let share = moment.took.as_secs_f64() / every.as_secs_f64().max(0.001) * 100.0;
    let slowed = follower.slowed().map_or(String::new(), |every| {
        format!("; so it is asked only every {} (--max-cost)", live::time(every))
    });
    let cost = format!("asking: {}, {share:.1} % of the time{slowed}", pieces.join(", "));
    let spared = moment.spared.map(|cost| {
        format!(
            "debug=0, without ids, ages and creators: debug=2 would stop the process for about {}; \
             --full-below N sets the limit",
            live::words(cost)
        )
    });
    let failed = moment.failures.first().map(live::what);
    (cost, spared.or(failed).unwrap_or_default())
}
