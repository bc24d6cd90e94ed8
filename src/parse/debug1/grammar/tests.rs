use super::*;

fn all<'i, T>(parser: impl Fn(&'i [u8]) -> PResult<'i, T>, text: &'i str) -> Option<T> {
    parser(text.as_bytes()).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, value)| value)
}

#[test]
fn headers() {
    let header = |text| all(profile_header, text);
    assert_eq!(header("goroutine profile: total 7\n"), Some((&b"goroutine"[..], 7)));
    assert_eq!(header("a.b c profile: total 0"), Some((&b"a.b c"[..], 0)));
    let odd = header("x profile: total 1 profile: total 2\n");
    assert_eq!(odd, Some((&b"x profile: total 1"[..], 2)));
    assert_eq!(header(" profile: total 7\n"), None);
    assert_eq!(header("heap profile: 2: 2097152 [7: 2767256] @ heap/1048576\n"), None);
    assert_eq!(header("goroutine profile: total 99999999999999999999\n"), None);
}

#[test]
fn record_lines() {
    let line = |text| all(record_line, text).map(|(n, list)| (n, pcs(list).collect::<Vec<_>>()));
    assert_eq!(line("25 @ 0x48bb6a 0x1\n"), Some((25, vec![0x48_bb6a, 1])));
    assert_eq!(line("1 @\n"), Some((1, vec![])));
    assert_eq!(line("3 @ 0xffffffffffffffff\n"), Some((3, vec![u64::MAX])));
    assert_eq!(line("70368744177664 @ 0x1\n"), Some((Dump::MAX_GOROUTINES, vec![1])));
    assert_eq!(line("70368744177665 @ 0x1\n"), None);
    assert_eq!(line("-3 @ 0x1\n"), None);
    assert_eq!(line("0 @ 0x1\n"), None);
    assert_eq!(line("1 @ 0x10000000000000000\n"), None);
    assert_eq!(line("1 @ 48\n"), None);
}

/// Go 1.27 printed these; each side is Go's `%q`, not JSON.
#[test]
fn labels_in_go_quotes() {
    let line = r#"# labels: {"comma, [x]:":"}: {] ,goroutine 7 [running]:", "":"", "b\xff":"\x7f\a\v\u2028\U0001f600é\"\\"}"#;
    let labels = all(labels_line, line).unwrap();
    let labels: Vec<_> = labels.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
    assert_eq!(
        labels,
        [
            (&b"comma, [x]:"[..], &b"}: {] ,goroutine 7 [running]:"[..]),
            (b"", b""),
            (b"b\xff", "\u{7f}\u{7}\u{b}\u{2028}\u{1f600}é\"\\".as_bytes()),
        ]
    );
    assert_eq!(all(labels_line, "# labels: {}\n").map(|labels| labels.len()), Some(0));
    for bad in [r#"{"a":"b"#, r#"{"a":"\q"}"#, r#"{"a":"\u12"}"#, r#"{"a":"\ud800"}"#, r#"{"a"}"#] {
        assert!(all(labels_line, &format!("# labels: {bad}")).is_none(), "{bad}");
    }
}

#[test]
fn frames() {
    let frame = |text| all(frame_line, text);
    let call = |function: &'static str, file: &'static str, line| {
        Some((function.as_bytes(), file.as_bytes(), line))
    };
    assert_eq!(frame("#\t0x0\n"), Some(FrameLine { pc: 0, call: None }));
    let found = frame("#\t0x72b5b0\tsync.(*RWMutex).RLock+0x50\t\t/go/src/sync/rwmutex.go:74\n");
    let call_found = call("sync.(*RWMutex).RLock", "/go/src/sync/rwmutex.go", 74);
    assert_eq!(found, Some(FrameLine { pc: 0x72_b5b0, call: call_found }));
    // Tabs that became spaces, and a path that looks like everything else.
    let found = frame("#   0x1   main.f+0x2    C:/we ird (d) +0x1 [x], y:z/a.go:3");
    assert_eq!(
        found,
        Some(FrameLine { pc: 1, call: call("main.f", "C:/we ird (d) +0x1 [x], y:z/a.go", 3) })
    );
    assert_eq!(frame("#0x1\n"), Some(FrameLine { pc: 1, call: None }));
    let bare = all(bare_frame_line, "0x1 main.f+0x2 /m/a.go:3\n");
    assert_eq!(bare, Some(FrameLine { pc: 1, call: call("main.f", "/m/a.go", 3) }));
    assert_eq!(all(bare_frame_line, "0x1\n"), None);
    for bad in ["#\t0x1\tmain.f", "#\t0x1\tmain.f+0x2", "#\t0x1\tmain.f+0x2\ta.go", "# 1"] {
        assert!(frame(bad).is_none(), "{bad}");
    }
}
