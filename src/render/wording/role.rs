//! What goroutines do to others, in words.

use super::phrase::{because, lock_at, one_does, sure, waiting, wants};
use crate::diagnose::rating::Confidence;
use crate::diagnose::role::{Role, Wants};

/// What goroutines do to others, such as `holds 0x76daecbe1a0 (likely)`; empty if that is not known.
pub fn role(role: Option<&Role>) -> String {
    role.map_or_else(String::new, words)
}

fn words(role: &Role) -> String {
    match role {
        Role::Stuck(kind, count) => format!("{}, {}", waiting(*kind), because(*kind, *count)),
        Role::Does(activity) => one_does(Some(activity)),
        Role::Wants(what, confidence) => wanted(*what, *confidence),
        Role::Closes(own, what, confidence) => {
            let own = own.as_deref().map_or_else(String::new, words);
            format!("{own}; the one at the top {} it ({})", wants(*what), sure(*confidence))
        }
        Role::Holds(name, confidence, None) => {
            format!("holds {} ({})", lock_at(*name), sure(*confidence))
        }
        Role::Holds(name, confidence, does) => format!(
            "holds {} ({}) and {}",
            lock_at(*name),
            sure(*confidence),
            one_does(does.as_ref())
        ),
        Role::HoldsAndWaits(name) => format!("holds {} and waits for it (likely)", lock_at(*name)),
        Role::ReadsAgain(name) => {
            format!("holds {} for reading and waits to read again (likely)", lock_at(*name))
        }
        Role::Releases(name) => {
            format!("is releasing {} or was woken to take it", lock_at(*name))
        }
        other => plain(other).to_owned(),
    }
}

fn plain(role: &Role) -> &'static str {
    match role {
        Role::Waits => "waits",
        Role::WaitsForIt => "waits for it",
        Role::WaitsAsOthers => "waits for it as the others do",
        Role::WaitsToWrite => "waits to write, so that no new reader is let in",
        Role::DoesTheSame => "does the same with another lock",
        Role::StartedThem => "started them and waits for them",
        Role::SlowConsumer => "is the consumer that does not keep up",
        Role::BlockedConsumer => "is the consumer, blocked itself",
        Role::HoldsPlace => "holds a place",
        Role::Awaited => "is what the WaitGroup waits for",
        Role::WentOn => "went on where the others wait",
        Role::Ran => "was running when the program ended",
        Role::Panicked => "panicked while it served a request",
        Role::WritesLog => "holds the logger's lock while it writes",
        _ => "",
    }
}

/// What goroutines want of those above them.
fn wanted(wants: Wants, confidence: Confidence) -> String {
    let what = match wants {
        Wants::UnlockAt(address) => format!("waits for its lock at {address:#x}"),
        Wants::UnlockOther => "waits for another lock of it".to_owned(),
        Wants::Unlock => "waits for the lock".to_owned(),
        Wants::Write => "waits to read; this writer, who waits, keeps it out".to_owned(),
        Wants::End => "waits in a WaitGroup for it".to_owned(),
        Wants::Receive => "is blocked sending to it".to_owned(),
        Wants::Send => "is blocked receiving from it".to_owned(),
        Wants::Signal => "waits in a Cond for its signal".to_owned(),
    };
    format!("{what} ({})", sure(confidence))
}
