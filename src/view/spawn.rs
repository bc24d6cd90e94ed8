//! Helpers that hold the `go` statement for others: who called them is the creator that is meant.

use crate::model::StackId;
use crate::view::canon::{Shown, Stacks};

/// Functions that start a goroutine with a function that they are given.
const HELPERS: &[&str] = &[
    "sync.(*WaitGroup).Go",
    "golang.org/x/sync/errgroup.(*Group).Go",
    "golang.org/x/sync/errgroup.(*Group).TryGo",
    "golang.org/x/sync/singleflight.(*Group).DoChan",
    "github.com/sourcegraph/conc.(*WaitGroup).Go",
    "github.com/sourcegraph/conc/pool.(*Pool).Go",
    "github.com/sourcegraph/conc/pool.(*Pool).worker",
    "github.com/panjf2000/ants/v2.(*goWorker).run",
    "github.com/panjf2000/ants.(*goWorker).run",
    "github.com/alitto/pond.(*WorkerPool).worker",
    "github.com/gammazero/workerpool.(*WorkerPool).dispatch",
    "github.com/oklog/run.(*Group).Run",
    "k8s.io/apimachinery/pkg/util/wait.(*Group).Start",
    "k8s.io/apimachinery/pkg/util/wait.(*Group).StartWithContext",
    "k8s.io/apimachinery/pkg/util/wait.(*Group).StartWithChannel",
    "gopkg.in/tomb%2ev2.(*Tomb).Go",
    "gopkg.in/tomb%2ev1.(*Tomb).Go",
];

/// Whether `function` is such a helper, or a closure in one.
pub(super) fn is_helper(function: &str) -> bool {
    HELPERS.iter().any(|helper| {
        function
            .strip_prefix(helper)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(".func"))
            || function.strip_prefix(helper).is_some_and(|rest| rest.starts_with(".gowrap"))
    })
}

/// The function that the goroutine with `stack` runs, helpers looked through, and where it is; the file
/// is empty and the line 0 if nothing is known.
pub(super) fn start<'d>(stacks: &Stacks<'d>, stack: StackId) -> (&'d str, &'d str, u32) {
    let mut outermost = None;
    for id in stacks.visible(stack).rev() {
        let Shown::Call { function, file, line, .. } = stacks.shown(id) else { continue };
        outermost = outermost.or(Some((function, file, line)));
        if !is_helper(function) {
            return (function, file, line);
        }
    }
    outermost.unwrap_or(("", "", 0))
}

/// Who a helper started the goroutine with `stack` for: the function around the closure that it runs,
/// and where that is. `None` if it runs no closure, so that nothing tells.
pub(super) fn meant<'d>(stacks: &Stacks<'d>, stack: StackId) -> Option<(&'d str, &'d str, u32)> {
    let (start, file, line) = start(stacks, stack);
    let meant = around(start);
    (!is_helper(start) && meant != start).then_some((meant, file, line))
}

/// The helper at the root of `stack`, by the name of its `go` statement's function.
pub(super) fn helper<'d>(stacks: &Stacks<'d>, stack: StackId) -> Option<&'d str> {
    stacks.functions(stack).next_back().filter(|function| is_helper(function)).map(around)
}

/// The function around a closure: `main.run` of `main.run.func1.2`.
fn around(function: &str) -> &str {
    let mut name = function;
    while let Some((before, last)) = name.rsplit_once('.') {
        let stem = ["func", "gowrap", "deferwrap"].iter().find_map(|p| last.strip_prefix(p));
        let digits = stem.unwrap_or(last);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        name = before;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_and_closures() {
        assert!(is_helper("sync.(*WaitGroup).Go.func1") && is_helper("sync.(*WaitGroup).Go"));
        assert!(!is_helper("sync.(*WaitGroup).Wait") && !is_helper("sync.(*WaitGroup).Going"));
        assert_eq!(around("main.run.func1.2"), "main.run");
        assert_eq!(around("main.(*Server).Run.gowrap3"), "main.(*Server).Run");
        assert_eq!(around("main.main"), "main.main");
    }
}
