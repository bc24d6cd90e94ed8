//! Evidence, in whole sentences.

use super::phrase::{are, goroutines, line, place, time, waiting};
use super::race;
use crate::diagnose::evidence::{Evidence, Fact, Member};
use crate::diagnose::said::{Caller, Gone, Link, Starters};
use crate::model::SourceLocation;
use crate::series::Trend;
use crate::view::WaitStats;

/// What speaks for a finding, as a sentence without a final period.
pub fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Fact { fact: known } => fact(*known).to_owned(),
        Evidence::Counts { trend, accrues, counts } => {
            format!("{}: {}", course(*trend, *accrues, counts), arrow(counts))
        }
        Evidence::Stayed { stayed, earlier } => {
            format!("{stayed} of the {earlier} that were there in the dump before still are")
        }
        Evidence::Unreachable { goroutines: n } => format!(
            "Go's garbage collector found that nothing can reach what {} for",
            if *n == 1 { "it waits" } else { "they wait" }
        ),
        Evidence::Unmarked { goroutines: n } => format!(
            "{n} more {} at the same place unmarked: Go misses what a global variable or a live goroutine still refers to",
            are(*n)
        ),
        Evidence::Marked { leaked, goroutines: n } => format!(
            "Go's garbage collector marks {leaked} of the {n} as leaked: nothing can ever wake them"
        ),
        Evidence::InLeakProfile { goroutines: n } => format!(
            "the goroutineleak profile given with it proves that {} {} leaked here",
            goroutines(*n),
            are(*n)
        ),
        Evidence::StartedBy { goroutines: n, by, starters, pool } => {
            let more = if *pool { ": a pool or a dispatcher looks like that, too" } else { "" };
            format!("{}{more}", started(*n, by, starters.as_ref()))
        }
        Evidence::PastLine { others } => format!(
            "{others} others are past that line, so the wait ends: the channel limits how many go on at a time"
        ),
        Evidence::Since { goroutines: n, waits } => since(*n, waits).unwrap_or_default(),
        Evidence::Waits { waits } => waited(waits).unwrap_or_default(),
        Evidence::Share { percent, total } => {
            format!("{percent} % of the program's {total} goroutines")
        }
        Evidence::LabelEach { key, value } => format!(
            "each has a value of its own for the label {key} (such as {value}): one for each request"
        ),
        Evidence::Lines { lines, all } => {
            let one = |caller: &Caller| format!("{} at {}", caller.count, line(&caller.at));
            let list: Vec<_> = lines.iter().map(one).collect();
            format!("at {all} lines of the function: {}", list.join(", "))
        }
        Evidence::With { link, members } => with(*link, members),
        Evidence::MayReceive { at } => {
            format!("whoever receives may be in {}, which does not wait for them", place(at))
        }
        Evidence::Known { meaning, library, note } => {
            let note = if note.is_empty() { String::new() } else { format!("; {note}") };
            format!("known: {meaning} ({library}){note}")
        }
        Evidence::Accessed { access } => race::access(access),
        Evidence::RaceRepeated { times } => format!("reported {times} times with these stacks"),
        Evidence::MoreRaces { more } => {
            format!("{more} more races between other lines are in the text")
        }
        Evidence::Preamble { line } => line.clone(),
        Evidence::NotToBlame { others } => match others {
            1 => "another goroutine was waiting or running when it happened, and is not to blame for it".to_owned(),
            n => format!(
                "{n} other goroutines were waiting or running when it happened, and are not to blame for it"
            ),
        },
        Evidence::WaitIn { goroutines: n, state, at } => {
            format!("{n} in {state} at {}", place(at))
        }
        Evidence::TestRan { test } => format!("{test} was running"),
        other => super::waits::evidence(other).unwrap_or_else(|| super::uses::evidence(other)),
    }
}

fn fact(fact: Fact) -> &'static str {
    match fact {
        Fact::Deserted => {
            "nothing else in the process runs, sleeps or waits for the network: only a timer could still wake them"
        }
        Fact::HandlesRequest => "each of them handles a request that has not ended",
        Fact::BesideConnection => {
            "each stands beside a goroutine that reads from a connection, so it ends with its client"
        }
        Fact::Moves => "they are others in each dump, so it moves",
        Fact::NilChannel => "a channel that was never made is never ready, so the wait cannot end",
        Fact::EmptySelect => "a select without cases never ends",
        Fact::Inferred => "the state is inferred from the frames",
        Fact::NobodyCanGoOn => "Go's runtime found that no goroutine can ever go on",
        Fact::NoAddresses => {
            "this format carries no addresses or ids, so locks are told apart by the types and functions that take them; debug=2 would give both"
        }
        Fact::NoAddressesButIds => {
            "this format carries no addresses, so locks are told apart by the types and functions that take them; debug=2 would give them"
        }
        Fact::CulpritUnseen => {
            "the goroutine that ended the program is not in the dump, or its stack is not; those that wait are not to blame"
        }
        Fact::ShutdownWaitsForHandler => {
            "Shutdown waits until no request is served, and this handler serves one until Shutdown returns"
        }
        Fact::SleepsAfterAccept => {
            "the loop sleeps only after an error that may pass, such as `accept: too many open files`"
        }
        Fact::ServerWentOn => {
            "net/http recovers from panics of handlers: this request ended, and the program went on"
        }
        Fact::RaceNumbers => {
            "the numbers of goroutines are the race detector's own, not those of goroutine dumps"
        }
        Fact::HolderStuck => {
            "what the holder waits for must come from this process, and nobody at work was seen who would send it"
        }
        Fact::WriterKeepsOut => "a writer that waits lets no further reader in",
        Fact::NobodyBreaksCircle => "nobody else is seen who could break the circle",
        Fact::NobodyElseHolds => "no other goroutine is seen that could hold the lock",
        Fact::NobodyInside => {
            "no other goroutine is in a method of the same type or has a pointer to the lock, none runs in that package, and none is in Unlock"
        }
        Fact::MaybeExcerpt => "the dump may be an excerpt, or the holder's frames are inlined",
        other => of_libraries(other),
    }
}

