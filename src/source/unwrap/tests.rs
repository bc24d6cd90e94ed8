use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A dump with all that is difficult in it: an empty line, tabs, quotes, `<`, and no ASCII.
const DUMP: &str = "panic: \"größe\" <nil>\n\ngoroutine 7 [chan receive, 5 minutes]:\nmain.(*T).f(0xc000012345, {0x1, 0x2})\n\t/src/my app/main.go:12 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:5 +0x2b\n\ngoroutine 8 [select]:\nmain.g()\n\t/src/main.go:9 +0x1d\n";

/// Learns from the first header in `wrapped` and peels all lines. The wrapper's name, what was
/// peeled, and how many lines were not.
fn unwrap(wrapped: &[u8]) -> Option<(String, Clean, usize)> {
    let at = find_header(wrapped, 0)?;
    let start = memchr::memrchr(b'\n', &wrapped[..at]).map_or(0, |newline| newline + 1);
    let line = wrapped[start..].split(|byte| *byte == b'\n').next()?;
    let mut wrapper = Wrapper::detect(line, at - start)?;
    let (mut clean, mut offset, mut ignored) = (Clean::default(), 0, 0);
    let whole = wrapped.strip_suffix(b"\n").unwrap_or(wrapped);
    for (index, line) in whole.split(|byte| *byte == b'\n').enumerate() {
        let before = clean.text.len();
        let wraps = wrapper.wraps(line);
        let peeled = wrapper.peel(line, offset, index as u64 + 1, &mut clean);
        assert_eq!(wraps, peeled);
        if !peeled {
            assert_eq!(clean.text.len(), before, "nothing may be appended");
            ignored += 1;
        }
        offset += line.len() as u64 + 1;
    }
    wrapper.finish(&mut clean);
    check_pieces(&clean, wrapped);
    Some((wrapper.name(), clean, ignored))
}

/// Each piece is at the place in the input that it says.
fn check_pieces(clean: &Clean, wrapped: &[u8]) {
    for pair in clean.pieces.windows(2) {
        assert!(pair[0].at < pair[1].at && pair[0].offset <= pair[1].offset, "{pair:?}");
    }
    for piece in &clean.pieces {
        let offset = usize::try_from(piece.offset).unwrap();
        let lines = memchr::memchr_iter(b'\n', &wrapped[..offset.min(wrapped.len())]).count();
        assert_eq!(lines as u64 + 1, piece.line, "{piece:?}");
        if let Some(byte) = clean.text.get(piece.at).filter(|byte| byte.is_ascii_alphabetic()) {
            assert_eq!(Some(byte), wrapped.get(offset), "{piece:?}");
        }
    }
}

#[track_caller]
fn check(wrapped: &str, name: &str, ignored: usize) {
    let (found, clean, left) = unwrap(wrapped.as_bytes()).expect("not wrapped");
    assert_eq!(String::from_utf8_lossy(&clean.text), DUMP);
    assert_eq!((found.as_str(), left), (name, ignored));
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
        &b"goroutine 7 [running]:"[..],
        b"goroutine profile: total 5",
        br#"goroutine 7 [running]{"a":"x:\ny"}:"#,
        b"panic: \"a:\\nb\"",
    ] {
        let header = line.starts_with(b"goroutine");
        assert!(Wrapper::detect(line, 0).is_none() || !header, "{line:?}");
    }
}

#[test]
fn crlf() {
    check(&each(|_, line| format!("{line}\r")), "CRLF line ends", 0);
    check(
        &each(|i, line| format!("{line}{}", if i == 3 { "" } else { "\r" })),
        "CRLF line ends",
        0,
    );
    let (_, at) = (0, 0);
    assert!(Wrapper::detect(b"goroutine 7 [running]:\r", at).unwrap().is_crlf());
}

#[test]
fn docker_json_file() {
    let line = |text: &str| {
        format!(
            "{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-11-23T09:03:29.0Z\"}}",
            quote(text)
        )
    };
    check(&each(|_, text| line(&format!("{text}\n"))), "docker json-file", 0);
    let spaced = |text: &str| {
        format!("{{ \"time\" : \"t\", \"stream\" : \"stderr\", \"log\" : {} }}", quote(text))
    };
    check(&each(|_, text| spaced(&format!("{text}\n"))), "docker json-file", 0);
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
    let (_, clean, _) = unwrap(wrapped.as_bytes()).unwrap();
    assert_eq!(clean.text, format!("goroutine 7 [running]:\n{a}{b}\n").into_bytes());
}

