//! `gdump serve` over its own sockets: what it answers, whom it refuses, and the page in a real browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::driver::Browser;
use crate::support::root;

const DUMP: &str = "testdata/debug2/leaky-service.go1.27.txt";

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gdump"))
            .arg("serve")
            .args(args)
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = said.find_map(|line| {
            let line = line.unwrap();
            Some(line.split_once("http://")?.1.split('/').next().unwrap().to_owned())
        });
        Self { child, address: address.expect("it says where it listens") }
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends; its status.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Status, headers and body of the answer to `head`, in which `{host}` is the server's own name.
    fn ask(&self, head: &str, body: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = head.replace("{host}", &self.address);
        write!(stream, "{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len())
            .unwrap();
        // A server that refuses may close before all is sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {{host}}"), b"")
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let (status, _, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_page_and_its_data() {
    let server = Server::start(&[DUMP]);
    let (status, head, body) = server.get("/");
    assert_eq!(status, 200);
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    assert!(body.contains("data-source=\"/api/report\""));
    let report = server.json("/api/report");
    let all = report["dumps"][0]["shown"].as_i64().unwrap();
    assert!(all > 300);
    let some = server.json("/api/report?where=state%20%3D%3D%20%22select%22");
    let some = some["dumps"][0]["shown"].as_i64().unwrap();
    assert!(some > 0 && some < all);
    let (status, _, why) = server.get("/api/report?where=state%20%3D%3D");
    assert!(status == 400 && why.contains('^'), "an error shows where: {why}");
    assert_eq!(server.json("/api/state")["dumps"], json!(1));
}

/// The titles of what is found, in the order in which they are said.
fn titles(findings: &Value) -> Vec<String> {
    let all = findings.as_array().unwrap().iter();
    all.map(|finding| finding["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_filter_shows_what_the_command_line_shows_with_it() {
    let server = Server::start(&[DUMP]);
    let all = titles(&server.json("/api/report")["dumps"][0]["findings"]);
    for expression in ["state == 'select'", "func =~ 'watchConfig'", "id == 1", "wait > 300h"] {
        let query: Vec<String> = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let query = query.concat();
        let report = server.json(&format!("/api/report?where={query}"));
        let run = Command::new(env!("CARGO_BIN_EXE_gdump"))
            .args(["leaks", "--format", "json", "--where", expression, DUMP])
            .current_dir(root())
            .output()
            .unwrap();
        let said: Value = serde_json::from_slice(&run.stdout).unwrap();
        let shown = titles(&report["dumps"][0]["findings"]);
        assert_eq!(shown, titles(&said["findings"]), "{expression}");
        assert!(shown.len() < all.len(), "{expression}: {shown:?}");
    }
}

#[test]
fn goroutines_page_by_page() {
    let server = Server::start(&[DUMP]);
    let first = server.json("/api/goroutines?dump=0&top=10&sort=wait");
    let rows = first["rows"].as_array().unwrap();
    let minutes: Vec<_> = rows.iter().map(|row| row["minutes"].as_i64().unwrap_or(-1)).collect();
    assert!(rows.len() == 10 && minutes.is_sorted_by(|a, b| a >= b), "{minutes:?}");
    let total = first["total"].as_u64().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for skip in (0..total).step_by(100) {
        let page = server.json(&format!("/api/goroutines?dump=0&top=100&sort=id&skip={skip}"));
        seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
    }
    assert_eq!(seen.len() as u64, total, "each goroutine is on one page");
    let report = server.json("/api/report");
    let group = &report["dumps"][0]["groups"][0];
    let id = group["id"].as_str().unwrap();
    let of_group = server.json(&format!("/api/goroutines?dump=0&group={id}&top=1"));
    assert_eq!(of_group["total"], group["count"]);
    assert_eq!(server.json("/api/goroutines?dump=0&group=0&top=1")["total"], json!(0));
    assert_eq!(server.get("/api/goroutines?dump=7").0, 400);
    let known = rows[3]["id"].as_str().unwrap();
    let one = server.json(&format!("/api/goroutines?dump=0&goroutine={known}"));
    assert_eq!((&one["total"], &one["rows"][0]["id"]), (&json!(1), &rows[3]["id"]));
    assert_eq!(server.json("/api/goroutines?dump=0&goroutine=999999999")["total"], json!(0));
}

#[test]
fn strangers_are_refused() {
    let server = Server::start(&[DUMP]);
    for host in ["evil.example", "evil.example:80", "", "127.0.0.1:1"] {
        let (status, _, body) =
            server.ask(&format!("GET /api/report HTTP/1.1\r\nHost: {host}"), b"");
        assert!(status == 403 && !body.contains("dumps"), "{host}: {status}");
    }
    let post = |more: &str| {
        let dump = b"goroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n";
        server.ask(&format!("POST /api/upload?name=x HTTP/1.1\r\nHost: {{host}}{more}"), dump).0
    };
    assert_eq!(post(""), 403, "a form of another page has no such header");
    assert_eq!(post("\r\nX-Gdump: 1\r\nOrigin: http://evil.example"), 403);
    // Nothing changes on a GET.
    assert_eq!(server.get("/api/upload?name=x").0, 405);
    assert_eq!(server.json("/api/state")["version"], json!(1));
    assert_eq!(post("\r\nX-Gdump: 1\r\nOrigin: http://{host}"), 204);
    assert_eq!(server.json("/api/report")["dumps"][0]["goroutines"], json!(1));
}

#[test]
fn uploads_are_read_or_refused_in_words() {
    let server = Server::start(&["--max-upload", "1K"]);
    assert_eq!(server.json("/api/report")["dumps"], json!([]));
    let head = "POST /api/upload?name=a%1bb HTTP/1.1\r\nHost: {host}\r\nX-Gdump: 1";
    let (status, _, why) = server.ask(head, b"no dump at all");
    assert!(status == 400 && why.contains("\\x1b") && !why.contains('\u{1b}'), "{why}");
    assert_eq!(server.ask(head, &[b'x'; 4096]).0, 413);
    let damaged = b"goroutine profile: total 3\n3 @ 0x1 zzz\n#\t0x1\tmain.f+0x1\t/a.go:1\n\n";
    let (status, _, why) = server.ask(head, damaged);
    assert!(status == 400 && why.contains("goroutines or records of this dump could be"), "{why}");
    assert_eq!(server.json("/api/report")["dumps"], json!([]));
}

#[test]
fn the_page_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start(&[DUMP]);
    browser.resize(1280, 900, false);
    browser.open_url(&format!("http://{}/", server.address));
    let text = |selector: &str| {
        let script = format!(
            "const one = document.querySelector('{selector}'); return one ? one.textContent : ''"
        );
        browser.run(&script).as_str().unwrap_or_default().to_owned()
    };
    browser.wait_for("document.querySelectorAll('#all tbody tr').length > 0");
    assert!(text("#all h2").starts_with("All goroutines ("), "{}", text("#all h2"));
    let first = text("#all tbody tr");
    browser.run("document.querySelector('.pager button:last-of-type').click()");
    browser.wait_for("document.querySelector('.pager').textContent.includes('101')");
    assert_ne!(text("#all tbody tr"), first);
    browser.screenshot("serve");
    browser.open_url(&format!("http://{}/?where=state%20%3D%3D%20%22select%22", server.address));
    browser.wait_for("document.querySelectorAll('#all tbody tr').length > 0");
    let states = browser.run(
        "return [...new Set([...document.querySelectorAll('#all td.state')].map((one) => one.textContent))]",
    );
    assert_eq!(states, json!(["select"]));
    // What is wrong with an expression is said beside it, and the page stays.
    browser.run(
        "const where = document.querySelector('#where'); where.value = 'state =='; where.form.requestSubmit()",
    );
    browser.wait_for("document.querySelector('#wrong').textContent.includes('^')");
    browser.screenshot("serve-wrong");
    assert_eq!(browser.run("return document.querySelector('#where').value"), json!("state =="));
    assert_eq!(
        browser.run("return location.search"),
        json!("?where=state%20%3D%3D%20%22select%22")
    );
    let said = browser.console();
    assert!(said.iter().all(|line| line.contains("status of 400")), "{said:?}");
    // A link to a goroutine leads to it, also if the report has left it out.
    browser.open_url(&format!("http://{}/", server.address));
    browser.wait_for("document.querySelectorAll('#all tbody tr').length > 0");
    let all = server.json("/api/goroutines?dump=0&top=1000");
    let left_out = all["rows"].as_array().unwrap().iter().find(|row| {
        let told =
            format!("return shownDump().goroutinesById.has({})", row["id"].as_str().unwrap());
        row["creator"] != "" && browser.run(&told) == json!(false)
    });
    let id = left_out.unwrap()["id"].as_str().unwrap();
    browser.open_url(&format!("http://{}/#g{id}", server.address));
    let says =
        |text: &str| format!("document.querySelector('#goroutine').textContent.includes('{text}')");
    browser.wait_for("document.querySelectorAll('#all tbody tr').length > 0");
    browser.wait_for(&says(&format!("Goroutine {id}")));
    browser.wait_for(&says("created by"));
    browser.screenshot("serve-goroutine");
    browser.run("location.hash = '#g999999999'");
    browser.wait_for(&says("Goroutine 999999999 is not in this dump"));
    assert_eq!(browser.console(), Vec::<String>::new());
}
