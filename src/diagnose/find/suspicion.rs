//! Findings about suspected leaks: what is said of a crowd, or of several that are one structure.

use super::aside::known;
use super::cluster::{Cluster, Judged};
use super::crowd::{self, Crowd};
use super::leak_context::LeakContext;
use super::limits::{LONG, MANY};
use super::per_request::is_request;
use super::tell;
use crate::diagnose::evidence::{Evidence, Fact, Member};
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::known::Entry;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::said::{Caller, Link};
use crate::diagnose::title::{CrowdTitle, Ending, Stand, Title};
use crate::model::WaitKind;
use crate::view::group::LabelCounts;

/// The kind of these findings.
pub(super) const KIND: &str = "suspected-leak";

/// The finding about a suspected leak.
pub(super) fn finding(
    case: &Case<'_, '_>,
    context: &LeakContext<'_, '_>,
    cluster: &Cluster<'_>,
) -> Finding {
    let facts = case.now;
    let crowds: Vec<_> = cluster.members.iter().map(|(_, crowd)| crowd).collect();
    let mut finding = tell::finding(KIND, facts, &crowds);
    let worst = cluster.members.iter().filter_map(|(verdict, _)| *verdict).max();
    (finding.severity, finding.confidence) = worst.unwrap_or((Severity::Low, Confidence::Possible));
    let Some(first) = crowds.first() else { return finding };
    if first.site.is_dependency() {
        // The same evidence in the program's own code is nearer to the cause.
        finding.weight /= 2.0;
    }
    let joins = matches!(first.kind, WaitKind::Receive | WaitKind::WaitGroup);
    if context.at_rest && joins && context.has_children(first) {
        // Who waits for those that it started is seldom the cause.
        finding.weight *= 0.9;
    }
    if let Some(raised) = cluster_verdict(cluster) {
        (finding.severity, finding.confidence) = (finding.severity, finding.confidence).max(raised);
    }
    if context.at_rest && crowds.iter().any(|crowd| crowd.kind.is_lock()) {
        // Those who wait for locks and those who wait for them hold each other up.
        finding.category = Category::Deadlock;
    }
    let mut crowd = title(first, cluster, finding.severity);
    finding.evidence = evidence(facts, context, first);
    if let Some(consumer) = context.consumer(first).and_then(|index| facts.groups.get(index)) {
        finding.category = Category::Backpressure;
        if crowd.ending == Ending::Never {
            crowd.ending = Ending::SlowConsumer;
        }
        let at = crowd::site(facts, consumer.stack).map(|site| site.location());
        finding.evidence.insert(0, Evidence::MayReceive { at: at.unwrap_or_default() });
    }
    finding.title = Title::Crowd { crowd };
    finding.evidence.extend(members(cluster));
    let entry = first.groups.first().and_then(|index| known(case, *index));
    finding.evidence.extend(entry.map(known_as));
    finding.next = tell::next(facts, first, finding.severity);
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

fn title(first: &Crowd<'_>, cluster: &Cluster<'_>, severity: Severity) -> CrowdTitle {
    let mut title = CrowdTitle::new(first.count, first.kind, first.site.location());
    let smallest = cluster.members.iter().map(|(_, crowd)| crowd.count).min().unwrap_or(1).max(1);
    let all: i64 = cluster.members.iter().map(|(_, crowd)| crowd.count).sum();
    if cluster.members.len() > 1 && smallest > 1 && severity > Severity::Low {
        let closer = closer(cluster).map(|closer| closer.site.location());
        title.ending = if closer.is_some() { Ending::Unsaid } else { Ending::Never };
        title.cluster = Some((smallest, all / smallest, closer));
        return title;
    }
    let outlived = first.origin.is_one_per_call() && first.origin.is_gone();
    let waits = matches!(first.kind, WaitKind::Receive | WaitKind::Select);
    (title.stand, title.ending) = match severity {
        // Few and young ones may still be of use, as sessions and workers for each of some keys are.
        Severity::Medium if outlived && waits => (Stand::Outlived, Ending::LeakUnless),
        Severity::High | Severity::Medium => (Stand::Stuck, Ending::Never),
        _ if first.count == 1 => (Stand::Plain, Ending::LookAgain),
        _ => (Stand::Plain, Ending::IdleOrLeak),
    };
    title
}

/// The one of a cluster that waits for the others: in a function that closes, if there are several.
fn closer<'a, 'd>(cluster: &'a Cluster<'d>) -> Option<&'a Crowd<'d>> {
    let waits = |crowd: &&Crowd<'d>| crowd.kind == WaitKind::WaitGroup;
    let closes = |crowd: &Crowd<'d>| {
        ["Close", "Stop", "Shutdown", "Wait"].iter().any(|end| crowd.site.function.ends_with(end))
    };
    cluster.members.iter().map(|(_, crowd)| crowd).filter(waits).max_by_key(|crowd| closes(crowd))
}

