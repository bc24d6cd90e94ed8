//! Bundles that `gdump collect` wrote, among the inputs: their debug=2 and debug=0 are one picture.

use crate::model::Dump;
use crate::source::Stream;

/// The bundles in one input.
#[derive(Default)]
pub(super) struct Bundles {
    /// For each the names of the dumps with debug=2 and debug=0, and what to call both together.
    #[cfg(feature = "live")]
    pairs: Vec<[String; 3]>,
}

#[cfg(feature = "live")]
impl Bundles {
    /// Whether the input `name` is a bundle's manifest; then it is read.
    pub(super) fn is_manifest(&mut self, name: &str, stream: &mut Stream<'_>) -> bool {
        use crate::live::bundle::{MANIFEST, Manifest};
        let Some(folder) = name.strip_suffix(MANIFEST) else { return false };
        if let Some(manifest) = Manifest::read(stream)
            && let Some((text, counts)) = manifest.pair()
        {
            let called = folder.trim_end_matches(['/', '\\', '!']).to_owned();
            self.pairs.push([format!("{folder}{text}"), format!("{folder}{counts}"), called]);
        }
        true
    }

    /// Joins what belongs together. Each pair takes the place of its first dump.
    pub(super) fn join(self, dumps: &mut Vec<Dump>) {
        for [text, counts, called] in self.pairs {
            let find = |dumps: &[Dump], name: &str| dumps.iter().position(|dump| dump.name == name);
            let Some((text, counts)) = find(dumps, &text).zip(find(dumps, &counts)) else {
                continue;
            };
            let at = text.min(counts);
            // The later one first: removing it moves none before it.
            let later = dumps.remove(text.max(counts));
            let first = dumps.remove(at);
            let (text, counts) = if text == at { (first, later) } else { (later, first) };
            let mut joined = crate::analysis::merge::join(text, &counts).dump;
            joined.name = called;
            joined.taken_at_nanos = joined.taken_at_nanos.or(counts.taken_at_nanos);
            dumps.insert(at, joined);
        }
    }
}

#[cfg(not(feature = "live"))]
impl Bundles {
    /// Without the feature `live` the dumps of a bundle are read one by one.
    #[allow(clippy::unused_self, reason = "the other one needs it")]
    pub(super) fn is_manifest(&mut self, _: &str, _: &mut Stream<'_>) -> bool {
        false
    }

    #[allow(clippy::unused_self, reason = "the other one needs it")]
    pub(super) fn join(self, _: &mut [Dump]) {}
}
