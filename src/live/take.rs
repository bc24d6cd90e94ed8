//! Takes of a process what is needed and no more: first the cheap counts, then the whole text if that
//! does not stop the process for long.

use std::time::Duration;

use jiff::Timestamp;

use super::cost::{self, Cost};
use crate::analysis::merge::join;
use crate::error::Result;
use crate::model::Dump;
use crate::parse;
use crate::source::http::{Address, Client};
use crate::source::{self, Limits};

/// How much is taken.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Most goroutines of which debug=2 is taken; all if there is no limit.
    pub most: Option<i64>,
    /// Take the profile goroutineleak too: it makes the process collect its garbage.
    pub leaks: bool,
    /// Whether the user said how long an answer may take; otherwise it may take longer where that is to
    /// be expected.
    pub strict_timeout: bool,
}

/// One answer of the process.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The profile.
    pub profile: &'static str,
    /// The level: 0 is protobuf, 2 the whole text.
    pub debug: u8,
    /// What was asked for, without secrets.
    pub url: String,
    /// When.
    pub asked_at: Timestamp,
    /// Time to the first byte.
    pub waited: Duration,
    /// Time to the last byte.
    pub took: Duration,
    /// The answer as it came.
    pub bytes: Vec<u8>,
}

/// What happens, for the user to know in time.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// The process will stand still for about so long.
    Stops {
        /// Its goroutines.
        goroutines: i64,
        /// How long.
        cost: Cost,
    },
    /// debug=2 is left out, because the process would stand still for so long.
    Spared {
        /// Its goroutines.
        goroutines: i64,
        /// How long.
        cost: Cost,
    },
    /// The process will collect its garbage.
    Collects,
}

/// What was taken: the counts, and what else was asked for.
#[derive(Debug)]
pub struct Taken {
    /// debug=0, as it was read.
    pub counts: Dump,
    /// The answers, debug=0 first.
    pub pieces: Vec<Piece>,
}

impl Taken {
    /// What was taken as one picture, and the answers.
    pub fn into_dump(self, limits: &Limits) -> Result<(Dump, Vec<Piece>)> {
        let whole = self.pieces.iter().find(|piece| piece.debug == 2);
        let dump = match whole {
            Some(piece) => {
                let mut dump = join(read(piece, limits)?, &self.counts).dump;
                dump.taken_at_nanos = dump.taken_at_nanos.or(self.counts.taken_at_nanos);
                dump
            }
            None => self.counts,
        };
        Ok((dump, self.pieces))
    }
}

/// Asks the process at `address`. `tell` hears of what stops it before it does.
pub fn take(
    client: &Client,
    address: &Address,
    policy: Policy,
    limits: &Limits,
    tell: &mut dyn FnMut(Event),
) -> Result<Taken> {
    let limit = client.settings().timeout;
    let first = ask(client, address, ("goroutine", 0), limit, limits)?;
    let counts = read(&first, limits)?;
    let goroutines = counts.goroutine_count();
    let mut pieces = vec![first];
    pieces.extend(whole(client, address, policy, goroutines, limits, tell)?);
    if policy.leaks {
        tell(Event::Collects);
        pieces.push(ask(client, address, ("goroutineleak", 0), limit, limits)?);
    }
    Ok(Taken { counts, pieces })
}

/// Asks for debug=2 of a process with so many goroutines; `None` if they are too many.
pub fn whole(
    client: &Client,
    address: &Address,
    policy: Policy,
    goroutines: i64,
    limits: &Limits,
    tell: &mut dyn FnMut(Event),
) -> Result<Option<Piece>> {
    let cost = cost::debug2(goroutines);
    if policy.most.is_some_and(|most| goroutines > most) {
        tell(Event::Spared { goroutines, cost });
        return Ok(None);
    }
    tell(Event::Stops { goroutines, cost });
    let usual = client.settings().timeout;
    let limit = if policy.strict_timeout { usual } else { usual.max(cost.total.saturating_mul(4)) };
    ask(client, address, ("goroutine", 2), limit, limits).map(Some)
}

/// Asks for one profile.
pub fn ask(
    client: &Client,
    address: &Address,
    (profile, debug): (&'static str, u8),
    limit: Duration,
    limits: &Limits,
) -> Result<Piece> {
    fetch(client, &address.profile(profile, debug), (profile, debug), limit, limits)
}

/// Asks for the profile that `address` names, just as it was typed.
pub fn ask_as_typed(client: &Client, address: &Address, limits: &Limits) -> Result<Piece> {
    let debug = address.debug().and_then(|debug| debug.parse().ok()).unwrap_or(0);
    fetch(client, address, ("goroutine", debug), client.settings().timeout, limits)
}

fn fetch(
    client: &Client,
    url: &Address,
    (profile, debug): (&'static str, u8),
    limit: Duration,
    limits: &Limits,
) -> Result<Piece> {
    let asked_at = Timestamp::now();
    let answer = client.get_within(url, limit)?;
    let waited = answer.waited;
    let (bytes, took) = answer.whole(limits.max_bytes)?;
    Ok(Piece { profile, debug, url: url.to_string(), asked_at, waited, took, bytes })
}

/// The dump in `piece`.
pub fn read(piece: &Piece, limits: &Limits) -> Result<Dump> {
    let mut found = None;
    source::open_reader(&piece.url, piece.bytes.as_slice(), limits, &mut |member, stream| {
        let dumps = parse::parse(stream, member.name, &parse::Options::from(limits))?;
        found = found.take().or_else(|| dumps.into_iter().next());
        Ok(())
    })?;
    found.ok_or_else(|| crate::error::Error::NotADump {
        input: piece.url.clone(),
        what: "the answer holds no goroutine dump".to_owned(),
        remedy: "is this a Go program with net/http/pprof?".to_owned(),
    })
}
