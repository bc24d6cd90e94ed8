//! What is peeled off text that loggers, terminals and pages wrapped, and where it says that it stood.

use super::*;
use crate::parse::scan::find_header;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A dump with all that is difficult in it: an empty line, tabs, quotes, `<`, and no ASCII.
const DUMP: &str = "panic: \"größe\" <nil>\n\ngoroutine 7 [chan receive, 5 minutes]:\nmain.(*T).f(0xc000012345, {0x1, 0x2})\n\t/src/my app/main.go:12 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:5 +0x2b\n\ngoroutine 8 [select]:\nmain.g()\n\t/src/main.go:9 +0x1d\n";

/// What was peeled.
#[derive(Debug, Default)]
struct Peeled {
    name: Option<String>,
    text: String,
    /// Lines that were not taken.
    left: usize,
    newest_first: bool,
}

/// Learns from the first header in `wrapped` and peels all lines.
fn unwrap(wrapped: &[u8]) -> Option<Peeled> {
    let at = find_header(wrapped, 0)?;
    let Learned::Wrapped(mut wrapper, _) = learn(wrapped, at, true) else { return None };
    let mut peeled = Peeled {
        name: wrapper.name(),
        newest_first: wrapper.is_newest_first(),
        ..Peeled::default()
    };
    let mut clean = Clean::default();
    let mut offset = 0;
    let whole = wrapped.strip_suffix(b"\n").unwrap_or(wrapped);
    for (index, bytes) in whole.split(|byte| *byte == b'\n').enumerate() {
        let line = Line { bytes, offset, number: index as u64 + 1 };
        let fit = wrapper.peel(line, b"", &mut |_, line| clean.push_line(line));
        peeled.left += usize::from(fit != Fit::Taken);
        offset += bytes.len() as u64 + 1;
    }
    wrapper.finish(&mut |_, line| clean.push_line(line));
    check_pieces(&clean, wrapped);
    peeled.text = String::from_utf8_lossy(&clean.text).into_owned();
    Some(peeled)
}

/// Each piece is at the place in the input that it says.
fn check_pieces(clean: &Clean, wrapped: &[u8]) {
    for pair in clean.pieces.windows(2) {
        assert!(pair[0].at < pair[1].at && pair[0].offset <= pair[1].offset, "{pair:?}");
    }
    for piece in clean.pieces.iter().take(1000) {
        let offset = usize::try_from(piece.offset).unwrap();
        let lines = memchr::memchr_iter(b'\n', &wrapped[..offset.min(wrapped.len())]).count();
        assert_eq!(lines as u64 + 1, piece.line, "{piece:?}");
    }
}

#[track_caller]
fn check(wrapped: &str, name: &str, left: usize) {
    let peeled = unwrap(wrapped.as_bytes()).expect("not wrapped");
    assert_eq!(peeled.text, DUMP);
    assert_eq!((peeled.name.as_deref(), peeled.left), (Some(name), left));
}

