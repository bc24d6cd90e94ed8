//! How much of a process a dump shows, and of what is in it how much was read.

use super::dump::{Dump, Format};
use super::problem::{Excerpt, Truncation};
use super::state::Head;

/// How much of a process a dump shows. What only a view of the whole process can tell, such as that nobody
/// holds a lock, holds for [`Completeness::Complete`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// All of what Go wrote is there, and was read.
    Complete,
    /// Its end is missing.
    Truncated(Truncation),
    /// It is a part of a dump, which somebody or something chose.
    Excerpt(Excerpt),
    /// Goroutines that are in it were not read, or not to their end.
    Damaged,
}

impl Completeness {
    /// The name used in JSON.
    pub fn status(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated(_) => "truncated",
            Self::Excerpt(_) => "excerpt",
            Self::Damaged => "damaged",
        }
    }

    /// The name of the reason used in JSON.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Complete => None,
            Self::Truncated(truncation) => Some(truncation.reason.name()),
            Self::Excerpt(excerpt) => Some(excerpt.name()),
            Self::Damaged => Some("not-read"),
        }
    }
}

impl Excerpt {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoMain => "no-goroutine-1",
            Self::NoWriter => "no-running-goroutine",
            Self::NoTotal => "no-total",
            Self::OverTotal => "over-total",
        }
    }

    /// Why `dump`, whose records are all there, is an excerpt, if it is.
    pub(super) fn of(dump: &Dump) -> Option<Self> {
        match dump.format {
            // Filled up from the counts of the same process.
            Format::Debug2 | Format::Gccgo if dump.is_counted() => None,
            Format::Debug2 | Format::Gccgo if !dump.has_goid(1) => {
                (!is_crash_alone(dump)).then_some(Self::NoMain)
            }
            Format::Debug2 | Format::Gccgo => {
                let runs = |head: &Head| dump.str(head.state) == "running";
                let written = dump.preamble.is_some() || dump.heads.iter().any(runs);
                (!written).then_some(Self::NoWriter)
            }
            Format::Debug1 | Format::Delve => match dump.stated_total {
                None => Some(Self::NoTotal),
                Some(total) => (dump.goroutines_in_text() > total).then_some(Self::OverTotal),
            },
            // A report has the goroutines of two accesses.
            Format::Race => Some(Self::NoWriter),
            // These are made of lists that have all or are cut.
            Format::Proto | Format::Records | Format::PprofTraces | Format::PprofRaw => None,
        }
    }
}

/// Whether `dump` is all that Go prints of a crash unless it is asked for more (GOTRACEBACK=single): the
/// goroutine that crashed, and those of its `testing/synctest` bubble (Go 1.24 and later, runtime/panic.go,
/// and runtime/traceback.go, tracebacksomeothers).
fn is_crash_alone(dump: &Dump) -> bool {
    let mut others = dump.goroutines().skip(1);
    dump.preamble.is_some() && others.all(|other| other.head().bubble.is_some())
}

impl Dump {
    /// How much of the process it shows.
    pub fn completeness(&self) -> Completeness {
        match (self.truncation, self.excerpt) {
            (Some(truncation), _) => Completeness::Truncated(truncation),
            (None, Some(excerpt)) => Completeness::Excerpt(excerpt),
            (None, None) if self.lost() > 0 => Completeness::Damaged,
            (None, None) => Completeness::Complete,
        }
    }

    /// Whether the dump is whole and everything in it was understood.
    pub fn is_clean(&self) -> bool {
        self.completeness() == Completeness::Complete
            && self.lost() == 0
            && self.problems.is_empty()
            && self.more_problems == 0
    }

    /// Goroutines that are in the input and were not read in full.
    pub fn lost(&self) -> u64 {
        let account = &self.account;
        account.cut_off.saturating_add(account.partial).saturating_add(account.not_understood)
    }

    /// Every goroutine of the input, whether it could be read or not; may be negative in a delta profile.
    pub fn goroutines_in_text(&self) -> i64 {
        self.account.whole.saturating_add_unsigned(self.lost())
    }

