//! What a profile counts. Only profiles that count goroutines are dumps.

use crate::error::{Error, Result};
use crate::pprof::Profile;

/// What to take instead of another profile.
const REMEDY: &str =
    "take one with: curl -so goroutines.txt 'http://HOST/debug/pprof/goroutine?debug=2'";

/// A profile that counts goroutines, or something like them.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// The profile's name: `goroutine`, `goroutineleak`, or a program's own.
    pub(super) name: String,
    /// Which of a sample's values counts them.
    pub(super) value: usize,
}

/// What `profile` counts, or the error that says what it is instead.
pub(super) fn of(profile: &Profile, input: &str) -> Result<Kind> {
    let text = |index: i64| {
        let bytes = usize::try_from(index).ok().and_then(|at| profile.string_table.get(at));
        String::from_utf8_lossy(bytes.map_or(&[], Vec::as_slice)).into_owned()
    };
    let types: Vec<(String, String)> =
        profile.sample_type.iter().map(|t| (text(t.r#type), text(t.unit))).collect();
    let goroutines = types.iter().position(|(name, _)| name.starts_with("goroutine"));
    if let Some((value, (name, _))) = goroutines.and_then(|at| Some((at, types.get(at)?))) {
        // Collectors write `goroutines` for `goroutine`.
        let name = if name == "goroutines" { "goroutine" } else { name };
        return Ok(Kind { name: name.to_owned(), value });
    }
    match &types[..] {
        // The names are cut off, or there are no samples: an empty message says nothing of itself.
        [] => Ok(Kind { name: "goroutine".to_owned(), value: 0 }),
        [(name, _)] if name.is_empty() => Ok(Kind { name: "goroutine".to_owned(), value: 0 }),
        // A program's own profile.
        [(name, unit)] if unit == "count" && name != "threadcreate" => {
            Ok(Kind { name: name.clone(), value: 0 })
        }
        _ => Err(other(&types, input)),
    }
}

/// The error for a profile of another kind.
fn other(types: &[(String, String)], input: &str) -> Error {
    let has = |name: &str| types.iter().any(|(known, _)| known == name);
    let kind = if has("inuse_space") || has("alloc_space") {
        "a heap profile"
    } else if has("cpu") {
        "a CPU profile"
    } else if has("contentions") || has("delay") {
        "a block or mutex profile"
    } else if has("threadcreate") {
        "a profile of thread creation"
    } else if has("time") || has("wall") {
        "a wall-clock profile"
    } else {
        "a profile of another kind"
    };
    let names: Vec<&str> =
        types.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty()).collect();
    let names = if names.is_empty() {
        format!("{} values a sample", types.len())
    } else {
        names.join(", ")
    };
    Error::NotADump {
        input: input.to_owned(),
        what: format!("this is {kind} ({names}), not a goroutine profile"),
        remedy: REMEDY.to_owned(),
    }
}