/// DUMP with each line made another.
fn each(line: impl Fn(usize, &str) -> String) -> String {
    DUMP.lines().enumerate().fold(String::new(), |mut text, (index, payload)| {
        writeln!(text, "{}", line(index, payload)).unwrap();
        text
    })
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn plain_lines_are_not_wrapped() {
    assert!(unwrap(DUMP.as_bytes()).is_none());
    for line in [
        "goroutine 7 [running]:",
        "goroutine profile: total 5",
        r#"goroutine 7 [running] {"a": "x:\ny"}:"#,
        "goroutine 7 [select] hangs, as <i>goroutine 9 [select]</i>",
        "<summary>goroutine 7 [select, 3 minutes]</summary>",
    ] {
        assert!(unwrap(line.as_bytes()).is_none(), "{line}");
    }
}

#[test]
fn line_ends_and_colors() {
    check(&each(|_, line| format!("{line}\r")), "CRLF line ends", 0);
    check(
        &each(|i, line| format!("{line}{}", if i == 3 { "" } else { "\r" })),
        "CRLF line ends",
        0,
    );
    check(
        &each(|_, line| format!("\u{1b}[36mweb | \u{1b}[0m{line}")),
        "terminal colors + line prefix",
        0,
    );
    check(&each(|_, line| format!("{line}\u{1b}[K")), "terminal colors", 0);
    check(
        &each(|_, line| {
            line.replace("goroutine", "\u{1b}[01;31m\u{1b}[Kgoroutine\u{1b}[m\u{1b}[K")
        }),
        "terminal colors",
        0,
    );
    check(&each(|_, line| format!("{line}\n")), "double spacing", 0);
}

#[test]
fn containers() {
    let line = |text: &str| {
        format!(
            "{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-11-23T09:03:29.0Z\"}}",
            quote(text)
        )
    };
    check(&each(|_, text| line(&format!("{text}\n"))), "docker json-file", 0);
    // What the process wrote to stdout meanwhile is no part of the dump.
    let other = "{\"log\":\"served\\n\",\"stream\":\"stdout\",\"time\":\"t\"}";
    check(
        &each(|_, text| format!("{other}\n{}", line(&format!("{text}\n")))),
        "docker json-file",
        11,
    );
    // A line of more than 16 KiB comes in fragments.
    let (a, b) = ("x".repeat(16384), "y".repeat(100));
    let wrapped = [line("goroutine 7 [running]:\n"), line(&a), line(&format!("{b}\n"))].join("\n");
    let peeled = unwrap(wrapped.as_bytes()).unwrap();
    assert_eq!(peeled.text, format!("goroutine 7 [running]:\n{a}{b}\n"));
    let stamp = |i: usize| format!("2026-11-23T09:03:29.0000000{i:02}Z");
    check(&each(|i, text| format!("{} stderr F:x {text}\r", stamp(i))), "Kubernetes CRI", 0);
    check(
        &each(|i, text| format!("{0} stdout F x\n{0} stderr F {text}", stamp(i))),
        "Kubernetes CRI",
        11,
    );
    let halves = |i: usize, text: &str| {
        let mut cut = text.len() / 2;
        while !text.is_char_boundary(cut) {
            cut += 1;
        }
        let (a, b) = text.split_at(cut);
        format!("{0} stderr P {a}\n{0} stderr F {b}", stamp(i))
    };
    check(&each(halves), "Kubernetes CRI", 0);
}

#[test]
fn go_test_json() {
    let line = |package: &str, text: &str| {
        format!(
            "{{\"Time\":\"2026-11-23T09:18:35Z\",\"Action\":\"output\",\"Package\":\"{package}\",\"Test\":\"TestX\",\"Output\":{}}}",
            quote(&format!("{text}\n"))
        )
    };
    check(&each(|_, text| line("a", text)), "go test -json", 0);
    let start = "{\"Time\":\"t\",\"Action\":\"run\",\"Package\":\"a\",\"Test\":\"TestX\"}";
    check(
        &each(|i, text| {
            format!(
                "{}{}",
                if i == 2 { format!("{start}\n") } else { String::new() },
                line("a", text)
            )
        }),
        "go test -json",
        0,
    );
    check(
        &each(|_, text| format!("{}\n{}", line("b", "ok"), line("a", text))),
        "go test -json",
        11,
    );
}

#[test]
fn a_dump_in_a_string() {
    for line in [
        format!(
            "{{\"level\":\"error\",\"ts\":1.5,\"msg\":\"a \\\"q\\\"\",\"stacktrace\":{}}}",
            quote(DUMP)
        ),
        format!("{{\"a\":{{\"b\":[1,{}]}},\"z\":\"goroutine 1 [running]:\"}}", quote(DUMP)),
        format!("  \"textPayload\": {},", quote(DUMP)),
        format!("{{\"stack\":{}", quote(DUMP).trim_end_matches('"')),
    ] {
        check(&format!("{{\"msg\":\"started\"}}\n{line}\n"), "JSON string", 1);
    }
    let line = format!("Nov 23 09:03:29 host app[1]: {{\"stack\":{}}}", quote(DUMP));
    check(&line, "syslog prefix + JSON string", 0);
    let escaped = quote(DUMP).replace('<', "\\u003c").replace('ö', "\\u00f6");
    check(&format!("{{\"msg\":{escaped}}}\n"), "JSON string", 0);
    let inner = format!("{{\"stack\":{}}}", quote(DUMP));
    check(&format!("{{\"msg\":{}}}", quote(&inner)), "JSON log lines + JSON string", 0);
    let line = |text: &str| {
        format!("time=\"t\" level=error msg=\"it \\\"died\\\"\" stack={} n=1", quote(text))
    };
    check(&format!("level=info msg=x\n{}\n", line(DUMP)), "quoted string", 1);
    let (_, dump) = DUMP.split_once("\n\n").unwrap();
    let bare = quote(dump).trim_matches('"').to_owned();
    let octal = bare.replace("\\n", "\\012").replace("\\t", "\\011");
    for wrapped in [format!("died: {bare}\n"), bare.clone(), format!("b'{bare}' x"), octal] {
        let peeled = unwrap(wrapped.as_bytes()).unwrap();
        assert_eq!((peeled.name.as_deref(), peeled.text.as_str()), (Some("quoted string"), dump));
    }
    let peeled = unwrap(format!("{{\"error\":\"recovered: {bare}\"}}").as_bytes()).unwrap();
    assert_eq!(peeled.text, format!("recovered: \n{dump}"));
}

#[test]
fn rsyslog_escapes() {
    let (_, dump) = DUMP.split_once("\n\n").unwrap();
    let prefix = "Nov 23 09:03:29 host app[1]: ";
    let line = format!("{prefix}{}", dump.replace('\n', "#012").replace('\t', "#011"));
    let peeled = unwrap(line.as_bytes()).unwrap();
    assert_eq!((peeled.name.as_deref(), peeled.text.as_str()), (Some("rsyslog escapes"), dump));
    check(&each(|_, text| format!("{prefix}{}", text.replace('\t', "#011"))), "syslog prefix", 0);
}

#[test]
fn records_and_tables() {
    let zap =
        |text: &str| format!("{{\"level\":\"error\",\"ts\":1732352609.1,\"msg\":{}}}", quote(text));
    check(&each(|_, text| zap(text)), "JSON log lines", 0);
    let logrus = |i: usize, text: &str| {
        let plain =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/@^+".contains(&byte));
        let text = if plain { text.to_owned() } else { quote(text) };
        format!("time=\"2026-11-23T09:18:{:02}Z\" level=error msg={text} app=web", i + 20)
    };
    check(&each(logrus), "quoted log lines", 0);
    let cell = |text: &str| {
        if text.contains([',', '"']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    check(&each(|i, text| format!("10:00:{i:02},{},web", cell(text))), "CSV", 0);
    let (_, dump) = DUMP.split_once("\n\n").unwrap();
    let peeled = unwrap(format!("1,\"{}\",web\n", dump.trim_end()).as_bytes()).unwrap();
    assert_eq!((peeled.name.as_deref(), peeled.text.as_str()), (Some("CSV"), dump));
}

#[test]
fn prefixes() {
    check(&each(|_, text| format!("web-1  | {text}\nweb-2  | GET / 200")), "line prefix", 11);
    check(
        &each(|_, text| format!("[pod/web-7d/app] {text}").trim_end().to_owned()),
        "line prefix",
        0,
    );
    check(&each(|i, text| format!("2026/11/23 09:18:{} {text}", i + 20)), "time stamp prefix", 0);
    check(
        &each(|i, text| format!("Nov 23 09:03:{} host app[123]: {text}\r", i + 20)),
        "syslog prefix",
        0,
    );
    check(&each(|_, text| format!("    {text}").trim_end().to_owned()), "indentation", 0);
    check(&each(|_, text| format!("\t{text}")), "indentation", 0);
    // What nobody has a list of: elapsed times, counters, thread ids.
    check(&each(|i, text| format!("+{}.{:02}s {text}", 9 * i, i)), "line prefix", 0);
    check(&each(|i, text| format!("{}:{text}", 995 + i)), "line prefix", 0);
    check(&each(|i, text| format!("{:>4}  {text}", 95 + i)), "line prefix", 0);
    check(&each(|i, text| format!("{:>6}\t{text}", 95 + i)), "line prefix", 0);
    check(&each(|i, text| format!("[{:08x}] {text}", 37 * i + 1000)), "line prefix", 0);
    check(
        &each(|i, text| {
            format!("T-{} {}m{}s <main-{}> {text}", i % 3, i, i + 7, "abc".split_at(1 + i % 3).0)
        }),
        "line prefix",
        0,
    );
    check(&each(|_, text| format!("\u{2502} {text:<60} \u{2502}")), "line prefix", 0);
}

#[test]
fn pages() {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    check(
        &each(|_, text| format!("{}<br>", escape(text)))
            .replace("<br>\n", "\n")
            .replace('\t', "&#9;"),
        "HTML",
        0,
    );
    let line = DUMP.trim_end().lines().map(escape).collect::<Vec<_>>().join("<br/>");
    let peeled = unwrap(format!("<p>{line}</p>\n").as_bytes()).unwrap();
    assert_eq!(peeled.text.trim_end(), DUMP.trim_end());
    let peeled = unwrap(
        format!("<failure>{}</failure>", escape(DUMP.trim_end()).replace('\n', "&#xA;")).as_bytes(),
    )
    .unwrap();
    assert_eq!(peeled.text, DUMP);
}

#[test]
fn two_layers() {
    let docker =
        |text: &str| format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"t\"}}", quote(text));
    let stamp = "2026-11-23T09:18:35Z app: ";
    check(
        &each(|_, text| docker(&format!("{stamp}{text}\n"))),
        "docker json-file + time stamp prefix",
        0,
    );
    check(&each(|_, text| docker(&format!("{text}\r\n"))), "docker json-file", 0);
    let cri = "2026-11-23T09:03:29.000000000Z stderr";
    check(&format!("{cri} F {{\"stack\":{}}}\n", quote(DUMP)), "Kubernetes CRI + JSON string", 0);
    check(&each(|_, text| format!("{cri} F web | {text}")), "Kubernetes CRI + line prefix", 0);
    // The JSON line is longer than 16 KiB, so that it comes in parts.
    let json = format!("{{\"stack\":{},\"x\":\"y\"}}", quote(DUMP));
    let (a, b) = json.split_at(json.find("main.g()").unwrap());
    let peeled = unwrap(format!("{cri} P {a}\n{cri} F {b}\n").as_bytes()).unwrap();
    assert_eq!(peeled.text, DUMP);
}

#[test]
fn the_newest_line_first() {
    let stamped = |(i, text): (usize, &str)| format!("2026-11-30T10:00:00.{i:03}Z {text}");
    let mut lines: Vec<String> = DUMP.lines().skip(2).enumerate().map(stamped).collect();
    lines.reverse();
    let peeled = unwrap(lines.join("\n").as_bytes()).unwrap();
    assert!(peeled.newest_first);
    assert_eq!(peeled.name.as_deref(), Some("time stamp prefix + newest line first"));
}

#[test]
fn a_line_of_64_mib() {
    let goroutine = "goroutine 7 [select]:\nmain.g()\n\t/src/main.go:9 +0x1d\n\n";
    let dump = goroutine.repeat((8 << 20) / goroutine.len());
    let line = format!("{{\"stack\":{}}}", quote(&dump));
    let peeled = unwrap(line.as_bytes()).unwrap();
    assert!(peeled.text == dump);
}

#[test]
fn the_corpus_is_peeled() {
    let Some(corpus) = std::env::var_os("GDUMP_CORPUS") else { return };
    let derived = std::path::Path::new(&corpus).join("formats/derived");
    for (file, name) in [
        ("docker-json.mapfatal.txt", "docker json-file"),
        ("k8s-cri.mapfatal.txt", "Kubernetes CRI"),
        ("syslog-prefix.panic.txt", "syslog prefix"),
        ("crlf.debug1.txt", "CRLF line ends"),
        ("crlf.debug2.txt", "CRLF line ends"),
    ] {
        let wrapped = std::fs::read(derived.join(file)).unwrap();
        let peeled = unwrap(&wrapped).unwrap();
        assert_eq!((peeled.name.as_deref(), peeled.left), (Some(name), 0), "{file}");
        let at = find_header(peeled.text.as_bytes(), 0).unwrap();
        assert!(at == 0 || peeled.text.as_bytes()[at - 1] == b'\n', "{file}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(
        lines in prop::collection::vec("(goroutine 7 \\[select\\]:|goroutine profile: total 5|main\\.f\\(0x1\\)|\t/x\\.go:5|created by main\\.f|\\{|\"|log|\\\\n|\\\\|:|=|#012|,|<br>|&#xA;|\u{1b}\\[0m|2026-11-23T09:03:29Z stderr [FP] | |[0-9]|Nov|\r|[a-z]){0,12}", 1..12),
    ) {
        let text = lines.join("\n");
        let _ = unwrap_any(text.as_bytes());
    }
}

/// As [`unwrap`], for any text; what was peeled need not be in the order of the input.
fn unwrap_any(text: &[u8]) -> Option<()> {
    let at = find_header(text, 0)?;
    let Learned::Wrapped(mut wrapper, _) = learn(text, at, true) else { return None };
    for bytes in text.split(|byte| *byte == b'\n') {
        let line = Line { bytes, offset: 0, number: 1 };
        wrapper.peel(line, b"", &mut |_, _| {});
        wrapper.look_inside(bytes);
    }
    wrapper.finish(&mut |_, _| {});
    Some(())
}