    /// Whether nothing was read of the dump: it is no evidence of anything. That a profile of leaks, of
    /// changes or of a program's own has nothing in it is an answer.
    pub fn is_unread(&self) -> bool {
        let no_stack = self.account.whole == 0 && self.stacks.len() <= 1;
        if !self.is_empty() && !no_stack {
            return false;
        }
        let states_none = self.stated_total == Some(0) || self.format == Format::Proto;
        let may_be_empty = self.profile != "goroutine" || self.duration_nanos.is_some();
        !(states_none && may_be_empty && self.is_clean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bubble, DumpBuilder, Row, StackId, TruncationReason};

    /// A traceback text of goroutines with these ids and states.
    fn text(goroutines: &[(u64, &str)], preamble: Option<&str>) -> DumpBuilder {
        let mut builder = DumpBuilder::new("test", Format::Debug2);
        for (goid, state) in goroutines {
            let bubble = state.ends_with("durable").then_some(Bubble::Bubble(1));
            let state = builder.string(state.as_bytes());
            let head = builder.head(Head { state, bubble, ..Head::default() });
            builder.push(Row { goid: *goid, head, ..Row::default() });
            builder.account().whole += 1;
        }
        if let Some(text) = preamble {
            builder.set_preamble(text.to_owned());
        }
        builder
    }

    #[test]
    fn a_text_is_whole_with_main_and_its_writer() {
        const PANIC: Option<&str> = Some("panic: boom");
        for (goroutines, preamble, status) in [
            (&[(7, "running"), (1, "select")][..], None, "complete"),
            (&[(1, "running")], None, "complete"),
            (&[(1, "select"), (7, "select")], Some("SIGQUIT: quit"), "complete"),
            (&[(1, "select"), (7, "select")], None, "no-running-goroutine"),
            (&[(7, "running"), (8, "select")], None, "no-goroutine-1"),
            (&[(7, "running")], None, "no-goroutine-1"),
            // What Go prints of a crash by itself.
            (&[(7, "running")], PANIC, "complete"),
            (&[(7, "running"), (8, "select"), (9, "select")], PANIC, "no-goroutine-1"),
            (&[(7, "running"), (8, "durable"), (9, "durable")], PANIC, "complete"),
            (&[], PANIC, "complete"),
        ] {
            let dump = text(goroutines, preamble).finish();
            let found = dump.completeness();
            assert_eq!(found.reason().unwrap_or(found.status()), status, "{goroutines:?}");
        }
    }

    #[test]
    fn records_are_whole_with_their_total() {
        for (total, whole, lost, status) in [
            (Some(5), 5, 0, "complete"),
            (Some(5), 3, 2, "damaged"),
            (Some(5), 6, 0, "over-total"),
            (Some(5), 4, 2, "over-total"),
            (None, 5, 0, "no-total"),
        ] {
            let mut builder = DumpBuilder::new("test", Format::Debug1);
            if let Some(total) = total {
                builder.set_stated_total(total);
            }
            (builder.account().whole, builder.account().not_understood) = (whole, lost);
            let found = builder.finish().completeness();
            let told = found.reason().filter(|_| found != Completeness::Damaged);
            assert_eq!(told.unwrap_or(found.status()), status);
        }
        // That it is cut off says more.
        let mut cut = text(&[(7, "select")], None);
        let reason = TruncationReason::MidLine;
        cut.set_truncation(Truncation { reason, at_byte: 9 });
        assert_eq!(cut.finish().completeness().reason(), Some("mid-line"));
    }

    #[test]
    fn what_has_nothing_in_it_may_be_an_answer() {
        let unread = |format, profile: &str, total: Option<i64>, seconds: Option<i64>, lost| {
            let mut builder = DumpBuilder::new("test", format);
            builder.set_profile(profile);
            builder.set_time(None, seconds);
            if let Some(total) = total {
                builder.set_stated_total(total);
            }
            builder.account().not_understood = lost;
            builder.finish().is_unread()
        };
        assert!(!unread(Format::Debug1, "goroutineleak", Some(0), None, 0));
        assert!(!unread(Format::Proto, "goroutineleak", None, None, 0));
        assert!(!unread(Format::Proto, "goroutine", None, Some(9), 0), "nothing changed");
        assert!(unread(Format::Proto, "goroutineleak", None, None, 1));
        assert!(unread(Format::Proto, "goroutine", None, None, 0));
        assert!(unread(Format::Debug1, "goroutine", Some(0), None, 0));
        assert!(unread(Format::Debug1, "goroutineleak", Some(2), None, 2));
        assert!(unread(Format::Records, "goroutine", None, None, 0));
        // Headers without a frame; with one frame something was read.
        let mut headers = text(&[(1, "select")], None);
        headers.account().whole = 0;
        headers.account().not_understood = 1;
        assert!(headers.clone().finish().is_unread());
        let frame = headers.frame(crate::model::Frame::Address(7));
        let stack = headers.stack(&[frame]);
        assert_ne!(stack, StackId::default());
        assert!(!headers.finish().is_unread());
    }
}
