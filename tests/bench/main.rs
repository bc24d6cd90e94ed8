//! How fast dumps are read, and how fast whole commands are: `cargo bench`.
//!
//! Machines differ and are busy, so that the figure to compare is the last column: the speed of reading
//! as a share of the speed at which newlines are counted in the same reads, measured in turn with it in
//! the same run. Medians of wall time; a switch in the environment adds a dump of 1 GB:
//! `GDUMP_BENCH_LARGE=1 cargo bench`. An argument selects inputs by a part of their name. `reading` is
//! the parser alone, in this process; commands are processes of their own, start and end included.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::write_with_newline,
    clippy::cast_precision_loss,
    reason = "a benchmark ends at the first surprise, and prints"
)]

mod commands;
mod generate;

use std::hint::black_box;
use std::io::Read;
use std::io::Write;
use std::time::Duration;
use std::time::Instant;

use gdump::parse::Options;
use gdump::parse::parse;
use gdump::source::Limits;
use gdump::source::Stream;
use gdump::source::open_reader;

/// Longest time for one input, and fewest and most rounds.
const TIME: Duration = Duration::from_secs(3);
const ROUNDS: std::ops::Range<usize> = 3..40;

/// Makes an input.
type Make = fn() -> Vec<u8>;

fn main() {
    // Cargo passes `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
    println!(
        "{:<16}{:>9}{:>12}{:>16}{:>8}",
        "reading", "MB", "read MB/s", "newlines MB/s", "share"
    );
    let make: &[(&str, Make)] = &[
        ("service 10 MB", || generate::service(10 << 20)),
        ("deep distinct", || generate::deep(10_000)),
        ("all labelled", || generate::labelled(10_000)),
        ("distinct locks", || generate::locks(50_000)),
        ("equal groups", || generate::groups(100_000)),
        ("many senders", || generate::senders(20_000)),
        ("debug=1", || generate::aggregated(10_000)),
        ("debug=0", || generate::proto(100_000)),
        ("gzip", || gzip(&generate::service(10 << 20))),
        ("zstd", || zstd::encode_all(generate::service(10 << 20).as_slice(), 3).unwrap()),
        ("service 1 GB", || generate::service(1 << 30)),
    ];
    let large = std::env::var_os("GDUMP_BENCH_LARGE").is_some();
    let chosen =
        || make.iter().filter(|(name, _)| is_wanted(name) && (large || !name.ends_with("GB")));
    for (name, make) in chosen() {
        run(name, &make());
    }
    overlap(&is_wanted);
    commands::heading();
    for (name, make) in chosen() {
        commands::run(name, &make());
    }
}

/// Measures one input.
fn run(name: &str, input: &[u8]) {
    let (mut reads, mut counts) = (Vec::new(), Vec::new());
    let (mut bytes, start) = (0, Instant::now());
    while reads.len() < ROUNDS.start || (reads.len() < ROUNDS.end && start.elapsed() < TIME) {
        counts.push(timed(|| bytes = newlines(input)));
        reads.push(timed(|| dump(input)));
    }
    let megabytes = bytes as f64 / 1e6;
    let (read, count) = (megabytes / median(reads), megabytes / median(counts));
    println!("{name:<16}{megabytes:>9.1}{read:>12.0}{count:>16.0}{:>7.0}%", 100.0 * read / count);
}

/// How much of the inflating of compressed input is done while what was inflated before is read: the time
/// of each alone, and of both together, which on two free cores is less than the sum.
fn overlap(is_wanted: &dyn Fn(&str) -> bool) {
    println!(
        "\n{:<16}{:>12}{:>12}{:>14}{:>16}",
        "overlap", "inflate ms", "read ms", "together ms", "of the sum"
    );
    let text = generate::service(64 << 20);
    let gzip = gzip(&text);
    let zstd = zstd::encode_all(text.as_slice(), 3).unwrap();
    let inflate_gzip = || {
        std::io::copy(&mut flate2::bufread::GzDecoder::new(gzip.as_slice()), &mut std::io::sink())
    };
    let inflate_zstd =
        || std::io::copy(&mut zstd::Decoder::new(zstd.as_slice())?, &mut std::io::sink());
    let inflate: [&dyn Fn() -> std::io::Result<u64>; 2] = [&inflate_gzip, &inflate_zstd];
    let inputs = [("gzip", &gzip), ("zstd", &zstd)];
    for ((name, input), inflate) in inputs.into_iter().zip(inflate) {
        if !is_wanted(name) {
            continue;
        }
        let (mut alone, mut read, mut both) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..9 {
            alone.push(timed(|| assert_eq!(inflate().unwrap(), text.len() as u64)));
            read.push(timed(|| dump(&text)));
            both.push(timed(|| dump(input)));
        }
        let [alone, read, both] = [alone, read, both].map(|times| 1000.0 * median(times));
        let share = 100.0 * both / (alone + read);
        println!("{name:<16}{alone:>12.1}{read:>12.1}{both:>14.1}{share:>15.0}%");
    }
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Reads all dumps.
fn dump(input: &[u8]) {
    open(input, &mut |stream| {
        let dumps = parse(stream, "bench", &Options::default()).unwrap();
        assert!(dumps.iter().all(|dump| dump.problems.is_empty() && !dump.is_empty()));
        black_box(dumps);
    });
}

/// Counts newlines in the reads that the parser would do; the number of bytes.
fn newlines(input: impl Read + Send) -> usize {
    let mut bytes = 0;
    open(input, &mut |stream| {
        let mut block = vec![0; Options::default().block];
        loop {
            let read = stream.read(&mut block).unwrap();
            if read == 0 {
                break;
            }
            bytes += read;
            black_box(memchr::memchr_iter(b'\n', &block[..read]).count());
        }
    });
    bytes
}

fn open(input: impl Read + Send, read: &mut dyn FnMut(&mut Stream<'_>)) {
    open_reader("bench", input, &Limits::default(), &mut |_, stream| {
        read(stream);
        Ok(())
    })
    .unwrap();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