#[test]
fn kubernetes_cri() {
    let stamp = |i: usize| format!("2026-11-23T09:03:29.0000000{i:02}Z");
    check(&each(|i, text| format!("{} stderr F {text}", stamp(i))), "Kubernetes CRI", 0);
    check(&each(|i, text| format!("{} stderr F:x {text}\r", stamp(i))), "Kubernetes CRI", 0);
    check(
        &each(|i, text| format!("{0} stdout F x\n{0} stderr F {text}", stamp(i))),
        "Kubernetes CRI",
        11,
    );
    check(
        &each(|i, text| {
            let mut cut = text.len() / 2;
            while !text.is_char_boundary(cut) {
                cut += 1;
            }
            let (a, b) = text.split_at(cut);
            format!("{0} stderr P {a}\n{0} stderr F {b}", stamp(i))
        }),
        "Kubernetes CRI",
        0,
    );
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
    check(&each(|_, text| format!("{start}\n{}", line("a", text))), "go test -json", 0);
    check(
        &each(|_, text| format!("{}\n{}", line("b", "ok"), line("a", text))),
        "go test -json",
        11,
    );
}

#[test]
fn a_dump_in_a_json_string() {
    for line in [
        format!(
            "{{\"level\":\"error\",\"ts\":1.5,\"msg\":\"a \\\"q\\\"\",\"stacktrace\":{}}}",
            quote(DUMP)
        ),
        format!("{{\"a\":{{\"b\":[1,{}]}},\"z\":\"goroutine 1 [running]:\"}}", quote(DUMP)),
        format!("Nov 23 09:03:29 host app[1]: {{\"stack\":{}}}", quote(DUMP)),
        format!("  \"textPayload\": {},", quote(DUMP)),
        format!("{{\"stack\":{}", quote(DUMP).trim_end_matches('"')),
    ] {
        let wrapped = format!("{{\"msg\":\"started\"}}\n{line}\n");
        check(&wrapped, "JSON string", 1);
    }
    let escaped = quote(DUMP).replace('<', "\\u003c").replace('ö', "\\u00f6");
    check(&format!("{{\"msg\":{escaped}}}\n"), "JSON string", 0);
}

#[test]
fn json_in_a_json_string() {
    let inner = format!("{{\"stack\":{}}}", quote(DUMP));
    let line = format!("{{\"msg\":{}}}", quote(&inner));
    let at = find_header(line.as_bytes(), 0).unwrap();
    let mut wrapper = Wrapper::detect(line.as_bytes(), at).unwrap();
    let mut clean = Clean::default();
    assert!(wrapper.peel(line.as_bytes(), 0, 1, &mut clean));
    assert_eq!(String::from_utf8_lossy(&clean.text), DUMP);
    assert_eq!(wrapper.name(), "JSON log lines + JSON string");
}

#[test]
fn a_dump_in_a_quoted_string() {
    let line = |text: &str| {
        format!("time=\"t\" level=error msg=\"it \\\"died\\\"\" stack={} n=1", quote(text))
    };
    check(&format!("level=info msg=x\n{}\n", line(DUMP)), "quoted string", 1);
    let (_, dump) = DUMP.split_once("\n\n").unwrap();
    let bare = quote(dump).trim_matches('"').to_owned();
    for wrapped in [format!("died: {bare}\n"), bare.clone(), format!("b'{bare}' x")] {
        let (name, clean, _) = unwrap(wrapped.as_bytes()).unwrap();
        assert_eq!(
            (name.as_str(), String::from_utf8_lossy(&clean.text).as_ref()),
            ("quoted string", dump)
        );
    }
    let (_, clean, _) = unwrap(format!("{{\"error\":\"recovered: {bare}\"}}").as_bytes()).unwrap();
    assert_eq!(String::from_utf8_lossy(&clean.text), format!("recovered: \n{dump}"));
}

#[test]
fn rsyslog_escapes() {
    let (_, dump) = DUMP.split_once("\n\n").unwrap();
    let line = format!(
        "Nov 23 09:03:29 host app[1]: {}",
        dump.replace('\n', "#012").replace('\t', "#011")
    );
    let (name, clean, _) = unwrap(line.as_bytes()).unwrap();
    assert_eq!(
        (name.as_str(), String::from_utf8_lossy(&clean.text).as_ref()),
        ("rsyslog escapes", dump)
    );
    let prefix = "Nov 23 09:03:29 host app[1]: ";
    check(&each(|_, text| format!("{prefix}{}", text.replace('\t', "#011"))), "syslog prefix", 0);
}

#[test]
fn one_record_for_each_line() {
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
}

#[test]
fn prefixes() {
    let seconds = |i: usize| i + 20;
    check(&each(|_, text| format!("web-1  | {text}\nweb-2  | main.h()")), "line prefix", 11);
    check(
        &each(|_, text| format!("[pod/web-7d/app] {text}").trim_end().to_owned()),
        "line prefix",
        0,
    );
    check(
        &each(|i, text| format!("2026/11/23 09:18:{} {text}", seconds(i))),
        "time stamp prefix",
        0,
    );
    check(
        &each(|i, text| format!("Nov 23 09:03:{} host app[123]: {text}\r", seconds(i))),
        "syslog prefix",
        0,
    );
    check(
        &each(|i, text| format!("I1123 09:18:{}.123456  1 file.go:12] {text}", seconds(i))),
        "time stamp prefix",
        0,
    );
    check(&each(|_, text| format!("    {text}").trim_end().to_owned()), "indentation", 0);
    check(&each(|_, text| format!("\t{text}")), "indentation", 0);
}

