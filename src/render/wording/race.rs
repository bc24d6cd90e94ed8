//! What is said of data races.

use super::phrase::place;
use crate::diagnose::data::{Address, Goid};
use crate::diagnose::race::{Accessed, RaceSide};
use crate::model::{Operation, SourceLocation};

/// One sentence that names who accesses the memory.
pub(super) fn title(sides: &[RaceSide]) -> String {
    let name = |side: &RaceSide| {
        side.function.clone().unwrap_or_else(|| "a function that is not known".to_owned())
    };
    match sides {
        [one, other, ..] if one.function == other.function => {
            let do_what = match (one.writes, other.writes) {
                (true, true) => "write",
                (false, false) => "read",
                _ => "read and write",
            };
            format!(
                "data race: goroutines {do_what} the same memory in {}, and nothing synchronises them",
                name(one)
            )
        }
        [one, other, ..] => format!(
            "data race: {} {} memory that {} {}, and nothing synchronises the two",
            name(one),
            verb(one),
            name(other),
            verb(other)
        ),
        [one] => {
            format!("data race: {} {} memory that another goroutine accesses", name(one), verb(one))
        }
        [] => "data race".to_owned(),
    }
}

fn verb(side: &RaceSide) -> &'static str {
    if side.writes { "writes" } else { "reads" }
}

/// The access in a sentence: what, by whom, where, and who started it.
pub(super) fn access(access: &Accessed) -> String {
    let what = match (access.operation, access.previous) {
        (Operation::Read, false) => "read",
        (Operation::Write, false) => "write",
        (Operation::Read, true) => "earlier read",
        (Operation::Write, true) => "earlier write",
        (Operation::Allocation, _) => "the memory was allocated",
    };
    let at =
        access.address.map_or_else(String::new, |Address(address)| format!(" at {address:#x}"));
    let state =
        if access.state.is_empty() { String::new() } else { format!(" ({})", access.state) };
    let by = match access.goid {
        Goid(Accessed::MAIN) => "the main goroutine".to_owned(),
        Goid(goid) => format!("goroutine {goid}{state}"),
    };
    let site = access.at.as_ref().map_or_else(
        || ", whose stack the detector had no more".to_owned(),
        |at| format!(" in {}", place(at)),
    );
    let started = access
        .started
        .as_ref()
        .map_or_else(String::new, |at| format!("; started by {}", place(at)));
    format!("{what}{at} by {by}{site}{started}")
}

/// What to do about the accesses in `places`.
pub(super) fn synchronise(places: &[SourceLocation]) -> String {
    let places: Vec<String> = places.iter().map(place).collect();
    format!(
        "{}: guard the memory with one mutex in all these places, or hand it over by a channel; sync/atomic does for a single number or pointer",
        places.join(" and ")
    )
}
