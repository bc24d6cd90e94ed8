//! Bundles that `gdump collect` wrote, among the inputs: their debug=2 and debug=0 are one picture.

use crate::model::Dump;
use crate::source::Stream;

/// The bundles in one input. Their manifest comes before what it is about.
#[derive(Default)]
pub(super) struct Bundles {
    #[cfg(feature = "live")]
    current: Option<Pair>,
    /// Halves of earlier bundles whose other half never came.
    #[cfg(feature = "live")]
    waiting: Vec<Dump>,
}

/// debug=2 and debug=0 of a bundle.
#[cfg(feature = "live")]
struct Pair {
    /// What both together are called.
    called: String,
    text: String,
    counts: String,
    /// The one that came first.
    held: Option<Dump>,
}

#[cfg(feature = "live")]
impl Bundles {
    /// Whether the input `name` is a bundle's manifest; then it is read.
    pub(super) fn is_manifest(&mut self, name: &str, stream: &mut Stream<'_>) -> bool {
        use crate::live::bundle::{MANIFEST, Manifest};
        let Some(folder) = name.strip_suffix(MANIFEST) else { return false };
        let Some(manifest) = Manifest::read(stream) else { return false };
        if let Some((text, counts)) = manifest.pair() {
            self.waiting.extend(self.current.take().and_then(|pair| pair.held));
            self.current = Some(Pair {
                called: folder.trim_end_matches(['/', '\\', '!']).to_owned(),
                text: format!("{folder}{text}"),
                counts: format!("{folder}{counts}"),
                held: None,
            });
        }
        true
    }

    /// Calls `visit` with `dump`, or once both are there with what it is a part of.
    pub(super) fn pass(&mut self, dump: Dump, visit: &mut dyn FnMut(Dump)) {
        let Some(pair) = &mut self.current else { return visit(dump) };
        if dump.name != pair.text && dump.name != pair.counts {
            return visit(dump);
        }
        let Some(first) = pair.held.take() else {
            pair.held = Some(dump);
            return;
        };
        let (text, counts) = if dump.name == pair.text { (dump, first) } else { (first, dump) };
        let mut joined = crate::transform::merge::join(text, &counts).dump;
        joined.name.clone_from(&pair.called);
        joined.taken_at_nanos = joined.taken_at_nanos.or(counts.taken_at_nanos);
        self.current = None;
        visit(joined);
    }

    /// Calls `visit` with what waits in vain for its other half.
    pub(super) fn end(self, visit: &mut dyn FnMut(Dump)) {
        let last = self.current.and_then(|pair| pair.held);
        self.waiting.into_iter().chain(last).for_each(visit);
    }
}

/// Without the feature `live` the dumps of a bundle are read one by one.
#[cfg(not(feature = "live"))]
#[allow(clippy::unused_self, reason = "the other one needs it")]
impl Bundles {
    pub(super) fn is_manifest(&mut self, _: &str, _: &mut Stream<'_>) -> bool {
        false
    }

    pub(super) fn pass(&mut self, dump: Dump, visit: &mut dyn FnMut(Dump)) {
        visit(dump);
    }

    pub(super) fn end(self, _: &mut dyn FnMut(Dump)) {}
}
