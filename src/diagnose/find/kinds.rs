//! The kinds of findings, and which analysis makes them.

use super::{ANALYSES, Analysis, channel, crash};

/// Kinds of findings that an analysis of another name makes.
const ALSO: &[(&str, &str)] = &[
    (channel::DEAD, channel::SLOW),
    (channel::BLOCKED, channel::SLOW),
    (crash::ASLEEP, crash::CRASH),
    (crash::TIMEOUT, crash::CRASH),
];

/// The analysis that makes findings of this kind, with the kind as it is written.
pub fn analysis_of(kind: &str) -> Option<(&'static str, &'static Analysis)> {
    let same = |other: &str| other.eq_ignore_ascii_case(kind);
    let own = ANALYSES.iter().find(|analysis| same(analysis.kind));
    own.map(|analysis| (analysis.kind, analysis)).or_else(|| {
        let (also, name) = ALSO.iter().find(|(also, _)| same(also))?;
        Some((*also, ANALYSES.iter().find(|analysis| analysis.kind == *name)?))
    })
}

/// The other kinds of findings that the analysis of this kind makes.
pub fn also(kind: &str) -> impl Iterator<Item = &'static str> {
    ALSO.iter().filter(move |(_, name)| *name == kind).map(|(also, _)| *also)
}
