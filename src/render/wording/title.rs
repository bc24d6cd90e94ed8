//! Titles of findings.

use super::phrase::{
    UNPRINTED, are, because, doing, goroutines, lock, one_does, place, several_do, wait, waiting,
    wants,
};
use super::{library, race};
use crate::diagnose::rating::Confidence;
use crate::diagnose::role::{LockName, Wants};
use crate::diagnose::said::{CycleLink, HolderDoes, Same};
use crate::diagnose::title::{Course, CrowdTitle, Ending, Stand, Title};
use crate::model::WaitKind;
use crate::model::wait::Side;

/// One sentence without a final period that names the function to blame.
pub fn title(title: &Title) -> String {
    match title {
        Title::Untold => String::new(),
        Title::Crowd { crowd } => of_crowd(crowd),
        Title::Leaked { leaked, waits_for, at } => format!(
            "{} {} leaked, {} in {}: {}",
            goroutines(*leaked),
            are(*leaked),
            waiting(*waits_for),
            place(at),
            because(*waits_for, *leaked)
        ),
        Title::Forever { goroutines: n, waits_for, at } => format!(
            "{} {} blocked for ever {} in {}: nothing can wake {}",
            goroutines(*n),
            are(*n),
            forever(*waits_for),
            place(at),
            if *n == 1 { "it" } else { "them" }
        ),
        Title::DataRace { sides } => race::title(sides),
        Title::Crash { .. }
        | Title::Recovered { .. }
        | Title::AllAsleep { .. }
        | Title::TestTimeout { .. } => of_end(title),
        Title::RecursiveRead { .. }
        | Title::OnceRecursion { .. }
        | Title::SelfDeadlock { .. }
        | Title::LockOrder { .. }
        | Title::WaitCycle { .. }
        | Title::LockHeld { .. }
        | Title::LockMoves { .. }
        | Title::LockAbandoned { .. }
        | Title::LockUnseen { .. } => of_lock(title),
        Title::LoopsNotTold { .. }
        | Title::ChildBlocked { .. }
        | Title::NoChild { .. }
        | Title::CondNotSignalled { .. }
        | Title::SlotsHeld { .. }
        | Title::SlotsLost { .. }
        | Title::NoConsumer { .. }
        | Title::SlowConsumer { .. }
        | Title::BlockedConsumer { .. }
        | Title::WaitForOthers { .. } => of_peers(title),
        other => library::title(other),
    }
}

fn of_crowd(crowd: &CrowdTitle) -> String {
    let CrowdTitle { count, kind, at, cluster, stand, ending, course } = crowd;
    let (doing, site) = (waiting(*kind), place(at));
    let head = match (cluster, stand) {
        (Some((instances, size, closer)), _) => {
            let who =
                format!("{instances} instances of {} {size}-goroutine cluster are stuck", a(*size));
            match closer {
                Some(closer) => format!("{who}: {} waits for the others to end", place(closer)),
                None => format!("{who}, {doing} in {site}"),
            }
        }
        (None, Stand::Outlived) => format!(
            "{} outlived the calls that started them, {doing} in {site}",
            goroutines(*count)
        ),
        (None, Stand::Stuck) => {
            format!("{} {} stuck {doing} in {site}", goroutines(*count), are(*count))
        }
        (None, Stand::Plain) => {
            format!("{} {} {doing} in {site}", goroutines(*count), are(*count))
        }
    };
    let end = match ending {
        Ending::Unsaid => "",
        Ending::Never => &format!(": {}", because(*kind, *count)),
        Ending::SlowConsumer => ": their consumer is slow",
        Ending::LeakUnless => ": they leak, unless they still serve",
        Ending::Leak => ": they leak",
        Ending::LookAgain => "; look at it again in a second dump",
        Ending::IdleOrLeak => ": idle, or a leak if a second dump has more",
        Ending::Proven => ": Go has proven a leak",
        Ending::LeakProven => ": they leak: Go has proven a leak",
    };
    let course = match course {
        None => "",
        Some(Course::Grows) => ", and they grow from dump to dump",
        Some(Course::Stays) => "; they do not grow",
    };
    format!("{head}{end}{course}")
}

