//! What ended the program: a panic, a fatal error, a signal, Go's own deadlock check, or a test's
//! timeout.
//!
//! Go prints the goroutine to blame first; the others were only caught in what they did. After a panic
//! the cause is below the outermost `panic` frame: frames above it belong to deferred functions that
//! recovered and panicked again, as `testing` and `net/http` do. SIGQUIT and SIGABRT are how people
//! take dumps, so they are no crash.
//!
//! A dump with GOTRACEBACK=single holds one goroutine, so that nothing can be said of the others.

use super::library::{Seen, callers, finding, place, seen, steps};
use super::tell;
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::model::{Goroutine, WaitKind};
use crate::view::canon::Shown;

/// The kind of its findings about panics, fatal errors and signals.
pub(super) const CRASH: &str = "crash";

/// The kind of its findings about Go's own check for deadlocks.
pub(super) const ASLEEP: &str = "all-asleep";

/// The kind of its findings about tests that took too long.
pub(super) const TIMEOUT: &str = "test-timeout";

/// What ended the program.
enum End<'a> {
    /// The line that says it.
    Crash(&'a str),
    Asleep,
    /// The line, and the names of the tests that ran.
    Timeout(&'a str, Vec<&'a str>),
}

/// Says what ended the program, if the dump does.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let found = match facts.dump().preamble.as_deref().and_then(end) {
        Some(End::Crash(line)) => crash(facts, line),
        Some(End::Asleep) => Some(asleep(facts)),
        Some(End::Timeout(line, tests)) => Some(timeout(facts, line, &tests)),
        None => None,
    };
    found.into_iter().collect()
}

/// After a crash goroutines that wait were waiting when it happened: that they leak is not shown by it.
/// And that all are asleep says less than an analysis that found out why. Of a program that has ended no
/// second dump can be taken.
pub(super) fn calm(facts: &Facts<'_>, findings: &mut [Finding]) {
    if has_ended(facts) {
        for finding in findings.iter_mut() {
            finding.next.retain(|step| !step.starts_with(tell::SECOND_DUMP));
        }
    }
    let explained = findings.iter().any(|finding| {
        finding.category == Category::Deadlock
            && finding.severity == Severity::High
            && finding.kind != ASLEEP
    });
    for finding in findings.iter_mut().filter(|finding| explained && finding.kind == ASLEEP) {
        finding.severity = Severity::Medium;
    }
    if findings.iter().any(|finding| finding.kind == CRASH) {
        for finding in findings {
            let proven = finding.confidence == Confidence::Proven;
            if finding.category == Category::Leak && !proven {
                finding.severity = finding.severity.min(Severity::Low);
            }
        }
    }
}

/// Whether the program has ended, so that no second dump can be taken of it.
pub(super) fn has_ended(facts: &Facts<'_>) -> bool {
    facts.dump().preamble.as_deref().and_then(end).is_some()
}

fn end(preamble: &str) -> Option<End<'_>> {
    let mut lines = preamble.lines().map(str::trim);
    let line = lines.find(|line| {
        [
            "panic: ",
            "fatal error: ",
            "SIGSEGV",
            "SIGBUS",
            "SIGFPE",
            "SIGILL",
            "unexpected fault",
            "Exception ",
        ]
        .iter()
        .any(|start| line.starts_with(start))
            || line.contains("http: panic serving ")
    })?;
    if line.starts_with("panic: test timed out after ") {
        let tests = lines.filter(|line| line.ends_with(')') && line.starts_with("Test"));
        return Some(End::Timeout(line, tests.collect()));
    }
    let asleep =
        line.contains("all goroutines are asleep") || line.contains("no goroutines (main called");
    Some(if asleep { End::Asleep } else { End::Crash(line) })
}

fn crash(facts: &Facts<'_>, line: &str) -> Option<Finding> {
    let culprit = culprit(facts)?;
    let (function, at, blocking) = blame(facts, culprit);
    let mut finding = Finding::new(CRASH, Category::Crash, "");
    finding.severity = Severity::High;
    finding.confidence = Confidence::Proven;
    finding.count = 1;
    finding.groups = group_of(facts, culprit).into_iter().collect();
    // A crash ends everything: it comes before whatever else is found.
    finding.weight = f64::from(u32::MAX);
    let what = line.trim_start_matches("panic: ").trim_start_matches("fatal error: ");
    let what = what.split(" [recovered").next().unwrap_or(what);
    finding.title = if line.starts_with("fatal error: ") {
        format!("fatal error in {function}: {what}")
    } else {
        format!("the program crashed in {function}: {what}")
    };
    finding.root = Some(Root {
        goids: culprit.goid().into_iter().collect(),
        row: u32::try_from(culprit.index()).unwrap_or(u32::MAX),
        stack: culprit.stack(),
        role: "was running when the program ended".to_owned(),
        blocking,
    });
    let preamble = facts.dump().preamble.as_deref().unwrap_or_default();
    finding.evidence = preamble.lines().take(4).map(str::trim).map(str::to_owned).collect();
    let others = facts.dump().goroutine_count() - 1;
    if others > 0 {
        finding.evidence.push(format!(
            "the {others} other goroutines were waiting or running when it happened, and are not to blame for it"
        ));
    }
    let at = if at.is_empty() { function.to_owned() } else { format!("{at}: {function}") };
    finding.next = vec![format!("{at}: {}", advice(what))];
    Some(finding)
}

