//! What a profile counts. Only profiles that count goroutines are dumps.

use std::borrow::Cow;

use crate::error::Result;
use crate::pprof::{Profile, ValueType, keys};
use crate::source::foreign::other_profile;

/// Names of sample and period types that say that goroutines are counted. Collectors write `goroutines`.
const GOROUTINES: &[&str] = &["goroutine", "goroutines", "goroutineleak"];

/// Functions that are looked at for the language of the program.
const FUNCTIONS: usize = 1000;

/// A profile that counts goroutines.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// The profile's name: `goroutine` or `goroutineleak`.
    pub(super) name: String,
    /// Which of a sample's values counts them.
    pub(super) value: usize,
}

/// What `profile` counts, or the error that says what it is instead; `cut`: its end is missing.
///
/// The types of its samples tell, or that of its period, or a label that only samples of single
/// goroutines have. That values are called counts says nothing: those of most profiles are.
pub(super) fn of(profile: &Profile, cut: bool, input: &str) -> Result<Kind> {
    let text = |index: i64| -> Cow<'_, str> {
        let bytes = usize::try_from(index).ok().and_then(|at| profile.string_table.get(at));
        String::from_utf8_lossy(bytes.map_or(&[], Vec::as_slice))
    };
    let name = |value_type: &ValueType| text(value_type.r#type);
    let samples: Vec<Cow<'_, str>> = profile.sample_type.iter().map(name).collect();
    let period = profile.period_type.as_ref().map(name);
    let counts = |name: &str| GOROUTINES.contains(&name);
    if let Some(value) = samples.iter().position(|name| counts(name)) {
        return Ok(kind(samples.get(value).map_or("", AsRef::as_ref), value));
    }
    if let Some(name) = period.as_deref().filter(|name| counts(name)) {
        return Ok(kind(name, 0));
    }
    let alone = samples.len() == 1;
    let labelled = || profile.string_table.iter().any(|text| text == keys::GOROUTINE.as_bytes());
    if (alone && labelled()) || (cut && has_lost_its_name(profile)) {
        return Ok(kind("goroutine", 0));
    }
    let types: Vec<&str> = samples.iter().map(AsRef::as_ref).collect();
    let functions = profile.function.iter().take(FUNCTIONS);
    let symbols: Vec<Cow<'_, str>> =
        functions.flat_map(|function| [text(function.name), text(function.filename)]).collect();
    Err(other_profile(input, &types, period.as_deref(), symbols.iter().map(AsRef::as_ref)))
}

fn kind(name: &str, value: usize) -> Kind {
    let name = if name == "goroutines" { "goroutine" } else { name };
    Kind { name: name.to_owned(), value }
}

/// Whether names were cut off a profile that Go writes for things that are counted: one value a sample, of
/// the type that the period has too (runtime/pprof/pprof.go, printCountProfile).
fn has_lost_its_name(profile: &Profile) -> bool {
    let [only] = &profile.sample_type[..] else { return false };
    let known = |index: i64| usize::try_from(index).is_ok_and(|at| at < profile.string_table.len());
    profile.period_type.as_ref() == Some(only) && !known(only.r#type)
}
