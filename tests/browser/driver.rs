//! A real browser, driven over `WebDriver`: just what the tests of the page need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// How Chromium is to be started: nothing of it may use the network or the user's own profile.
const ARGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// A browser with one page.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts Chromium and its driver; `None` with a message if there is none.
    pub(crate) fn start() -> Option<Self> {
        let (Some(chromium), Some(driver)) =
            (find(&["chromium", "chromium-browser", "google-chrome"]), find(&["chromedriver"]))
        else {
            println!(
                "skipped: the page is not tested in a browser: chromium or chromedriver is missing"
            );
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = started_on(&mut driver);
        let profile = tempfile::tempdir().unwrap();
        let mut args: Vec<String> = ARGS.iter().map(ToString::to_string).collect();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        let options = json!({ "binary": chromium, "args": args });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": options,
        } } });
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        let answer = browser.ask("POST", "/session", Some(&wanted));
        browser.session = format!("/session/{}", answer["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// Opens a file and waits until the page says that it is ready.
    pub(crate) fn open(&self, path: &Path) {
        self.open_url(&format!("file://{}", path.display()));
    }

    /// Opens a page and waits until it says that it is ready.
    pub(crate) fn open_url(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
        self.wait_for("document.documentElement.dataset.ready === 'yes'");
    }

    /// What `script`, the body of a function, returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the expression is true.
    pub(crate) fn wait_for(&self, expression: &str) {
        for _ in 0..200 {
            if self.run(&format!("return Boolean({expression})")) == json!(true) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("never true: {expression}; the console says {:?}", self.console());
    }

    /// Types keys into the element that has the focus.
    pub(crate) fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [source] }));
    }

    /// Makes the window so wide and high, also narrower than a window can be.
    pub(crate) fn resize(&self, width: u32, height: u32, is_phone: bool) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone }),
        );
    }

    /// Sets a media feature such as `prefers-color-scheme`.
    pub(crate) fn media(&self, feature: &str, value: &str) {
        let features = json!([{ "name": feature, "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// What was written to the console since the last call: errors, also those of the content policy.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let text = |entry: &Value| format!("{}: {}", entry["level"], entry["message"]);
        log.as_array().unwrap().iter().map(text).collect()
    }

    /// Writes what is seen to the folder that `GDUMP_SCREENSHOTS` names.
    pub(crate) fn screenshot(&self, name: &str) {
        use base64::Engine;
        let Some(folder) = std::env::var_os("GDUMP_SCREENSHOTS") else { return };
        let image = self.ask("GET", &format!("{}/screenshot", self.session), None);
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(image.as_str().unwrap()).unwrap();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), bytes).unwrap();
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", &format!("{}{path}", self.session), Some(body))
    }

    /// Asks the driver to end the browser, and waits until it has.
    fn close(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10)))?;
        let session = &self.session;
        write!(
            stream,
            "DELETE {session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).map(|_| ())
    }

    /// One request to the driver and the value that it answers.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map_or(String::new(), Value::to_string);
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                break;
            }
            let line = line.to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{method} {path} {body}: {value:#}");
        value
    }
}

impl Drop for Browser {
    /// Ends the browser also when a test has failed: killing the driver alone would leave it behind.
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // A second panic would end the tests, so nothing here may fail.
            let _ = self.close();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver chose.
fn started_on(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let line = lines
        .find(|line| line.as_ref().is_ok_and(|line| line.contains("successfully on port ")))
        .unwrap()
        .unwrap();
    // What it goes on to say is of no interest, but it must be read.
    std::thread::spawn(move || lines.for_each(drop));
    let port = line.rsplit("on port ").next().unwrap().trim_end_matches('.');
    port.parse().unwrap()
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}
