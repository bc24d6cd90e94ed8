//! Goroutines that serve a connection: those that stand beside one which reads from the network, one
//! for one. They end when their client goes, so that they are many and old and yet no leak: writers of
//! web sockets, streams, brokers.

use super::crowd::{Crowd, crowds};
use super::limits::MANY;
use super::origin::Origin;
use super::per_request;
use crate::diagnose::index::{Index, servers};
use crate::model::WaitKind;

/// The crowds that read from the network.
pub(super) struct Connections<'f, 'd> {
    facts: &'f Index<'d>,
    readers: Vec<Crowd<'d>>,
}

impl<'f, 'd> Connections<'f, 'd> {
    /// Finds the goroutines that read.
    pub(super) fn new(facts: &'f Index<'d>) -> Self {
        let reads = |index: usize, kind: WaitKind| {
            let stack = facts.groups.get(index).map(|group| group.stack).unwrap_or_default();
            // A server's connection between two requests is beside nobody.
            kind == WaitKind::Io
                && facts.functions(stack).any(|name| name == "net.(*netFD).Read")
                && servers::idles(facts, stack) != Some(true)
        };
        Self { facts, readers: crowds(facts, reads) }
    }

    /// Whether `crowd` stands beside one that reads: started by the same goroutines, or one by the
    /// other; without ids, in the same package and equally many.
    pub(super) fn serves(&self, crowd: &Crowd<'_>) -> bool {
        if crowd.kind == WaitKind::Select && per_request::is_request(self.facts, crowd) {
            // A stream of events, a long poll: its handler selects until the client goes.
            return true;
        }
        self.readers.iter().any(|reader| {
            if crowd.origin.is_known() && reader.origin.is_known() {
                beside(&crowd.origin, &reader.origin)
            } else {
                let apart = (reader.count - crowd.count).abs();
                crowd.count >= MANY
                    && apart.saturating_mul(20) <= crowd.count
                    && !reader.site.std
                    && reader.site.package() == crowd.site.package()
            }
        })
    }
}

/// Whether nine of ten stand beside a reader.
fn beside(crowd: &Origin, reader: &Origin) -> bool {
    let (creators, goids) = (crowd.creators.len(), crowd.goids.len());
    (creators > 1
        && (crowd.shares_creators(reader, creators) || crowd.are_children_of(reader, creators)))
        || (goids > 1 && reader.are_children_of(crowd, goids))
}
