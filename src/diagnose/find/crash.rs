//! What ended the program: a panic, a fatal error, a signal, Go's own deadlock check, or a test's
//! timeout.
//!
//! Go prints the goroutine to blame first; the others were only caught in what they did. After a panic
//! the cause is below the outermost `panic` frame: frames above it belong to deferred functions that
//! recovered and panicked again, as `testing` and `net/http` do. SIGQUIT and SIGABRT are how people
//! take dumps, so they are no crash.
//!
//! A dump with GOTRACEBACK=single holds one goroutine, so that nothing can be said of the others.

use super::library::{Seen, callers, finding, seen, steps};
use crate::diagnose::evidence::{Evidence, Fact};
use crate::diagnose::facts::{Case, Facts};
use crate::diagnose::finding::{Finding, Root};
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::role::Role;
use crate::diagnose::step::{Advice, Fault, Step};
use crate::diagnose::title::Title;
use crate::model::{Goroutine, SourceLocation, WaitKind};
use crate::view::canon::Shown;

/// The kind of its findings about panics, fatal errors and signals.
pub(super) const CRASH: &str = "crash";

/// The kind of its findings about Go's own check for deadlocks.
pub(super) const ASLEEP: &str = "all-asleep";

/// The kind of its findings about tests that took too long.
pub(super) const TIMEOUT: &str = "test-timeout";

/// What net/http logs when a handler panics (all versions of Go, net/http/server.go, (*conn).serve); it
/// recovers, so that the request ends and the program goes on.
const SERVING: &str = "http: panic serving ";

/// What ended the program.
enum End<'a> {
    /// The line that says it.
    Crash(&'a str),
    /// The line; the server went on.
    Recovered(&'a str),
    Asleep,
    /// The line, and the names of the tests that ran.
    Timeout(&'a str, Vec<&'a str>),
}

/// Says what ended the program, if the dump does.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let found = match facts.dump().preamble.as_deref().and_then(end) {
        Some(End::Crash(line)) => crash(facts, line),
        Some(End::Recovered(line)) => recovered(facts, line),
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
            finding.next.retain(|step| !step.is_second_dump());
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
    if has_ended(facts) && findings.iter().any(|finding| finding.kind == CRASH) {
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
    let end = facts.dump().preamble.as_deref().and_then(end);
    end.is_some_and(|end| !matches!(end, End::Recovered(_)))
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
            || line.contains(SERVING)
    })?;
    if line.contains(SERVING) {
        return Some(End::Recovered(line));
    }
    if line.starts_with("panic: test timed out after ") {
        let tests = lines.filter(|line| line.ends_with(')') && line.starts_with("Test"));
        return Some(End::Timeout(line, tests.collect()));
    }
    let asleep =
        line.contains("all goroutines are asleep") || line.contains("no goroutines (main called");
    Some(if asleep { End::Asleep } else { End::Crash(line) })
}

fn crash(facts: &Facts<'_>, line: &str) -> Option<Finding> {
    let culprit = culprit(facts, line);
    let (at, blocking) = culprit.map_or((None, None), |culprit| blame(facts, culprit));
    let mut finding = Finding::new(CRASH, Category::Crash);
    finding.severity = Severity::High;
    finding.confidence = Confidence::Proven;
    finding.count = 1;
    finding.groups = culprit.and_then(|culprit| group_of(facts, culprit)).into_iter().collect();
    // A crash ends everything: it comes before whatever else is found.
    finding.weight = f64::from(u32::MAX);
    let what = line.trim_start_matches("panic: ").trim_start_matches("fatal error: ");
    let what = what.split(" [recovered").next().unwrap_or(what);
    finding.title = Title::Crash {
        fatal: line.starts_with("fatal error: "),
        function: at.as_ref().map(|at| at.function.clone()),
        what: what.to_owned(),
    };
    finding.root = culprit.map(|culprit| Root {
        goids: culprit.goid().into_iter().collect(),
        row: u32::try_from(culprit.index()).unwrap_or(u32::MAX),
        stack: culprit.stack(),
        role: Some(Role::Ran),
        blocking,
    });
    finding.evidence = said(facts);
    let others = facts.dump().goroutine_count() - 1;
    if culprit.is_none() {
        finding.evidence.push(Fact::CulpritUnseen.into());
    } else if others > 0 {
        finding.evidence.push(Evidence::NotToBlame { others });
    }
    let fault = fault(what);
    if at.is_some() || fault != Fault::Other {
        finding.next = vec![Step::Mend { at, fault }];
    }
    Some(finding)
}

/// What Go printed before the first goroutine.
fn said(facts: &Facts<'_>) -> Vec<Evidence> {
    let preamble = facts.dump().preamble.as_deref().unwrap_or_default();
    let lines = preamble.lines().take(4).map(str::trim).map(str::to_owned);
    lines.map(|line| Evidence::Preamble { line }).collect()
}

