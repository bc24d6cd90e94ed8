//! `gdump serve` on programs that run: new dumps as they come, in a real browser, and servers that are no
//! good.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use super::go;
use super::server::no_good;
use crate::browser::driver::Browser;
use crate::serve::Server;

const DUMP: &str = "testdata/debug2/leaky-service.go1.27.txt";

/// Waits until what the server says of a source is so.
#[track_caller]
fn until(
    server: &Server,
    path: &str,
    test: impl Fn(&serde_json::Value) -> bool,
) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let state = server.json(path);
        if test(&state) {
            return state;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came: {state:#}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn new_dumps_come_and_a_restart_is_said() {
    for (version, binary) in go::built() {
        let program = go::start(&binary, &["-growth", "3"]);
        let (place, url) = (program.place.clone(), format!("http://me:pa55word@{}", program.place));
        let server = Server::start(&[&url, "--every", "300ms", "--max-cost", "100%"]);
        let state = until(&server, "/api/state", |state| state["dumps"].as_u64() >= Some(3));
        assert!(state["cost"].as_str().unwrap().contains("debug=2 in"), "{version}: {state}");
        let report = server.json("/api/report");
        let counts: Vec<_> =
            report["dumps"].as_array().unwrap().iter().map(|d| d["goroutines"].as_i64()).collect();
        assert!(counts.is_sorted() && counts.first() < counts.last(), "{version}: {counts:?}");
        assert!(
            !report.to_string().contains("pa55word") && !state.to_string().contains("pa55word")
        );
        drop(program);
        let state = until(&server, "/api/state", |state| state["trouble"].is_string());
        assert!(state["trouble"].as_str().unwrap().contains("next try in"), "{state}");
        let _second = go::start(&binary, &["-address", &place]);
        until(&server, "/api/state", |state| state["trouble"].is_null());
        let report = server.json("/api/report");
        assert!(report.to_string().contains("the process was restarted before this dump"));
    }
}

#[test]
fn memory_is_bounded() {
    let Some((_, binary)) = go::built().pop() else { return };
    let program = go::start(&binary, &[]);
    let url = format!("http://{}", program.place);
    let server = Server::start(&[&url, DUMP, "--every", "20ms", "--max-cost", "100%"]);
    let state = until(&server, "/api/state", |state| state["version"].as_u64() >= Some(60));
    assert!(state["dumps"].as_u64() <= Some(33), "{state}");
    let first = &server.json("/api/report")["dumps"][0]["name"];
    assert!(first.as_str().unwrap().contains("leaky-service"), "the file stays: {first}");
}

#[test]
fn servers_that_are_no_good() {
    let bad = no_good();
    let urls: Vec<_> =
        bad.iter().map(|(_, server, _)| format!("http://{}", server.place)).collect();
    let mut args: Vec<_> = urls.iter().map(String::as_str).collect();
    args.push("http://127.0.0.1:1");
    args.extend(["--every", "200ms", "--timeout", "1s", "--max-bytes", "8M"]);
    let server = Server::start(&args);
    let says = bad.iter().map(|(what, _, says)| (*what, *says));
    let all = says.chain([("is not there", "connection refused")]);
    for (source, (what, says)) in all.enumerate() {
        let path = format!("/api/state?source={source}");
        let state = until(&server, &path, |state| state["trouble"].is_string());
        let trouble = state["trouble"].as_str().unwrap();
        assert!(trouble.contains(says) && trouble.contains("next try in"), "{what}: {state}");
        assert!(!trouble.contains('\u{1b}'), "{what}: {trouble}");
    }
    // What servers send is not kept, however often they are asked.
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        let most: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(most < 512 << 10, "{most} KiB");
    }
    // It ends at once while a request hangs.
    let begun = Instant::now();
    let killed = Command::new("kill").args(["-INT", &server.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(server.wait(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn a_page_that_follows_a_process() {
    let Some((_, binary)) = go::built().pop() else { return };
    let Some(browser) = Browser::start() else { return };
    let program = go::start(&binary, &["-growth", "5"]);
    let url = format!("http://{}", program.place);
    let server =
        Server::start(&[&url, "http://127.0.0.1:1", "--every", "500ms", "--max-cost", "100%"]);
    until(&server, "/api/state", |state| state["dumps"].as_u64() >= Some(2));
    browser.resize(1280, 900, false);
    browser.open_url(&format!("http://{}/", server.address));
    browser.wait_for("document.querySelectorAll('#all tbody tr').length > 0");
    let before = browser.run("return shownDump().goroutines").as_i64().unwrap();
    browser.wait_for(&format!("shownDump().goroutines > {}", before + 20));
    browser.wait_for("document.querySelector('#news').textContent.includes('debug=2 in')");
    browser.media("prefers-color-scheme", "light");
    browser.screenshot("serve-live-light");
    browser.media("prefers-color-scheme", "dark");
    browser.screenshot("serve-live-dark");
    // A pause shows what there is.
    browser.run("document.querySelector('#auto').click()");
    sleep(Duration::from_millis(2500));
    let paused = browser.run("return shownDump().goroutines");
    browser.wait_for("document.querySelector('#news').textContent.includes('newer dump')");
    assert_eq!(browser.run("return shownDump().goroutines"), paused);
    browser.run("document.querySelector('#auto').click()");
    browser.wait_for(&format!("shownDump().goroutines > {paused}"));
    // The other source does not answer, and its address is a link to it.
    browser.run("const one = document.querySelector('#source'); one.value = '1'; one.dispatchEvent(new Event('change'))");
    browser.wait_for("location.search === '?source=1' && document.querySelector('#news.trouble')");
    browser.screenshot("serve-live-trouble");
    assert_eq!(browser.run("return document.title.includes('token')"), json!(false));
    assert_eq!(browser.console(), Vec::<String>::new());
}
