//! What speaks for a leak, in sentences: who started the goroutines, since when they wait, how many of
//! the program they are, what is stuck with them.

use super::cluster::{Cluster, Judged, Link};
use super::crowd::Crowd;
use super::per_request::is_request;
use super::reason;
use super::suspect::{Look, MANY};
use crate::diagnose::index::Index;
use crate::model::WaitKind;
use crate::view::group::LabelCounts;

/// What speaks for it, the most convincing first.
pub(super) fn evidence(facts: &Index<'_>, look: &Look<'_, '_>, crowd: &Crowd<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let one = crowd.count > 1 && crowd.origin.creators.len() == 1;
    let as_pools = if one && !crowd.origin.is_one_per_call() {
        ": a pool or a dispatcher looks like that, too"
    } else {
        ""
    };
    let handles = is_request(facts, crowd);
    // Who handles a request was started by the server.
    all.extend(started(facts, crowd).filter(|_| !handles).map(|by| by + as_pools));
    if look.is_deserted(crowd) {
        all.push("nothing else in the process runs, sleeps or waits for the network: only a timer could still wake them".to_owned());
    }
    let ahead = if crowd.kind == WaitKind::Send { look.ahead(crowd) } else { 0 };
    if ahead > 0 {
        all.push(format!(
            "{ahead} others are past that line, so the wait ends: the channel limits how many go on at a time"
        ));
    }
    all.extend(since(crowd));
    if crowd.count >= MANY && look.total > 0 {
        let share = crowd.count.saturating_mul(100) / look.total;
        if share > 0 {
            all.push(format!("{share} % of the program's {} goroutines", look.total));
        }
    }
    if handles {
        all.push("each of them handles a request that has not ended".to_owned());
    }
    if look.serves_connections(crowd) {
        all.push("each stands beside a goroutine that reads from a connection, so it ends with its client".to_owned());
    }
    all.extend(labels(facts, crowd));
    all.extend(lines(facts, crowd));
    all
}

/// A label of which each has a value of its own: what they do is done for one request each.
fn labels(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<String> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    let own = |label: &&LabelCounts<'_>| {
        i64::try_from(label.distinct).is_ok_and(|distinct| distinct > 1 && distinct == group.count)
    };
    let label = group.labels.iter().find(own)?;
    let (value, _) = label.values.first()?;
    Some(format!(
        "each has a value of its own for the label {} (such as {value}): one for each request",
        label.key
    ))
}

/// Who started them.
pub(super) fn started(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<String> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    let creator = group.creators.first()?;
    let file = creator.file.rsplit(['/', '\\']).next().unwrap_or(creator.file);
    let by = format!("started by {} ({file}:{})", creator.function, creator.line);
    let (n, origin) = (crowd.count, &crowd.origin);
    if !origin.is_known() {
        return Some(by);
    }
    let distinct = origin.creators.len();
    let gone = match () {
        () if !origin.is_gone() => String::new(),
        () if origin.gone == 0 && n == 1 => ", in a request that is over".to_owned(),
        () if origin.gone == 0 => ", in requests that are over: they outlived them".to_owned(),
        () if distinct == 1 => ", which is gone".to_owned(),
        () => {
            let over = origin.gone.saturating_add(origin.left);
            let which = if over == origin.known { "all".to_owned() } else { over.to_string() };
            format!("; {which} of those who started them are gone: they outlived the call")
        }
    };
    Some(match distinct {
        1 if n == 1 => format!("{by}{gone}"),
        1 if origin.is_one_per_call() => format!("{by}{gone}"),
        1 => format!("{by}, all by one goroutine{gone}"),
        _ if i64::try_from(distinct) == Ok(n) => {
            format!("{by}, each by a goroutine of its own{gone}")
        }
        _ => format!("{by}, by {distinct} different goroutines{gone}"),
    })
}

/// Since when they wait.
pub(super) fn since(crowd: &Crowd<'_>) -> Option<String> {
    let (max, median) = (crowd.wait.max?, crowd.wait.median?);
    if crowd.count == 1 {
        return Some(format!("it has waited for {}", time(max)));
    }
    let young = match crowd.wait.unknown {
        0 => String::new(),
        n => format!("; {n} under a minute or before the first garbage collection"),
    };
    Some(if max == median {
        format!("they have waited for {}{young}", time(max))
    } else {
        format!("the first since {}, half of them for {} or longer{young}", time(max), time(median))
    })
}

/// `47 min`, `3 h 12 min`, `2 d 1 h`.
pub(super) fn time(minutes: u32) -> String {
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// The lines of the function that they wait in, if there are several.
fn lines(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<String> {
    let mut places: Vec<(String, i64)> = Vec::new();
    for group in crowd.groups.iter().filter_map(|index| facts.groups.get(*index)) {
        let place = super::crowd::site(facts, group.stack)?.place();
        match places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, count)) => *count += group.count,
            None => places.push((place, group.count)),
        }
    }
    let list: Vec<_> = places.iter().take(5).map(|(place, n)| format!("{n} at {place}")).collect();
    (places.len() > 1)
        .then(|| format!("at {} lines of the function: {}", places.len(), list.join(", ")))
}

/// The other crowds of a cluster.
pub(super) fn members(cluster: &Cluster<'_>) -> Vec<String> {
    let why = match cluster.link {
        Link::None => return Vec::new(),
        Link::Sizes => "equally many",
        Link::Ages => "of the same ages",
        Link::Creators => "started together",
    };
    let one = |(_, crowd): &Judged<'_>| {
        format!("{} {} in {}", crowd.count, reason::doing(crowd.kind), crowd.site.words())
    };
    let all: Vec<_> = cluster.members.iter().skip(1).take(8).map(one).collect();
    vec![format!("with them, {why}: {}", all.join("; "))]
}