/// What speaks for it, the most convincing first.
fn evidence(facts: &Index<'_>, context: &LeakContext<'_, '_>, crowd: &Crowd<'_>) -> Vec<Evidence> {
    let mut all: Vec<Evidence> = Vec::new();
    let one = crowd.count > 1 && crowd.origin.creators.len() == 1;
    let handles = is_request(facts, crowd);
    // Who handles a request was started by the server.
    let mut started = tell::started(facts, crowd).filter(|_| !handles);
    if let Some(Evidence::StartedBy { pool, .. }) = &mut started {
        *pool = one && !crowd.origin.is_one_per_call();
    }
    all.extend(started);
    if context.is_deserted(crowd) {
        all.push(Fact::Deserted.into());
    }
    let others = if crowd.kind == WaitKind::Send { context.ahead(crowd) } else { 0 };
    if others > 0 {
        all.push(Evidence::PastLine { others });
    }
    all.extend(tell::since(crowd));
    if crowd.count >= MANY && context.total > 0 {
        let (percent, total) = (crowd.count.saturating_mul(100) / context.total, context.total);
        all.extend((percent > 0).then_some(Evidence::Share { percent, total }));
    }
    if handles {
        all.push(Fact::HandlesRequest.into());
    }
    if context.serves_connections(crowd) {
        all.push(Fact::BesideConnection.into());
    }
    all.extend(labels(facts, crowd));
    all.extend(lines(facts, crowd));
    all
}

/// A label of which each has a value of its own: what they do is done for one request each.
fn labels(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<Evidence> {
    let group = facts.groups.get(*crowd.groups.first()?)?;
    let own = |label: &&LabelCounts<'_>| {
        i64::try_from(label.distinct).is_ok_and(|distinct| distinct > 1 && distinct == group.count)
    };
    let label = group.labels.iter().find(own)?;
    let (value, _) = label.values.first()?;
    let (key, value) = (label.key.to_owned(), (*value).to_owned());
    Some(Evidence::LabelEach { key, value })
}

/// The lines of the function that they wait in, if there are several.
fn lines(facts: &Index<'_>, crowd: &Crowd<'_>) -> Option<Evidence> {
    let mut lines: Vec<Caller> = Vec::new();
    for group in crowd.groups.iter().filter_map(|index| facts.groups.get(*index)) {
        let at = crowd::site(facts, group.stack)?.location();
        let same = |other: &&mut Caller| {
            (other.at.file_name(), other.at.line) == (at.file_name(), at.line)
        };
        match lines.iter_mut().find(same) {
            Some(known) => known.count += group.count,
            None => lines.push(Caller { at, count: group.count }),
        }
    }
    let all = lines.len();
    lines.truncate(5);
    (all > 1).then_some(Evidence::Lines { lines, all })
}

/// The other crowds of a cluster.
fn members(cluster: &Cluster<'_>) -> Option<Evidence> {
    let one = |(_, crowd): &Judged<'_>| Member {
        crowd: Caller { at: crowd.site.location(), count: crowd.count },
        kind: crowd.kind,
    };
    let members = cluster.members.iter().skip(1).take(8).map(one).collect();
    (cluster.link != Link::None).then_some(Evidence::With { link: cluster.link, members })
}

/// What the table of known goroutines says of one that may be a leak.
fn known_as(entry: &Entry) -> Evidence {
    Evidence::Known {
        meaning: entry.meaning.clone(),
        library: entry.library.clone(),
        note: entry.note.clone(),
    }
}