#[test]
fn what_the_wrapper_says_of_itself() {
    let indent = Wrapper::detect(b"\tgoroutine 7 [running]:", 1).unwrap();
    assert!(indent.is_indentation() && !indent.is_crlf());
    let stamp = Wrapper::detect(b"2026/11/23 09:18:35 goroutine 7 [running]:", 20).unwrap();
    assert!(!stamp.is_indentation());
    // log.Print(stack): the line after the header has no prefix.
    assert!(!stamp.wraps(b"main.main()"));
    // A preamble line is enough.
    let preamble = Wrapper::detect(b"web-1 | panic: boom", 8).unwrap();
    assert!(preamble.wraps(b"web-1 | goroutine 7 [running]:"));
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
    check(&format!("{cri} P {a}\n{cri} F {b}\n"), "Kubernetes CRI + JSON string", 0);
}

#[test]
fn a_line_of_64_mib() {
    let goroutine = "goroutine 7 [select]:\nmain.g()\n\t/src/main.go:9 +0x1d\n\n";
    let dump = goroutine.repeat((64 << 20) / goroutine.len() / 2);
    let line = format!("{{\"stack\":{}}}", quote(&dump));
    let mut wrapper = Wrapper::detect(line.as_bytes(), 10).unwrap();
    let mut clean = Clean::default();
    assert!(wrapper.peel(line.as_bytes(), 0, 1, &mut clean));
    assert_eq!(clean.text, dump.as_bytes());
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
        let (found, clean, ignored) = unwrap(&wrapped).unwrap();
        assert_eq!((found.as_str(), ignored), (name, 0), "{file}");
        let at = find_header(&clean.text, 0).unwrap();
        assert!(at == 0 || clean.text[at - 1] == b'\n', "{file}");
    }
}

/// Lines without control characters, with a header among them.
fn text() -> impl Strategy<Value = String> {
    let line = "[ -~é\t]{0,40}";
    let lines = prop::collection::vec(line, 0..6);
    (lines.clone(), lines).prop_map(|(before, after)| {
        let header = ["goroutine 7 [running]:".to_owned()];
        let lines: Vec<_> = [&before[..], &header, &after[..]].concat();
        // Other headers may stand anywhere, but the wrapper is learned from this one.
        lines.iter().map(|line| line.replace("goroutine ", "") + "\n").collect::<String>().replacen(
            "7 [running]:",
            "goroutine 7 [running]:",
            1,
        )
    })
}

proptest! {
    #[test]
    fn peeled_is_what_was_wrapped(text in text(), kind in 0..8) {
        prop_assume!(text.lines().any(|line| line == "goroutine 7 [running]:"));
        let lines = |wrap: &dyn Fn(&str) -> String| text.lines().fold(String::new(), |all, line| all + &wrap(line) + "\n");
        let wrapped = match kind {
            0 => lines(&|line| format!("{line}\r")),
            1 => lines(&|line| format!("web-1  | {line}")),
            2 => lines(&|line| format!("Nov 23 09:03:29 host app[123]: {line}")),
            3 => lines(&|line| format!("{{\"log\":{},\"stream\":\"stderr\"}}", quote(&format!("{line}\n")))),
            4 => lines(&|line| format!("2026-11-23T09:03:29.000000000Z stderr F {line}")),
            5 => lines(&|line| format!("{{\"Action\":\"output\",\"Package\":\"p\",\"Output\":{}}}", quote(&format!("{line}\n")))),
            6 => format!("{{\"msg\":{}}}\n", quote(&format!("{text}x\n"))),
            _ => format!("level=error stack={}\n", quote(&format!("{text}x\n"))),
        };
        let (_, clean, ignored) = unwrap(wrapped.as_bytes()).unwrap();
        let expected = if kind >= 6 { format!("{text}x\n") } else { text };
        prop_assert_eq!(String::from_utf8_lossy(&clean.text), expected);
        prop_assert_eq!(ignored, 0);
    }

    #[test]
    fn nothing_panics(
        lines in prop::collection::vec("(goroutine 7 \\[|goroutine profile: total 5|\\{|\"|log|\\\\n|\\\\|:|=|#012|2026-11-23T09:03:29Z stderr [FP] | |[0-9]|Nov|\r|[a-z]){0,30}", 1..6),
        at in 0..60_usize,
    ) {
        for line in &lines {
            let Some(mut wrapper) = Wrapper::detect(line.as_bytes(), at) else { continue };
            let mut clean = Clean::default();
            for line in &lines {
                wrapper.peel(line.as_bytes(), 0, 1, &mut clean);
            }
            wrapper.finish(&mut clean);
        }
    }
}