/// What to look for, by what Go says.
fn advice(what: &str) -> &'static str {
    let rules = [
        (
            "nil pointer",
            "find out which pointer, map or interface is nil there, and who should have set it",
        ),
        ("index out of range", "check the index against the length"),
        (
            "concurrent map",
            "a map is used by several goroutines: guard it with a mutex; `go test -race` finds where",
        ),
        ("unlock of unlocked", "Unlock is called twice, or without Lock, or the mutex was copied"),
        ("out of memory", "take a heap profile before it happens; see which goroutines allocate"),
        ("stack overflow", "a recursion does not end"),
        ("stack exceeds", "a recursion does not end"),
        ("send on closed channel", "close a channel only where it is sent to, and only once"),
        ("close of closed channel", "close a channel only where it is sent to, and only once"),
        ("negative WaitGroup", "Done is called more often than Add"),
        ("panic serving", "the handler panicked; the server went on"),
    ];
    let found = rules.iter().find(|(part, _)| what.contains(part));
    found.map_or("the stack of that goroutine is the place to start", |(_, advice)| advice)
}

/// The first goroutine that runs the program's code; the first at all if none does.
fn culprit<'d>(facts: &Facts<'d>) -> Option<Goroutine<'d>> {
    let dump = facts.dump();
    let own =
        |g: &Goroutine<'_>| g.goid() != Some(0) && facts.summary.stacks.user(g.stack()).is_some();
    // Go prints the one to blame first; goroutine 0 is only the thread's.
    dump.goroutines().take(8).find(own).or_else(|| dump.goroutine(0))
}

/// The function to blame, its place, and the index of its frame.
fn blame<'d>(facts: &Facts<'d>, culprit: Goroutine<'d>) -> (&'d str, String, Option<usize>) {
    let frames: Vec<_> = facts.frames(culprit.stack()).collect();
    let is_panic = |frame: &Shown<'_>| matches!(frame, Shown::Call { function: "panic", .. });
    let after = frames.iter().rposition(is_panic).map_or(0, |at| at + 1);
    let own = |from: usize| {
        let rest = frames.iter().enumerate().skip(from);
        rest.into_iter().find(|(_, frame)| matches!(frame, Shown::Call { std: false, .. }))
    };
    let chosen = own(after).or_else(|| own(0)).or_else(|| frames.iter().enumerate().nth(after));
    match chosen {
        Some((index, Shown::Call { function, file, line, .. })) => {
            (function, place(file, *line), Some(index))
        }
        _ => ("a function that is not printed", String::new(), None),
    }
}

fn group_of(facts: &Facts<'_>, culprit: Goroutine<'_>) -> Option<usize> {
    let row = u32::try_from(culprit.index()).ok()?;
    (0..facts.groups.len()).find(|index| facts.summary.grouping.rows(*index).contains(&row))
}

fn asleep(facts: &Facts<'_>) -> Finding {
    let all = seen(facts);
    let mut list: Vec<_> = all.iter().collect();
    // The first goroutine that Go prints is the main one.
    list.sort_by_key(|seen| {
        // `select {}` is how main waits for ever on purpose: it is not the cause.
        let parked = seen.kind == WaitKind::EmptySelect;
        (parked, facts.summary.grouping.rows(seen.index).first().copied())
    });
    let mut finding = finding(ASLEEP, Category::Deadlock, facts, &list);
    finding.severity = Severity::High;
    finding.confidence = Confidence::Proven;
    let main = list.first().map_or("", |seen| seen.state);
    let users = list.first().map(|first| callers(facts, &[first])).unwrap_or_default();
    finding.title = format!(
        "all goroutines are asleep: {} waits in {main}, and nobody is left who could wake it",
        users.first().map_or("the first goroutine", |caller| caller.function)
    );
    finding.evidence = vec!["Go's runtime found that no goroutine can ever go on".to_owned()];
    finding.evidence.extend(waiting_lines(facts, &list));
    if let Some(caller) = users.first() {
        finding.next = vec![format!(
            "{}: who should have sent, closed, unlocked or signalled here?",
            caller.words()
        )];
    }
    finding
}

fn waiting_lines(facts: &Facts<'_>, list: &[&Seen<'_, '_>]) -> Vec<String> {
    let line = |seen: &&Seen<'_, '_>| {
        let caller = callers(facts, &[seen]).into_iter().next()?;
        Some(format!("{} in {} at {}", seen.group.count, seen.state, caller.words()))
    };
    list.iter().filter_map(line).take(8).collect()
}

fn timeout(facts: &Facts<'_>, line: &str, tests: &[&str]) -> Finding {
    let all = seen(facts);
    let user = |seen: &&Seen<'_, '_>| facts.summary.stacks.user(seen.group.stack).is_some();
    let in_test = |seen: &&Seen<'_, '_>| {
        seen.has("testing.tRunner")
            && !seen.has("testing.(*T).Run")
            && !seen.has("testing.(*T).Parallel")
    };
    let list: Vec<_> = all.iter().filter(|seen| user(seen) && in_test(seen)).collect();
    let mut finding = finding(TIMEOUT, Category::Crash, facts, &list);
    finding.severity = Severity::High;
    finding.confidence = Confidence::Proven;
    let users = callers(facts, &list);
    // `TestA (1s)`: a subtest is printed after the test that it belongs to.
    let test = tests.last().and_then(|test| test.split(' ').next()).unwrap_or("a test");
    let after = line.trim_start_matches("panic: test timed out after ");
    finding.title = match (users.first(), list.first()) {
        (Some(caller), Some(seen)) => {
            format!("{test} did not end in {after}: {} is in {}", caller.function, seen.state)
        }
        _ => format!("{test} did not end in {after}"),
    };
    finding.evidence = tests.iter().map(|test| format!("{test} was running")).collect();
    finding.evidence.extend(waiting_lines(facts, &list));
    finding.next = steps(&users, "see what the test waits for here");
    finding
}
