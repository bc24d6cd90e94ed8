//! One report that all formats are tested with: a pile-up behind a lock, with everything that a dump
//! can have.

use super::{Body, Report, View};
use crate::diagnose::Sight;
use crate::diagnose::facts::Config;
use crate::diagnose::known::Known;
use crate::model::{
    CallKind, Creator, Dump, DumpBuilder, Format, Frame, FrameId, Head, LabelsId, Problem, Row,
    StackId, Truncation, TruncationReason,
};
use crate::view::summary::Look;

struct Maker(DumpBuilder);

impl Maker {
    fn frame(&mut self, function: &str, file: &str, line: u32) -> FrameId {
        let function = self.0.function(function.as_bytes());
        let file = self.0.string(file.as_bytes());
        self.0.frame(Frame::Call { function, file, line, kind: CallKind::Plain })
    }

    fn stack(&mut self, frames: &[(&str, &str, u32)]) -> StackId {
        let frames: Vec<_> =
            frames.iter().map(|(f, file, line)| self.frame(f, file, *line)).collect();
        self.0.stack(&frames)
    }

    fn row(&mut self, goid: u64, state: &str, minutes: Option<u32>, stack: StackId) -> Row {
        let state = self.0.string(state.as_bytes());
        let head = self.0.head(Head { state, minutes, ..Head::default() });
        let function = self.0.function(b"example.com/shop/api.(*Server).accept");
        let file = self.0.string(b"/home/gophers/src/example.com/shop/api/server.go");
        let creator = self.0.creator(Creator { function, file, line: 189 });
        Row { goid, creator_goid: 1, stack, head, creator, labels: LabelsId::default() }
    }

    fn push(&mut self, row: Row) {
        self.0.push(row);
        self.0.account().whole += 1;
    }
}

/// The dump.
pub(super) fn dump() -> Dump {
    let mut maker = Maker(DumpBuilder::new("goroutines.txt", Format::Debug2));
    pile_up(&mut maker);
    others(&mut maker);
    maker.0.set_bytes(199_400);
    maker.0.set_preamble(
        "fatal error: \x1b[31mall goroutines\x1b[0m are asleep - deadlock!\n".to_owned(),
    );
    maker.0.set_truncation(Truncation { reason: TruncationReason::MidLine, at_byte: 199_400 });
    maker.0.account().cut_off = 1;
    maker.0.account().not_understood = 1;
    maker.0.account().ignored_lines = 3;
    maker.0.push_problem(Problem {
        message: "expected a file line after the function line".to_owned(),
        offset: 1234,
        length: 6,
        line: 17,
        column: 9,
        excerpt: "main.f(\tgarbage\x07) created".into(),
    });
    maker.0.finish()
}

fn pile_up(maker: &mut Maker) {
    const API: &str = "/home/gophers/src/example.com/shop/api/cache.go";
    let lock = maker.stack(&[
        ("internal/sync.(*Mutex).Lock", "/usr/local/go/src/internal/sync/mutex.go", 70),
        ("sync.(*Mutex).Lock", "/usr/local/go/src/sync/mutex.go", 46),
        ("example.com/shop/api.(*cache).Get", API, 169),
        ("example.com/shop/api.(*Server).handle", API, 190),
    ]);
    for n in 0..8u32 {
        let minutes = (n > 2).then_some(n * 24);
        let mut row = maker.row(u64::from(51 + n), "sync.Mutex.Lock", minutes, lock);
        let (key, value) =
            (maker.0.string(b"tenant"), maker.0.string(if n % 2 == 0 { b"a" } else { b"b" }));
        row.labels = maker.0.labels(&[(key, value)]);
        row.creator_goid = 7 + u64::from(n);
        maker.push(row);
    }
}

fn others(maker: &mut Maker) {
    const HTTP: &str = "/usr/local/go/src/net/http/server.go";
    let idle = maker.stack(&[
        ("internal/poll.(*FD).Read", "/usr/local/go/src/internal/poll/fd_unix.go", 170),
        ("bufio.(*Reader).Peek", "/usr/local/go/src/bufio/bufio.go", 152),
        ("net/http.(*conn).serve", HTTP, 2193),
    ]);
    for goid in [20, 21] {
        let row = maker.row(goid, "IO wait", Some(1), idle);
        maker.push(row);
    }
    let loops = maker.stack(&[("main.main", "/home/gophers/src/example.com/shop/main.go", 12)]);
    let state = maker.0.string(b"select (no cases)");
    let head = maker.0.head(Head { state, locked: true, ..Head::default() });
    maker.push(Row { goid: 1, stack: loops, head, ..Row::default() });
    let gc = maker.stack(&[("runtime.gopark", "/usr/local/go/src/runtime/proc.go", 461)]);
    let mut row = maker.row(3, "GC sweep wait", None, gc);
    row.creator = 0.into();
    maker.push(row);
    let writer = maker.stack(&[
        ("runtime/pprof.writeGoroutineStacks", "/usr/local/go/src/runtime/pprof/pprof.go", 816),
        ("net/http/pprof.Index", "/usr/local/go/src/net/http/pprof/pprof.go", 389),
    ]);
    let row = maker.row(99, "running", None, writer);
    maker.push(row);
}

/// The report of `dump` as text.
pub(super) fn render(dump: &Dump, view: &View) -> String {
    let known = Known::built_in();
    let dumps = std::slice::from_ref(dump);
    let sights = Sight::all(dumps, &Look::default(), &Config::default(), &known);
    let mut out = Vec::new();
    Report { command: "summarize", body: Body::Sights(sights) }.write(view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