/// `a` or `an` before a number: an 8, an 11, an 18, an 80.
fn a(number: i64) -> &'static str {
    let digits = number.to_string();
    // The leading group of thousands is read out as a number of its own.
    let head = digits.get(..(digits.len() - 1) % 3 + 1).unwrap_or_default();
    if head.starts_with('8') || matches!(head, "11" | "18") { "an" } else { "a" }
}

fn forever(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::NilChan(Side::Send) => "sending on a nil channel",
        WaitKind::NilChan(Side::Receive) => "receiving from a nil channel",
        kind => waiting(kind),
    }
}

/// Titles about how the program ended.
fn of_end(title: &Title) -> String {
    match title {
        Title::Crash { fatal, function, what } => {
            let place = function.as_deref().map_or_else(String::new, |it| format!(" in {it}"));
            if *fatal {
                format!("fatal error{place}: {what}")
            } else {
                format!("the program crashed{place}: {what}")
            }
        }
        Title::Recovered { function, what } => {
            let function = function.as_deref().unwrap_or(UNPRINTED);
            format!("a request ended with a panic in {function}: {what}")
        }
        Title::AllAsleep { function, state } => format!(
            "all goroutines are asleep: {} waits in {state}, and nobody is left who could wake it",
            function.as_deref().unwrap_or("the first goroutine")
        ),
        Title::TestTimeout { test, after, function, state } => {
            let ran = test.as_deref().map_or_else(String::new, |test| format!("; {test} ran"));
            let does = match function {
                Some(function) => format!("; {function} is in {state}"),
                None => String::new(),
            };
            format!("the tests of the package did not end in {after}{ran}{does}")
        }
        _ => String::new(),
    }
}

fn of_lock(title: &Title) -> String {
    match title {
        Title::RecursiveRead { reads, again, writes, waiting } => format!(
            "{reads} holds a read lock and takes it again in {again}, behind the writer {writes}, which waits for it; {} in all",
            wait(*waiting)
        ),
        Title::OnceRecursion { function } => format!(
            "the function of the sync.Once in {function} calls the same Once again and waits for itself"
        ),
        Title::SelfDeadlock { holds, wants, lock: name, behind } => {
            let more = match behind {
                0 => String::new(),
                n => format!("; {n} more wait for it"),
            };
            format!(
                "{holds} likely holds {} and calls {wants}, which locks it again{more}",
                lock(*name)
            )
        }
        Title::LockOrder { functions, behind } => lock_order(functions, *behind),
        Title::WaitCycle { first, lock: name, links, members, last, behind } => {
            let text = cycle(first, *name, links, *members, last.as_ref());
            match behind {
                more if *more > 0 => format!("{text}; {more} more wait behind"),
                _ => text,
            }
        }
        Title::LockHeld { waiting, lock: name, site, sure, holder, does } => {
            let likely = match sure {
                Confidence::Possible => "a possible holder",
                _ => "its likely holder",
            };
            format!(
                "{} for {} in {site}; {likely}, {holder}, {}",
                wait(*waiting),
                lock(*name),
                holder_does(does)
            )
        }
        Title::LockMoves { waiting, lock: name, site } => format!(
            "{} for {} in {site}, and it moves: contention, no deadlock",
            wait(*waiting),
            lock(*name)
        ),
        Title::LockAbandoned { waiting, lock: name, site } => format!(
            "{} for {} in {site}, and nobody is seen who could hold it: it was likely never unlocked",
            wait(*waiting),
            lock(*name)
        ),
        Title::LockUnseen { waiting, lock: name, site } => format!(
            "{} for {} in {site}; no goroutine in this dump shows that it holds it",
            wait(*waiting),
            lock(*name)
        ),
        _ => String::new(),
    }
}

fn lock_order(functions: &[String], behind: i64) -> String {
    let each = match functions {
        [one] => format!("goroutines in {one} wait"),
        [rest @ .., last] => format!("{} and {last} wait", rest.join(", ")),
        [] => "goroutines wait".to_owned(),
    };
    let more = if behind > 0 { format!("; {behind} more wait behind") } else { String::new() };
    format!("{each} for locks that the other holds, taken in opposite order{more}")
}

