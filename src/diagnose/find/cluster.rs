//! Crowds that are one structure: each stuck request has its own set of goroutines, so that their
//! crowds have equal sizes (or integer ratios) and equal ages. They are one finding, `20 instances of a
//! 13-goroutine cluster`, where lists show thirteen faults.
//!
//! The best evidence are creator ids: siblings have the same creators, children were started by
//! members. Without ids (before Go 1.21) equal ages stand in, without ages (debug=1) equal sizes in
//! the same package.

use super::crowd::Crowd;
use super::limits::MANY;
use super::origin::Origin;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Confidence, Severity};
use crate::diagnose::said::Link;

/// How bad a crowd is, and how sure that is.
pub(super) type Verdict = (Severity, Confidence);

/// A crowd and what is thought of it; `None` for one that is only there because it belongs to others.
pub(super) type Judged<'d> = (Option<Verdict>, Crowd<'d>);

/// Crowds that belong together, the one to blame first.
pub(super) struct Cluster<'d> {
    /// The crowds; the first has a verdict.
    pub members: Vec<Judged<'d>>,
    /// What holds it together.
    pub link: Link,
}

/// Crowds that are compared with each other: more structures than that are not read anyway.
const COMPARED: usize = 64;

/// Joins what belongs together; what belongs to no suspect is left out.
pub(super) fn join<'d>(
    facts: &Index<'d>,
    mut crowds: Vec<Judged<'d>>,
    lone: bool,
) -> Vec<Cluster<'d>> {
    // Suspects first, then the larger ones: the order is that of the crowds, which are sorted.
    crowds.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
    let mut clusters: Vec<Cluster<'d>> = Vec::new();
    for (number, (verdict, crowd)) in crowds.into_iter().enumerate() {
        let link_to = |cluster: &Cluster<'d>| {
            let links = cluster.members.iter().map(|(_, member)| link(facts, member, &crowd, lone));
            links.max().unwrap_or(Link::None)
        };
        let compared = if number < COMPARED { clusters.as_slice() } else { &[] };
        let links: Vec<Link> = compared.iter().map(link_to).collect();
        let mut linked = links.iter().enumerate().filter(|(_, link)| **link > Link::None);
        let Some((home, best)) = linked.next() else {
            if verdict.is_some() {
                clusters.push(Cluster { members: vec![(verdict, crowd)], link: Link::None });
            }
            continue;
        };
        // It may hold together what did not seem to belong together before.
        let others: Vec<usize> = linked.map(|(index, _)| index).collect();
        let more: Vec<_> = others.iter().rev().map(|index| clusters.remove(*index)).collect();
        if let Some(cluster) = clusters.get_mut(home) {
            cluster.link = if cluster.members.len() == 1 { *best } else { cluster.link.min(*best) };
            cluster.members.extend(more.into_iter().rev().flat_map(|other| other.members));
            cluster.members.push((verdict, crowd));
        }
    }
    clusters
}

/// What `a` and `b` have in common; `lone` counts single goroutines as well.
fn link(facts: &Index<'_>, a: &Crowd<'_>, b: &Crowd<'_>, lone: bool) -> Link {
    if a.origin.is_known() || b.origin.is_known() {
        let related = siblings(&a.origin, &b.origin, lone)
            || children(&a.origin, &b.origin, lone)
            || children(&b.origin, &a.origin, lone);
        return if related { Link::Creators } else { Link::None };
    }
    if facts.has_ages() {
        return if same_ages(facts, a, b) { Link::Ages } else { Link::None };
    }
    let (small, large) = (a.count.min(b.count), a.count.max(b.count));
    // Independent crowds of 20 and more seldom agree to one in a hundred.
    let equal = small >= MANY && (large - small).saturating_mul(100) <= large;
    if equal && a.site.package() == b.site.package() { Link::Sizes } else { Link::None }
}

/// Whether nine of ten creators of the smaller one are the other's too, and it is not a mere part.
fn siblings(a: &Origin, b: &Origin, lone: bool) -> bool {
    let smaller = a.creators.len().min(b.creators.len());
    let larger = a.creators.len().max(b.creators.len());
    // That two goroutines have one creator says nothing: main starts everything.
    let alone = larger == 1 && !(lone && a.is_gone() && b.is_gone());
    let alike = smaller > 0 && smaller.saturating_mul(2) > larger;
    // The sizes are known; what is common must be counted.
    !alone && alike && a.shares_creators(b, smaller)
}

/// Whether nine of ten creators of `child` are in `parent`.
fn children(child: &Origin, parent: &Origin, lone: bool) -> bool {
    let all = child.creators.len();
    (all > 1 || (lone && all == 1)) && child.are_children_of(parent, all)
}

/// Whether the ages of both are spread alike and the sizes divide: instances of one structure got
/// stuck one after the other, each of its goroutines at the same time.
fn same_ages(facts: &Index<'_>, a: &Crowd<'_>, b: &Crowd<'_>) -> bool {
    /// Fewer than five may agree by chance.
    const FEWEST: i64 = 5;
    /// Ages are whole minutes and count from garbage collections: parked together they may differ
    /// by the two minutes after which Go forces a collection (runtime.forcegcperiod).
    const SLACK: u32 = 2;
    let (small, large) = if a.count <= b.count { (a, b) } else { (b, a) };
    if small.count < FEWEST || large.count % small.count != 0 {
        return false;
    }
    let (x, y) = (ages(facts, small), ages(facts, large));
    let (Some(first), Some(last)) = (x.first(), x.last()) else { return false };
    if last - first <= 2 * SLACK {
        return false;
    }
    // The ages of the larger one, one for each of the smaller: the middle of each share.
    let share = y.len() / x.len().max(1);
    let pairs =
        x.iter().enumerate().filter_map(|(at, age)| Some((age, y.get(at * share + share / 2)?)));
    let alike = pairs.filter(|(a, b)| a.abs_diff(**b) <= SLACK).count();
    alike * 10 >= x.len() * 9
}

/// The known ages in a crowd, sorted; those without one count as 0.
fn ages(facts: &Index<'_>, crowd: &Crowd<'_>) -> Vec<u32> {
    let members = crowd.groups.iter().flat_map(|index| facts.members(*index));
    let mut ages: Vec<_> = members.map(|member| member.head().minutes.unwrap_or(0)).collect();
    ages.sort_unstable();
    ages
}
