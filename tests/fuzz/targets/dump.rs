//! Any bytes: reading them never panics, never hangs, and nothing is counted twice. The fast way to
//! read and the plain way give the same goroutines.
#![no_main]

use std::io::Cursor;

use gdump::model::Dump;
use gdump::parse::{Hot, Options, parse};
use gdump::source::{Limits, Stream};
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8], hot: Hot) -> Option<Vec<Dump>> {
    let limits = Limits { max_bytes: 1 << 24, max_line: 1 << 20, max_depth: 3, max_members: 1000 };
    let options = Options { hot, ..Options::from(&limits) };
    parse(&mut Stream::new(Cursor::new(bytes)), "fuzz", &options).ok()
}

fuzz_target!(|bytes: &[u8]| {
    let Some(dumps) = read(bytes, Hot::Stacks) else { return };
    let plain = read(bytes, Hot::Nothing).expect("only the fast way finds a dump");
    assert_eq!(dumps.len(), plain.len());
    for (dump, plain) in dumps.iter().zip(&plain) {
        assert_eq!(dump.account, plain.account);
        assert_eq!(dump.problems, plain.problems);
        assert_eq!(dump.len(), plain.len());
        for (goroutine, plain) in dump.goroutines().zip(plain.goroutines()) {
            assert_eq!(goroutine.goid(), plain.goid());
            assert_eq!(goroutine.state(), plain.state());
            assert_eq!(goroutine.frames().len(), plain.frames().len());
        }
    }
});
