//! A server that answers as a test says. It lives as long as the test's process.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

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