/// A panic that net/http recovered from: it ended a request.
fn recovered(facts: &Facts<'_>, line: &str) -> Option<Finding> {
    let culprit = culprit(facts, line)?;
    let (at, blocking) = blame(facts, culprit);
    let mut finding = Finding::new(CRASH, Category::Crash);
    finding.severity = Severity::Medium;
    finding.confidence = Confidence::Proven;
    finding.count = 1;
    finding.groups = group_of(facts, culprit).into_iter().collect();
    let (_, what) = line.split_once(SERVING)?;
    // Behind the address of the client: `10.0.0.7:5000: runtime error: …`
    let what = what.split_once(": ").map_or(what, |(_, what)| what).to_owned();
    finding.next = vec![Step::Mend { at: at.clone(), fault: fault(&what) }];
    finding.title = Title::Recovered { function: at.map(|at| at.function), what };
    finding.root = Some(Root {
        goids: culprit.goid().into_iter().collect(),
        row: u32::try_from(culprit.index()).unwrap_or(u32::MAX),
        stack: culprit.stack(),
        role: Some(Role::Panicked),
        blocking,
    });
    finding.evidence = said(facts);
    finding.evidence.push(Fact::ServerWentOn.into());
    Some(finding)
}

/// What it is, by what Go says.
fn fault(what: &str) -> Fault {
    let rules = [
        ("nil pointer", Fault::NilPointer),
        ("index out of range", Fault::Index),
        ("concurrent map", Fault::ConcurrentMap),
        ("unlock of unlocked", Fault::Unlock),
        ("out of memory", Fault::Memory),
        ("stack overflow", Fault::Recursion),
        ("stack exceeds", Fault::Recursion),
        ("send on closed channel", Fault::ClosedChannel),
        ("close of closed channel", Fault::ClosedChannel),
        ("negative WaitGroup", Fault::WaitGroup),
    ];
    let found = rules.iter().find(|(part, _)| what.contains(part));
    found.map_or(Fault::Other, |(_, fault)| *fault)
}

/// The goroutine that ended the program, of which `line` tells: it ran, or was in a system call if a signal
/// came, and Go prints it first. One that waited did not do it: then the culprit is not in the dump.
fn culprit<'d>(facts: &Facts<'d>, line: &str) -> Option<Goroutine<'d>> {
    let dump = facts.dump();
    let is_signal = line.starts_with("SIG") || line.contains("signal");
    let ran = |g: &Goroutine<'_>| match WaitKind::of_state(g.state()) {
        WaitKind::OnCpu => true,
        WaitKind::Syscall => is_signal,
        _ => g.state().is_empty(),
    };
    let first = |g: &Goroutine<'_>| g.goid() != Some(0) && g.frames().len() > 0;
    let own = |g: &Goroutine<'_>| first(g) && facts.summary.stacks.user(g.stack()).is_some();
    // Goroutine 0 is only the thread's.
    let all = || dump.goroutines().take(8).filter(ran);
    all().find(own).or_else(|| all().find(first))
}

/// The function to blame and its place, if it is printed, and the index of its frame.
fn blame(facts: &Facts<'_>, culprit: Goroutine<'_>) -> (Option<SourceLocation>, Option<usize>) {
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
            (Some(SourceLocation::new(function, file, *line)), Some(index))
        }
        _ => (None, None),
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
    let users = list.first().map(|first| callers(facts, &[first])).unwrap_or_default();
    finding.title = Title::AllAsleep {
        function: users.first().map(|caller| caller.at.function.clone()),
        state: list.first().map_or("", |seen| seen.state).to_owned(),
    };
    finding.evidence = vec![Fact::NobodyCanGoOn.into()];
    finding.evidence.extend(waiting(facts, &list));
    finding.next = users
        .first()
        .map(|caller| Step::at(caller.at.clone(), Advice::WhoWakes))
        .into_iter()
        .collect();
    finding
}

fn waiting(facts: &Facts<'_>, list: &[&Seen<'_, '_>]) -> Vec<Evidence> {
    let one = |seen: &&Seen<'_, '_>| {
        let at = callers(facts, &[seen]).into_iter().next()?.at;
        let (goroutines, state) = (seen.group.count, seen.state.to_owned());
        Some(Evidence::WaitIn { goroutines, state, at })
    };
    list.iter().filter_map(one).take(8).collect()
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
    let test = tests.last().map(|test| (*test).to_owned());
    let after = line.trim_start_matches("panic: test timed out after ").to_owned();
    finding.title = Title::TestTimeout {
        test,
        after,
        function: users.first().map(|caller| caller.at.function.clone()),
        state: list.first().map_or("", |seen| seen.state).to_owned(),
    };
    let ran = tests.iter().map(|test| Evidence::TestRan { test: (*test).to_owned() });
    finding.evidence = ran.collect();
    finding.evidence.extend(waiting(facts, &list));
    finding.next = steps(&users, Advice::SeeTestWait);
    finding
}