fn cycle(
    first: &str,
    name: LockName,
    links: &[CycleLink],
    members: usize,
    last: Option<&CycleLink>,
) -> String {
    let link = |at: usize| if at == 0 { " and" } else { ", which" };
    let one =
        |(at, one): (usize, &CycleLink)| format!("{} {} {}", link(at), wants(one.wants), one.of);
    let chain = links.iter().enumerate().map(one).collect::<Vec<_>>().concat();
    let hidden = if members > links.len() + 1 {
        format!(", and so on over {} more", members - links.len() - 1)
    } else {
        String::new()
    };
    let last =
        last.map(|last| format!("{} {}", link(members - 1), closing(last))).unwrap_or_default();
    format!("{first} holds {}{chain}{hidden}{last}", lock(name))
}

/// How the last one waits for the first.
fn closing(link: &CycleLink) -> &'static str {
    match link.wants {
        Wants::Unlock | Wants::UnlockAt(_) | Wants::UnlockOther if link.waiters > 1 => {
            "wait for that lock"
        }
        Wants::Unlock | Wants::UnlockAt(_) | Wants::UnlockOther => "waits for that lock",
        Wants::Write => "is kept out by it",
        Wants::End => "waits in a WaitGroup for the first",
        Wants::Receive | Wants::Send => "waits at a channel for the first",
        Wants::Signal => "waits for a signal of the first",
    }
}

fn holder_does(does: &HolderDoes) -> String {
    match does {
        HolderDoes::Itself(does) => one_does(Some(does)),
        HolderDoes::Behind { wants: what, next, does } => {
            format!("{} {next}, which {}", wants(*what), one_does(Some(does)))
        }
        HolderDoes::FarBehind { wants: what, next, last, does } => format!(
            "{} {next} and, behind it, {last}, which {}",
            wants(*what),
            one_does(Some(does))
        ),
    }
}

/// Titles about goroutines that wait for others.
fn of_peers(title: &Title) -> String {
    match title {
        Title::LoopsNotTold { waiting, function, loops, at } => format!(
            "{} in WaitGroup.Wait in {function} for others to end, and {loops} wait for work in {}: nobody tells them",
            wait(*waiting),
            place(at)
        ),
        Title::ChildBlocked { waiting, function, child, does } => format!(
            "{} in WaitGroup.Wait in {function} for {child}, which {}",
            wait(*waiting),
            one_does(does.as_ref())
        ),
        Title::NoChild { waiting, function } => format!(
            "{} in WaitGroup.Wait in {function}, and nobody they started is left to call Done",
            wait(*waiting)
        ),
        Title::CondNotSignalled { waiting, function } => format!(
            "{} in Cond.Wait in {function}, and no Signal or Broadcast wakes them",
            wait(*waiting)
        ),
        Title::SlotsHeld { waiting, name, held, alike, does, at } => {
            let who = match (held, alike) {
                (1, _) => "1 holds one, and".to_owned(),
                _ if alike == held => format!("{held} hold one, and"),
                _ => format!("{held} hold one, of which {alike}"),
            };
            let does = does.as_ref();
            let does = if *alike == 1 { one_does(does) } else { several_do(does) };
            format!("{} for a place in {name}; {who} {does} in {}", wait(*waiting), place(at))
        }
        Title::SlotsLost { waiting, name } => format!(
            "{} for a place in {name}; nobody is seen who holds one: likely not all give it back",
            wait(*waiting)
        ),
        Title::NoConsumer { waiting, function } => {
            format!("{} to send in {function}, and no consumer is left", wait(*waiting))
        }
        Title::SlowConsumer { waiting, function, consumer, does } => format!(
            "{} to send in {function} to {consumer}, which {}: their consumer is slow",
            wait(*waiting),
            one_does(does.as_ref())
        ),
        Title::BlockedConsumer { waiting, function, consumer, same, does } => format!(
            "{} to send in {function}; {consumer}, of the same {}, {}",
            wait(*waiting),
            if *same == Same::Type { "type" } else { "package" },
            one_does(does.as_ref())
        ),
        Title::WaitForOthers { waiting, at, ahead, does, there } => format!(
            "{waiting} requests wait in {}, likely for {} that went on there: {} in {}",
            place(at),
            if *ahead == 1 { "one".to_owned() } else { ahead.to_string() },
            doing(does.as_ref()),
            place(there)
        ),
        _ => String::new(),
    }
}
