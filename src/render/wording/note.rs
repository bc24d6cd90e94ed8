//! Notes on what could not be judged, and why goroutines are fine.

use super::phrase::counts;
use crate::diagnose::find::{Note, Why};
use crate::view::version::format_words;

/// What the user should know, as a sentence without a final period.
pub fn note(note: &Note) -> String {
    match note {
        Note::NoAgesForLeaks { format, has_ids } => {
            let (lacks, told) = if *has_ids {
                ("ages", "")
            } else {
                ("ages, ids or creators", " and who started them")
            };
            format!(
                "{} carries no {lacks}, so leaks are judged by place and count; /debug/pprof/goroutine?debug=2 tells since when they wait{told}",
                format_words(*format)
            )
        }
        Note::MinWait { minutes, format } => {
            let asked =
                format!("--min-wait {minutes}m cannot be applied; judged by shape and count instead");
            match format {
                None => format!(
                    "no goroutine of this dump has an age (Go counts them from a garbage collection, and forces one every two minutes), so {asked}"
                ),
                Some(format) => format!(
                    "no goroutine of this dump has an age ({} carries none), so {asked}; for ages take /debug/pprof/goroutine?debug=2",
                    format_words(*format)
                ),
            }
        }
        Note::NoneProven => "Go's collector has proven no leak here. That is none proven, not no leak: it cannot see goroutines that wait for what a global variable or a live goroutine refers to, or that poll, sleep or wait for the network; take /debug/pprof/goroutine?debug=2, too".to_owned(),
        Note::Restarted { why, dumps, just_before } => {
            let which = match dumps {
                1 if *just_before => "the dump before is".to_owned(),
                1 => "an earlier dump is".to_owned(),
                dumps => format!("{dumps} earlier dumps are"),
            };
            format!(
                "{which} from another process, or the dumps are not in the order of time ({why}): no finding compares them"
            )
        }
        Note::Partial => {
            "goroutines are missing from this dump, so nobody is said to be gone".to_owned()
        }
        Note::ProfileProves { leaks, first, more } => format!(
            "the goroutineleak profile given with it proves {}: {}{}",
            if *leaks == 1 { "1 leak".to_owned() } else { format!("{leaks} leaks") },
            counts(first),
            if *more { ", and more" } else { "" }
        ),
        Note::Other { text } => text.clone(),
    }
}

/// Why goroutines are fine, in a few words.
pub fn fine(why: &Why) -> String {
    match why {
        // What a known goroutine does, and whose it is where its meaning does not say so.
        Why::Known { meaning, library }
            if library.is_empty() || meaning.contains(library.as_str()) =>
        {
            meaning.clone()
        }
        Why::Known { meaning, library } => format!("{library}: {meaning}"),
        Why::Main => "the main goroutine waits for the program's end".to_owned(),
        Why::Meaning { meaning } => (*meaning).to_owned(),
        Why::Runs => "it runs".to_owned(),
        Why::Io => "waits for the network or a pipe".to_owned(),
        Why::Sleeps => "sleeps".to_owned(),
        Why::Syscall => "in a system call".to_owned(),
        Why::Lock => "waits for a lock, few do".to_owned(),
        Why::Nothing => "alone or in small groups, and nothing speaks for a leak".to_owned(),
    }
}
