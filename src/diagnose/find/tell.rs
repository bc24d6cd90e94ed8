//! How a leak is told: the sentence and the next steps of a crowd or a cluster.

use super::aside::known;
use super::cluster::{Cluster, Link};
use super::crowd::{Crowd, Site};
use super::evidence::{evidence, members};
pub(super) use super::evidence::{since, started, time};
use super::reason;
use super::said::known_as;
use super::suspect::{LONG, Look};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::model::{Symbol, WaitKind};
use crate::view::canon::Shown;
use crate::view::group::CreatorCount;

/// `1 goroutine`, `20 goroutines`.
pub(super) fn goroutines(n: i64) -> String {
    if n == 1 { "1 goroutine".to_owned() } else { format!("{n} goroutines") }
}

/// `is` or `are`.
pub(super) fn are(n: i64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A finding of `kind` about `crowds`, the first of which is to blame, without a title.
pub(super) fn finding(kind: &'static str, facts: &Index<'_>, crowds: &[&Crowd<'_>]) -> Finding {
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

fn root(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<Root> {
    let first = *crowd.groups.first()?;
    let member = facts.members(first).next()?;
    let stack = member.stack();
    let named = |frame: Shown<'_>| matches!(frame, Shown::Call { function, .. } if function == crowd.site.function);
    Some(Root {
        goids: facts.groups.get(first)?.goids.clone(),
        row: u32::try_from(member.index()).ok()?,
        stack,
        role: format!(
            "{}, {}",
            reason::doing(crowd.kind),
            reason::because_of(crowd.kind, crowd.count)
        ),
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
    let joins = matches!(first.kind, WaitKind::Receive | WaitKind::WaitGroup);
    if look.at_rest && joins && look.has_children(first) {
        // Who waits for those that it started is seldom the cause.
        finding.weight *= 0.9;
    }
    if let Some(raised) = cluster_verdict(cluster) {
        (finding.severity, finding.confidence) = (finding.severity, finding.confidence).max(raised);
    }
    if look.at_rest && crowds.iter().any(|crowd| crowd.kind.is_lock()) {
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
    let inside = crowds().all(|crowd| crowd.kind.needs_peer());
    let long = crowds().all(|crowd| crowd.wait.median.is_some_and(|minutes| minutes >= LONG));
    if cluster.link < Link::Ages || !inside || !long {
        return None;
    }
    let closes = crowds().any(|crowd| crowd.kind == WaitKind::WaitGroup);
    Some((if closes { Severity::High } else { Severity::Medium }, Confidence::Likely))
}

fn title(first: &Crowd<'_>, cluster: &Cluster<'_>, severity: Severity) -> String {
    let (doing, site) = (reason::doing(first.kind), first.site.words());
    let because = reason::because_of(first.kind, first.count);
    let smallest = cluster.members.iter().map(|(_, crowd)| crowd.count).min().unwrap_or(1).max(1);
    let all: i64 = cluster.members.iter().map(|(_, crowd)| crowd.count).sum();
    if cluster.members.len() > 1 && smallest > 1 && severity > Severity::Low {
        let size = all / smallest;
        let who = format!("{smallest} instances of {} {size}-goroutine cluster are stuck", a(size));
        return match closer(cluster) {
            Some(closer) => format!("{who}: {} waits for the others to end", closer.site.words()),
            None => format!("{who}, {doing} in {site}: {because}"),
        };
    }
    let who = goroutines(first.count);
    let outlived = first.origin.is_one_per_call() && first.origin.is_gone();
    match severity {
        // Few and young ones may still be of use, as sessions and workers for each of some keys are.
        Severity::Medium
            if outlived && matches!(first.kind, WaitKind::Receive | WaitKind::Select) =>
        {
            format!(
                "{who} outlived the calls that started them, {doing} in {site}: they leak, unless they still serve"
            )
        }
        Severity::High | Severity::Medium => {
            format!("{who} {} stuck {doing} in {site}: {because}", are(first.count))
        }
        _ if first.count == 1 => {
            format!("1 goroutine is {doing} in {site}; look at it again in a second dump")
        }
        _ => format!("{who} are {doing} in {site}: idle, or a leak if a second dump has more"),
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
    let plain = plain.split(", unless they").next().unwrap_or(plain);
    format!("{}, and they grow from dump to dump", plain.trim_end_matches(": idle"))
}

/// `title` of what stays as it is from dump to dump.
pub(super) fn steady(title: &str) -> String {
    let plain = title.split(": idle, or a leak").next().unwrap_or(title);
    let plain = plain.split(": they leak, unless").next().unwrap_or(plain);
    format!("{plain}; they do not grow")
}

/// `title` of what Go has proven, which leaves nothing to be seen in a second dump.
pub(super) fn proven(title: &str) -> String {
    let ends =
        [": idle, or a leak", "; look at it again", ", unless they still", ": they leak, unless"];
    let plain = ends.iter().fold(title, |rest, end| rest.split(end).next().unwrap_or(rest));
    if plain.len() == title.len() {
        plain.to_owned()
    } else {
        format!("{plain}: Go has proven a leak")
    }
}

/// How the step begins that asks for one more dump.
pub(super) const SECOND_DUMP: &str = "take a second dump";

/// The one of a cluster that waits for the others: in a function that closes, if there are several.
fn closer<'a, 'd>(cluster: &'a Cluster<'d>) -> Option<&'a Crowd<'d>> {
    let waits = |crowd: &&Crowd<'d>| crowd.kind == WaitKind::WaitGroup;
    let closes = |crowd: &Crowd<'d>| {
        ["Close", "Stop", "Shutdown", "Wait"].iter().any(|end| crowd.site.function.ends_with(end))
    };
    cluster.members.iter().map(|(_, crowd)| crowd).filter(waits).max_by_key(|crowd| closes(crowd))
}

/// Where `crowd` was started: `main.go:40`, and the function there.
fn starter<'d>(facts: &Index<'d>, crowd: &Crowd<'_>) -> Option<(String, &'d str)> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    // What a library starts is not changed there.
    let own = |creator: &&CreatorCount<'_>| {
        let site = Site {
            function: creator.function,
            file: creator.file,
            line: creator.line,
            std: Symbol::new(creator.function).is_std(),
        };
        creator.line > 0 && !site.is_dependency()
    };
    let creator = group.creators.first().filter(own)?;
    let file = creator.file.rsplit(['/', '\\']).next().unwrap_or(creator.file);
    Some((format!("{file}:{}", creator.line), creator.function))
}

/// Where `crowd` was started: `main.go:40`.
pub(super) fn start_place(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<String> {
    starter(facts, crowd).map(|(place, _)| place)
}

/// What to do.
pub(super) fn next(facts: &Index<'_>, crowd: &Crowd<'_>, severity: Severity) -> Vec<String> {
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
            steps.push(format!("{at}: {}", reason::remedy(crowd.kind)));
        }
    }
    if let Some((place, function)) = starter(facts, crowd) {
        let left = crowd.origin.is_one_per_call() && crowd.origin.is_gone();
        steps.push(if left {
            format!(
                "{place}: {function} starts them and nothing ends them with the call: hand down its context, or return a stop function that the caller defers"
            )
        } else {
            format!("{place}: see who is to end what {function} starts")
        });
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
