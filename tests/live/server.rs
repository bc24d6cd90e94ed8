//! A server that answers as a test says. It lives as long as the test's process.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// A server and the heads of the requests that it got.
pub(super) struct Server {
    /// `127.0.0.1:PORT`.
    pub(super) place: String,
    pub(super) requests: Receiver<String>,
}

impl Server {
    /// Serves each connection by `answer`, which gets the head of the request.
    pub(super) fn new(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let (sender, requests) = channel();
        let answer = std::sync::Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (sender, answer) = (sender.clone(), answer.clone());
                thread::spawn(move || {
                    let Ok(mut stream) = stream else { return };
                    let head = head(&mut stream);
                    let _ = sender.send(head.clone());
                    answer(&mut stream, &head);
                });
            }
        });
        Self { place, requests }
    }

    /// A server that always sends `bytes` and closes.
    pub(super) fn sending(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |stream, _| {
            let _ = stream.write_all(&bytes);
        })
    }

    /// The URL of the goroutines at this level.
    pub(super) fn url(&self, debug: u8) -> String {
        format!("http://{}/debug/pprof/goroutine?debug={debug}", self.place)
    }
}

/// An answer with this status line, headers and body.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 100_000 {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// What a server answers that is no good to anybody who limits himself to 8 MiB and a second, what it is,
/// and what is said of it.
pub(super) fn no_good() -> Vec<(&'static str, Server, &'static str)> {
    const DUMP: &str = include_str!("../../testdata/debug2/leaky-service.go1.27.txt");
    const OK: &str = "HTTP/1.1 200 OK\r\n";
    let hang = |sent: String| {
        Server::new(move |stream, _| {
            let _ = stream.write_all(sent.as_bytes());
            thread::sleep(Duration::from_secs(60));
        })
    };
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..256).for_each(|_| zip.write_all(&vec![b'x'; 1 << 20]).unwrap());
    let bomb = zip.finish().unwrap();
    let endless = Server::new(|stream, _| {
        let _ = stream.write_all(format!("{OK}\r\n").as_bytes());
        while stream.write_all(&[b'x'; 1 << 13]).is_ok() {}
    });
    let half = DUMP.split_at(DUMP.len() / 2).0;
    vec![
        ("hangs", hang(String::new()), "no answer within 1s"),
        (
            "hangs in the middle",
            hang(format!("{OK}Content-Length: {}\r\n\r\n{half}", DUMP.len())),
            "not whole after 1s",
        ),
        ("never ends", endless, "--max-bytes"),
        (
            "states a length that is too large",
            Server::sending(format!("{OK}Content-Length: 9999999\r\n\r\n{DUMP}")),
            "closed the connection in the middle of its answer",
        ),
        ("sends a bomb", Server::sending(answer("200 OK", "", &bomb)), "--max-bytes"),
        (
            "sends a bomb as its encoding",
            Server::sending(answer("200 OK", "Content-Encoding: gzip\r\n", &bomb)),
            "--max-bytes",
        ),
        ("dies", Server::sending(""), "closed the connection without an answer"),
        (
            "dies in the middle",
            Server::sending(format!("{OK}Transfer-Encoding: chunked\r\n\r\nffff\r\n{half}")),
            "closed the connection in the middle of its answer",
        ),
        ("speaks otherwise", Server::sending("SSH-2.0-OpenSSH_9.9\r\n"), "does not speak HTTP"),
        (
            "has no pprof",
            Server::sending(answer("404 Not Found", "", b"404 page not found\n\x1b[31m")),
            "404 Not Found",
        ),
    ]
}