/// Facts about libraries.
fn of_libraries(fact: Fact) -> &'static str {
    match fact {
        Fact::IdleNotCounted => {
            "idle keep-alive connections wait for the network instead and are not counted"
        }
        Fact::ClientMakesRoom => {
            "the write waits for room in the connection's buffer, which only the client can make"
        }
        Fact::IdleCost => "each keeps a connection and two goroutines; no request uses them",
        Fact::TransportKeeps => {
            "http.DefaultTransport keeps 2 idle connections for each host, 100 in all, for 90 seconds; a Transport of one's own keeps them for ever unless IdleConnTimeout is set"
        }
        Fact::FewAddresses => "a program listens on the few addresses that it is configured for",
        Fact::NoPoolLimit => {
            "each keeps a connection to the database; nobody waits for one, so the pool has no limit"
        }
        Fact::ConnIsShared => {
            "a grpc.ClientConn is made to be shared: one for each server that is called"
        }
        Fact::NoDeadline => "no deadline has ended the wait",
        Fact::OneFinalizerGoroutine => {
            "all finalizers run on one goroutine: what they would free or close stays"
        }
        Fact::ShutdownInterruptsNone => {
            "Shutdown waits until no connection is in a request; it interrupts none"
        }
        Fact::CameInCalls => {
            "they came one after the other, each in a call of its own, and none was woken"
        }
        Fact::CameLikeWorkers => {
            "they came one after the other, and none was woken; workers of a pool that is seldom used may look like that"
        }
        _ => "",
    }
}

/// What the numbers of a series do.
fn course(trend: Trend, accrues: bool, counts: &[i64]) -> &'static str {
    match trend {
        _ if accrues => "it rises, and those of before do not go",
        Trend::Grows => "it grows",
        Trend::Stays if counts.last() > counts.first() => {
            "it rises no more than chance may explain"
        }
        Trend::Stays => "it does not grow",
        Trend::Falls => "it falls",
        Trend::Varies => "it rises, but not all the time",
    }
}

/// `31 → 120 → 245 (+107 per dump)`.
fn arrow(counts: &[i64]) -> String {
    let list: Vec<_> = counts.iter().map(ToString::to_string).collect();
    let steps = i64::try_from(counts.len()).unwrap_or(i64::MAX).saturating_sub(1).max(1);
    let change = counts.last().unwrap_or(&0) - counts.first().unwrap_or(&0);
    match change / steps {
        0 => list.join(" → "),
        each => format!("{} ({each:+} per dump)", list.join(" → ")),
    }
}

/// Who started goroutines.
fn started(n: i64, by: &SourceLocation, starters: Option<&Starters>) -> String {
    let by = format!("started by {} ({}:{})", by.function, by.file_name(), by.line);
    let Some(Starters { distinct, per_call, gone }) = starters.copied() else { return by };
    let gone = match gone {
        Gone::No => String::new(),
        Gone::RequestsOver if n == 1 => ", in a request that is over".to_owned(),
        Gone::RequestsOver => ", in requests that are over: they outlived them".to_owned(),
        Gone::One => ", which is gone".to_owned(),
        Gone::Many(over) => {
            let which = over.map_or_else(|| "all".to_owned(), |over| over.to_string());
            format!("; {which} of those who started them are gone: they outlived the call")
        }
    };
    match distinct {
        1 if n == 1 || per_call => format!("{by}{gone}"),
        1 => format!("{by}, all by one goroutine{gone}"),
        _ if i64::try_from(distinct) == Ok(n) => {
            format!("{by}, each by a goroutine of its own{gone}")
        }
        _ => format!("{by}, by {distinct} different goroutines{gone}"),
    }
}

/// Since when a crowd of `n` waits.
fn since(n: i64, waits: &WaitStats) -> Option<String> {
    let (max, median) = (waits.max?, waits.median?);
    if n == 1 {
        return Some(format!("it has waited for {}", time(max)));
    }
    let young = match waits.unknown {
        0 => String::new(),
        n => format!("; {n} under a minute or before the first garbage collection"),
    };
    Some(if max == median {
        format!("they have waited for {}{young}", time(max))
    } else {
        format!("the first since {}, half of them for {} or longer{young}", time(max), time(median))
    })
}

/// For how long those wait whose wait is known.
fn waited(waits: &WaitStats) -> Option<String> {
    let (min, max) = (waits.min?, waits.max?);
    let young = match waits.unknown {
        0 => String::new(),
        n => format!(", {n} under a minute or before the first garbage collection"),
    };
    Some(if min == max {
        format!("{} have waited for {max} min{young}", waits.known)
    } else {
        format!("{} have waited for {min} to {max} min{young}", waits.known)
    })
}

/// The other crowds of a cluster.
fn with(link: Link, members: &[Member]) -> String {
    let why = match link {
        Link::None => "",
        Link::Sizes => "equally many",
        Link::Ages => "of the same ages",
        Link::Creators => "started together",
    };
    let one = |Member { crowd, kind }: &Member| {
        format!("{} {} in {}", crowd.count, waiting(*kind), place(&crowd.at))
    };
    let all: Vec<_> = members.iter().map(one).collect();
    format!("with them, {why}: {}", all.join("; "))
}
