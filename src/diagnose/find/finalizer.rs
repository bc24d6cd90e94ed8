//! A finalizer or cleanup that does not return.
//!
//! Go runs all finalizers on one goroutine, one after the other (runtime/mfinal.go), and cleanups on a
//! few. One that waits for a channel, a lock or the network holds up all others: files that nobody closed
//! stay open and what they refer to is never freed, so that the process grows without a goroutine more.

use super::crowd::{Crowd, crowds};
use super::tell;
use crate::diagnose::evidence::Fact;
use crate::diagnose::facts::Case;
use crate::diagnose::finding::Finding;
use crate::diagnose::index::Index;
use crate::diagnose::rating::{Category, Confidence, Severity};
use crate::diagnose::step::{Advice, Step};
use crate::diagnose::title::Title;
use crate::model::{Frame, StackId, WaitKind};

/// The kind of these findings.
pub(super) const KIND: &str = "finalizer-blocked";

/// The functions that finalizers and cleanups are called from: mfinal.go and mcleanup.go of Go 1.0 to
/// 1.27.
const RUNNERS: &[&str] = &["runtime.runfinq", "runtime.runFinalizers", "runtime.runCleanups"];

/// Looks at a case.
pub(super) fn run(case: &Case<'_, '_>) -> Vec<Finding> {
    let facts = case.now;
    let by_runtime = shows_creators(facts);
    let runs = |index: usize, kind: WaitKind| {
        kind != WaitKind::OnCpu
            && facts.groups.get(index).is_some_and(|group| {
                facts.summary.stacks.user(group.stack).is_some()
                    && (is_run(facts, group.stack) || (by_runtime && is_of_runtime(facts, index)))
            })
    };
    crowds(facts, runs).iter().map(|crowd| tell_one(facts, crowd)).collect()
}

/// Whether `stack` starts in the runtime's loop over what is to be run, which is not shown.
fn is_run(facts: &Index<'_>, stack: StackId) -> bool {
    let dump = facts.dump();
    let mut outermost = dump.stack(stack).iter().rev().take(2);
    outermost.any(|id| match dump.frame(*id) {
        Frame::Call { function, .. } => RUNNERS.contains(&dump.str(function)),
        _ => false,
    })
}

/// Whether the dump says of the program's goroutines who started them, so that one without is the
/// runtime's own: Go up to 1.25 hides `runtime.runfinq`, and who started it, unless GOTRACEBACK is
/// `system` (runtime/traceback.go, showframe).
fn shows_creators(facts: &Index<'_>) -> bool {
    let with = facts.groups.iter().filter(|group| !group.creators.is_empty());
    !facts.is_partial() && with.count() > 1
}

/// Whether the group is one goroutine that neither the program nor C code started, and not the first one.
fn is_of_runtime(facts: &Index<'_>, index: usize) -> bool {
    let [row] = facts.summary.grouping.rows(index) else { return false };
    let Some(goroutine) = facts.dump().goroutine(*row as usize) else { return false };
    let outermost = facts.names(index).last().copied().unwrap_or_default();
    goroutine.creator().is_none()
        && goroutine.goid().is_some_and(|goid| goid > 1)
        && !goroutine.head().locked
        && goroutine.goid() != facts.summary.writer_goid
        && !matches!(outermost, "main.main" | "runtime.main" | "runtime.goexit")
        && facts.groups.get(index).is_some_and(|group| group.cut == 0)
}

fn tell_one(facts: &Index<'_>, crowd: &Crowd<'_>) -> Finding {
    let mut finding = tell::finding(KIND, facts, &[crowd]);
    finding.category = Category::Deadlock;
    let lasts = crowd.wait.max.is_some() || crowd.leaked > 0;
    finding.severity = if lasts { Severity::High } else { Severity::Medium };
    finding.confidence = Confidence::Likely;
    let at = crowd.site.location();
    finding.title = Title::FinalizerBlocked { at: at.clone(), waits_for: crowd.kind };
    finding.evidence = vec![Fact::OneFinalizerGoroutine.into()];
    finding.evidence.extend(tell::since(crowd));
    finding.next = vec![Step::at(at, Advice::FreeFinalizer)];
    finding
}
