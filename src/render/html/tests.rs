//! What a file holds, without a browser; tests/browser drives the page in one.

use std::io::Write;

use super::{Escaped, SCRIPT, STYLE, hash};
use crate::render::{OutputFormat, View, fixture};

fn page() -> String {
    let view = View::plain(OutputFormat::Html, 80);
    fixture::render(&fixture::dump(), &view)
}

fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("id=\"report\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_policy_lets_only_the_page_s_own_script_and_style_work() {
    let page = page();
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1;
    let policy = policy.split_once('"').unwrap().0;
    assert!(policy.starts_with("default-src 'none'; "));
    assert!(!policy.contains("unsafe"));
    for (text, element) in [(SCRIPT, "<script>"), (STYLE, "<style>")] {
        assert!(policy.contains(&hash(text)), "{policy}");
        assert_eq!(page.matches(element).count(), 1);
        assert!(page.contains(&format!("{element}{text}</")));
    }
}

#[test]
fn the_script_makes_no_markup_of_text_and_loads_nothing() {
    let forbidden = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "import(",
        "XMLHttpRequest",
        "WebSocket",
        "onclick=",
        "http://localhost",
    ];
    for word in forbidden {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    let fetches: Vec<&str> = SCRIPT.lines().filter(|line| line.contains("fetch(")).collect();
    assert_eq!(fetches.len(), 1, "one function knows where data comes from: {fetches:?}");
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn data_cannot_end_its_element() {
    let mut out = Vec::new();
    let hostile = ["</script><script>alert(1)</script>", "<!--<script>", "a<b"];
    serde_json::to_writer(Escaped(&mut out), &hostile).unwrap();
    assert!(!out.contains(&b'<'));
    let back: Vec<String> = serde_json::from_slice(&out).unwrap();
    assert_eq!(back, hostile);
    let mut out = Vec::new();
    Escaped(&mut out).write_all(b"<<a").unwrap();
    assert_eq!(out, br"\u003c\u003ca");
}

#[test]
fn what_the_page_is_told() {
    insta::assert_json_snapshot!(data(&page()));
}
