//! Faults of the program itself: what a user sees in place of Rust's own words, and how it ends.

use std::io::Write;
use std::panic::{self, Location, UnwindSafe};

use super::Exit;
use crate::render::escape::visible;

/// Runs `run`, and ends with [`Exit::Trouble`] if it breaks off, which no input is to bring about. What
/// broke is said on standard error, with what to do; Rust's own words and backtrace only to those who ask
/// for them with `RUST_BACKTRACE`.
pub(super) fn guard(run: impl FnOnce() -> Exit + UnwindSafe) -> Exit {
    let own = panic::take_hook();
    let asked = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    panic::set_hook(Box::new(move |what| {
        if asked {
            own(what);
        }
        let payload = what.payload();
        let said = payload.downcast_ref::<&str>().copied();
        let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = words(said.unwrap_or_default(), what.location());
        // There is nowhere to say that standard error is closed.
        let _ = writeln!(std::io::stderr(), "gdump: {text}");
    }));
    panic::catch_unwind(run).unwrap_or(Exit::Trouble)
}

/// What is said of a fault: where it is in the sources, without the folders of the machine on which the
/// program was built.
fn words(what: &str, at: Option<&Location<'_>>) -> String {
    let at = at.map_or_else(String::new, |at| {
        let file = at.file().replace('\\', "/");
        let file = file.rsplit_once("/src/").map_or(file.as_str(), |(_, file)| file);
        format!(" ({}:{})", file.trim_start_matches("src/"), at.line())
    });
    format!(
        "this is a fault of gdump, not of the dump: {}{at}\n  what was printed may be incomplete; please report it with the command line and gdump --version,\n  and with the dump if it may be shown: gdump convert --anonymize --to debug2 takes its names out",
        visible(what)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_without_the_words_of_rust() {
        let at = Location::caller();
        let text = words("index \u{1b}[31m out of range", Some(at));
        assert!(text.starts_with("this is a fault of gdump, not of the dump: index "), "{text}");
        assert!(text.contains(&format!("(cli/fault.rs:{})", at.line())), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("panicked"), "{text}");
    }

    #[test]
    fn a_fault_ends_with_the_status_of_trouble() {
        #[allow(clippy::panic, reason = "that is what is tested")]
        let exit = guard(|| panic!("by the test"));
        let _ = panic::take_hook();
        assert_eq!((exit, guard(|| Exit::Done)), (Exit::Trouble, Exit::Done));
        let _ = panic::take_hook();
    }
}
