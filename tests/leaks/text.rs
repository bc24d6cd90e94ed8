//! Texts of goroutine dumps, made up.

use std::fmt::Write;

/// A dump in traceback text.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

impl Text {
    /// A service with its usual background: a main goroutine, an accept loop, a pool of eight.
    pub(super) fn service() -> Self {
        let mut text = Self::default();
        text.add(1, "IO wait", &[("net.(*netFD).accept", 10), ("main.main", 20)], None);
        for id in 10..18 {
            text.add(
                id,
                "chan receive",
                &[("main.(*pool).worker", 31)],
                Some(("main.start", 9, 1)),
            );
        }
        text
    }

    /// One goroutine: its frames with lines, innermost first, and who started it where.
    pub(super) fn add(
        &mut self,
        id: u64,
        state: &str,
        frames: &[(&str, u32)],
        creator: Option<(&str, u32, u64)>,
    ) {
        writeln!(self.0, "goroutine {id} [{state}]:").unwrap();
        for (function, line) in frames {
            writeln!(self.0, "{function}(0x1)\n\t/src/{}:{line} +0x1", file(function)).unwrap();
        }
        if let Some((function, line, by)) = creator {
            let file = file(function);
            writeln!(self.0, "created by {function} in goroutine {by}\n\t/src/{file}:{line} +0x1")
                .unwrap();
        }
        self.0.push('\n');
    }

    /// `n` alike goroutines, each started by a goroutine of its own that is gone.
    pub(super) fn abandoned(&mut self, first: u64, n: u64, state: &str, frames: &[(&str, u32)]) {
        for id in first..first + n {
            self.add(id, state, frames, Some(("main.serve", 40, id + 1_000_000)));
        }
    }

    /// `n` alike goroutines that the main goroutine has started.
    pub(super) fn of_main(&mut self, first: u64, n: u64, state: &str, frames: &[(&str, u32)]) {
        for id in first..first + n {
            self.add(id, state, frames, Some(("main.start", 9, 1)));
        }
    }
}

fn file(function: &str) -> &str {
    match function.split_once('.') {
        Some(("main", _)) => "main.go",
        _ => "lib.go",
    }
}
