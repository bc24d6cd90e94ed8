//! How a leak is told: the sentence, the evidence and the next steps of a crowd or a cluster.

use super::aside::known;
use super::cluster::{Cluster, Judged, Link};
use super::crowd::Crowd;
use super::per_request::is_request;
use super::reason::Reason;
use super::said::known_as;
use super::suspect::{LONG, Look, MANY};
use crate::analysis::canon::Shown;
use crate::analysis::facts::{Case, Facts};
use crate::analysis::finding::{Category, Confidence, Finding, Root, Severity};
use crate::analysis::group::LabelCounts;

/// `1 goroutine`, `20 goroutines`.
pub(super) fn goroutines(n: i64) -> String {
    if n == 1 { "1 goroutine".to_owned() } else { format!("{n} goroutines") }
}

/// `is` or `are`.
pub(super) fn are(n: i64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A finding of `kind` about `crowds`, the first of which is to blame, without a title.
pub(super) fn finding(kind: &'static str, facts: &Facts<'_>, crowds: &[&Crowd<'_>]) -> Finding {
    let mut finding = Finding::new(kind, Category::Leak, "");
    let count = crowds.iter().fold(0i64, |sum, crowd| sum.saturating_add(crowd.count));
    finding.count = count;
    finding.groups = crowds.iter().flat_map(|crowd| crowd.groups.iter().copied()).collect();
    finding.root = crowds.first().and_then(|crowd| root(facts, crowd));
    finding.weight = weight(count);
    finding
}

/// Goroutines explained; counts are far apart, so plain numbers would hide all else.
#[expect(clippy::cast_precision_loss, reason = "a rank, not a count")]
fn weight(count: i64) -> f64 {
    count as f64
}

fn root(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<Root> {
    let first = *crowd.groups.first()?;
    let member = facts.members(first).next()?;
    let stack = member.stack();
    let named = |frame: Shown<'_>| matches!(frame, Shown::Call { function, .. } if function == crowd.site.function);
    Some(Root {
        goids: facts.groups.get(first)?.goids.clone(),
        row: u32::try_from(member.index()).ok()?,
        stack,
        role: format!("{}, {}", crowd.reason.doing(), crowd.reason.because_of(crowd.count)),
        blocking: facts.frames(stack).position(named),
    })
}

/// The finding about a suspected leak.
pub(super) fn suspected(
    case: &Case<'_, '_>,
    look: &Look<'_, '_>,
    cluster: &Cluster<'_>,
) -> Finding {
    let facts = case.now;
    let crowds: Vec<_> = cluster.members.iter().map(|(_, crowd)| crowd).collect();
    let mut finding = finding(super::suspect::KIND, facts, &crowds);
    let worst = cluster.members.iter().filter_map(|(verdict, _)| *verdict).max();
    (finding.severity, finding.confidence) = worst.unwrap_or((Severity::Low, Confidence::Possible));
    let Some(first) = crowds.first() else { return finding };
    if first.site.is_dependency() {
        // The same evidence in the program's own code is nearer to the cause.
        finding.weight /= 2.0;
    }
    if let Some(raised) = cluster_verdict(cluster) {
        (finding.severity, finding.confidence) = (finding.severity, finding.confidence).max(raised);
    }
    if look.at_rest && crowds.iter().any(|crowd| crowd.reason == Reason::Lock) {
        // Those who wait for locks and those who wait for them hold each other up.
        finding.category = Category::Deadlock;
    }
    finding.title = title(first, cluster, finding.severity);
    finding.evidence = evidence(facts, look, first);
    if let Some(consumer) = look.consumer(first).and_then(|index| facts.groups.get(index)) {
        finding.category = Category::Backpressure;
        finding.title = finding.title.replace(": nobody receives", ": their consumer is slow");
        let place =
            super::crowd::site(facts, consumer.stack).map_or_else(String::new, |s| s.words());
        finding
            .evidence
            .insert(0, format!("whoever receives may be in {place}, which does not wait for them"));
    }
    finding.evidence.extend(members(cluster));
    let entry = first.groups.first().and_then(|index| known(case, *index));
    finding.evidence.extend(entry.map(known_as));
    finding.next = next(facts, first, finding.severity);
    finding
}

/// A structure that got stuck again and again, instance by instance, and in which nobody waits for
/// anything outside; where one of its goroutines waits for the others to end it is being closed.
fn cluster_verdict(cluster: &Cluster<'_>) -> Option<(Severity, Confidence)> {
    let crowds = || cluster.members.iter().map(|(_, crowd)| crowd);
    let inside = crowds().all(|crowd| crowd.reason.is_internal());
    let long = crowds().all(|crowd| crowd.wait.median.is_some_and(|minutes| minutes >= LONG));
    if cluster.link < Link::Ages || !inside || !long {
        return None;
    }
    let closes = crowds().any(|crowd| crowd.reason == Reason::WaitGroup);
    Some((if closes { Severity::High } else { Severity::Medium }, Confidence::Likely))
}

fn title(first: &Crowd<'_>, cluster: &Cluster<'_>, severity: Severity) -> String {
    let (reason, site) = (first.reason, first.site.words());
    let because = reason.because_of(first.count);
    let smallest = cluster.members.iter().map(|(_, crowd)| crowd.count).min().unwrap_or(1).max(1);
    let all: i64 = cluster.members.iter().map(|(_, crowd)| crowd.count).sum();
    if cluster.members.len() > 1 && smallest > 1 && severity > Severity::Low {
        let size = all / smallest;
        let who = format!("{smallest} instances of {} {size}-goroutine cluster are stuck", a(size));
        return match closer(cluster) {
            Some(closer) => format!("{who}: {} waits for the others to end", closer.site.words()),
            None => format!("{who}, {} in {site}: {because}", reason.doing()),
        };
    }
    let who = goroutines(first.count);
    let outlived = first.origin.is_one_per_call() && first.origin.is_gone();
    match severity {
        // Few and young ones may still be of use, as sessions and workers for each of some keys are.
        Severity::Medium if outlived && matches!(reason, Reason::Receive | Reason::Select) => {
            format!(
                "{who} outlived the calls that started them, {} in {site}: {because}, unless they still serve",
                reason.doing()
            )
        }
        Severity::High | Severity::Medium => {
            format!("{who} {} stuck {} in {site}: {because}", are(first.count), reason.doing())
        }
        _ if first.count == 1 => format!(
            "1 goroutine is {} in {site}; look at it again in a second dump",
            reason.doing()
        ),
        _ => format!(
            "{who} are {} in {site}: idle, or a leak if a second dump has more",
            reason.doing()
        ),
    }
}

/// `a` or `an` before a number: an 8, an 11, an 18, an 80.
fn a(number: i64) -> &'static str {
    let digits = number.to_string();
    // The leading group of thousands is read out as a number of its own.
    let head = digits.get(..(digits.len() - 1) % 3 + 1).unwrap_or_default();
    if head.starts_with('8') || matches!(head, "11" | "18") { "an" } else { "a" }
}

/// `title` of what grows from dump to dump.
pub(super) fn grown(title: &str) -> String {
    let plain = title.split(", or a leak").next().unwrap_or(title);
    format!("{}, and they grow from dump to dump", plain.trim_end_matches(": idle"))
}

/// `title` of what stays as it is from dump to dump.
pub(super) fn steady(title: &str) -> String {
    let plain = title.split(": idle, or a leak").next().unwrap_or(title);
    format!("{plain}; they do not grow")
}

/// How the step begins that asks for one more dump.
pub(super) const SECOND_DUMP: &str = "take a second dump";

/// The one of a cluster that waits for the others: in a function that closes, if there are several.
fn closer<'a, 'd>(cluster: &'a Cluster<'d>) -> Option<&'a Crowd<'d>> {
    let waits = |crowd: &&Crowd<'d>| crowd.reason == Reason::WaitGroup;
    let closes = |crowd: &Crowd<'d>| {
        ["Close", "Stop", "Shutdown", "Wait"].iter().any(|end| crowd.site.function.ends_with(end))
    };
    cluster.members.iter().map(|(_, crowd)| crowd).filter(waits).max_by_key(|crowd| closes(crowd))
}

/// What speaks for it, the most convincing first.
fn evidence(facts: &Facts<'_>, look: &Look<'_, '_>, crowd: &Crowd<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let one = crowd.count > 1 && crowd.origin.creators.len() == 1;
    let as_pools = if one && !crowd.origin.is_one_per_call() {
        ": a pool or a dispatcher looks like that, too"
    } else {
        ""
    };
    all.extend(started(facts, crowd).map(|by| by + as_pools));
    if look.is_deserted(crowd) {
        all.push("nothing else in the process runs, sleeps or waits for the network: only a timer could still wake them".to_owned());
    }
    let ahead = if crowd.reason == Reason::Send { look.ahead(crowd) } else { 0 };
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
    if is_request(facts, crowd) {
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
fn labels(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<String> {
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
pub(super) fn started(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<String> {
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
fn lines(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<String> {
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
fn members(cluster: &Cluster<'_>) -> Vec<String> {
    let why = match cluster.link {
        Link::None => return Vec::new(),
        Link::Sizes => "equally many",
        Link::Ages => "of the same ages",
        Link::Creators => "started together",
    };
    let one = |(_, crowd): &Judged<'_>| {
        format!("{} {} in {}", crowd.count, crowd.reason.doing(), crowd.site.words())
    };
    let all: Vec<_> = cluster.members.iter().skip(1).take(8).map(one).collect();
    vec![format!("with them, {why}: {}", all.join("; "))]
}

/// Where `crowd` was started: `main.go:40`, and the function there.
fn starter<'d>(facts: &Facts<'d>, crowd: &Crowd<'_>) -> Option<(String, &'d str)> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    let creator = group.creators.first().filter(|creator| creator.line > 0)?;
    let file = creator.file.rsplit(['/', '\\']).next().unwrap_or(creator.file);
    Some((format!("{file}:{}", creator.line), creator.function))
}

/// Where `crowd` was started: `main.go:40`.
pub(super) fn start_place(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<String> {
    starter(facts, crowd).map(|(place, _)| place)
}

/// What to do.
pub(super) fn next(facts: &Facts<'_>, crowd: &Crowd<'_>, severity: Severity) -> Vec<String> {
    let place = crowd.site.place();
    let at = if place.is_empty() { crowd.site.function } else { &place };
    let mut steps = Vec::new();
    if severity > Severity::Low {
        if crowd.site.is_dependency() {
            let package = crowd.site.package();
            steps.push(format!(
                "find the calls into {package} that leave it behind: what they return is not closed, stopped or cancelled"
            ));
        } else {
            steps.push(format!("{at}: {}", crowd.reason.remedy()));
        }
    }
    if let Some((place, function)) = starter(facts, crowd) {
        steps.push(format!("{place}: see who is to end what {function} starts"));
    }
    steps.push(match severity {
        Severity::High => {
            format!("{SECOND_DUMP} in a minute and give both: that tells how fast they grow")
        }
        _ => format!(
            "{SECOND_DUMP} in a minute and give both: what grows leaks, what stays is stuck or idle"
        ),
    });
    steps
}
