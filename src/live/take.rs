//! Takes of a process what is needed and no more: first the cheap counts, then the whole text if that
//! does not stop the process for long.

use std::io::{self, Read};
use std::time::Duration;

use jiff::Timestamp;

use super::cost::{self, Cost};
use crate::error::{Error, Result};
use crate::model::Dump;
use crate::parse;
use crate::source::http::{Address, Broken, Came, Client};
use crate::source::{self, Limits};
use crate::transform::merge::join;

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
    /// Why it is not whole, if it is not.
    pub broken: Option<Broken>,
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
    /// Why something that was to be taken beside debug=0 is missing or not whole.
    pub failures: Vec<Error>,
}

/// What was taken as one picture.
pub struct Picture {
    /// debug=2 and debug=0 together, or debug=0 alone.
    pub dump: Dump,
    /// The answers, debug=0 first.
    pub pieces: Vec<Piece>,
    /// Why something is missing or not whole.
    pub failures: Vec<Error>,
}

impl Taken {
    /// What was taken as one picture, and the answers.
    pub fn into_picture(self, limits: &Limits) -> Picture {
        let Self { counts, pieces, mut failures } = self;
        let text = pieces.iter().find(|piece| piece.debug == 2).map(|piece| read(piece, limits));
        let dump = match text {
            Some(Ok(text)) => {
                let mut dump = join(text, &counts).dump;
                dump.taken_at_nanos = dump.taken_at_nanos.or(counts.taken_at_nanos);
                dump
            }
            Some(Err(error)) => {
                // Of an answer that broke off it is said already why.
                if failures.is_empty() {
                    failures.push(error);
                }
                counts
            }
            None => counts,
        };
        Picture { dump, pieces, failures }
    }
}

/// Asks the process at `address`. `tell` hears of what stops it before it does. Without debug=0 there is
/// nothing; what else fails is among the failures.
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
    let mut taken = Taken { counts, pieces: vec![first], failures: Vec::new() };
    taken.add(whole(client, address, policy, goroutines, limits, tell));
    if policy.leaks {
        tell(Event::Collects);
        taken.add(ask(client, address, ("goroutineleak", 0), limit, limits).map(Some));
    }
    Ok(taken)
}

impl Taken {
    fn add(&mut self, piece: Result<Option<Piece>>) {
        match piece {
            Ok(piece) => {
                self.failures.extend(piece.as_ref().and_then(Piece::failure));
                self.pieces.extend(piece);
            }
            Err(error) => self.failures.push(error),
        }
    }
}

impl Piece {
    /// Why it is not whole, as an error.
    pub fn failure(&self) -> Option<Error> {
        self.broken.as_ref().map(|broken| broken.error(self.url.clone()))
    }
}

/// Asks for debug=2 of a process with so many goroutines; `None` if they are too many. If the connection
/// breaks, what came is worth having: it is returned with why there is no more.
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
    let piece = fetch(client, &address.profile("goroutine", 2), ("goroutine", 2), limit, limits)?;
    match piece.failure() {
        Some(error) if piece.bytes.is_empty() => Err(error),
        _ => Ok(Some(piece)),
    }
}

/// Asks for one profile, and takes all of it or nothing.
pub fn ask(
    client: &Client,
    address: &Address,
    (profile, debug): (&'static str, u8),
    limit: Duration,
    limits: &Limits,
) -> Result<Piece> {
    let url = address.profile(profile, debug);
    whole_or_none(fetch(client, &url, (profile, debug), limit, limits)?)
}

/// Asks for the profile that `address` names, just as it was typed.
pub fn ask_as_typed(client: &Client, address: &Address, limits: &Limits) -> Result<Piece> {
    let debug = address.debug().and_then(|debug| debug.parse().ok()).unwrap_or(0);
    let limit = client.settings().timeout;
    whole_or_none(fetch(client, address, ("goroutine", debug), limit, limits)?)
}

fn whole_or_none(piece: Piece) -> Result<Piece> {
    piece.failure().map_or(Ok(piece), Err)
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
    let Came { bytes, took, broken } = answer.came(limits.max_bytes)?;
    Ok(Piece { profile, debug, url: url.to_string(), asked_at, waited, took, bytes, broken })
}

/// The dump in `piece`, marked as cut off if the answer is not whole.
pub fn read(piece: &Piece, limits: &Limits) -> Result<Dump> {
    let mut found = None;
    let end = End(piece.broken.as_ref());
    let bytes = piece.bytes.as_slice().chain(end);
    source::open_answer(&piece.url, bytes, limits, &mut |member, stream| {
        let dumps = parse::parse(stream, member.name, &parse::Options::from(limits))?;
        let dumps = parse::require_read(dumps, member.name)?;
        found = found.take().or_else(|| dumps.into_iter().next());
        Ok(())
    })?;
    found.ok_or_else(|| Error::NotADump {
        input: piece.url.clone(),
        what: "the answer holds no goroutine dump".to_owned(),
        remedy: "is this a Go program with net/http/pprof?".to_owned(),
    })
}

/// The end of an answer: nothing, or why there is no more.
struct End<'p>(Option<&'p Broken>);

impl Read for End<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.map_or(Ok(0), |broken| Err(io::Error::other(broken.clone())))
    }
}
